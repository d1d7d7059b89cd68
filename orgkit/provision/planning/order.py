"""The order of the steps: what must come first, as a graph, and one sequence that keeps it.

An edge goes from a step to one that waits for it. Its `kind` says why: `needs` where AWS would refuse otherwise,
`guards` where an account would be less guarded for a while. Steps with no path between them may run at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import networkx as nx

from orgkit.provision.parts.organization_steps import CREATE
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import KINDS, NEUTRAL, STRENGTHENS, WEAKENS, Step

NEEDS, GUARDS = "needs", "guards"
# Guarding steps leave their kind's place: the stronger come before accounts move (40), the weaker after.
_RANKS = {STRENGTHENS: 32, WEAKENS: 72}


def arrange(draft: Draft) -> tuple[nx.DiGraph[str], tuple[str, ...]]:
    """The graph of step ids, and the ids in the order of execution: always the same for the same draft."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(draft.steps)
    for before, after in _needs(draft):
        if before != after:
            graph.add_edge(before, after, kind=NEEDS)
    for before, after in _guards(draft):
        if before != after and not graph.has_edge(before, after):
            graph.add_edge(before, after, kind=GUARDS)
    _break_cycles(graph)
    place = {step: (_rank(draft.steps[step]), number) for number, step in enumerate(draft.steps)}
    order = tuple(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
    return graph, order


def _rank(step: Step) -> int:
    return KINDS[step.kind].rank if step.effect == NEUTRAL else _RANKS[step.effect]


def _needs(draft: Draft) -> Iterator[tuple[str, str]]:
    """Whoever uses an id waits for who makes it; an OU is deleted when everything has left it."""
    makers = {name: step.id for step in draft.steps.values() for name in step.produces}
    leavers: dict[str, list[str]] = defaultdict(list)
    for step in draft.steps.values():
        for name in references.named_in([step.parameters, step.account]):
            if name in makers:
                yield makers[name], step.id
        if CREATE in draft.steps:
            yield CREATE, step.id
        if step.kind == "move_account":
            leavers[step.parameters["SourceParentId"]].append(step.id)
        if step.kind == "remove_account":
            (name,) = references.named_in(step.parameters["AccountId"])
            leavers[_parent_ref(draft, name)].append(step.id)
    deleted = {
        step.parameters["OrganizationalUnitId"]: step.id for step in draft.steps.values() if step.kind == "delete_ou"
    }
    for node in draft.live_paths:
        step_id = deleted.get(draft.live_ref(node))
        if step_id is None:
            continue
        parent = deleted.get(draft.live_ref(draft.live.parent(node) or ""))
        if parent is not None:
            yield step_id, parent
        for leaver in leavers[draft.live_ref(node)]:
            yield leaver, step_id
    yield from ((before, after) for after, before in draft.after if before in draft.steps)


def _parent_ref(draft: Draft, name: str) -> str:
    node = draft.live.find(draft.ids[name], "account")
    return draft.live_ref(draft.live.parent(node) or "")


def _guards(draft: Draft) -> Iterator[tuple[str, str]]:
    """What strengthens the way down to a place comes before accounts arrive there; what weakens waits until they left.

    A new account is not even created before its place is ready: until it is moved it lives in the root.
    """
    stronger: dict[str, list[str]] = defaultdict(list)
    weaker: dict[str, list[str]] = defaultdict(list)
    for step_id, nodes in draft.touches.items():
        effect = draft.steps[step_id].effect
        for node in nodes if effect != NEUTRAL else ():
            (stronger if effect == STRENGTHENS else weaker)[node].append(step_id)
    if not stronger and not weaker:
        return
    creators = {
        step.parameters["Email"].casefold(): step.id for step in draft.steps.values() if step.kind == "create_account"
    }
    for step_id, (account, source) in draft.moves.items():
        arriving = creators.get(draft.design.account(account).email.casefold(), step_id)
        for node in draft.design.chain(account):
            for before in stronger.get(node, ()):
                yield before, arriving
        for node in draft.live.chain(source) if source is not None else ():
            for after in weaker.get(draft.match.design.get(node, ""), ()):
                yield step_id, after
        if source is not None:
            for after in weaker.get(account, ()):
                yield step_id, after
    for node, weakening in weaker.items():
        near = set(draft.design.chain(node)) | set(draft.design.subtree(node))
        for before in (step for other in near & stronger.keys() for step in stronger[other]):
            for after in weakening:
                yield before, after


def _break_cycles(graph: nx.DiGraph[str]) -> None:
    """Where two orderings contradict each other, AWS's own wins; what is then less guarded, the rehearsal reports."""
    while not nx.is_directed_acyclic_graph(graph):
        cycle = nx.find_cycle(graph)
        soft = [(a, b) for a, b in cycle if graph.edges[a, b]["kind"] == GUARDS]
        graph.remove_edge(*(soft or [tuple(cycle[0][:2])])[0])
