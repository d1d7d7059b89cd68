"""Planned cost over the tree, by account, owner and tag."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import orgkit
from orgkit.cost import Rollup, after_move, rollup
from orgkit.cost.amounts import exact, round_to_foot
from orgkit.design import Money, Organization
from orgkit.errors import DesignError, InputError, UnknownName
from tests.design.organizations import small, usd


@st.composite
def organizations(draw: st.DrawFn, currencies: tuple[str, ...] = ("USD",)) -> Organization:
    """Up to eight OUs and twelve accounts with costs, tags and owners here and there."""
    org = Organization()
    places = ["root"]
    amount = st.decimals(min_value=-1000, max_value=10**6, places=6, allow_nan=False, allow_infinity=False)
    tags = st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b", "untagged"]))
    owner = st.none() | st.sampled_from(["platform", "apps"])
    for number in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from([place for place in places if org.depth(place) < 5]))
        org.add_ou(f"ou{number}", parent, tags=draw(tags), owner=draw(owner))
        places.append(org.children(org.find(parent))[-1])
    for number in range(draw(st.integers(0, 12))):
        cost = draw(st.none() | st.builds(Money, amount, st.sampled_from(currencies)))
        org.add_account(
            f"a{number}",
            draw(st.sampled_from(places)),
            email=f"a{number}@example.com",
            monthly_cost=cost,
            tags=draw(tags),
            owner=draw(owner),
        )
    return org


WAYS = ["ou", "account", "owner", "tag:Team"]


@pytest.mark.parametrize("by", WAYS)
@settings(max_examples=50)
@given(org=organizations(("USD", "EUR")))
def test_direct_amounts_add_up_to_each_currencys_total(by: str, org: Organization) -> None:
    found = rollup(org, by)
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for account in org.accounts():
        if account.monthly_cost is not None:
            expected[account.monthly_cost.currency] += account.monthly_cost.amount
    assert {c: total.amount for c, total in found.totals.items()} == (expected or {"USD": 0})
    for currency, total in found.totals.items():
        mine = [row for row in found.rows if row.currency == currency]
        assert sum(row.direct for row in mine) == total.amount
        assert sum(row.accounts for row in mine if row.parent is None) == sum(
            account.monthly_cost is not None and account.monthly_cost.currency == currency for account in org.accounts()
        )
    assert sum(part.cost is None for part in found.parts) == len(found.unplanned)
    assert len(found.parts) == len(org.accounts())


@given(org=organizations())
def test_an_ou_is_its_direct_cost_and_that_of_the_ous_in_it(org: Organization) -> None:
    found = rollup(org)
    rows = {row.key: row for row in found.rows}
    assert list(rows) == ["root", *(ou.id for ou in org.ous())]
    for row in found.rows:
        below = [other for other in found.rows if other.parent == row.key]
        assert row.rolled_up == row.direct + sum(other.rolled_up for other in below)
        assert row.label == org.path(row.key or "")
    assert rows["root"].rolled_up == found.total.amount


@settings(max_examples=50)
@given(org=organizations(("USD", "EUR")))
def test_printed_columns_foot(org: Organization) -> None:
    found = rollup(org)
    for columns in (found._shares(), found._two_columns(round_to_foot, [row.direct for row in found.rows])):
        for i, row in enumerate(found.rows):
            below = [j for j, o in enumerate(found.rows) if (o.parent, o.currency) == (row.key, row.currency)]
            assert columns[i][1] == columns[i][0] + sum(columns[j][1] for j in below)
    for currency, total in found.totals.items():
        shares = [s for s, row in zip(found._shares(), found.rows, strict=True) if row.currency == currency]
        assert sum(direct for direct, _ in shares) == (100 if total.amount else 0)


@settings(max_examples=25)
@given(org=organizations())
def test_a_move_followed_gives_what_rolling_up_again_gives(org: Organization) -> None:
    before = rollup(org)
    nodes = [node for node in org.subtree() if node != "root"]
    for node in nodes:
        for to in ("root", *(ou.id for ou in org.ous())):
            after = org.copy()
            try:
                after.move(node, to)
            except DesignError:
                with pytest.raises(DesignError):
                    after_move(org, before, node, to)
                continue
            again = rollup(after).by_key
            changed = {(row.key, row.currency): row for row in after_move(org, before, node, to)}
            for key, row in before.by_key.items():
                now = changed.get(key, row)
                figures = (now.direct, now.rolled_up, now.accounts, now.unplanned)
                assert figures == (again[key].direct, again[key].rolled_up, again[key].accounts, again[key].unplanned)


def test_the_starter_costs_what_its_accounts_say() -> None:
    org = orgkit.load(orgkit.STARTER)
    found = rollup(org)
    planned = [account.monthly_cost.amount for account in org.accounts() if account.monthly_cost]
    assert found.total == Money(sum(planned, Decimal(0)))
    assert found.row("Workloads").direct == 0
    assert found.row("Workloads").rolled_up == found.row("Workloads/Production").rolled_up + (
        found.row("Workloads/Non-Production").rolled_up
    )
    assert found.row("Workloads/Non-Production").rolled_up == Decimal("1950.50")


def test_an_accounts_tag_wins_over_the_nearest_ou_and_that_over_the_next() -> None:
    org = small()
    org.set("Workloads", tags={"Team": "web"})
    org.set("Production", tags={"Team": "sre"})
    org.set("shop", tags={"Team": "shop"})
    org.set("management", monthly_cost=usd(7))
    found = rollup(org, by="tag", tag="Team")
    assert [(row.key, row.label, row.direct) for row in found.rows] == [
        ("shop", "shop", Decimal(100)),
        ("sre", "sre", Decimal("250.50")),
        (None, "untagged", Decimal(7)),
    ]
    assert {part.account: part.origin for part in found.parts} == {
        "account:management": "",
        "account:shop": "account:shop",
        "account:shop-prod": "ou:Workloads/Production",
    }
    assert found.untagged == ("management",)
    assert "1 account has no tag Team, nor any OU above: management" in str(found)


def test_a_tag_whose_value_is_untagged_is_not_mixed_with_what_has_none() -> None:
    org = small()
    org.set("shop", tags={"Team": "untagged"})
    assert [(row.key, row.direct) for row in rollup(org, "tag:Team").rows] == [
        ("untagged", Decimal(100)),
        (None, Decimal("250.50")),
    ]


def test_owners_are_inherited_as_tags_are() -> None:
    org = small()
    org.set("Workloads", owner="apps")
    org.set("shop-prod", owner="sre")
    found = rollup(org, "owner")
    assert {row.label: row.direct for row in found.rows} == {"apps": 100, "sre": Decimal("250.50"), "no owner": 0}


def test_accounts_without_a_planned_cost_are_named_and_never_zero() -> None:
    org = small()
    org.add_account("new", "Workloads", email="new@example.com")
    found = rollup(org, "account")
    assert found.unplanned == ("management", "Workloads/new")
    assert "2 accounts have no planned cost: management, Workloads/new" in str(found)
    assert "not planned" in str(found)
    assert not found.row("management").known
    assert found.to_json()["rows"][0]["direct"] is None
    assert rollup(org).row("Workloads").unplanned == 1


def test_many_unplanned_accounts_are_counted_and_some_named() -> None:
    org = Organization()
    for number in range(7):
        org.add_account(f"a{number}", email=f"a{number}@example.com")
    assert "7 accounts have no planned cost: a0, a1, a2, a3, a4 and 2 more" in str(rollup(org))


def test_currencies_are_never_added() -> None:
    org = small()
    org.set("shop", monthly_cost=Money(Decimal(90), "EUR"))
    found = rollup(org)
    assert found.totals == {"EUR": Money(Decimal(90), "EUR"), "USD": usd("250.50")}
    assert found.row("Workloads", "EUR").rolled_up == 90
    assert found.row("Workloads", "USD").rolled_up == Decimal("250.50")
    with pytest.raises(DesignError, match=r"there is no one total: 90 EUR, 250\.50 USD"):
        _ = found.total
    assert str(found).count("\ntotal") == 2


def test_a_budget_counts_in_its_own_currency() -> None:
    org = small()
    org.set("Workloads", budget=usd(300))
    org.set("shop", budget=Money(Decimal(1), "EUR"))
    found = rollup(org)
    assert found.row("Workloads").over == usd("50.50")
    assert [row.label for row in found.over_budget] == ["Workloads"]
    assert "Workloads is 50.50 USD over its budget of 300 USD" in str(found)
    assert rollup(org, "account").row("Workloads/shop").budget is None


def test_below_an_ou_inherited_tags_still_come_from_above() -> None:
    org = small()
    org.set("Workloads", tags={"Team": "web"})
    found = rollup(org, "tag:Team", under="Workloads/Production")
    assert [(row.key, row.direct) for row in found.rows] == [("web", Decimal("250.50"))]
    assert found.parts[0].origin == "ou:Workloads"
    below = rollup(org, under="Workloads/Production")
    assert [(row.label, row.level, row.parent) for row in below.rows] == [("Workloads/Production", 0, None)]
    assert rollup(org, under="shop").total == usd(100)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("team", "rolled up by 'team'"),
        ("accounts", 'did you mean "account"'),
        ("tag", "as in tag:Team"),
        ("tag:", "tag:Team"),
    ],
)
def test_an_unknown_way_is_refused(by: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rollup(small(), by)


def test_an_unknown_row_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match='did you mean "Workloads"'):
        rollup(small()).row("Workload")


def test_the_table_is_aligned() -> None:
    assert str(rollup(small(), under="Workloads")).splitlines() == [
        "planned monthly cost by ou",
        "ou            accounts      direct      %   rolled up      %",
        "------------  --------  ----------  -----  ----------  -----",
        "Workloads            2  100.00 USD   28.5  350.50 USD  100.0",
        "  Production         1  250.50 USD   71.5  250.50 USD   71.5",
        "total                2  350.50 USD  100.0  350.50 USD  100.0",
    ]


def test_html_escapes_names_and_marks_what_is_over_its_budget() -> None:
    org = small()
    org.add_ou("<script>", "Workloads")
    org.set("Workloads", budget=usd(1))
    html = rollup(org)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "#b00020" in html


def test_json_and_csv_keep_every_digit() -> None:
    org = small()
    org.set("shop", monthly_cost=usd("0.1234567890123456789"))
    found = rollup(org)
    read = json.loads(json.dumps(found.to_json()))
    assert read["totals"] == {"USD": "250.6234567890123456789"}
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["direct"] for row in rows] == ["0", "0.1234567890123456789", "250.50"]
    with exact():
        assert sum(Decimal(row["direct"]) for row in rows) == found.total.amount


def test_csv_is_written_where_asked(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = rollup(small())
    text = found.to_csv(tmp_path / "cost.csv")
    assert (tmp_path / "cost.csv").read_text(encoding="utf-8") == text


def test_a_frame_holds_decimals() -> None:
    pytest.importorskip("pandas")
    frame = rollup(small()).to_frame()
    assert frame["direct"].sum() == Decimal("350.50")
    assert list(frame["label"]) == ["root", "Workloads", "Workloads/Production"]


def test_an_empty_organization_costs_nothing() -> None:
    found = rollup(Organization())
    assert isinstance(found, Rollup)
    assert found.total == usd(0)
    assert "root" in str(found)


def test_a_stale_rollup_cannot_follow_a_move() -> None:
    org = small()
    before = rollup(org)
    org.rename("shop", "store")
    with pytest.raises(InputError, match="edited after"):
        after_move(org, before, "shop", "root")


def test_only_a_rollup_over_the_tree_follows_a_move() -> None:
    org = small()
    with pytest.raises(InputError, match="by account"):
        after_move(org, rollup(org, "account"), "shop", "root")
