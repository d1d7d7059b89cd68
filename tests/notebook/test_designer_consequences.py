"""What edits mean is told: before they are made, with them, and once it is known."""

from __future__ import annotations

import json

from orgkit.design import Problem, Problems
from orgkit.notebook.designer import Controller
from orgkit.notebook.designer.consequences import problems_changed
from tests.notebook.designs import MOVE, shown, small, strip


def test_a_preview_tells_the_same_and_changes_nothing(controller):
    controller.handle({"type": "ready"})
    before, rows = small(), controller.state()["rows"]
    answer = controller.handle({"type": "preview", "intent": MOVE})
    assert not answer["preview"]["refused"]
    assert "no longer blocked: organizations:LeaveOrganization" in answer["preview"]["text"]
    assert "Sandbox: +600 USD" in answer["preview"]["text"]
    assert "panel" not in answer
    assert controller.org == before == controller.draft
    assert controller.org.history == () and controller.state()["rows"] == rows


def test_a_whole_preview_tells_what_aws_would_refuse_and_what_would_be_done():
    controller = Controller(small(), live=small())
    assert not controller.handle({"type": "preview", "intent": MOVE})["preview"]["more"]
    controller.handle({"type": "ready"})
    intent = {"type": "set", "node": "shop", "values": {"monthly_cost": "900 USD"}}
    assert controller.handle({"type": "preview", "intent": intent})["preview"]["more"]
    told = controller.handle({"type": "preview", "intent": intent, "whole": True})["preview"]
    assert "new problem: planned 1200 USD a month" in told["text"]
    intent = {"type": "add", "what": "ou", "parent": "root", "values": {"handle": "Labs"}}
    told = controller.handle({"type": "preview", "intent": intent, "whole": True})["preview"]
    assert "to do: create OU Labs" in told["text"]
    assert not told["more"] and controller.org == small() == controller.draft


def test_moving_an_ou_says_how_aws_goes_about_it(controller):
    intent = {"type": "move", "node": "Workloads/Production", "to": "Sandbox"}
    way = "AWS cannot move an OU: Sandbox/Production is made anew, its 2 accounts moved, and its id is another"
    assert way in controller.handle({"type": "preview", "intent": intent})["preview"]["text"]
    assert way in strip(controller.handle(intent))
    assert "AWS cannot" not in strip(controller.handle(MOVE))


def test_a_preview_says_why_not(controller):
    answer = controller.handle({"type": "preview", "intent": {"type": "move", "node": "shop", "to": "bank"}})
    assert answer["preview"]["refused"] and "holds nothing" in answer["preview"]["text"]
    assert "error" not in answer


def test_problems_that_an_edit_makes_and_solves_are_told(controller):
    controller.handle({"type": "ready"})
    answer = controller.handle({"type": "set", "node": "shop", "values": {"monthly_cost": "900 USD"}})
    assert "new problem: planned 1200 USD a month, 200 USD over the budget of 1000 USD" in strip(answer)
    answer = controller.handle({"type": "mend", "code": "budget-exceeded", "node": "ou:Workloads/Production"})
    assert "solved: planned 1200 USD a month" in strip(answer)
    assert str(controller.org.ou("Production").budget) == "1200 USD"


def test_taking_the_last_allow_away_says_what_is_blocked_and_can_be_mended(controller):
    controller.handle({"type": "ready"})
    answer = controller.handle({"type": "detach", "policy": "FullAWSAccess", "node": "ou:Sandbox"})
    assert "now blocked: " in strip(answer) and "Sandbox/play" in strip(answer)
    codes = {problem.code for problem in controller.problems if problem.node == "ou:Sandbox"}
    answer = controller.handle({"type": "attach", "policy": "FullAWSAccess", "node": "ou:Sandbox"})
    assert "blocks-everything" in codes
    assert "solved" in strip(answer)


def test_a_rename_changes_no_permissions_and_says_so(controller):
    controller.handle({"type": "ready"})
    answer = controller.handle({"type": "rename", "node": "shop", "name": "Store"})
    assert "Nothing else changes" in strip(answer)


def test_a_policy_that_aws_would_refuse_is_told_and_stops_nothing(controller):
    broken = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Denied", "Action": "*", "Resource": "*"}]})
    answer = controller.handle({"type": "set", "node": "policy:stay", "values": {"content": broken}})
    assert "error" not in answer
    assert "the guardrails cannot be compared" in strip(answer)
    answer = controller.handle({"type": "show", "panel": "guardrails"})
    assert "Effect" in shown(answer)
    assert "error" not in controller.handle({"type": "undo"})
    assert controller.org == small()


def test_with_a_live_organization_every_edit_is_planned():
    live = small()
    controller = Controller(small(), live=live)
    controller.handle({"type": "ready"})
    answer = controller.handle({"type": "add", "what": "ou", "parent": "root", "values": {"handle": "Labs"}})
    assert any("Labs" in step for step in controller.log[-1].steps)
    assert "to do: " in strip(answer)
    assert controller.marks["ou:Labs"] == "create"
    labs = next(row for row in answer["patch"]["rows"] if row[0] == "ou:Labs")
    assert labs[3]["m"] == "create"
    answer = controller.handle({"type": "show", "panel": "plan"})
    assert "Labs" in shown(answer)
    answer = controller.handle({"type": "undo"})
    assert "no more to do" in strip(answer) and "ou:Labs" not in controller.marks


def test_an_edit_that_changes_who_carries_shared_cost_is_told(controller):
    controller.org.share_cost("sandbox", source="Sandbox", method="EVEN", to=["Production"])
    controller.handle({"type": "ready"})
    answer = controller.handle({"type": "set", "node": "play", "values": {"monthly_cost": "100.50 USD"}})
    told = strip(answer)
    assert "Sandbox: +50 USD" in told
    assert "Workloads/Production, with shared cost: +50 USD" in told
    assert "Sandbox, with shared cost: 0" not in told
    controller.handle({"type": "select", "node": "ou:Sandbox"})
    panel = shown(controller.handle({"type": "show", "panel": "cost"}))
    assert "carried by others" in panel and "with shared cost" in panel


def test_a_problem_that_is_told_otherwise_is_neither_new_nor_solved():
    def problem(message, node="root", code="loose"):
        return Problem(code=code, severity="warning", where="org.yaml:1", message=message, node=node)

    before = Problems([problem("8 accounts can leave"), problem("gone"), problem("same"), problem("one", "ou:A")])
    after = Problems([problem("9 accounts can leave"), problem("same"), problem("two", "ou:B")])
    changed = problems_changed(before, after)
    assert [one.message for one in changed.other] == ["9 accounts can leave"]
    assert [one.message for one in changed.new] == ["two"]
    assert [one.message for one in changed.solved] == ["gone", "one"]
