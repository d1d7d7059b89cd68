"""The embedded AWS and the engine that judges designs agree: what one refuses the other calls blocked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgkit.cloud import authorization, connect, read
from orgkit.design import Organization
from orgkit.errors import CloudError
from orgkit.guardrails import decide
from tests.cloud.clocks import StillClock
from tests.cloud.test_authorization import DENIED, SCP, Scene

CALLS: tuple[dict[str, Any], ...] = (
    {"call": "iam:ListUsers"},
    {"call": "iam:DeleteRole", "with": {"RoleName": "nobody"}},
    {"call": "iam:CreateRole", "with": {"RoleName": "{new}", "AssumeRolePolicyDocument": "{trust}"}},
    {
        "call": "iam:CreateRole",
        "with": {
            "RoleName": "{new}",
            "AssumeRolePolicyDocument": "{trust}",
            "Tags": [{"Key": "Team", "Value": "a"}],
            "PermissionsBoundary": "arn:aws:iam::{app}:policy/edge",
        },
    },
    {"call": "s3:ListBuckets"},
    {"call": "s3:PutObject", "with": {"Bucket": "data", "Key": "a/b", "ACL": "private"}},
    {"call": "s3:GetBucketEncryption", "with": {"Bucket": "logs"}},
    {"call": "ec2:DescribeVpcs", "region": "eu-central-1"},
    {"call": "ec2:DescribeVpcs"},
    {
        "call": "ec2:RunInstances",
        "with": {"ImageId": "ami-00000000000000001", "InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1},
    },
    {"call": "dynamodb:DeleteTable", "with": {"TableName": "ledger"}, "region": "eu-central-1"},
    {"call": "sts:AssumeRole", "with": {"RoleArn": "arn:aws:iam::{app}:role/nobody", "RoleSessionName": "visit"}},
    {"call": "organizations:DescribeOrganization"},
    {"call": "guardduty:ListDetectors"},
)
ACTIONS = (
    "*",
    "iam:*",
    "iam:CreateRole",
    "s3:*",
    "s3:PutObject",
    "ec2:*",
    "ec2:RunInstances",
    "dynamodb:Delete*",
    "sts:*",
)
RESOURCES = (
    "*",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::logs",
    "arn:aws:iam::*:role/no*",
    "arn:aws:ec2:*:*:instance/*",
    "arn:aws:dynamodb:*:*:table/ledger",
)
CONDITIONS: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "aws:RequestedRegion": (("StringEquals", "StringNotEquals", "StringLike"), ("us-east-1", "eu-*", "eu-central-1")),
    "aws:PrincipalArn": (("ArnLike", "ArnNotLike"), ("arn:aws:iam::*:role/platform/*", "arn:aws:iam::*:role/Org*")),
    "aws:PrincipalTag/team": (("StringEquals", "StringNotEquals", "Null"), ("delivery", "true")),
    "aws:RequestTag/Team": (("StringEquals", "StringNotEquals", "Null"), ("a", "b", "true", "false")),
    "aws:ResourceTag/Team": (("StringEquals", "StringNotEqualsIfExists", "Null"), ("a", "true")),
    "aws:SourceIp": (("IpAddress", "NotIpAddress"), ("10.0.0.0/8",)),
    "aws:MultiFactorAuthPresent": (("Bool", "BoolIfExists"), ("true", "false")),
    "aws:ViaAWSService": (("Bool",), ("true", "false")),
    "aws:CurrentTime": (("DateLessThan", "DateGreaterThan"), ("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z")),
    "ec2:InstanceType": (("StringLike", "StringNotLike"), ("t3.*", "m5.*")),
    "iam:PermissionsBoundary": (("StringNotLike", "Null"), ("arn:aws:iam::*:policy/edge", "true")),
    "s3:x-amz-acl": (("StringEquals", "Null"), ("private", "public-read", "true")),
}


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """One operator on one key."""
    key = draw(st.sampled_from(sorted(CONDITIONS)))
    operators, values = CONDITIONS[key]
    operator = draw(st.sampled_from(operators))
    fitting = [
        one for one in values if (one in ("true", "false")) == (operator == "Null" or operator.startswith("Bool"))
    ]
    return {operator: {key: draw(st.sampled_from(fitting))}}


@st.composite
def questions(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A call, and statements of a policy, most of which speak of it."""
    case = draw(st.sampled_from(CALLS))
    service = case["call"].partition(":")[0]
    return case, [draw(statements(("*", f"{service}:*", *ACTIONS))) for _ in range(draw(st.integers(1, 3)))]


@st.composite
def statements(draw: st.DrawFn, actions: tuple[str, ...]) -> dict[str, Any]:
    """A Deny, or an Allow, which says nothing beside FullAWSAccess."""
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(("Deny", "Deny", "Deny", "Allow")))}
    statement[draw(st.sampled_from(("Action", "Action", "NotAction")))] = draw(st.sampled_from(actions))
    everywhere = draw(st.booleans())
    element = "Resource" if everywhere else draw(st.sampled_from(("Resource", "NotResource")))
    statement[element] = "*" if everywhere else draw(st.sampled_from(RESOURCES))
    for condition in draw(st.lists(conditions(), max_size=2)):
        statement.setdefault("Condition", {}).update(condition)
    return statement


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Scene, Organization]]:
    with connect("sandbox", clock=StillClock(), attempts=1) as target:
        scene = Scene(target)
        for role in ("pipeline", "access"):  # whoever calls is there before the policies are
            for case in CALLS:
                scene.client({**case, **({"role": role} if role == "pipeline" else {})}, case["call"].partition(":")[0])
        yield scene, read(target)


@given(question=questions(), pipeline=st.booleans())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_they_agree(
    world: tuple[Scene, Organization],
    question: tuple[dict[str, Any], list[dict[str, Any]]],
    pipeline: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (scene, org), (case, said) = world, question
    scene.set(SCP, said)
    org.set(SCP, content={"Version": "2012-10-17", "Statement": scene.fill(said)})
    seen: dict[str, Any] = {}

    def noting(name: str) -> Any:
        original = getattr(authorization, name)

        def call(asking: Any, *rest: Any) -> Any:
            seen["asking"], seen[name] = asking, original(asking, *rest)
            if name == "context_of":
                seen["caller"] = rest[0]
            return seen[name]

        return call

    with monkeypatch.context() as patched:
        for name in ("resource_of", "context_of"):
            patched.setattr(authorization, name, noting(name))
        refused = is_refused(scene, {**case, **({"role": "pipeline"} if pipeline else {})})
    decision = decide(
        org,
        "app",
        seen["asking"].action,
        resource=seen["resource_of"],
        principal=seen["caller"].arn,
        context=seen["context_of"],
    )
    if refused:
        assert decision.blocked is True, str(decision)
    if decision.blocked is False:
        assert not refused


def is_refused(scene: Scene, case: dict[str, Any]) -> bool:
    """Whether a guardrail stopped the call; what the service itself says does not matter."""
    try:
        scene.run(case)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED and "service control policy" in str(error)
    except CloudError:
        return False  # let through to what the embedded AWS does not have
    return False
