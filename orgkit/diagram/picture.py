"""What a view hands to the writers: cards with lines on them, joined as a tree, and nothing about any format.

Texts are plain: each writer escapes for its own format. Colours are named by tone; `palette` holds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 44  # characters of a name in a picture; the tooltip has the whole


@dataclass(frozen=True, slots=True)
class Badge:
    """A small label: a policy on what it is attached to, or a mark such as `management`."""

    text: str
    tone: str
    tip: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a card: an account, or a count of what is folded away."""

    text: str
    note: str = ""  # set at the right: an amount, where something came from
    tone: str = "account"
    tip: str = ""
    mark: Badge | None = None  # on the same line
    badges: tuple[Badge, ...] = ()  # on lines of their own below
    shade: float | None = None  # 0 to 1, how dark the line's ground is
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The root or an OU, with what is attached to it and the accounts right in it."""

    node: str  # the id in the organization's graph
    parent: str | None
    title: str
    tone: str
    note: str = ""
    tip: str = ""
    mark: Badge | None = None
    badges: tuple[Badge, ...] = ()
    rows: tuple[Row, ...] = ()
    shade: float | None = None
    strong: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture: parents stand before children, and the first card is the top."""

    title: str
    caption: str
    cards: tuple[Card, ...]
    legend: tuple[Badge, ...] = ()
    direction: str = "auto"  # or as Graphviz names it: TB, LR

    def below(self) -> dict[str | None, list[Card]]:
        """Cards by the node they hang under."""
        tree: dict[str | None, list[Card]] = {}
        for card in self.cards:
            tree.setdefault(card.parent, []).append(card)
        return tree


def outline(picture: Picture) -> str:
    """The picture as indented text."""
    return "\n".join([picture.title, picture.caption, "", *_outlined(picture)]) + "\n"


def _outlined(picture: Picture) -> Iterator[str]:
    tree = picture.below()
    waiting = [(card, 0) for card in reversed(tree.get(None, []))]
    while waiting:
        card, level = waiting.pop()
        pad = "  " * level
        yield pad + _words(card.title, card.mark, card.badges, card.note)
        for row in card.rows:
            yield f"{pad}  - " + _words(row.text, row.mark, row.badges, row.note)
        waiting += [(below, level + 1) for below in reversed(tree.get(card.node, []))]


def _words(text: str, mark: Badge | None, badges: tuple[Badge, ...], note: str) -> str:
    signs = "".join(f" [{badge.text}]" for badge in ((mark, *badges) if mark else badges))
    return f"{text}{signs}{f'  ({note})' if note else ''}"
