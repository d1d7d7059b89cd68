"""What cfn-lint says of a template, and which actions its resources take."""

from __future__ import annotations

import pytest

from orgkit.design.template import read_template
from orgkit.provision.planning.template_lint import lint_template, needs_of
from orgkit.starter import design

TEXT = (design().parent / "templates" / "security-baseline.yaml").read_text("utf-8")


def test_the_template_that_ships_has_nothing_for_cfn_lint_to_say() -> None:
    assert lint_template(TEXT, ("us-east-1", "eu-central-1")) == ()


def test_a_finding_has_its_rule_line_and_words() -> None:
    (found,) = lint_template(TEXT.replace("FindingPublishingFrequency", "Frequency"), ("us-east-1",))
    assert found.error
    assert found.rule.startswith("E")
    assert TEXT.splitlines()[found.line - 1].strip().startswith("FindingPublishingFrequency")
    assert "Frequency" in found.message


@pytest.mark.parametrize(
    ("type", "certain"),
    [
        ("AWS::AccessAnalyzer::Analyzer", ("access-analyzer:CreateAnalyzer",)),
        ("AWS::IAM::Role", ("iam:CreateRole",)),
        ("AWS::S3::Bucket", ("s3:CreateBucket",)),
        ("AWS::Config::DeliveryChannel", ("config:PutDeliveryChannel",)),
        ("AWS::GuardDuty::Detector", ("guardduty:CreateDetector",)),
        ("Custom::Mine", ()),
    ],
)
def test_the_call_that_makes_a_resource_is_certain(type: str, certain: tuple[str, ...]) -> None:
    assert needs_of(type, "us-east-1").certain == certain


def test_what_depends_on_properties_is_only_possible() -> None:
    assert "s3:PutBucketPublicAccessBlock" in needs_of("AWS::S3::Bucket", "us-east-1").possible


@pytest.mark.parametrize(
    ("type", "properties", "action"),
    [
        ("AWS::IAM::Role", {"ManagedPolicyArns"}, "iam:AttachRolePolicy"),
        ("AWS::IAM::Role", {"Policies"}, "iam:PutRolePolicy"),
        ("AWS::Config::ConfigurationRecorder", {"RoleARN"}, "iam:PassRole"),
        ("AWS::CloudTrail::Trail", {"CloudWatchLogsRoleArn"}, "iam:PassRole"),
        ("AWS::Lambda::Function", {"Role"}, "iam:PassRole"),
        ("AWS::S3::Bucket", {"BucketEncryption"}, "s3:PutEncryptionConfiguration"),
        ("AWS::S3::Bucket", {"LifecycleConfiguration"}, "s3:PutLifecycleConfiguration"),
        ("AWS::S3::Bucket", {"OwnershipControls"}, "s3:PutBucketOwnershipControls"),
        ("AWS::S3::Bucket", {"PublicAccessBlockConfiguration"}, "s3:PutBucketPublicAccessBlock"),
        ("AWS::S3::Bucket", {"VersioningConfiguration"}, "s3:PutBucketVersioning"),
    ],
)
def test_a_property_that_is_set_makes_the_action_for_it_certain(type: str, properties: set[str], action: str) -> None:
    assert action not in needs_of(type, "us-east-1").certain
    assert action in needs_of(type, "us-east-1").possible
    assert action in needs_of(type, "us-east-1", frozenset(properties)).certain


def test_the_template_that_ships_takes_these_actions_and_no_others_for_certain() -> None:
    resources = read_template(TEXT).resources
    taken = {name: set(needs_of(one.type, "us-east-1", one.properties).certain) for name, one in resources.items()}
    assert taken == {
        "AccessAnalyzer": {"access-analyzer:CreateAnalyzer"},
        "ConfigRole": {"iam:CreateServiceLinkedRole"},
        "ConfigRecorder": {"config:PutConfigurationRecorder", "config:StartConfigurationRecorder", "iam:PassRole"},
        "ConfigDelivery": {"config:PutDeliveryChannel"},
        "Detector": {"guardduty:CreateDetector"},
        "AuditRole": {"iam:CreateRole", "iam:AttachRolePolicy"},
    }
