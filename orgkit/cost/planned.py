"""Planned cost: what the accounts of a design are meant to cost a month."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from orgkit.cost.amounts import exact
from orgkit.cost.answer import Rollup, Row
from orgkit.cost.grouping import Item, roll_up
from orgkit.design import Account, Organization, edits
from orgkit.errors import InputError


def rollup(org: Organization, by: str = "ou", *, tag: str | None = None, under: str | None = None) -> Rollup:
    """Planned monthly cost over the tree (`ou`), by `account`, `owner` or `tag:KEY`; exact, and it foots.

    `under` looks only at what is below an OU; what its accounts inherit stays the same. An account's own tag or owner
    counts, else that of the nearest OU above, else it is untagged. What `cost: shared:` says others carry is in columns
    of its own, and the same whatever is looked at. An InputError where `by` is none of these.
    """
    items = (
        Item(account.id, account.monthly_cost.currency, account.monthly_cost.amount)
        for account in org.accounts()
        if account.monthly_cost is not None
    )
    return roll_up(org, by, items, what="planned monthly cost", tag=tag, under=under, planned=True)


def after_move(org: Organization, before: Rollup, ref: str, to: str) -> tuple[Row, ...]:
    """The rows of a rollup over the tree as they would be after one move, those alone whose figures change.

    Nothing is moved, and only the OUs above the two places are added up again. `before` is `rollup(org)` of the
    organization as it stands; a DesignError where the move is impossible.
    """
    if before.by != "ou":
        raise InputError(f"a move cannot be followed in a rollup by {before.by}", mend='Use rollup(org, by="ou").')
    if before.revision != org.revision:
        raise InputError("the organization was edited after this rollup", mend="Roll up again.")
    edits.move(org, ref, to)  # refuses what cannot be
    if org.settings.cost is not None and org.settings.cost.shared:
        return _moved(org, before, ref, to)
    node, holder = org.find(ref, "ou", "account"), org.find(to, "root", "ou")
    parent = org.parent(node)
    old, new = org.ancestors(node), org.chain(holder)
    rows = before.by_key
    entity = org.entity(node)
    changed: list[Row] = []
    with exact():
        for currency in before.totals:
            if isinstance(entity, Account):
                cost = entity.monthly_cost
                moved = cost.amount if cost is not None and cost.currency == currency else Decimal(0)
                accounts = int(cost is not None and cost.currency == currency)
                unplanned = int(cost is None)
            else:
                row = rows[node, currency]
                moved, accounts, unplanned = row.rolled_up, row.accounts, row.unplanned
            for sign, chain, at in ((-1, old, parent), (1, new, holder)):
                other = new if sign < 0 else old
                for above in chain:
                    row = rows[above, currency]
                    direct = sign * moved if isinstance(entity, Account) and above == at else Decimal(0)
                    rolled = Decimal(0) if above in other else sign * moved
                    if above in other and not direct:
                        continue
                    changed.append(
                        replace(
                            row,
                            direct=row.direct + direct,
                            rolled_up=row.rolled_up + rolled,
                            accounts=row.accounts + (0 if above in other else sign * accounts),
                            unplanned=row.unplanned + (0 if above in other else sign * unplanned),
                        )
                    )
    return tuple(changed)


def _moved(org: Organization, before: Rollup, ref: str, to: str) -> tuple[Row, ...]:
    """With shared cost a move may change what anybody carries, so everything is rolled up again."""
    after = org.copy()
    after.move(ref, to)
    now = rollup(after).by_key
    return tuple(now[key] for key, row in before.by_key.items() if key in now and now[key] != row)
