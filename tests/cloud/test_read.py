"""Reading a live organization: what is found, how it is called, how few calls it takes, what may not be read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import orgkit
from orgkit.cloud import Faults, Target, connect, read
from orgkit.design import SCP, Organization
from orgkit.errors import CloudError
from tests.cloud.clocks import StillClock

DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}'


@pytest.fixture
def target() -> Iterator[Target]:
    with connect("sandbox") as opened:
        yield opened


def furnish(target: Target) -> Any:
    """An organization with two OUs of one name, three accounts of one name, a policy, tags, an administrator."""
    client = target.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    client.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    units = []
    for parent, name in ((root, "Work / Play"), (root, "Prod"), (None, "Prod")):
        made = client.create_organizational_unit(ParentId=parent or units[1], Name=name)
        units.append(made["OrganizationalUnit"]["Id"])
    policy = client.create_policy(Name="No IAM!", Type=SCP, Content=DENY, Description="nobody")
    policy_id = policy["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy_id, TargetId=units[2])
    client.attach_policy(PolicyId=policy_id, TargetId=units[0])
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=units[0])
    for number in range(3):
        status = client.create_account(Email=f"app{number}@example.com", AccountName="Payments App")
        request = status["CreateAccountStatus"]["Id"]
        status = client.describe_create_account_status(CreateAccountRequestId=request)
        account = status["CreateAccountStatus"]["AccountId"]
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=units[number])
    client.tag_resource(ResourceId=account, Tags=[{"Key": "Team", "Value": "pay"}])
    client.register_delegated_administrator(AccountId=account, ServicePrincipal="guardduty.amazonaws.com")
    return client


def counting(target: Target) -> Counter[str]:
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    target.client("organizations").meta.events.register("before-call.organizations", count)
    return calls


def denying(target: Target, *operations: str) -> None:
    """Make the client answer AccessDenied for some operations."""
    refusal = {"Error": {"Code": "AccessDeniedException", "Message": "no"}, "ResponseMetadata": {}}

    def deny(**_: Any) -> Any:
        return SimpleNamespace(status_code=400), refusal

    for operation in operations:
        target.client("organizations").meta.events.register(f"before-call.organizations.{operation}", deny)


def paths(org: Organization) -> set[str]:
    return {org.path(node) for node in org.subtree()}


def test_no_organization_yet_reads_as_an_empty_one(target: Target) -> None:
    calls = counting(target)
    org = read(target)
    assert org.settings.organization_id is None
    assert org.management is None
    assert org.origin == "sandbox"
    assert calls == {"DescribeOrganization": 1}


def test_everything_that_stands_is_found(target: Target) -> None:
    furnish(target)
    org = read(target)
    assert org.settings.organization_id is not None
    assert org.settings.organization_id.startswith("o-")
    assert org.management is not None
    assert org.management.aws_id == "123456789012"
    assert org.settings.trusted_access == ("guardduty.amazonaws.com",)
    assert org.settings.policy_types == (SCP,)
    assert org.settings.delegated_administrators == {"guardduty.amazonaws.com": ("payments-app-3",)}
    assert org.account("payments-app-3").tags == {"Team": "pay"}
    assert org.account("payments-app-3").joined == "CREATED"
    (policy,) = org.policies()
    assert (policy.name, policy.description, json.loads(policy.content)) == ("No IAM!", "nobody", json.loads(DENY))
    assert [p.name for p in org.attached(org.find("Prod/Prod"))] == ["FullAWSAccess", "No IAM!"]
    assert [p.name for p in org.attached(org.find("work-play"))] == ["No IAM!"]
    assert all(entity.aws_id for entity in (org.root, *org.ous(), *org.accounts(), *org.policies()))
    assert org.unknown == ()
    assert org.history == ()


def test_names_become_handles_that_are_fit_and_unique(target: Target) -> None:
    furnish(target)
    org = read(target)
    assert paths(org) == {
        "root",
        "management",
        "work-play",
        "work-play/payments-app",
        "Prod",
        "Prod/payments-app-2",
        "Prod/Prod",
        "Prod/Prod/payments-app-3",
    }
    assert org.policies()[0].handle == "No-IAM".lower()
    assert {account.name for account in org.accounts()} == {"management", "Payments App"}


def test_no_call_is_made_that_can_be_spared(target: Target) -> None:
    furnish(target)
    calls = counting(target)
    read(target)
    organizations = {name: count for name, count in calls.items() if name != "ListInstances"}
    assert organizations == {
        "DescribeOrganization": 1,
        "ListRoots": 1,
        "ListOrganizationalUnitsForParent": 4,  # the root and three OUs
        "ListAccounts": 1,
        "ListPolicies": 15,  # the types there are
        "DescribePolicy": 1,
        "ListTargetsForPolicy": 2,  # the policy and FullAWSAccess
        "ListAWSServiceAccessForOrganization": 1,
        "ListDelegatedAdministrators": 1,
        "ListDelegatedServicesForAccount": 1,
        "ListHandshakesForOrganization": 1,
        "ListTagsForResource": 9,  # the root, three OUs, four accounts, a policy
    }


def test_an_endpoint_without_paths_is_asked_parent_by_parent(target: Target) -> None:
    client = furnish(target)
    expected = read(target)

    def forget(parsed: Any, **_: Any) -> None:
        for account in parsed.get("Accounts", ()):
            account.pop("Paths", None)

    client.meta.events.register("after-call.organizations", forget)
    calls = counting(target)
    assert read(target) == expected
    assert calls["ListAccountsForParent"] == 4


@pytest.mark.parametrize(
    ("operation", "part", "key"),
    [
        ("ListPolicies", "policies", "policies"),
        ("ListTargetsForPolicy", "attachments", "policies"),
        ("ListTagsForResource", "tags", "tags"),
    ],
)
def test_what_may_not_be_read_is_unknown_and_not_declared(target: Target, operation: str, part: str, key: str) -> None:
    furnish(target)
    denying(target, operation)
    org = read(target)
    assert part in org.unknown
    assert key not in org.account("payments-app").declared
    assert "work-play/payments-app" in paths(org)


@pytest.mark.parametrize("operation", ["ListPolicies", "DescribePolicy", "ListTargetsForPolicy"])
def test_answers_about_guardrails_turn_on_what_could_not_be_read(target: Target, operation: str) -> None:
    furnish(target)
    design = read(target)
    denying(target, operation)
    org = read(target)
    (part,) = org.unknown
    for account in ("payments-app", "payments-app-2"):
        decision = orgkit.decide(org, account, "iam:CreateUser")
        assert decision.outcome == "undetermined"
        assert part in decision.missing
    assert part in str(orgkit.permissions(org))
    (problem,) = orgkit.plan(design, org).blocked
    assert (problem.code, part in problem.message) == ("not-readable", True)


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("ListAWSServiceAccessForOrganization", "trusted access"),
        ("ListDelegatedAdministrators", "delegated administrators"),
        ("ListDelegatedServicesForAccount", "delegated administrators"),
        ("ListHandshakesForOrganization", "invitations"),
        ("ListTagsForResource", "tags"),
    ],
)
def test_every_other_part_may_be_refused_alone(target: Target, operation: str, part: str) -> None:
    furnish(target)
    denying(target, operation)
    org = read(target)
    assert org.unknown == (part,)
    assert paths(org) >= {"Prod/Prod/payments-app-3", "work-play/payments-app"}


def test_settings_that_may_not_be_read_are_not_declared(target: Target) -> None:
    furnish(target)
    denying(target, "ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators")
    org = read(target)
    assert set(org.unknown) == {"trusted access", "delegated administrators"}
    assert org.settings.declared.isdisjoint({"trusted_access", "delegated_administrators"})


def test_a_tree_that_may_not_be_read_is_an_error(target: Target) -> None:
    furnish(target)
    denying(target, "ListRoots")
    with pytest.raises(CloudError, match="AccessDenied"):
        read(target)


def test_a_busy_aws_is_asked_again_by_the_clock() -> None:
    clock = StillClock()
    busy = Faults(seed=3, throttle=0.4, conflicts=0.3)
    with connect("sandbox", clock=clock, faults=busy, attempts=1) as target:
        client = target.client("organizations")
        for _ in range(20):
            try:
                client.create_organization(FeatureSet="ALL")
                break
            except client.exceptions.ClientError:
                continue
        assert read(target).settings.organization_id is not None
    assert clock.slept


def test_progress_hears_every_part(target: Target) -> None:
    furnish(target)
    heard: list[tuple[str, int, int | None]] = []
    read(target, progress=lambda what, done, total: heard.append((what, done, total)))
    last = {what: (done, total) for what, done, total in heard}
    assert last["organizational units"] == (3, None)
    assert last["accounts"] == (4, None)
    assert last["policy types"] == (15, 15)
    assert last["tags"] == (9, 9)
