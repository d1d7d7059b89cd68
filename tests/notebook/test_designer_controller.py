"""The designer without a browser: what intents do, what they are answered, what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import orgkit
from orgkit.notebook import blocks
from orgkit.notebook.designer import Controller
from orgkit.notebook.designer.panels import PANELS
from orgkit.notebook.designer.rows import planned_costs
from tests.notebook.designs import DENY_LEAVING, ODD, many, small

MOVE = {"type": "move", "node": "shop", "to": "Sandbox"}


@pytest.fixture
def controller() -> Controller:
    return Controller(small())


def shown(answer) -> str:
    """The words of the open panel."""
    return blocks.plain(answer["panel"]["blocks"])


def strip(answer) -> str:
    return blocks.plain(answer["strip"])


# ---- edits ---------------------------------------------------------------------------------------------------


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


# ---- consequences --------------------------------------------------------------------------------------------


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


# ---- following the design ------------------------------------------------------------------------------------


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


# ---- what is asked and looked at -----------------------------------------------------------------------------


def test_every_panel_shows_something_for_every_kind_of_node_and_is_plain_data():
    controller = Controller(small(), live=small())
    controller.handle({"type": "ready"})
    for node in ("root", "ou:Workloads", "account:shop", "account:main", "policy:stay"):
        controller.handle({"type": "go", "node": node})
        for panel in PANELS:
            answer = controller.handle({"type": "show", "panel": panel})
            assert "error" not in answer and shown(answer).strip(), (node, panel)
            assert json.loads(json.dumps(answer)) == answer


def test_inherited_guardrails_say_where_they_come_from(controller):
    controller.handle({"type": "go", "node": "account:shop"})
    words = shown(controller.handle({"type": "show", "panel": "guardrails"}))
    assert "stay SCP from Workloads" in words.replace("\n", " ")
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
    allowed = next(one for one in again if "eu-west-1" in one["label"])
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


# ---- saving --------------------------------------------------------------------------------------------------


def test_saving_shows_first_and_writes_what_was_shown(tmp_path):
    file = tmp_path / "org.yaml"
    orgkit.save(small(), file)
    text = file.read_text().replace("root:", "# mine\nroot:", 1)
    file.write_text(text)
    controller = Controller(orgkit.load(file))
    controller.handle(MOVE)
    answer = controller.handle({"type": "save"})
    assert file.read_text() == text and "press again" in answer["said"]
    diff = next(block for block in answer["panel"]["blocks"] if block["kind"] == "diff")["text"]
    assert "shop@x.com" in diff
    controller.handle({"type": "move", "node": "bank", "to": "Sandbox"})
    controller.handle({"type": "save"})
    assert file.read_text() == text  # what would be written is not what was shown
    answer = controller.handle({"type": "save"})
    assert "Saved" in answer["said"]
    assert orgkit.load(file) == controller.org
    assert "# mine" in file.read_text()


def test_the_starter_is_never_offered_to_be_written_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    controller = Controller(orgkit.load("starter"))
    assert str(controller.saving.path) == "org.yaml"


def test_a_file_that_cannot_be_written_is_an_answer_in_words(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    controller = Controller(small(), path=tmp_path / "file" / "org.yaml")
    answers = [controller.handle({"type": "save"}) for _ in range(2)]
    assert "nothing was saved" in answers[-1]["error"]
    assert not any("Saved" in answer.get("said", "") for answer in answers)


# ---- names of strangers, and size ----------------------------------------------------------------------------


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


def test_in_a_large_design_problems_follow_the_answer_and_are_told_with_the_edit():
    controller = Controller(many(1_200))
    controller.handle({"type": "ready"})
    answer = controller.handle({"type": "set", "node": "area-0/unit-0", "values": {"budget": "1 USD"}})
    assert answer["due"] and "new problem" not in strip(answer)
    assert next(tab for tab in answer["tabs"] if tab["name"] == "problems")["badge"] == "…"
    answer = controller.handle({"type": "ready"})
    assert "new problem: planned" in strip(answer)
    assert any(row[0] == "ou:area-0/unit-0" and row[3]["w"] == 1 for row in answer["patch"]["rows"])


# ---- random intents are the same as direct edits ---------------------------------------------------------------

NODES = ["root", "Workloads", "Workloads/Production", "Sandbox", "main", "shop", "bank", "play"]
INTENTS = st.one_of(
    st.builds(lambda n, to: {"type": "move", "node": n, "to": to}, st.sampled_from(NODES), st.sampled_from(NODES)),
    st.builds(lambda n, name: {"type": "rename", "node": n, "name": name}, st.sampled_from(NODES), st.text(max_size=5)),
    st.builds(lambda n: {"type": "remove", "node": n}, st.sampled_from(NODES)),
    st.builds(
        lambda kind, policy, n: {"type": kind, "policy": policy, "node": n},
        st.sampled_from(["attach", "detach"]),
        st.sampled_from(["stay", "regions", "FullAWSAccess"]),
        st.sampled_from(NODES),
    ),
    st.builds(
        lambda n, owner: {"type": "set", "node": n, "values": {"owner": owner}},
        st.sampled_from(NODES),
        st.sampled_from(["", "pay", "web"]),
    ),
    st.builds(lambda kind: {"type": kind}, st.sampled_from(["undo", "redo"])),
)


def directly(org, intent) -> bool:
    """The same edit by the organization's own verbs; whether it was possible."""
    node = intent.get("node", "")
    try:
        match intent["type"]:
            case "move":
                org.move(node, intent["to"])
            case "rename":
                if org.entity(node).name == intent["name"].strip():
                    return False
                org.rename(node, intent["name"].strip())
            case "remove":
                org.remove(node)
            case "attach":
                org.attach(intent["policy"], node)
            case "detach":
                org.detach(intent["policy"], node)
            case "set":
                owner = intent["values"]["owner"] or None
                if org.target(node).owner == owner:
                    return False
                org.set(node, owner=owner)
            case "undo":
                org.undo()
            case _:
                org.redo()
    except orgkit.errors.OrgkitError:
        return False
    return True


