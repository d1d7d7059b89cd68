"""DOT: each card is one node whose label is a table, so that ten accounts in an OU are ten lines and not ten boxes."""

from __future__ import annotations

from html import escape
from itertools import zip_longest
from math import ceil

import graphviz

from orgkit.diagram.palette import EDGE, HIGHLIGHT, PAGE, QUIET, TONES, shaded
from orgkit.diagram.picture import Badge, Card, Picture, Row
from orgkit.diagram.text import width

FACE = "Helvetica"  # the one sans-serif face whose widths every engine knows; `svg` names others to fall back on
SIZE = 11
SMALL = 9
HEADER = 26  # heights in points; `drawio` relies on them
LINE = 22
TALLEST = 14  # lines of accounts before they are set in columns
COLUMNS = 4

_Slot = tuple[str, str]  # the two cells of one line


def digraph(picture: Picture) -> graphviz.Digraph:
    """The picture as a `graphviz.Digraph`; nodes are called n0, n1 … in the order of the cards."""
    graph = graphviz.Digraph(
        "organization",
        graph_attr={
            "rankdir": picture.direction,
            "label": f"<{_head(picture)}>",
            "labelloc": "t",
            "labeljust": "l",
            "fontname": FACE,
            "bgcolor": PAGE,
            "nodesep": "0.25",
            "ranksep": "0.55",
            "pad": "0.2",
            "ordering": "out",
        },
        node_attr={"shape": "plain", "fontname": FACE, "fontsize": str(SIZE)},
        edge_attr={"arrowhead": "none", "color": EDGE, "penwidth": "1.2"},
    )
    ids = {card.node: f"n{index}" for index, card in enumerate(picture.cards)}
    for card in picture.cards:
        graph.node(ids[card.node], f"<{card_table(card)}>")
    for card in picture.cards:
        if card.parent is not None:
            tail, head = (":s", ":n") if picture.direction == "TB" else (":e", ":w")
            graph.edge(ids[card.parent] + tail, ids[card.node] + head)
    return graph


def text(words: str, *, size: float = SIZE, colour: str | None = None, strong: bool = False, slanted: bool = False) -> str:
    """Plain words as the text of a cell; nothing in them can end the cell or stand for something else."""
    # The engines replace \\N, \\G and the like in labels, entities or not: a doubled backslash stands for itself.
    marked = escape(words).replace("\\", "&#92;&#92;") or " "
    marked = f"<B>{marked}</B>" if strong else marked
    marked = f"<I>{marked}</I>" if slanted else marked
    attributes = (f' POINT-SIZE="{size:g}"' if size != SIZE else "") + (f' COLOR="{colour}"' if colour else "")
    return f"<FONT{attributes}>{marked}</FONT>" if attributes else marked


def cell(content: str, **attributes: object) -> str:
    written = "".join(f' {key.upper()}="{value}"' for key, value in attributes.items() if value is not None)
    return f"<TD{written}>{content}</TD>"


def tooltip(words: str) -> dict[str, str]:
    """Attributes that show the words under the mouse; the engines do so for links, here without a target."""
    return {"title": escape(words).replace("\\", "&#92;&#92;"), "href": " "} if words else {}


def pill(badge: Badge) -> str:
    """A badge as a small table."""
    tone = TONES[badge.tone]
    style = "ROUNDED,DASHED" if tone.dashed else "ROUNDED"
    inner = cell(
        text(badge.text, size=SMALL, colour=tone.text, strong=badge.strong),
        width=ceil(width(badge.text, SMALL, strong=badge.strong)) + 8,
        **tooltip(badge.tip),
    )
    return (
        f'<TABLE BORDER="{2 if badge.strong else 1}" STYLE="{style}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" '
        f'BGCOLOR="{tone.ground}" COLOR="{HIGHLIGHT if badge.strong else tone.line}"><TR>{inner}</TR></TABLE>'
    )


def columns(card: Card) -> int:
    """In how many columns the rows of a card are set."""
    lines = sum(1 + len(row.badges) for row in card.rows)
    return max(1, min(COLUMNS, ceil(lines / TALLEST)))


def card_table(card: Card) -> str:
    tone = TONES[card.tone]
    ground = tone.ground if card.shade is None else shaded(card.shade)
    colour = tone.text if card.shade is None else TONES["ou"].text
    wide = 2 * columns(card)
    note = pill(card.mark) if card.mark else text(card.note, size=SMALL, colour=colour) if card.note else ""
    title = cell(
        text(card.title, colour=colour, strong=True),
        align="LEFT",
        colspan=wide - 1 if note else wide,
        bgcolor=ground,
        height=HEADER,
        width=ceil(width(card.title, SIZE, strong=True)) + 20,
        **tooltip(card.tip),
    )
    right = cell(note, align="RIGHT", bgcolor=ground, height=HEADER) if note else ""
    lines = [f"<TR>{title}{right}</TR>"]
    for badge in card.badges:
        lines.append(f"<TR>{cell(pill(badge), align='LEFT', colspan=wide, bgcolor=ground, height=LINE, cellpadding=2)}</TR>")
    lines += _rows(card)
    border = 3 if card.strong else 1
    colour = HIGHLIGHT if card.strong else tone.line
    style = ' STYLE="DASHED"' if card.dashed else ""
    return (
        f'<TABLE BORDER="{border}" COLOR="{colour}"{style} CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" '
        f'BGCOLOR="{PAGE}">{"".join(lines)}</TABLE>'
    )


def _rows(card: Card) -> list[str]:
    slots = [slot for row in card.rows for slot in _slots(row)]
    if not slots:
        return []
    number = columns(card)
    tall = ceil(len(slots) / number)
    parts = [slots[start : start + tall] for start in range(0, len(slots), tall)]
    parts += [[] for _ in range(number - len(parts))]
    empty = (cell(" ", height=LINE), cell(" "))
    return [
        "<TR>" + "".join("".join(slot) for slot in line) + "</TR>"
        for line in zip_longest(*parts, fillvalue=empty)
    ]


def _slots(row: Row) -> list[_Slot]:
    tone = TONES[row.tone]
    ground = tone.ground if row.shade is None else shaded(row.shade)
    rule = {"border": 1, "sides": "T", "color": TONES["account"].line, "bgcolor": ground, "height": LINE}
    words = text(row.text, colour=HIGHLIGHT if row.strong else tone.text, strong=row.strong)
    left = cell(
        words,
        align="LEFT",
        width=ceil(width(row.text, SIZE, strong=row.strong)) + 14,
        **rule,
        **tooltip(row.tip),
    )
    note = pill(row.mark) if row.mark else text(row.note, size=SMALL, colour=QUIET) if row.note else " "
    slots = [(left, cell(note, align="RIGHT", **rule))]
    for badge in row.badges:
        indented = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell(" ", width=10)}{cell(pill(badge))}</TR></TABLE>'
        slots.append((cell(indented, align="LEFT", colspan=2, bgcolor=ground, height=LINE, cellpadding=2), ""))
    return slots


def _head(picture: Picture) -> str:
    lines = [
        cell(text(picture.title, size=17, strong=True), align="LEFT", width=ceil(width(picture.title, 17, strong=True))),
        cell(text(picture.caption, colour=QUIET), align="LEFT", width=ceil(width(picture.caption, SIZE))),
    ]
    if picture.legend:
        pills = "".join(cell(pill(badge)) for badge in picture.legend)
        legend = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="0"><TR>{pills}</TR></TABLE>'
        lines.append(cell(legend, align="LEFT"))
    rows = "".join(f"<TR>{line}</TR>" for line in [*lines, cell(" ", height=8)])
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{rows}</TABLE>'
