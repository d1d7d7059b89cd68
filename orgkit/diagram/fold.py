"""What is drawn of a tree, and what is folded into a count because nobody reads a picture of a thousand boxes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from orgkit.design import Account, Entity
from orgkit.diagram.text import count
from orgkit.errors import InputError, did_you_mean

LIMIT: Final = 300  # boxes and account lines; a browser scrolls a picture of 5,000 at four frames a second
BOXES: Final = 150  # OUs; a box takes more room than a line
COLLAPSE: Final = ("auto", "always", "never")


class Tree(Protocol):
    """What can be drawn: an Organization, or two of them laid over each other."""

    def entity(self, ref: str, /) -> Entity: ...

    def children(self, node: str, /) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Box:
    """The root or an OU that is drawn, the accounts drawn in it, and what is folded away in and below it."""

    node: str
    parent: str | None
    accounts: tuple[Account, ...]
    folded: tuple[Account, ...] = ()  # accounts, in it and in the OUs folded into it
    folded_ous: int = 0

    @property
    def said(self) -> str:
        """`12 accounts`, `3 more accounts`, `4 OUs, 90 accounts`."""
        more = "more " if self.accounts else ""
        accounts = count(len(self.folded), f"{more}account") if self.folded else ""
        return ", ".join(filter(None, (count(self.folded_ous, "OU") if self.folded_ous else "", accounts)))


@dataclass(frozen=True, slots=True)
class Folded:
    """The boxes to draw, parents first, and a sentence on what was folded (empty where nothing was)."""

    boxes: tuple[Box, ...]
    said: str


@dataclass(slots=True)
class _Place:
    node: str
    parent: str | None
    depth: int
    accounts: list[Account]


def fold(tree: Tree, top: str, collapse: str = "auto", *, keep: Collection[str] = ()) -> Folded:
    """Choose what to draw of the subtree at `top`, the root or an OU.

    `auto` draws everything up to LIMIT boxes and lines; above it accounts become a count per OU, and where the OUs
    alone are too many, the deepest levels are folded into the OU above them. Nodes in `keep`, as far as LIMIT allows,
    and the management account are drawn in any case.
    """
    if collapse not in COLLAPSE:
        raise InputError(f"there is no collapse={collapse!r}", mend=did_you_mean(collapse, COLLAPSE))
    places = {place.node: place for place in _walk(tree, top)}
    accounts = sum(len(place.accounts) for place in places.values())
    if collapse == "never" or (collapse == "auto" and len(places) + accounts <= LIMIT):
        boxes = tuple(Box(place.node, place.parent, tuple(place.accounts)) for place in places.values())
        return Folded(boxes, "")
    kept = set(keep) if len(keep) <= LIMIT else set()
    drawn = _shown(places, kept)
    boxes = tuple(_boxes(places, drawn, kept))
    hidden = (
        (sum(len(box.folded) for box in boxes), "account"),
        (len(places) - len(drawn), "OU"),
    )
    said = " and ".join(count(number, thing) for number, thing in hidden if number)
    return Folded(boxes, f"counted, not drawn: {said}" if said else "")


def _walk(tree: Tree, top: str) -> Iterator[_Place]:
    waiting: list[tuple[str, str | None, int]] = [(top, None, 0)]
    while waiting:
        node, parent, depth = waiting.pop()
        inside = [tree.entity(child) for child in tree.children(node)]
        yield _Place(node, parent, depth, [entity for entity in inside if isinstance(entity, Account)])
        ous = [entity.id for entity in inside if not isinstance(entity, Account)]
        waiting += [(ou, node, depth + 1) for ou in reversed(ous)]


def _shown(places: Mapping[str, _Place], kept: set[str]) -> set[str]:
    """The boxes drawn: as many whole levels as BOXES allows, one at least, and the way to what is kept."""
    depth = max(place.depth for place in places.values())
    while depth > 1 and sum(place.depth <= depth for place in places.values()) > BOXES:
        depth -= 1
    shown = {node for node, place in places.items() if place.depth <= depth}
    for node, place in places.items():
        if node in kept or any(account.id in kept for account in place.accounts):
            up: str | None = node
            while up is not None and up not in shown:
                shown.add(up)
                up = places[up].parent
    return shown


def _boxes(places: Mapping[str, _Place], drawn: set[str], kept: set[str]) -> Iterator[Box]:
    into: dict[str, str] = {}  # each place → the drawn box that counts it
    folded: dict[str, list[Account]] = {node: [] for node in drawn}
    ous = dict.fromkeys(drawn, 0)
    for node, place in places.items():
        into[node] = node if place.parent is None or node in drawn else into[place.parent]
        ous[into[node]] += into[node] != node
        folded[into[node]] += [
            account for account in place.accounts if node not in drawn or not (account.management or account.id in kept)
        ]
    for node, place in places.items():
        if node in drawn:
            away = {account.id for account in folded[node]}
            accounts = tuple(account for account in place.accounts if account.id not in away)
            yield Box(node, place.parent, accounts, tuple(folded[node]), ous[node])
