"""The panels that are widgets of their own."""

from __future__ import annotations

import orgkit
from orgkit.notebook.panels import DecisionExplorer, PlanReview
from orgkit.provision import plan
from orgkit.starter import mended
from tests.notebook.designs import small


def test_the_explorer_answers_and_completes():
    panel = DecisionExplorer(small(), "shop", "organizations:LeaveOrganization")
    assert "BLOCKED" in str(panel) and "stay" in str(panel)
    assert panel.handle({"type": "complete", "field": "action", "words": "s3:PutObj"})["completions"]
    answer = panel.handle({"type": "decide", "values": {"account": "shop", "action": "s3:GetObject"}, "number": 3})
    assert answer["answers"] == 3 and "NOT BLOCKED" in str(panel)
    assert "knows no" in panel.handle({"type": "apply"})["error"]


def test_a_plan_is_approved_by_typing_its_digest_and_not_otherwise():
    planned = plan(mended(orgkit.load("starter")), orgkit.design.Organization())
    review = PlanReview(planned)
    assert "not the plan's digest" in review.handle({"type": "approve", "values": {"digest": "yes"}})["error"]
    assert review.approved is None
    answer = review.handle({"type": "approve", "values": {"digest": f" {planned.digest} "}})
    assert "error" not in answer and review.approved == planned.digest


def test_a_plan_that_would_be_refused_cannot_be_approved():
    org = orgkit.load("starter")
    planned = plan(org, orgkit.design.Organization())
    assert planned.blocked
    review = PlanReview(planned)
    answer = review.handle({"type": "approve", "values": {"digest": planned.digest}})
    assert "would be refused" in answer["error"] and review.approved is None
    assert "nothing that could be approved" in str(review)


def test_a_plan_is_looked_at_by_kind():
    review = PlanReview(plan(mended(orgkit.load("starter")), orgkit.design.Organization()))
    review.handle({"type": "kind", "kind": "create_ou"})
    shown = [block for block in review.blocks() if block["kind"] == "items"][-1]["items"]
    assert len(shown) == 6 and all("OU" in item["text"] for item in shown)


def test_they_show_themselves_in_a_notebook_and_as_text_without_a_person(monkeypatch):
    panel = DecisionExplorer(small())
    assert len(panel._repr_mimebundle_()[0]) == 2
    monkeypatch.setenv("ORGKIT_HEADLESS", "1")
    assert list(panel._repr_mimebundle_()[0]) == ["text/plain"]
