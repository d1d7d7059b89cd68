"""The action catalogue: bit sets, look-ups with the nearest name, and the resources that a call touches."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit import policy
from orgkit.errors import UnknownName
from orgkit.policy.catalogue import Catalogue
from tests.policy.reference import wild


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The one catalogue."""
    return policy.load_catalogue()


def test_it_is_loaded_once_and_whole(catalogue: Catalogue) -> None:
    """Some four hundred services and twenty thousand actions, in one fixed order."""
    assert policy.load_catalogue() is catalogue
    assert len(catalogue.services) > 400
    assert len(catalogue) > 20_000
    assert catalogue.all_bits.bit_count() == len(catalogue)
    assert catalogue.index["s3:getobject"] == catalogue.actions.index("s3:GetObject")
    assert catalogue.version


@pytest.mark.parametrize(
    "pattern", ["s3:Get*", "S3:GETOBJECT", "*", "*:*", "ec2:*Instance?", "*:List*", "s?:Get*", "nope:*", "s3:Nope"]
)
def test_expand_agrees_with_plain_matching(catalogue: Catalogue, pattern: str) -> None:
    """A bit set holds exactly the actions that the pattern matches."""
    sample = [*range(0, len(catalogue), 97), catalogue.index["s3:getobject"], catalogue.index["ec2:runinstances"]]
    bits = catalogue.expand(pattern)
    for place in sample:
        expected = pattern == "*" or wild(pattern.lower(), catalogue.actions[place].lower())
        assert bool(bits >> place & 1) == expected


@settings(max_examples=50)
@given(
    st.sampled_from(["s3:*", "s3:Get*", "iam:*", "*"]),
    st.sampled_from(["s3:GetObject", "iam:CreateUser", "ec2:RunInstances"]),
    st.booleans(),
)
def test_statement_bits_agree_with_its_matcher(pattern: str, action: str, negated: bool) -> None:
    """A statement's bit set and its matcher are two forms of one thing, NotAction included."""
    catalogue = policy.load_catalogue()
    name = "NotAction" if negated else "Action"
    (statement,) = policy.parse(
        {"Version": "2012-10-17", "Statement": {"Effect": "Deny", name: pattern, "Resource": "*"}}
    ).statements
    bits = statement.action_bits(catalogue)
    assert bool(bits >> catalogue.index[action.lower()] & 1) == statement.matches_action(action)
    assert statement.unconditional


def test_names_come_back_in_order(catalogue: Catalogue) -> None:
    """A bit set gives back its names."""
    names = list(catalogue.names(catalogue.expand("s3:GetObject*")))
    assert names == sorted(names)
    assert "s3:GetObject" in names
    assert all(name.startswith("s3:GetObject") for name in names)


def test_an_unknown_action_gets_the_nearest_name(catalogue: Catalogue) -> None:
    """A slip of the pen is answered with the right name."""
    assert catalogue.find_action("CLOUDTRAIL:stoplogging").name == "cloudtrail:StopLogging"
    with pytest.raises(UnknownName, match=r'did you mean "cloudtrail:StopLogging"'):
        catalogue.find_action("cloudtrail:StopLoging")
    with pytest.raises(UnknownName, match=r'did you mean "cloudtrail"'):
        catalogue.find_action("cloudtrial:StopLogging")
    assert "s3:GetObject" in catalogue
    assert "s3:Nope" not in catalogue


def test_keys_have_types_and_carriers(catalogue: Catalogue) -> None:
    """Global, service and tag keys are known with their types, and with the actions that carry them."""
    assert catalogue.key_type("AWS:requestedregion") == "String"
    assert catalogue.key_type("aws:TagKeys") == "ArrayOfString"
    assert catalogue.key_type("aws:PrincipalTag/team") == "String"
    assert catalogue.key_type("aws:MultiFactorAuthPresent") == "Bool"
    assert catalogue.key_type("ec2:InstanceType") == "String"
    assert catalogue.key_type("ec2:ResourceTag/team") == "String"
    assert catalogue.key_type("s3:PublicAccessBlockConfiguration") is None
    assert catalogue.nearest_key("ec2:InstanceTyp") == 'did you mean "ec2:InstanceType"?'
    assert catalogue.carries("ec2:RunInstances", "ec2:instancetype")
    assert catalogue.carries("ec2:RunInstances", "aws:RequestTag/team")
    assert catalogue.carries("ec2:RunInstances", "aws:SourceIp")
    assert not catalogue.carries("ec2:DescribeInstances", "ec2:InstanceType")


