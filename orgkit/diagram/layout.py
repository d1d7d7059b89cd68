"""Where each card stands: a tidy tree in which the cards of one level line up, joined by elbows.

An engine's own layout of such a tree centres the cards of a level and bends the lines; this one is computed in a
single pass, is the same for every engine, and gives the draw.io file its coordinates. Points, origin at the top left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from orgkit.diagram.picture import Badge, Card, Picture, Row
from orgkit.diagram.text import width

SIZE: Final = 11  # of letters, in points
SMALL: Final = 9
HEADER: Final = 26  # heights of lines
LINE: Final = 22
FRAME: Final = 2  # the border, on both sides
TALLEST: Final = 16  # lines of accounts before they are set in columns
COLUMNS: Final = 4
SCREEN: Final = 1080  # the widest picture drawn from top to bottom; a wider tree is drawn left to right and scrolls
_GAPS: Final = {"TB": (20, 44), "LR": (14, 44)}  # between siblings, between levels

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Size:
    """The measures of a card: whole, the number of its columns, and the note's part of each."""

    width: int
    height: int
    columns: int
    column: int
    note: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a card stands."""

    x: float
    y: float
    size: Size


@dataclass(frozen=True, slots=True)
class Layout:
    """Spots by node, and the bends of the line to each card that has a parent."""

    direction: str
    spots: Mapping[str, Spot]
    lines: Mapping[str, tuple[Point, ...]]
    width: float
    height: float


def badge_width(badge: Badge) -> int:
    return ceil(width(badge.text, SMALL, strong=badge.strong)) + 12


def row_widths(row: Row) -> tuple[int, int]:
    """The widths that a row's text and the note or mark at its right need."""
    left = ceil(width(row.text, SIZE, strong=row.strong)) + 16
    left = max([left, *(badge_width(badge) + 14 for badge in row.badges)])
    note = ceil(width(row.note, SMALL)) + 10 if row.note else 0
    return left, max(note, badge_width(row.mark) + 10 if row.mark else 0)


def measure(card: Card) -> Size:
    """How large a card is drawn."""
    slots = sum(1 + len(row.badges) for row in card.rows)
    columns = max(1, min(COLUMNS, ceil(slots / TALLEST)))
    head = Row(card.title, card.note, mark=card.mark, strong=True)
    needs = [row_widths(row) for row in (head, *card.rows)]
    note = max(need[1] for need in needs)
    left = max((need[0] for need in needs[1:]), default=0)
    wide = max(110, sum(needs[0]), columns * (left + note), *(badge_width(badge) + 12 for badge in card.badges))
    column = ceil(wide / columns)
    height = HEADER + LINE * (len(card.badges) + ceil(slots / columns))
    return Size(column * columns + FRAME, height + FRAME, columns, column, note)


def arrange(picture: Picture) -> Layout:
    """Place every card; direction `auto` is top to bottom where that fits a screen, else left to right."""
    sizes = {card.node: measure(card) for card in picture.cards}
    if picture.direction == "auto":
        tree = _arrange(picture, sizes, "TB")
        return tree if tree.width <= SCREEN else _arrange(picture, sizes, "LR")
    return _arrange(picture, sizes, picture.direction)


def _arrange(picture: Picture, sizes: Mapping[str, Size], direction: str) -> Layout:
    """Along the tree cards stand in levels; across it each subtree stands as close to its neighbour as it can."""
    down = direction == "TB"
    beside, between = _GAPS[direction]
    across = {node: size.width if down else size.height for node, size in sizes.items()}
    along = {node: size.height if down else size.width for node, size in sizes.items()}
    level: dict[str, int] = {}
    thick: list[int] = []  # of each level
    for card in picture.cards:
        level[card.node] = here = 0 if card.parent is None else level[card.parent] + 1
        thick += [0] * (here + 1 - len(thick))
        thick[here] = max(thick[here], along[card.node])
    start = _starts(picture, across, beside, centred=down)
    spots: dict[str, Spot] = {}
    lines: dict[str, tuple[Point, ...]] = {}
    for card in picture.cards:
        node, size = card.node, sizes[card.node]
        away = sum(thick[: level[node]]) + between * level[node]
        if down:
            spots[node] = Spot(start[node], away, size)
        else:
            spots[node] = Spot(away, start[node], _widened(size, thick[level[node]]))
        if card.parent is not None:
            lines[node] = _elbow(spots[card.parent], spots[node], down, between)
    whole = max(spot.x + spot.size.width for spot in spots.values())
    return Layout(direction, spots, lines, whole, max(spot.y + spot.size.height for spot in spots.values()))


def _starts(picture: Picture, across: Mapping[str, int], gap: int, *, centred: bool) -> dict[str, float]:
    """Where each card begins across the tree: over the middle of its children, or level with the first of them."""
    below = picture.below()
    shift: dict[str, float] = {}  # of a subtree within its parent's frame
    own: dict[str, float] = {}  # where a card begins in the frame of its subtree
    outlines: dict[str, list[tuple[float, float]]] = {}  # of a subtree: first and last point taken, level by level
    for card in reversed(picture.cards):
        taken: list[tuple[float, float]] = []
        children = below.get(card.node, [])
        for child in children:
            outline = outlines.pop(child.node)
            reach = max((last + gap - first for (_, last), (first, _) in zip(taken, outline, strict=False)), default=0)
            shift[child.node] = reach
            moved = [(first + reach, last + reach) for first, last in outline]
            taken = [(before[0], after[1]) for before, after in zip(taken, moved, strict=False)] + (
                taken[len(moved) :] or moved[len(taken) :]
            )
        node, first = card.node, 0.0
        if children:
            head, tail = (own[child.node] + shift[child.node] for child in (children[0], children[-1]))
            middle = (head + tail + across[children[-1].node]) / 2
            first = middle - across[node] / 2 if centred else head
        own[node] = first
        outlines[node] = [(first, first + across[node]), *taken]
    origin: dict[str | None, float] = {None: 0.0}
    start: dict[str, float] = {}
    for card in picture.cards:
        origin[card.node] = origin[card.parent] + shift.get(card.node, 0.0)
        start[card.node] = origin[card.node] + own[card.node]
    edge = min(start.values())
    return {node: place - edge for node, place in start.items()}


def _widened(size: Size, wide: int) -> Size:
    """The card as wide as its level, so that left and right edges line up."""
    column = (wide - FRAME) // size.columns
    return Size(wide, size.height, size.columns, column, size.note)


def _elbow(parent: Spot, child: Spot, down: bool, between: float) -> tuple[Point, ...]:
    if down:
        x, end = parent.x + parent.size.width / 2, child.x + child.size.width / 2
        y = child.y - between / 2
        return (x, parent.y + parent.size.height), (x, y), (end, y), (end, child.y)
    y, end = parent.y + HEADER / 2, child.y + HEADER / 2
    x = child.x - between / 2
    return (parent.x + parent.size.width, y), (x, y), (x, end), (child.x, end)
