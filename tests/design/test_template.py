"""Reading CloudFormation templates as data."""

from __future__ import annotations

import pytest

from orgkit.design.template import read_template
from orgkit.errors import DesignError
from orgkit.starter import design

TEXT = (design().parent / "templates" / "security-baseline.yaml").read_text("utf-8")


def test_resources_conditions_and_parameters_are_read() -> None:
    template = read_template(TEXT)
    assert template.resources["ConfigRecorder"].type == "AWS::Config::ConfigurationRecorder"
    assert template.resources["ConfigRecorder"].condition == "Records"
    assert template.resources["AuditRole"].condition is None
    assert template.parameters["LogPrefix"] == "config"
    assert "AWS::AccessAnalyzer::Analyzer" in template.types


def test_a_parameter_without_a_default_has_to_be_given() -> None:
    text = "Parameters: {A: {Type: String}, B: {Type: Number, Default: 1}}\nResources: {R: {Type: AWS::S3::Bucket}}"
    assert dict(read_template(text).parameters) == {"A": None, "B": "1"}


def test_json_is_yaml_too() -> None:
    assert read_template('{"Resources": {"R": {"Type": "AWS::S3::Bucket"}}}').types == ("AWS::S3::Bucket",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Resources: [", "line 1"),
        ("a: 1", "no Resources"),
        ("[]", "no Resources"),
        ("Resources: {}", "no Resources"),
        ("", "no Resources"),
        ("Resources: {R: &a [*a]}\n? {b: 1}\n: 2", "cannot be read"),
    ],
)
def test_what_is_no_template_says_why(text: str, told: str) -> None:
    with pytest.raises(DesignError, match=told):
        read_template(text)


def test_a_tag_never_makes_anything_but_data() -> None:
    with pytest.raises(DesignError, match="cannot be read"):
        read_template('Resources: {R: {Type: !!python/object/apply:os.system ["true"]}}')
