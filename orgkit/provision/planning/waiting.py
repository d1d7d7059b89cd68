"""Steps that wait for something that is not there yet: an account that was invited, an OU that others make."""

from __future__ import annotations

from collections import Counter
from typing import Any

from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.match import entities

_KINDS = ("account.", "ou.", "policy.")


def set_aside(draft: Draft) -> None:
    """Leave out, and say so, every step that names what neither exists nor is made by another step."""
    names = {step.id: set(_names([step.parameters, step.account])) for step in draft.steps.values()}
    known = draft.ids.keys() | {name for step in draft.steps.values() for name in step.produces}
    if any(not named <= known for named in names.values()):
        known |= {draft.live_name(entity.id) for entity in entities(draft.live)} if draft.exists else set()
    lacking: Counter[str] = Counter()
    left_out: set[str] = set()
    while waiting := [step for step, named in names.items() if step not in left_out and not named <= known]:
        for step in waiting:
            lacking.update(names[step] - known)
            left_out.add(step)
        known -= {name for step in waiting for name in draft.steps[step].produces}
    if not left_out:
        return
    for step in left_out:
        draft.moves.pop(step, None)
        draft.touches.pop(step, None)
        del draft.steps[step]
    draft.after = [pair for pair in draft.after if left_out.isdisjoint(pair)]
    for name, count in sorted(lacking.items()):
        kind, _, thing = name.removesuffix(".id").partition(".")
        draft.hold(
            "waits",
            thing,
            f"{count} step{'' if count == 1 else 's'} about this {kind} must wait until it is there",
            "Plan again then.",
        )


def _names(value: Any) -> set[str]:
    return {name for name in references.named_in(value) if name.startswith(_KINDS)}
