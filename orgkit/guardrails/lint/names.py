"""Rules about names: actions and context keys that do not exist, that a call never carries, or of another type.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orgkit.design import Policy
from orgkit.design.checks.finding import Finding
from orgkit.guardrails.lint.reading import TYPES, Line, Reading
from orgkit.policy import Condition, problems
from orgkit.policy.patterns import is_wild
from orgkit.policy.touching import carriers

_PLACEHOLDER = re.compile(r"\$\{[A-Za-z_]\w*\}")


def malformed(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """What AWS would refuse, or takes although it cannot do what it says."""
    for one in policies:
        if one.type not in TYPES:
            continue
        for problem in problems(one.content, type=one.type):
            yield Finding(
                one.id,
                f"{problem.where}: {problem.message} [{problem.rule}]",
                f"{problem.mend[0].upper()}{problem.mend[1:]}." if problem.mend else "",
                severity=problem.severity,
            )


def unknown_action(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A pattern that covers no action of AWS: a Deny that stops nothing, an Allow that opens nothing."""
    for line in reading.lines(policies):
        patterns = [one for one in line.statement.actions if one != "*"]
        unknown = [one for one in patterns if not reading.catalogue.expand(one)]
        gone = [one for one in unknown if not _retired(one)]
        for pattern in gone:
            near = "" if is_wild(pattern) else reading.catalogue.nearest(pattern)
            what = "spares" if line.statement.not_action else "denies" if line.statement.effect == "Deny" else "allows"
            yield Finding(
                line.policy.id,
                f"{line.label}: AWS has no action {pattern}, so this entry {what} nothing",
                near[0].upper() + near[1:] if near else "Correct the name, or take the entry out.",
                severity="warning" if len(gone) < len(patterns) else None,
            )


# Services that AWS closed or renamed: their prefixes stay in published policies and harm nobody.
_RETIRED = frozenset(
    {"a4b", "mobileanalytics", "importexport", "waf-regional", "aws-portal", "macie", "cloudhsm", "chime", "cur"}
)


def _retired(pattern: str) -> bool:
    return pattern.partition(":")[0].lower() in _RETIRED


