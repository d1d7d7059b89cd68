"""A rollup: rows that add up to their total, what each is made of, and how they show themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from orgkit.cost.allocation import Share
from orgkit.cost.amounts import exact, percentages, round_to_foot, written
from orgkit.design import Money
from orgkit.errors import DesignError, UnknownName, did_you_mean

_NAMED = 5  # how many accounts a note names before it only counts


class Part(NamedTuple):
    """What one account (or one account's charges with one tag value) adds to a row.

    `key` is the row's; `origin` says what gave it: `charge` for a resource's own tag, else the id of the account or of
    the OU above it, else empty. `cost` is None where none is planned.
    """

    account: str  # the node's id; for an account that is not in the design its number; empty: no account
    key: str | None
    origin: str
    cost: Money | None


Source = tuple[str, str | None, str, str]  # account, key, origin and currency, as in a Part; no currency: no cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a rollup, in one currency.

    `direct` is what stands in the row itself and adds up to the total over all rows; `rolled_up` adds everything below
    it in the tree, and is the same as `direct` where there is no tree. `allocated` is what the row carries for others
    less what others carry for it, and adds up to nothing; `total` is everything, in it and below. Budgets watch what
    is `rolled_up`, as AWS's do. `key` is None for what has no tag or no owner.
    """

    key: str | None
    label: str
    currency: str
    direct: Decimal
    rolled_up: Decimal
    accounts: int = 0  # with a cost in this currency, those below included
    unplanned: int = 0  # without any planned cost, those below included
    budget: Money | None = None
    node: str | None = None
    parent: str | None = None  # the key of the row above
    level: int = 0
    allocated: Decimal = Decimal(0)
    rolled_up_allocated: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """What it carries in the end: rolled up, with shared cost."""
        with exact():
            return self.rolled_up + self.rolled_up_allocated

    @property
    def over(self) -> Money | None:
        """By how much the rolled up cost is over the budget, or None."""
        if self.budget is None or self.rolled_up <= self.budget.amount:
            return None
        with exact():
            return Money(self.rolled_up, self.currency) - self.budget

    @property
    def known(self) -> bool:
        """False where nothing is planned: the amounts are zero for want of a figure."""
        return self.accounts > 0 or self.unplanned == 0


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """Cost added up over the tree, or by account, owner or tag; the parts add up to the total to the last digit.

    `totals` has one total for each currency; currencies are never added. `unplanned` names the accounts without a
    planned cost, `untagged` those that no tag (or owner) reaches, `strangers` those that are not in the design.
    `shares` are the shared cost by currency, from account to account and of the whole organization, whatever part of it
    is looked at; `kept` says which shared cost stays where it is, and why.
    """

    by: str
    what: str  # planned monthly cost, or the metric of a bill
    rows: tuple[Row, ...]
    totals: Mapping[str, Money]
    sums: Mapping[Source, Decimal | None] = field(repr=False)
    unplanned: tuple[str, ...] = ()
    untagged: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    shares: Mapping[str, tuple[Share, ...]] = field(default_factory=lambda: MappingProxyType({}))
    kept: tuple[str, ...] = ()
    revision: int = 0  # of the organization that was rolled up

    @property
    def total(self) -> Money:
        """The total; a DesignError where there are several currencies, each with a total of its own in `totals`."""
        if len(self.totals) > 1:
            raise DesignError(
                f"there is no one total: {', '.join(map(str, self.totals.values()))}",
                mend="Read totals, which has one for each currency.",
            )
        return next(iter(self.totals.values()), Money(Decimal(0)))

    @property
    def over_budget(self) -> tuple[Row, ...]:
        """The rows over their budget."""
        return tuple(row for row in self.rows if row.over is not None)

    @cached_property
    def allocated(self) -> Mapping[tuple[str, str], Decimal]:
        """By account and currency: what it carries for others, less what others carry for it."""
        found: dict[tuple[str, str], Decimal] = {}
        with exact():
            for currency, shares in self.shares.items():
                for share in shares:
                    for account, amount in ((share.target, share.amount), (share.source, -share.amount)):
                        found[account, currency] = found.get((account, currency), Decimal(0)) + amount
        return MappingProxyType(found)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What every row is made of, so that a figure can be traced to its accounts."""
        return tuple(
            Part(account, key, origin, None if amount is None else Money(amount, currency))
            for (account, key, origin, currency), amount in self.sums.items()
        )

    @cached_property
    def by_key(self) -> Mapping[tuple[str | None, str], Row]:
        """The rows by key and currency; the key of an OU or account is its node id."""
        return {(row.key, row.currency): row for row in self.rows}

    def row(self, name: str | None, currency: str | None = None) -> Row:
        """The row with this label, key or node id; UnknownName where there is none."""
        for row in self.rows:
            if name in (row.label, row.key, row.node) and currency in (None, row.currency):
                return row
        raise UnknownName(
            f"the rollup by {self.by} has no row {name!r}" + (f" in {currency}" if currency else ""),
            mend=did_you_mean(str(name), (row.label for row in self.rows)),
        )

    def notes(self) -> Iterator[str]:
        """What the figures leave open, in sentences."""
        yield from self.kept
        yield from _named(self.unplanned, "{} no planned cost", "has", "have")
        yield from _named(self.strangers, "{} not in the design", "is", "are")
        if self.untagged and self.by.startswith("tag:"):
            yield from _named(self.untagged, f"{{}} no tag {self.by[4:]}, nor any OU above", "has", "have")
        for row in self.over_budget:
            yield f"{row.label} is {row.over} over its budget of {row.budget}"

    def __str__(self) -> str:
        columns, lines = self._printed()
        table = [columns, *(cells for _, cells in lines)]
        widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
        text = [
            "  ".join(
                cell.ljust(w) if i == 0 else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
            )
            for cells in table
        ]
        text.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([f"{self.what} by {self.by}", *(line.rstrip() for line in text), *self.notes()])

    def _repr_html_(self) -> str:
        columns, lines = self._printed()
        head = "".join(f"<th>{escape(column)}</th>" for column in columns)
        body = ""
        for row, cells in lines:
            style = " style='color:#b00020'" if row is not None and row.over is not None else ""
            tag = "td" if row is not None else "th"
            first = f"<{tag} style='text-align:left;white-space:pre'>{escape(cells[0])}</{tag}>"
            rest = "".join(f"<{tag} style='text-align:right'>{escape(cell)}</{tag}>" for cell in cells[1:])
            body += f"<tr{style}>{first}{rest}</tr>"
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes())
        return (
            f"<table><caption>{escape(self.what)} by {escape(self.by)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" + (f"<ul>{notes}</ul>" if notes else "")
        )

    def to_json(self) -> dict[str, Any]:
        """Amounts are decimal texts, so that no reader rounds them."""
        return {
            "by": self.by,
            "what": self.what,
            "totals": {currency: f"{total.amount:f}" for currency, total in self.totals.items()},
            "rows": list(self._records()),
            "parts": [{**part._asdict(), "cost": None if part.cost is None else str(part.cost)} for part in self.parts],
            "unplanned": list(self.unplanned),
            "untagged": list(self.untagged),
            "strangers": list(self.strangers),
            "shares": [
                {
                    "rule": share.rule,
                    "method": share.method,
                    "source": share.source,
                    "target": share.target,
                    "ratio": str(share.ratio),
                    "amount": f"{share.amount:f}",
                    "currency": currency,
                }
                for currency, shares in self.shares.items()
                for share in shares
            ],
            "kept": list(self.kept),
        }

    def to_frame(self) -> Any:
        """A pandas DataFrame, one line a row, with exact Decimal amounts."""
        import pandas as pd

        records = [
            {
                **record,
                **{name: None if record[name] is None else Decimal(record[name]) for name in _AMOUNTS},
            }
            for record in self._records()
        ]
        return pd.DataFrame(records, columns=_COLUMNS)

    def to_csv(self, path: str | Path | None = None) -> str:
        """The rows as CSV with exact amounts; written to `path` where one is given."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._records())
        if path is not None:
            Path(path).write_text(text.getvalue(), encoding="utf-8", newline="")
        return text.getvalue()

    def _records(self) -> Iterator[dict[str, Any]]:
        shares, ends = self._shares(), self._end_shares()
        for row, (direct_share, share), end in zip(self.rows, shares, ends, strict=True):
            yield {
                "key": row.key,
                "label": row.label,
                "currency": row.currency,
                "accounts": row.accounts,
                "unplanned": row.unplanned,
                "direct": f"{row.direct:f}" if row.known else None,
                "direct_share": f"{direct_share:f}",
                "rolled_up": f"{row.rolled_up:f}" if row.known else None,
                "share": f"{share:f}",
                "allocated": f"{row.allocated:f}",
                "rolled_up_allocated": f"{row.rolled_up_allocated:f}",
                "total": f"{row.total:f}" if row.known or row.rolled_up_allocated else None,
                "total_share": f"{end:f}",
                "budget": None if row.budget is None else f"{row.budget.amount:f}",
                "over": None if row.over is None else f"{row.over.amount:f}",
            }

    def _shares(self) -> list[tuple[Decimal, Decimal]]:
        """Percent of the currency's total, of the direct and of the rolled up cost; both columns foot."""
        return self._two_columns(percentages, [row.direct for row in self.rows])

    def _end_shares(self) -> list[Decimal]:
        """Percent of the currency's total, of what a row carries in the end."""
        with exact():
            own = [row.direct + row.allocated for row in self.rows]
        return [rolled for _, rolled in self._two_columns(percentages, own)]

    def _two_columns(self, spread: Any, own: list[Decimal]) -> list[tuple[Decimal, Decimal]]:
        """Spread the own amounts of each currency, then add the results up the tree, so that both columns foot."""
        direct: dict[int, Decimal] = {}
        for currency in dict.fromkeys(row.currency for row in self.rows):
            places = [i for i, row in enumerate(self.rows) if row.currency == currency]
            direct.update(zip(places, spread([own[i] for i in places]), strict=True))
        rolled = dict(direct)
        at = {(row.currency, row.key): i for i, row in enumerate(self.rows)}
        with exact():
            for i in reversed(range(len(self.rows))):  # what is below comes after
                row = self.rows[i]
                if row.parent is not None:
                    rolled[at[row.currency, row.parent]] += rolled[i]
        return [(direct[i], rolled[i]) for i in range(len(self.rows))]

    def _printed(self) -> tuple[list[str], list[tuple[Row | None, list[str]]]]:
        """Column heads and lines of cells; the lines without a row are totals."""
        tree = any(row.level for row in self.rows)
        budgets = any(row.budget is not None for row in self.rows)
        shared = any(row.allocated or row.rolled_up_allocated for row in self.rows)
        columns = [self.by.removeprefix("tag:"), "accounts", "direct", "%", "rolled up", "%"]
        columns += ["allocated", "total", "%", "budget", "over"]
        shown = [0, 1, 2, 3] + ([4, 5] if tree else []) + ([6, 7, 8] if shared else []) + ([9, 10] if budgets else [])
        lines: list[tuple[Row | None, list[str]]] = []
        amounts, shares = self._two_columns(round_to_foot, [row.direct for row in self.rows]), self._shares()
        given = self._two_columns(round_to_foot, [row.allocated for row in self.rows])
        ends = self._end_shares()
        for i, row in enumerate(self.rows):
            cells = [
                "  " * row.level + (row.label.rpartition("/")[2] if row.level else row.label),
                str(row.accounts + row.unplanned),
                f"{written(amounts[i][0])} {row.currency}" if row.known else "not planned",
                f"{shares[i][0]}",
                f"{written(amounts[i][1])} {row.currency}" if row.known else "not planned",
                f"{shares[i][1]}",
                f"{written(given[i][1])} {row.currency}",
                f"{written(amounts[i][1] + given[i][1])} {row.currency}",
                f"{ends[i]}",
                "" if row.budget is None else f"{written(row.budget.amount)} {row.budget.currency}",
                "" if row.over is None else f"{written(row.over.amount)} {row.over.currency}",
            ]
            lines.append((row, [cells[i] for i in shown]))
        for currency, total in self.totals.items():
            mine = [i for i, row in enumerate(self.rows) if row.currency == currency]
            count = sum(self.rows[i].accounts + self.rows[i].unplanned for i in mine if self.rows[i].parent is None)
            share = sum((shares[i][0] for i in mine), Decimal(0))
            end = sum((ends[i] for i in mine if self.rows[i].parent is None), Decimal(0))
            carried = sum((given[i][0] for i in mine), Decimal(0))
            amount = f"{written(total.amount)} {currency}"
            cells = ["total", str(count), amount, f"{share}", amount, f"{share}"]
            rounded = sum((amounts[i][0] for i in mine), Decimal(0))
            cells += [f"{written(carried)} {currency}", f"{written(rounded + carried)} {currency}", f"{end}", "", ""]
            lines.append((None, [cells[i] for i in shown]))
        return [columns[i] for i in shown], lines


_COLUMNS = [
    "key",
    "label",
    "currency",
    "accounts",
    "unplanned",
    "direct",
    "direct_share",
    "rolled_up",
    "share",
    "allocated",
    "rolled_up_allocated",
    "total",
    "total_share",
    "budget",
    "over",
]
_AMOUNTS = tuple(name for name in _COLUMNS if name not in ("key", "label", "currency", "accounts", "unplanned"))


def _named(names: tuple[str, ...], sentence: str, one: str, many: str) -> Iterator[str]:
    if names:
        count = f"1 account {one}" if len(names) == 1 else f"{len(names)} accounts {many}"
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{sentence.format(count)}: {', '.join(names[:_NAMED])}{more}"
