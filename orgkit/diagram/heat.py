"""A heat map: services down, places across, and how much of each service the guardrails stop there.

Places in which everything is alike share a column, services that are alike everywhere share a line, and services that
no guardrail touches are left out, so that what is drawn is what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from orgkit.diagram.layout import SIZE, SMALL
from orgkit.diagram.palette import QUIET, TONES, shaded
from orgkit.diagram.picture import Badge
from orgkit.diagram.table import cell, pill, table, text, tooltip
from orgkit.diagram.text import count, one_line, width

if TYPE_CHECKING:
    from orgkit.guardrails.heat import HeatMap

ROWS, COLUMNS = 80, 24  # drawn at most; the caption counts the others
_NAMED = 3  # services or places that a label names
_LETTERS = 26  # of one name in a label

LEGEND = (
    Badge("all, 12%: this part of the service's actions is blocked", "folded"),
    Badge("3%?: whether they are blocked depends on the request", "changed"),
)


class Share(NamedTuple):
    """The part, 0 to 1, of a service's actions in one place that is blocked, and that depends on the request."""

    blocked: float
    depends: float

    @property
    def words(self) -> str:
        """`all`, `12%`, `12% + 3%?`; nothing where nothing is blocked."""
        perhaps = f"{_percent(self.depends)}?" if self.depends else ""
        return " + ".join(filter(None, (_percent(self.blocked), perhaps)))

    @property
    def said(self) -> str:
        """The same in a sentence's words."""
        blocked = f"{_percent(self.blocked)} blocked" if self.blocked else ""
        depends = f"{_percent(self.depends)} depends on the request" if self.depends else ""
        return ", ".join(filter(None, (blocked, depends)))


