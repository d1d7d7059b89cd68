"""Shared cost, split over those who use it: exact, with direct and allocated cost in columns of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any, Final, Literal

from orgkit.cost.amounts import apportion, exact, in_units
from orgkit.errors import DesignError, InputError, did_you_mean

Method = Literal["EVEN", "FIXED", "PROPORTIONAL", "USAGE"]
METHODS: Final = ("EVEN", "FIXED", "PROPORTIONAL", "USAGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCost:
    """The cost of `source` is carried by `targets`.

    EVEN: in equal parts. FIXED: by `weights`, percentages that add up to 100. PROPORTIONAL: by the targets' direct
    cost, before anything is split. USAGE: by `weights`, whatever was measured. `step` orders rules where one's target
    is another's source: lower steps first. Negative weights count as none.
    """

    name: str
    source: str
    targets: tuple[str, ...]
    method: Method
    weights: Mapping[str, Decimal | Fraction] = field(default_factory=lambda: MappingProxyType({}))
    step: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one target carries of one rule's cost; `ratio` is its weight over all weights."""

    rule: str
    source: str
    target: str
    method: Method
    ratio: Fraction
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Allocated:
    """One row after the split: a source's `allocated` is what it gave away, negative."""

    id: str
    direct: Decimal
    allocated: Decimal

    @property
    def total(self) -> Decimal:
        with exact():
            return self.direct + self.allocated


@dataclass(frozen=True, slots=True)
class Allocation:
    """Rows whose allocated column adds up to nothing, the shares behind it, and what stayed at its source and why.

    To look at some rows only, filter `rows`: shares are of the whole and must not change with what is looked at.
    """

    rows: tuple[Allocated, ...]
    shares: tuple[Share, ...]
    unallocated: Mapping[str, str]  # rule → why its cost stayed

    @property
    def total(self) -> Decimal:
        with exact():
            return sum((row.total for row in self.rows), Decimal(0))

    def row(self, id: str) -> Allocated:
        for row in self.rows:
            if row.id == id:
                return row
        raise InputError(f"there is no row {id!r}", mend=did_you_mean(id, (row.id for row in self.rows)))

    def to_json(self) -> dict[str, Any]:
        """Amounts are decimal texts and ratios are fractions such as 1/3."""
        return {
            "rows": [
                {"id": r.id, "direct": f"{r.direct:f}", "allocated": f"{r.allocated:f}", "total": f"{r.total:f}"}
                for r in self.rows
            ],
            "shares": [{**asdict(s), "ratio": str(s.ratio), "amount": f"{s.amount:f}"} for s in self.shares],
            "unallocated": dict(self.unallocated),
        }


def allocate(
    direct: Mapping[str, Decimal],
    rules: Sequence[SharedCost],
    *,
    places: int = 2,
    without_weights: Literal["error", "keep"] = "error",
) -> Allocation:
    """Split the cost of the rules' sources over their targets; `direct` is each row's own cost, in one currency.

    Shares are whole units of `places` decimals (more, where a cost has more) and add up to the source exactly; units
    left over by rounding go to the largest remainders, of equal ones to the first id. Where no weight is above zero,
    the rule is an error, or with `without_weights="keep"` its cost stays and `unallocated` says so; so it does without
    targets. Raises DesignError for rules that contradict each other.
    """
    check_rules(direct, rules)
    held = dict(direct)
    shares: list[Share] = []
    unallocated: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: rule.step):
        targets = sorted(rule.targets)
        if not targets:
            unallocated[rule.name] = "it has no targets"
            continue
        weights = _weights(rule, targets, direct)
        whole = sum(weights, Fraction(0))
        if not whole and not held[rule.source]:
            continue
        if not whole:
            if without_weights == "error":
                raise DesignError(
                    f"shared cost {rule.name}: {held[rule.source]:f} has nowhere to go, no target weighs above zero",
                    mend="Use another method, or keep the cost at its source.",
                )
            unallocated[rule.name] = "no target has a weight above zero"
            continue
        units, decimals = in_units(held[rule.source], places)
        # A credit is split as a charge of its size is, so that the two cancel out.
        parts = [part if units >= 0 else -part for part in apportion(abs(units), weights)]
        with exact():
            for target, weight, part in zip(targets, weights, parts, strict=True):
                amount = Decimal(part).scaleb(-decimals)
                held[target] += amount
                shares.append(Share(rule.name, rule.source, target, rule.method, weight / whole, amount))
        held[rule.source] = Decimal(0)
    with exact():
        rows = tuple(Allocated(id, cost, held[id] - cost) for id, cost in direct.items())
    return Allocation(rows, tuple(shares), MappingProxyType(unallocated))


