"""What every account may still do: for each action of the catalogue not blocked, blocked, or depending on context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from orgkit.design import Account, Organization
from orgkit.design.changes import Add, Change, Configure, Remove, Replace
from orgkit.design.sections import Lens
from orgkit.guardrails.heat import HeatMap, heat_map
from orgkit.guardrails.lens import find_lens
from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.question import known_action
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue

if TYPE_CHECKING:
    import pandas

State = Literal["not blocked", "blocked", "depends"]
_SHOWN = 40


def permissions(org: Organization, lens: str | Lens | None = None, *, under: str | None = None) -> Permissions:
    """Judge every action of the catalogue in every account (or those below `under`), through a lens where one is named.

    Guardrails grant nothing: "not blocked" means that IAM decides. Raises UnknownName for a lens or place that is not
    there, PolicyError for a policy that AWS would refuse.
    """
    found = find_lens(org, lens)
    survey = Survey(org, found)
    accounts = org.accounts(under)
    cells = {account.id: survey.cell(account) for account in accounts}
    return Permissions(org, found, accounts, cells, org.revision, survey.shared)


@dataclass(frozen=True, eq=False)
class Permissions:
    """The whole catalogue × all accounts. Accounts with the same chain of policies share one cell of bit sets.

    `cells` maps an account's node id to its cell: `blocked` and `depends` are sets of the catalogue's actions as
    integers. The answer is that of the moment it was asked; `after` follows later edits.
    """

    _org: Organization = field(repr=False)
    lens: Lens | None
    accounts: tuple[Account, ...]
    cells: Mapping[str, ChainBits] = field(repr=False)
    revision: int
    _shared: Shared = field(repr=False)

    @cached_property
    def paths(self) -> dict[str, str]:
        """Node id → path of each account, as it was when asked first."""
        return {account.id: self._org.path(account.id) for account in self.accounts}

    @property
    def unknown(self) -> tuple[str, ...]:
        """Parts of a live organization that could not be read, and that the answer therefore lacks."""
        return self._org.unknown

    # ---- views ---------------------------------------------------------------------------------------

    def state(self, account: str, action: str) -> State:
        """One cell of the table."""
        place = load_catalogue().index[known_action(action).lower()]
        return _state(self._cell(account), place)

    def account(self, ref: str) -> AccountPermissions:
        """One account in full."""
        account = self._org.account(ref)
        return AccountPermissions(self._org.path(account.id), self._cell(ref), self._words)

    def blocked(self, account: str) -> list[str]:
        """The actions that are surely blocked in an account, in the catalogue's order."""
        return list(load_catalogue().names(self._cell(account).blocked))

    def ou(self, ref: str) -> GroupPermissions:
        """All accounts below an OU or the root together."""
        node = self._org.find(ref, "ou", "root")
        inside = [self.cells[one.id] for one in self._org.accounts(node) if one.id in self.cells]
        return GroupPermissions(self._org.path(node), tuple(inside), self._words)

    def who(self, action: str) -> Who:
        """Which accounts may still do this: not blocked, depending, blocked."""
        name = known_action(action)
        place = load_catalogue().index[name.lower()]
        groups: dict[State, list[str]] = {"not blocked": [], "depends": [], "blocked": []}
        keys: dict[str, tuple[str, ...]] = {}
        for account in self.accounts:
            cell = self.cells[account.id]
            state = _state(cell, place)
            path = self.paths[account.id]
            groups[state].append(path)
            if state == "depends":
                keys[path] = cell.keys(1 << place)
        return Who(name, tuple(groups["not blocked"]), tuple(groups["depends"]), tuple(groups["blocked"]), keys)

    def heatmap(self, by: Literal["ou", "account"] = "ou") -> HeatMap:
        """For each service and each OU (or account) the share of actions that are blocked, and that depend."""
        columns: dict[str, list[ChainBits]] = {}
        for account in self.accounts:
            node = account.id if by == "account" else self._org.parent(account.id) or self._org.root.id
            columns.setdefault(self._org.path(node), []).append(self.cells[account.id])
        return heat_map(columns)

    # ---- following edits -----------------------------------------------------------------------------

    def after(self, org: Organization | None = None) -> Permissions:
        """The same question after the edits since this answer; only accounts that the edits concern are asked anew.

        With another organization (a copy that was edited) everything is asked, but policies already read are not read
        again.
        """
        now = org if org is not None else self._org
        changes = now.changes(self.revision) if now is self._org else None
        if changes is not None and not changes:
            return self
        lens = now.settings.lenses.get(self.lens.name, self.lens) if self.lens else None
        same_settings = changes is not None and not any(isinstance(change, Configure) for change in changes)
        shared = self._shared if same_settings else None
        survey = Survey(now, lens, shared)
        concerned = _concerned(now, changes) if changes is not None and same_settings else None
        accounts = now.accounts()
        if len(self.accounts) != len(self._org.accounts()) and now is not self._org:
            accounts = tuple(one for one in accounts if one.id in self.cells)
        if concerned is None:
            cells = {account.id: survey.cell(account) for account in accounts}
        else:
            cells = dict(self.cells)
            for account in accounts:
                if account.id in concerned or account.id not in cells:
                    cells[account.id] = survey.cell(account)
        return Permissions(now, lens, accounts, cells, now.revision, survey.shared)

    # ---- forms ---------------------------------------------------------------------------------------

    @property
    def _words(self) -> str:
        return f"through the lens {self.lens.name}" if self.lens else "for any principal and context"

    def _cell(self, ref: str) -> ChainBits:
        node = self._org.find(ref, "account")
        return self.cells[node]

    def _groups(self) -> list[tuple[ChainBits, list[str]]]:
        found: dict[int, tuple[ChainBits, list[str]]] = {}
        for account in self.accounts:
            cell = self.cells[account.id]
            found.setdefault(id(cell), (cell, []))[1].append(self.paths[account.id])
        return list(found.values())

    def _summary(self) -> Iterator[tuple[str, int, int, int]]:
        total = len(load_catalogue())
        for cell, paths in self._groups():
            blocked, depends = cell.blocked.bit_count(), cell.depends.bit_count()
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            yield ", ".join(paths[:3]) + more, total - blocked - depends, depends, blocked

    def _headline(self) -> str:
        total, count = len(load_catalogue()), len(self.accounts)
        unread = f"; not read: {', '.join(self.unknown)}" if self.unknown else ""
        return f"{total:,} actions × {count:,} account{'' if count == 1 else 's'}, {self._words}{unread}"

    def __str__(self) -> str:
        rows = list(self._summary())
        lines = [self._headline(), f"  {'not blocked':>12}{'depends':>9}{'blocked':>9}  accounts"]
        lines += [
            f"  {free:>12,}{depends:>9,}{blocked:>9,}  {names}" for names, free, depends, blocked in rows[:_SHOWN]
        ]
        if len(rows) > _SHOWN:
            lines.append(f"  … and {len(rows) - _SHOWN} more groups of accounts with the same guardrails")
        lines.append("  Guardrails grant nothing: what is not blocked is for IAM to decide.")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(names)}</td><td>{free:,}</td><td>{depends:,}</td>"
            f"<td>{blocked:,}</td></tr>"
            for names, free, depends, blocked in list(self._summary())[:_SHOWN]
        )
        return (
            f"<p>{escape(self._headline())}</p><table><tr><th>accounts</th><th>not blocked</th><th>depends</th>"
            f"<th>blocked</th></tr>{rows}</table>"
        )

    def to_json(self) -> dict[str, Any]:
        """Groups of accounts with the same guardrails: names of what is blocked, and of what depends on which keys."""
        catalogue = load_catalogue()
        return {
            "catalogue": catalogue.version,
            "actions": len(catalogue),
            "lens": self.lens.name if self.lens else None,
            "unknown": list(self.unknown),
            "groups": [
                {
                    "accounts": paths,
                    "blocked": list(catalogue.names(cell.blocked)),
                    "depends": [
                        {"keys": list(keys), "actions": list(catalogue.names(bits))} for keys, bits in cell.turns
                    ],
                }
                for cell, paths in self._groups()
            ],
        }

    def to_frame(self) -> pandas.DataFrame:
        """One row for each account and service: how many actions there are, are not blocked, depend and are blocked."""
        import pandas

        catalogue = load_catalogue()
        services = [(service, catalogue.service_bits(service)) for service in catalogue.services]
        rows = []
        counted: dict[int, list[tuple[str, int, int, int]]] = {}
        for account in self.accounts:
            cell = self.cells[account.id]
            if id(cell) not in counted:
                counted[id(cell)] = [
                    (service, bits.bit_count(), (cell.depends & bits).bit_count(), (cell.blocked & bits).bit_count())
                    for service, bits in services
                ]
            path = self.paths[account.id]
            rows += [
                (path, s, n, n - depends - blocked, depends, blocked) for s, n, depends, blocked in counted[id(cell)]
            ]
        return pandas.DataFrame(rows, columns=["account", "service", "actions", "not_blocked", "depends", "blocked"])


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
            (name, _state(self.cell, place), ", ".join(turning.get(name, ())))
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


def _state(cell: ChainBits, place: int) -> State:
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
    names = _shortened(bits)
    yield from (f"    {name}" for name in names[:_SHOWN])
    if len(names) > _SHOWN:
        yield f"    … and {len(names) - _SHOWN} more lines"


def _shortened(bits: int) -> list[str]:
    catalogue = load_catalogue()
    counts = Counter(name.partition(":")[0] for name in catalogue.names(bits))
    names: list[str] = []
    for service in counts:
        mine = catalogue.service_bits(service)
        names += [f"{service}:*"] if mine & ~bits == 0 else list(catalogue.names(bits & mine))
    return names


def _concerned(org: Organization, changes: tuple[Change, ...]) -> set[str] | None:
    """The accounts below everything that the changes touch; None where a change may touch everything."""
    nodes: set[str] = set()
    for change in changes:
        match change:
            case Configure():
                return None
            case Remove(entity) | Add(entity):
                nodes.update([entity.id] if entity.id in org else ())
            case Replace(_, after):
                nodes.update(org.targets(after.id) if after.kind == "policy" and after.id in org else [after.id])
            case _:
                nodes.add(change.node if hasattr(change, "node") else change.target)
    return {below for node in nodes if node in org for below in org.subtree(node)}