def apply_patch(rows, answer):
    """What a browser keeps: id → name, kind, badges and children, brought up to date."""
    patch = answer.get("patch")
    if patch is None:
        return
    for node, *rest in patch["rows"]:
        rows[node] = [rest, rows[node][1] if node in rows else []]
    for parent, children in patch["children"].items():
        rows[parent][1] = children
    for node in patch["gone"]:
        rows.pop(node, None)


def as_kept(state):
    ids = [row[0] for row in state["rows"]]
    kept = {row[0]: [row[1:4], []] for row in state["rows"]}
    for row in state["rows"]:
        if row[4] >= 0:
            kept[ids[row[4]]][1].append(row[0])
    return kept


@given(st.lists(INTENTS, max_size=12))
def test_random_intents_are_direct_edits_and_a_browser_that_is_patched_shows_the_whole(intents):
    controller, twin = Controller(small()), small()
    kept = as_kept(controller.state())
    apply_patch(kept, controller.handle({"type": "ready"}))
    for intent in intents:
        answer = controller.handle(intent)
        assert ("error" not in answer) == directly(twin, intent), (intent, answer.get("error"))
        apply_patch(kept, answer)
        assert controller.org == twin == controller.draft
        assert kept == as_kept(controller.state())
        assert controller.costs == planned_costs(twin)
    while controller.org.history:
        apply_patch(kept, controller.handle({"type": "undo"}))
    assert controller.org == small() == controller.draft
    assert kept == as_kept(controller.state())


@given(st.lists(INTENTS, max_size=6))
def test_planned_costs_are_those_of_a_rollup(intents):
    controller = Controller(small())
    for intent in intents:
        controller.handle(intent)
    rows = orgkit.rollup(controller.org).rows
    for row in rows:
        assert controller.costs.get(row.node or "", {}).get(row.currency, 0) == row.rolled_up
