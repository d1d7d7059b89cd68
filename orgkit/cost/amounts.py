"""Exact sums, and rounding that keeps a column adding up to its total (the largest remainder method)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, localcontext
from fractions import Fraction
from math import floor

# Wide enough for any bill; a sum that would lose a digit raises instead.
_DIGITS = 200
_EXACT = Context(prec=_DIGITS, traps=[Inexact, InvalidOperation])


@contextmanager
def exact() -> Iterator[None]:
    """Within, sums of decimals never lose a digit, however many they have."""
    with localcontext(_EXACT):
        yield


def apportion(units: int, weights: Sequence[Fraction | Decimal | int]) -> list[int]:
    """Split `units` in proportion to `weights` into integers that add up to `units` exactly.

    Each part is its exact share rounded down, and those with the largest remainders get one more; of equal remainders
    the earlier one, so sort by id beforehand. Raises ZeroDivisionError where the weights add up to nothing.
    """
    shares = [Fraction(weight) for weight in weights]
    whole = sum(shares, Fraction(0))
    quotas = [units * share / whole for share in shares]
    parts = [floor(quota) for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - quotas[i])
    for i in by_remainder[: units - sum(parts)]:
        parts[i] += 1
    return parts


def round_to_foot(values: Sequence[Decimal], places: int = 2) -> list[Decimal]:
    """Round each value to `places` decimals so that the rounded ones add up to the rounded total.

    Each result is less than one unit of the last place away from its value.
    """
    scale = 10**places
    exact_units = [Fraction(value) * scale for value in values]
    parts = [floor(units) for units in exact_units]
    missing = round(sum(exact_units, Fraction(0))) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact_units[i])
    for i in by_remainder[:missing]:
        parts[i] += 1
    return [Decimal(part).scaleb(-places) for part in parts]


def percentages(values: Sequence[Decimal], places: int = 1) -> list[Decimal]:
    """What each value is of their sum, in percent; they add up to 100 exactly, or are all 0 where the sum is 0."""
    with exact():
        whole = sum(values, Decimal(0))
    parts = apportion(100 * 10**places, values) if whole else [0] * len(values)
    return [Decimal(part).scaleb(-places) for part in parts]


def in_units(amount: Decimal, places: int = 2) -> tuple[int, int]:
    """The amount as an integer count of its quantum, and the quantum's number of decimals: `places`, or more."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise InvalidOperation(f"{amount} is not a number")
    decimals = max(places, -exponent)
    return int(Fraction(amount) * 10**decimals), decimals


def written(amount: Decimal, places: int = 2) -> str:
    """An amount for people: `1,250.50`."""
    return f"{amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, Context(prec=_DIGITS)):,f}"
