"""Which steps concern the guardrails of the same accounts, so that it matters which of them comes first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from orgkit.design import Account
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import CHANGES, NEUTRAL, STRENGTHENS, WEAKENS, Step

_RAISES, _LOWERS = frozenset({STRENGTHENS, CHANGES}), frozenset({WEAKENS, CHANGES})


def raises(step: Step) -> bool:
    """Whether accounts may be more guarded once a step about a policy is done."""
    return step.effect in _RAISES


def lowers(step: Step) -> bool:
    """Whether accounts may be less guarded once a step about a policy is done."""
    return step.effect in _LOWERS


@dataclass(frozen=True, slots=True)
class Journey:
    """An account that is created, moved, or both: the steps that do so, and the policy steps around it.

    `ahead` are steps on the way down to where the account goes, `behind` on the way down to where it stands.
    """

    account: str  # as steps name it
    creation: str | None
    move: str | None
    ahead: tuple[str, ...]
    behind: tuple[str, ...]

    @property
    def first(self) -> str:
        """The step before which its place should be ready."""
        found = self.creation or self.move
        assert found is not None
        return found

    @property
    def last(self) -> str:
        """The step after which it has left where it was."""
        found = self.move or self.creation
        assert found is not None
        return found


class Concerning:
    """The policy steps of a draft by the root, OU or account that they happen at."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._at: dict[str, list[str]] = defaultdict(list)
        for step_id, places in draft.touches.items():
            for place in places if draft.steps[step_id].effect != NEUTRAL else ():
                self._at[place].append(step_id)
        self._above: Mapping[str, set[str]] = self._parents() if self._at else {}

    def _parents(self) -> dict[str, set[str]]:
        """Every root, OU and account by reference, with what holds it in the design and what holds it live."""
        draft = self._draft
        above: dict[str, set[str]] = defaultdict(set)
        sides = [(draft.design, draft.ref)]
        sides += [(draft.live, draft.live_ref)] if draft.exists else []
        for org, ref in sides:
            names = {entity.id: ref(entity.id) for entity, _ in org.tree()}
            for entity, parent in org.tree():
                if parent is not None:
                    above[names[entity.id]].add(names[parent])
        return above

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every two policy steps that some account is below the places of, in no order; more than once perhaps."""
        for place, here in self._at.items():
            for other in self._up(place):
                for first in self._at.get(other, ()):
                    for second in here:
                        if first != second:
                            yield first, second

    @cached_property
    def journeys(self) -> tuple[Journey, ...]:
        """Every account that is created or moved, with the policy steps that concern it."""
        return tuple(self._journeys()) if self._at else ()

    def _journeys(self) -> Iterator[Journey]:
        draft = self._draft
        moves = {account: (move, source) for move, (account, source) in draft.moves.items()}
        made = {step.produces[0]: step.id for step in draft.steps.values() if step.kind == "create_account"}
        ways: dict[tuple[bool, str], tuple[str, ...]] = {}  # the steps on the way down to an OU, designed or live
        for entity, parent in draft.design.tree():
            if not isinstance(entity, Account) or parent is None:
                continue
            creation = made.get(draft.name(entity.id))
            move, source = moves.get(entity.id, (None, None))
            if creation is None and move is None:
                continue
            if (True, parent) not in ways:
                ways[True, parent] = self._steps_at(map(draft.ref, draft.design.chain(parent)))
            if source is not None and (False, source) not in ways:
                ways[False, source] = self._steps_at(map(draft.live_ref, draft.live.chain(source)))
            name = draft.ref(entity.id)
            own = tuple(self._at.get(name, ()))
            behind = ways[False, source] + own if source is not None else ()
            yield Journey(name, creation, move, ways[True, parent] + own, behind)

    def _steps_at(self, places: Iterable[str]) -> tuple[str, ...]:
        return tuple(step for place in places for step in self._at.get(place, ()))

    def steps_of(self, accounts: Collection[str]) -> set[str]:
        """Every step that the guardrails of these accounts (references) may turn on, their own moves among them."""
        found = {step for one in accounts for place in self._up(one) for step in self._at.get(place, ())}
        for one in self.journeys:
            if one.account in accounts:
                found |= {one.first, one.last}
        return found

    def _up(self, place: str) -> set[str]:
        """A place and every place above it, as it is live and as it is designed."""
        found: set[str] = set()
        waiting = [place]
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                waiting += self._above.get(here, ())
        return found
