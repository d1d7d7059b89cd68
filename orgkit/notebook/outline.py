"""Trees that fold: which rows are open is kept here, and the browser is sent only those that show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orgkit.errors import InputError
from orgkit.notebook.blocks import Json, Tone, treegrid

MOST: Final = 60  # rows below one row, until a person asks for more
STILL: Final = 1_000  # rows in a still form


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A row, and the rows below it, which are made only where it is open.

    `cells` are texts or `blocks.cell(…)`, the first one the row's name; `note` stands below it, `sign` before it.
    """

    id: str
    cells: Sequence[Json | str]
    below: Callable[[], Sequence[Branch]] | None = None
    sign: str = ""
    tone: Tone = ""
    note: str = ""


class Outline:
    """One tree of a panel. `take(intent)` opens and closes rows; `block(branches)` is what shows then."""

    def __init__(self, key: str, label: str, head: Sequence[str] = (), *, opened: Sequence[str] = ()) -> None:
        self.key, self.label, self.head = key, label, tuple(head)
        self.opened = set(opened)
        self.at: str | None = None
        self._most: dict[str, int] = {}

    def block(self, top: Sequence[Branch], *, unfolded: bool = False) -> Json:
        """The rows that show; with `unfolded` all of them, up to a thousand, as a still form has them."""
        at, self.at = self.at, None
        left = [STILL] if unfolded else None
        rows = list(self._rows(top, "", 1, left))
        if left is not None and left[0] < 0:
            rows.append(_more("", 1, 0, "and more"))
        return treegrid(self.key, self.label, rows, self.head, at=at)

    def _rows(self, branches: Sequence[Branch], parent: str, level: int, left: list[int] | None) -> Iterator[Json]:
        most = self._most.get(parent, MOST) if left is None else len(branches)
        for place, branch in enumerate(branches[:most], 1):
            if left is not None:
                left[0] -= 1
                if left[0] < 0:
                    return
            is_open = left is not None or branch.id in self.opened
            yield {
                "id": branch.id,
                "level": level,
                "open": None if branch.below is None else is_open,
                "cells": list(branch.cells),
                "sign": branch.sign,
                "tone": branch.tone,
                "note": branch.note,
                "place": place,
                "size": len(branches),
                "more": 0,
            }
            if branch.below is not None and is_open:
                yield from self._rows(branch.below(), branch.id, level + 1, left)
        if len(branches) > most:
            hidden = len(branches) - most
            yield _more(parent, level, hidden, f"{min(hidden, self._step(parent)):,} more of {hidden:,}")

    def _step(self, parent: str) -> int:
        return max(MOST, self._most.get(parent, MOST))

    def take(self, intent: Mapping[str, Any]) -> bool:
        """Do what was pressed in this tree; whether it was meant."""
        if intent.get("outline") != self.key:
            return False
        row = intent.get("row")
        if not isinstance(row, str):
            raise InputError(f"this message names no row: {sorted(intent)}")
        match intent.get("type"):
            case "turn":
                (self.opened.add if intent.get("open") else self.opened.discard)(row)
            case "more":
                self._most[row] = self._most.get(row, MOST) + self._step(row)
            case other:
                raise InputError(f"a tree knows no {other!r}")
        return True

    def show(self, row: str, above: Sequence[str], place: int = 0) -> None:
        """Open the rows above a row, and have it brought on screen; `place` is where it stands below the last."""
        self.opened.update(above)
        self.at = row
        if above and place >= self._most.get(above[-1], MOST):
            self._most[above[-1]] = place + MOST


def _more(parent: str, level: int, hidden: int, words: str) -> Json:
    return {
        "id": f"{parent} …",
        "level": level,
        "open": None,
        "cells": [words],
        "sign": "",
        "tone": "quiet",
        "note": "",
        "place": 0,
        "size": 0,
        "more": hidden,
        "parent": parent,
    }
