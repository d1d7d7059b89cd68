"""Drift: which side changed, what can be adopted into the design, and what reverts it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.errors import Refused, UnknownName
from orgkit.provision import apply, drift
from orgkit.provision.execution.journal import last_design
from orgkit.provision.planning.difference import BOTH, DESIGN, LIVE, UNKNOWN, Drift
from orgkit.starter import mended
from tests.cloud.clocks import StillClock


@dataclass
class Way:
    """The starter as applied, with the journal of it."""

    target: Target
    design: Organization
    journal: Path

    @property
    def client(self) -> Any:
        return self.target.client("organizations")

    def id(self, ref: str) -> str:
        return str(read(self.target).entity(ref).aws_id)

    def drift(self, design: Organization | None = None) -> Drift:
        design = design or self.design
        return drift(design, last_design(self.journal), read(self.target, design=design))


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    design = mended(orgkit.load("starter"))
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(design, read(target, design=design))
        apply(made, target, approve=made.digest, journal=tmp_path / "journal")
        yield Way(target, design, tmp_path / "journal")


def test_right_after_an_apply_there_is_no_drift(way: Way) -> None:
    found = way.drift()
    assert not found
    assert str(found).startswith("no drift: the live organization is as designed (last applied 2026-")
    assert found.to_json()["drift"] is False


def detached(way: Way) -> None:
    policy, target = way.id("production-guardrails"), way.id("Workloads/Production")
    way.client.detach_policy(PolicyId=policy, TargetId=target)


def attached(way: Way) -> None:
    way.client.attach_policy(PolicyId=way.id("sandbox-limits"), TargetId=way.id("Workloads/Production"))


def moved(way: Way) -> None:
    way.client.move_account(
        AccountId=way.id("app-a-dev"),
        SourceParentId=way.id("Workloads/Non-Production"),
        DestinationParentId=way.id("Sandbox"),
    )


def renamed(way: Way) -> None:
    way.client.update_organizational_unit(OrganizationalUnitId=way.id("Sandbox"), Name="Playground")


def tagged(way: Way) -> None:
    way.client.tag_resource(ResourceId=way.id("app-a-dev"), Tags=[{"Key": "Team", "Value": "somebody"}])


def rewritten(way: Way) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]}
    way.client.update_policy(PolicyId=way.id("sandbox-limits"), Content=json.dumps(document), Description="None")


def trusted(way: Way) -> None:
    way.client.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")


def distrusted(way: Way) -> None:
    way.client.disable_aws_service_access(ServicePrincipal="tagpolicies.tag.amazonaws.com")


def administered(way: Way) -> None:
    account = way.id("security-audit")
    way.client.deregister_delegated_administrator(AccountId=account, ServicePrincipal="guardduty.amazonaws.com")


def added_ou(way: Way) -> None:
    root = way.id("root")
    way.client.create_organizational_unit(ParentId=root, Name="By hand", Tags=[{"Key": "Who", "Value": "me"}])


def added_policy(way: Way) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    way.client.create_policy(
        Name="by-hand", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(document)
    )


def removed_ou(way: Way) -> None:
    target = way.id("Workloads/Non-Production")
    for name in ("app-a-dev", "app-a-staging"):
        way.client.move_account(
            AccountId=way.id(name), SourceParentId=target, DestinationParentId=way.id("Infrastructure")
        )
    way.client.delete_organizational_unit(OrganizationalUnitId=target)


CHANGES: dict[str, tuple[Callable[[Way], None], str]] = {
    "a guardrail was detached": (detached, "production-guardrails is not attached to Workloads/Production"),
    "a policy was attached": (attached, "sandbox-limits is attached to Workloads/Production"),
    "an account was moved": (moved, "app-a-dev stands in Sandbox"),
    "an OU was renamed": (renamed, "OU Playground is not called Sandbox"),
    "an account was tagged": (tagged, "Workloads/Non-Production/app-a-dev is not tagged Team=app-a"),
    "a policy was rewritten": (rewritten, "the description and the content of sandbox-limits is not as designed"),
    "a service got trusted access": (trusted, "backup.amazonaws.com has trusted access"),
    "a service lost trusted access": (distrusted, "tagpolicies.tag.amazonaws.com has no trusted access"),
    "an administrator was deregistered": (administered, "does not administer guardduty.amazonaws.com"),
    "an OU was made": (added_ou, "OU By hand is new"),
    "a policy was made": (added_policy, "policy by-hand (SERVICE_CONTROL_POLICY) is new"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_live_change_is_seen_adopted_and_reverted(way: Way, name: str) -> None:
    change, words = CHANGES[name]
    change(way)
    found = way.drift()
    assert [one.side for one in found] == [LIVE]
    assert words in str(found)
    assert "changed live, behind the design's back:" in str(found)

    adopted = found.adopt()
    assert adopted.history and not way.design.history[len(way.design.history) :]
    after = way.drift(adopted)
    # A design that was changed can have consequences of its own: the budget of an OU counts the accounts in it.
    assert not {step for one in found for step in one.steps} & {step for one in after for step in one.steps}
    assert {one.kind for one in after} <= {"update_budget"}

    back = found.revert(1)
    assert back.design is None
    apply(back, way.target, approve=back.digest, journal=way.journal)
    assert not way.drift()


def test_several_changes_are_reverted_one_by_one(way: Way) -> None:
    for change in (detached, moved, tagged):
        change(way)
    found = way.drift()
    assert len(found) == 3
    first = found.revert(found[1])
    assert len(first) == 1
    apply(first, way.target, approve=first.digest, journal=way.journal)
    left = way.drift()
    assert [one.text for one in left] == [one.text for one in found][1:]
    rest = left.revert()
    apply(rest, way.target, approve=rest.digest)
    assert not way.drift()


def test_a_missing_ou_is_reverted_with_what_stood_in_it(way: Way) -> None:
    removed_ou(way)
    found = way.drift()
    assert {one.side for one in found} == {LIVE}
    assert "OU Workloads/Non-Production is missing" in str(found)
    back = found.revert()
    apply(back, way.target, approve=back.digest)
    assert not way.drift()


def test_a_missing_ou_is_adopted_after_the_places_of_its_accounts(way: Way) -> None:
    removed_ou(way)
    with pytest.raises(Refused, match="live elsewhere"):
        way.drift().adopt(next(one for one in way.drift() if one.kind == "create_ou"))


def test_a_change_of_the_design_is_told_from_one_of_the_live_organization(way: Way) -> None:
    design = way.design.copy()
    design.attach("sandbox-limits", "Infrastructure")
    design.set("app-b-prod", tags={"Team": "else"})
    detached(way)
    way.client.tag_resource(ResourceId=way.id("app-b-prod"), Tags=[{"Key": "Team", "Value": "third"}])
    found = way.drift(design)
    sides = {one.text: one.side for one in found}
    assert sides == {
        "sandbox-limits is not attached to Infrastructure": DESIGN,
        "production-guardrails is not attached to Workloads/Production": LIVE,
        "Workloads/Production/app-b-prod has the tags Environment, Project; "
        "Workloads/Production/app-b-prod is not tagged Team=else": BOTH,
    }


def test_without_a_journal_nobody_knows_which_side_changed(way: Way) -> None:
    detached(way)
    added_ou(way)
    found = drift(way.design, None, read(way.target, design=way.design))
    assert [one.side for one in found] == [UNKNOWN]
    assert any("By hand" in problem.where for problem in found.unmanaged)


def test_what_was_there_before_the_apply_is_unmanaged_and_no_drift(tmp_path: Path) -> None:
    design = mended(orgkit.load("starter"))
    with connect("sandbox", clock=StillClock()) as target:
        client = target.client("organizations")
        client.create_organization(FeatureSet="ALL")
        root = client.list_roots()["Roots"][0]["Id"]
        client.create_organizational_unit(ParentId=root, Name="Old")
        made = plan(design, read(target, design=design))
        apply(made, target, approve=made.digest, journal=tmp_path / "journal")
        found = drift(design, last_design(tmp_path / "journal"), read(target, design=design))
    assert not found, str(found)
    assert any(problem.where == "Old" for problem in found.unmanaged)


def test_an_account_that_somebody_made_or_closed_is_adopted_and_never_closed_or_reopened(way: Way) -> None:
    way.client.create_account(Email="by-hand@company.com", AccountName="by hand")
    way.client.close_account(AccountId=way.id("developer-sandbox-2"))
    found = way.drift()
    assert {one.kind for one in found} == {"extra", "state"}
    for one in found:
        with pytest.raises(Refused, match="neither closes nor reopens"):
            found.revert(one)
    design = found.adopt(*(one for one in found if one.kind == "extra"))
    assert design.account("by-hand@company.com").name == "by hand"


def test_what_an_unfinished_run_left_undone_is_not_blamed_on_somebody(tmp_path: Path) -> None:
    from orgkit.errors import Interrupted

    class StopAfter:
        looks = 30

        def is_set(self) -> bool:
            self.looks -= 1
            return self.looks < 0

    design = mended(orgkit.load("starter"))
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(design, read(target, design=design))
        with pytest.raises(Interrupted):
            apply(made, target, approve=made.digest, journal=tmp_path / "journal", stop=StopAfter())
        found = drift(design, last_design(tmp_path / "journal"), read(target, design=design))
    assert {one.side for one in found} == {DESIGN}


def test_the_forms_of_the_answer(way: Way) -> None:
    detached(way)
    way.client.create_organizational_unit(ParentId=way.id("root"), Name="<b>&")
    found = way.drift()
    html = found._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    shown = json.loads(json.dumps(found.to_json()))
    assert [one["number"] for one in shown["differences"]] == [1, 2]
    assert shown["differences"][0]["mends"] == ["attach production-guardrails to Workloads/Production"]
    with pytest.raises(UnknownName, match="no difference 7"):
        found.adopt(7)
