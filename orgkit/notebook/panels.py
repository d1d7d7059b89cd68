"""Panels as widgets of their own: the decision explorer, and the review of a plan with its approval."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orgkit.design import Organization
from orgkit.errors import InputError, OrgkitError
from orgkit.notebook import still
from orgkit.notebook.blocks import Json, buttons, field, form, plain, text, title
from orgkit.notebook.blocks import button as make_button
from orgkit.notebook.browser import anywidget, module, styles
from orgkit.notebook.designer import completion, drafting
from orgkit.notebook.designer.panels import decision, steps

if TYPE_CHECKING:
    from orgkit.provision import Plan


class Panel(ABC):
    """Blocks and what is done with them; `str()` is its words, and runs without a person show those only."""

    @abstractmethod
    def blocks(self) -> list[Json]:
        """What is shown now."""

    @abstractmethod
    def take(self, intent: Mapping[str, Any]) -> Json:
        """Do what was pressed; an answer of its own, or nothing: the panel is then shown anew."""

    def handle(self, intent: Mapping[str, Any]) -> Json:
        """The answer to one message of the browser; `error` where it cannot be."""
        answer: Json = {"answers": intent.get("number")}
        try:
            answer |= self.take(intent)
        except OrgkitError as error:
            answer["error"] = str(error)
        return answer if "completions" in answer else {**answer, "blocks": self.blocks()}

    @cached_property
    def widget(self) -> Any:
        """The widget; MissingExtra where anywidget is not installed."""
        any_widget, traitlets = anywidget()
        panel = self

        class PanelWidget(any_widget):  # type: ignore[misc, valid-type]
            _esm = module("blocks", "panel")
            _css = styles()
            state = traitlets.Any().tag(sync=True, to_json=lambda _, __: {"blocks": panel.blocks()})

        made = PanelWidget()
        made.on_msg(lambda widget, intent, _: widget.send(panel.handle(intent)))
        return made

    def __str__(self) -> str:
        return plain(self.blocks())

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        said = {"text/plain": str(self)}
        if not still.has_reader():
            return said, {}
        shown = self.widget._repr_mimebundle_()
        return ({**shown[0], **said}, shown[1]) if shown else (said, {})


class DecisionExplorer(Panel):
    """Ask the guardrails of `org` what may be done, and try out the keys that the answer turns on."""

    def __init__(self, org: Organization, account: str = "", action: str = "") -> None:
        self._org = org
        self.question = {"account": account, "action": action}

    def blocks(self) -> list[Json]:
        return [title("May it?"), *decision.explorer(self._org, self.question)]

    def take(self, intent: Mapping[str, Any]) -> Json:
        match intent.get("type"):
            case "complete":
                found = completion.complete(self._org, drafting.text(intent, "field"), drafting.text(intent, "words"))
                return {"completions": found}
            case "decide":
                self.question = drafting.values(intent)
                return {}
        raise InputError(f"this panel knows no {intent.get('type')!r}")


class PlanReview(Panel):
    """Review a plan: all steps or one kind, what would be refused first; approve it by typing its digest.

    `approved` is the digest once it was typed, else None: `orgkit.apply(plan, target, approve=review.approved)`.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.kind = ""
        self.approved: str | None = None

    def blocks(self) -> list[Json]:
        kinds = sorted({step.kind for step in self.plan.steps})
        shown = [make_button("all", {"type": "kind", "kind": ""}, main=not self.kind)]
        shown += [make_button(k.replace("_", " "), {"type": "kind", "kind": k}, main=k == self.kind) for k in kinds]
        only = frozenset({self.kind} if self.kind else kinds)
        return [buttons(*shown), *steps.told(self.plan, only), *self._approval()]

    def _approval(self) -> list[Json]:
        if self.approved:
            return [text(f"Approved: {self.approved}", "good")]
        if not self.plan or self.plan.blocked:
            return [text("There is nothing that could be approved.", "quiet")]
        typed = field("digest", "Approve", hint=f"type {self.plan.digest}")
        return [title("Approve", "by typing the digest"), form("approve", {"type": "approve"}, [typed], "Approve")]

    def take(self, intent: Mapping[str, Any]) -> Json:
        match intent.get("type"):
            case "kind":
                self.kind = drafting.text(intent, "kind")
                return {}
            case "approve":
                self.plan.refuse()
                if drafting.values(intent).get("digest", "").strip() != self.plan.digest:
                    raise InputError("this is not the plan's digest", mend=f"Type {self.plan.digest}.")
                self.approved = self.plan.digest
                return {}
        raise InputError(f"this panel knows no {intent.get('type')!r}")
