"""A design beside another one: the live organization, a second draft, or itself as it was opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final, Literal

from orgkit.design import Organization, Policy
from orgkit.design.changes import Change
from orgkit.diagram.overlay import Difference, Overlay
from orgkit.errors import InputError, OrgkitError, did_you_mean
from orgkit.guardrails import compare
from orgkit.notebook.designer.consequences import WITNESSED, Access, CostMove, cost_moved, told
from orgkit.notebook.designer.rows import differing, planned_costs

OPENED: Final = "as opened"
LIVE: Final = "live"
BESIDE: Final = "the other design"
_SETTINGS_APART: Final = frozenset({"declared", "moved", "organization_id", "limits"})
_NOT_IN_AWS: Final = frozenset({"owner", "monthly_cost", "description"})  # of what stands in the tree

Kind = Literal["", "added", "removed", "moved", "changed"]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of both trees side by side; a side is empty where it has no such thing."""

    node: str | None  # of this design, to go to
    depth: int
    there: str
    here: str
    kind: Kind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sides:
    """What differs between the other design (`there`) and this one (`here`)."""

    lines: tuple[Line, ...]  # what differs, and what leads to it
    differences: Mapping[str, int]  # kind → how many
    policies: tuple[Line, ...]
    settings: tuple[str, ...]
    access: tuple[Access, ...]
    cost: tuple[CostMove, ...]
    borrowed: bool  # the other has no planned costs; accounts were counted at what they cost here
    unjudged: str = ""

    def __bool__(self) -> bool:
        return bool(self.lines or self.policies or self.settings or self.access or self.cost)


class Comparisons:
    """The designs that one can be compared with, and the comparison that was asked for last."""

    def __init__(self, org: Organization, live: Organization | None, beside: Organization | None) -> None:
        self._org, self._opened_at = org, org.revision
        self._others = {name: other for name, other in ((BESIDE, beside), (LIVE, live)) if other is not None}
        self.chosen = next(iter(self._others), OPENED)
        self.sides: Sides | None = None
        self._made_for: object = None

    @property
    def names(self) -> tuple[str, ...]:
        """What there is to compare with."""
        return (*self._others, OPENED)

    @property
    def due(self) -> bool:
        """Whether a design changed since the comparison was made."""
        return self._made_for != self._revisions

    def choose(self, name: str) -> None:
        """Compare with this one from now on."""
        if name not in self.names:
            raise InputError(f"there is no {name!r} to compare with", mend=did_you_mean(name, self.names))
        if name != self.chosen:
            self.chosen, self.sides = name, None

    def make(self) -> None:
        """Compare anew."""
        self.sides, self._made_for = sides(self.other, self._org, live=self.chosen == LIVE), self._revisions

    @property
    def other(self) -> Organization:
        """The design that is compared with."""
        if self.chosen in self._others:
            return self._others[self.chosen]
        opened = self._org.copy()
        opened.build(*(change.inverse for change in reversed(self._since_opened)))
        return opened

    @property
    def _since_opened(self) -> tuple[Change, ...]:
        return self._org.changes(self._opened_at)

    @property
    def _revisions(self) -> tuple[str, int, int]:
        other = self._others.get(self.chosen)
        return self.chosen, self._org.revision, other.revision if other is not None else 0


def sides(there: Organization, here: Organization, *, live: bool = False) -> Sides:
    """Lay two designs over each other; what only a design has is no difference to a live organization.

    What stands beside the tree is left out there: it is read as far as a plan needs it, and a plan says what differs.
    """
    tree = Overlay(there, here, apart=_NOT_IN_AWS if live else ())
    kinds: dict[str, int] = {}
    for difference in tree.differences.values():
        if difference:
            kind = difference.kind or "changed"
            kinds[kind] = kinds.get(kind, 0) + 1
    costs = planned_costs(there)
    borrowed = not costs and bool(planned_costs(here))
    try:
        groups = compare(there, here).groups
        access = tuple(
            told(group, example=number < WITNESSED, sides=("there", "here")) for number, group in enumerate(groups)
        )
        unjudged = ""
    except OrgkitError as error:
        access, unjudged = (), f"the guardrails cannot be compared: {error}"
    return Sides(
        tuple(_lines(tree, there)),
        kinds,
        tuple(_policies(there, here)),
        () if live else tuple(_settings(there, here)),
        access,
        tuple(_costs(tree, there, here, borrowed)),
        borrowed,
        unjudged,
    )