class Line(NamedTuple):
    """Services that are alike in every place, and their share in each column."""

    services: tuple[str, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """What is drawn: columns of places that are alike, lines of services that are alike."""

    title: str
    caption: str
    columns: tuple[tuple[str, ...], ...]
    lines: tuple[Line, ...]


def heat(answer: HeatMap, *, title: str = "Guardrails by service") -> Heat:
    """Group what is alike in the answer, and keep what fits a picture."""
    rows = [
        tuple(map(Share, blocked, depends)) for blocked, depends in zip(answer.blocked, answer.depends, strict=True)
    ]
    alike: dict[tuple[Share, ...], list[int]] = {}
    for index in range(len(answer.places)):
        alike.setdefault(tuple(row[index] for row in rows), []).append(index)
    columns = tuple(tuple(answer.places[index] for index in group) for group in alike.values())
    lines: dict[tuple[str, ...], list[int]] = {}  # services whose cells would read the same share a line
    for index, row in enumerate(rows):
        lines.setdefault(tuple(row[group[0]].words for group in alike.values()), []).append(index)
    drawn = [
        Line(
            tuple(answer.services[index] for index in same),
            tuple(rows[same[0]][group[0]] for group in alike.values()),
        )
        for same in lines.values()
    ]
    drawn.sort(key=lambda line: (-sum(share.blocked + share.depends / 2 for share in line.shares), line.services))
    facts = [
        f"{count(len(answer.services), 'service')} touched, {answer.silent:,} not",
        count(len(answer.places), "place"),
        f"{count(len(drawn) - ROWS, 'more line')} not drawn" if len(drawn) > ROWS else "",
        f"{count(len(columns) - COLUMNS, 'more column')} not drawn" if len(columns) > COLUMNS else "",
    ]
    shown = tuple(line._replace(shares=line.shares[:COLUMNS]) for line in drawn[:ROWS])
    return Heat(one_line(title, 120), " · ".join(filter(None, facts)), columns[:COLUMNS], shown)


def size(drawn: Heat) -> tuple[float, float]:
    """About how large the map is drawn, in points."""
    first, wide, tall = _measures(drawn)
    return first + wide * len(drawn.columns), tall + 22.0 * len(drawn.lines) + 100


def heat_table(drawn: Heat) -> str:
    """The whole map as one DOT table, heading included."""
    first, wide, tall = _measures(drawn)
    rule = {"border": 1, "color": TONES["account"].line, "sides": "TL"}
    heads = [cell(" ", width=first)]
    for places in drawn.columns:
        words = "<BR/>".join(text(words, size=SMALL, colour=QUIET) for words in _head(places))
        heads.append(cell(words, valign="BOTTOM", height=tall, width=wide, **tooltip(_all(places))))
    lines = ["<TR>" + "".join(heads) + "</TR>"]
    for line in drawn.lines:
        label = cell(text(_named(line.services)), align="LEFT", width=first, **rule, **tooltip(_all(line.services)))
        lines.append(f"<TR>{label}{''.join(_cell(share, wide, rule) for share in line.shares)}</TR>")
    if not drawn.lines:
        lines = [f"<TR>{cell(text('No guardrail blocks anything here.'))}</TR>"]
    grid = table("".join(lines), cellpadding=3, border=1, color=TONES["ou"].line)
    legend = table("<TR>" + "".join(cell(pill(badge)) for badge in LEGEND) + "</TR>", cellspacing=4)
    head = (
        cell(text(drawn.title, size=17, strong=True), align="LEFT"),
        cell(text(drawn.caption, colour=QUIET), align="LEFT"),
        cell(legend, align="LEFT"),
    )
    heading = table("".join(f"<TR>{line}</TR>" for line in head), cellpadding=2)
    return table(f"<TR>{cell(heading, align='LEFT')}</TR><TR>{cell(grid, align='LEFT')}</TR>", cellspacing=4)


def _measures(drawn: Heat) -> tuple[int, int, int]:
    """The widths of the first column and of each other, and the height of the columns' heads."""
    first = max((ceil(width(_named(line.services), SIZE)) + 12 for line in drawn.lines), default=80)
    heads = [_head(places) for places in drawn.columns]
    cells = [share.words for line in drawn.lines for share in line.shares]
    wide = max((ceil(width(words, SMALL)) + 14 for words in [*cells, *(w for head in heads for w in head)]), default=60)
    return first, max(60, wide), 12 * max(map(len, heads), default=1) + 6


def outline(drawn: Heat) -> str:
    """The map as text: a line for each service and place where something is blocked."""
    lines = [drawn.title, drawn.caption, ""]
    for line in drawn.lines:
        lines.append(_named(line.services))
        lines += [
            f"  - {_named(places)}: {share.said}"
            for places, share in zip(drawn.columns, line.shares, strict=True)
            if share.words
        ]
    return "\n".join(lines) + "\n"


def _cell(share: Share, wide: int, rule: Mapping[str, object]) -> str:
    ground = TONES["changed"].ground if share.depends and not share.blocked else shaded(share.blocked)
    said = f"{share.blocked:.1%} of the service's actions blocked, {share.depends:.1%} depend on the request"
    return cell(text(share.words, size=SMALL), bgcolor=ground, width=wide, **rule, **tooltip(said))


def _head(places: Sequence[str]) -> list[str]:
    """A column's label: the first places, each on a line."""
    named = [one_line(place.rpartition("/")[2], _LETTERS) for place in places[:_NAMED]]
    return named + ([f"+ {len(places) - _NAMED:,} more"] if len(places) > _NAMED else [])


def _named(services: Sequence[str]) -> str:
    more = f" + {len(services) - _NAMED:,} more" if len(services) > _NAMED else ""
    return ", ".join(one_line(service, _LETTERS) for service in services[:_NAMED]) + more


def _all(names: Iterable[str]) -> str:
    return one_line(", ".join(names), 600)


def _percent(part: float) -> str:
    """A share in words: never 0% for something, never all for less than all."""
    if not part:
        return ""
    return "all" if part >= 1 else f"{min(99, max(1, round(100 * part)))}%"
