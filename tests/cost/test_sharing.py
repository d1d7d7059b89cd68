"""The shared cost of a design: who carries it, exactly, whichever way it is looked at; and what is wrong with it."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import orgkit
from orgkit.cost import Rollup, after_move, read_charges, roll_up_charges, rollup, shared_cost
from orgkit.cost.amounts import exact, round_to_foot
from orgkit.design import Money, Organization
from orgkit.design.sections import CostAllocation, SplitCharge, SplitTarget
from orgkit.errors import DesignError, InputError
from tests.cost.test_billing import bill
from tests.design.organizations import usd

D = Decimal


def to(*places: str, **weights: str) -> tuple[SplitTarget, ...]:
    named = [(place, None) for place in places] + [(place, D(weight)) for place, weight in weights.items()]
    return tuple(
        SplitTarget(tag=(place[4:].partition("=")[0], place.partition("=")[2]), weight=weight)
        if place.startswith("tag:")
        else SplitTarget(place=place, weight=weight)
        for place, weight in named
    )


def shared(org: Organization, *charges: SplitCharge) -> Organization:
    org.configure(cost=CostAllocation(shared={one.name: one for one in charges}))
    return org


def charge(name: str, source: str, method: str, *places: str, step: int = 0, **weights: str) -> SplitCharge:
    return SplitCharge(name=name, source=source, method=method, to=to(*places, **weights), step=step)


def shops() -> Organization:
    """A network of 100 USD beside two OUs with two shops each, of 10, 30, 60 and 0."""
    org = Organization()
    org.add_account("management", email="aws@example.com", management=True, monthly_cost=usd(5))
    org.add_ou("Core")
    org.add_account("network", "Core", email="network@example.com", monthly_cost=usd(100))
    org.add_account("logs", "Core", email="logs@example.com", monthly_cost=usd(50))
    for ou, costs in (("East", (10, 30)), ("West", (60, 0))):
        org.add_ou(ou)
        for number, cost in enumerate(costs, 1):
            name = f"{ou.lower()}{number}"
            org.add_account(name, ou, email=f"{name}@example.com", monthly_cost=usd(cost), tags={"Team": f"t{number}"})
    return org


def carried(org: Organization) -> dict[str, Decimal]:
    """What each account carries in the end."""
    return {row.label.rpartition("/")[2]: row.total for row in rollup(org, "account").rows}


METHODS: dict[str, tuple[SplitCharge, dict[str, str]]] = {
    "in even parts over the accounts of an OU": (
        charge("net", "network", "EVEN", "East", "West"),
        {"east1": "35", "east2": "55", "west1": "85", "west2": "25"},
    ),
    "by own cost": (
        charge("net", "network", "PROPORTIONAL", "East", "West"),
        {"east1": "20", "east2": "60", "west1": "120", "west2": "0"},
    ),
    "by percentages, of an OU in even parts": (
        charge("net", "network", "FIXED", East="50", west1="49.5", west2="0.5"),
        {"east1": "35", "east2": "55", "west1": "109.5", "west2": "0.5"},
    ),
    "by what was measured": (
        charge("net", "network", "USAGE", east1="1200", west2="400"),
        {"east1": "85", "east2": "30", "west1": "60", "west2": "25"},
    ),
    "by a tag": (
        charge("net", "network", "EVEN", "tag:Team=t1"),
        {"east1": "60", "east2": "30", "west1": "110", "west2": "0"},
    ),
    "an account that is named twice over carries one part": (
        charge("net", "network", "EVEN", "East", "east1"),
        {"east1": "60", "east2": "80", "west1": "60", "west2": "0"},
    ),
    "every account of an OU is a source": (
        charge("core", "Core", "EVEN", "west2"),
        {"east1": "10", "east2": "30", "west1": "60", "west2": "150", "logs": "0"},
    ),
    "the root stands for all that is not shared itself": (
        charge("core", "Core", "PROPORTIONAL", "root"),
        {"management": "12.14", "east1": "24.29", "east2": "72.86", "west1": "145.71", "west2": "0"},
    ),
}


@pytest.mark.parametrize(("one", "expected"), METHODS.values(), ids=METHODS)
def test_a_shared_cost_is_carried(one: SplitCharge, expected: dict[str, str]) -> None:
    found = carried(shared(shops(), one))
    assert {name: found[name] for name in expected} == {name: D(cost) for name, cost in expected.items()}
    assert found["network"] == 0
    assert sum(found.values()) == 255


def test_what_is_split_later_is_split_with_what_it_received() -> None:
    org = shared(
        shops(),
        charge("net", "network", "EVEN", "logs", "east1"),
        charge("archive", "logs", "EVEN", "West", step=1),
    )
    found = carried(org)
    assert (found["network"], found["logs"]) == (0, 0)
    assert (found["east1"], found["west1"], found["west2"]) == (60, 110, 50)


def test_an_ou_does_not_carry_what_is_split_from_it_at_the_same_step() -> None:
    org = shared(shops(), charge("net", "network", "EVEN", "root"), charge("log", "logs", "EVEN", "root"))
    assert not list(shared_cost(org))
    found = carried(org)
    assert (found["network"], found["logs"]) == (0, 0)


def test_direct_and_allocated_stand_beside_each_other_and_budgets_watch_what_is_direct() -> None:
    org = shared(shops(), charge("net", "network", "EVEN", "East", "West"))
    org.set("East", budget=usd(50))
    found = rollup(org)
    east, core = found.row("East"), found.row("Core")
    assert (east.direct, east.rolled_up, east.rolled_up_allocated, east.total) == (40, 40, 50, 90)
    assert (core.rolled_up, core.rolled_up_allocated, core.total) == (150, -100, 50)
    assert east.over is None
    assert str(found).splitlines()[1:] == [
        "ou      accounts      direct      %   rolled up      %    allocated       total      %     budget  over",
        "------  --------  ----------  -----  ----------  -----  -----------  ----------  -----  ---------  ----",
        "root           7    5.00 USD    2.0  255.00 USD  100.0     0.00 USD  255.00 USD  100.0",
        "  Core         2  150.00 USD   58.8  150.00 USD   58.8  -100.00 USD   50.00 USD   19.6",
        "  East         2   40.00 USD   15.7   40.00 USD   15.7    50.00 USD   90.00 USD   35.3  50.00 USD",
        "  West         2   60.00 USD   23.5   60.00 USD   23.5    50.00 USD  110.00 USD   43.1",
        "total          7  255.00 USD  100.0  255.00 USD  100.0     0.00 USD  255.00 USD  100.0",
    ]
    assert "allocated" in found._repr_html_()


def test_a_share_can_be_traced(tmp_path: Path) -> None:
    org = shared(shops(), charge("net", "network", "USAGE", east1="1", west1="2"))
    found = rollup(org)
    shown = json.loads(json.dumps(found.to_json()))
    assert shown["shares"][1] == {
        "rule": "net",
        "method": "USAGE",
        "source": "account:network",
        "target": "account:west1",
        "ratio": "2/3",
        "amount": "66.67",
        "currency": "USD",
    }
    assert found.allocated["account:network", "USD"] == -100
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert sum(D(row["allocated"]) for row in rows) == 0
    pytest.importorskip("pandas")
    frame = found.to_frame()
    assert frame.set_index("label").loc["root", "total"] == 255
    assert frame["allocated"].sum() == 0


def test_currencies_are_split_apart() -> None:
    org = shared(shops(), charge("net", "network", "PROPORTIONAL", "East", "West"))
    org.set("west2", monthly_cost=Money(D(7), "EUR"))
    org.set("logs", monthly_cost=Money(D(3), "EUR"))
    found = rollup(org)
    assert found.row("West", "USD").total == 120
    assert found.row("West", "EUR").total == 7


def test_what_nobody_can_carry_stays_and_is_said() -> None:
    org = shared(shops(), charge("net", "network", "PROPORTIONAL", "west2"))
    found = rollup(org)
    assert found.row("Core").total == 150
    said = "shared cost net stays where it is: no target has a weight above zero in USD"
    assert said in str(found)
    assert found.to_json()["kept"] == [said]
    (problem,) = shared_cost(org)
    assert (problem.severity, problem.message) == ("warning", said)


def emptied(org: Organization) -> Organization:
    org.add_ou("Empty")
    return shared(org, charge("net", "network", "EVEN", "Empty"))


def moved(org: Organization) -> Organization:
    org.move("network", "West")
    return org


WRONG: dict[str, tuple[Callable[[Organization], Organization], str]] = {
    "two of them split one account": (
        lambda org: shared(org, charge("a", "network", "EVEN", "East"), charge("b", "Core", "EVEN", "West")),
        "shared costs a and b both split",
    ),
    "a circle": (
        lambda org: shared(org, charge("a", "network", "EVEN", "logs"), charge("b", "logs", "EVEN", "network")),
        "go in a circle",
    ),
    "a target that was split before": (
        lambda org: shared(org, charge("a", "network", "EVEN", "logs"), charge("b", "logs", "EVEN", "East")),
        "Give b a step above 0",
    ),
    "percentages of ninety": (
        lambda org: shared(org, charge("a", "network", "FIXED", East="60", West="30")),
        "the percentages add up to 90",
    ),
    "an account that is not there": (
        lambda org: shared(org, charge("a", "netwrok", "EVEN", "East")),
        "netwrok",
    ),
    "an account that moved into an OU that is split too": (
        lambda org: moved(shared(org, charge("a", "network", "EVEN", "East"), charge("b", "West", "EVEN", "East"))),
        "shared costs a and b both split",
    ),
    "an OU without accounts": (emptied, "Empty has no account that can carry it"),
    "a tag that nobody has": (
        lambda org: shared(org, charge("a", "network", "EVEN", "tag:Team=t9")),
        "tag:Team=t9 has no account that can carry it",
    ),
}


@pytest.mark.parametrize(("spoil", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_an_error_of_the_check_and_nothing_is_split(
    spoil: Callable[[Organization], Organization], words: str
) -> None:
    org = spoil(shops())
    problems = [problem for problem in orgkit.check(org) if problem.code == "shared-cost"]
    assert [problem.severity for problem in problems] == ["error"]
    assert words in f"{problems[0].message} {problems[0].fix}"
    assert "cost.shared" in problems[0].where
    found = rollup(org)
    assert all(not row.allocated for row in found.rows)
    assert found.kept


# ---- edits ---------------------------------------------------------------------------------------


def test_an_edit_shares_a_cost_by_names_that_the_file_has_and_is_undone() -> None:
    org = shops()
    org.share_cost("core", source="ou:Core", method="FIXED", to={"account:east1": "33.3", "West": "66.7"})
    cost = org.settings.cost
    assert cost is not None
    assert cost.shared["core"] == charge("core", "Core", "FIXED", east1="33.3", West="66.7")
    assert carried(org)["network"] == 0
    org.undo()
    assert org.settings.cost is None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "percentages of ninety": (
        {"method": "FIXED", "to": {"East": 90}},
        "shared cost net has percentages that add up to 90",
    ),
    "a method there is not": ({"method": "EVENLY", "to": ["East"]}, "no method 'EVENLY'"),
    "weights that nobody asked for": ({"method": "EVEN", "to": {"East": 1}}, "takes no weights"),
    "a weight that is missing": ({"method": "USAGE", "to": ["East"]}, "lacks what was measured"),
    "a weight that is no number": ({"method": "USAGE", "to": {"East": "many"}}, "the weight of East"),
    "a weight that is a float": ({"method": "USAGE", "to": {"East": 0.1}}, "Decimal"),
    "a place there is not": ({"method": "EVEN", "to": ["Est"]}, "Est"),
    "the whole organization": ({"method": "EVEN", "to": ["East"], "source": "root"}, "the cost of everything"),
}


@pytest.mark.parametrize(("fields", "words"), REFUSED.values(), ids=REFUSED)
def test_an_edit_that_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        shops().share_cost("net", **{"source": "network", **fields})


def test_names_follow_moves_and_what_is_named_cannot_be_removed() -> None:
    org = shops()
    org.share_cost("net", source="network", method="EVEN", to=["West", "east1"])
    org.move("West", "East")
    assert org.settings.cost is not None
    assert [str(one) for one in org.settings.cost.shared["net"].to] == ["East/West", "east1"]
    with pytest.raises(DesignError, match=r"cost\.shared\.net\.source still names it"):
        org.remove("network")


# ---- bills ---------------------------------------------------------------------------------------


def test_a_bill_is_shared_like_the_plan_and_tagged_charges_of_the_source_go_with_it(tmp_path: Path) -> None:
    org = shared(shops(), charge("net", "network", "EVEN", "east1", "west1"))
    for number, name in enumerate(("network", "east1", "west1"), 1):
        org.set(name, aws_id=f"{number:012}")
    rows = [
        '9.00,9,USD,000000000001,Network,2026-01-01T00:00:00Z,VPC,"{""Team"": ""t1""}"',
        "1.01,1,USD,000000000001,Network,2026-01-01T00:00:00Z,VPC,",
        "4.00,4,USD,000000000002,East,2026-01-01T00:00:00Z,S3,",
        "2.50,2.5,USD,,,2026-01-01T00:00:00Z,Tax,",
    ]
    path = bill(tmp_path, rows)
    by_tag = roll_up_charges(read_charges(path), org, "tag:Team")
    assert {row.label: (row.direct, row.allocated, row.total) for row in by_tag.rows} == {
        "t1": (D("13.00"), D("1.01"), D("14.01")),
        "untagged": (D("3.51"), D("-1.01"), D("2.50")),
    }
    by_account = roll_up_charges(read_charges(path), org, "account")
    assert by_account.row("Core/network").total == 0
    assert {by_account.row(name).allocated for name in ("East/east1", "West/west1")} == {D("5.01"), D("5.00")}


# ---- whatever the organization -------------------------------------------------------------------


@st.composite
def sharing(draw: st.DrawFn) -> Organization:
    """The shops with other costs, and up to three shared costs that may contradict each other."""
    org = shops()
    amount = st.decimals(min_value=-100, max_value=10**5, places=4, allow_nan=False, allow_infinity=False)
    for account in org.accounts():
        cost = draw(st.none() | st.builds(Money, amount, st.sampled_from(["USD", "EUR"])))
        org.set(account.id, monthly_cost=cost)
    places = ["root", "East", "West", "east1", "west2", "logs", "tag:Team=t1", "tag:Team=t2"]
    charges = []
    for number in range(draw(st.integers(0, 3))):
        method = draw(st.sampled_from(["EVEN", "PROPORTIONAL", "USAGE", "FIXED"]))
        chosen = draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True))
        weights = draw(st.lists(st.integers(1, 33), min_size=len(chosen), max_size=len(chosen)))
        if method == "FIXED":
            weights[-1] = 100 - sum(weights[:-1])
        source = draw(st.sampled_from(["network", "logs", "Core", "West", "east2"]))
        step = draw(st.integers(0, 2))
        named: dict[str, Any] = dict(zip(chosen, map(str, weights), strict=True))
        if method in ("EVEN", "PROPORTIONAL"):
            charges.append(charge(f"c{number}", source, method, *chosen, step=step))
        else:
            charges.append(charge(f"c{number}", source, method, step=step, **named))
    return shared(org, *charges)


@settings(max_examples=60)
@given(org=sharing(), by=st.sampled_from(["ou", "account", "owner", "tag:Team"]))
def test_allocated_adds_up_to_nothing_and_everything_foots(org: Organization, by: str) -> None:
    found = rollup(org, by)
    own: dict[str, Decimal] = defaultdict(Decimal)
    for row in found.rows:
        own[row.currency] += row.allocated
    assert not any(own.values())
    with exact():
        for currency, shares in found.shares.items():
            for source in {share.source for share in shares}:
                given_away = sum((share.amount for share in shares if share.source == source), D(0))
                received = sum((share.amount for share in shares if share.target == source), D(0))
                cost = org.account(source).monthly_cost
                direct = cost.amount if cost is not None and cost.currency == currency else D(0)
                assert given_away == direct + received
    columns = found._two_columns(round_to_foot, [row.allocated for row in found.rows])
    for i, row in enumerate(found.rows):
        below = [
            j
            for j, other in enumerate(found.rows)
            if other.parent is not None and (other.parent, other.currency) == (row.key, row.currency)
        ]
        assert columns[i][1] == columns[i][0] + sum(columns[j][1] for j in below)
        assert row.total == row.direct + row.allocated + sum(found.rows[j].total for j in below)


def totals(found: Rollup) -> dict[tuple[str | None, str], Decimal]:
    return {(row.node, row.currency): row.total for row in found.rows if row.node is not None and row.total}


@settings(max_examples=40)
@given(org=sharing())
def test_looking_at_a_part_changes_no_share(org: Organization) -> None:
    whole = totals(rollup(org, "account"))
    for ou in ("East", "Core"):
        part = totals(rollup(org, "account", under=ou))
        inside = {account.id for account in org.accounts(ou)}
        assert part == {key: total for key, total in whole.items() if key[0] in inside}


@settings(max_examples=20)
@given(org=sharing())
def test_a_move_followed_gives_what_rolling_up_again_gives(org: Organization) -> None:
    before = rollup(org)
    for ref, place in (("east1", "West"), ("logs", "East"), ("West", "East")):
        after = org.copy()
        after.move(ref, place)
        changed = {(row.key, row.currency): row for row in after_move(org, before, ref, place)}
        for key, row in rollup(after).by_key.items():
            twin = changed.get(key, before.by_key.get(key, row))
            assert (twin.direct, twin.total) == (row.direct, row.total)
