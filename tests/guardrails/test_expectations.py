"""Tests of the guardrails that a design states, and the search behind "nobody"."""

from __future__ import annotations

from typing import Any

import orgkit
from orgkit.design import Organization
from orgkit.design.sections import Expectation, Lens
from orgkit.guardrails import expectations, run
from orgkit.starter import mended
from tests.guardrails.building import Raw, deny, organization, policy

BREAK_GLASS = Lens(name="break-glass", principal="arn:aws:iam::{{account.id}}:role/break-glass")
WORKER = Lens(name="worker", principal="arn:aws:iam::{{account.id}}:role/worker", region="eu-west-1")


def stating(*statements: Raw, **expected: Any) -> Organization:
    """An organization with one expectation about Apps/Production."""
    org = organization(*statements)
    org.configure(
        lenses={"break-glass": BREAK_GLASS, "worker": WORKER},
        expectations=(Expectation(where="Apps/Production", **expected),),
    )
    return org


def spared(*roles: str) -> dict[str, Any]:
    return {"ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::*:role/{role}" for role in roles]}}


def codes(org: Organization) -> list[str]:
    return [problem.code for problem in expectations(org)]


STOP = ("cloudtrail:StopLogging",)


def test_the_starter_states_one_thing_that_its_policies_do_not_keep() -> None:
    starter = orgkit.load("starter")
    (problem,) = expectations(starter)
    assert problem.code == "expectation-not-met"
    assert "production-guardrails › DenyPublicS3" in problem.message and "access-role" in problem.message
    assert expectations(mended(starter)) == []


def test_nobody_can_holds_where_a_deny_spares_nobody() -> None:
    assert codes(stating(deny("cloudtrail:*"), actions=STOP, can=False)) == []


def test_nobody_can_fails_with_a_request_that_gets_through() -> None:
    org = stating(deny("cloudtrail:*", spared("audit")), actions=STOP, can=False)
    found = expectations(org)
    assert [problem.code for problem in found] == ["expectation-not-met"]
    assert "role/audit" in found[0].message


def test_nobody_but_one_holds_where_only_that_one_gets_through() -> None:
    org = stating(deny("cloudtrail:*", spared("break-glass")), actions=STOP, can=False, but=("break-glass",))
    assert codes(org) == []
    results = list(run(org, org.settings.expectations[0]))
    assert any("requests were tried over aws:PrincipalArn" in result.tried for result in results)


def test_nobody_but_one_fails_where_another_gets_through_too() -> None:
    org = stating(deny("cloudtrail:*", spared("break-glass", "ops-*")), actions=STOP, can=False, but=("break-glass",))
    found = expectations(org)
    assert [problem.code for problem in found] == ["expectation-not-met"] and "role/ops-" in found[0].message


def test_nobody_but_one_fails_where_that_one_is_blocked_as_well() -> None:
    org = stating(deny("cloudtrail:*"), actions=STOP, can=False, but=("break-glass",))
    assert codes(org) == ["expectation-not-met"]


def test_a_lens_can_and_cannot() -> None:
    statements = deny("cloudtrail:*", spared("break-glass"))
    assert codes(stating(statements, actions=STOP, can=True, lenses=("break-glass",))) == []
    assert codes(stating(statements, actions=STOP, can=True, lenses=("worker",))) == ["expectation-not-met"]
    assert codes(stating(statements, actions=STOP, can=False, lenses=("worker",))) == []


def test_what_turns_on_context_that_no_lens_gives_is_open() -> None:
    org = stating(deny("s3:*", {"Bool": {"aws:SecureTransport": "false"}}), actions=("s3:GetObject",), can=True)
    (problem,) = expectations(org)
    assert (problem.code, problem.severity) == ("expectation-open", "warning")
    assert "aws:SecureTransport" in problem.message
    secure = stating(
        deny("s3:*", {"Bool": {"aws:SecureTransport": "false"}}),
        actions=("s3:GetObject",),
        can=True,
        context={"aws:SecureTransport": True},
    )
    assert codes(secure) == []


def test_names_that_are_not_there_are_told_not_raised() -> None:
    org = stating(actions=("cloudtrail:StopLoging",), can=False)
    (problem,) = expectations(org)
    assert problem.code == "expectation-unclear" and "StopLogging" in problem.fix


def test_a_failure_in_many_accounts_is_told_once() -> None:
    org = organization(deny("s3:*"), at="root")
    for number in range(30):
        org.add_account(f"a{number}", "Labs", email=f"a{number}@company.com")
    org.configure(expectations=(Expectation(where="root", actions=("s3:GetObject",), can=True),))
    (problem,) = expectations(org)
    assert "and 30 more" in problem.message
    org.set("guard", content=policy(deny("sqs:*")))
    assert expectations(org) == []
