"""Plan: what would be done to the live organization, what would be refused, and what is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgkit.design import Problems
from orgkit.notebook.blocks import Json, button, buttons, fold, item, items, text, title

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller
    from orgkit.provision import Plan

_SHOWN: Final = 200


def blocks_of(controller: Controller) -> list[Json]:
    if controller.live is None:
        return [
            text("There is no live organization to plan against: Designer(org, live=orgkit.read(target)).", "quiet")
        ]
    if controller.unplanned:
        return [title("This cannot be planned"), text(controller.unplanned, "error")]
    if controller.plan is None:
        return [title("Plan"), buttons(button("Plan now", {"type": "plan"}, main=True))]
    shown = [*told(controller.plan), buttons(button("Plan again", {"type": "plan"}))]
    return (
        [text("Planning; this is the plan of before the last edit …", "quiet"), *shown]
        if controller.plan_due
        else shown
    )


def told(plan: Plan) -> list[Json]:
    """The steps; what would be refused comes first, then what is less guarded."""
    count = len(plan)
    head = f"{count:,} step{'' if count == 1 else 's'}" if count else "Nothing to do: the live one is as designed"
    digest = "" if plan.blocked else f" · digest {plan.digest}"  # nobody can approve what is refused
    shown = [title(head, f"on AWS {plan.duration}{digest}" if count else "")]
    if plan.blocked:
        shown += [title("Refused, so that nothing can be applied"), items(_problems(plan.blocked, "error"))]
    if plan.exposures:
        entries = [
            item(f"{e.account}, between steps {plan.number(e.since)} and {plan.number(e.until)}: {e.message}", e.reason)
            for e in plan.exposures[:_SHOWN]
        ]
        shown += [title("Less guarded for a while"), items(entries)]
    shown.append(
        items(
            item(step.text, "\n".join(filter(None, (step.why, *step.notes))), sign=str(number))
            for number, step in enumerate(plan.steps[:_SHOWN], 1)
        )
    )
    if count > _SHOWN:
        shown.append(text(f"and {count - _SHOWN:,} more", "quiet"))
    for words, problems in (("Not carried out", plan.held), ("Unmanaged, left alone", plan.unmanaged)):
        if problems:
            shown.append(fold(f"{words} ({len(problems):,})", items(_problems(problems, ""))))
    return shown


def _problems(problems: Problems, tone: str) -> list[Json]:
    return [item(p.message, "\n".join((p.where, p.fix)).strip(), tone) for p in problems[:_SHOWN]]
