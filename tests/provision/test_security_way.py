"""Security services carried out in the embedded AWS and read back: GuardDuty's members, central root access, RAM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.design.sections import CentralRootAccess, GuardDuty, Security, SecurityHub
from orgkit.provision import Plan, apply
from tests.provision import designs

REGIONS = ("us-east-1", "us-west-2")
SERVICES = ("iam.amazonaws.com", "ram.amazonaws.com")


def design(*, remove: bool) -> Organization:
    org = designs.starter()
    org.configure(
        regions=REGIONS,
        trusted_access=(*org.settings.trusted_access, *SERVICES),
        security=Security(
            guardduty=GuardDuty(administrator="security-audit", auto_enable="ALL"),
            securityhub=SecurityHub(administrator="security-audit"),
            ram_sharing=True,
            central_root_access=CentralRootAccess(sessions=True, remove_credentials=remove),
        ),
    )
    return org


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with connect("sandbox") as target:
        carry_out(designs.starter(), target)  # its accounts begin with root credentials, as central access is not on
        carry_out(design(remove=False), target)
        yield target


def carry_out(org: Organization, target: Target) -> Plan:
    made = plan(org, read(target))
    assert not made.blocked, str(made.blocked)
    apply(made, target, approve=made.digest)
    return made


def members(target: Target) -> list[str]:
    return [str(account.aws_id) for account in read(target).accounts() if not account.management]


@pytest.mark.parametrize("region", REGIONS)
def test_every_member_has_a_detector_of_the_administrator(target: Target, region: str) -> None:
    client = target.client("guardduty", account="security-audit", region=region)
    (detector,) = client.list_detectors()["DetectorIds"]
    now = client.describe_organization_configuration(DetectorId=detector)
    assert now["AutoEnableOrganizationMembers"] == "ALL"
    listed = {one["AccountId"] for one in client.list_members(DetectorId=detector)["Members"]}
    assert listed == set(members(target)) - {target.account("security-audit")}


def test_features_of_central_root_access_are_on_and_sharing_is(target: Target) -> None:
    features = target.client("iam").list_organizations_features()["EnabledFeatures"]
    assert features == ["RootCredentialsManagement", "RootSessions"]
    roles = target.client("iam").list_roles(PathPrefix="/aws-service-role/ram.amazonaws.com/")["Roles"]
    assert len(roles) == 1


def test_root_users_that_can_still_sign_in_are_told_until_their_credentials_are_removed(target: Target) -> None:
    told = plan(design(remove=False), read(target))
    assert told.empty
    still = {problem.where for problem in told.held if problem.code == "root-credentials"}
    assert len(still) == 10
    assert "Sandbox/developer-sandbox-1" in still
    made = carry_out(design(remove=True), target)
    assert {step.kind for step in made.steps} == {"remove_root_credentials"}
    assert len(made.steps) == 10
    for member in members(target):
        summary = target.client("iam", account=member).get_account_summary()["SummaryMap"]
        assert summary["AccountPasswordPresent"] == 0
    again = plan(design(remove=True), read(target))
    assert again.empty and not again.held


def test_what_was_switched_off_by_hand_is_switched_on_again(target: Target) -> None:
    org = design(remove=True)
    carry_out(org, target)
    client = target.client("guardduty", account="security-audit", region="us-east-1")
    (detector,) = client.list_detectors()["DetectorIds"]
    client.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="NONE")
    target.client("iam").disable_organizations_root_sessions()
    target.client("iam", account="app-a-dev", root_task="IAMCreateRootUserPassword").create_login_profile()
    made = plan(org, read(target))
    assert sorted(step.kind for step in made.steps) == [
        "enable_root_sessions",
        "remove_root_credentials",
        "set_guardduty_members",
    ]
    apply(made, target, approve=made.digest)
    assert plan(org, read(target)).empty


def test_without_trusted_access_of_iam_the_plan_is_refused() -> None:
    org = design(remove=False)
    org.configure(trusted_access=tuple(one for one in org.settings.trusted_access if one != "iam.amazonaws.com"))
    with connect("sandbox") as target:
        (problem,) = plan(org, read(target)).blocked
    assert problem.code == "no-trusted-access" and "iam.amazonaws.com" in problem.fix


def test_a_new_account_needs_nothing_done_for_guardduty_or_its_root_user() -> None:
    org = design(remove=True)
    with connect("sandbox") as target:
        first = carry_out(org, target)
        order = [step.kind for step in first.steps]
        assert order.index("enable_root_credentials_management") < order.index("create_account")
        assert plan(org, read(target)).empty
        org.add_account("late", "Sandbox", email="late@company.com")
        made = carry_out(org, target)
        assert {step.kind for step in made.steps} == {"create_account", "move_account"}
        assert target.client("guardduty", account="late", region="us-west-2").list_detectors()["DetectorIds"]
        assert orgkit.plan(org, orgkit.read(target)).empty
