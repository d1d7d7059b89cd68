"""The decision explorer: one question to the guardrails, and where the answer turns on something, the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgkit.design import Organization
from orgkit.notebook.blocks import Json, title
from orgkit.notebook.designer import completion, drafting
from orgkit.notebook.designer.panels.decision import explorer, written_context
from orgkit.notebook.widgets.panel import Panel, unknown


class DecisionExplorer(Panel):
    """Ask the guardrails of `org` what may be done, and try out the keys that the answer turns on.

    What is given here stands in the fields to begin with; `context` maps condition keys to values, `lens` names a
    scenario of the design. `question` is what was asked last. The organization is followed: what a cell edits counts.
    """

    def __init__(
        self,
        org: Organization,
        account: str = "",
        action: str = "",
        *,
        resource: str = "",
        principal: str = "",
        context: Mapping[str, object] | None = None,
        lens: str = "",
        interactive: bool | None = None,
    ) -> None:
        super().__init__(interactive=interactive)
        self._org = org
        self.question = {
            "account": account,
            "action": action,
            "resource": resource,
            "principal": principal,
            "context": written_context(context or {}),
            "lens": lens,
        }

    @property
    def version(self) -> int:
        return self._org.revision

    def blocks(self) -> list[Json]:
        return [
            title("May it?", "what the guardrails say; IAM still has to allow it"),
            *explorer(self._org, self.question),
        ]

    def take(self, intent: Mapping[str, Any]) -> Json | None:
        match intent.get("type"):
            case "complete":
                found = completion.complete(self._org, drafting.text(intent, "field"), drafting.text(intent, "words"))
                return {"completions": found}
            case "decide":
                self.question = drafting.values(intent)
                return None
        raise unknown(intent)
