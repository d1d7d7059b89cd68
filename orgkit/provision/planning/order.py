"""The order of the steps: what must come first, as a graph, and one sequence that keeps it.

An edge goes from a step to one that waits for it. Its `kind` says why: `needs` where AWS would refuse otherwise,
`guards` where an account would be less guarded for a while. Steps with no path between them may run at the same time.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import networkx as nx

from orgkit.provision.parts.organization_steps import CREATE
from orgkit.provision.planning import references
from orgkit.provision.planning.concerning import Concerning, lowers, raises
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import CHANGES, KINDS, STRENGTHENS, WEAKENS, Step

NEEDS, GUARDS = "needs", "guards"
Order = tuple[str, ...]
Edge = tuple[str, str, str]
# Guarding steps leave their kind's place: the stronger come before accounts move (40), the weaker after.
_BEFORE_MOVES, _AFTER_MOVES = 32, 72


def required(draft: Draft) -> nx.DiGraph[str]:
    """The graph of step ids with what AWS itself needs done first."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(draft.steps)
    graph.add_edges_from((before, after) for before, after in _needs(draft) if before != after)
    if CREATE in graph:
        first = [step for step, waits in graph.in_degree() if not waits and step != CREATE]
        graph.add_edges_from((CREATE, step) for step in first)
    return graph


def arrange(draft: Draft, needed: nx.DiGraph[str], concerning: Concerning) -> Order:
    """The ids in an order to begin with, always the same for the same draft.

    What strengthens comes before accounts arrive and before what weakens, what weakens after accounts left, as far as
    a step shows by itself which of the two it does.
    """
    preferred = [pair for pair in _preferences(draft, concerning) if not needed.has_edge(*pair)]
    waits = dict(needed.in_degree())
    later: dict[str, list[str]] = defaultdict(list)
    for before, after in preferred:
        later[before].append(after)
        waits[after] += 1
    place = _ranks(draft)
    ready = [(place[step], step) for step, count in waits.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        _, step = heapq.heappop(ready)
        order.append(step)
        for after in (*needed.successors(step), *later.get(step, ())):
            waits[after] -= 1
            if not waits[after]:
                heapq.heappush(ready, (place[after], after))
    return tuple(order) if len(order) == len(waits) else _without_cycles(needed, preferred, place)


def bind(draft: Draft, needed: nx.DiGraph[str], order: Order, concerning: Concerning) -> tuple[Edge, ...]:
    """What waits for what: AWS's own needs, and all of an order that matters to guardrails, so that it is kept however
    many steps run at the same time.
    """
    place = {step: number for number, step in enumerate(order)}
    bonds = {pair for pair in _bonds(draft, place, concerning) if not needed.has_edge(*pair)}
    edges = [(before, after, NEEDS) for before, after in needed.edges]
    return tuple(sorted([*edges, *((before, after, GUARDS) for before, after in bonds)]))


def _ranks(draft: Draft) -> dict[str, tuple[int, int]]:
    """Where each step would come if nothing had to wait."""
    return {step: (_rank(draft.steps[step]), number) for number, step in enumerate(draft.steps)}


def _rank(step: Step) -> int:
    rank = KINDS[step.kind].rank
    if step.effect == STRENGTHENS or (step.effect == CHANGES and step.kind != "detach_policy"):
        return _BEFORE_MOVES
    return max(rank, _AFTER_MOVES) if step.effect in (WEAKENS, CHANGES) else rank


def _needs(draft: Draft) -> Iterator[tuple[str, str]]:
    """Whoever uses an id waits for who makes it; an OU is deleted when everything has left it."""
    makers = {name: step.id for step in draft.steps.values() for name in step.produces}
    leavers: dict[str, list[str]] = defaultdict(list)
    for step in draft.steps.values():
        for name in references.named_in([step.parameters, step.account]):
            if name in makers:
                yield makers[name], step.id
        if step.kind == "move_account":
            leavers[step.parameters["SourceParentId"]].append(step.id)
        if step.kind == "remove_account":
            (name,) = references.named_in(step.parameters["AccountId"])
            leavers[_parent_ref(draft, name)].append(step.id)
    yield from _before_disabling(draft)
    deleted = {
        step.parameters["OrganizationalUnitId"]: step.id for step in draft.steps.values() if step.kind == "delete_ou"
    }
    for node in draft.live_paths if deleted else ():
        step_id = deleted.get(draft.live_ref(node))
        if step_id is None:
            continue
        parent = deleted.get(draft.live_ref(draft.live.parent(node) or ""))
        if parent is not None:
            yield step_id, parent
        for leaver in leavers[draft.live_ref(node)]:
            yield leaver, step_id
    yield from ((before, after) for after, before in draft.after if before in draft.steps)


def _before_disabling(draft: Draft) -> Iterator[tuple[str, str]]:
    """Policies are detached while their type is still enabled."""
    for disabling in (step for step in draft.steps.values() if step.kind == "disable_policy_type"):
        named = f"detach_policy:{disabling.parameters['PolicyType']}/"
        yield from ((step, disabling.id) for step in draft.steps if step.startswith(named))


def _parent_ref(draft: Draft, name: str) -> str:
    node = draft.live.find(draft.ids[name], "account")
    return draft.live_ref(draft.live.parent(node) or "")


def _preferences(draft: Draft, concerning: Concerning) -> Iterator[tuple[str, str]]:
    """A new account is not even created before its place is ready: until it is moved it lives in the root."""
    steps = draft.steps
    for one in concerning.journeys:
        for step in one.ahead:
            if raises(steps[step]):
                yield step, one.first
        for step in one.behind:
            if steps[step].effect == WEAKENS:
                yield one.last, step
    for first, second in concerning.pairs():
        for before, after in ((first, second), (second, first)):
            if raises(steps[before]) and steps[after].effect == WEAKENS:
                yield before, after


def _bonds(draft: Draft, place: dict[str, int], concerning: Concerning) -> Iterator[tuple[str, str]]:
    """What weakens waits for all that came before it and strengthens; the rest may as well come sooner."""
    steps = draft.steps
    for first, second in concerning.pairs():
        if first in place and second in place:
            before, after = sorted((first, second), key=place.__getitem__)
            if raises(steps[before]) and lowers(steps[after]):
                yield before, after
    for one in concerning.journeys:
        if one.first not in place or one.last not in place:
            continue
        begins, ends = place[one.first], place[one.last]
        for step in one.ahead:
            if step in place and place[step] < ends and raises(steps[step]):
                yield step, one.first if place[step] < begins else one.last
        for step in dict.fromkeys((*one.ahead, *one.behind)):
            if step in place and place[step] > begins and lowers(steps[step]):
                yield one.last if place[step] > ends else one.first, step


def _without_cycles(
    needed: nx.DiGraph[str], preferred: Iterable[tuple[str, str]], place: Mapping[str, tuple[int, int]]
) -> Order:
    """Where two orderings contradict each other, AWS's own wins; what is then less guarded, the rehearsal reports."""
    graph = needed.copy()
    graph.add_edges_from(preferred)
    while not nx.is_directed_acyclic_graph(graph):
        cycle = nx.find_cycle(graph)
        soft = [(a, b) for a, b in cycle if not needed.has_edge(a, b)]
        graph.remove_edge(*(soft or [tuple(cycle[0][:2])])[0])
    return tuple(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
