"""The answer to one request: the outcome, why, and what would change it; as text, HTML and JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, Literal

Outcome = Literal["allowed", "explicitDeny", "implicitDeny", "undetermined"]
Kind = Literal["SCP", "RCP", "exemption"]

# A guardrail grants nothing, so a person never reads "allowed".
_IN_WORDS = {
    "allowed": "not blocked",
    "explicitDeny": "blocked",
    "implicitDeny": "blocked: no Allow at a level",
    "undetermined": "open",
}
_MOST_SHOWN = 4
_MOST_TURNS = 8
_WITHOUT_EQUALS = ("like ", "below ", "above ", "before ", "after ")
_REST = ("anything else", "absent")


def is_one_of(key: str, words: str) -> str:
    """Return a key with the values that it has: `key = "x"`, `key like "x*"`, `key below 30`."""
    return f"{key} {words}" if words.startswith(_WITHOUT_EQUALS) else f"{key} = {words}"


def in_words(labels: Sequence[str]) -> str:
    """Return names joined by "or", what is not mentioned last; a long list is cut short."""
    plain_ones = [label for label in labels if label not in _REST]
    others = [label for label in _REST if label in labels]
    if len(plain_ones) > _MOST_SHOWN:
        plain_ones = [*plain_ones[:_MOST_SHOWN], f"{len(plain_ones) - _MOST_SHOWN} more"]
    if not plain_ones:
        return ", or ".join(others)
    return " or ".join([*plain_ones, *others])


@dataclass(frozen=True)
class Reason:
    """One statement, or one level without an Allow, that the answer rests on.

    `level` is the level's name and `level_index` its place from the root (0); `clause` says which part of the
    statement decided; `holds` is None where that is still open. `avoidable` says that a call with other context values
    or about another resource escapes the statement.
    """

    kind: Kind
    effect: Literal["Allow", "Deny"] | None
    level: str | None = None
    level_index: int | None = None
    policy: str | None = None
    sid: str | None = None
    statement: int | None = None
    resource: str | None = None
    clause: str = ""
    holds: bool | None = True
    avoidable: bool = False

    @property
    def label(self) -> str:
        """The statement as people call it: `policy › Sid`."""
        if self.statement is None:
            return self.policy or self.level or self.kind
        return f"{self.policy} › {self.sid or f'Statement[{self.statement}]'}"

    def __str__(self) -> str:
        if self.kind == "exemption":
            return self.clause
        if self.statement is None:
            return f"{self.level}: {self.clause}"
        place = f", attached to {self.level}" if self.level else ""
        return f"{self.label}{place}" + (f"\n    {self.clause}" if self.clause else "")

    def to_json(self) -> dict[str, Any]:
        """Return the reason as a plain dict."""
        return {
            "kind": self.kind,
            "effect": self.effect,
            "level": self.level,
            "level_index": self.level_index,
            "policy": self.policy,
            "sid": self.sid,
            "statement": self.statement,
            "resource": self.resource,
            "clause": self.clause,
            "holds": self.holds,
            "avoidable": self.avoidable,
        }


@dataclass(frozen=True)
class Case:
    """A group of values of one key, and the outcome that follows.

    `values` are texts to show, `example` is one to ask with; `by` names the statement that denies.
    """

    values: tuple[str, ...]
    outcome: Outcome
    by: str | None = None
    example: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the case as a plain dict."""
        return {"values": list(self.values), "outcome": self.outcome, "by": self.by, "example": self.example}


