"""Central root access and GuardDuty's organization configuration in the embedded AWS, as AWS documents them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orgkit.cloud import Target, connect
from orgkit.cloud.server import serve
from orgkit.errors import CloudError
from tests.cloud.clocks import StillClock

REGION = "us-east-1"
REMOVING, AUDITING, RECOVERING = (
    "IAMDeleteRootUserCredentials",
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
)


@pytest.fixture(params=["in-process", "server"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    if request.param == "in-process":
        with connect("sandbox") as target:
            yield target
    else:
        with serve() as server, connect(f"endpoint:{server.url}") as target:
            yield target


def account(target: Target, name: str) -> str:
    organizations = target.client("organizations")
    made = organizations.create_account(Email=f"{name}@company.com", AccountName=name)["CreateAccountStatus"]
    status = organizations.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]
    return str(status["AccountId"])


def organization(target: Target, *services: str) -> None:
    organizations = target.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for service in services:
        organizations.enable_aws_service_access(ServicePrincipal=service)


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


# ---- root users ----------------------------------------------------------------------------------


def password(target: Target, member: str) -> int:
    return int(target.client("iam", account=member).get_account_summary()["SummaryMap"]["AccountPasswordPresent"])


def test_root_credentials_are_seen_taken_away_and_given_back_in_sessions_for_that(target: Target) -> None:
    organization(target, "iam.amazonaws.com")
    before, iam = account(target, "before"), target.client("iam")
    assert iam.list_organizations_features()["EnabledFeatures"] == []
    iam.enable_organizations_root_credentials_management()
    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == ["RootCredentialsManagement", "RootSessions"]
    after = account(target, "after")
    assert (password(target, before), password(target, after)) == (1, 0)
    audit = target.client("iam", account=before, root_task=AUDITING)
    assert audit.get_login_profile()["LoginProfile"]
    assert audit.list_access_keys()["AccessKeyMetadata"] == []
    assert code(audit.delete_login_profile) == "AccessDenied"
    removing = target.client("iam", account=before, root_task=REMOVING)
    removing.delete_login_profile()
    assert code(removing.delete_login_profile) == "NoSuchEntity"
    assert password(target, before) == 0
    target.client("iam", account=before, root_task=RECOVERING).create_login_profile()
    assert password(target, before) == 1


def test_no_root_session_begins_without_the_feature_or_in_another_account(target: Target) -> None:
    organization(target, "iam.amazonaws.com")
    member = account(target, "member")
    with pytest.raises(CloudError, match="RootCredentialsManagement is not enabled"):
        target.client("iam", account=member, root_task=REMOVING)
    target.client("iam").enable_organizations_root_credentials_management()
    sts = target.client("sts", region=REGION)
    asked = {"TaskPolicyArn": {"arn": f"arn:aws:iam::aws:policy/root-task/{REMOVING}"}}
    assert code(sts.assume_root, TargetPrincipal=target.account_id, **asked) == "AccessDenied"
    assert code(sts.assume_root, TargetPrincipal=member, **asked, DurationSeconds=3600) == "ValidationError"
    other = {"TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}}
    assert code(sts.assume_root, TargetPrincipal=member, **other) == "ValidationError"
    inside = target.client("sts", account=member, region=REGION)
    assert code(inside.assume_root, TargetPrincipal=member, **asked) == "AccessDenied"


def test_central_root_access_needs_trusted_access_and_the_management_account(target: Target) -> None:
    organization(target)
    member = account(target, "member")
    iam = target.client("iam")
    assert code(iam.enable_organizations_root_sessions) == "ServiceAccessNotEnabledException"
    mine = target.client("iam", account=member)
    assert code(mine.list_organizations_features) == "AccountNotManagementOrDelegatedAdministratorException"


def test_a_user_s_own_login_profile_is_still_the_user_s(target: Target) -> None:
    iam = target.client("iam")
    iam.create_user(UserName="somebody")
    iam.create_login_profile(UserName="somebody", Password="a-long-enough-one-1!")
    assert iam.get_login_profile(UserName="somebody")["LoginProfile"]["UserName"] == "somebody"
    assert code(iam.get_login_profile) == "ValidationError"


def test_what_was_taken_away_is_away_when_the_file_is_opened_again(tmp_path: Path) -> None:
    file = tmp_path / "aws.jsonl"
    with connect(f"sandbox:{file}") as target:
        organization(target, "iam.amazonaws.com")
        member = account(target, "member")
        target.client("iam").enable_organizations_root_credentials_management()
        target.client("iam", account=member, root_task=REMOVING).delete_login_profile()
    with connect(f"sandbox:{file}") as target:
        assert password(target, member) == 0
        assert target.client("iam").list_organizations_features()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert all("root-task" not in json.dumps(json.loads(line)) for line in file.read_text().splitlines())


# ---- GuardDuty -----------------------------------------------------------------------------------


def administrator(target: Target) -> str:
    """The id of a member that administers GuardDuty in one Region, with a detector."""
    organization(target, "guardduty.amazonaws.com")
    security = account(target, "security")
    target.client("guardduty", region=REGION).enable_organization_admin_account(AdminAccountId=security)
    target.client("guardduty", account=security, region=REGION).create_detector(Enable=True)
    return security


def detectors(target: Target, member: str) -> list[str]:
    return list(target.client("guardduty", account=member, region=REGION).list_detectors()["DetectorIds"])


def test_guardduty_is_switched_on_in_every_member_and_in_those_that_join(target: Target) -> None:
    security, old = administrator(target), account(target, "old")
    client = target.client("guardduty", account=security, region=REGION)
    (detector,) = client.list_detectors()["DetectorIds"]
    assert client.describe_organization_configuration(DetectorId=detector)["AutoEnableOrganizationMembers"] == "NONE"
    assert detectors(target, old) == []
    client.update_organization_configuration(
        DetectorId=detector,
        AutoEnableOrganizationMembers="ALL",
        Features=[{"Name": "S3_DATA_EVENTS", "AutoEnable": "ALL"}],
    )
    now = client.describe_organization_configuration(DetectorId=detector)
    assert (now["AutoEnableOrganizationMembers"], now["AutoEnable"]) == ("ALL", True)
    assert now["Features"] == [{"Name": "S3_DATA_EVENTS", "AutoEnable": "ALL"}]
    new = account(target, "new")
    assert {one["AccountId"] for one in client.list_members(DetectorId=detector)["Members"]} == {old, new}
    for member in (old, new):
        (mine,) = detectors(target, member)
        shown = target.client("guardduty", account=member, region=REGION).get_detector(DetectorId=mine)
        assert shown["Status"] == "ENABLED"
    assert detectors(target, target.account_id) == []


def test_new_members_alone_are_switched_on_and_none_is_switched_off_again() -> None:
    clock = StillClock()
    with connect("sandbox", clock=clock) as target:
        security, old = administrator(target), account(target, "old")
        client = target.client("guardduty", account=security, region=REGION)
        (detector,) = client.list_detectors()["DetectorIds"]
        clock.sleep(60)
        client.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="NEW")
        clock.sleep(60)
        new = account(target, "new")
        assert [one["AccountId"] for one in client.list_members(DetectorId=detector)["Members"]] == [new]
        client.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="NONE")
        assert [one["AccountId"] for one in client.list_members(DetectorId=detector)["Members"]] == [new]
        assert detectors(target, old) == []


def test_only_the_administrator_configures_guardduty_and_with_one_choice(target: Target) -> None:
    security, member = administrator(target), account(target, "member")
    (detector,) = detectors(target, security)
    mine = target.client("guardduty", account=member, region=REGION)
    asked = {"DetectorId": detector, "AutoEnableOrganizationMembers": "ALL"}
    assert code(mine.update_organization_configuration, **asked) == "BadRequestException"
    client = target.client("guardduty", account=security, region=REGION)
    assert code(client.update_organization_configuration, **asked, AutoEnable=True) == "BadRequestException"
    wrong = {**asked, "DetectorId": "0" * 32}
    assert code(client.update_organization_configuration, **wrong) == "BadRequestException"
