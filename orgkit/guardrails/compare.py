"""Two designs side by side: which accounts gain or lose which actions, why, and a request that shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from orgkit.design import Account, Organization
from orgkit.design.sections import Lens
from orgkit.guardrails import telling
from orgkit.guardrails.causes import Cause, Causes
from orgkit.guardrails.lens import find_lens
from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.question import Question, ask
from orgkit.guardrails.survey import Survey
from orgkit.guardrails.witness import Witness, open_choices, requests, verdict, witness
from orgkit.policy.catalogue import load_catalogue

Kind = Literal["gains", "gains under conditions", "loses", "loses under conditions", "may under other conditions"]
GAINS: Final = frozenset({"gains", "gains under conditions"})
_TRIED_ACTIONS = 4


@dataclass(frozen=True, eq=False)
class Group:
    """Accounts for which the same actions change in the same way and for the same causes.

    `kind`: gains (not blocked any more), gains under conditions (blocked, or depending, before; less so now), loses,
    loses under conditions, or "may under other conditions" (depends before and after, on something else).
    """

    kind: Kind
    causes: tuple[str, ...]
    accounts: tuple[str, ...]
    bits: int = field(repr=False)
    where: str = ""  # the accounts in few words
    _questions: tuple[tuple[Organization, Account, Question, Question], ...] = field(default=(), repr=False)

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of the actions, in the catalogue's order."""
        return tuple(load_catalogue().names(self.bits))

    @cached_property
    def witness(self) -> tuple[Witness, Witness] | None:
        """One request and what is said to it before and after; None where none of those tried tells the two apart."""
        for org, account, before, after in self._questions:
            found = _tell_apart(org, account, before, after, self.kind)
            if found:
                return found
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the group as a plain dict, its witness with both outcomes."""
        pair = self.witness
        return {
            "kind": self.kind,
            "causes": list(self.causes),
            "accounts": list(self.accounts),
            "actions": list(self.actions),
            "witness": None
            if pair is None
            else {**pair[1].to_json(), "before": pair[0].decision.outcome, "after": pair[1].decision.outcome},
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changes between two designs. `added` and `removed` are accounts that only one of them has."""

    groups: tuple[Group, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    compared: int
    lens: str | None = None
    unknown: tuple[str, ...] = ()

    @property
    def less_guarded(self) -> bool:
        """Whether in some account something that was blocked, or depended, is now less so."""
        return any(group.kind in GAINS or group.kind == "may under other conditions" for group in self.groups)

    def __bool__(self) -> bool:
        return bool(self.groups or self.added or self.removed)

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[Group]:
        return iter(self.groups)

    def __str__(self) -> str:
        return telling.text(self)

    def _repr_html_(self) -> str:
        return telling.html(self)

    def to_markdown(self) -> str:
        """A comment for a pull request."""
        return telling.markdown(self)

    def to_json(self) -> dict[str, Any]:
        """Return everything as a plain dict."""
        return {
            "compared": self.compared,
            "lens": self.lens,
            "less_guarded": self.less_guarded,
            "added": list(self.added),
            "removed": list(self.removed),
            "unknown": list(self.unknown),
            "groups": [group.to_json() for group in self.groups],
        }

    def to_frame(self) -> Any:
        """One row for each group, account and action."""
        import pandas

        rows = [
            (account, action, group.kind, "; ".join(group.causes))
            for group in self.groups
            for account in group.accounts
            for action in group.actions
        ]
        return pandas.DataFrame(rows, columns=["account", "action", "change", "causes"])


def compare(
    before: Organization,
    after: Organization,
    lens: str | Lens | None = None,
    *,
    accounts: Collection[str] | None = None,
) -> Comparison:
    """Say which accounts gain or lose which actions from one design to another, always or under conditions.

    Accounts are matched by AWS id, else by handle, else by email. Changes are grouped by cause (a policy that reads
    otherwise, an attachment, a move); each group has a request whose decision differs. `lens` is one of the later
    design, or of the earlier where the later does not have it. `accounts` are node ids, where the two are states of one
    design with the same ids and it is known which accounts an edit concerns: the others are not looked at.
    """
    found = lens if not isinstance(lens, str) else find_lens(after if lens in after.settings.lenses else before, lens)
    assert not isinstance(found, str)
    pairs, added, removed = match(before, after) if accounts is None else _same_nodes(before, after, accounts)
    old = Survey(before, found)
    same = _same_settings(before, after) and (accounts is not None or _same_ids(before, after))
    new = Survey(after, found, old.shared if same else None)
    causes = Causes(before, after)
    grouped: dict[tuple[Kind, tuple[str, ...], int], list[tuple[Account, Account]]] = {}
    told: dict[tuple[int, int], tuple[tuple[Kind, int], ...]] = {}
    for was, now in pairs:
        cells = old.cell(was), new.cell(now)
        if cells[0] is cells[1]:
            continue
        key = id(cells[0]), id(cells[1])
        if key not in told:
            told[key] = tuple(_transitions(*cells))
        if told[key]:
            for kind, reasons, bits in _by_cause(told[key], causes.of(was, now)):
                grouped.setdefault((kind, reasons, bits), []).append((was, now))
    groups = [_group(before, after, found, *key, accounts) for key, accounts in grouped.items()]
    groups.sort(key=lambda one: (_ORDER.index(one.kind), -len(one.accounts), one.causes, one.accounts))
    return Comparison(
        tuple(groups),
        tuple(after.path(account.id) for account in added),
        tuple(before.path(account.id) for account in removed),
        len(pairs),
        found.name if found else None,
        tuple(dict.fromkeys((*before.unknown, *after.unknown))),
    )


_ORDER: Final[tuple[Kind, ...]] = (
    "gains",
    "gains under conditions",
    "may under other conditions",
    "loses",
    "loses under conditions",
)


def match(
    before: Organization, after: Organization
) -> tuple[list[tuple[Account, Account]], list[Account], list[Account]]:
    """Pairs of the same account in both designs, then those that only the later has, then only the earlier."""
    left = {account.id: account for account in before.accounts()}
    by_id = {account.aws_id: account for account in left.values() if account.aws_id}
    by_email = {account.email.casefold(): account for account in left.values() if account.email}
    head = before.management
    pairs, added = [], []
    for account in after.accounts():
        same = by_id.get(account.aws_id) if account.aws_id else None
        same = same or left.get(account.id) or by_email.get(account.email.casefold())
        same = same or (head if account.management else None)
        if same is not None and same.id in left:
            pairs.append((left.pop(same.id), account))
        else:
            added.append(account)
    return pairs, added, list(left.values())


def _same_nodes(
    before: Organization, after: Organization, nodes: Iterable[str]
) -> tuple[list[tuple[Account, Account]], list[Account], list[Account]]:
    """The same for some accounts of two states of one design."""
    pairs, added, removed = [], [], []
    for node in nodes:
        was, now = (org.account(node) if node in org else None for org in (before, after))
        if was and now:
            pairs.append((was, now))
        elif now:
            added.append(now)
        elif was:
            removed.append(was)
    return pairs, added, removed


def _same_settings(before: Organization, after: Organization) -> bool:
    """Whether what AWS fills in from the organization is the same in both, so that a policy means the same."""
    was, now = before.settings, after.settings
    return was.organization_id == now.organization_id and was.partition == now.partition


def _same_ids(before: Organization, after: Organization) -> bool:
    """Whether nothing has another id in AWS than before."""
    ids = [{one.id: one.aws_id for one in org.entities()} for org in (before, after)]
    return all(ids[1].get(node, aws_id) == aws_id for node, aws_id in ids[0].items())


def _transitions(old: ChainBits, new: ChainBits) -> Iterator[tuple[Kind, int]]:
    everything = load_catalogue().all_bits
    free = everything & ~(old.blocked | old.depends), everything & ~(new.blocked | new.depends)
    both = old.depends & new.depends
    other = both & _turning_otherwise(old, new) if both else 0
    for kind, bits in (
        ("gains", old.blocked & free[1]),
        ("gains under conditions", (old.blocked & new.depends) | (old.depends & free[1])),
        ("may under other conditions", other),
        ("loses", free[0] & new.blocked),
        ("loses under conditions", (free[0] & new.depends) | (old.depends & new.blocked)),
    ):
        if bits:
            yield kind, bits  # type: ignore[misc]


def _turning_otherwise(old: ChainBits, new: ChainBits) -> int:
    """Actions about which a statement has a say that only one side has."""
    sides = []
    for chain in (old, new):
        found: dict[object, int] = {}
        for one in chain.opens:
            s = one.meaning.statement
            key = (s.effect, s.not_action, s.resources, s.not_resource, s.conditions, s.variables)
            found[key] = found.get(key, 0) | one.meaning.maybe
        sides.append(found)
    bits = 0
    for either in sides[0].keys() | sides[1].keys():
        bits |= sides[0].get(either, 0) ^ sides[1].get(either, 0)
    return bits


def _by_cause(
    transitions: Iterable[tuple[Kind, int]], causes: tuple[Cause, ...]
) -> Iterator[tuple[Kind, tuple[str, ...], int]]:
    """Cut each transition by the causes that can have a say in its actions."""
    for kind, bits in transitions:
        parts: dict[tuple[str, ...], int] = {(): bits}
        for cause in causes:
            cut: dict[tuple[str, ...], int] = {}
            for reasons, held in parts.items():
                for told, part in ((reasons, held & ~cause.bits), ((*reasons, cause.words), held & cause.bits)):
                    if part:
                        cut[told] = cut.get(told, 0) | part
            parts = cut
        for reasons, part in parts.items():
            yield kind, reasons or tuple(cause.words for cause in causes), part


def _group(
    before: Organization,
    after: Organization,
    lens: Lens | None,
    kind: Kind,
    causes: tuple[str, ...],
    bits: int,
    accounts: list[tuple[Account, Account]],
) -> Group:
    was, now = accounts[0]
    catalogue = load_catalogue()
    questions = []
    for action in _typical(bits):
        old = ask(before, was, catalogue.actions[action], lens=lens)
        questions.append((after, now, old, ask(after, now, catalogue.actions[action], lens=lens)))
    paths = tuple(after.path(account.id) for _, account in accounts)
    return Group(
        kind, causes, paths, bits, telling.places(after, [account for _, account in accounts]), tuple(questions)
    )


def _typical(bits: int) -> list[int]:
    """A few actions of the set to show: the ends and the middle of it."""
    places = []
    rest = bits
    for _ in range(_TRIED_ACTIONS - 1):
        if rest:
            low = rest & -rest
            places.append(low.bit_length() - 1)
            rest ^= low
    if rest:
        places.append(rest.bit_length() - 1)
    return places


def _tell_apart(
    org: Organization, account: Account, before: Question, after: Question, kind: Kind
) -> tuple[Witness, Witness] | None:
    """A whole request to which the two designs say different things, in the direction of the change."""
    if kind in GAINS:
        wanted = {(True, False)}
    elif kind == "may under other conditions":
        wanted = {(True, False), (False, True)}
    else:
        wanted = {(False, True)}
    for way, given in requests([before, after], open_choices([before, after])):
        old, new = verdict(before, way, given), verdict(after, way, given)
        if (old.blocked, new.blocked) in wanted:
            return witness(org, account, before, way, given, old), witness(org, account, after, way, given, new)
    return None