@dataclass(frozen=True)
class Turn:
    """What one open key decides. `given` says what the other open keys were taken to be (text for each)."""

    key: str
    cases: tuple[Case, ...] = ()
    given: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        if not self.cases:
            return f"  {self.key}: may decide, together with the others"
        labels = [is_one_of(self.key, in_words(case.values)) if i == 0 else in_words(case.values)
                  for i, case in enumerate(self.cases)]  # fmt: skip
        width = min(60, max(map(len, labels)))
        lines = []
        if self.given:
            given = [is_one_of(key, value) for key, value in self.given[:_MOST_SHOWN]]
            more = len(self.given) - len(given)
            lines.append("  with " + "; ".join(given) + (f"; and {more} more" if more else "") + ":")
        for label, case in zip(labels, self.cases, strict=True):
            by = f" by {case.by}" if case.by else ""
            lines.append(f"  {label.ljust(width)} → {_IN_WORDS[case.outcome]}{by}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the turn as a plain dict."""
        return {"key": self.key, "cases": [case.to_json() for case in self.cases], "given": dict(self.given)}


@dataclass(frozen=True)
class Decision:
    """Whether guardrails stop a request.

    `outcome` is allowed, explicitDeny, implicitDeny or undetermined; `missing` names the context keys (and
    "resource") on which an undetermined answer turns, and parts of the organization that could not be read; `turns_on`
    the values with what follows from each. `outcomes` are all outcomes that can still come. `action` and `account` only
    serve the text.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...] = field(default_factory=tuple)
    missing: tuple[str, ...] = ()
    turns_on: tuple[Turn, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    action: str | None = None
    account: str | None = None

    @classmethod
    def deferred(cls, outcome: Outcome, explain: Callable[[], tuple[Reason, ...]], *, action: str) -> Decision:
        """Return a decision that works out its reasons when they are first looked at."""
        self = object.__new__(cls)
        # Frozen, so the fields go straight into the instance; `reasons` stays out until __getattr__ is asked for it.
        self.__dict__.update(
            outcome=outcome, missing=(), turns_on=(), outcomes=(outcome,), action=action, account=None, _explain=explain
        )
        return self

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            explain = self.__dict__.get("_explain") if name == "reasons" else None
            if explain is None:
                raise AttributeError(f"{type(self).__name__} has no {name}")
            self.__dict__["reasons"] = found = explain()
            del self.__dict__["_explain"]
            return found

    def __getstate__(self) -> dict[str, Any]:
        # A copy, or a decision on its way to another process, carries its reasons and not the policies.
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def blocked(self) -> bool | None:
        """True where every outcome that can come is a denial, False where none is, None where it depends."""
        possible = set(self.outcomes or (self.outcome,))
        if possible == {"allowed"}:
            return False
        return None if possible & {"allowed", "undetermined"} else True

    @property
    def subject(self) -> str:
        """The action and the account, as far as they are set."""
        return (self.action or "the request") + (f" in {self.account}" if self.account else "")

    def about(self, *, action: str | None = None, account: str | None = None) -> Decision:
        """Return the same decision with the names that its text shows."""
        return replace(self, action=action or self.action, account=account or self.account)

    def __str__(self) -> str:
        return "\n".join([self._headline(), *self._lines()])

    def _headline(self) -> str:
        word = {True: "BLOCKED", False: "NOT BLOCKED by guardrails", None: "DEPENDS"}[self.blocked]
        if self.blocked is not None:
            return f"{word}  {self.subject}"
        asked = tuple(name for name in self.missing if name == "resource" or ":" in name)
        count = len(asked)
        keys = "the resource" if asked == ("resource",) else f"{count} key{'' if count == 1 else 's'}"
        # What else is missing are parts of the organization that could not be read; a reason names them.
        unread = ["what could not be read"] if asked != self.missing else []
        return f"{word}  {self.subject}, on {' and '.join([*unread, *([keys] if asked else [])])}"

    def _lines(self) -> list[str]:
        lines = []
        if self.blocked is None:
            lines += [f"  {reason.clause}" for reason in self.reasons if reason.kind == "exemption"]
            lines += [str(turn) for turn in self.turns_on[:_MOST_TURNS]]
            if len(self.turns_on) > _MOST_TURNS:
                lines.append(f"  … and {len(self.turns_on) - _MOST_TURNS} more")
            hint = self._hint()
            return [*lines, hint] if hint else lines
        for reason in self.reasons:
            if reason.kind == "exemption":
                lines.append(f"  {reason.clause}")
            elif reason.statement is None:
                lines.append(f"  {reason.level}: {reason.clause}")
            elif reason.effect == "Deny":
                lines.append(f"  by {reason.label}, attached to {reason.level}")
                lines.append(f"  {reason.clause}")
        if self.outcome == "explicitDeny":
            denies = [reason for reason in self.reasons if reason.effect == "Deny"]
            if denies and all(reason.avoidable for reason in denies):
                lines.append("  IAM cannot help: make a call that this does not match, or change or detach the policy.")
            else:
                lines.append("  IAM cannot help: only changing or detaching the policy does.")
        elif self.outcome == "implicitDeny":
            lines.append("  An Allow is needed at every level; IAM cannot stand in for it.")
        elif self.outcome == "undetermined":
            lines.append(f"  blocked either way; which statement does it turns on {', '.join(self.missing)}.")
        elif not any(reason.kind == "exemption" for reason in self.reasons):
            lines.append("  Guardrails grant nothing: IAM must still allow it.")
        return lines

    def _hint(self) -> str:
        for turn in self.turns_on:
            for case in turn.cases:
                if case.outcome == "allowed" and case.example is not None and turn.key != "resource":
                    return f"  ask again with --context {turn.key}={case.example}"
        return "  ask again with --resource ARN" if any(turn.key == "resource" for turn in self.turns_on) else ""

    def _repr_html_(self) -> str:
        colour = {True: "#b42318", False: "#067647", None: "#b54708"}[self.blocked]
        lines = "\n".join(self._lines())
        return (
            f'<div class="orgkit-decision"><strong style="color:{colour}">{escape(self._headline())}</strong>'
            f"<pre>{escape(lines)}</pre></div>"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the decision as a plain dict."""
        return {
            "outcome": self.outcome,
            "blocked": self.blocked,
            "action": self.action,
            "account": self.account,
            "reasons": [reason.to_json() for reason in self.reasons],
            "missing": list(self.missing),
            "turns_on": [turn.to_json() for turn in self.turns_on],
            "outcomes": list(self.outcomes),
        }
