"""An amount of money: an exact decimal and its currency."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from orgkit.errors import DesignError

_WRITTEN = re.compile(r"\s*(-?\d[\d_,]*(?:\.\d+)?)\s*([A-Z]{3})\s*")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount in one currency (ISO 4217 code); amounts of different currencies are never added."""

    amount: Decimal
    currency: str = "USD"

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read `9000 USD` or `1,250.50 EUR`; anything else is a DesignError."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise DesignError(
                f"{text!r} is not an amount of money",
                mend="Write a number and a currency of three letters, as in 9000 USD.",
            )
        return cls(Decimal(match[1].replace(",", "").replace("_", "")), match[2])

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise DesignError(
                f"{self} and {other} are in different currencies",
                mend="Plan the whole organization in one currency, or roll up each currency by itself.",
            )


def total(amounts: Iterable[Money], currency: str = "USD") -> Money:
    """Add amounts of one currency; nothing at all is zero of `currency`."""
    amounts = list(amounts)
    if not amounts:
        return Money(Decimal(0), currency)
    result = amounts[0]
    for amount in amounts[1:]:
        result += amount
    return result
