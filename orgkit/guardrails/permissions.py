"""What every account may still do: for each action of the catalogue not blocked, blocked, or depending on context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from orgkit.design import Account, Organization
from orgkit.design.sections import Lens
from orgkit.design.touched import Touched
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
    node = None if under is None else org.find(under, "root", "ou", "account")
    accounts = org.accounts(node)
    cells = {account.id: survey.cell(account) for account in accounts}
    return Permissions(org, found, accounts, cells, org.revision, survey.shared, node)


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
    _under: str | None = None  # the node below which accounts are asked about; None: all

    @cached_property
    def paths(self) -> dict[str, str]:
        """Node id → path of each account, as it was when asked first."""
        return {account.id: self._org.path(account.id) for account in self.accounts}

    @property
    def unknown(self) -> tuple[str, ...]:
        """Parts of a live organization that could not be read, and that the answer therefore lacks."""
        return self._org.unknown

    @property
    def shared(self) -> Shared:
        """What policies mean through this lens, to be handed to a survey of another state of the organization."""
        return self._shared

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

        Of another organization (a copy that was edited) everything is asked.
        """
        now = org if org is not None else self._org
        lens = now.settings.lenses.get(self.lens.name, self.lens) if self.lens else None
        if now is not self._org:
            return self._anew(now, lens, None)
        changes = now.changes(self.revision)
        if not changes:
            return self
        touched = Touched(now, changes)
        if touched.whole or lens != self.lens:
            return self._anew(now, lens, None)
        survey = Survey(now, lens, self._shared)
        if not survey.own_caller:
            return self._anew(now, lens, self._shared)  # what binds the caller binds it in every account
        cells = dict(self.cells)
        for node in touched.nodes("above"):
            cells.pop(node, None)
        accounts = self._accounts(now)
        if len(cells) < len(accounts):
            cells |= {one.id: survey.cell(one) for one in accounts if one.id not in cells}
        return Permissions(now, lens, accounts, cells, now.revision, survey.shared, self._under)

    def _anew(self, now: Organization, lens: Lens | None, shared: Shared | None) -> Permissions:
        survey = Survey(now, lens, shared)
        accounts = self._accounts(now)
        cells = {one.id: survey.cell(one) for one in accounts}
        return Permissions(now, lens, accounts, cells, now.revision, survey.shared, self._under)

    def _accounts(self, now: Organization) -> tuple[Account, ...]:
        return now.accounts(self._under) if self._under is None or self._under in now else ()

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


class Asked:
    """Permissions through several lenses, each asked for once and followed from edit to edit."""

    def __init__(self, org: Organization, before: Asked | None = None) -> None:
        self._org = org
        self._before: list[Permissions] = before._found if before else []
        self._found: list[Permissions] = []

    def through(self, lens: Lens | None) -> Permissions:
        """What everybody may do, seen through a lens."""
        for answer in self._found:
            if answer.lens == lens:
                return answer
        known = next((one for one in self._before if one.lens == lens), None)
        self._found.append(known.after(self._org) if known else permissions(self._org, lens))
        return self._found[-1]
