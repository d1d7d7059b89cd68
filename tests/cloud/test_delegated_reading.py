"""Reading as a delegated administrator: the same organization, and what only the management account sees is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import orgkit
from orgkit.cloud import Target, connect, read
from orgkit.cloud.sessions import Credentials, Sessions
from orgkit.cloud.target import ACCESS_ROLE
from orgkit.design import Organization
from orgkit.errors import CloudError
from tests.cloud.test_read import denying, furnish, paths

OWN = {"budgets", "cost allocation tags"}  # the bill is the management account's


@dataclass
class _From:
    """The sessions of a target, with the credentials of a member account where the caller has none of its own."""

    sessions: Sessions
    own: Credentials
    region: str = "us-east-1"

    def client(self, service: str, region: str, credentials: Any = None, *, once: bool = False) -> Any:
        return self.sessions.client(service, region, credentials or self.own, once=once)

    def assume(self, sts: Any, account: str, role: str) -> Credentials:
        return self.sessions.assume(sts, account, role)

    def close(self) -> None:
        return None


def as_member(target: Target, account: str) -> Target:
    own = target._sessions.assume(target.client("sts"), account, ACCESS_ROLE)
    return Target("sandbox", "sandbox", _From(target._sessions, own), target.clock, paced=False)  # type: ignore[arg-type]


@pytest.fixture
def both() -> Iterator[tuple[Target, Target, Organization]]:
    """The target of the management account, that of the delegated administrator, and what the first one reads."""
    with connect("sandbox") as target:
        client = furnish(target)
        (admin,) = client.list_delegated_administrators()["DelegatedAdministrators"]
        yield target, as_member(target, admin["Id"]), read(target)


def test_a_delegated_administrator_reads_the_same_organization(both: tuple[Target, Target, Organization]) -> None:
    target, member, whole = both
    assert member.account_id != target.account_id
    org = read(member)
    assert paths(org) == paths(whole)
    assert org.management is not None
    assert org.management.aws_id == target.account_id
    assert {p.name: p.content for p in org.policies()} == {p.name: p.content for p in whole.policies()}
    assert all(org.attached(node) == whole.attached(node) for node in org.subtree())
    assert org.account("payments-app-3").tags == whole.account("payments-app-3").tags
    assert org.settings.trusted_access == whole.settings.trusted_access
    assert set(org.unknown) - set(whole.unknown) <= OWN
    assert "budgets" in org.unknown


def test_it_is_told_that_what_stands_around_the_tree_is_the_management_accounts(
    both: tuple[Target, Target, Organization],
) -> None:
    org = read(both[1], whole=True)
    assert "logging, baselines, security: the management account alone sees them" in org.remarks


def test_what_it_may_not_read_makes_answers_depend(both: tuple[Target, Target, Organization]) -> None:
    _, member, whole = both
    account = "payments-app-2"
    assert orgkit.decide(whole, account, "s3:GetObject").outcome == "allowed"
    denying(member, "ListTargetsForPolicy")
    org = read(member)
    assert "attachments" in org.unknown
    decision = orgkit.decide(org, account, "s3:GetObject")
    assert decision.outcome == "undetermined"
    assert "on what could not be read\n  not all of the guardrails could be read: attachments." in str(decision)


def test_a_member_that_is_none_reads_nothing(both: tuple[Target, Target, Organization]) -> None:
    target, _, whole = both
    other = as_member(target, whole.account("payments-app").aws_id or "")
    with pytest.raises(CloudError, match="AccessDenied"):
        read(other)
