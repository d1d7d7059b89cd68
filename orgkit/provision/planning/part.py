"""Part of a plan: chosen steps, with those that AWS needs done before them."""

from __future__ import annotations

from collections.abc import Collection

import networkx as nx

from orgkit.errors import InputError, did_you_mean
from orgkit.provision.planning.order import NEEDS


def restrict(
    graph: nx.DiGraph[str], order: tuple[str, ...], only: Collection[str]
) -> tuple[nx.DiGraph[str], tuple[str, ...]]:
    """The graph and the order of these steps and all they need. Errors: InputError for a step that is not there."""
    for step in only:
        if step not in graph:
            raise InputError(f"the plan has no step {step}", mend=did_you_mean(step, graph.nodes))
    kept: set[str] = set()
    waiting = list(only)
    while waiting:
        step = waiting.pop()
        if step not in kept:
            kept.add(step)
            waiting += [before for before in graph.predecessors(step) if graph.edges[before, step]["kind"] == NEEDS]
    return graph.subgraph(kept), tuple(step for step in order if step in kept)
