"""The panels beside the tree, as a table: to add one, write a function that returns blocks and enter it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.errors import OrgkitError
from orgkit.notebook import blocks
from orgkit.notebook.blocks import Json
from orgkit.notebook.designer.panels import (
    comparison,
    cost,
    decision,
    details,
    edits,
    guardrails,
    problems,
    saving,
    steps,
)
from orgkit.notebook.designer.panels.edits import strip as strip

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller


@dataclass(frozen=True, slots=True)
class Panel:
    """A tab: its label, and what it shows."""

    label: str
    blocks: Callable[[Controller], list[Json]]


PANELS: Final[Mapping[str, Panel]] = MappingProxyType(
    {
        "details": Panel("Details", details.blocks_of),
        "guardrails": Panel("Guardrails", guardrails.blocks_of),
        "decision": Panel("May it?", decision.blocks_of),
        "cost": Panel("Cost", cost.blocks_of),
        "problems": Panel("Problems", problems.blocks_of),
        "plan": Panel("Plan", steps.blocks_of),
        "compare": Panel("Compare", comparison.blocks_of),
        "history": Panel("History", edits.blocks_of),
        "save": Panel("Save", saving.blocks_of),
    }
)
FOLLOWING: Final = frozenset({"details", "guardrails", "decision", "cost"})  # show what is selected


def tabs(controller: Controller) -> list[dict[str, Any]]:
    """The tabs with what stands behind their labels."""
    counts = {
        "problems": len(controller.problems.at_least("warning")),
        "plan": len(controller.plan) if controller.plan else 0,
        "history": controller.own_edits,
    }
    due = {"problems": controller.checked != controller.revision, "plan": controller.plan_due}
    tone = "error" if controller.problems.at_least("error") else "warning"
    return [
        {
            "name": name,
            "label": panel.label,
            "badge": "…" if due.get(name) else f"{counts[name]:,}" if counts.get(name) else "",
            "tone": tone if name == "problems" else "quiet",
        }
        for name, panel in PANELS.items()
        if name != "plan" or controller.live is not None
    ]


def failed(error: OrgkitError) -> list[Json]:
    """A panel that cannot be shown says why."""
    return [blocks.text(str(error), "error")]
