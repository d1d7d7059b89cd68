"""DOT: one node for each card. `graphviz` builds it; positions stand in it, which `neato -n2` draws as they are.

Drawn by plain `dot` the source is laid out anew, so it stays of use in other tools.
"""

from __future__ import annotations

from math import ceil
from typing import Final

import graphviz

from orgkit.diagram.layout import SIZE, Layout, Point, badge_width
from orgkit.diagram.palette import EDGE, PAGE, QUIET
from orgkit.diagram.picture import Picture
from orgkit.diagram.table import card_table, cell, pill, table, text
from orgkit.diagram.text import width

FACE: Final = "Helvetica"  # the one sans-serif face whose widths every engine knows; `svg` names others to fall back on
_NODE: Final = {"shape": "plain", "fontname": FACE, "fontsize": str(SIZE)}
AS_PLACED: Final = ("-Kneato", "-n2")  # the engine's options that keep the positions


def digraph(picture: Picture, layout: Layout) -> graphviz.Digraph:
    """The picture as a `graphviz.Digraph`; nodes are called n0, n1 … in the order of the cards."""
    graph = graphviz.Digraph(
        "organization",
        graph_attr={
            "rankdir": layout.direction,
            "label": f"<{heading(picture)}>",
            "labelloc": "t",
            "labeljust": "l",
            "fontname": FACE,
            "fontsize": str(SIZE),
            "bgcolor": PAGE,
            "pad": "0.15",
        },
        node_attr=_NODE,
        edge_attr={"arrowhead": "none", "color": EDGE, "penwidth": "1.2"},
    )
    ids = {card.node: f"n{index}" for index, card in enumerate(picture.cards)}
    for card in picture.cards:
        spot = layout.spots[card.node]
        middle = (spot.x + spot.size.width / 2, spot.y + spot.size.height / 2)
        graph.node(ids[card.node], f"<{card_table(card, spot.size)}>", pos=_at(middle))
    for card in picture.cards:
        if card.parent is not None:
            graph.edge(ids[card.parent], ids[card.node], pos=_curve(layout.lines[card.node]))
    return graph


def lone(label: str) -> graphviz.Digraph:
    """One table as a graph of one node."""
    graph = graphviz.Digraph("organization", graph_attr={"bgcolor": PAGE, "pad": "0.15"}, node_attr=_NODE)
    graph.node("n0", f"<{label}>", pos="0,0")
    return graph


def heading(picture: Picture) -> str:
    """Title, caption and legend as a table."""
    lines = [
        cell(text(picture.title, size=17, strong=True), align="LEFT"),
        cell(text(picture.caption, colour=QUIET), align="LEFT", width=ceil(width(picture.caption, SIZE))),
    ]
    if picture.legend:
        pills = "".join(cell(pill(badge)) for badge in picture.legend)
        used = sum(badge_width(badge) + 8 for badge in picture.legend)
        rest = max(1, ceil(width(picture.caption, SIZE)) - used)  # or the badges would be spread over the caption
        legend = table(f"<TR>{pills}{cell(' ', width=rest)}</TR>", cellspacing=4)
        lines.append(cell(legend, align="LEFT", cellpadding=0))
    rows = "".join(f"<TR>{line}</TR>" for line in [*lines, cell(" ", height=8)])
    return table(rows, cellpadding=2)


def _at(point: Point) -> str:
    # DOT counts upwards, a picture downwards.
    return f"{point[0]:g},{-point[1]:g}"


def _curve(bends: tuple[Point, ...]) -> str:
    """Straight lines between the bends, as the Bézier curve that DOT wants: each end is its own control point."""
    start, *others = bends
    points = [start]
    for before, after in zip(bends, others, strict=False):
        points += [before, after, after]
    return " ".join(map(_at, points))
