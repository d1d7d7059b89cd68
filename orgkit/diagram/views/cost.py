"""The cost: what each part of the tree costs, its share as the shade of its ground, and budgets that are exceeded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from orgkit.design import Money, Organization, Target
from orgkit.diagram.fold import Box, fold
from orgkit.diagram.picture import Badge, Card, Picture, Row
from orgkit.diagram.views import parts
from orgkit.diagram.views.parts import Options

if TYPE_CHECKING:
    from orgkit.cost import Rollup

_LEGEND = Badge("a darker ground is a larger share of the total", "folded")
_CARRIED = Badge("→ what is carried once shared cost is split", "folded")

Amounts = Mapping[str, Decimal]  # by currency


@dataclass(frozen=True, slots=True)
class _Figures:
    """Amounts of accounts and rolled up amounts of OUs, by node and then currency.

    `carried` are the amounts after shared cost is split, of those nodes for which it makes a difference.
    """

    amounts: Mapping[str, Amounts]
    carried: Mapping[str, Amounts]
    total: Amounts
    what: str

    def note(self, node: str) -> str:
        amounts, carried = self.amounts.get(node), self.carried.get(node)
        said = _sum(amounts) if amounts else "not planned"
        return f"{said} → {_sum(carried)}" if carried else said

    def share(self, node: str) -> float | None:
        """The part of the total in the one currency there is; None where there are several, or none."""
        amounts = self.carried.get(node) or self.amounts.get(node)
        if amounts is None or len(self.total) != 1:
            return None
        ((currency, whole),) = self.total.items()
        return float(amounts.get(currency, Decimal(0)) / whole) if whole > 0 else None


def _sum(amounts: Amounts) -> str:
    return " + ".join(map(money, _money(amounts)))


def money(amount: Money) -> str:
    """`9,200 USD`: to the cent where there are cents."""
    value = amount.amount
    return (
        f"{value:,.0f} {amount.currency}" if value == value.to_integral_value() else f"{value:,.2f} {amount.currency}"
    )


def cost(org: Organization, options: Options) -> Picture:
    answer = options.rollup
    if answer is None:
        from orgkit.cost import rollup

        answer = rollup(org)
    figures = _figures(answer, options.top)
    over = {node for node in figures.amounts if _over(org.target(node), figures.amounts[node])}
    folded = fold(org, options.top, options.collapse, keep=options.highlight | over)
    cards = [_card(org, box, figures, options) for box in folded.boxes]
    total = _sum(figures.total) or "none"
    facts = [f"{figures.what}: {total}"]
    open_accounts = sum(account.id not in figures.amounts for account in org.accounts(options.top))
    facts += [f"{open_accounts:,} without a figure"] if open_accounts else []
    facts += answer.kept
    legend = [_LEGEND, *([_CARRIED] if figures.carried else []), *parts.legend(cards, warning="over budget")]
    return parts.picture(org, options, "Cost", cards, folded, legend, *facts)


def _card(org: Organization, box: Box, figures: _Figures, options: Options) -> Card:
    entity = org.target(box.node)
    rows = []
    for account in box.accounts:
        row = parts.row(account, options, note=figures.note(account.id))
        mark = None if account.management else row.mark
        rows.append(replace(row, mark=mark, shade=figures.share(account.id), badges=_warning(account, figures)))
    if box.said:
        rows.append(Row(box.said, _folded(box, figures), tone="folded"))
    share = figures.share(box.node)
    percent = f" · {share:.0%}" if share is not None else ""
    card = parts.card(entity, box.parent, options)
    return replace(
        card,
        note=figures.note(box.node) + percent,
        tone="ou",
        shade=share or 0.0,
        badges=_warning(entity, figures),
        rows=tuple(rows),
    )


def _figures(answer: Rollup, top: str) -> _Figures:
    amounts: dict[str, dict[str, Decimal]] = {}
    for part in answer.parts:
        if part.cost is not None:
            mine = amounts.setdefault(part.account, {})
            mine[part.cost.currency] = mine.get(part.cost.currency, Decimal(0)) + part.cost.amount
    for row in answer.rows:
        if row.node is not None and row.accounts:
            amounts.setdefault(row.node, {})[row.currency] = row.rolled_up
    return _Figures(amounts, _carried(answer, amounts), amounts.get(top, {}), answer.what)


def _carried(answer: Rollup, amounts: Mapping[str, Amounts]) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = {}
    differences = {(row.node, row.currency): row.rolled_up_allocated for row in answer.rows if row.node is not None}
    for (node, currency), difference in {**differences, **answer.allocated}.items():
        if difference and node is not None:
            found.setdefault(node, dict(amounts.get(node, {})))
            found[node][currency] = found[node].get(currency, Decimal(0)) + difference
    return found


def _money(amounts: Amounts) -> list[Money]:
    return [Money(amount, currency) for currency, amount in sorted(amounts.items())]


def _over(entity: Target, amounts: Amounts | None) -> Money | None:
    """By how much the budget is exceeded, in the budget's currency."""
    budget = entity.budget
    if budget is None or amounts is None or amounts.get(budget.currency, Decimal(0)) <= budget.amount:
        return None
    return Money(amounts[budget.currency], budget.currency) - budget


def _warning(entity: Target, figures: _Figures) -> tuple[Badge, ...]:
    over = _over(entity, figures.amounts.get(entity.id))
    if over is None or entity.budget is None:
        return ()
    return (Badge(f"{money(over)} over budget of {money(entity.budget)}", "warning"),)


def _folded(box: Box, figures: _Figures) -> str:
    total: dict[str, Decimal] = {}
    for account in box.folded:
        for currency, amount in figures.amounts.get(account.id, {}).items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return _sum(total)
