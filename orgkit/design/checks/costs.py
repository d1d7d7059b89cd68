"""Rules about planned cost, budgets and the tags that cost is told apart by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache

from orgkit.design.checks.finding import Finding, plural
from orgkit.design.entities import Account, Target
from orgkit.design.money import Money
from orgkit.design.organization import Organization


def budget_exceeded(org: Organization, targets: Iterable[Target]) -> Iterator[Finding]:
    for target, budget in _budgets(targets):
        planned, unplanned = _planned(org, target)
        cost = Money(planned.get(budget.currency, Decimal(0)), budget.currency)
        if budget < cost:
            unknown = f"; {plural(unplanned, 'account')} in it without a planned cost" if unplanned else ""
            yield Finding(
                target.id,
                f"planned {cost} a month, {cost - budget} over the budget of {budget}{unknown}",
                "Raise the budget, or plan less.",
            )


def budget_currency(org: Organization, targets: Iterable[Target]) -> Iterator[Finding]:
    for target, budget in _budgets(targets):
        if others := _planned(org, target)[0].keys() - {budget.currency}:
            yield Finding(
                target.id,
                f"the budget is in {budget.currency}, but cost is planned in {', '.join(sorted(others))}",
                "Plan cost and budget in one currency; orgkit never converts.",
            )


def currencies_mixed(org: Organization) -> Iterator[Finding]:
    planned = [account.monthly_cost.currency for account in org.accounts() if account.monthly_cost is not None]
    if len(set(planned)) > 1:
        counts = Counter(planned)
        listed = ", ".join(f"{plural(n, 'account')} in {currency}" for currency, n in sorted(counts.items()))
        yield Finding(
            org.root.id,
            f"cost is planned in several currencies: {listed}",
            "Totals are given for each currency by itself; plan in one to have one total.",
        )


def required_tag_missing(org: Organization, accounts: Iterable[Account]) -> Iterator[Finding]:
    """A tag that an OU above gives counts as given, as it does in a rollup."""
    cost = org.settings.cost
    if cost is None or not cost.required_tags:
        return
    required = frozenset(cost.required_tags)

    @cache
    def missing(parent: str | None) -> frozenset[str]:
        """What neither a root or OU nor anything above it carries."""
        return required if parent is None else missing(org.parent(parent)).difference(org.entity(parent).tags)

    for account in accounts:
        if lacking := missing(org.parent(account.id)).difference(account.tags):
            named = [tag for tag in cost.required_tags if tag in lacking]
            yield Finding(
                account.id,
                f"neither the account nor an OU above it carries the required tag{'s' * (len(named) > 1)} "
                + ", ".join(named),
                f"Add tags: {{{', '.join(f'{tag}: …' for tag in named)}}}.",
            )


def allocation_tag_unused(org: Organization) -> Iterator[Finding]:
    cost = org.settings.cost
    if cost is None:
        return
    carried = {key for target, _ in org.tree() for key in target.tags}
    for tag in cost.allocation_tags:
        if tag not in carried:
            near = [key for key in sorted(carried) if key.casefold() == tag.casefold()]
            yield Finding(
                "cost.allocation_tags",
                f"no account and no OU carries the tag {tag}" + (f", but some carry {near[0]}" if near else ""),
                "Keys of tags differ by case." if near else "Tag the accounts, or leave the tag out.",
            )


def _planned(org: Organization, target: Target) -> tuple[dict[str, Decimal], int]:
    """Planned cost by currency of a node and everything below it, and how many accounts of it have none."""
    costs: dict[str, Decimal] = {}
    unplanned = 0
    for account in (target,) if isinstance(target, Account) else org.accounts(target.id):
        if (cost := account.monthly_cost) is None:
            unplanned += 1
        else:
            costs[cost.currency] = costs.get(cost.currency, Decimal(0)) + cost.amount
    return costs, unplanned


def _budgets(targets: Iterable[Target]) -> list[tuple[Target, Money]]:
    return [(target, target.budget) for target in targets if target.budget is not None]
