"""Another order, where the first one leaves accounts less guarded for a while.

Of the steps that could be next, one that guards somebody again comes first; then those that expose nobody, by rank;
where all expose somebody, the one that exposes least. Only accounts that were exposed are looked at, and only steps
that concern them change places.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Sequence

import networkx as nx

from orgkit.guardrails.survey import Shared, Survey
from orgkit.provision.planning.concerning import Concerning
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.lockout import watches
from orgkit.provision.planning.moment import Moment
from orgkit.provision.planning.order import Order
from orgkit.provision.planning.rehearsal import Judging, Rehearsal
from orgkit.provision.planning.simulation import Simulation

# How often another order is looked for: each one may show accounts that the one before did not expose.
ROUNDS = 3


def rehearsed(
    draft: Draft, needed: nx.DiGraph[str], order: Order, concerning: Concerning, allowed: Collection[str] = ()
) -> tuple[Order, Rehearsal, list[Moment]]:
    """The best order found, gone through to its end, and the moments in it in which accounts are less guarded.

    `allowed` names the principals that may be locked out.
    """
    best = order, *_gone_through(draft, order, allowed)
    exposed: set[str] = set()
    for _ in range(ROUNDS):
        found = {moment.account for moment in best[2] if not moment.unavoidable}
        if found <= exposed:
            break
        exposed |= found
        other = _Reordering(draft, needed, best[0], concerning, exposed).order()
        again = other, *_gone_through(draft, other, allowed)
        if _weight(again[2]) < _weight(best[2]):
            best = again
    return best


def _gone_through(draft: Draft, order: Order, allowed: Collection[str]) -> tuple[Rehearsal, list[Moment]]:
    rehearsal = Rehearsal(draft, watches(draft, allowed))
    for step in order:
        rehearsal.perform(draft.steps[step])
    return rehearsal, list(rehearsal.moments())


def _weight(moments: Collection[Moment]) -> int:
    return sum(moment.bits.bit_count() for moment in moments if not moment.unavoidable)


class _Reordering:
    """One search: steps are performed as they are chosen, and taken back where another one is better."""

    def __init__(
        self,
        draft: Draft,
        needed: nx.DiGraph[str],
        order: Order,
        concerning: Concerning,
        exposed: Collection[str],
    ) -> None:
        self._draft = draft
        self._needed = needed
        self._place = {step: number for number, step in enumerate(order)}
        end = Simulation(draft)
        for step in order:
            end.perform(draft.steps[step])
        self._shared = Shared()
        self._judging = Judging(draft, end, self._shared)
        self._exposed = exposed
        self._concerned = concerning.steps_of({end.reference(node) for node in exposed})
        self._state = Simulation(draft)
        self._weight = 0  # how many actions are less guarded now, over all accounts that are looked at
        self._tried: dict[str, int] = {}  # what that would be after each step that was tried in this state

    def order(self) -> Order:
        """All steps in the order found."""
        waits = dict(self._needed.in_degree())
        ready = sorted((step for step in self._place if not waits[step]), key=self._place.__getitem__)
        found: list[str] = []
        while ready:
            step = self._next(ready)
            ready.remove(step)
            self._state.perform(self._draft.steps[step])
            if step in self._concerned:
                self._weight = self._tried[step]
                self._tried.clear()
            found.append(step)
            for after in self._needed.successors(step):
                waits[after] -= 1
                if not waits[after]:
                    insort(ready, after, key=self._place.__getitem__)
        return tuple(found)

    def _next(self, ready: Sequence[str]) -> str:
        concerned = [step for step in ready if step in self._concerned]
        if self._weight:
            best = min(concerned, key=self._try, default=None)
            if best is not None and self._try(best) < self._weight:
                return best
        for step in ready:
            if step not in self._concerned or self._try(step) <= self._weight:
                return step
        return min(concerned, key=self._try)

    def _try(self, step: str) -> int:
        """What would be less guarded after a step, were it done now."""
        if step not in self._tried:
            self._state.perform(self._draft.steps[step])
            org = self._state.org
            survey = Survey(org, None, self._shared)
            accounts = [org.account(node) for node in self._exposed if node in org]
            exposed = (self._judging.exposed(one.id, survey.cell(one)) for one in accounts)
            self._tried[step] = sum(bits.bit_count() for bits in exposed)
            self._state.take_back()
        return self._tried[step]
