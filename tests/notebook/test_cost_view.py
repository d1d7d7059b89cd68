"""The cost view: a tree to look into, currencies apart, budgets, bills."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from orgkit.cost import Charge
from orgkit.errors import InputError
from orgkit.notebook import CostView
from orgkit.notebook.blocks import plain
from tests.notebook.designs import many, small
from tests.provision.live import as_live


def lines(view):
    return [" ".join(line.split()) for line in plain(view.blocks()).splitlines()]


def press(view, **intent):
    answer = view.handle({"number": 1, **intent})
    assert "error" not in answer, answer["error"]


def tree(view):
    return next(block for block in view.blocks() if block["kind"] == "treegrid")


def test_own_and_rolled_up_cost_stand_over_the_tree_with_shares_and_budgets():
    shown = lines(CostView(small()))
    assert shown[0] == "950.50 USD planned monthly cost"
    assert "Production 900 900 94.7% 1,000 90%" in shown
    assert "Workloads 900 94.7%" in shown  # nothing of its own
    assert "shop 600 63.1%" in shown and "main not planned" in shown
    assert shown.index("Workloads 900 94.7%") < shown.index("Sandbox 50.50 50.50 5.3%")


def test_what_is_over_its_budget_comes_first():
    org = small()
    org.set("Production", budget="800 USD")
    org.set("play", budget="10 USD")
    shown = lines(CostView(org))
    assert "! Workloads/Production is 100 USD over its budget" in shown
    assert "! Sandbox/play is 40.50 USD over its budget" in shown
    row = next(row for row in tree(CostView(org))["rows"] if row["cells"][0]["text"] == "Production")
    assert row["tone"] == "error" and row["cells"][-1]["share"] > 1


def test_currencies_stand_apart_and_only_the_main_one_has_empty_rows():
    org = small()
    org.set("play", monthly_cost="10 EUR")
    blocks = CostView(org).blocks()
    usd, euro = (block for block in blocks if block["kind"] == "treegrid")
    assert (usd["key"], euro["key"]) == ("cost ou USD", "cost ou EUR")
    names = [row["cells"][0] if isinstance(row["cells"][0], str) else row["cells"][0]["text"] for row in euro["rows"]]
    assert names == ["root", "Sandbox", "play"]
    assert "10 EUR + 900 USD" in plain(blocks)


def test_every_way_of_looking_at_it_unfolds_to_the_same_accounts():
    view = CostView(small())
    for way, row in (("owner", "platform"), ("tag Team", "web")):
        press(view, type="by", values={"by": way})
        row_id = next(one["id"] for one in tree(view)["rows"] if one["cells"][0]["text"] == row)
        press(view, type="turn", outline=tree(view)["key"], row=row_id, open=True)
        assert "shop 600 63.1%" in lines(view)
    press(view, type="by", values={"by": "account"})
    assert "Workloads/Production/shop 600 63.1%" in lines(view)
    assert "cannot be looked at by 'moon'" in view.handle({"type": "by", "values": {"by": "moon"}})["error"]
    with pytest.raises(InputError, match="moon"):
        CostView(small(), by="moon")


def test_what_a_cell_edits_shows():
    org = small()
    view = CostView(org)
    before = view.version
    org.set("play", monthly_cost="60 USD")
    assert view.version != before and "960 USD planned monthly cost" in lines(view)


def charge(account, name, amount):
    return Charge(account, name, "2026-05-01", "Usage", "EC2", "eu-west-1", "USD", Decimal(amount), Decimal(amount), {})


def test_a_bill_is_looked_at_like_a_plan():
    org = as_live(small())
    number = org.account("shop").aws_id
    charges = [charge(number, "", "12.345"), charge("999999999999", "lost", "5")]
    view = CostView(org, charges)
    assert "17.35 USD billed cost" in plain(view.blocks()) or "17.34 USD billed cost" in plain(view.blocks())
    row = next(row for row in tree(view)["rows"] if row["cells"][0] == "shop")
    assert row["cells"][1]["tip"] == "12.345"
    assert "999999999999" in plain(view.blocks())


def test_ten_thousand_accounts_are_folded_and_the_dearest_are_named():
    view = CostView(many(10_000))
    assert len(json.dumps(view.blocks())) < 40_000
    bars = next(block for block in view.blocks() if block["kind"] == "bars")
    assert len(bars["rows"]) == 10 and bars["rows"][0]["text"] == "936"


def test_without_a_person_the_whole_tree_stands_in_text_and_html():
    data, _ = CostView(small(), interactive=False)._repr_mimebundle_()
    assert "shop" in data["text/plain"] and "<select" not in data["text/html"] and "shop" in data["text/html"]
    assert data.keys() == {"text/plain", "text/html"}


def test_what_is_shared_stands_in_columns_of_its_own_down_to_the_account():
    org = small()
    org.share_cost("play", source="play", method="EVEN", to=["Production"])
    view = CostView(org)
    head = [cell if isinstance(cell, str) else cell["text"] for cell in tree(view)["head"]]
    assert head[-4:-2] == ["allocated", "in the end"]
    shown = lines(view)
    assert "Production 900 900 94.7% 50.50 950.50 1,000 90%" in shown
    assert "play 50.50 5.3% -50.50 0" in next(line for line in shown if line.startswith("play "))
    press(view, type="by", values={"by": "owner"})
    assert json.dumps(view.blocks())


def test_without_shared_cost_there_are_no_such_columns():
    assert "in the end" not in str(tree(CostView(small()))["head"])
