"""One decision in an organization: whose levels count, what fills itself in, and how the answer reads."""

from __future__ import annotations

import pytest

import orgkit
from orgkit.design import RCP, Organization
from orgkit.design.sections import Lens
from orgkit.errors import UnknownName
from orgkit.guardrails import decide, levels
from tests.guardrails.building import allow, deny, organization


@pytest.fixture(scope="module")
def starter() -> Organization:
    return orgkit.load("starter")


def test_levels_carry_the_paths_of_the_organization(starter: Organization) -> None:
    """Root, every OU and the account, FullAWSAccess among the policies."""
    found = levels(starter, "app-a-prod")
    assert [one.name for one in found] == [
        "root",
        "Workloads",
        "Workloads/Production",
        "Workloads/Production/app-a-prod",
    ]
    assert [policy.name for policy in found[2].policies] == ["FullAWSAccess", "production-guardrails"]  # type: ignore[union-attr]


def test_no_level_binds_the_management_account_or_a_type_that_is_off(starter: Organization) -> None:
    assert levels(starter, "management") == ()
    assert levels(starter, "app-a-prod", RCP) == ()
    off = organization(deny("*"), at="root")
    off.configure(policy_types=())
    assert decide(off, "app", "s3:GetObject").outcome == "allowed"


def test_a_blocked_answer_names_the_statement_and_its_level(starter: Organization) -> None:
    answer = decide(starter, "app-a-prod", "cloudtrail:StopLogging")
    assert answer.outcome == "explicitDeny"
    text = str(answer)
    assert text.startswith("BLOCKED  cloudtrail:StopLogging in app-a-prod")
    assert "production-guardrails › DenyDisablingCloudTrail, attached to Workloads/Production" in text
    assert "unconditional" in text


def test_an_open_answer_names_the_key_and_its_values(starter: Organization) -> None:
    answer = decide(starter, "app-a-prod", "ec2:RunInstances")
    assert (answer.outcome, answer.missing) == ("undetermined", ("ec2:MetadataHttpTokens",))
    assert '"required"' in str(answer) and "RequireIMDSv2" in str(answer)
    given = decide(starter, "app-a-prod", "ec2:RunInstances", context={"ec2:MetadataHttpTokens": "required"})
    assert given.outcome == "allowed"


def test_a_key_that_no_call_carries_is_absent(starter: Organization) -> None:
    """DenyPublicS3 asks for a key that does not exist, so it denies even those who switch the block on."""
    for lens in (None, "access-role", "workload"):
        assert decide(starter, "app-a-prod", "s3:PutAccountPublicAccessBlock", lens=lens).outcome == "explicitDeny"


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, "explicitDeny"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, "allowed"),
        ({"StringEquals": {"aws:PrincipalAccount": "111111111111"}}, "explicitDeny"),
        ({"StringEquals": {"aws:ResourceAccount": "111111111111"}}, "explicitDeny"),
        ({"StringNotEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}, "allowed"),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, "allowed"),
        ({"Null": {"aws:SourceArn": "false"}}, "allowed"),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, "undetermined"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}, "undetermined"),
    ],
)
def test_keys_that_follow_from_the_organization_fill_themselves_in(condition: dict[str, object], outcome: str) -> None:
    assert decide(organization(deny("s3:*", condition)), "app", "s3:GetObject").outcome == outcome


def test_organization_paths_are_known_where_all_ids_are() -> None:
    org = organization(
        deny("s3:*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-root/ou-a/*"}})
    )
    assert decide(org, "app", "s3:GetObject").missing == ("aws:PrincipalOrgPaths",)
    org.set("root", aws_id="r-root")
    org.set("Apps", aws_id="ou-a")
    assert decide(org, "app", "s3:GetObject").outcome == "explicitDeny"


def test_references_stand_for_ids_that_are_not_known_yet() -> None:
    org = organization(deny("s3:*", {"StringEquals": {"aws:PrincipalAccount": "{{account.lab.id}}"}}), at="root")
    assert decide(org, "lab", "s3:GetObject").outcome == "explicitDeny"
    assert decide(org, "app", "s3:GetObject").outcome == "allowed"
    org.set("lab", aws_id="333333333333")
    assert decide(org, "lab", "s3:GetObject").outcome == "explicitDeny"


