"""The tree as one list: parents before children, in the order of the file; walked once and kept through edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgkit.design.changes import Add, Change, Move, Remove, Replace
from orgkit.design.entities import Account, OrganizationalUnit, Policy, Target

if TYPE_CHECKING:
    from orgkit.design.organization import Organization

Row = tuple[Target, str | None]
_FEW = 8  # changes that are followed one by one; after more, walking anew is quicker


class Walk:
    """Of one organization. A small edit cuts its rows out of the list and puts them in again where they belong now."""

    def __init__(self, org: Organization) -> None:
        self._org = org
        self._rows: list[Row] | None = None
        # Made of the rows when asked for, until the next change.
        self._whole: tuple[Row, ...] | None = None
        self._accounts: tuple[Account, ...] | None = None
        self._ous: tuple[OrganizationalUnit, ...] | None = None

    def rows(self) -> tuple[Row, ...]:
        """Every root, OU and account with its parent's id."""
        if self._whole is None:
            if self._rows is None:
                self._rows = self.below(self._org.root.id)
            self._whole = tuple(self._rows)
        return self._whole

    def accounts(self) -> tuple[Account, ...]:
        if self._accounts is None:
            self._accounts = tuple(target for target, _ in self.rows() if isinstance(target, Account))
        return self._accounts

    def ous(self) -> tuple[OrganizationalUnit, ...]:
        if self._ous is None:
            self._ous = tuple(target for target, _ in self.rows() if isinstance(target, OrganizationalUnit))
        return self._ous

    def below(self, node: str) -> list[Row]:
        """A node and everything below it, found by walking."""
        org = self._org
        found: list[Row] = []
        waiting: list[tuple[str, str | None]] = [(node, org.parent(node))]
        while waiting:
            here, parent = waiting.pop()
            entity = org._entity(here)
            assert not isinstance(entity, Policy)
            found.append((entity, parent))
            waiting.extend((child, here) for child in reversed(org.children(here)))
        return found

    # ---- following edits -----------------------------------------------------------------------------

    def expect(self, count: int) -> None:
        """So many changes are about to come."""
        if count > _FEW:
            self._rows = None

    def follow(self, change: Change) -> None:
        """Take over a change that has just been carried out."""
        if isinstance(change, (Add, Remove, Replace, Move)):
            self._whole = self._accounts = self._ous = None
            if self._rows is not None:
                self._take_over(change, self._rows)

    def _take_over(self, change: Add | Remove | Replace | Move, rows: list[Row]) -> None:
        match change:
            case Add(entity, parent) if parent is not None:
                self._put(rows, entity.id, parent, self.below(entity.id))
            case Remove(entity, parent) if parent is not None:
                self._cut(rows, entity.id)
            case Replace(_, after) if not isinstance(after, Policy):
                place = _place(rows, after.id)
                rows[place] = (after, rows[place][1])
            case Move(node, _, _, parent):
                (target, _), *inside = self._cut(rows, node)
                self._put(rows, node, parent, [(target, parent), *inside])

    def _cut(self, rows: list[Row], node: str) -> list[Row]:
        start = _place(rows, node)
        end = _end(rows, start)
        piece = rows[start:end]
        del rows[start:end]
        return piece

    def _put(self, rows: list[Row], node: str, parent: str, piece: list[Row]) -> None:
        """Behind the sibling before it and what is below that one, or right behind the parent."""
        siblings = self._org.children(parent)
        number = siblings.index(node)
        place = _end(rows, _place(rows, siblings[number - 1])) if number else _place(rows, parent) + 1
        rows[place:place] = piece


def _place(rows: list[Row], node: str) -> int:
    return next(number for number, (target, _) in enumerate(rows) if target.id == node)


def _end(rows: list[Row], start: int) -> int:
    """The place behind a node and everything below it."""
    inside = {rows[start][0].id}
    for number in range(start + 1, len(rows)):
        target, parent = rows[number]
        if parent not in inside:
            return number
        inside.add(target.id)
    return len(rows)