def _weights(rule: SharedCost, targets: Iterable[str], direct: Mapping[str, Decimal]) -> list[Fraction]:
    if rule.method == "EVEN":
        return [Fraction(1) for _ in targets]
    table: Mapping[str, Decimal | Fraction] = direct if rule.method == "PROPORTIONAL" else rule.weights
    return [max(Fraction(table[target]), Fraction(0)) for target in targets]


def check_rules(known: Collection[str], rules: Sequence[SharedCost]) -> None:
    """A DesignError where rules name what is not known, contradict each other or go in a circle."""
    sources: dict[str, SharedCost] = {}
    for rule in rules:
        _check_rule(known, rule)
        if rule.source in sources:
            raise DesignError(
                f"shared costs {sources[rule.source].name} and {rule.name} both split {rule.source}",
                mend="A cost is split by one rule: join their targets.",
            )
        sources[rule.source] = rule
    _check_cycles(sources)
    for rule in rules:
        for target in rule.targets:
            later = sources.get(target)
            if later is not None and later.step <= rule.step:
                raise DesignError(
                    f"shared cost {rule.name} gives to {target}, which {later.name} split at step {later.step} before",
                    mend=f"Give {later.name} a step above {rule.step}, so that it splits what it received too.",
                )


def _check_rule(known: Collection[str], rule: SharedCost) -> None:
    place = f"shared cost {rule.name}"
    if rule.method not in METHODS:
        raise DesignError(f"{place}: no method {rule.method!r}", mend=did_you_mean(rule.method, METHODS))
    for id in (rule.source, *rule.targets):
        if id not in known:
            raise DesignError(f"{place}: there is no row {id!r}", mend=did_you_mean(id, known))
    if len(set(rule.targets)) != len(rule.targets):
        raise DesignError(f"{place} names a target twice", mend="Name each target once.")
    if rule.method in ("EVEN", "PROPORTIONAL"):
        if rule.weights:
            raise DesignError(f"{place}: {rule.method} takes no weights", mend="Use FIXED or USAGE.")
        return
    if missing := [target for target in rule.targets if target not in rule.weights]:
        raise DesignError(
            f"{place}: no weight for {', '.join(missing)}", mend="Write 0 for a target that pays nothing."
        )
    if extra := [id for id in rule.weights if id not in rule.targets]:
        raise DesignError(f"{place}: a weight for {', '.join(extra)}, which is no target", mend="Name it in targets.")
    percent = sum((Fraction(weight) for weight in rule.weights.values()), Fraction(0))
    if rule.method == "FIXED" and rule.targets and (percent != 100 or min(rule.weights.values()) < 0):
        raise DesignError(
            f"{place}: the percentages add up to {_decimal(percent)}"
            if percent != 100
            else f"{place}: a percentage is below zero",
            mend="Percentages are zero or more and add up to exactly 100.",
        )


def _decimal(number: Fraction) -> str:
    return f"{(Decimal(number.numerator) / number.denominator).normalize():f}"


def _check_cycles(sources: Mapping[str, SharedCost]) -> None:
    try:
        TopologicalSorter({source: rule.targets for source, rule in sources.items()}).prepare()
    except CycleError as error:
        circle = reversed(error.args[1])
        raise DesignError(
            f"shared costs go in a circle: {' → '.join(circle)}", mend="Take one of them out of the other's targets."
        ) from None
