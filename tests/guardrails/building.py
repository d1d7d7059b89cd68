"""Small organizations for the tests, and the hypothesis strategies that draw larger ones."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from orgkit.design import RCP, SCP, Organization
from orgkit.design.sections import Lens

Raw = dict[str, Any]


def deny(action: str | list[str], condition: Raw | None = None, resource: str | list[str] = "*", **more: Any) -> Raw:
    """One Deny statement."""
    statement = {"Effect": "Deny", "Action": action, "Resource": resource, **more}
    return statement | ({"Condition": condition} if condition else {})


def allow(action: str | list[str], condition: Raw | None = None, resource: str | list[str] = "*") -> Raw:
    """One Allow statement."""
    return deny(action, condition, resource) | {"Effect": "Allow"}


def policy(*statements: Raw) -> Raw:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def organization(*statements: Raw, at: str = "Apps", type: str = SCP, handle: str = "guard") -> Organization:
    """root › Apps › Production with an account in each, and one policy attached where it is asked for."""
    org = Organization()
    org.configure(policy_types=(SCP, RCP), organization_id="o-abcdefghij")
    org.add_account("boss", email="boss@company.com", management=True)
    org.add_ou("Apps")
    org.add_ou("Production", "Apps")
    org.add_ou("Labs")
    org.add_account("app", "Apps", email="app@company.com", aws_id="111111111111")
    org.add_account("prod", "Apps/Production", email="prod@company.com", aws_id="222222222222")
    org.add_account("lab", "Labs", email="lab@company.com")
    if statements:
        org.add_policy(handle, policy(*statements), type=type)
        org.attach(handle, at)
    return org


CONDITIONS: tuple[Raw, ...] = (
    {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"StringLike": {"aws:PrincipalTag/team": "*"}},
    {"Null": {"aws:PrincipalTag/team": "true"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}},
    {"StringEquals": {"aws:PrincipalAccount": "222222222222"}},
    {"StringNotEquals": {"ec2:InstanceType": "t3.micro"}},
    {"StringEqualsIfExists": {"ec2:InstanceType": "t3.micro"}},
    {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"Null": {"aws:RequestTag/team": "true"}},
    {"StringLike": {"s3:prefix": "home/${aws:PrincipalTag/name}/*"}},
    {"StringEquals": {"aws:ResourceAccount": "111111111111"}},
    {"StringNotEquals": {"s3:NoSuchKey": "true"}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": ["cost"]}},
    {"ForAllValues:StringLike": {"aws:TagKeys": ["cost", "team"]}, "Bool": {"aws:SecureTransport": "true"}},
)
ACTIONS = (
    "*",
    "ec2:*",
    "ec2:RunInstances",
    "ec2:CreateVolume",
    "ec2:Create*",
    "s3:*",
    "s3:GetObject",
    "s3:PutBucketPolicy",
    "s3:List*",
    "iam:*",
    "iam:CreateRole",
    "kms:RetireGrant",
    "sqs:SendMessage",
    "organizations:LeaveOrganization",
)
RESOURCES = (
    "*",
    "*",
    "*",
    "arn:aws:s3:::logs",
    "arn:aws:s3:::logs/*",
    "arn:aws:ec2:*:*:instance/*",
    "arn:aws:ec2:*:111111111111:*",
    "arn:aws:iam::*:role/break-glass",
    "arn:aws:ec2:*:*:volume/*",
)
ASKED = (
    "ec2:RunInstances",
    "ec2:CreateVolume",
    "ec2:CreateTags",
    "ec2:DescribeInstances",
    "s3:GetObject",
    "s3:PutBucketPolicy",
    "s3:ListBucket",
    "s3:ListAllMyBuckets",
    "iam:CreateRole",
    "iam:ListUsers",
    "kms:RetireGrant",
    "kms:Decrypt",
    "sqs:SendMessage",
    "organizations:LeaveOrganization",
    "cloudformation:CreateStack",
)
LENSES = (
    None,
    Lens(name="role", principal="arn:aws:iam::{{account.id}}:role/application", region="eu-west-1"),
    Lens(name="break-glass", principal="arn:aws:iam::{{account.id}}:role/break-glass"),
    Lens(name="app's", principal="arn:aws:iam::111111111111:role/application", context={"aws:SecureTransport": True}),
    Lens(name="stranger", principal="arn:aws:iam::999999999999:role/stranger"),
    Lens(name="small", region="us-west-2", context={"ec2:InstanceType": "t3.micro"}),
    Lens(name="bucket", resource="arn:aws:s3:::logs"),
)


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> Raw:
    """One statement of any shape an SCP may have."""
    statement: Raw = {"Effect": effect or draw(st.sampled_from(("Deny", "Deny", "Deny", "Allow")))}
    statement[draw(st.sampled_from(("Action", "Action", "Action", "NotAction")))] = draw(
        st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)
    )
    resources = draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2))
    statement["Resource" if "*" in resources else draw(st.sampled_from(("Resource", "NotResource")))] = resources
    if draw(st.booleans()):
        statement["Condition"] = draw(st.sampled_from(CONDITIONS))
    return statement


@st.composite
def organizations(draw: st.DrawFn) -> Organization:
    """An organization with SCPs and RCPs of any shape on several levels, FullAWSAccess taken off here and there."""
    org = organization()
    for number in range(draw(st.integers(1, 4))):
        org.add_policy(f"scp{number}", json.dumps(policy(*draw(st.lists(statements(), min_size=1, max_size=3)))))
        for target in draw(st.sets(st.sampled_from(("root", "Apps", "Apps/Production", "prod", "lab")), max_size=2)):
            org.attach(f"scp{number}", target)
    if draw(st.booleans()):
        denied = draw(statements("Deny").filter(lambda s: "NotAction" not in s and "*" not in s["Action"]))
        org.add_policy("rcp", policy(denied | {"Principal": "*"}), type=RCP)
        org.attach("rcp", draw(st.sampled_from(("root", "Apps", "prod"))))
    for target in draw(st.sets(st.sampled_from(("Apps", "prod")), max_size=1)):
        org.detach("FullAWSAccess", target)
    return org
