"""Shared cost as it may be said: who carries it by which method, checked the same in the file and in an edit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from orgkit.design.sections import SplitCharge, SplitTarget
from orgkit.errors import DesignError, did_you_mean

METHODS: Final = ("EVEN", "FIXED", "PROPORTIONAL", "USAGE")
WEIGHED: Final = ("FIXED", "USAGE")
_TAG: Final = re.compile(r"tag:([^=]+)=(.*)")

Carriers = Iterable[str] | Mapping[str, Decimal | int | str]


def split_target(name: str, weight: Decimal | None = None) -> SplitTarget:
    """Who is meant by an account, an OU path, `root` or `tag:KEY=VALUE`."""
    tag = _TAG.fullmatch(name)
    if tag is not None:
        return SplitTarget(tag=(tag[1], tag[2]), weight=weight)
    if name.startswith("tag:"):
        raise DesignError(f"{name!r} names no value", mend="Write tag:KEY=VALUE.")
    return SplitTarget(place=name, weight=weight)


def split_charge(*, name: str, source: str, method: str, to: tuple[SplitTarget, ...], step: int = 0) -> SplitCharge:
    """A shared cost; a DesignError where method and weights do not fit each other."""
    if method not in METHODS:
        raise DesignError(f"there is no method {method!r}", mend=did_you_mean(method, METHODS))
    weights = [one.weight for one in to if one.weight is not None]
    if method not in WEIGHED and weights:
        raise DesignError(f"is {method}, which takes no weights", mend="Name who carries it as a list.")
    if method in WEIGHED and len(weights) < len(to):
        what = "percentages" if method == "FIXED" else "what was measured"
        raise DesignError(f"is {method} and lacks {what}", mend="Write to: {NAME: 60, OTHER: 40}.")
    if method == "FIXED" and (whole := sum(weights, Decimal(0))) != 100:
        raise DesignError(f"has percentages that add up to {whole:f}", mend="They add up to exactly 100.")
    return SplitCharge(name=name, source=source, method=method, to=to, step=step)


def carriers(to: Carriers) -> tuple[SplitTarget, ...]:
    """Those who carry a cost: names, or names with weights."""
    pairs = to.items() if isinstance(to, Mapping) else ((name, None) for name in ([to] if isinstance(to, str) else to))
    return tuple(split_target(name, None if weight is None else _weight(name, weight)) for name, weight in pairs)


def _weight(name: str, weight: Decimal | int | str) -> Decimal:
    try:
        number = Decimal(weight)
    except (InvalidOperation, TypeError, ValueError):
        number = Decimal("NaN")
    if isinstance(weight, float) or not number.is_finite() or number < 0:
        raise DesignError(
            f"the weight of {name} should be a number from 0 on, not {weight!r}",
            mend='Give a whole number, a Decimal, or its text, as in "33.3".',
        )
    return number
