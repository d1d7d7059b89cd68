"""What the table of capabilities says of the embedded AWS is so."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orgkit.cloud import Target, connect, gaps
from orgkit.cloud.capabilities import moto_stacks
from orgkit.errors import CloudError, TargetError
from tests.cloud.clocks import StillClock

TRUST = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(scope="module")
def company() -> Iterator[Target]:
    with connect("sandbox", clock=StillClock(), attempts=1) as target:
        organizations = target.client("organizations")
        organizations.create_organization()
        organizations.create_account(AccountName="app", Email="app@company.example")
        yield target


def no_images(target: Target) -> None:
    assert target.client("ec2").describe_images()["Images"] == []


def no_managed_policies(target: Target) -> None:
    iam = target.client("iam")
    iam.create_role(RoleName="plain", AssumeRolePolicyDocument=document(TRUST))
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.attach_role_policy(RoleName="plain", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


def identity_policies_are_not_enforced(target: Target) -> None:
    iam = target.client("iam", account="app")
    iam.create_role(RoleName="powerless", AssumeRolePolicyDocument=document(TRUST))
    assert target.client("iam", account="app", role="powerless").list_users()["Users"] == []


def any_bucket_policy(target: Target) -> None:
    s3 = target.client("s3")
    s3.create_bucket(Bucket="anything")
    s3.put_bucket_policy(Bucket="anything", Policy="no policy at all")


def addresses_lead_to_aws(target: Target) -> None:
    url = target.client("s3").generate_presigned_url("get_object", Params={"Bucket": "anything", "Key": "a"})
    assert ".amazonaws.com/" in url
    assert "sandbox" in url  # signed with a key that nobody has


def a_token_is_believed(target: Target) -> None:
    issuer = "token.actions.githubusercontent.com"
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{target.account_id}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    target.client("iam").create_role(RoleName="workflow", AssumeRolePolicyDocument=document(trust))
    claims = base64.urlsafe_b64encode(json.dumps({"iss": f"https://{issuer}"}).encode()).decode()
    target.client("sts").assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{target.account_id}:role/workflow",
        RoleSessionName="run",
        WebIdentityToken=f"e30.{claims}.nobody-signed-this",
    )


def any_principal_of_the_management_account(target: Target) -> None:
    someone = {**TRUST, "Principal": {"AWS": f"arn:aws:iam::{target.account_id}:role/someone"}}
    target.client("iam", account="app").create_role(RoleName="trusting", AssumeRolePolicyDocument=document(someone))
    assert target.client("sts", account="app", role="trusting").get_caller_identity()["Account"]


def assignments_at_once(target: Target) -> None:
    sso = target.client("sso-admin")
    instance = sso.list_instances()["Instances"][0]["InstanceArn"]
    made = sso.create_permission_set(InstanceArn=instance, Name="reader")["PermissionSet"]["PermissionSetArn"]
    asked = {
        "InstanceArn": instance,
        "PermissionSetArn": made,
        "TargetId": target.account("app"),
        "TargetType": "AWS_ACCOUNT",
        "PrincipalId": "11111111-2222-3333-4444-555555555555",
        "PrincipalType": "GROUP",
    }
    for _ in range(2):
        status = sso.create_account_assignment(**asked)["AccountAssignmentCreationStatus"]
        assert status["Status"] == "SUCCEEDED"


def stacks_make_no_organization(target: Target) -> None:
    unit = {"Type": "AWS::Organizations::OrganizationalUnit", "Properties": {"Name": "Made", "ParentId": "r-none"}}
    stacks = target.client("cloudformation")
    stacks.create_stack(StackName="tree", TemplateBody=json.dumps({"Resources": {"Unit": unit}}))
    assert stacks.describe_stacks(StackName="tree")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    root = target.client("organizations").list_roots()["Roots"][0]["Id"]
    listed = target.client("organizations").list_organizational_units_for_parent(ParentId=root)
    assert listed["OrganizationalUnits"] == []


def stack_sets_are_not_bound(target: Target) -> None:
    organizations = target.client("organizations")
    deny = document({"Effect": "Deny", "Action": ["iam:*", "cloudformation:*"], "Resource": "*"})
    kind = "SERVICE_CONTROL_POLICY"
    made = organizations.create_policy(Name="stop", Type=kind, Content=deny, Description="")
    policy = {"PolicyId": made["Policy"]["PolicySummary"]["Id"], "TargetId": target.account("app")}
    organizations.attach_policy(**policy)
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": json.loads(document(TRUST))}}
    stacks = target.client("cloudformation")
    stacks.create_stack_set(StackSetName="roles", TemplateBody=json.dumps({"Resources": {"Role": role}}))
    stacks.create_stack_instances(StackSetName="roles", Accounts=[policy["TargetId"]], Regions=["us-east-1"])
    assert stacks.list_stack_instances(StackSetName="roles")["Summaries"][0]["StackInstanceStatus"]["DetailedStatus"]
    organizations.detach_policy(**policy)


def tag_keys_are_known_at_once(target: Target) -> None:
    organizations = target.client("organizations")
    organizations.tag_resource(ResourceId=target.account("app"), Tags=[{"Key": "CostCenter", "Value": "1"}])
    listed = target.client("ce").list_cost_allocation_tags()["CostAllocationTags"]
    assert "CostCenter" in {tag["TagKey"] for tag in listed}


SHOWN: dict[str, Callable[[Target], None]] = {
    "ec2": no_images,
    "iam": identity_policies_are_not_enforced,
    "iam:AttachRolePolicy": no_managed_policies,
    "s3": addresses_lead_to_aws,
    "s3:PutBucketPolicy": any_bucket_policy,
    "sts:AssumeRole": any_principal_of_the_management_account,
    "sts:AssumeRoleWithWebIdentity": a_token_is_believed,
    "sso-admin:CreateAccountAssignment": assignments_at_once,
    "cloudformation:CreateStack": stacks_make_no_organization,
    "cloudformation:CreateStackInstances": stack_sets_are_not_bound,
    "ce:ListCostAllocationTags": tag_keys_are_known_at_once,
}
# What these say is tested elsewhere: what turns on the unknown, who is delegated to, prepared answers of moto's.
ELSEWHERE = {"organizations", "organizations:PutResourcePolicy", "ce"}


def test_what_stacks_can_do_is_listed_as_it_is_and_need_not_be_asked_of_moto() -> None:
    listed = json.loads(files("orgkit.cloud").joinpath("capabilities.json").read_text("utf-8"))["stacks"]
    if listed["moto"] != version("moto"):
        return  # another version is asked itself, which is right and only slower
    there = {key: sorted(names) for key, names in moto_stacks().items()}
    assert {key: listed[key] for key in there} == there
    asking = """
