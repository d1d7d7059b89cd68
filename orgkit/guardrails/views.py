"""Parts of the answer about permissions: one account, the accounts of an OU, and who may still do one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.telling import shortened
from orgkit.policy.catalogue import load_catalogue

if TYPE_CHECKING:
    import pandas

State = Literal["not blocked", "blocked", "depends"]
_SHOWN = 40


@dataclass(frozen=True, eq=False)
class AccountPermissions:
    """One account: what is blocked, and what depends on which keys."""

    path: str
    cell: ChainBits = field(repr=False)
    words: str

    @property
    def blocked(self) -> list[str]:
        """Actions that are surely blocked."""
        return list(load_catalogue().names(self.cell.blocked))

    @property
    def depends(self) -> dict[str, tuple[str, ...]]:
        """Actions that depend on context, each with the keys (and "resource") it depends on."""
        names = load_catalogue().names
        return {name: keys for keys, bits in self.cell.turns for name in names(bits)}

    def __str__(self) -> str:
        catalogue, cell = load_catalogue(), self.cell
        free = len(catalogue) - cell.blocked.bit_count() - cell.depends.bit_count()
        lines = [f"{self.path}, {self.words}: {free:,} of {len(catalogue):,} actions are not blocked"]
        lines += _listed("blocked", cell.blocked)
        for keys, bits in cell.turns:
            lines += _listed(f"depends on {', '.join(keys)}", bits)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Return names of actions: blocked, and depending with their keys."""
        return {
            "account": self.path,
            "blocked": self.blocked,
            "depends": {name: list(keys) for name, keys in self.depends.items()},
        }

    def to_frame(self) -> pandas.DataFrame:
        """One row for each action of the catalogue: its state and the keys it depends on."""
        import pandas

        turning = self.depends
        rows = [
            (name, state_of(self.cell, place), ", ".join(turning.get(name, ())))
            for place, name in enumerate(load_catalogue().actions)
        ]
        return pandas.DataFrame(rows, columns=["action", "state", "depends_on"])


@dataclass(frozen=True, eq=False)
class GroupPermissions:
    """The accounts of an OU together: what is blocked in all of them, and what in some only."""

    path: str
    cells: tuple[ChainBits, ...] = field(repr=False)
    words: str

    @cached_property
    def blocked_everywhere(self) -> int:
        """Actions that are blocked in every account, as a bit set."""
        found = load_catalogue().all_bits if self.cells else 0
        for cell in set(self.cells):
            found &= cell.blocked
        return found

    @cached_property
    def blocked_somewhere(self) -> int:
        """Actions that are blocked in some account, as a bit set."""
        found = 0
        for cell in set(self.cells):
            found |= cell.blocked
        return found

    @cached_property
    def depends_somewhere(self) -> int:
        """Actions that depend on context in some account, as a bit set."""
        found = 0
        for cell in set(self.cells):
            found |= cell.depends
        return found

    def __str__(self) -> str:
        lines = [f"{self.path}, {len(self.cells):,} accounts, {self.words}"]
        lines += _listed("blocked in all of them", self.blocked_everywhere)
        lines += _listed("blocked in some of them", self.blocked_somewhere & ~self.blocked_everywhere)
        lines += _listed("depends on context in some of them", self.depends_somewhere)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Return names of actions blocked everywhere, somewhere, and depending somewhere."""
        names = load_catalogue().names
        return {
            "place": self.path,
            "accounts": len(self.cells),
            "blocked_everywhere": list(names(self.blocked_everywhere)),
            "blocked_somewhere": list(names(self.blocked_somewhere)),
            "depends_somewhere": list(names(self.depends_somewhere)),
        }


@dataclass(frozen=True)
class Who:
    """Which accounts guardrails let do an action; `keys` say on what it depends in those where it depends."""

    action: str
    not_blocked: tuple[str, ...]
    depends: tuple[str, ...]
    blocked: tuple[str, ...]
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.action}: {len(self.not_blocked) + len(self.depends)} accounts may still do it"]
        for words, paths in (
            ("not blocked", self.not_blocked),
            ("depends", self.depends),
            ("blocked", self.blocked),
        ):
            if paths:
                lines.append(f"  {words} ({len(paths)})")
                shown = paths[:_SHOWN]
                for path in shown:
                    keys = ", ".join(self.keys.get(path, ()))
                    lines.append(f"    {path}" + (f" on {keys}" if keys else ""))
                lines += [f"    … and {len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Return paths of accounts by state."""
        return {
            "action": self.action,
            "not_blocked": list(self.not_blocked),
            "depends": {path: list(self.keys.get(path, ())) for path in self.depends},
            "blocked": list(self.blocked),
        }


def state_of(cell: ChainBits, place: int) -> State:
    if cell.blocked >> place & 1:
        return "blocked"
    return "depends" if cell.depends >> place & 1 else "not blocked"


def _listed(words: str, bits: int) -> Iterator[str]:
    """Names of actions, a service in full as `service:*`, the rest counted where there are too many."""
    if not bits:
        return
    catalogue = load_catalogue()
    yield f"  {words}: {bits.bit_count():,}"
    if bits == catalogue.all_bits:
        yield "    every action"
        return
    names = shortened(bits)
    yield from (f"    {name}" for name in names[:_SHOWN])
    if len(names) > _SHOWN:
        yield f"    … and {len(names) - _SHOWN} more lines"
