"""How cost is grouped: where an account stands, what it is tagged, and the rows that come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

from orgkit.cost.amounts import exact
from orgkit.cost.answer import Rollup, Row, Source
from orgkit.cost.sharing import Sharing, share
from orgkit.design import Account, Money, Organization, Target
from orgkit.errors import InputError, did_you_mean

WAYS: Final = ("ou", "account", "owner", "tag:KEY")
NO_ACCOUNT: Final = "(no account)"
_NONE: Final[Mapping[str, str]] = {}


class Item(NamedTuple):
    """An amount to add up. `account` is a node id, or the number of an account that is not in the design, or empty."""

    account: str
    currency: str
    amount: Decimal
    tags: Mapping[str, str] = _NONE  # of the resource
    name: str = ""  # of an account that is not in the design


@dataclass(frozen=True, slots=True)
class _Tree:
    """The part of an organization that is looked at, with what nodes inherit."""

    targets: Mapping[str, Target]  # parents before children
    parents: Mapping[str, str | None]  # None at the top of the part
    paths: Mapping[str, str]
    given: Mapping[str, tuple[str | None, str]]  # node → the value it has or inherits, and the node that gave it


def roll_up(
    org: Organization,
    by: str,
    items: Iterable[Item],
    *,
    what: str,
    tag: str | None = None,
    under: str | None = None,
    planned: bool = False,
) -> Rollup:
    """Add items up; `planned` says that an account without an item is one without a planned cost."""
    by = _way(by, tag)
    tree = _look_at(org, by, under)
    keys = _keys(tree, by)
    tag_key = by.removeprefix("tag:") if by.startswith("tag:") else None
    sums: dict[Source, Decimal] = {}
    strangers: dict[str, str] = {}
    direct: dict[tuple[str, str], Decimal] = {}  # of every account, also where only a part is looked at
    with exact():
        for item in items:
            whole = (item.account, item.currency)
            direct[whole] = direct[whole] + item.amount if whole in direct else item.amount
            if item.account not in tree.targets:
                if under is not None:
                    continue
                strangers.setdefault(item.account, item.name)
            key: str | None
            if tag_key is not None and tag_key in item.tags:
                key, origin = item.tags[tag_key], "charge"
            else:
                key, origin = keys.get(item.account) or _outside_key(by, item.account)
            part = (item.account, key, origin, item.currency)
            sums[part] = sums[part] + item.amount if part in sums else item.amount
        amounts: dict[tuple[str, str | None], Decimal] = {}
        counted: dict[tuple[str, str | None], set[str]] = {}
        totals: dict[str, Decimal] = {}
        for (account, key, _, currency), amount in sums.items():
            amounts[currency, key] = amounts.get((currency, key), Decimal(0)) + amount
            counted.setdefault((currency, key), set()).add(account)
            totals[currency] = totals.get(currency, Decimal(0)) + amount
    sharing = share(org, direct)
    allocated = _allocated(sharing, sums, keys)
    for currency, key in allocated:
        amounts.setdefault((currency, key), Decimal(0))
    missing: list[Source] = []
    if planned:
        priced = {account for account, *_ in sums}
        missing = [
            (node, *keys[node], "")
            for node, target in tree.targets.items()
            if isinstance(target, Account) and node not in priced
        ]
    unplanned = Counter(key for _, key, _, _ in missing)
    currencies = sorted({*totals, *(currency for currency, _ in allocated)}) or ["USD"]
    rows = [
        row
        for currency in currencies
        # What has no planned cost has no currency either: it is counted once, in the first.
        for row in _rows(
            tree, by, currency, amounts, counted, unplanned if currency == currencies[0] else Counter(), strangers
        )
    ]
    rows = _with_shares(rows, allocated)
    return Rollup(
        by=by,
        what=what,
        rows=tuple(rows),
        totals={currency: Money(totals.get(currency, Decimal(0)), currency) for currency in currencies},
        sums=MappingProxyType({**sums, **dict.fromkeys(missing)}),
        unplanned=tuple(tree.paths[account] for account, *_ in missing),
        untagged=tuple(
            dict.fromkeys(_name(tree, account, strangers) for account, key, *_ in (*sums, *missing) if key is None)
        ),
        strangers=tuple(_name(tree, account, strangers) for account in strangers if account),
        shares=sharing.shares,
        kept=tuple(map(str, sharing.kept)),
        revision=org.revision,
    )


def _allocated(
    sharing: Sharing, sums: Mapping[Source, Decimal], keys: Mapping[str, tuple[str | None, str]]
) -> dict[tuple[str, str | None], Decimal]:
    """By currency and row: what its accounts carry for others, less all that they gave away."""
    found: dict[tuple[str, str | None], Decimal] = {}

    def add(currency: str, key: str | None, amount: Decimal) -> None:
        found[currency, key] = found.get((currency, key), Decimal(0)) + amount

    with exact():
        for currency, shares in sharing.shares.items():
            givers = {one.source for one in shares}
            for one in shares:
                if one.target in keys and one.target not in givers:
                    add(currency, keys[one.target][0], one.amount)
            for (account, key, _, of), amount in sums.items():
                if of == currency and account in givers:
                    add(currency, key, -amount)
    return found


def _with_shares(rows: list[Row], allocated: Mapping[tuple[str, str | None], Decimal]) -> list[Row]:
    """The rows with what they carry for others, added up the tree."""
    if not allocated:
        return rows
    own = {(row.currency, row.key): allocated.get((row.currency, row.key), Decimal(0)) for row in rows}
    rolled = dict(own)
    with exact():
        for row in reversed(rows):  # what is below comes after
            if row.parent is not None:
                rolled[row.currency, row.parent] += rolled[row.currency, row.key]
    return [
        replace(row, allocated=own[row.currency, row.key], rolled_up_allocated=rolled[row.currency, row.key])
        for row in rows
    ]


def _way(by: str, tag: str | None) -> str:
    if by == "tag" and tag:
        return f"tag:{tag}"
    if by in ("ou", "account", "owner") or (by.startswith("tag:") and by != "tag:"):
        return by
    mend = "Name the tag, as in tag:Team." if by.startswith("tag") else did_you_mean(by, WAYS)
    raise InputError(f"cost cannot be rolled up by {by!r}", mend=mend)


def _look_at(org: Organization, by: str, under: str | None) -> _Tree:
    top = org.root.id if under is None else org.find(under, "root", "ou", "account")
    root, value = org.root.id, _value(by)
    targets: dict[str, Target] = {}
    parents: dict[str, str | None] = {}
    paths: dict[str, str] = {}
    given: dict[str, tuple[str | None, str]] = {}
    inherited: tuple[str | None, str] = (None, "")
    for ancestor in org.ancestors(top):
        if (mine := value(org.target(ancestor))) is not None:
            inherited = (mine, ancestor)
    for target, above in org.tree(top):
        node = target.id
        parent = None if node == top else above
        targets[node], parents[node] = target, parent
        if parent is None:
            paths[node] = org.path(node)
        else:
            paths[node] = target.handle if parent == root else f"{paths[parent]}/{target.handle}"
        mine = value(target)
        given[node] = (mine, node) if mine is not None else inherited if parent is None else given[parent]
    return _Tree(targets, parents, paths, given)


def _value(by: str) -> Callable[[Target], str | None]:
    if by.startswith("tag:"):
        key = by.removeprefix("tag:")
        return lambda target: target.tags.get(key)
    return lambda target: target.owner


def _keys(tree: _Tree, by: str) -> Mapping[str, tuple[str | None, str]]:
    """For each node: the row its own cost belongs to, and the node that says so, itself or the nearest OU above."""
    if by == "account":
        return {node: (node, node) for node in tree.targets}
    if by == "ou":
        return {node: (parent or node, parent or node) for node, parent in tree.parents.items()}
    return tree.given


def _outside_key(by: str, account: str) -> tuple[str | None, str]:
    return (account or NO_ACCOUNT, "") if by in ("ou", "account") else (None, "")


def _rows(
    tree: _Tree,
    by: str,
    currency: str,
    amounts: Mapping[tuple[str, str | None], Decimal],
    counted: Mapping[tuple[str, str | None], set[str]],
    unplanned: Counter[str | None],
    strangers: Mapping[str, str],
) -> list[Row]:
    if by == "ou":
        return _tree_rows(tree, currency, amounts, counted, unplanned) + _outside(tree, currency, amounts, strangers)
    keys = [key for of, key in amounts if of == currency]
    keys += [key for key in unplanned if (currency, key) not in amounts]
    if by == "account":
        order = {node: number for number, node in enumerate(tree.targets)}
        keys = sorted((key for key in keys if key in order), key=lambda key: order[key or ""])
    else:
        keys.sort(key=lambda key: (key is None, key or ""))
    rows = []
    for key in keys:
        amount = amounts.get((currency, key), Decimal(0))
        account = tree.targets[key] if by == "account" and key is not None else None
        budget = account.budget if account is not None else None
        rows.append(
            Row(
                key=key,
                label=_label(tree, by, key),
                currency=currency,
                direct=amount,
                rolled_up=amount,
                accounts=len(counted.get((currency, key), ())),
                unplanned=unplanned[key],
                budget=budget if budget is not None and budget.currency == currency else None,
                node=account.id if account is not None else None,
            )
        )
    return rows + (_outside(tree, currency, amounts, strangers) if by == "account" else [])


def _outside(
    tree: _Tree,
    currency: str,
    amounts: Mapping[tuple[str, str | None], Decimal],
    strangers: Mapping[str, str],
) -> list[Row]:
    """Rows for accounts that are not in the design, and for what has no account."""
    return [
        Row(
            key=account or NO_ACCOUNT,
            label=_name(tree, account, strangers),
            currency=currency,
            direct=amounts[currency, account or NO_ACCOUNT],
            rolled_up=amounts[currency, account or NO_ACCOUNT],
            accounts=1 if account else 0,
        )
        for account in strangers
        if (currency, account or NO_ACCOUNT) in amounts
    ]


def _tree_rows(
    tree: _Tree,
    currency: str,
    amounts: Mapping[tuple[str, str | None], Decimal],
    counted: Mapping[tuple[str, str | None], set[str]],
    unplanned: Counter[str | None],
) -> list[Row]:
    nodes = [node for node, target in tree.targets.items() if target.kind != "account" or tree.parents[node] is None]
    rolled = {node: amounts.get((currency, node), Decimal(0)) for node in nodes}
    accounts = {node: len(counted.get((currency, node), ())) for node in nodes}
    without = {node: unplanned[node] for node in nodes}
    level: dict[str, int] = {}
    for node in nodes:
        parent = tree.parents[node]
        level[node] = 0 if parent is None else level[parent] + 1
    with exact():
        for node in reversed(nodes):  # children come after their parents
            parent = tree.parents[node]
            if parent is not None:
                rolled[parent] += rolled[node]
                accounts[parent] += accounts[node]
                without[parent] += without[node]
    return [
        Row(
            key=node,
            label=tree.paths[node],
            currency=currency,
            direct=amounts.get((currency, node), Decimal(0)),
            rolled_up=rolled[node],
            accounts=accounts[node],
            unplanned=without[node],
            budget=budget if (budget := tree.targets[node].budget) and budget.currency == currency else None,
            node=node,
            parent=tree.parents[node],
            level=level[node],
        )
        for node in nodes
    ]


def _label(tree: _Tree, by: str, key: str | None) -> str:
    if key is None:
        return "no owner" if by == "owner" else "untagged"
    return tree.paths[key] if by == "account" else key


def _name(tree: _Tree, account: str, strangers: Mapping[str, str]) -> str:
    if account in tree.paths:
        return tree.paths[account]
    return " ".join(filter(None, (account, strangers.get(account)))) or NO_ACCOUNT
