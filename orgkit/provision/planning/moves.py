"""Following `moved:` entries on what a live organization shows, whichever of them a plan has carried out already.

Entries are only ever added, and nobody writes down when a plan was applied: a live organization is as the design was
after some first entries, and the rest are to be followed. Which entry is the first to follow is found by trying: the
one after which most of the design is found, and found where accounts, policies and tags agree best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Name = tuple[str, ...]  # a path of names, an email, or a policy type and name
Move = tuple[Name, Name]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, order=True)
class Agreement:
    """How well a way of matching explains the live organization; the greater the better.

    `found` counts things of the design that are live, `placed` accounts that stand where the design has them, `alike`
    what else agrees. `missing` is what the design has and AWS seems not to have.
    """

    found: int
    placed: int = 0
    alike: int = 0
    missing: int = field(default=0, compare=False)
    whole: bool = field(default=False, compare=False)  # nothing could agree better


def follow(
    live: Mapping[Name, str],
    moves: Sequence[Move],
    pair: Callable[[Mapping[Name, str]], Found],
    agreement: Callable[[Found], Agreement],
) -> Found:
    """Return what `pair` finds under the names that live things have once the entries still to follow are followed.

    Of ways that agree equally well, the one with the fewest entries is taken where nothing of the design is missing,
    so that a plan that was applied is not undone; else the one with the most.
    """
    ways = list(_ways(live, moves))
    best = pair(ways[0])
    if len(ways) == 1:
        return best
    score = agreement(best)
    for names in ways[1:]:
        if score.whole:
            break
        candidate = pair(names)
        value = agreement(candidate)
        if value > score or (value == score and value.missing):
            best, score = candidate, value
    return best


def _ways(live: Mapping[Name, str], moves: Sequence[Move]) -> Iterator[Mapping[Name, str]]:
    """The names under every possible first entry, from none to follow to all.

    To begin with an entry that changes nothing is to begin with the next one.
    """
    yield live
    for start in range(len(moves) - 1, -1, -1):
        old, new = moves[start]
        if old not in live or new in live:
            continue
        tree = _Place()
        for name, node in live.items():
            tree.at(name).node = node
        for move in moves[start:]:
            tree.move(*move)
        yield dict(tree.names())


@dataclass(slots=True)
class _Place:
    """A name and what is below it; a place without a node holds others, and nothing stands there itself."""

    node: str | None = None
    below: dict[str, _Place] = field(default_factory=dict)

    def at(self, name: Name) -> _Place:
        place = self
        for step in name:
            place = place.below.setdefault(step, _Place())
        return place

    def find(self, name: Name) -> _Place | None:
        place: _Place | None = self
        for step in name:
            if place is None:
                return None
            place = place.below.get(step)
        return place

    def move(self, old: Name, new: Name) -> None:
        """Follow one entry; one that was carried out already, or never will be, changes nothing."""
        source, taken = self.find(old), self.find(new)
        if source is None or source.node is None or (taken is not None and taken.node is not None):
            return
        going = _Place(source.node, source.below)
        source.node, source.below = None, {}
        self.at(new).take(going)

    def take(self, going: _Place) -> None:
        if self.node is None:
            self.node = going.node
        for name, inner in going.below.items():
            if name in self.below:
                self.below[name].take(inner)
            else:
                self.below[name] = inner

    def names(self, above: Name = ()) -> Iterator[tuple[Name, str]]:
        if self.node is not None:
            yield above, self.node
        for name, inner in self.below.items():
            yield from inner.names((*above, name))
