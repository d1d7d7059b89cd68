"""What a rehearsal found, in the words of a plan: the order to take, exposures, lock-outs, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import networkx as nx

from orgkit.design import Problem
from orgkit.provision.planning.concerning import Concerning
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.exposure import Exposure
from orgkit.provision.planning.lockout import caller_lock_outs
from orgkit.provision.planning.moment import told
from orgkit.provision.planning.order import Order
from orgkit.provision.planning.reordering import rehearsed

ASSUMPTIONS = (
    "the policies and the tree change only by this plan while it runs",
    "a change is in force when its call returns",
    "an ordinary role of each account is asked about; service-linked roles and the management account are free of SCPs",
    "two different conditions of one action are not compared",
)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the rehearsal found."""

    order: Order
    exposures: tuple[Exposure, ...] = ()
    blocked: tuple[Problem, ...] = ()
    assumptions: tuple[str, ...] = ()


def rehearse(
    draft: Draft,
    needed: nx.DiGraph[str],
    order: Order,
    concerning: Concerning,
    principal: str | None,
    allowed: Iterable[str] = (),
) -> Rehearsed:
    """Go through the steps, in a better order where there is one; `allowed` names who may be locked out.

    A draft that is blocked is not gone through: its steps do not lead where they should.
    """
    if draft.blocked or not order:
        return Rehearsed(order)
    named = frozenset(allowed)
    best, rehearsal, moments = rehearsed(draft, needed, order, concerning, named)
    end = rehearsal.state.org
    paths = {moment.account: end.path(moment.account) for moment in moments}
    steps = [draft.steps[step] for step in best]
    blocked = [problem for watch in rehearsal.watches for problem in watch.problems(end)]
    blocked += caller_lock_outs(draft, steps, principal, named)
    assumptions = _assumptions(draft, principal) if rehearsal.looked else ()
    return Rehearsed(best, tuple(told(draft, needed, best, moments, paths)), tuple(blocked), tuple(assumptions))


def _assumptions(draft: Draft, principal: str | None) -> Iterator[str]:
    yield from ASSUMPTIONS
    yield f"the calls are made by {principal or 'a role of the management account'}"
    yield from (f"{part} not readable: the answer depends on it" for part in draft.live.unknown)
