"""The decision explorer: the fields, the reasons level by level, and the next question a press away."""

from __future__ import annotations

import pytest

import orgkit
from orgkit.design.sections import Lens
from orgkit.notebook import DecisionExplorer
from orgkit.notebook.blocks import plain
from tests.notebook.designs import small

VIEW = "application/vnd.jupyter.widget-view+json"


def words(panel):
    return " ".join(plain(panel.blocks()).split())


def buttons(panel):
    lists = [block["items"] for block in panel.blocks() if block["kind"] == "items"]
    return [button for entries in lists for entry in entries for button in entry["buttons"]]


def completed(panel, field, typed):
    return panel.handle({"type": "complete", "field": field, "words": typed})["completions"]


def test_it_answers_with_the_statement_at_its_level_and_shows_its_text():
    panel = DecisionExplorer(small(), "shop", "organizations:LeaveOrganization")
    assert "BLOCKED organizations:LeaveOrganization in shop" in words(panel)
    assert "Workloads Deny stay › Stay unconditional; no principal is exempt." in words(panel)
    assert '"Sid": "Stay"' in words(panel) and "IAM cannot help" in words(panel)
    answer = panel.handle({"type": "decide", "values": {"account": "shop", "action": "s3:GetObject"}, "number": 3})
    assert answer["answers"] == 3 and "NOT BLOCKED" in words(panel)
    assert "Workloads/Production/shop Allow FullAWSAccess" in words(panel)


def test_where_it_depends_every_value_says_what_follows_and_asks_again():
    panel = DecisionExplorer(small(), "play", "ec2:RunInstances")
    assert "DEPENDS" in words(panel) and "aws:RequestedRegion" in words(panel)
    assert '"eu-west-1" [Ask with it] not blocked' in words(panel)
    assert "blocked by regions › Regions" in words(panel)
    press = next(button for button in buttons(panel) if "eu-west-1" in button["tip"])
    panel.handle(press["intent"])
    assert "NOT BLOCKED" in words(panel) and panel.question["context"] == "aws:RequestedRegion=eu-west-1"


def test_a_lens_fills_in_a_scenario():
    org = small()
    lens = Lens(name="abroad", description="from another Region", region="us-east-1")
    org.configure(lenses={"abroad": lens})
    panel = DecisionExplorer(org, "play", "ec2:RunInstances", lens="abroad")
    assert "BLOCKED" in words(panel) and "abroad: from another Region" in words(panel)
    fields = next(block["fields"] for block in panel.blocks() if block["kind"] == "form")
    assert next(field for field in fields if field["name"] == "lens")["choices"] == ["", "abroad"]


def test_what_is_typed_is_completed_from_the_catalogue_and_the_design():
    org = small()
    org.configure(lenses={"ci": Lens(name="ci", principal="arn:aws:iam::{{account.id}}:role/ci")})
    panel = DecisionExplorer(org)
    assert completed(panel, "action", "s3:PutObj")[0] == "s3:PutObject"
    assert completed(panel, "account", "sh") == ["shop"]
    assert completed(panel, "principal", "role/") == ["arn:aws:iam::{{account.id}}:role/ci"]
    assert completed(panel, "context", "aws:Requested") == ["aws:RequestedRegion="]
    both = completed(panel, "context", "aws:RequestedRegion=eu-west-1 ec2:Metadata")
    assert "aws:RequestedRegion=eu-west-1 ec2:MetadataHttpTokens=" in both


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"account": "shop", "action": "s3:GetObjekt"}, "s3:GetObject"),
        ({"account": "shopp", "action": "s3:GetObject"}, "shop"),
        ({"account": "shop", "action": "s3:GetObject", "context": "eu-west-1"}, "is no context"),
    ],
)
def test_what_cannot_be_asked_is_answered_with_the_mend(values, message):
    panel = DecisionExplorer(small())
    panel.handle({"type": "decide", "values": values})
    assert message in words(panel)
    assert "knows no" in panel.handle({"type": "apply"})["error"]


def test_what_a_cell_edits_counts():
    org = small()
    panel = DecisionExplorer(org, "shop", "organizations:LeaveOrganization")
    before = panel.version
    org.detach("stay", "Workloads")
    assert panel.version != before and "NOT BLOCKED" in words(panel)


def test_the_starters_every_answer_can_be_shown():
    org = orgkit.load("starter")
    for account in org.accounts():
        for action in ("ec2:RunInstances", "s3:PutAccountPublicAccessBlock", "iam:CreateUser", "s3:Get*"):
            for lens in ("", *org.settings.lenses):
                shown = DecisionExplorer(org, account.handle, action, lens=lens).blocks()
                decision = orgkit.decide(org, account.handle, action, lens=lens or None)
                assert str(decision).splitlines()[0] in plain(shown)


def test_it_shows_itself_in_a_notebook_and_as_text_without_a_person(monkeypatch):
    assert VIEW in DecisionExplorer(small())._repr_mimebundle_()[0]
    assert VIEW not in DecisionExplorer(small(), interactive=False)._repr_mimebundle_()[0]
    monkeypatch.setenv("ORGKIT_HEADLESS", "1")
    assert DecisionExplorer(small())._repr_mimebundle_()[0].keys() == {"text/plain", "text/html"}
