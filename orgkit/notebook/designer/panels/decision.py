"""May it? One question to the guardrails and the engine's whole answer, with the keys it turns on to try out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orgkit.design import Account, Organization, Policy
from orgkit.errors import InputError, OrgkitError
from orgkit.guardrails import decide
from orgkit.notebook.blocks import Json, button, cell, field, fold, form, item, items, table, text, title
from orgkit.notebook.designer.filtering import split
from orgkit.policy import Decision, Turn
from orgkit.policy.decision import in_words, is_one_of

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller


_REASONS: Final = 40
_GIVEN: Final = 4
_TEXTS: Final = 3


def blocks_of(controller: Controller) -> list[Json]:
    org, asked = controller.org, dict(controller.question)
    entity = org.entity(controller.focus)
    below = (entity,) if isinstance(entity, Account) else () if isinstance(entity, Policy) else org.accounts(entity.id)
    if below and asked.get("account") not in {account.handle for account in below}:
        asked["account"] = below[0].handle
    return [title("May it?", "what the guardrails say; IAM still has to allow it"), *explorer(org, asked)]


def explorer(org: Organization, asked: dict[str, str]) -> list[Json]:
    """The form, and the answer where an account and an action were given."""
    lenses = org.settings.lenses
    fields = [
        field("account", "Account", asked.get("account", ""), input="complete"),
        field("action", "Action", asked.get("action", ""), input="complete", hint="s3:PutObject"),
        field("resource", "Resource", asked.get("resource", ""), hint="any; an ARN"),
        field("principal", "Principal", asked.get("principal", ""), input="complete", hint="an ordinary role; an ARN"),
        field("context", "Context", asked.get("context", ""), input="complete", hint="aws:RequestedRegion=eu-west-1"),
    ]
    if lenses:
        choices = ["", *lenses]
        fields.append(field("lens", "Lens", asked.get("lens", ""), input="select", choices=choices, hint="none"))
    shown = [form("decide", {"type": "decide"}, fields, "Ask")]
    if (lens := lenses.get(asked.get("lens", ""))) and lens.description:
        shown.append(text(f"{lens.name}: {lens.description}", "quiet"))
    if asked.get("account") and asked.get("action"):
        try:
            decision = decide(
                org,
                asked["account"],
                asked["action"],
                asked.get("resource") or None,
                asked.get("principal") or None,
                read_context(asked.get("context", "")),
                lens=asked.get("lens") or None,
            )
        except OrgkitError as error:
            return [*shown, text(str(error), "error")]
        shown += told(org, decision, asked)
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


def written_context(context: Mapping[str, object]) -> str:
    """A context as `read_context` reads it."""
    return " ".join(f'"{key}={value}"' if " " in str(value) else f"{key}={value}" for key, value in context.items())


def told(org: Organization, decision: Decision, asked: dict[str, str]) -> list[Json]:
    """The outcome; then why, level by level, or, where it depends, what follows from each value of each key."""
    head, *lines = str(decision).splitlines()
    tone = "error" if decision.blocked else "good" if decision.blocked is False else "warning"
    shown = [text(head, tone, strong=True)]
    if decision.blocked is None:
        shown += [text(reason.clause) for reason in decision.reasons if reason.kind == "exemption"]
        for turn in decision.turns_on:
            shown += _turn(turn, asked)
    else:
        shown += _why(decision)
        shown.append(text(lines[-1].strip(), "quiet"))  # what could be done about it
    return [*shown, *_statements(org, decision)]


def _why(decision: Decision) -> list[Json]:
    """The statements, or levels without an Allow, that the answer rests on."""
    rows: list[list[Json | str]] = []
    for reason in decision.reasons[:_REASONS]:
        if reason.kind == "exemption":
            rows.append([reason.level or "", "", "", reason.clause])
            continue
        effect = cell(reason.effect or "no Allow", "good" if reason.effect == "Allow" else "error")
        rows.append(
            [reason.level or "", effect, cell(reason.label if reason.policy else "", tip=reason.kind), reason.clause]
        )
    more = len(decision.reasons) - _REASONS
    rest = [text(f"and {more:,} more", "quiet")] if more > 0 else []
    return [table(rows, ("at", "", "statement", "because")), *rest] if rows else []


def _turn(turn: Turn, asked: dict[str, str]) -> list[Json]:
    """What follows from each value of a key, each with a button that asks again with it."""
    given = "; ".join(is_one_of(key, value) for key, value in turn.given[:_GIVEN])
    shown = [title(turn.key, f"where {given}" if given else "")]
    if not turn.cases:
        return [*shown, text("may decide, together with the others", "quiet")]
    entries = []
    for case in turn.cases:
        blocked = case.outcome != "allowed"
        does = []
        if case.example is not None and turn.key == "resource":
            does = [button("Ask about it", {"type": "decide", "values": {**asked, "resource": case.example}})]
        elif case.example is not None:
            values = _with(asked, turn.key, case.example)
            does = [button("Ask with it", {"type": "decide", "values": values}, tip=f"{turn.key}={case.example}")]
        follows = f"blocked by {case.by}" if case.by else "blocked" if blocked else "not blocked"
        entries.append(item(in_words(case.values), follows, "error" if blocked else "good", does=does))
    return [*shown, items(entries)]


def _statements(org: Organization, decision: Decision) -> list[Json]:
    """The text of the statements that deny, or might."""
    shown: dict[str, Json] = {}
    for reason in decision.reasons:
        if reason.effect != "Deny" or reason.policy is None or reason.statement is None or len(shown) == _TEXTS:
            continue
        found = next((one for one in org.policies() if reason.policy in (one.handle, one.name)), None)
        if found is None:
            continue
        statements = json.loads(found.content)["Statement"]
        statement = statements[reason.statement] if isinstance(statements, list) else statements
        words = json.dumps(statement, indent=2, ensure_ascii=False)
        shown.setdefault(reason.label, fold(reason.label, text(words, mono=True)))
    return list(shown.values())


def _with(asked: dict[str, str], key: str, value: str) -> dict[str, str]:
    """The same question with one more key in its context."""
    return {**asked, "context": written_context({**read_context(asked.get("context", "")), key: value})}
