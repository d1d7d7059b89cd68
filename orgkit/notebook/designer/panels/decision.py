"""May it? One question to the guardrails and the engine's whole answer, with the keys it turns on to try out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgkit.design import Account, Organization, Policy
from orgkit.errors import InputError, OrgkitError
from orgkit.guardrails import decide
from orgkit.notebook.blocks import Json, button, field, form, item, items, text, title
from orgkit.notebook.designer.filtering import split
from orgkit.policy import Decision

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller


def blocks_of(controller: Controller) -> list[Json]:
    org, asked = controller.org, dict(controller.question)
    entity = org.entity(controller.focus)
    below = (entity,) if isinstance(entity, Account) else () if isinstance(entity, Policy) else org.accounts(entity.id)
    if below and asked.get("account") not in {account.handle for account in below}:
        asked["account"] = below[0].handle
    return [title("May it?", "what the guardrails say; IAM still has to allow it"), *explorer(org, asked)]


def explorer(org: Organization, asked: dict[str, str]) -> list[Json]:
    """The form, and the answer where an account and an action were given."""
    fields = [
        field("account", "Account", asked.get("account", ""), input="complete"),
        field("action", "Action", asked.get("action", ""), input="complete", hint="s3:PutObject"),
        field("resource", "Resource", asked.get("resource", ""), hint="any; an ARN"),
        field("principal", "Principal", asked.get("principal", ""), hint="an ordinary role; an ARN"),
        field("context", "Context", asked.get("context", ""), hint="aws:RequestedRegion=eu-west-1"),
    ]
    shown = [form("decide", {"type": "decide"}, fields, "Ask")]
    if asked.get("account") and asked.get("action"):
        try:
            decision = decide(
                org,
                asked["account"],
                asked["action"],
                asked.get("resource") or None,
                asked.get("principal") or None,
                read_context(asked.get("context", "")),
            )
        except OrgkitError as error:
            return [*shown, text(str(error), "error")]
        shown += told(decision, asked)
    return shown


def read_context(words: str) -> dict[str, str]:
    """`aws:RequestedRegion=eu-west-1 aws:SecureTransport=true`; quotes keep blanks together."""
    found = {}
    for part in split(words):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise InputError(f"{part!r} is no context", mend="Write keys as aws:RequestedRegion=eu-west-1.")
        found[key] = value
    return found


def told(decision: Decision, asked: dict[str, str]) -> list[Json]:
    """The outcome, the reasons, and for each key that decides a button that asks again with a value of it."""
    head, *lines = str(decision).splitlines()
    reasons = "\n".join(line for line in lines if "--context" not in line)  # buttons below do that
    tone = "error" if decision.blocked else "good" if decision.blocked is False else "warning"
    shown = [{**text(head, tone), "strong": True}, text(reasons, mono=True)] if reasons else [text(head, tone)]
    entries = []
    for turn in decision.turns_on:
        if turn.key == "resource":
            continue
        tries = [
            button(f"{turn.key} = {case.example}", {"type": "decide", "values": _with(asked, turn.key, case.example)})
            for case in turn.cases
            if case.example is not None
        ]
        if tries:
            entries.append(item("Ask again with", does=tries))
    return [*shown, items(entries)] if entries else shown


def _with(asked: dict[str, str], key: str, value: str) -> dict[str, str]:
    """The same question with one more key in its context."""
    known = {**read_context(asked.get("context", "")), key: value}
    return {**asked, "context": " ".join(f'"{k}={v}"' if " " in v else f"{k}={v}" for k, v in known.items())}