def unknown_key(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A context key that AWS does not have is absent from every request."""
    for line, condition in _conditions(reading, policies):
        for key in condition.keys:
            if reading.catalogue.key_type(key) is None and not _of_provider(key) and not _left_over(key):
                yield Finding(
                    line.policy.id,
                    f"{line.label}: AWS has no context key {key}, so no request carries it and "
                    f"{_when_absent(line, condition, key)}",
                    _nearest(reading, key)
                    or "Take the condition out, or say by aws:PrincipalArn who is exempt from the statement.",
                )


def placeholder(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A template's variable that nobody filled in: to AWS it is a policy variable without a value."""
    found: dict[str, dict[str, None]] = {}
    for line in reading.lines(policies):
        for name in left_over(line):
            found.setdefault(line.policy.id, {})[name] = None
    for node, names in found.items():
        yield Finding(
            node,
            f"{', '.join(names)} stands in it like a template's placeholder; to AWS it is a policy variable without a "
            "value, so what it stands in matches nothing and exempts nobody",
            "Fill it in before the policy is attached; * stands for any account.",
        )


def left_over(line: Line) -> list[str]:
    """The placeholders in a statement's resources and condition values: `${Name}` where Name is no context key."""
    texts = [*line.statement.resources, *(value for one in line.statement.conditions for value in one.values)]
    return list(dict.fromkeys(name for text in texts for name in _PLACEHOLDER.findall(text)))


def key_not_carried(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """A key that exists, but not in calls of the statement's actions."""
    for line, condition in _conditions(reading, policies):
        key = condition.key.lower()
        if reading.catalogue.key_type(key) is None or condition.operator == "Null":
            continue
        can = carriers(key)
        without = line.bits & ~can
        # IfExists says that the key may be missing; a statement on all actions of all services says so by itself.
        if not without or condition.if_exists or condition.qualifier == "ForAllValues" or line.statement.not_action:
            continue
        if line.bits & can:
            if "*" in line.statement.actions:
                continue
            named = _exactly_named(reading, line) & without
            if not named:
                continue
            without = named
        names = list(reading.catalogue.names(without))
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        yield Finding(
            line.policy.id,
            f"{line.label}: calls of {shown} never carry {condition.key}, so for them "
            f"{_when_absent(line, condition, condition.key)}",
            "Put these actions into a statement of their own, with a key that they carry.",
            severity=None if without == line.bits else "warning",
        )


def operator_of_other_type(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """An operator that compares another kind of value than the key holds."""
    for line, condition in _conditions(reading, policies):
        kind = reading.catalogue.key_type(condition.key)
        if kind is None:
            continue
        holds = kind.removeprefix("ArrayOf")
        compares = condition.rule.accepts
        if compares not in _COMPARE.get(holds, (compares,)) and compares != "Null":
            better = _BETTER.get(holds, "a String operator")
            yield Finding(
                line.policy.id,
                f"{line.label}: {condition.operator} compares {_WORDS.get(compares, compares)}, and {condition.key} "
                f"holds {_WORDS.get(holds, holds)}; the comparison may never hold",
                f"Use {better}.",
            )
        several = kind.startswith("ArrayOf")
        if not several and condition.qualifier == "ForAnyValue" and condition.rule.negated:
            yield Finding(
                line.policy.id,
                f"{line.label}: {condition.key} holds a single value, and ForAnyValue: makes {condition.operator} "
                "false where the key is missing, so the statement does not catch a request without it",
                f"Write {condition.operator} without ForAnyValue:.",
                severity="warning",
            )
        if several and condition.qualifier is None:
            yield Finding(
                line.policy.id,
                f"{line.label}: {condition.key} holds a list, and {condition.operator} without a qualifier is not made "
                "for lists",
                f"Write ForAnyValue:{condition.operator} or ForAllValues:{condition.operator}.",
                severity="warning",
            )


_COMPARE = {
    "String": ("String", "Arn"),
    "ARN": ("Arn", "String"),
    "Bool": ("Bool", "String"),
    "Numeric": ("Numeric", "String"),
    "Long": ("Numeric", "String"),
    "Date": ("Date",),
    "IPAddress": ("IpAddress",),
    "Binary": ("Binary",),
}
_BETTER = {
    "Bool": "Bool",
    "Numeric": "a Numeric operator",
    "Long": "a Numeric operator",
    "Date": "a Date operator",
    "IPAddress": "IpAddress or NotIpAddress",
    "Binary": "BinaryEquals",
    "ARN": "ArnLike or ArnNotLike",
}
_WORDS = {
    "String": "text",
    "ARN": "an ARN",
    "Arn": "ARNs",
    "Bool": "true or false",
    "Numeric": "numbers",
    "Long": "numbers",
    "Date": "dates",
    "IPAddress": "an address",
    "IpAddress": "addresses",
    "Binary": "binary values",
}


def _conditions(reading: Reading, policies: Iterable[Policy]) -> Iterator[tuple[Line, Condition]]:
    for line in reading.lines(policies):
        for condition in line.statement.conditions:
            yield line, condition


def _exactly_named(reading: Reading, line: Line) -> int:
    bits = 0
    for pattern in line.statement.actions:
        if not is_wild(pattern):
            bits |= reading.catalogue.expand(pattern)
    return bits


def _when_absent(line: Line, condition: Condition, key: str) -> str:
    """What the statement does where the key is missing."""
    if key.lower() != condition.key.lower():
        return "the variable has no value, and the condition never compares equal"
    negated = condition.rule.negated and condition.qualifier != "ForAnyValue"
    holds = negated or condition.if_exists or condition.qualifier == "ForAllValues"
    if condition.operator == "Null":
        holds = "true" in [value.lower() for value in condition.values]
    others = len(line.statement.conditions) > 1
    if line.statement.effect == "Deny":
        if holds:
            tail = " wherever its other conditions hold" if others else ", whatever the request asks for"
            return f"{condition.full_operator} always holds: the statement always denies{tail}"
        return f"{condition.full_operator} never holds: the statement denies nothing"
    return f"{condition.full_operator} {'always' if holds else 'never'} holds: the statement " + (
        "allows more than it says" if holds else "allows nothing"
    )


def _nearest(reading: Reading, key: str) -> str:
    near = reading.catalogue.nearest_key(key)
    return near[0].upper() + near[1:] if near else ""


def _of_provider(key: str) -> bool:
    prefix = key.partition(":")[0].lower()
    return "." in prefix or prefix in ("saml", "identitystore")


def _left_over(key: str) -> bool:
    return ":" not in key or any(mark in key for mark in "<>{}[]$")
