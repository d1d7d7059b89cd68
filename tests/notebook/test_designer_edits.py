"""The designer without a browser: what edits do and what is refused."""

from __future__ import annotations

import json

import pytest

from orgkit.notebook.designer import Controller
from tests.notebook.designs import DENY_LEAVING, MOVE, shown, small, strip


def test_a_move_is_done_and_its_consequences_are_told(controller):
    controller.handle({"type": "ready"})
    answer = controller.handle(MOVE)
    assert "error" not in answer
    assert controller.org.path("account:shop") == "Sandbox/shop"
    told = strip(answer)
    assert "no longer blocked: organizations:LeaveOrganization, s3:DeleteBucket in Sandbox/shop" in told
    assert "now blocked under conditions: ec2:* in Sandbox/shop" in told
    assert "moved from Workloads/Production to Sandbox" in told
    assert "Workloads/Production: -600 USD, now 300" in told
    assert "Sandbox: +600 USD, now 650.50" in told
    assert {move.path for move in controller.log[-1].cost} == {"Workloads", "Workloads/Production", "Sandbox"}


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ({"type": "move", "node": "shop", "to": "bank"}, "holds nothing"),
        ({"type": "move", "node": "Workloads", "to": "Workloads/Production"}, "under itself"),
        ({"type": "move", "node": "shop", "to": "Workloads/Production"}, "already in"),
        ({"type": "move", "node": "shop", "to": "Sandbax"}, 'did you mean "Sandbox"'),
        ({"type": "move", "node": "shop"}, "has no to"),
        ({"type": "move", "nodes": [3], "to": "Sandbox"}, "names no nodes"),
        ({"type": "move", "nodes": [], "to": "Sandbox"}, "nothing would change"),
        ({"type": "rename", "node": "root", "name": "x"}, "cannot be renamed"),
        ({"type": "rename", "node": "shop", "name": " "}, "needs a name"),
        ({"type": "remove", "node": "main"}, "management account"),
        ({"type": "remove", "node": "root"}, "cannot be removed"),
        ({"type": "attach", "policy": "stay", "node": "Workloads"}, "already"),
        ({"type": "attach", "policy": "nope", "node": "Workloads"}, "nope"),
        ({"type": "detach", "policy": "stay", "node": "Sandbox"}, "not attached"),
        ({"type": "set", "node": "shop", "values": {"monthly_cost": "much"}}, "not an amount of money"),
        ({"type": "set", "node": "shop", "values": {"tags": "Team"}}, "is no tag"),
        ({"type": "set", "node": "shop", "values": {"email": "bank@x.com"}}, "which Workloads/Production/bank has"),
        ({"type": "set", "node": "shop", "values": {"aws_id": 3}}, "has no values"),
        ({"type": "set", "node": "policy:stay", "values": {"content": "{"}}, "is not JSON"),
        ({"type": "add", "what": "account", "parent": "Sandbox", "values": {"handle": "new"}}, "needs an email"),
        ({"type": "add", "what": "ou", "parent": "Workloads", "values": {"handle": "Production"}}, "already"),
        ({"type": "add", "what": "team", "parent": "root", "values": {}}, "cannot be added"),
        ({"type": "add", "what": "ou", "parent": "shop", "values": {"handle": "x"}}, "holds nothing"),
        ({"type": "mend", "code": "no-such", "node": "shop"}, "nothing mends"),
        ({"type": "undo"}, "nothing to undo"),
        ({"type": "redo"}, "nothing to redo"),
        ({"type": "undo_to", "count": 7}, "0 edits"),
        ({"type": "reset"}, "nothing to undo"),
        ({"type": "show", "panel": "costs"}, 'did you mean "cost"'),
        ({"type": "filter", "text": "colour:red"}, "nothing can be looked for"),
        ({"type": "filter", "text": "kind:team"}, "no kind"),
        ({"type": "plan"}, "no live organization"),
        ({"type": "complete", "field": "colour", "words": ""}, "nothing completes"),
        ({"type": "go", "node": "nobody"}, "nobody"),
        ({"type": "mvoe"}, 'did you mean "move"'),
        ({"type": 3}, "has no type"),
        ({}, "has no type"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(controller, intent, words):
    before, rows = small(), controller.state()["rows"]
    answer = controller.handle(intent)
    assert words in answer["error"]
    assert "Traceback" not in answer["error"]
    assert controller.org == before == controller.draft
    assert controller.state()["rows"] == rows
    assert controller.log == []


def test_several_things_move_in_one_edit_and_come_back_in_one(controller):
    controller.handle({"type": "move", "nodes": ["shop", "bank", "Workloads/Production"], "to": "Sandbox"})
    assert [edit.label for edit in controller.org.history] == ["move Workloads/Production to Sandbox"]
    controller.handle({"type": "undo"})
    controller.handle({"type": "move", "nodes": ["shop", "bank"], "to": "Sandbox"})
    assert [edit.label for edit in controller.org.history] == ["move 2 things to Sandbox"]
    controller.handle({"type": "undo"})
    assert controller.org == small()


def test_where_one_of_several_is_refused_none_is_moved(controller):
    answer = controller.handle({"type": "move", "nodes": ["play", "Workloads"], "to": "Workloads/Production"})
    assert "under itself" in answer["error"]
    assert controller.org == small() == controller.draft


def test_a_form_sets_typed_fields_and_an_untouched_form_is_no_edit(controller):
    values = {"name": "shop", "email": "shop@x.com", "tags": "Team=web", "monthly_cost": "600 USD", "owner": ""}
    answer = controller.handle({"type": "set", "node": "account:shop", "values": values})
    assert answer["error"] == "nothing would change"
    changed = {"tags": 'Team=web "Stage=pre prod"', "monthly_cost": "700.10 USD", "owner": "pay", "name": "Shop"}
    controller.handle({"type": "set", "node": "account:shop", "values": changed})
    shop = controller.org.account("shop")
    assert (shop.name, shop.owner, str(shop.monthly_cost)) == ("Shop", "pay", "700.10 USD")
    assert shop.tags == {"Team": "web", "Stage": "pre prod"}
    assert len(controller.org.history) == 1
    controller.handle({"type": "set", "node": "account:shop", "values": {"owner": "", "tags": "", "monthly_cost": ""}})
    shop = controller.org.account("shop")
    assert (shop.owner, shop.monthly_cost, dict(shop.tags)) == (None, None, {})


def test_several_get_an_owner_and_tags_in_one_edit_and_keep_the_tags_they_have(controller):
    those = ["account:shop", "account:bank", "ou:Sandbox"]
    values = {"owner": "platform", "tags": "Stage=prod"}
    answer = controller.handle({"type": "set", "nodes": those, "values": values})
    assert "error" not in answer
    assert [controller.org.target(node).owner for node in those] == ["platform"] * 3
    assert controller.org.account("shop").tags == {"Team": "web", "Stage": "prod"}
    assert [edit.label for edit in controller.org.history] == ["change 3 things"]
    controller.handle({"type": "undo"})
    assert controller.org == small()


def test_what_is_added_is_selected_and_its_form_goes_away(controller):
    controller.handle({"type": "compose", "what": "account", "parent": "account:shop"})
    assert controller.composing == ("account", "ou:Workloads/Production")
    values = {"handle": "new", "email": "new@x.com", "owner": "", "monthly_cost": "10 USD", "tags": ""}
    add = {"type": "add", "what": "account", "parent": "ou:Workloads/Production", "values": values}
    answer = controller.handle(add)
    assert answer["view"]["selected"] == ["account:new"]
    assert controller.composing is None
    assert "account:new" in answer["patch"]["children"]["ou:Workloads/Production"]
    assert controller.org.account("new").owner is None
    assert not controller.org.account("new").declared & {"owner", "tags"}


def test_a_new_policy_is_not_in_the_tree_and_is_looked_at(controller):
    content = json.dumps(DENY_LEAVING)
    values = {"handle": "third", "type": "SERVICE_CONTROL_POLICY", "content": content}
    answer = controller.handle({"type": "add", "what": "policy", "parent": "root", "values": values})
    assert "error" not in answer
    assert answer["view"]["selected"] == ["policy:third"]
    assert "third" in shown(answer) and "Attached to" in shown(answer)


def test_removing_what_is_selected_selects_what_held_it(controller):
    controller.handle({"type": "select", "nodes": ["account:shop"]})
    answer = controller.handle({"type": "remove", "nodes": ["account:shop"]})
    assert answer["patch"]["gone"] == ["account:shop"]
    assert answer["view"]["selected"] == ["ou:Workloads/Production"]


def test_removing_an_ou_names_everything_that_went_with_it(controller):
    answer = controller.handle({"type": "remove", "node": "ou:Workloads"})
    gone = {"ou:Workloads", "ou:Workloads/Production", "account:shop", "account:bank"}
    assert set(answer["patch"]["gone"]) == gone
    answer = controller.handle({"type": "undo"})
    assert {row[0] for row in answer["patch"]["rows"]} >= gone
    assert controller.org == small()


def test_undo_to_goes_back_to_an_edit_and_reset_to_the_beginning(controller):
    for to in ("Sandbox", "root", "Workloads"):
        controller.handle({"type": "move", "node": "shop", "to": to})
    controller.handle({"type": "undo_to", "count": 1})
    assert controller.org.path("account:shop") == "Sandbox/shop"
    assert [edit.label for edit in controller.org.undone] == ["move Sandbox/shop to root", "move shop to Workloads"]
    controller.handle({"type": "redo"})
    assert controller.org.path("account:shop") == "shop"
    controller.handle({"type": "reset"})
    assert controller.org == small()


def test_reset_leaves_edits_alone_that_were_made_before_it_was_opened():
    org = small()
    org.rename("shop", "Store")
    controller = Controller(org)
    controller.handle(MOVE)
    controller.handle({"type": "reset"})
    assert org.account("shop").name == "Store"
    assert "error" in controller.handle({"type": "reset"})
