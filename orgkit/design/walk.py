"""The tree as one list: parents before children, in the order of the file; walked once and kept through edits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orgkit.design.changes import Add, Change, Move, Remove, Replace
from orgkit.design.entities import Account, OrganizationalUnit, Policy, Target

if TYPE_CHECKING:
    from orgkit.design.organization import Organization

Row = tuple[Target, str | None]
_FEW = 8  # nodes whose rows are mended; with more, walking anew is quicker


class Walk:
    """Of one organization. After small edits the rows they touch are cut out and put in again where they belong."""

    def __init__(self, org: Organization) -> None:
        self._org = org
        self._rows: list[Row] | None = None
        self._moved: set[str] = set()  # nodes that came, went or moved since the rows were right
        self._replaced: set[str] = set()  # nodes that are something else now
        # Made of the rows when asked for, until the next change.
        self._whole: tuple[Row, ...] | None = None
        self._accounts: tuple[Account, ...] | None = None
        self._ous: tuple[OrganizationalUnit, ...] | None = None

    def rows(self) -> tuple[Row, ...]:
        """Every root, OU and account with its parent's id."""
        if self._whole is None:
            if self._rows is None:
                self._rows = self.below(self._org.root.id)
            else:
                self._mend(self._rows)
            self._moved.clear()
            self._replaced.clear()
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

    def follow(self, change: Change) -> None:
        """Note a change that has just been carried out."""
        match change:
            case Add(entity) | Remove(entity):
                self._moved.add(entity.id)
            case Replace(_, entity):
                self._replaced.add(entity.id)
            case Move(node):
                self._moved.add(node)
            case _:
                return
        self._whole = self._accounts = self._ous = None
        if len(self._moved) + len(self._replaced) > _FEW:
            self._rows = None

    def _mend(self, rows: list[Row]) -> None:
        org = self._org
        for node in self._moved:
            if (start := _place(rows, node)) is not None:
                del rows[start : _end(rows, start)]
        there = [node for node in self._moved if node in org and not isinstance(org._entity(node), Policy)]
        siblings = {node: org.children(org.parent(node) or node) for node in there}
        # Parents before children, and siblings in their order, so that each finds what it stands behind.
        for node in sorted(there, key=lambda one: (len(org.chain(one)), siblings[one].index(one))):
            if _place(rows, node) is None:  # else it came with what it is below
                rows[(place := self._behind(rows, node, siblings[node])) : place] = self.below(node)
        for node in self._replaced:
            if (found := _place(rows, node)) is not None:
                entity = org._entity(node)
                assert not isinstance(entity, Policy)
                rows[found] = (entity, rows[found][1])

    def _behind(self, rows: list[Row], node: str, siblings: Sequence[str]) -> int:
        """The place behind the sibling before it and all that is below that one, or right behind the parent."""
        number = siblings.index(node)
        place = _place(rows, siblings[number - 1] if number else self._org.parent(node) or "")
        assert place is not None
        return _end(rows, place) if number else place + 1


def _place(rows: list[Row], node: str) -> int | None:
    return next((number for number, (target, _) in enumerate(rows) if target.id == node), None)


def _end(rows: list[Row], start: int) -> int:
    """The place behind a node and everything below it."""
    inside = {rows[start][0].id}
    for number in range(start + 1, len(rows)):
        target, parent = rows[number]
        if parent not in inside:
            return number
        inside.add(target.id)
    return len(rows)
