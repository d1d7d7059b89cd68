"""Compare: another design beside this one, row by row; what either allows that the other does not; what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orgkit.notebook.blocks import Json, button, buttons, cell, item, items, table, text, title
from orgkit.notebook.designer.comparing import LIVE, Line, Sides
from orgkit.notebook.designer.consequences import Access
from orgkit.notebook.designer.rows import figure, shown_money

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

_SHOWN: Final = 150
_TONES: Final = {"added": "good", "removed": "error", "moved": "strong", "changed": "strong"}
_GONE: Final = "—"


def blocks_of(controller: Controller) -> list[Json]:
    comparisons = controller.comparisons
    if comparisons.due and controller.is_small:
        comparisons.make()
    name = comparisons.chosen
    choice = buttons(
        *(
            button(one[:1].upper() + one[1:], {"type": "compare", "with": one}, main=one == name)
            for one in comparisons.names
        )
    )
    shown = [title("Compare with"), choice]
    if comparisons.due:
        # Of a large design, and so one press: what was compared before stays to be read.
        shown.append(buttons(button("Compare now", {"type": "compare", "with": name}, main=True)))
    return shown if comparisons.sides is None else [*shown, *told(comparisons.sides, name, controller)]


def told(sides: Sides, name: str, controller: Controller) -> list[Json]:
    """Everything that differs; a word where nothing does."""
    if not sides and not sides.unjudged:
        return [text("Nothing differs: the same tree, the same guardrails, the same cost.", "good")]
    shown = [text(sides.unjudged, "warning")] if sides.unjudged else []
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sides.differences.items())
    shown.append(title("Side by side", counts or "the same tree"))
    if sides.lines:
        shown += _side_by_side(sides.lines, name)
    if sides.policies:
        shown += [title("Policies", f"{len(sides.policies):,}"), *_side_by_side(sides.policies, name)]
    if sides.settings:
        shown += [title("Beside the tree"), text(f"also different: {', '.join(sides.settings)}")]
    shown += _access(sides.access, name)
    return [*shown, *_cost(sides, name, controller)]


def _side_by_side(lines: Sequence[Line], name: str) -> list[Json]:
    rows = [
        [
            cell(line.there or _GONE, _tone(line, line.there), depth=line.depth),
            cell(line.here or _GONE, _tone(line, line.here), depth=line.depth, go=line.node),
            cell(line.note or (line.kind if line.kind in ("added", "removed") else ""), "quiet"),
        ]
        for line in lines[:_SHOWN]
    ]
    more = [text(f"and {len(lines) - _SHOWN:,} more", "quiet")] if len(lines) > _SHOWN else []
    return [table(rows, (name, "here", "difference")), *more]


def _tone(line: Line, side: str) -> str:
    return _TONES.get(line.kind, "") if side else "quiet"


def _access(access: Sequence[Access], name: str) -> list[Json]:
    """What either side allows that the other does not, and what turns on other conditions."""
    shown = []
    for head, signs in (
        (f"Allowed here, not in {_called(name)}", "+"),
        (f"Allowed in {_called(name)}, not here", "−"),
        ("Under other conditions", "~"),
    ):
        found = [one for one in access if one.sign in signs]
        if not found:
            continue
        shown.append(title(head, f"{len(found):,}"))
        shown.append(
            items(
                item(
                    f"{one.actions} in {one.where}",
                    "\n".join(filter(None, (*_conditions(one), "; ".join(one.causes), one.example))),
                    "warning" if one.sign in "+~" else "",
                    sign=one.sign,
                )
                for one in found[:_SHOWN]
            )
        )
        if len(found) > _SHOWN:
            shown.append(text(f"and {len(found) - _SHOWN:,} more", "quiet"))
    return shown or [title("Guardrails"), text("The same actions are blocked in both.", "good")]


def _called(name: str) -> str:
    return "the live organization" if name == LIVE else "it as opened" if name == "as opened" else name


def _conditions(one: Access) -> list[str]:
    return ["under conditions"] if one.change.endswith("under conditions") else []


def _cost(sides: Sides, name: str, controller: Controller) -> list[Json]:
    if not sides.cost:
        return [title("Cost"), text("The same planned cost everywhere.", "good")]
    rows = [
        [
            cell(move.path, go=move.node if move.node in controller.org else None),
            cell(shown_money({move.currency: move.before}), number=True),
            cell(shown_money({move.currency: move.after}), "error" if move.over else "", number=True, tip=move.budget),
            cell(figure(move.change, "+"), "strong", number=True),
        ]
        for move in sides.cost[:_SHOWN]
    ]
    counted = " · its accounts counted at what they cost here" if sides.borrowed else ""
    return [title("Cost", f"planned, a month{counted}"), table(rows, ("planned cost", name, "here", "change"))]
