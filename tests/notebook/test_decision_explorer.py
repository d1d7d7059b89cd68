"""The decision explorer."""

from __future__ import annotations

from orgkit.notebook import DecisionExplorer
from tests.notebook.designs import small


def test_the_explorer_answers_and_completes():
    panel = DecisionExplorer(small(), "shop", "organizations:LeaveOrganization")
    assert "BLOCKED" in str(panel) and "stay" in str(panel)
    assert panel.handle({"type": "complete", "field": "action", "words": "s3:PutObj"})["completions"]
    answer = panel.handle({"type": "decide", "values": {"account": "shop", "action": "s3:GetObject"}, "number": 3})
    assert answer["answers"] == 3 and "NOT BLOCKED" in str(panel)
    assert "knows no" in panel.handle({"type": "apply"})["error"]


def test_it_shows_itself_in_a_notebook_and_as_text_without_a_person(monkeypatch):
    view = "application/vnd.jupyter.widget-view+json"
    assert view in DecisionExplorer(small())._repr_mimebundle_()[0]
    assert view not in DecisionExplorer(small(), interactive=False)._repr_mimebundle_()[0]
    monkeypatch.setenv("ORGKIT_HEADLESS", "1")
    assert DecisionExplorer(small())._repr_mimebundle_()[0].keys() == {"text/plain", "text/html"}