def _lines(tree: Overlay, there: Organization) -> Iterator[Line]:
    """The overlay from the top down, without what is the same in both and leads to nothing that is not."""
    wanted = _leading(tree)
    waiting = [(tree.after.root.id, 0)] if wanted else []
    while waiting:
        node, depth = waiting.pop()
        entity, difference = tree.entity(node), tree.differences[node]
        old = tree.places.get(node)
        kind: Kind = difference.kind or ("changed" if difference else "")  # type: ignore[assignment]
        yield Line(
            node if kind != "removed" else None,
            depth,
            there.target(old).name if old is not None else "",
            entity.name if kind != "removed" else "",
            kind,
            _note(difference),
        )
        waiting += [(child, depth + 1) for child in reversed(tree.children(node)) if child in wanted]


def _leading(tree: Overlay) -> set[str]:
    """The nodes that differ and those above them."""
    wanted: set[str] = set()

    def look(node: str) -> bool:
        below = [look(child) for child in tree.children(node)]
        if any(below) or tree.differences[node]:
            wanted.add(node)
            return True
        return False

    look(tree.after.root.id)
    return wanted


def _note(difference: Difference) -> str:
    signed = (("+", difference.attached), ("−", difference.detached))
    policies = [f"{sign} {policy.name}" for sign, those in signed for policy in those]
    return ", ".join([*difference.notes, *policies])


def _policies(there: Organization, here: Organization) -> Iterator[Line]:
    """Policies that one side has not, or that read otherwise; a policy is known by its type and name."""
    old, new = ({(p.type, p.name): p for p in org.policies() if not p.aws_managed} for org in (there, here))
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None and now is not None:
            yield Line(now.id, 0, "", now.name, "added")
        elif now is None and was is not None:
            yield Line(None, 0, was.name, "", "removed")
        elif was is not None and now is not None and _reads(was) != _reads(now):
            yield Line(now.id, 0, was.name, now.name, "changed", "reads otherwise")


def _reads(policy: Policy) -> object:
    try:
        return policy.document
    except OrgkitError:
        return policy.content


def _settings(there: Organization, here: Organization) -> Iterator[str]:
    for field in fields(here.settings):
        same = getattr(there.settings, field.name) == getattr(here.settings, field.name)
        if field.name not in _SETTINGS_APART and not same:
            yield field.name.replace("_", " ")


def _costs(tree: Overlay, there: Organization, here: Organization, borrowed: bool) -> Iterator[CostMove]:
    """The planned cost of every OU that is not the same, the greatest difference first."""
    shown = {old: node for node, old in tree.places.items()}
    now = planned_costs(here)
    was = {shown[old]: cost for old, cost in (_counted(tree, there, now) if borrowed else planned_costs(there)).items()}
    moves: list[CostMove] = []
    for node in differing(was, now):
        entity = tree.entity(node)
        if entity.kind != "account":
            path = here.path(node) if tree.differences[node].kind != "removed" else there.path(tree.places[node])
            moves += cost_moved(entity, path, was.get(node, {}), now.get(node, {}))
    yield from sorted(moves, key=lambda move: (-abs(move.change), move.path, move.currency))


def _counted(
    tree: Overlay, there: Organization, costs: Mapping[str, Mapping[str, Decimal]]
) -> dict[str, dict[str, Decimal]]:
    """Costs rolled up where the accounts stand there, each account at what it costs here."""
    found: dict[str, dict[str, Decimal]] = {}
    for node, old in tree.places.items():
        if tree.entity(node).kind == "account":
            for above in there.chain(old):
                sums = found.setdefault(above, {})
                for currency, amount in costs.get(node, {}).items():
                    sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {node: amounts for node, amounts in found.items() if amounts}