def test_scps_follow_the_caller_and_rcps_the_owner_of_the_resource() -> None:
    org = organization(deny("s3:*"), at="Labs")
    org.add_policy("fence", {"Version": "2012-10-17", "Statement": [deny("s3:*") | {"Principal": "*"}]}, type=RCP)
    org.attach("fence", "Apps/Production")
    role = "arn:aws:iam::{{account.lab.id}}:role/x"
    assert decide(org, "app", "s3:GetObject", principal=role).reasons[0].kind == "SCP"
    outside = "arn:aws:iam::999999999999:role/x"
    assert decide(org, "app", "s3:GetObject", principal=outside).outcome == "allowed"
    fenced = decide(org, "prod", "s3:GetObject", principal=outside)
    assert (fenced.outcome, fenced.reasons[-1].kind) == ("explicitDeny", "RCP")
    assert decide(org, "boss", "s3:GetObject", principal=outside).outcome == "allowed"


def test_service_linked_roles_are_exempt() -> None:
    org = organization(deny("*"), at="root")
    role = "arn:aws:iam::111111111111:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    assert decide(org, "app", "config:PutEvaluations", principal=role).outcome == "allowed"
    assert decide(org, "app", "config:PutEvaluations", principal="arn:aws:iam::111111111111:root").blocked


def test_each_resource_of_a_call_is_judged_with_its_own_keys() -> None:
    """An instance-type condition on every resource also hits the image, which carries no instance type."""
    wide = organization(deny("ec2:RunInstances", {"StringNotEquals": {"ec2:InstanceType": "t3.micro"}}))
    assert decide(wide, "app", "ec2:RunInstances", context={"ec2:InstanceType": "t3.micro"}).outcome == "explicitDeny"
    narrow = organization(
        deny("ec2:RunInstances", {"StringNotEquals": {"ec2:InstanceType": "t3.micro"}}, "arn:aws:ec2:*:*:instance/*")
    )
    assert decide(narrow, "app", "ec2:RunInstances", context={"ec2:InstanceType": "t3.micro"}).outcome == "allowed"


def test_a_resource_that_only_some_calls_touch_is_what_the_answer_turns_on() -> None:
    org = organization(deny("ec2:RunInstances", resource="arn:aws:ec2:*:*:key-pair/*"))
    assert decide(org, "app", "ec2:RunInstances").missing == ("resource",)


def test_a_global_service_is_called_where_its_endpoint_is() -> None:
    guard = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}
    org = organization(deny("*", guard))
    lens = Lens(name="far", region="ap-south-1")
    assert decide(org, "app", "ec2:DescribeInstances", lens=lens).outcome == "explicitDeny"
    assert decide(org, "app", "iam:CreateRole", lens=lens).outcome == "allowed"


def test_an_allow_is_needed_at_every_level() -> None:
    org = organization(allow("s3:*"), at="Apps/Production")
    org.detach("FullAWSAccess", "Apps/Production")
    answer = decide(org, "prod", "ec2:RunInstances")
    assert answer.outcome == "implicitDeny"
    assert answer.reasons[0].level == "Apps/Production"
    assert decide(org, "prod", "s3:GetObject").outcome == "allowed"


def test_what_could_not_be_read_leaves_the_answer_open() -> None:
    org = organization(deny("s3:*"))
    org.unknown = ("policy content",)
    assert decide(org, "app", "s3:GetObject").outcome == "explicitDeny"
    answer = decide(org, "app", "ec2:RunInstances")
    assert (answer.outcome, answer.missing) == ("undetermined", ("policy content",))
    assert "could be read" in str(answer.reasons[0])


@pytest.mark.parametrize(
    ("account", "action", "lens", "hint"),
    [
        ("app-a-prd", "s3:GetObject", None, "app-a-prod"),
        ("app-a-prod", "s3:GetObjct", None, "s3:GetObject"),
        ("app-a-prod", "s3:GetObject", "pipelin", "pipeline"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(
    starter: Organization, account: str, action: str, lens: str | None, hint: str
) -> None:
    with pytest.raises(UnknownName, match=hint):
        decide(starter, account, action, lens=lens)
