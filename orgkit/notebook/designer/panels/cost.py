"""Cost: what the selected node is planned to cost, of whose money, against which budget."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orgkit.cost import rollup
from orgkit.design import Account, Policy
from orgkit.notebook.blocks import Json, bars, cell, fold, table, text, title
from orgkit.notebook.designer.rows import money, over_budget, shown_money

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

_SHOWN: Final = 40


def blocks_of(controller: Controller) -> list[Json]:
    org, costs = controller.org, controller.costs
    entity = org.entity(controller.focus)
    if isinstance(entity, Policy):
        return [title(entity.name), text("A policy costs nothing. Select an account or an OU.", "quiet")]
    node = entity.id
    mine, whole = costs.get(node, {}), costs.get(org.root.id, {})
    shown = [title(entity.name, "planned, a month")]
    rows = [[cell("own and below"), cell(shown_money(mine) or "not planned", number=True)]]
    for currency, amount in sorted(mine.items()):
        total = whole.get(currency, Decimal(0))
        if total:
            rows.append([cell(f"share of all {currency}"), cell(f"{amount / total:.1%}", number=True)])
    rows += _carried(controller, node)
    if entity.budget is not None:
        over = over_budget(entity, costs)
        rows.append([cell("budget"), cell(money(entity.budget), number=True)])
        word = "over budget" if over else "within budget"
        rows.append([cell(word), cell(money(over) if over else "", "error", number=True)])
    accounts = org.accounts(node)
    if unplanned := sum(account.monthly_cost is None for account in accounts):
        rows.append([cell("accounts without a planned cost"), cell(f"{unplanned:,}", number=True)])
    shown.append(table(rows))
    if not isinstance(entity, Account):
        shown += _below(controller, node)
    return [*shown, fold("By owner, of the whole organization", text(str(rollup(org, "owner")), mono=True))]


def _carried(controller: Controller, node: str) -> list[list[Json]]:
    """What the node carries for others, and in the end, where the design shares cost."""
    org = controller.org
    if org.settings.cost is None or not org.settings.cost.shared:
        return []
    found = rollup(org, "account" if isinstance(org.entity(node), Account) else "ou")
    mine = [row for row in found.rows if row.node == node]
    carried = {row.currency: row.rolled_up_allocated for row in mine if row.rolled_up_allocated}
    rows = [[cell(f"{note[:1].upper()}{note[1:]}", "error"), cell("")] for note in found.kept]
    if carried:
        total = {row.currency: row.total for row in mine if row.total or row.currency in carried}
        word = "carries for others" if max(carried.values()) > 0 else "carried by others"
        rows.append([cell(word), cell(shown_money({c: abs(a) for c, a in carried.items()}), number=True)])
        rows.append([cell("with shared cost"), cell(shown_money(total), "strong", number=True)])
    return rows


def _below(controller: Controller, node: str) -> list[Json]:
    """What is directly below, the dearest first, as bars of the largest currency."""
    org, costs = controller.org, controller.costs
    mine = costs.get(node, {})
    if not mine:
        return []
    currency = max(mine, key=lambda one: (mine[one], one))
    children = [(child, costs.get(child, {})) for child in org.children(node)]
    priced = sorted(
        ((amounts[currency], child, amounts) for child, amounts in children if currency in amounts),
        key=lambda one: (-one[0], one[1]),
    )
    if not priced or not mine[currency]:
        return []
    drawn = bars(
        (
            (org.target(child).name, float(amount / mine[currency]), 0.0, shown_money(amounts))
            for amount, child, amounts in priced[:_SHOWN]
        ),
        f"share of {shown_money({currency: mine[currency]})}",
    )
    rest = [text(f"and {len(priced) - _SHOWN:,} more", "quiet")] if len(priced) > _SHOWN else []
    return [title("Below it"), drawn, *rest]
