"""The decision explorer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgkit.design import Organization
from orgkit.notebook.blocks import Json, title
from orgkit.notebook.designer import completion, drafting
from orgkit.notebook.designer.panels import decision
from orgkit.notebook.widgets.panel import Panel, unknown


class DecisionExplorer(Panel):
    """Ask the guardrails of `org` what may be done, and try out the keys that the answer turns on."""

    def __init__(
        self, org: Organization, account: str = "", action: str = "", *, interactive: bool | None = None
    ) -> None:
        super().__init__(interactive=interactive)
        self._org = org
        self.question = {"account": account, "action": action}

    def blocks(self) -> list[Json]:
        return [title("May it?"), *decision.explorer(self._org, self.question)]

    def take(self, intent: Mapping[str, Any]) -> Json | None:
        match intent.get("type"):
            case "complete":
                found = completion.complete(self._org, drafting.text(intent, "field"), drafting.text(intent, "words"))
                return {"completions": found}
            case "decide":
                self.question = drafting.values(intent)
                return None
        raise unknown(intent)
