"""Rounding that foots."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit.cost.amounts import apportion, exact, in_units, percentages, round_to_foot, written

amounts = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=8)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_parts_add_up_and_are_less_than_one_unit_off(units: int, weights: list[int]) -> None:
    parts = apportion(units, weights)
    assert sum(parts) == units
    whole = sum(weights)
    assert all(abs(part - Fraction(units * weight, whole)) < 1 for part, weight in zip(parts, weights, strict=True))
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_the_first_of_equal_remainders_gets_the_unit_left_over() -> None:
    assert apportion(100, [1, 1, 1]) == [34, 33, 33]
    assert apportion(5, [1, 1, 1]) == [2, 2, 1]


@given(st.lists(amounts), st.integers(0, 4))
def test_rounded_values_add_up_to_the_rounded_total(values: list[Decimal], places: int) -> None:
    rounded = round_to_foot(values, places)
    with exact():
        assert sum(rounded, Decimal(0)) == round(sum(map(Fraction, values), Fraction(0)), places)
        unit = Decimal(1).scaleb(-places)
        assert all(abs(after - before) < unit for after, before in zip(rounded, values, strict=True))


def test_amounts_that_need_no_rounding_stay() -> None:
    values = [Decimal("1.10"), Decimal("-0.10"), Decimal("7")]
    assert round_to_foot(values) == values


@given(st.lists(amounts, min_size=1))
def test_percentages_add_up_to_a_hundred_or_are_all_zero(values: list[Decimal]) -> None:
    found = percentages(values)
    with exact():
        whole = sum(values, Decimal(0))
    assert sum(found) == (100 if whole else 0)


@pytest.mark.parametrize(
    ("amount", "units"),
    [("1.5", (150, 2)), ("0.00000080000", (80000, 11)), ("-3", (-300, 2)), ("1E+3", (100000, 2))],
)
def test_an_amount_is_a_whole_number_of_its_smallest_unit(amount: str, units: tuple[int, int]) -> None:
    assert in_units(Decimal(amount)) == units


def test_amounts_are_written_with_groups_of_three() -> None:
    assert written(Decimal("1234567.5")) == "1,234,567.50"
    assert written(Decimal("1E+30")) == "1" + ",000" * 10 + ".00"


def test_a_sum_keeps_every_digit() -> None:
    with exact():
        assert Decimal("1E+20") + Decimal("1E-20") - Decimal("1E+20") == Decimal("1E-20")
