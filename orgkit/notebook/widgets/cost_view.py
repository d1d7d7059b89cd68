"""What an organization costs, as a tree to look into: own and rolled up, by OU, owner or tag, against budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Final

from orgkit.cost import Charge, Rollup, Row, roll_up_charges, rollup
from orgkit.cost.amounts import written
from orgkit.design import Money, Organization
from orgkit.errors import InputError, did_you_mean
from orgkit.notebook.blocks import Json, bars, cell, field, form, item, items, text, title
from orgkit.notebook.designer import drafting
from orgkit.notebook.outline import Branch, Outline
from orgkit.notebook.widgets.panel import Panel, unknown

_TOP: Final = 10  # dearest accounts shown
_LISTED: Final = 50
_OPEN: Final = 60  # rows up to which the tree of OUs is shown unfolded
_TREE: Final = ("own", "with all below", "share")
_FLAT: Final = ("cost", "share")
_SHARED: Final = ("allocated", "in the end")
_BUDGETS: Final = ("budget", "of budget")


class CostView(Panel):
    """Planned monthly cost, or a bill where `charges` are given, own and rolled up, with shares and budgets.

    `by` is `ou`, `account`, `owner` or `tag:KEY`; every row unfolds down to its accounts. Currencies stand apart, as
    they are never added. The organization is followed: what a cell edits shows.
    """

    def __init__(
        self,
        org: Organization,
        charges: Iterable[Charge] | None = None,
        *,
        by: str = "ou",
        interactive: bool | None = None,
    ) -> None:
        super().__init__(interactive=interactive)
        self._org = org
        self._charges = None if charges is None else tuple(charges)
        self._rollups: dict[tuple[str, int], Rollup] = {}
        self._trees: dict[tuple[str, str], Outline] = {}
        self.by = by
        self._rollup(by)  # refuses what there is not

    @property
    def version(self) -> int:
        return self._org.revision

    # ---- what is shown ---------------------------------------------------------------------------

    def blocks(self) -> list[Json]:
        ways = self._ways()
        chosen = next((label for label, by in ways.items() if by == self.by), self.by)
        fields = [field("by", "by", chosen, input="select", choices=list(ways))]
        choose = {**form("cost by", {"type": "by"}, fields), "inline": True}
        return [self._head(), *self._over(), choose, *self._tables(), *self._notes()]

    def still(self) -> list[Json]:
        """The whole tree, unfolded."""
        return [self._head(), *self._over(), *self._tables(unfolded=True), *self._notes()]

    def _rollup(self, by: str) -> Rollup:
        key = (by, self._org.revision)
        if key not in self._rollups:
            self._rollups = {known: one for known, one in self._rollups.items() if known[1] == self._org.revision}
            charges = self._charges
            found = rollup(self._org, by) if charges is None else roll_up_charges(charges, self._org, by)
            self._rollups[key] = found
        return self._rollups[key]

    def _ways(self) -> dict[str, str]:
        """What cost can be looked at by, in words."""
        tags = sorted({key for target, _ in self._org.tree() for key in target.tags})
        return {"OU": "ou", "account": "account", "owner": "owner"} | {f"tag {key}": f"tag:{key}" for key in tags}

    def _head(self) -> Json:
        found = self._rollup("ou")
        return title(" + ".join(map(_money, found.totals.values())), found.what.replace("Cost", " cost").lower())

    def _over(self) -> list[Json]:
        rows = [*self._rollup("ou").over_budget, *self._rollup("account").over_budget]
        entries = [
            item(f"{row.label} is {_money(row.over)} over its budget", f"of {_money(row.budget)}", "error", sign="!")
            for row in rows
            if row.over is not None and row.budget is not None
        ]
        rest = [text(f"and {len(entries) - _LISTED:,} more", "quiet")] if len(entries) > _LISTED else []
        return [items(entries[:_LISTED]), *rest] if entries else []

    def _tables(self, *, unfolded: bool = False) -> Iterator[Json]:
        found = self._rollup(self.by)
        # The currency of most accounts is the main one; in others only what has a cost is worth a row.
        counts = Counter(currency for (*_, currency), amount in found.sums.items() if amount is not None)
        order = sorted(found.totals, key=lambda currency: (-counts[currency], currency))
        for currency in order:
            total = found.totals[currency]
            if len(order) > 1:
                yield title(currency, _money(total))
            table = _Table(self._org, found, currency, main=currency == order[0])
            outline = self._outline(currency, table)
            yield outline.block(table.top(), unfolded=unfolded)
            yield from self._top(currency, total)

    def _outline(self, currency: str, table: _Table) -> Outline:
        key = (self.by, currency)
        if key not in self._trees:
            name = self.by.removeprefix("tag:") if self.by != "ou" else "OU"
            head = (name, *(_TREE if self.by == "ou" else _FLAT))
            head += (*(_SHARED if table.shared else ()), *(_BUDGETS if table.budgets else ()))
            self._trees[key] = Outline(f"cost {self.by} {currency}", f"Cost by {name}, {currency}", head)
            self._trees[key].opened.update(table.opened())
        return self._trees[key]

    def _top(self, currency: str, total: Money) -> Iterator[Json]:
        """The dearest accounts, where there are more than a glance takes in."""
        rows = [row for row in self._rollup("account").rows if row.currency == currency and row.known]
        if len(rows) <= _TOP or not total.amount or self.by == "account":
            return
        rows.sort(key=lambda row: (-row.direct, row.label))
        yield title("Dearest accounts", currency)
        yield bars(
            (row.label, max(0.0, float(row.direct / total.amount)), 0.0, _amount(row.direct)) for row in rows[:_TOP]
        )

    def _notes(self) -> list[Json]:
        found = self._rollup(self.by)
        notes = [note for note in found.notes() if "over its budget" not in note]
        return [items(item(note, tone="quiet") for note in notes)] if notes else []

    # ---- what is pressed -------------------------------------------------------------------------

    def take(self, intent: Mapping[str, Any]) -> Json | None:
        if any(outline.take(intent) for outline in self._trees.values()):
            return None
        if intent.get("type") != "by":
            raise unknown(intent)
        said, ways = drafting.values(intent).get("by", ""), self._ways()
        if said not in ways:
            raise InputError(f"cost cannot be looked at by {said!r}", mend=did_you_mean(said, ways))
        self.by = ways[said]
        return None


class _Table:
    """The rows of a rollup in one currency, as branches; below a row stand its rows, then its accounts."""

    def __init__(self, org: Organization, found: Rollup, currency: str, *, main: bool) -> None:
        self._org, self._found, self._currency, self._main = org, found, currency, main
        self._total = found.totals[currency].amount
        # Whether shared cost is split in this currency.
        self.shared = bool(found.shares.get(currency))
        keys = Counter(account for account, _, _, of in found.sums if of == currency)
        self._split = {account for account, count in keys.items() if count > 1}  # over several rows, by tags of a bill
        self._below: dict[str | None, list[Row]] = {}
        for row in found.rows:
            if row.currency == currency and self._worth_showing(row):
                self._below.setdefault(row.parent, []).append(row)
        for rows in self._below.values():
            rows.sort(key=lambda row: (-row.rolled_up, row.label))
        self._accounts: dict[str | None, list[tuple[str, Decimal | None]]] = {}
        if found.by != "account":
            for (account, key, _, of), amount in found.sums.items():
                if of == currency or (main and not of):  # what has no planned cost has no currency
                    self._accounts.setdefault(key, []).append((account, amount))

    def _worth_showing(self, row: Row) -> bool:
        return bool(self._main or row.rolled_up or row.rolled_up_allocated or row.budget)

    @cached_property
    def budgets(self) -> bool:
        """Whether anything here has a budget in this currency."""
        has = any(row.budget for rows in self._below.values() for row in rows)
        accounts = (account for below in self._accounts.values() for account, _ in below)
        return has or any(self._budget(account) is not None for account in accounts)

    def _budget(self, account: str) -> Money | None:
        budget = self._org.target(account).budget if account in self._org else None
        return budget if budget is not None and budget.currency == self._currency else None

    def top(self) -> list[Branch]:
        return [self._branch(row) for row in self._below.get(None, ())]

    def opened(self) -> list[str]:
        """What is open at the beginning: the root, and every OU where all of them fit."""
        rows = [row for rows in self._below.values() for row in rows]
        tree = self._found.by == "ou"
        return [_id(row) for row in rows if tree and (row.level == 0 or len(rows) <= _OPEN)]

    def _branch(self, row: Row) -> Branch:
        @cache
        def below() -> list[Branch]:
            accounts = sorted(self._accounts.get(row.key, ()), key=lambda one: (one[1] is None, -(one[1] or 0), one[0]))
            return [
                *(self._branch(one) for one in self._below.get(row.key if row.key is not None else "", ())),
                *(self._leaf(_id(row), *one) for one in accounts),
            ]

        has_below = bool(self._accounts.get(row.key) or (row.key is not None and self._below.get(row.key)))
        name = row.label.rpartition("/")[2] if row.level else row.label
        money: list[Json | str]
        if not row.known:
            money = [cell("not planned", "quiet", number=True)] + [""] * (self._found.by == "ou")
        elif self._found.by == "ou":
            money = [_number(row.direct) if row.direct or not has_below else "", _number(row.rolled_up)]
        else:
            money = [_number(row.rolled_up)]
        return Branch(
            id=_id(row),
            cells=[
                cell(name, "strong"),
                *money,
                self._share(row.rolled_up),
                *self._carried(row.rolled_up_allocated, row.total),
                *self._against(row.budget, row.rolled_up),
            ],
            tone="error" if row.over else "",
            below=below if has_below else None,
        )

    def _leaf(self, above: str, account: str, amount: Decimal | None) -> Branch:
        budget = self._budget(account)
        name = self._org.target(account).name if account in self._org else account or "no account"
        said = cell("not planned", "quiet", number=True) if amount is None else _number(amount)
        money = [said, ""] if self._found.by == "ou" else [said]
        known = amount or Decimal(0)
        carries = self._found.allocated.get((account, self._currency), Decimal(0))
        allocated = Decimal(0) if account in self._split else carries
        return Branch(
            id=f"{above} > {account}",
            cells=[
                name,
                *money,
                self._share(known) if amount else "",
                *self._carried(allocated, known + allocated),
                *self._against(budget, known),
            ],
            tone="error" if budget is not None and known > budget.amount else "",
        )

    def _share(self, amount: Decimal) -> Json | str:
        if not self._total:
            return ""
        share = float(amount / self._total)
        return cell(f"{share:.1%}", "quiet", number=True, share=max(0.0, share))

    def _carried(self, allocated: Decimal, total: Decimal) -> Sequence[Json | str]:
        """What is carried for others, or by them, and what that makes."""
        if not self.shared:
            return ()
        return (_number(allocated) if allocated else "", _number(total))

    def _against(self, budget: Money | None, amount: Decimal) -> Sequence[Json | str]:
        """A budget, and how much of it is used."""
        if budget is None:
            return ("", "") if self.budgets else ()
        used = float(amount / budget.amount) if budget.amount else 2.0 if amount else 0.0
        tone = "error" if amount > budget.amount else ""
        return _number(budget.amount), cell(f"{used:.0%}", tone, number=True, share=max(0.0, used))


def _id(row: Row) -> str:
    return f"{row.currency} {row.key!r}"


def _number(amount: Decimal) -> Json:
    """Two decimals to look at, all of them on the tip."""
    return cell(_amount(amount), number=True, tip=f"{amount:f}" if f"{amount:f}" != f"{amount:.2f}" else "")


def _amount(amount: Decimal) -> str:
    return written(amount).removesuffix(".00") if amount == amount.to_integral_value() else written(amount)


def _money(money: Money | None) -> str:
    return "" if money is None else f"{_amount(money.amount)} {money.currency}"