def test_access_levels_cover_every_action_once(catalogue: Catalogue) -> None:
    """Read, write, list, tagging and permissions management divide the catalogue."""
    together = 0
    for bits in catalogue.access_levels.values():
        assert not together & bits
        together |= bits
    assert together == catalogue.all_bits
    assert catalogue.access_levels["Permissions management"] >> catalogue.index["iam:attachrolepolicy"] & 1


def test_rcp_services_are_bits_too(catalogue: Catalogue) -> None:
    """RCPs can only touch the actions of services that support them."""
    assert catalogue.rcp_bits >> catalogue.index["s3:getobject"] & 1
    assert not catalogue.rcp_bits >> catalogue.index["ec2:runinstances"] & 1
    assert not catalogue.rcp_bits >> catalogue.index["kms:retiregrant"] & 1


def test_run_instances_touches_several_resources() -> None:
    """One ARN is given; the others that every call touches are added, each with the keys it does not carry."""
    given_arn = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"
    found = {one.type: one for one in policy.request_resources("ec2:RunInstances", given_arn, region="eu-west-1")}
    assert found["instance"].arn == given_arn
    assert {"image", "subnet", "network-interface", "volume"} & set(found) >= {"image", "subnet"}
    assert found["image"].arn == "arn:aws:ec2:eu-west-1::image/*"
    assert "ec2:instancetype" in found["image"].lacks
    assert "ec2:instancetype" not in found["instance"].lacks


@pytest.mark.parametrize(
    ("operator", "resource", "outcome"),
    [
        ("StringEquals", "*", "implicitDeny"),
        ("StringEqualsIfExists", "*", "allowed"),
        ("StringEquals", "arn:aws:ec2:*:*:instance/*", "implicitDeny"),
    ],
)
def test_a_type_condition_meets_the_image_too(operator: str, resource: str, outcome: str) -> None:
    """An image has no instance type, so an Allow that asks for one without IfExists fails on it."""
    condition = {operator: {"ec2:InstanceType": "t3.micro"}}
    some = {"Effect": "Allow", "Action": "ec2:*", "Resource": resource, "Condition": condition}
    request = {
        "action": "ec2:RunInstances",
        "resource": policy.request_resources("ec2:RunInstances"),
        "context": {"ec2:InstanceType": "t3.micro"},
    }
    levels = [[{"Version": "2012-10-17", "Statement": some}]]
    decision = policy.evaluate(levels, request)
    assert decision.outcome == policy.evaluate(levels, request, partial=True).outcome == outcome
    touched = " ".join(str(reason.resource) for reason in decision.reasons)
    assert ("image/" in touched, "instance/" in touched) == (True, outcome == "allowed")


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/k", ["arn:aws:s3:::b/k"]),
        ("s3:GetObject", None, [None]),
        ("s3:ListAllMyBuckets", None, ["*"]),
        ("ec2:DescribeInstances", None, ["*"]),
        ("made:Up", None, [None]),
        ("made:Up", "arn:aws:made:::up", ["arn:aws:made:::up"]),
        ("s3:GetObject", "arn:aws:sqs:eu-west-1:111122223333:q", ["arn:aws:sqs:eu-west-1:111122223333:q"]),
    ],
)
def test_what_a_call_touches(action: str, resource: str | None, expected: list[str | None]) -> None:
    """Listing actions touch nothing, unknown ones what the caller says."""
    assert [one.arn for one in policy.request_resources(action, resource)] == expected
