"""A card as the table inside a DOT label, so that ten accounts in an OU are ten lines and not ten boxes."""

from __future__ import annotations

from html import escape
from itertools import zip_longest
from math import ceil

from orgkit.diagram.layout import FRAME, HEADER, LINE, SIZE, SMALL, Size, badge_width
from orgkit.diagram.palette import HIGHLIGHT, PAGE, QUIET, TONES, shaded
from orgkit.diagram.picture import Badge, Card, Row

_Slot = tuple[str, str]  # the two cells of one line of a column


def quoted(words: str) -> str:
    """Plain words for a label: nothing in them can end a cell or stand for something else."""
    # The engines replace \N, \G and the like in labels, written as entities or not; a doubled backslash is one.
    return escape(words).replace("\\", "&#92;&#92;")


def text(words: str, *, size: float = SIZE, colour: str | None = None, strong: bool = False) -> str:
    marked = quoted(words) or " "
    marked = f"<B>{marked}</B>" if strong else marked
    attributes = (f' POINT-SIZE="{size:g}"' if size != SIZE else "") + (f' COLOR="{colour}"' if colour else "")
    return f"<FONT{attributes}>{marked}</FONT>" if attributes else marked


def cell(content: str, **attributes: object) -> str:
    written = "".join(f' {key.upper()}="{value}"' for key, value in attributes.items() if value is not None)
    return f"<TD{written}>{content}</TD>"


def table(rows: str, **attributes: object) -> str:
    plain = {"border": 0, "cellborder": 0, "cellspacing": 0, "cellpadding": 0} | attributes
    written = "".join(f' {key.upper()}="{value}"' for key, value in plain.items())
    return f"<TABLE{written}>{rows}</TABLE>"


def tooltip(words: str) -> dict[str, str]:
    """Attributes that show the words under the mouse; engines write a title for links only, so it is one to nowhere."""
    return {"title": quoted(words), "href": " "} if words else {}


def pill(badge: Badge) -> str:
    """A badge as a small table; it fills the cell it stands in."""
    tone = TONES[badge.tone]
    words = text(badge.text, size=SMALL, colour=tone.text, strong=badge.strong)
    return table(
        f"<TR>{cell(words, align='LEFT', width=badge_width(badge), **tooltip(badge.tip))}</TR>",
        border=2 if badge.strong else 1,
        style="ROUNDED,DASHED" if tone.dashed else "ROUNDED",
        cellpadding=1 if badge.strong else 2,
        bgcolor=tone.ground,
        color=HIGHLIGHT if badge.strong else tone.line,
    )


def card_table(card: Card, size: Size) -> str:
    """The whole card; `size` comes from the layout."""
    tone = TONES[card.tone]
    ground = {"bgcolor": tone.ground if card.shade is None else shaded(card.shade)}
    colour = tone.text if card.shade is None else TONES["ou"].text
    wide = size.columns * (2 if size.note else 1) if card.rows else 1
    note = ""
    if card.mark or card.note:
        words = pill(card.mark) if card.mark else text(card.note, size=SMALL, colour=colour)
        note = cell(words, align="RIGHT", height=HEADER, width=size.note, **ground)
    title = cell(
        text(card.title, colour=colour, strong=True),
        align="LEFT",
        colspan=max(1, wide - 1) if note else wide,
        height=HEADER,
        valign="BOTTOM",  # engines set bold letters two points higher than others
        width=size.width - FRAME - (size.note if note else 0) if not card.rows else None,
        **ground,
        **tooltip(card.tip),
    )
    badges = "".join(
        f"<TR>{cell(pill(badge), colspan=max(wide, 2) if note else wide, height=LINE, cellpadding=2, **ground)}</TR>"
        for badge in card.badges
    )
    return table(
        f"<TR>{title}{note}</TR>{badges}{_rows(card, size)}",
        border=3 if card.strong else 1,
        color=HIGHLIGHT if card.strong else tone.line,
        cellpadding=4,
        bgcolor=PAGE,
        width=size.width,
        height=size.height,
        **({"style": "DASHED"} if card.dashed else {}),
    )


def _rows(card: Card, size: Size) -> str:
    slots = [slot for row in card.rows for slot in _slots(row, size)]
    tall = ceil(len(slots) / size.columns)
    parts = [slots[tall * number : tall * (number + 1)] for number in range(size.columns)]
    empty = (cell(" ", height=LINE, colspan=2 if size.note else 1), "")
    lines = zip_longest(*parts, fillvalue=empty)
    return "".join("<TR>" + "".join(map("".join, line)) + "</TR>" for line in lines)


def _slots(row: Row, size: Size) -> list[_Slot]:
    tone = TONES[row.tone]
    ground = tone.ground if row.shade is None else shaded(row.shade)
    rule = {
        "border": 1,
        "sides": "T",
        "color": TONES["account"].line,
        "bgcolor": ground,
        "height": LINE,
        "cellpadding": 3,
    }
    words = text(row.text, colour=HIGHLIGHT if row.strong else tone.text, strong=row.strong)
    left = cell(words, align="LEFT", width=size.column - size.note, **rule, **tooltip(row.tip))
    note = pill(row.mark) if row.mark else text(row.note, size=SMALL, colour=QUIET if row.shade is None else tone.text)
    if row.mark:
        rule["cellpadding"] = 1
    right = cell(note, align="RIGHT", width=size.note, **rule) if size.note else ""
    below = [
        (
            cell(
                table(f"<TR>{cell(' ', width=10)}{cell(pill(badge), width=size.column - 16)}</TR>"),
                colspan=2 if size.note else 1,
                height=LINE,
                cellpadding=2,
                bgcolor=ground,
            ),
            "",
        )
        for badge in row.badges
    ]
    return [(left, right), *below]
