"""The designer follows the design, and its state is whole for whoever looks; odd names and size."""

from __future__ import annotations

import json

from orgkit.notebook.designer import Controller
from tests.notebook.designs import MOVE, ODD, many, strip
from tests.provision.live import as_live


def test_edits_made_in_python_are_followed_with_their_consequences(controller):
    assert controller.follow() is None
    controller.org.move("shop", "Sandbox")
    controller.org.remove("bank")
    answer = controller.follow()
    assert answer["patch"]["gone"] == ["account:bank"]
    assert "edited in Python" in strip(answer) and "Sandbox: +600 USD" in strip(answer)
    assert controller.follow() is None
    assert controller.draft == controller.org
    controller.handle({"type": "undo"})
    assert controller.org.path("account:bank") == "Workloads/Production/bank"


def test_the_state_of_a_second_browser_is_that_of_the_first(controller):
    controller.handle(MOVE)
    controller.handle({"type": "select", "nodes": ["account:shop", "account:play"]})
    controller.handle({"type": "expand", "nodes": ["ou:Workloads"], "open": False})
    controller.handle({"type": "filter", "text": "owner:pay"})
    controller.handle({"type": "show", "panel": "history"})
    state = controller.state()
    assert state["selected"] == ["account:shop", "account:play"]
    assert "ou:Workloads" not in state["opened"]
    assert state["filter"] == {"text": "owner:pay", "found": ["account:bank"]}
    assert state["panel"]["name"] == "history"
    assert json.loads(json.dumps(state)) == state


def test_odd_names_go_through_whole(controller):
    answer = controller.handle({"type": "rename", "node": "shop", "name": ODD})
    row = next(row for row in answer["patch"]["rows"] if row[0] == "account:shop")
    assert row[1] == ODD


def test_a_large_design_answers_quickly():
    """Only what changed is sent; how long it takes is measured by benchmarks/designer.py."""
    controller = Controller(many(2_000))
    controller.handle({"type": "ready"})
    answer = controller.handle({"type": "move", "node": "acct-7", "to": "area-0/unit-0"})
    assert len(answer["patch"]["rows"]) < 20
    assert len(json.dumps(answer)) < 60_000


def test_in_a_large_design_problems_are_told_with_the_edit_once_they_were_looked_for():
    controller = Controller(many(1_200))
    edit = {"type": "set", "node": "area-0/unit-0", "values": {"budget": "1 USD"}}
    answer = controller.handle(edit)
    assert answer["due"] and "new problem" not in strip(answer)
    assert badge(answer, "problems") == "…"
    answer = controller.handle({"type": "ready"})
    assert "due" not in answer and badge(answer, "problems") != "…"
    assert any(row[0] == "ou:area-0/unit-0" and row[3]["w"] == 1 for row in answer["patch"]["rows"])
    answer = controller.handle(edit | {"node": "area-1/unit-1"})
    assert "due" not in answer
    assert "new problem: planned" in strip(answer)
    assert any(row[0] == "ou:area-1/unit-1" and row[3]["w"] == 1 for row in answer["patch"]["rows"])


def test_a_large_design_is_planned_when_nobody_asks_for_anything_else():
    org = many(1_200)
    controller = Controller(org, live=as_live(org))
    controller.handle({"type": "ready"})
    assert controller.handle({"type": "ready"})["panel"] and controller.plan is not None and len(controller.plan) == 0
    answer = controller.handle({"type": "move", "node": "acct-7", "to": "area-0/unit-0"})
    assert answer["due"] and badge(answer, "plan") == "…"
    assert controller.plan_due and len(controller.plan) == 0  # the plan of before, until there is a new one
    answer = controller.handle({"type": "ready"})
    assert "due" not in answer and badge(answer, "plan") == "1"
    assert "to do: move acct-7" in strip(answer)
    assert any(row[0] == "account:acct-7" and row[3]["m"] == "move" for row in answer["patch"]["rows"])


def test_a_preview_in_a_large_design_tells_problems_and_changes_nothing():
    controller = Controller(many(1_200))
    controller.handle({"type": "ready"})
    intent = {"type": "set", "node": "area-0/unit-0", "values": {"budget": "1 USD"}}
    assert controller.handle({"type": "preview", "intent": intent})["preview"]["more"]
    for _ in range(2):
        preview = controller.handle({"type": "preview", "intent": intent, "whole": True})["preview"]
        assert "new problem: planned" in preview["text"]
    assert "new problem: planned" in strip(controller.handle(intent))


def badge(answer, name):
    return next(tab["badge"] for tab in answer["tabs"] if tab["name"] == name)
