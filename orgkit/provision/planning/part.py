"""Part of a plan: chosen steps, with those that AWS needs done before them."""

from __future__ import annotations

from collections.abc import Collection

import networkx as nx

from orgkit.errors import InputError, did_you_mean


def restrict(
    graph: nx.DiGraph[str], order: tuple[str, ...], only: Collection[str]
) -> tuple[nx.DiGraph[str], tuple[str, ...]]:
    """The graph of needs and the order, with these steps and all they need alone.

    Errors: InputError for a step that is not there.
    """
    for step in only:
        if step not in graph:
            raise InputError(f"the plan has no step {step}", mend=did_you_mean(step, graph.nodes))
    kept = {*only, *(before for step in only for before in nx.ancestors(graph, step))}
    return graph.subgraph(kept), tuple(step for step in order if step in kept)
