"""What a plan would do to each node of the tree, in a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orgkit.design import Organization
from orgkit.errors import OrgkitError

if TYPE_CHECKING:
    from orgkit.provision import Plan

_WORDS: Final[Mapping[str, str]] = {
    "create_ou": "create",
    "create_account": "create",
    "move_account": "move",
    "rename_ou": "rename",
    "rename_account": "rename",
    "attach_policy": "attach",
    "detach_policy": "detach",
    "tag": "tag",
    "untag": "tag",
}


def marks_of(org: Organization, plan: Plan) -> dict[str, str]:
    """Node id → what the plan does there, the first thing first: `create`, `move, attach`."""
    found: dict[str, dict[str, None]] = {}
    for step in plan.steps:
        word = _WORDS.get(step.kind)
        node = _place(org, step.place) if word else None
        if word and node:
            found.setdefault(node, {})[word] = None
    return {node: ", ".join(words) for node, words in found.items()}


def _place(org: Organization, place: str) -> str | None:
    try:
        return org.find(place, "root", "ou", "account")
    except OrgkitError:
        return None  # something that only the live organization has
