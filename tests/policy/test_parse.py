"""Documents that AWS would refuse get a message with the place, the line and the rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit import policy
from orgkit.errors import PolicyError
from orgkit.policy.positions import walk, written

RCP = "RESOURCE_CONTROL_POLICY"
GOOD = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def document(**changes: Any) -> dict[str, Any]:
    """Return a policy of one statement; None takes an element away."""
    return {
        "Version": "2012-10-17",
        "Statement": [{key: value for key, value in {**GOOD, **changes}.items() if value is not None}],
    }


BROKEN: list[tuple[str, Any, str, str, str]] = [
    ("not JSON", "{", "SERVICE_CONTROL_POLICY", "json", "$"),
    ("a list", [], "SERVICE_CONTROL_POLICY", "not-an-object", "$"),
    ("no Statement", {"Version": "2012-10-17"}, "SERVICE_CONTROL_POLICY", "missing-statement", "$"),
    (
        "an unknown version",
        {"Version": "2024-01-01", "Statement": GOOD},
        "SERVICE_CONTROL_POLICY",
        "version",
        "Version",
    ),
    ("a misspelled element", document(Efect="Deny"), "SERVICE_CONTROL_POLICY", "unknown-element", "Statement[0].Efect"),
    ("an unknown effect", document(Effect="deny"), "SERVICE_CONTROL_POLICY", "effect", "Statement[0].Effect"),
    ("no effect", document(Effect=None), "SERVICE_CONTROL_POLICY", "effect", "Statement[0]"),
    ("no action", document(Action=None), "SERVICE_CONTROL_POLICY", "missing-action", "Statement[0]"),
    ("no resource", document(Resource=None), "SERVICE_CONTROL_POLICY", "missing-resource", "Statement[0]"),
    ("both kinds of action", document(NotAction="s3:*"), "SERVICE_CONTROL_POLICY", "both", "Statement[0].NotAction"),
    (
        "an action without a service",
        document(Action=["s3:*", "s3"]),
        "SERVICE_CONTROL_POLICY",
        "action",
        "Statement[0].Action[1]",
    ),
    ("an action that is a number", document(Action=3), "SERVICE_CONTROL_POLICY", "type", "Statement[0].Action"),
    (
        "a resource that is no ARN",
        document(Resource="bucket"),
        "SERVICE_CONTROL_POLICY",
        "resource",
        "Statement[0].Resource",
    ),
    ("a principal in an SCP", document(Principal="*"), "SERVICE_CONTROL_POLICY", "principal", "Statement[0].Principal"),
    (
        "an unknown operator",
        document(Condition={"StringEqual": {"a:b": "c"}}),
        "SERVICE_CONTROL_POLICY",
        "operator",
        "Statement[0].Condition.StringEqual",
    ),
    (
        "Null with IfExists",
        document(Condition={"NullIfExists": {"a:b": "true"}}),
        "SERVICE_CONTROL_POLICY",
        "null-if-exists",
        "Statement[0].Condition.NullIfExists",
    ),
    (
        "Null with a text",
        document(Condition={"Null": {"a:b": "yes"}}),
        "SERVICE_CONTROL_POLICY",
        "condition-value",
        "Statement[0].Condition.Null.a:b",
    ),
    (
        "a value that is an object",
        document(Condition={"StringEquals": {"a:b": {}}}),
        "SERVICE_CONTROL_POLICY",
        "condition-value",
        "Statement[0].Condition.StringEquals.a:b",
    ),
    (
        "a condition that is a list",
        document(Condition=[]),
        "SERVICE_CONTROL_POLICY",
        "condition",
        "Statement[0].Condition",
    ),
    ("an Allow in an RCP", document(Effect="Allow", Principal="*"), RCP, "rcp-allow", "Statement[0].Effect"),
    ("an RCP without a principal", document(), RCP, "rcp-principal", "Statement[0]"),
    (
        "an RCP for one principal",
        document(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        RCP,
        "rcp-principal",
        "Statement[0].Principal",
    ),
    (
        "an RCP with NotAction",
        document(Action=None, NotAction="s3:*", Principal="*"),
        RCP,
        "rcp-notaction",
        "Statement[0].NotAction",
    ),
    ("an RCP for every action", document(Action="*", Principal="*"), RCP, "rcp-action", "Statement[0].Action"),
]


@pytest.mark.parametrize(("what", "given_document", "kind", "rule", "path"), BROKEN, ids=[case[0] for case in BROKEN])
def test_what_aws_refuses_is_refused(what: str, given_document: Any, kind: str, rule: str, path: str) -> None:
    """The problem names its rule and its place, and parse raises it."""
    found = [one for one in policy.problems(given_document, type=kind) if one.severity == "error"]
    assert (rule, path) in [(one.rule, one.path) for one in found]
    with pytest.raises(PolicyError) as caught:
        policy.parse(given_document, type=kind, name="mine")
    assert caught.value.where is not None
    assert caught.value.where.startswith("mine: ")


def test_a_message_has_path_line_rule_and_mend() -> None:
    """Someone who reads the message knows where to look and what to write."""
    text = json.dumps(document(Condition={"StringEqauls": {"aws:username": "a"}}), indent=1)
    with pytest.raises(PolicyError) as caught:
        policy.parse(text)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "StringEqauls" in one)
    message = str(caught.value)
    assert message == (
        f'Statement[0].Condition.StringEqauls (line {line}): "StringEqauls" is no condition operator [operator]\n'
        '  did you mean "StringEquals"?'
    )


def test_all_problems_are_collected_in_order() -> None:
    """`problems` does not stop at the first."""
    bad = {"Version": "2012-10-17", "Statement": [{**GOOD, "Effect": "No", "Action": "x"}, {"Effect": "Deny"}]}
    rules = [one.rule for one in policy.problems(json.dumps(bad, indent=2))]
    assert rules == ["effect", "action", "missing-action", "missing-resource"]


def test_a_key_that_stands_twice_is_refused() -> None:
    """Python's own reader would keep the last one, which is how a Condition gets lost."""
    text = '{"Statement": {"Effect": "Deny", "Action": "*",\n "Resource": "*",\n "Action": "s3:*"}}'
    (found,) = policy.problems(text)
    assert (found.rule, found.path, found.line) == ("duplicate-key", "Statement.Action", 3)


