"""AWS's own answer to the same question: IAM's policy simulator, given the same levels of SCPs.

The simulator takes at most seven levels, knows no RCPs, names no statement of an SCP, and does not answer an assumed
role. https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import Any, Final, Protocol

from orgkit.guardrails.question import Question
from orgkit.policy import Decision
from orgkit.policy.catalogue import load_catalogue

MOST_LEVELS: Final = 7
_ALLOW_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_REFERENCE = re.compile(r"\{\{[^{}]*\}\}")
_TYPES: Final[Mapping[str, str]] = {
    "String": "string",
    "ARN": "string",
    "Bool": "boolean",
    "Numeric": "numeric",
    "Long": "numeric",
    "Date": "date",
    "IPAddress": "ip",
    "Binary": "binary",
}
_ROLE_CANNOT_ASK = (
    "AWS's simulator takes an organization's policies from IAM users only, and these credentials are a role's that was "
    "assumed. Ask with the access key of an IAM user that may call iam:SimulateCustomPolicy."
)


class Simulator(Protocol):
    """What is asked of an IAM client."""

    def simulate_custom_policy(self, **request: Any) -> Mapping[str, Any]:
        """Ask IAM's policy simulator."""


@dataclass(frozen=True)
class SecondOpinion:
    """What AWS's simulator said of the same request: `blocked` is None where it could not be asked; `notes` say why,
    and what of the question the simulator does not know.
    """

    blocked: bool | None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        word = {True: "blocked", False: "not blocked", None: "no answer"}[self.blocked]
        missing = f", without values for {', '.join(self.missing)}" if self.missing else ""
        return "\n".join([f"AWS's policy simulator: {word}{missing}", *(f"  {note}" for note in self.notes)])

    def to_json(self) -> dict[str, Any]:
        """Return the opinion as a plain dict."""
        return {"blocked": self.blocked, "missing": list(self.missing), "notes": list(self.notes)}


@dataclass(frozen=True)
class OpinionatedDecision(Decision):
    """A decision with AWS's own beside it."""

    second_opinion: SecondOpinion | None = None

    @classmethod
    def of(cls, decision: Decision, opinion: SecondOpinion) -> OpinionatedDecision:
        """The decision with an opinion beside it."""
        given = {field.name: getattr(decision, field.name) for field in fields(Decision)}
        return cls(**given, second_opinion=opinion)

    @property
    def agrees(self) -> bool | None:
        """Whether both say the same; None where one of them says neither yes nor no."""
        if self.second_opinion is None or self.second_opinion.blocked is None or self.blocked is None:
            return None
        return self.second_opinion.blocked is self.blocked

    def __str__(self) -> str:
        differs = ["The two answers differ: trust neither until you know why."] if self.agrees is False else []
        return "\n".join([super().__str__(), "", str(self.second_opinion), *differs])

    def _repr_html_(self) -> str:
        opinion = escape(str(self).removeprefix(super().__str__()).strip())
        return f"{super()._repr_html_()}<pre>{opinion}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Return both answers as a plain dict."""
        opinion = self.second_opinion.to_json() if self.second_opinion else None
        return {**super().to_json(), "second_opinion": opinion, "agrees": self.agrees}


def second_opinion_on(question: Question, client: Simulator) -> SecondOpinion:
    """Ask AWS's simulator the same question; what it cannot be asked becomes a note, not an error."""
    if len(question.standing.scps) > MOST_LEVELS:
        return SecondOpinion(None, notes=(f"The simulator takes {MOST_LEVELS} levels; there are more here.",))
    notes = []
    if question.standing.rcps:
        notes.append("It knows no resource control policies; only the SCPs were asked about.")
    request = _request(question)
    if _REFERENCE.search(str(question.request(question.ways[0]))):
        notes.append("Ids that AWS gives only later were asked about with stand-ins.")
    results: list[Mapping[str, Any]] = []
    try:
        while True:
            answer = client.simulate_custom_policy(**request)
            results += answer["EvaluationResults"]
            if not answer.get("IsTruncated"):
                break
            request["Marker"] = answer["Marker"]
    except Exception as error:
        # The client's own exceptions are told by their shape: this room does not know the SDK.
        if not type(error).__module__.startswith("botocore"):
            raise
        said = str(error)
        return SecondOpinion(None, notes=(_ROLE_CANNOT_ASK if ":assumed-role/" in said else f"It said: {said}", *notes))
    details = [one.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") for one in results]
    missing = tuple(sorted({key for one in results for key in one.get("MissingContextValues", ())}))
    if not details or None in details:
        return SecondOpinion(None, missing, ("Its answer says nothing about the organization's policies.", *notes))
    return SecondOpinion(not all(details), missing, tuple(notes))


def _request(question: Question) -> dict[str, Any]:
    levels = [
        {"ServiceControlPolicyInputList": [_concrete(text) for _, text in texts]}
        for _, _, texts in question.standing.scps
    ]
    arns = [_concrete(one.arn) for one in question.ways[0] if one.arn and one.arn != "*"]
    request: dict[str, Any] = {
        "PolicyInputList": [_ALLOW_ALL],
        "ActionNames": [question.action],
        "ContextEntries": [
            _entry(key, value) for key, value in sorted(question.context.items()) if value not in (None, [], ())
        ],
    }
    if levels:
        request["OrderedOrganizationPolicyInputList"] = levels
    if arns:
        request["ResourceArns"] = arns
    if isinstance(question.standing.principal, str):
        request["ContextEntries"].append(_entry("aws:principalarn", question.standing.principal))
    return request


def _entry(key: str, value: Any) -> dict[str, Any]:
    kind = load_catalogue().key_type(key) or "String"
    several = isinstance(value, (list, tuple)) or kind.startswith("ArrayOf")
    texts = [_text(one) for one in (value if isinstance(value, (list, tuple)) else [value])]
    plain = _TYPES.get(kind.removeprefix("ArrayOf"), "string")
    return {"ContextKeyName": key, "ContextKeyValues": texts, "ContextKeyType": plain + ("List" if several else "")}


def _text(value: Any) -> str:
    return _concrete(str(value).lower() if isinstance(value, bool) else str(value))


def _concrete(text: str) -> str:
    """The text with an account id of zeros for each reference: AWS does not take references."""
    return _REFERENCE.sub(lambda found: "o-unknown0000" if "organization" in found[0] else "000000000000", text)
