"""History: the edits that stand and those undone; and what each meant. The strip below the tree shows the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgkit.notebook.blocks import Json, button, buttons, fold, item, items, text, title
from orgkit.notebook.designer.consequences import Consequences

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

_SHOWN: Final = 100
_LINES: Final = 40
_OFFERED: Final = 5


def blocks_of(controller: Controller) -> list[Json]:
    org = controller.org
    done, undone = org.history, org.undone
    entries = [item(edit.label, "undone", "quiet") for edit in reversed(undone[:_SHOWN])]
    for number in range(len(done), max(0, len(done) - _SHOWN), -1):
        back = button("Undo to here", {"type": "undo_to", "count": number})
        entries.append(item(done[number - 1].label, does=[back] if number < len(done) else []))
    shown = [
        title("Edits", f"{len(done):,} made, {len(undone):,} undone" if undone else f"{len(done):,} made"),
        buttons(
            button("Undo", {"type": "undo"}, enabled=bool(done)),
            button("Redo", {"type": "redo"}, enabled=bool(undone)),
            button("Reset", {"type": "reset"}, enabled=controller.own_edits > 0, tip="back to how it was opened"),
        ),
        items(entries) if entries else text("Nothing was edited yet.", "quiet"),
    ]
    if controller.log:
        shown.append(title("What they meant"))
        shown += [fold(told.label, *consequences(told)) for told in reversed(controller.log[-_LINES:])]
    return shown


def strip(controller: Controller) -> list[Json]:
    """What the last edit meant; before that the edits of an earlier kernel that were never saved."""
    offered = _offered(controller)
    if not controller.log:
        return offered or [text("What an edit means for the whole organization shows here.", "quiet")]
    told = controller.log[-1]
    return [*offered, title("Consequences", told.label), *consequences(told)]


def _offered(controller: Controller) -> list[Json]:
    unsaved = controller.unsaved
    if not unsaved.offered:
        return []
    labels = [one.label for one in unsaved.offered]
    count = "1 edit was" if len(labels) == 1 else f"{len(labels):,} edits were"
    more = [f"and {len(labels) - _OFFERED:,} more"] if len(labels) > _OFFERED else []
    return [
        title(f"{count} not saved", f"when this design was open before, {unsaved.since}"),
        text("\n".join([*labels[:_OFFERED], *more])),
        buttons(
            button("Make again" if len(labels) == 1 else "Make them again", {"type": "make_again"}, main=True),
            button("Forget it" if len(labels) == 1 else "Forget them", {"type": "forget"}),
        ),
    ]


def consequences(told: Consequences) -> list[Json]:
    """Access, cost, problems and steps of one edit."""
    entries = [item(way, tone="warning", sign="!") for way in (*told.ways, *filter(None, [told.unjudged]))]
    for one in told.access[:_LINES]:
        tone = "warning" if one.sign in "+~" else ""
        note = "\n".join(filter(None, ("; ".join(one.causes), one.example)))
        entries.append(item(f"{one.change}: {one.actions} in {one.where}", note, tone, sign=one.sign))
    if len(told.access) > _LINES:
        entries.append(item(f"and more, in {len(told.access) - _LINES} other ways", tone="quiet"))
    for move in told.cost[:_LINES]:
        tone = "error" if move.over else ""
        entries.append(item(f"{move.path}: {move.figures}", move.budget, tone, sign="$", go=move.node))
    changed = told.problems
    for word, sign, problems in (
        ("new problem", "✕", changed.new),
        ("solved", "✓", changed.solved),
        ("still a problem, but otherwise", "~", changed.other),
    ):
        for problem in problems[:_LINES]:
            tone = {"✓": "good", "~": "quiet"}.get(sign, "error" if problem.severity == "error" else "warning")
            entries.append(item(f"{word}: {problem.message}", problem.where, tone, sign=sign, go=problem.node))
    entries += [item(f"to do: {step}", sign="→") for step in told.steps[:_LINES]]
    entries += [item(f"no more to do: {step}", tone="quiet", sign="→") for step in told.spared[:_LINES]]
    if not entries:
        return [text("Nothing else changes: the same actions, the same cost, no other problems.", "quiet")]
    return [items(entries)]
