"""What every account may still do: for each action of the catalogue not blocked, blocked, or depending on context."""

from __future__ import annotations

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
from orgkit.guardrails.views import AccountPermissions, GroupPermissions, State, Who, state_of
from orgkit.policy.catalogue import load_catalogue

if TYPE_CHECKING:
    import pandas

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
        return state_of(self._cell(account), place)

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
            state = state_of(cell, place)
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
        same_settings = changes is not None and not any(map(_touches_all, changes))
        shared = self._shared if same_settings else None
        survey = Survey(now, lens, shared)
        concerned = _concerned(now, changes) if changes is not None and same_settings else None
        if concerned is None:
            same = len(self.accounts) == len(self._org.accounts())
            accounts = now.accounts() if same else tuple(one for one in now.accounts() if one.id in self.cells)
            return Permissions(
                now, lens, accounts, {one.id: survey.cell(one) for one in accounts}, now.revision, survey.shared
            )
        fresh = {node: now.account(node) for node in concerned if now.entity(node).kind == "account"}
        accounts, cells = self.accounts, dict(self.cells)
        gone = {node for node in _removed(changes or ()) if node not in now}
        if gone or not fresh.keys() <= cells.keys() or any(isinstance(change, Replace) for change in changes or ()):
            accounts = tuple(fresh.get(one.id, one) for one in accounts if one.id not in gone)
            accounts += tuple(one for node, one in fresh.items() if node not in cells)
            cells = {node: cell for node, cell in cells.items() if node not in gone}
        cells |= {node: survey.cell(one) for node, one in fresh.items()}
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


def _touches_all(change: Change) -> bool:
    """Settings, and ids that AWS gave, may change what any policy means."""
    if isinstance(change, Replace):
        return change.before.aws_id != change.after.aws_id
    return isinstance(change, Configure)


def _removed(changes: tuple[Change, ...]) -> Iterator[str]:
    return (change.entity.id for change in changes if isinstance(change, Remove))


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