def test_two_statements_may_not_share_a_sid() -> None:
    """A reason names the Sid, so it has to be one statement's."""
    bad = {"Version": "2012-10-17", "Statement": [{**GOOD, "Sid": "A"}, {**GOOD, "Sid": "A"}]}
    assert [one.rule for one in policy.problems(bad)] == ["duplicate-sid"]


@pytest.mark.parametrize(
    "good",
    [
        document(Action="*"),
        document(Effect="Allow", Action=None, NotAction=["iam:*"], Resource=None, NotResource="arn:aws:s3:::a"),
        document(Effect="Allow", Resource="arn:aws:s3:::a", Condition={"StringEquals": {"aws:RequestedRegion": "x"}}),
        document(Action="ec2:*Instances*"),
        document(Condition={"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}, "Null": {"a:b": True}}),
        document(Condition={"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": False}}),
        document(Resource=["arn:aws-us-gov:s3:::a", "arn:aws-cn:s3:::b", "arn:*:s3:::c"]),
        {"Statement": GOOD},
    ],
)
def test_the_full_language_is_accepted(good: dict[str, Any]) -> None:
    """SCPs have had the full language but for principals since September 2025."""
    assert policy.problems(good) == []
    assert policy.parse(json.dumps(good)).statements == policy.parse(good).statements


def test_a_value_that_can_never_match_is_a_warning() -> None:
    """AWS takes it, so the engine evaluates it; a reader should know."""
    odd = document(Condition={"NumericEquals": {"s3:max-keys": "ten"}})
    assert [(one.severity, one.rule) for one in policy.problems(odd)] == [("warning", "condition-value")]
    assert policy.parse(odd).statements


def test_rcp_full_aws_access_is_aws_own() -> None:
    """The policy that AWS attaches everywhere parses although it allows."""
    full = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
    assert policy.problems(full, type=RCP) == []


@pytest.mark.parametrize(("folder", "kind"), [("scp", ""), ("lza/service-control-policies", ""), ("rcp", RCP),
                                              ("lza/resource-control-policies", RCP)])  # fmt: skip
def test_published_policies_parse(samples: Path, folder: str, kind: str) -> None:
    """Policies that organizations and vendors published are no surprise."""
    files = sorted((samples / folder).rglob("*.json"))
    assert files
    for file in files:
        read = policy.parse(file.read_text(encoding="utf-8"), type=kind or "SERVICE_CONTROL_POLICY", name=file.stem)
        assert read.statements


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(), inner, max_size=3), max_leaves=12))  # fmt: skip
def test_nothing_that_is_json_breaks_the_reader(value: Any) -> None:
    """Whatever stands in a file, the answer is a list of problems and never a traceback."""
    for whole in (
        value,
        {"Version": "2012-10-17", "Statement": value},
        document(Condition=value),
        document(Action=value),
    ):
        policy.problems(json.dumps(whole))
        policy.problems(json.dumps(whole), type=RCP)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Text that is no JSON at all is one problem."""
    assert policy.problems(text)[0].severity == "error"


def test_deep_nesting_is_a_problem_and_no_crash() -> None:
    """A stranger's document may be nested as deep as it likes."""
    assert policy.problems("[" * 100_000)[0].rule == "json"


def test_positions_know_every_line() -> None:
    """Each element has the line on which its value stands."""
    text = '{\n "a": [1,\n  {"b": "x,]"}\n ],\n "c": {}\n}'
    assert [(written(path), line) for path, line, _ in walk(text)] == [
        ("a", 2), ("a[0]", 2), ("a[1]", 3), ("a[1].b", 3), ("c", 5),
    ]  # fmt: skip
