"""Whatever is done in the designer is the same as done directly, and every browser shows it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import orgkit
from orgkit.notebook.designer import Controller
from orgkit.notebook.designer.rows import planned_costs
from tests.notebook.designs import small

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
