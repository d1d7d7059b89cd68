"""The review of a plan: what matters first, the tree of steps, the approval."""

from __future__ import annotations

import json

import pytest

from orgkit.design import Problem, Problems
from orgkit.notebook import PlanReview
from orgkit.notebook.blocks import plain
from orgkit.notebook.widgets.plan_tree import TOPIC_OF, TOPICS, grouped
from orgkit.provision import Plan, plan
from orgkit.provision.planning.steps import KINDS
from tests.notebook import plans
from tests.notebook.designs import small
from tests.provision import designs
from tests.provision.live import as_live


def rows(review, key="steps"):
    return next(block["rows"] for block in review.blocks() if block.get("key") == key)


def names(review, key="steps"):
    return [
        row["cells"][0] if isinstance(row["cells"][0], str) else row["cells"][0]["text"] for row in rows(review, key)
    ]


def press(review, **intent):
    answer = review.handle({"number": 1, **intent})
    assert "error" not in answer, answer["error"]


def test_every_kind_of_step_has_its_place_in_the_tree():
    assert TOPIC_OF.keys() == KINDS.keys() and set(TOPIC_OF.values()) | {"OU moves"} == set(TOPICS)


def test_every_step_stands_once_in_the_tree():
    groups = grouped(plans.starter().steps)
    found = [step.id for group in groups for step in group.all_steps()]
    assert sorted(found) == sorted(step.id for step in plans.starter().steps)
    assert [group.count for group in groups] == [len(list(group.all_steps())) for group in groups]


def test_a_large_plan_begins_folded_by_topic():
    review = PlanReview(plans.starter())
    assert names(review)[:4] == ["Organization", "Policies", "Tree", "Access"]
    assert len(json.dumps(review.blocks())) < 20_000


def test_opening_goes_down_to_the_call_that_would_be_made():
    review = PlanReview(plans.starter())
    for row in ("Tree", "Tree/Workloads", "Tree/Workloads/Production", "Tree/Workloads/Production/app-a-prod"):
        press(review, type="turn", outline="steps", row=row, open=True)
    step = next(row for row in rows(review) if row["cells"][0]["text"].startswith("move app-a-prod"))
    assert step["sign"] == "31" and step["tone"] == "warning" and "EXPOSED between 30 and 31" in step["note"]
    press(review, type="turn", outline="steps", row=step["id"], open=True)
    call = next(row for row in rows(review) if row["cells"][0]["text"] == "organizations:MoveAccount")
    assert "waits for" in call["note"] and "{{ou.Workloads/Production.id}}" in call["note"]


def test_exposures_in_the_same_words_are_told_once_and_lead_to_their_steps():
    review = PlanReview(plans.starter())
    first = names(review, "first")
    assert first[0] == "Less guarded for a while"
    assert first[1] == "only the root's policies hold; the 6 denies of production-guardrails do not"
    press(review, type="turn", outline="first", row="exposed 0", open=True)
    step = next(row for row in rows(review, "first") if row["sign"] == "31")
    press(review, type="filter", values={"words": "budget"})
    press(review, type="go", node=step["cells"][0]["go"])
    assert any(row["id"] == step["cells"][0]["go"] for row in rows(review))
    assert "no step 'x'" in review.handle({"type": "go", "node": "x"})["error"]


def test_what_there_is_no_way_back_from_comes_before_what_is_only_made():
    live = as_live(small())
    design = live.copy()
    design.remove("play")
    design.detach("stay", "Workloads")
    planned = plan(design, live, remove=("close:play", "stay"))
    concerns = names(PlanReview(planned), "first")
    assert "Deletes, closes or removes" in concerns and "Takes guardrails away" in concerns
    assert concerns.index("Deletes, closes or removes") < concerns.index("Takes guardrails away")


def test_lock_outs_stand_apart_from_what_is_refused():
    problems = [
        Problem(code="protected-principal-locked-out", severity="error", where="arn", message="it could do no more"),
        Problem(code="quota", severity="error", where="accounts", message="too many"),
    ]
    review = PlanReview(Plan(steps=plans.starter().steps, blocked=Problems(problems)))
    assert names(review, "first")[:4] == [
        "Refused, so that nothing can be applied",
        "too many",
        "Would lock out",
        "it could do no more",
    ]


def test_an_ou_that_moves_is_one_operation():
    live = as_live(designs.starter())
    design = live.copy()
    design.move("Workloads/Production", "root")
    review = PlanReview(plan(design, live))
    groups = grouped(review.plan.steps)
    moves = next((group for group in groups if group.id == "OU moves"), None)
    assert moves is not None and len(moves.below) == 1 and moves.count > 2


def test_steps_are_found_by_kind_and_by_words():
    review = PlanReview(plans.starter())
    press(review, type="filter", values={"kind": "create OU (6)"})
    assert len(names(review, "found")) == 6 and f"6 of {len(review.plan)} steps" in plain(review.blocks())
    press(review, type="filter", values={"words": "workloads prod"})
    assert len(names(review, "found")) == 2
    press(review, type="filter", values={"kind": "every kind", "words": "app-a-prod"})
    assert len(names(review, "found")) > 5
    press(review, type="filter", values={"words": f"{len(review.plan)}"})
    assert len(names(review, "found")) == 1
    press(review, type="filter", values={"words": "nothing like it"})
    assert "No step is like that." in plain(review.blocks())
    assert "no steps of kind" in review.handle({"type": "filter", "values": {"kind": "dance (3)"}})["error"]


def test_five_thousand_steps_are_folded_and_counted():
    review = PlanReview(plans.large(2_500))
    assert rows(review)[0]["cells"][2]["text"] == "5,000"
    press(review, type="turn", outline="steps", row="Tree", open=True)
    press(review, type="filter", values={"words": "move"})
    assert len(json.dumps(review.blocks())) < 60_000
    assert len(str(review).splitlines()) < 2_100


def test_a_plan_is_approved_by_typing_its_digest_and_not_otherwise():
    planned = plans.starter()
    review = PlanReview(planned)
    assert "not the plan's digest" in review.handle({"type": "approve", "values": {"digest": "yes"}})["error"]
    assert review.approved is None
    press(review, type="approve", values={"digest": f" {planned.digest} "})
    assert review.approved == planned.digest and f"Approved: {planned.digest}" in plain(review.blocks())


def test_a_plan_that_would_be_refused_cannot_be_approved():
    planned = plans.refused()
    assert planned.blocked
    review = PlanReview(planned)
    answer = review.handle({"type": "approve", "values": {"digest": planned.digest}})
    assert "would be refused" in answer["error"] and review.approved is None
    assert "nothing that could be approved" in plain(review.blocks())


def test_an_empty_plan_says_so():
    live = as_live(designs.starter())
    assert "Nothing to do" in str(PlanReview(plan(live.copy(), live)))


def test_without_a_person_every_step_stands_in_text_and_html(monkeypatch):
    monkeypatch.setenv("ORGKIT_HEADLESS", "1")
    data, _ = PlanReview(plans.starter())._repr_mimebundle_()
    assert data.keys() == {"text/plain", "text/html"}
    for step in plans.starter().steps:
        assert step.text in data["text/plain"]
    assert "<input" not in data["text/html"] and data["text/html"].count("<details") > 20


@pytest.mark.parametrize("intent", [{}, {"type": "apply"}, {"type": "turn"}, {"type": "filter"}])
def test_odd_messages_are_answered_with_what_is_wrong(intent):
    assert PlanReview(plans.starter()).handle(intent)["error"]
