"""Problems: everything that is wrong, each with the way to its place and, where it is mechanical, its mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgkit.design import Problem
from orgkit.notebook.blocks import Json, button, fold, item, items, text, title
from orgkit.notebook.designer import mends

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

_SHOWN: Final = 60
_HEADS: Final = {"error": "Errors", "warning": "Warnings", "note": "Notes"}


def blocks_of(controller: Controller) -> list[Json]:
    shown = []
    if controller.checked != controller.revision:
        shown.append(text("Looking for problems; these are those of before …", "quiet"))
    for severity, head in _HEADS.items():
        found = [problem for problem in controller.problems if problem.severity == severity]
        if not found:
            continue
        entries = [items(_entry(controller, problem) for problem in found[:_SHOWN])]
        if len(found) > _SHOWN:
            entries.append(text(f"and {len(found) - _SHOWN:,} more; orgkit.check(org) lists them all", "quiet"))
        if severity == "note":
            shown.append(fold(f"{head} ({len(found):,})", *entries))
        else:
            shown += [title(head, f"{len(found):,}"), *entries]
    return shown or [title("Problems"), text("None: AWS would take this design as it is.", "good")]


def _entry(controller: Controller, problem: Problem) -> Json:
    does = []
    if problem.node is not None:
        if words := mends.label(problem):
            does.append(button(words, {"type": "mend", "code": problem.code, "node": problem.node}))
        does.append(button("Show", {"type": "go", "node": problem.node}))
    tone = {"error": "error", "warning": "warning"}.get(problem.severity, "quiet")
    known = problem.node is not None and problem.node in controller.org
    place = controller.org.path(problem.node or "") if known else problem.where
    note = "\n".join(filter(None, (place, problem.fix)))
    return item(problem.message, note, tone, go=problem.node, does=does)
