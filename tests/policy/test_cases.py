"""Cases as data: each file under cases/ is a list of sentences with what they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orgkit import policy

CASES = Path(__file__).parent / "cases"
FULL = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "FullAWSAccess", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def load(*files: str) -> list[Any]:
    """Return the cases of some files, each named by its sentence."""
    cases = [case for name in files for case in json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))]
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", load("inheritance", "exemptions", "published_guardrails", "aws_examples", "traps"))
def test_decision(case: dict[str, Any]) -> None:
    """The outcome is as the sentence says, its reasons point there, and a compiled chain agrees."""
    levels = [[FULL if one == "FullAWSAccess" else one for one in level] for level in case["levels"]]
    resource_levels = case.get("resource_levels")
    decision = policy.evaluate(levels, case["request"], resource_levels)
    assert decision.outcome == case["outcome"], str(decision)
    assert decision.missing == ()
    assert policy.compile(levels, resource_levels).outcome(case["request"]) == case["outcome"]
    if decision.outcome == "explicitDeny":
        assert all(reason.effect == "Deny" for reason in decision.reasons if reason.kind != "exemption")
    if decision.outcome == "implicitDeny":
        assert all(reason.effect is None and reason.level for reason in decision.reasons)
    if "level" in case:
        assert [reason.level for reason in decision.reasons] == [case["level"]]
    if "by" in case:
        assert case["by"] in [reason.sid for reason in decision.reasons]
    if "resource" in case:
        assert case["resource"] in [reason.resource for reason in decision.reasons]
    assert case.get("exempt", False) == any(reason.kind == "exemption" for reason in decision.reasons) or (
        not case["levels"] and decision.outcome != "allowed"
    )


@pytest.mark.parametrize("case", load("operators"))
def test_operator(case: dict[str, Any]) -> None:
    """One operator on one key holds, or does not, as the sentence says."""
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {case["operator"]: {case["key"]: case["value"]}},
        },
    }
    decision = policy.evaluate([[FULL, document]], {"action": "x:Do", "context": case["context"]})
    assert decision.outcome == ("explicitDeny" if case["holds"] else "allowed")


def test_all_26_operators_and_null_have_cases() -> None:
    """The table of cases leaves no operator out."""
    tried = {case.values[0]["operator"].split(":")[-1].removesuffix("IfExists") for case in load("operators")}
    from orgkit.policy.conditions import OPERATORS

    assert len(OPERATORS) == 27
    assert set(OPERATORS) <= tried


@pytest.mark.parametrize("case", load("inheritance", "exemptions", "published_guardrails", "aws_examples", "traps"))
def test_explanation_agrees_with_the_fast_path(case: dict[str, Any]) -> None:
    """The path that gives reasons comes to the outcome that the fast one gave."""
    from orgkit.policy.explain import explain

    levels = [[FULL if one == "FullAWSAccess" else one for one in level] for level in case["levels"]]
    compiled = policy.compile(levels, case.get("resource_levels"))
    assert explain(compiled.read(case["request"], False), compiled.level_names).outcome == case["outcome"]
