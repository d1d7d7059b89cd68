"""The shared cost of a design: its rules over places and tags, as rules over accounts, and what comes of them.

Cost is split between accounts, in each currency by itself and before anything is grouped or filtered, so that every
way to look at it shows the same shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from orgkit.cost.allocation import Share, SharedCost, allocate, check_rules
from orgkit.design import Account, Organization, Problem, Severity
from orgkit.design.sections import SplitCharge, SplitTarget
from orgkit.errors import DesignError, InputError

_WEIGHED: Final = ("FIXED", "USAGE")
_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


class Kept(NamedTuple):
    """A shared cost that stays at its source, and why; without a name, all of them."""

    name: str
    why: str

    def __str__(self) -> str:
        return (
            f"shared cost {self.name} stays where it is: {self.why}" if self.name else f"nothing is shared: {self.why}"
        )


@dataclass(frozen=True, slots=True)
class Sharing:
    """The shares by currency, between node ids of accounts, and what stays where it is and why."""

    shares: Mapping[str, tuple[Share, ...]] = field(default_factory=lambda: _NONE)
    kept: tuple[Kept, ...] = ()


def share(org: Organization, direct: Mapping[tuple[str, str], Decimal]) -> Sharing:
    """Split what the design says is shared; `direct` is each account's own cost, by node id and currency.

    Rules that cannot be followed split nothing, and are told: `check` has them as errors.
    """
    if org.settings.cost is None or not org.settings.cost.shared:
        return Sharing()
    split = expand(org)
    kept = list(split.unfit)
    accounts = [account.id for account in org.accounts()]
    currencies = sorted({currency for _, currency in direct})
    shares: dict[str, tuple[Share, ...]] = {}
    for currency in currencies:
        amounts = {account: direct.get((account, currency), Decimal(0)) for account in accounts}
        try:
            found = allocate(amounts, split.rules, without_weights="keep")
        except DesignError as error:
            return Sharing(kept=(Kept("", error.what),))
        if found.shares:
            shares[currency] = found.shares
        stays = {rule.name for rule in split.rules if amounts[rule.source]}
        kept += [Kept(name, f"{why} in {currency}") for name, why in found.unallocated.items() if name in stays]
    return Sharing(MappingProxyType(shares), tuple(dict.fromkeys(kept)))


class Expanded(NamedTuple):
    """Rules between accounts, one for each source, and those that none could be made of."""

    rules: tuple[SharedCost, ...]
    unfit: tuple[Kept, ...]


def expand(org: Organization) -> Expanded:
    """The rules of a design between the node ids of accounts."""
    cost = org.settings.cost
    charges = tuple(cost.shared.values()) if cost is not None else ()
    sources: dict[str, tuple[str, ...]] = {}
    unfit: list[Kept] = []
    for charge in charges:
        try:
            sources[charge.name] = _accounts(org, charge.source)
        except InputError as error:
            unfit.append(Kept(charge.name, error.what))
    split_at: dict[str, int] = {}
    for charge in charges:
        for account in sources.get(charge.name, ()):
            split_at[account] = min(charge.step, split_at.get(account, charge.step))
    rules: list[SharedCost] = []
    for charge in charges:
        if charge.name in sources:
            try:
                rules += _rules(org, charge, sources[charge.name], split_at)
            except InputError as error:
                unfit.append(Kept(charge.name, error.what))
    return Expanded(tuple(rules), tuple(unfit))


def _rules(
    org: Organization, charge: SplitCharge, sources: tuple[str, ...], split_at: Mapping[str, int]
) -> Iterator[SharedCost]:
    weights: dict[str, Fraction] = {}
    for target in charge.to:
        accounts = _carriers(org, charge, target, split_at)
        if not accounts:
            raise DesignError(f"{target} has no account that can carry it")
        for account in accounts:
            mine = Fraction(target.weight or 0) / len(accounts)
            weights[account] = weights.get(account, Fraction(0)) + mine
    for source in sources:
        yield SharedCost(
            name=charge.name,
            source=source,
            targets=tuple(weights),
            method=charge.method,  # type: ignore[arg-type]
            weights=weights if charge.method in _WEIGHED else _NONE,
            step=charge.step,
        )


def _carriers(
    org: Organization, charge: SplitCharge, target: SplitTarget, split_at: Mapping[str, int]
) -> tuple[str, ...]:
    """An account that is named carries its part in any case; one that only stands in an OU, if it is not split."""
    if target.place is None:
        key, value = target.tag or ("", "")
        found = tuple(account for account, given in _tagged(org, key).items() if given == value)
    else:
        node = org.find(target.place, "root", "ou", "account")
        if isinstance(org.entity(node), Account):
            return (node,)
        found = _accounts(org, node)
    return tuple(account for account in found if split_at.get(account, charge.step + 1) > charge.step)


def _accounts(org: Organization, name: str) -> tuple[str, ...]:
    node = org.find(name, "root", "ou", "account")
    return tuple(account.id for account in org.accounts(node))


def _tagged(org: Organization, key: str) -> dict[str, str | None]:
    """The value of a tag for each account: its own, or that of the nearest OU above."""
    given: dict[str, str | None] = {}
    found: dict[str, str | None] = {}
    for target, parent in org.tree():
        given[target.id] = target.tags.get(key, given.get(parent or ""))
        if isinstance(target, Account):
            found[target.id] = given[target.id]
    return found


def shared_cost(org: Organization) -> Iterator[Problem]:
    """What is wrong with the shared cost of a design: rules that contradict each other, and what nobody can carry."""
    if org.settings.cost is None or not org.settings.cost.shared:
        return
    split = expand(org)
    for one in split.unfit:
        yield _problem(org, "error", one, "Name who carries it, or take the shared cost out.")
    try:
        check_rules([account.id for account in org.accounts()], split.rules)
    except DesignError as error:
        yield _problem(org, "error", Kept("", error.what), error.mend or "")
        return
    planned = {
        (account.id, account.monthly_cost.currency): account.monthly_cost.amount
        for account in org.accounts()
        if account.monthly_cost is not None
    }
    for one in share(org, planned).kept:
        if one not in split.unfit:
            yield _problem(org, "warning", one, "Plan the cost of those who carry it, or use another method.")


def _problem(org: Organization, severity: Severity, kept: Kept, fix: str) -> Problem:
    place = f"cost.shared.{kept.name}" if kept.name else "cost.shared"
    return Problem(code="shared-cost", severity=severity, where=org.where(place), message=str(kept), fix=fix)
