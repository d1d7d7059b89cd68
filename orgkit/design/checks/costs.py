"""Rules about planned cost, budgets and the tags that cost is told apart by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from orgkit.design.checks.finding import Finding, plural
from orgkit.design.entities import Account
from orgkit.design.money import Money
from orgkit.design.organization import Organization


def budget_exceeded(org: Organization) -> Iterator[Finding]:
    if not (budgets := _budgets(org)):
        return
    planned, unplanned = _planned(org)
    for node, budget in budgets:
        cost = Money(planned.get(node, {}).get(budget.currency, Decimal(0)), budget.currency)
        if budget < cost:
            unknown = f"; {plural(unplanned[node], 'account')} in it without a planned cost" if unplanned[node] else ""
            yield Finding(
                node,
                f"planned {cost} a month, {cost - budget} over the budget of {budget}{unknown}",
                "Raise the budget, or plan less.",
            )


def budget_currency(org: Organization) -> Iterator[Finding]:
    if not (budgets := _budgets(org)):
        return
    planned, _ = _planned(org)
    for node, budget in budgets:
        if others := planned.get(node, {}).keys() - {budget.currency}:
            yield Finding(
                node,
                f"the budget is in {budget.currency}, but cost is planned in {', '.join(sorted(others))}",
                "Plan cost and budget in one currency; orgkit never converts.",
            )


def currencies_mixed(org: Organization) -> Iterator[Finding]:
    counts = Counter(a.monthly_cost.currency for a in org.accounts() if a.monthly_cost is not None)
    if len(counts) > 1:
        listed = ", ".join(f"{plural(n, 'account')} in {currency}" for currency, n in sorted(counts.items()))
        yield Finding(
            org.root.id,
            f"cost is planned in several currencies: {listed}",
            "Totals are given for each currency by itself; plan in one to have one total.",
        )


def required_tag_missing(org: Organization) -> Iterator[Finding]:
    """A tag that an OU above gives counts as given, as it does in a rollup."""
    cost = org.settings.cost
    if cost is None or not cost.required_tags:
        return
    missing: dict[str, frozenset[str]] = {}  # at each node, what neither it nor anything above it carries
    for target, parent in org.tree():
        node = target.id
        above = frozenset(cost.required_tags) if parent is None else missing[parent]
        missing[node] = above - target.tags.keys() if target.tags else above
        if isinstance(target, Account) and missing[node]:
            named = [tag for tag in cost.required_tags if tag in missing[node]]
            yield Finding(
                node,
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


def _planned(org: Organization) -> tuple[dict[str, dict[str, Decimal]], Counter[str]]:
    """For each node: planned cost by currency of everything below, and how many accounts have none."""
    costs: dict[str, dict[str, Decimal]] = {}
    unplanned: Counter[str] = Counter()
    for account in org.accounts():
        if account.monthly_cost is None:
            unplanned[account.id] = 1
        else:
            costs[account.id] = {account.monthly_cost.currency: account.monthly_cost.amount}
    for target, parent in reversed(org.tree()):
        node = target.id
        if parent is None:
            continue
        if node in costs:
            above = costs.setdefault(parent, {})
            for currency, cost in costs[node].items():
                above[currency] = above.get(currency, Decimal(0)) + cost
        if node in unplanned:
            unplanned[parent] += unplanned[node]
    return costs, unplanned


def _budgets(org: Organization) -> list[tuple[str, Money]]:
    return [(target.id, target.budget) for target, _ in org.tree() if target.budget is not None]
