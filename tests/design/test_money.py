"""Amounts of money: exact, each in its currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit.design import Money
from orgkit.design.money import total
from orgkit.errors import DesignError

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("9000 USD", "9000", "USD"),
        ("1,250.50 EUR", "1250.50", "EUR"),
        ("1_000USD", "1000", "USD"),
        ("-3.10 CHF", "-3.10", "CHF"),
    ],
)
def test_reads(text: str, amount: str, currency: str) -> None:
    assert Money.parse(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["", "9000", "USD", "9000 usd", "9000 DOLLAR", "9.000,50 EUR", "1e3 USD", "NaN USD"])
def test_refuses(text: str) -> None:
    with pytest.raises(DesignError, match="is not an amount of money\n  Write a number and a currency"):
        Money.parse(text)


@given(amounts, st.sampled_from(["USD", "EUR"]))
def test_what_it_writes_it_reads(amount: Decimal, currency: str) -> None:
    assert Money.parse(str(Money(amount, currency))) == Money(amount, currency)


@given(amounts, amounts)
def test_adds_subtracts_and_compares_exactly(one: Decimal, other: Decimal) -> None:
    assert Money(one) + Money(other) == Money(one + other)
    assert Money(one) - Money(other) == Money(one) + -Money(other)
    assert (Money(one) < Money(other)) == (one < other)


@pytest.mark.parametrize("operation", [Money.__add__, Money.__sub__, Money.__lt__])
def test_never_mixes_currencies(operation: object) -> None:
    with pytest.raises(DesignError, match="1 USD and 1 EUR are in different currencies"):
        operation(Money(Decimal(1)), Money(Decimal(1), "EUR"))  # type: ignore[operator]


def test_adds_up() -> None:
    assert total([Money(Decimal(1), "EUR"), Money(Decimal("0.10"), "EUR")]) == Money(Decimal("1.10"), "EUR")
    assert total([], "CHF") == Money(Decimal(0), "CHF")
