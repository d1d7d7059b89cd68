"""The tree as the browser gets it: one row for each node, whole at first, then only the rows that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from orgkit.design import Account, Money, Organization, Policy, Problem, Target
from orgkit.design.changes import Add, Attach, Change, Detach, Move, Remove, Replace
from orgkit.design.touched import Touched

KINDS: Final = {"root": 0, "ou": 1, "account": 2}
Row = list[Any]  # id, name, kind, badges; in a whole tree the parent's place too
Costs = Mapping[str, Mapping[str, Decimal]]


def planned_costs(org: Organization) -> dict[str, dict[str, Decimal]]:
    """For each node the planned monthly cost of itself and everything below, by currency; nothing where none is."""
    costs: dict[str, dict[str, Decimal]] = {}
    for target, parent in reversed(org.tree()):  # children come before their parents
        if isinstance(target, Account) and target.monthly_cost is not None:
            costs[target.id] = {target.monthly_cost.currency: target.monthly_cost.amount}
        mine = costs.get(target.id)
        if mine and parent is not None:
            above = costs.setdefault(parent, {})
            for currency, amount in mine.items():
                above[currency] = above[currency] + amount if currency in above else amount
    return costs


def figure(amount: Decimal, sign: str = "") -> str:
    """`5,200` or `5,200.50`: every digit, no zeros for cents there are none of; with `sign` "+" always signed."""
    return format(amount, f"{sign},.0f" if amount == amount.to_integral_value() else f"{sign},f")


def money(amount: Money) -> str:
    """`5,200 USD`."""
    return f"{figure(amount.amount)} {amount.currency}"


def replanned(costs: Costs, org: Organization, changes: Iterable[Change]) -> Costs:
    """Planned costs before some changes, as they are after them: only what is above a change is added up again."""
    touched = Touched(org, changes)
    if touched.whole:
        return planned_costs(org)
    found = dict(costs)
    for node in sorted(touched.nodes("below"), key=lambda one: -len(org.chain(one)) if one in org else 0):
        found.pop(node, None)
        entity = org.entity(node) if node in org else None
        if entity is None or isinstance(entity, Policy):
            continue
        amounts: dict[str, Decimal] = {}
        if isinstance(entity, Account) and entity.monthly_cost is not None:
            amounts[entity.monthly_cost.currency] = entity.monthly_cost.amount
        for child in org.children(node):
            for currency, amount in found.get(child, {}).items():
                amounts[currency] = amounts[currency] + amount if currency in amounts else amount
        if amounts:
            found[node] = amounts
    return found


def shown_money(amounts: Mapping[str, Decimal]) -> str:
    """`5,200 USD`, the currencies one after the other."""
    return " + ".join([f"{figure(amount)} {currency}" for currency, amount in sorted(amounts.items())])


def over_budget(target: Target, costs: Costs) -> Money | None:
    """By how much the planned cost of a node is over its budget."""
    if target.budget is None:
        return None
    cost = costs.get(target.id, {}).get(target.budget.currency, Decimal(0))
    over = Money(cost, target.budget.currency) - target.budget
    return over if over.amount > 0 else None


class Rows:
    """Makes rows; what badges show is handed in, so that this can be asked for any state."""

    def __init__(
        self, org: Organization, costs: Costs, problems: Mapping[str, tuple[Problem, ...]], marks: Mapping[str, str]
    ) -> None:
        self._org, self._costs, self._problems, self._marks = org, costs, problems, marks
        self._bound = org.bound()

    def whole(self) -> list[Row]:
        """Every row, parents before children; a row's last part is the place of its parent, -1 for the root."""
        place: dict[str | None, int] = {None: -1}
        rows = []
        for number, (target, parent) in enumerate(self._org.tree()):
            place[target.id] = number
            rows.append([*self.row(target), place[parent]])
        return rows

    def row(self, target: Target) -> Row:
        """One row without its place."""
        return [target.id, target.name, KINDS[target.kind], self._badges(target)]

    def _badges(self, target: Target) -> dict[str, Any]:
        """Only what there is: `h` handle, `p` policies, `c` cost, `o` over budget, `e` errors, `w` warnings, …"""
        badges: dict[str, Any] = {}
        if target.handle != target.name:
            badges["h"] = target.handle
        if target.id in self._bound:
            badges["p"] = [policy.handle for policy in self._org.attached(target.id, implied=False)]
        if not target.full_aws_access:
            badges["f"] = 1
        if cost := self._costs.get(target.id):
            badges["c"] = shown_money(cost)
        if over := over_budget(target, self._costs):
            badges["o"] = money(over)
        if found := self._problems.get(target.id):
            for key, severity in (("e", "error"), ("w", "warning"), ("n", "note")):
                if count := sum(problem.severity == severity for problem in found):
                    badges[key] = count
        if target.id in self._marks:
            badges["m"] = self._marks[target.id]
        if isinstance(target, Account) and target.management:
            badges["a"] = 1
        return badges


def patch(rows: Rows, org: Organization, nodes: Iterable[str], parents: Iterable[str], gone: Iterable[str]) -> Any:
    """What the browser has to change: rows anew, the children of some parents in order, and what is no more."""
    return {
        "rows": [rows.row(org.target(node)) for node in dict.fromkeys(nodes) if node in org],
        "children": {parent: list(org.children(parent)) for parent in dict.fromkeys(parents) if parent in org},
        "gone": [node for node in dict.fromkeys(gone) if node not in org],
    }


def concerned(org: Organization, changes: Iterable[Change]) -> tuple[set[str], set[str], set[str]]:
    """Of some changes: the nodes whose own rows differ, the parents whose children do, and what was removed."""
    nodes: set[str] = set()
    parents: set[str] = set()
    gone: set[str] = set()
    for change in changes:
        match change:
            case Add(entity, parent) | Remove(entity, parent):
                if entity.kind != "policy":
                    nodes.add(entity.id)
                    parents.update([parent] if parent else [])
                    gone.add(entity.id)
            case Move(node, before, _, after):
                nodes.add(node)
                parents.update((before, after))
            case Attach(_, target) | Detach(_, target):
                nodes.add(target)
            case Replace(_, entity):
                nodes.update(org.targets(entity.id) if entity.kind == "policy" and entity.id in org else [entity.id])
            case _:
                pass
    in_tree = {node for node in nodes if node in org and org.entity(node).kind != "policy"}
    return in_tree, {parent for parent in parents if parent in org}, {node for node in gone if node not in org}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The keys whose values are not the same in both."""
    changed = {key for key, now in after.items() if (was := before.get(key)) is not now and was != now}
    return changed.union(before.keys() - after.keys())