import sys
from orgkit.cloud.capabilities import capability
assert capability("sandbox", "cloudformation", "AWS::IAM::Role")
assert not capability("sandbox", "cloudformation", "AWS::Config::ConfigRule")
assert capability("sandbox", "cloudformation", "CreateStackSet")
assert not capability("sandbox", "cloudformation", "ActivateOrganizationsAccess")
sys.exit("moto.cloudformation" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", asking], check=False).returncode == 0


def test_every_gap_is_missing_or_shown() -> None:
    there = {gap.name for gap in gaps() if gap.supported}
    assert there <= SHOWN.keys() | ELSEWHERE
    assert SHOWN.keys() <= there


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_otherwise(company: Target, name: str) -> None:
    SHOWN[name](company)


@pytest.mark.parametrize("name", [gap.name for gap in gaps() if not gap.supported])
def test_what_is_missing(company: Target, name: str) -> None:
    service, _, operation = name.partition(":")
    try:
        client = company.client(service)
    except TargetError:
        return  # botocore does not have it either
    operations = client.meta.service_model.operation_names
    client._serializer._validate = False
    if hasattr(client._serializer, "_serializer"):
        client._serializer = client._serializer._serializer
    simplest = next(
        name
        for name in ([operation] if operation else operations)
        if operation or not client.meta.service_model.operation_model(name).input_shape.required_members
    )
    with pytest.raises(CloudError, match="the embedded AWS cannot do"):
        client._make_api_call(simplest, {})
