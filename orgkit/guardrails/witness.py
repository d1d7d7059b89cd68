"""Concrete requests: values drawn from what the policies themselves mention, tried one combination after another.

What is found is verified by the engine as a whole request, in which nothing is left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod
from typing import Any

from orgkit.design import Account, Organization
from orgkit.design.sections import Lens
from orgkit.guardrails.inheritance import account_id
from orgkit.guardrails.lens import scenario
from orgkit.guardrails.question import Question, ask
from orgkit.policy import Condition, Decision, RequestResource, Rule
from orgkit.policy.candidates import candidates
from orgkit.policy.context import View, read_context, read_principal
from orgkit.policy.global_keys import canonical
from orgkit.policy.patterns import arn_overlaps
from orgkit.policy.touching import Way

MOST_TRIES = 2000
_PRINCIPAL = "aws:principalarn"
_PLACES = 6
_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
Context = dict[str, Any]


@dataclass(frozen=True)
class Witness:
    """A whole request, and what the guardrails say to it."""

    action: str
    account: str
    resource: str | None
    context: Mapping[str, Any]
    decision: Decision

    def __str__(self) -> str:
        given = ", ".join(f"{key}={_text(value)}" for key, value in self.context.items())
        resource = f" on {self.resource}" if self.resource and self.resource != "*" else ""
        return f"{self.action}{resource} in {self.account}" + (f" with {given}" if given else "")

    def to_json(self) -> dict[str, Any]:
        """Return the request as a plain dict."""
        return {
            "action": self.action,
            "account": self.account,
            "resource": self.resource,
            "context": dict(self.context),
            "outcome": self.decision.outcome,
        }


@dataclass(frozen=True)
class Search:
    """What a search found: witnesses that are not blocked, how many requests were tried over which keys."""

    witnesses: tuple[Witness, ...]
    tried: int
    keys: tuple[str, ...]
    exhaustive: bool = field(default=True)

    def told(self, witness: Witness | None) -> str:
        """The search in words, or nothing where there was none."""
        if not self.tried:
            return ""
        over = f" over {', '.join(self.keys)}" if self.keys else ""
        if witness is not None:
            return f"for instance {witness}"
        return f"{self.tried} requests were tried{over}, and none got through"


def search(
    org: Organization,
    account: Account,
    action: str,
    resource: str | None = None,
    context: Mapping[str, Any] | None = None,
    *,
    spared: Sequence[Lens] = (),
) -> Search:
    """Look for requests in an account that nothing blocks, but for those of the lenses that are spared."""
    question = ask(org, account, action, resource, None, context)
    choices = open_choices([question])
    allowed = [_seen(org, account, lens) for lens in spared]
    found: list[Witness] = []
    tried = 0
    for way, given in requests([question], choices):
        if any(_same_caller(one, given) for one in allowed):
            continue
        tried += 1
        decision = verdict(question, way, given)
        if not decision.blocked:
            found.append(witness(org, account, question, way, given, decision))
            break
    return Search(tuple(found), tried, tuple(canonical(key) for key in choices), _size(choices) <= MOST_TRIES)


def witness(
    org: Organization, account: Account, question: Question, way: Way, given: Context, decision: Decision
) -> Witness:
    """A request that was tried, as it is shown."""
    spelled = {key.lower(): key for rule in _rules(question) for one in rule.statement.conditions for key in one.keys}
    context = {canonical(spelled.get(key, key)): value for key, value in given.items() if value is not None}
    return Witness(question.action, org.path(account.id), way[0].arn, context, decision.about(action=question.action))


def verdict(question: Question, way: Way, given: Context) -> Decision:
    """What the engine says to a whole request; keys that are not given are absent."""
    request = question.request(way)
    request["context"] = {**question.context, **given}
    return question.compiled.evaluate(request)


def open_choices(questions: Sequence[Question]) -> dict[str, list[Any]]:
    """For each key that the policies look at and nobody has given, the values worth trying (None: absent)."""
    conditions: dict[str, list[Condition]] = {}
    for question in questions:
        lacking = [one.lacks for way in question.ways for one in way]
        never = frozenset.intersection(*lacking) if lacking else frozenset()
        known = _known(question)
        for rule in _rules(question):
            for condition in rule.statement.conditions:
                for key in map(str.lower, condition.keys):
                    if key not in known and key not in never:
                        held = conditions.setdefault(key, [])
                        if condition not in held and condition.key.lower() == key:
                            held.append(condition)
    found = {}
    for key, held in conditions.items():
        view = View(read_context(questions[0].context), None, None, True)
        # Told as a variable, so that no two values are taken for one: a witness may be spared, its twin not.
        tried = candidates(key, held, view, used_as_variable=True)
        values = [_placed(questions[0], key, one.values) for one in tried]
        found[key] = list(dict.fromkeys(values))
    return found


def requests(questions: Sequence[Question], choices: Mapping[str, list[Any]]) -> Iterator[tuple[Way, Context]]:
    """Whole requests, at most MOST_TRIES: every combination of values where there are few, else the first of them."""
    ways = list(_concrete_ways(questions))
    combinations = product(*choices.values())
    each = max(1, MOST_TRIES // max(1, len(ways)))
    for values in islice(combinations, each):
        given = {key: _plain(value) for key, value in zip(choices, values, strict=True)}
        for way in ways:
            yield way, given


def _size(choices: Mapping[str, list[Any]]) -> int:
    return prod(len(values) for values in choices.values())


def _rules(question: Question) -> list[Rule]:
    return [one for one in question.compiled.rules if one.statement.matches_action(question.action) is not False]


def _known(question: Question) -> set[str]:
    """Keys whose value is settled, given or following from the principal."""
    known = set(question.context)
    if question.standing.principal is not None:
        view = View({}, None, read_principal(question.standing.principal), False)
        known |= {key for key in (_PRINCIPAL, "aws:principaltype", "aws:username", "aws:userid") if view[key]}
    return known


def _concrete_ways(questions: Sequence[Question]) -> Iterator[Way]:
    """The ways of a call with names in place of wildcards: names of no importance, then those that policies mention."""
    told: set[Way] = set()
    for way in dict.fromkeys(way for question in questions for way in question.ways):
        region = next(
            (str(one.context["aws:requestedregion"]) for one in questions if one.context.get("aws:requestedregion")), ""
        )
        named = [[_named(one.arn, region)] for one in way]
        for place, one in enumerate(way):
            for question in questions:
                for rule in _rules(question):
                    for pattern in rule.statement.resources:
                        if one.arn and pattern.startswith("arn:") and arn_overlaps(pattern, one.arn):
                            named[place].append(_like(pattern, one.arn))
        for arns in islice(product(*(list(dict.fromkeys(arns)) for arns in named)), 16):
            found = tuple(RequestResource(arn, one.type, one.lacks) for arn, one in zip(arns, way, strict=True))
            if found not in told:
                told.add(found)
                yield found


def _named(arn: str | None, region: str = "") -> str | None:
    if arn in (None, "*"):
        return arn
    parts = str(arn).split(":", _PLACES - 1)
    if len(parts) == _PLACES and parts[3] == "*":
        parts[3] = region or _REGIONS.get(parts[1], "us-east-1")
    return ":".join(parts).replace("*", "example").replace("?", "x")


def _like(pattern: str, place: str) -> str:
    """A resource that the pattern covers, in the account and Region of `place`."""
    parts, around = pattern.split(":", _PLACES - 1), place.split(":", _PLACES - 1)
    if len(parts) < _PLACES or len(around) < _PLACES:
        return str(_named(place))
    for index in range(1, _PLACES - 1):
        if "*" in parts[index] or "?" in parts[index]:
            parts[index] = around[index]
    return str(_named(":".join(parts)))


def _placed(question: Question, key: str, values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """A principal that a policy's pattern suggests belongs to the account that calls."""
    if key != _PRINCIPAL or values is None or question.standing.caller is None:
        return values
    return tuple(_in_account(value, account_id(question.standing.caller)) for value in values)


def _in_account(arn: str, account: str) -> str:
    parts = arn.split(":", _PLACES - 1)
    if len(parts) < _PLACES:
        return f"arn:aws:iam::{account}:role/example"
    return ":".join([*parts[:4], account, parts[5]])


def _plain(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


def _seen(org: Organization, account: Account, lens: Lens) -> dict[str, Any]:
    seen = scenario(org, account, lens)
    found = {key.lower(): value for key, value in seen.context.items()}
    found.pop("aws:requestedregion", None)
    if seen.principal:
        found[_PRINCIPAL] = seen.principal
    return found


def _same_caller(seen: Mapping[str, Any], given: Context) -> bool:
    """Whether a request could be the scenario's: what both give agrees, and they have something in common."""
    common = [key for key in seen if given.get(key) is not None]
    return bool(common) and all(_text(seen[key]) == _text(given[key]) for key in common)
