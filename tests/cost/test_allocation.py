"""Shared cost: exact shares, and rules that contradict each other."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit.cost import SharedCost, allocate
from orgkit.cost.amounts import exact
from orgkit.errors import DesignError, InputError

IDS = ["a", "b", "c", "d", "e"]
D = Decimal
amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=4, allow_nan=False, allow_infinity=False)
weights = st.lists(st.decimals(min_value=0, max_value=1000, places=3), min_size=4, max_size=4)


def rule(method: str = "EVEN", source: str = "a", targets: str = "bcd", step: int = 0, **weight: str) -> SharedCost:
    return SharedCost(
        name=f"from-{source}",
        source=source,
        targets=tuple(targets),
        method=method,  # type: ignore[arg-type]
        weights={id: D(value) for id, value in weight.items()},
        step=step,
    )


@given(st.lists(amounts, min_size=5, max_size=5), st.sampled_from(["EVEN", "PROPORTIONAL", "USAGE"]), weights)
def test_shares_add_up_to_the_source_and_the_whole_stays(
    costs: list[Decimal], method: str, usage: list[Decimal]
) -> None:
    direct = dict(zip(IDS, costs, strict=True))
    table = dict(zip(IDS[1:], usage, strict=True)) if method == "USAGE" else {}
    one = SharedCost(name="r", source="a", targets=tuple("edcb"), method=method, weights=table)  # type: ignore[arg-type]
    found = allocate(direct, [one], without_weights="keep")
    with exact():
        assert found.total == sum(costs, D(0))
        assert sum((row.allocated for row in found.rows), D(0)) == 0
        if not found.unallocated:
            assert sum((share.amount for share in found.shares), D(0)) == direct["a"]
            assert sum(share.ratio for share in found.shares) == 1
            assert found.row("a").total == 0
            assert all(
                abs(Fraction(s.amount) - Fraction(direct["a"]) * s.ratio) < Fraction(1, 100) for s in found.shares
            )
        else:
            assert found.shares == ()
            assert [row.total for row in found.rows] == costs


@given(amounts, st.permutations("bcd"))
def test_the_order_of_targets_does_not_matter(cost: Decimal, targets: list[str]) -> None:
    direct = {"a": cost, "b": D(1), "c": D(2), "d": D(4)}
    for method in ("EVEN", "PROPORTIONAL"):
        assert allocate(direct, [rule(method, targets="".join(targets))]).rows == allocate(direct, [rule(method)]).rows


@given(amounts)
def test_a_credit_is_split_as_the_charge_it_cancels(cost: Decimal) -> None:
    charge = allocate({"a": cost, "b": D(0), "c": D(0), "d": D(0)}, [rule()])
    credit = allocate({"a": -cost, "b": D(0), "c": D(0), "d": D(0)}, [rule()])
    assert [share.amount for share in charge.shares] == [-share.amount for share in credit.shares]


def test_cents_left_over_go_to_the_first_ids() -> None:
    found = allocate({"a": D("100.00"), "b": D(0), "c": D(0), "d": D(0)}, [rule(targets="dcb")])
    assert {row.id: row.total for row in found.rows} == {"a": 0, "b": D("33.34"), "c": D("33.33"), "d": D("33.33")}


def test_five_hundred_targets_drift_by_nothing() -> None:
    direct = {f"t{number}": D(0) for number in range(500)} | {"a": D("1234.56")}
    one = SharedCost(name="r", source="a", targets=tuple(id for id in direct if id != "a"), method="EVEN")
    assert sum(share.amount for share in allocate(direct, [one]).shares) == D("1234.56")


def test_fixed_percentages() -> None:
    found = allocate({"a": D(10), "b": D(1), "c": D(1)}, [rule("FIXED", targets="bc", b="62.5", c="37.5")])
    assert [(row.direct, row.allocated, row.total) for row in found.rows] == [
        (10, -10, 0),
        (1, D("6.25"), D("7.25")),
        (1, D("3.75"), D("4.75")),
    ]
    assert [(share.method, share.ratio) for share in found.shares] == [
        ("FIXED", Fraction(5, 8)),
        ("FIXED", Fraction(3, 8)),
    ]


def test_proportional_to_direct_cost_before_any_split() -> None:
    direct = {"a": D(90), "b": D(100), "c": D(200), "d": D(0)}
    first = rule("EVEN", "d", "b", step=0)
    found = allocate({**direct, "d": D(1000)}, [first, rule("PROPORTIONAL", "a", "bc", step=1)])
    assert {s.target: s.amount for s in found.shares if s.source == "a"} == {"b": 30, "c": 60}


def test_usage_and_a_target_that_pays_nothing() -> None:
    found = allocate({"a": D(9), "b": D(0), "c": D(0)}, [rule("USAGE", targets="bc", b="3", c="0")])
    assert {share.target: share.amount for share in found.shares} == {"b": 9, "c": 0}


def test_steps_pass_on_what_was_received() -> None:
    direct = {"a": D(10), "b": D(20), "c": D(0), "d": D(0)}
    found = allocate(direct, [rule("EVEN", "b", "cd", step=2), rule("EVEN", "a", "bc", step=1)])
    assert {row.id: row.total for row in found.rows} == {"a": 0, "b": 0, "c": D("17.50"), "d": D("12.50")}


def test_without_targets_the_cost_stays_and_is_named() -> None:
    found = allocate({"a": D(10)}, [rule(targets="")])
    assert found.unallocated == {"from-a": "it has no targets"}
    assert found.row("a").total == 10


def test_without_weights_it_stays_only_where_asked() -> None:
    direct = {"a": D(10), "b": D(0), "c": D(-5)}
    with pytest.raises(DesignError, match="10 has nowhere to go"):
        allocate(direct, [rule("PROPORTIONAL", targets="bc")])
    found = allocate(direct, [rule("PROPORTIONAL", targets="bc")], without_weights="keep")
    assert found.unallocated == {"from-a": "no target has a weight above zero"}
    assert found.row("a").total == 10


def test_an_amount_finer_than_cents_is_split_at_its_own_grain() -> None:
    found = allocate({"a": D("0.00000000001"), "b": D(0), "c": D(0)}, [rule(targets="bc")])
    assert [share.amount for share in found.shares] == [D("1E-11"), 0]


def test_json_holds_texts() -> None:
    found = allocate({"a": D("1.00"), "b": D(0), "c": D(0), "d": D(0)}, [rule()])
    read = json.loads(json.dumps(found.to_json()))
    assert read["shares"][0] == {
        "rule": "from-a",
        "source": "a",
        "target": "b",
        "method": "EVEN",
        "ratio": "1/3",
        "amount": "0.34",
    }
    with pytest.raises(InputError, match="no row 'z'"):
        found.row("z")


WRONG = [
    ("percentages that miss a hundred", [rule("FIXED", targets="bc", b="50", c="49.99")], "add up to 99.99"),
    ("a percentage below zero", [rule("FIXED", targets="bc", b="150", c="-50")], "below zero"),
    ("a target without a weight", [rule("USAGE", targets="bc", b="1")], "no weight for c"),
    ("a weight for what is no target", [rule("USAGE", targets="b", b="1", c="1")], "a weight for c"),
    ("weights where none are taken", [rule("EVEN", targets="b", b="1")], "takes no weights"),
    ("a row that does not exist", [rule(targets="bz")], "no row 'z'"),
    ("a target named twice", [rule(targets="bb")], "names a target twice"),
    ("an unknown method", [rule("HALF")], "no method 'HALF'"),
    ("a source among its own targets", [rule(targets="ab")], "in a circle: a → a"),
    ("two sources that give to each other", [rule(targets="b"), rule(source="b", targets="a", step=1)], "in a circle"),
    ("one source split twice", [rule(targets="b"), rule(targets="c", step=1)], "both split a"),
    ("a target that is a source in the same step", [rule(targets="b"), rule(source="b", targets="c")], "step above 0"),
    ("a target that was split before", [rule(targets="b", step=2), rule(source="b", targets="c", step=1)], "step 1"),
]


@pytest.mark.parametrize(("name", "rules", "message"), WRONG, ids=[name for name, *_ in WRONG])
def test_refuses(name: str, rules: list[SharedCost], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        allocate({id: D(1) for id in IDS}, rules)
