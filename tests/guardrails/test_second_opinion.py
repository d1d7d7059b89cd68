"""AWS's own answer beside ours, with a stubbed client: what is sent, what is shown, and what cannot be asked."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from orgkit.guardrails import OpinionatedDecision, decide
from tests.guardrails.building import deny, organization


@pytest.fixture
def client() -> Any:
    return boto3.client("iam", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")


def answer(allowed: bool | None, missing: list[str] | None = None) -> dict[str, Any]:
    detail = {} if allowed is None else {"OrganizationsDecisionDetail": {"AllowedByOrganizations": allowed}}
    return {
        "EvaluationResults": [
            {
                "EvalActionName": "s3:GetObject",
                "EvalDecision": "allowed" if allowed else "implicitDeny",
                "MissingContextValues": missing or [],
                **detail,
            }
        ],
        "IsTruncated": False,
    }


def ask(client: Any, response: dict[str, Any], **question: Any) -> tuple[OpinionatedDecision, dict[str, Any]]:
    """Ask with a stub, and return the decision with what was sent."""
    sent: dict[str, Any] = {}
    client.meta.events.register(
        "provide-client-params.iam.SimulateCustomPolicy", lambda params, **_: sent.update(params)
    )
    with Stubber(client) as stub:
        stub.add_response("simulate_custom_policy", response)
        found = decide(organization(deny("s3:*")), "app", "s3:GetObject", second_opinion=client, **question)
    assert isinstance(found, OpinionatedDecision)
    return found, sent


def test_the_same_levels_are_sent_and_both_answers_shown(client: Any) -> None:
    found, sent = ask(client, answer(False))
    levels = sent["OrderedOrganizationPolicyInputList"]
    assert len(levels) == 3
    assert json.loads(levels[1]["ServiceControlPolicyInputList"][1])["Statement"][0]["Action"] == "s3:*"
    assert found.outcome == "explicitDeny" and found.agrees is True
    assert "AWS's policy simulator: blocked" in str(found)
    assert found.to_json()["second_opinion"]["blocked"] is True


def test_answers_that_differ_are_said_to(client: Any) -> None:
    found, _ = ask(client, answer(True, ["aws:PrincipalArn"]))
    assert found.agrees is False
    assert "The two answers differ" in str(found) and "aws:PrincipalArn" in str(found)
    assert "differ" in found._repr_html_()


def test_context_is_sent_with_the_types_of_its_keys(client: Any) -> None:
    _, sent = ask(client, answer(False), context={"aws:SecureTransport": True, "aws:TagKeys": ["a", "b"]})
    entries = {one["ContextKeyName"]: one for one in sent["ContextEntries"]}
    assert entries["aws:securetransport"]["ContextKeyType"] == "boolean"
    assert entries["aws:securetransport"]["ContextKeyValues"] == ["true"]
    assert entries["aws:tagkeys"]["ContextKeyType"] == "stringList"


def test_an_assumed_role_that_cannot_ask_is_told_so(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(
            "simulate_custom_policy",
            "AccessDenied",
            "User: arn:aws:sts::111111111111:assumed-role/admin/me is not authorized to perform: "
            "iam:SimulateCustomPolicy",
        )
        found = decide(organization(deny("s3:*")), "app", "s3:GetObject", second_opinion=client)
    assert isinstance(found, OpinionatedDecision) and found.second_opinion is not None
    assert found.second_opinion.blocked is None and found.agrees is None
    assert "IAM user" in str(found)


def test_other_refusals_are_shown_as_they_are(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("simulate_custom_policy", "PolicyEvaluation", "too many policies")
        found = decide(organization(), "app", "s3:GetObject", second_opinion=client)
    assert "too many policies" in str(found)


def test_an_answer_that_says_nothing_of_the_organization_is_no_opinion(client: Any) -> None:
    found, _ = ask(client, answer(None))
    assert found.second_opinion is not None and found.second_opinion.blocked is None
    assert "says nothing" in str(found)
