"""What a person may ask for beside editing, one function an intent: what would be, what is, what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from orgkit.design import diff, save
from orgkit.errors import InputError, OrgkitError, did_you_mean
from orgkit.notebook.designer import completion, drafting, panels
from orgkit.notebook.designer.drafting import Intent, text
from orgkit.notebook.designer.rows import differing, replanned

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

Answer = dict[str, Any]
Verb = Callable[["Controller", Intent, Answer], None]


def _preview(controller: Controller, intent: Intent, answer: Answer) -> None:
    """What an edit would mean, or why it would be refused; nothing is changed.

    Access and cost at first; with `whole`, new problems too, and in a small design the plan's steps. `more` says that
    this can be asked.
    """
    inner = intent.get("intent")
    if not isinstance(inner, Mapping):
        raise InputError("a preview needs an intent")
    answer["quiet"] = True
    try:
        edit = drafting.draft(controller.draft, inner)
    except OrgkitError as error:
        answer["preview"] = {"refused": True, "text": str(error), "more": False}
        return
    try:
        costs = replanned(controller.costs, controller.draft, edit.changes)
        told = controller.meaning(edit.label, edit.changes, costs, examples=False)
        knows = controller.checked == controller.revision
        if knows and intent.get("whole"):
            told = controller.with_problems_and_steps(told)
    finally:
        drafting.take_back(controller.draft, [edit])
    answer["preview"] = {"refused": False, "text": told.summary, "more": knows and not intent.get("whole")}


def _complete(controller: Controller, intent: Intent, answer: Answer) -> None:
    answer["quiet"] = True
    answer["completions"] = completion.complete(controller.org, text(intent, "field"), text(intent, "words"))


def _ask(controller: Controller, intent: Intent, answer: Answer) -> None:
    controller.question = drafting.values(intent)
    _show(controller, {"panel": "decision"}, answer)


def _whole(controller: Controller, intent: Intent, answer: Answer) -> None:
    """For a browser that was cut off for a while."""
    answer.update(controller.state())


def _ready(controller: Controller, intent: Intent, answer: Answer) -> None:
    """The browser has painted what it has: find out what takes longer."""
    _ = controller.draft
    before = controller.by_node, controller.marks
    if looking := controller.checked != controller.revision:
        controller.find_problems()
        controller.drafted.problems()
    if controller.plan_due and (controller.is_small or not looking):
        controller.make_plan()
    controller.say_what_is_due(answer)
    nodes = differing(before[0], controller.by_node) | differing(before[1], controller.marks)
    controller.show_rows(nodes, answer)


def _plan(controller: Controller, intent: Intent, answer: Answer) -> None:
    if controller.live is None:
        raise InputError(
            "there is no live organization to plan against", mend="Designer(org, live=orgkit.read(target))."
        )
    before = controller.marks
    controller.make_plan()
    if controller.unplanned:
        answer["error"] = controller.unplanned
    controller.show_rows(differing(before, controller.marks), answer)
    _show(controller, {"panel": "plan"}, answer)


def _compare(controller: Controller, intent: Intent, answer: Answer) -> None:
    controller.comparisons.choose(text(intent, "with"))
    controller.comparisons.make()
    _show(controller, {"panel": "compare"}, answer)


def _diff(controller: Controller, intent: Intent, answer: Answer) -> None:
    if "values" in intent:
        controller.saving.to(drafting.values(intent).get("path", "").strip() or "org.yaml")
    controller.saving.show(diff(controller.org, controller.saving.path))
    _show(controller, {"panel": "save"}, answer)


def _save(controller: Controller, intent: Intent, answer: Answer) -> None:
    """Write the file, if what would be written is what was shown."""
    shown = controller.saving.shown
    controller.saving.show(diff(controller.org, controller.saving.path))
    if controller.saving.shown != shown or shown is None:
        answer["said"] = "This is what would change; press again to write it."
    elif not shown:
        answer["said"] = f"{controller.saving.path} says this already."
    else:
        save(controller.org, controller.saving.path)
        controller.saving.done()
        controller.unsaved.saved(controller.org)
        answer["said"] = f"Saved to {controller.saving.path}."
    _show(controller, {"panel": "save"}, answer)


# ---- what is looked at -----------------------------------------------------------------------------


def _select(controller: Controller, intent: Intent, answer: Answer) -> None:
    controller.selected = tuple(node for node in drafting.nodes(intent) if node in controller.org)
    controller.composing = None


def _going(controller: Controller, intent: Intent, answer: Answer) -> None:
    controller.composing = None
    controller.go(controller.org.find(text(intent, "node")), answer)
    if controller.panel not in panels.FOLLOWING:
        controller.panel = "details"


def _expand(controller: Controller, intent: Intent, answer: Answer) -> None:
    nodes = {node for node in drafting.nodes(intent) if node in controller.org}
    controller.opened = controller.opened | nodes if intent.get("open", True) else controller.opened - nodes
    answer["quiet"] = True


def _filter(controller: Controller, intent: Intent, answer: Answer) -> None:
    before, controller.filter = controller.filter, text(intent, "text").strip()
    answer["quiet"] = True
    try:
        answer["filter"] = controller.filtered()
    except OrgkitError:
        controller.filter = before
        raise


def _show(controller: Controller, intent: Intent, answer: Answer) -> None:
    name = text(intent, "panel")
    if name not in panels.PANELS:
        raise InputError(f"there is no panel {name!r}", mend=did_you_mean(name, panels.PANELS))
    controller.panel = name


def _compose(controller: Controller, intent: Intent, answer: Answer) -> None:
    """Show the form for something new; an empty `what` puts it away."""
    what = text(intent, "what")
    if not what:
        controller.composing = None
        return
    under = controller.org.find(text(intent, "parent"))
    if controller.org.entity(under).kind not in ("root", "ou"):
        under = controller.org.parent(under) or controller.org.root.id
    controller.composing = what, under
    controller.panel = "details"


VERBS: Final[Mapping[str, Verb]] = {
    "preview": _preview,
    "complete": _complete,
    "decide": _ask,
    "whole": _whole,
    "ready": _ready,
    "plan": _plan,
    "compare": _compare,
    "diff": _diff,
    "save": _save,
    "select": _select,
    "go": _going,
    "expand": _expand,
    "filter": _filter,
    "show": _show,
    "compose": _compose,
}
