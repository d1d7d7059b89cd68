"""The panels and the search: what is asked, looked for and looked at."""

from __future__ import annotations

import json

import pytest

import orgkit
from orgkit.design import Problem, Problems
from orgkit.notebook.blocks import plain
from orgkit.notebook.designer import Controller
from orgkit.notebook.designer.panels import PANELS, steps
from orgkit.provision import Plan
from tests.notebook import plans
from tests.notebook.designs import shown, small


def test_every_panel_shows_something_for_every_kind_of_node_and_is_plain_data():
    controller = Controller(small(), live=small())
    controller.handle({"type": "ready"})
    for node in ("root", "ou:Workloads", "account:shop", "account:main", "policy:stay"):
        controller.handle({"type": "go", "node": node})
        for panel in PANELS:
            answer = controller.handle({"type": "show", "panel": panel})
            assert "error" not in answer and shown(answer).strip(), (node, panel)
            assert json.loads(json.dumps(answer)) == answer


def test_a_refused_plan_shows_no_digest_to_approve():
    problem = Problem(code="quota", severity="error", where="accounts", message="too many")
    ready = plans.starter()
    refused = Plan(steps=ready.steps, blocked=Problems([problem]))
    assert f"digest {ready.digest}" in plain(steps.told(ready))
    assert "too many" in plain(steps.told(refused)) and "digest" not in plain(steps.told(refused))


def test_every_policy_can_be_found_attached_or_not(controller):
    controller.handle({"type": "detach", "policy": "regions", "node": "Sandbox"})
    words = " ".join(shown(controller.handle({"type": "go", "node": "root"})).split())
    assert "stay service control policy Workloads" in words
    assert "regions service control policy attached nowhere" in words


def test_inherited_guardrails_say_where_they_come_from(controller):
    controller.handle({"type": "go", "node": "account:shop"})
    words = shown(controller.handle({"type": "show", "panel": "guardrails"}))
    assert "stay SCP from Workloads" in " ".join(words.split())
    assert "s3 " in words and "blocked" in words


def test_the_decision_is_the_engines_own_and_the_next_question_is_a_press_away(controller):
    question = {"account": "play", "action": "ec2:RunInstances", "resource": "", "principal": "", "context": ""}
    answer = controller.handle({"type": "decide", "values": question})
    assert str(orgkit.decide(controller.org, "play", "ec2:RunInstances")).splitlines()[0] in shown(answer)
    again = [
        one
        for block in answer["panel"]["blocks"]
        if block["kind"] == "items"
        for i in block["items"]
        for one in i["buttons"]
    ]
    allowed = next(one for one in again if "eu-west-1" in one["tip"])
    answer = controller.handle(allowed["intent"])
    assert "NOT BLOCKED" in shown(answer)
    answer = controller.handle({"type": "decide", "values": {**question, "action": "ec2:RunInstance"}})
    assert "ec2:RunInstances" in shown(answer)


def test_completions_come_from_the_catalogue_and_the_design(controller):
    found = controller.handle({"type": "complete", "field": "action", "words": "S3:putobj"})["completions"]
    assert "s3:PutObject" in found and len(found) <= 12
    assert controller.handle({"type": "complete", "field": "account", "words": "op"})["completions"] == ["shop"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shop", ["account:shop"]),
        ("SHOP@", ["account:shop"]),
        ("tag:team=web", ["account:shop"]),
        ("tag:Team", ["account:shop"]),
        ("tag:Team=data", []),
        ("owner:pay", ["account:bank"]),
        ("policy:region", ["ou:Sandbox"]),
        ("problem:no-guardrail", []),
        ("kind:ou", ["ou:Workloads", "ou:Workloads/Production", "ou:Sandbox"]),
        ("kind:account p", ["account:shop", "account:play"]),
        ('"sho"p', ["account:shop"]),
        ("owner: kind:account", ["account:shop", "account:play", "account:main"]),
    ],
)
def test_the_search_finds(controller, text, found):
    controller.handle({"type": "ready"})
    assert controller.handle({"type": "filter", "text": text})["filter"]["found"] == found


def test_an_edit_under_a_filter_is_filtered_anew(controller):
    controller.handle({"type": "filter", "text": "owner:pay"})
    answer = controller.handle({"type": "set", "node": "shop", "values": {"owner": "pay"}})
    assert answer["filter"]["found"] == ["account:shop", "account:bank"]


def test_going_to_a_problem_opens_the_way_and_leaves_a_filter_that_hides_it(controller):
    controller.handle({"type": "expand", "nodes": ["root", "ou:Workloads"], "open": False})
    controller.handle({"type": "filter", "text": "play"})
    answer = controller.handle({"type": "go", "node": "account:shop"})
    assert answer["view"] == {
        "selected": ["account:shop"],
        "opened": ["root", "ou:Workloads", "ou:Workloads/Production"],
    }
    assert answer["filter"] == {"text": "", "found": None}
