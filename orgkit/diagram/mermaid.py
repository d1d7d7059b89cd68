"""Mermaid: a flowchart that Git hosts and wikis draw, one node a card with its accounts as lines."""

from __future__ import annotations

import json
import re
from typing import Final

from orgkit.diagram.palette import EDGE, HIGHLIGHT, TONES
from orgkit.diagram.picture import Badge, Card, Picture

# All else becomes an entity code. Letters of other scripts and emoji mean nothing to Mermaid and stay.
_PLAIN: Final = frozenset(" -_/,.@+=")
_LIST: Final = re.compile(r"\d+\.|[-+]")  # at the start of a label Mermaid reads a Markdown list


def flowchart(picture: Picture, direction: str) -> str:
    """The picture as Mermaid source; `direction` is TB or LR."""
    # Mermaid breaks a card's lines at 200 pixels, in the middle of an amount.
    settings = ["config:", "  flowchart:", "    wrappingWidth: 400"]
    lines = ["---", f"title: {json.dumps(picture.title, ensure_ascii=False)}", *settings, "---"]
    lines.append(f"flowchart {direction}")
    # The title above is drawn; these two are read aloud.
    lines += [f"  accTitle: {_aloud(picture.title)}", f"  accDescr: {_aloud(picture.caption)}"]
    ids = {card.node: f"n{index}" for index, card in enumerate(picture.cards)}
    lines += [f'  {ids[card.node]}["{_label(card)}"]:::{card.tone}' for card in picture.cards]
    lines += [f"  {ids[card.parent]} --- {ids[card.node]}" for card in picture.cards if card.parent is not None]
    for tone in dict.fromkeys(card.tone for card in picture.cards):
        colours = TONES[tone]
        lines.append(
            f"  classDef {tone} fill:{colours.ground},stroke:{colours.line},color:{colours.text},text-align:left"
        )
    marked = [ids[card.node] for card in picture.cards if card.strong]
    if marked:
        lines += [f"  classDef highlight stroke:{HIGHLIGHT},stroke-width:3px", f"  class {','.join(marked)} highlight"]
    lines.append(f"  linkStyle default stroke:{EDGE}" if len(picture.cards) > 1 else "")
    return "\n".join(filter(None, lines)) + "\n"


def quoted(words: str) -> str:
    """Plain words for a label: each letter that could mean something to Mermaid or HTML as its entity code."""
    sign = _LIST.match(words)
    coded = sign.end() - 1 if sign else None
    return "".join(
        letter
        if index != coded and (letter.isalnum() or letter in _PLAIN or ord(letter) > 0xFF)
        else f"#{ord(letter)};"
        for index, letter in enumerate(words)
    )


def _label(card: Card) -> str:
    lines = [f"<b>{quoted(card.title)}</b>{_sign(card.mark)}{_note(card.note)}"]
    lines += [f"<i>{quoted(badge.text)}</i>" for badge in card.badges]
    for row in card.rows:
        own = "".join(map(_sign, row.badges))
        lines.append(f"{quoted(row.text)}{_sign(row.mark)}{_note(row.note)}{own}")
    return "<br>".join(lines)


def _sign(badge: Badge | None) -> str:
    return f" <i>#91;{quoted(badge.text)}#93;</i>" if badge else ""


def _note(note: str) -> str:
    return f" #40;{quoted(note)}#41;" if note else ""


def _aloud(words: str) -> str:
    """Words for a line of their own, which ends at the line's end or at a brace, a hash or a semicolon."""
    return re.sub(r"[{};#%\"<>]", " ", words).strip()
