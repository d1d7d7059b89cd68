"""A design beside another one: row by row, what either allows that the other does not, and what it costs."""

from __future__ import annotations

import pytest
from hypothesis import given

import orgkit
from orgkit.notebook import blocks
from orgkit.notebook.designer import Controller
from orgkit.notebook.designer.comparing import sides
from orgkit.starter import mended
from tests.notebook.designs import MOVE, many, shown, small
from tests.notebook.test_designer_random import INTENTS


def compare(controller, name):
    return controller.handle({"type": "compare", "with": name})


def rows(answer):
    """The rows of the first table, indented as they are shown."""
    table = next(block for block in answer["panel"]["blocks"] if block["kind"] == "table")
    return [(*("  " * cell["depth"] + cell["text"] for cell in row[:2]), row[2]["text"]) for row in table["rows"]]


def test_two_designs_stand_side_by_side_with_what_leads_to_a_difference():
    other = small()
    other.move("shop", "Sandbox")
    other.remove("bank")
    other.add_ou("Labs", "Workloads")
    controller = Controller(small(), beside=other)
    answer = compare(controller, "the other design")
    assert rows(answer) == [
        ("Root", "Root", ""),
        ("  Workloads", "  Workloads", ""),
        ("    Production", "    Production", ""),
        ("      shop", "      shop", "from Sandbox"),
        ("      —", "      bank", "added"),
        ("    Labs", "    —", "removed"),
    ]
    words = shown(answer)
    assert "1 moved, 1 added, 1 removed" in words
    assert "organizations:LeaveOrganization, s3:DeleteBucket in Workloads/Production/shop" in words


def test_what_either_allows_that_the_other_does_not_is_told_from_both_sides():
    other = small()
    other.move("shop", "Sandbox")
    here = blocks.plain(Controller(small(), beside=other).state()["panel"]["blocks"])
    there = blocks.plain(Controller(other, beside=small()).state()["panel"]["blocks"])
    assert here.index("Allowed in the other design, not here") < here.index("organizations:LeaveOrganization")
    assert there.index("Allowed here, not in the other design") < there.index("organizations:LeaveOrganization")
    assert "Workloads/Production 300 USD 900 USD +600" in " ".join(here.split())


def test_a_policy_that_reads_otherwise_and_one_that_only_one_side_has():
    other = small()
    other.set("stay", content=other.policy("regions").content)
    other.add_policy("third", other.policy("regions").content)
    words = " ".join(shown(compare(Controller(small(), beside=other), "the other design")).split())
    assert "stay stay reads otherwise" in words
    assert "third — removed" in words
    assert "the same tree" in words


def test_the_design_as_it_was_opened_leaves_out_what_came_before():
    org = small()
    org.rename("bank", "Bank")
    controller = Controller(org)
    controller.handle(MOVE)
    words = shown(compare(controller, "as opened"))
    assert "1 moved" in words and "Bank" not in words
    controller.handle({"type": "undo"})
    assert "Nothing differs" in shown(compare(controller, "as opened"))
    assert org == small() or org.account("bank").name == "Bank"


def test_against_the_live_organization_nothing_differs_once_it_was_applied_and_cost_is_counted_where_accounts_stand():
    org = mended(orgkit.load("starter"))
    target = orgkit.connect("sandbox")
    plan = orgkit.plan(org, orgkit.read(target))
    orgkit.apply(plan, target, approve=plan.digest)
    controller = Controller(org, live=orgkit.read(target))
    answer = compare(controller, "live")
    assert "Nothing differs" in shown(answer)
    controller.handle({"type": "move", "node": "app-b-prod", "to": "Sandbox"})
    words = " ".join(shown(compare(controller, "live")).split())
    assert "1 moved" in words
    assert "organizations:LeaveOrganization in Sandbox/app-b-prod" in words
    assert "its accounts counted at what they cost here" in words
    assert "Sandbox 325.25 USD 3,425.25 USD +3,100" in words


def test_the_comparison_follows_every_edit_of_either_design():
    other = small()
    controller = Controller(small(), beside=other)
    assert controller.panel == "compare"
    controller.handle(MOVE)
    assert "1 moved" in shown(controller.handle({"type": "ready"}))
    other.move("shop", "Sandbox")
    assert "Nothing differs" in shown(controller.follow())
    assert controller.follow() is None


def test_a_large_design_is_compared_when_that_is_asked_for():
    other = many(1_200)
    controller = Controller(other.copy(), beside=other)
    controller.handle({"type": "move", "node": "acct-7", "to": "area-0/unit-0"})
    answer = controller.handle({"type": "show", "panel": "compare"})
    assert "Compare now" in shown(answer) and "1 moved" not in shown(answer)
    assert "1 moved" in shown(compare(controller, "the other design"))
    controller.handle({"type": "undo"})
    assert "Compare now" in shown(controller.handle({"type": "show", "panel": "compare"}))


@pytest.mark.parametrize("name", ["live", "as opend"])
def test_what_there_is_not_cannot_be_compared_with(controller, name):
    assert "to compare with" in compare(controller, name)["error"]


@given(INTENTS)
def test_two_designs_differ_exactly_where_an_edit_changed_something(intent):
    controller = Controller(small())
    controller.handle(intent)
    assert bool(sides(small(), controller.org)) == (controller.org != small())
