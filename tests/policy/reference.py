"""A second evaluator, as plain and slow as can be, written apart from the engine to check it against.

It knows no compiled patterns, no indexes and no three values: it walks the raw JSON and recurses over characters.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

Raw = dict[str, Any]


def decide(levels: list[list[Raw]], request: Raw) -> str:
    """Return allowed, explicitDeny or implicitDeny for SCPs alone, in which nobody is exempt."""
    resources = request.get("resource") or "*"
    if isinstance(resources, str):
        resources = [resources]
    denied = granted_everywhere = False
    verdicts = []
    for resource in resources:
        denied = any(
            s["Effect"] == "Deny" and fits(s, d, request, resource)
            for level in levels
            for d in level
            for s in statements(d)
        )
        granted_everywhere = all(
            any(s["Effect"] == "Allow" and fits(s, d, request, resource) for d in level for s in statements(d))
            for level in levels
        )
        verdicts.append("explicitDeny" if denied else "allowed" if granted_everywhere else "implicitDeny")
    for worst in ("explicitDeny", "implicitDeny"):
        if worst in verdicts:
            return worst
    return "allowed"


def statements(document: Raw) -> list[Raw]:
    """Return the statements as a list."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def as_list(value: Any) -> list[Any]:
    """Return one or many as a list."""
    return value if isinstance(value, list) else [value]


def fits(statement: Raw, document: Raw, request: Raw, resource: str) -> bool:
    """Tell whether a statement applies."""
    context = {key.lower(): [text(v) for v in as_list(value)] for key, value in request.get("context", {}).items()}
    action = request["action"].lower()
    if "Action" in statement:
        if not any(wild(p.lower(), action) for p in as_list(statement["Action"])):
            return False
    elif any(wild(p.lower(), action) for p in as_list(statement["NotAction"])):
        return False
    if "Resource" in statement:
        if not any(names(p, resource) for p in as_list(statement["Resource"])):
            return False
    elif any(names(p, resource) for p in as_list(statement["NotResource"])):
        return False
    new = document.get("Version") == "2012-10-17"
    for operator, block in statement.get("Condition", {}).items():
        for key, wanted in block.items():
            if not holds(operator, context.get(key.lower()), [text(w) for w in as_list(wanted)], context, new):
                return False
    return True


def text(value: Any) -> str:
    """Return a JSON scalar as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def names(pattern: str, resource: str) -> bool:
    """Match a resource pattern."""
    if pattern.count(":") < 5:
        return wild(pattern, resource)
    ours, theirs = pattern.split(":", 5), resource.split(":", 5)
    return len(theirs) == 6 and all(wild(a, b) for a, b in zip(ours, theirs, strict=True))


@cache
def wild(pattern: str, given: str) -> bool:
    """Match a pattern with * and ? by recursion."""
    if pattern == "":
        return given == ""
    if pattern[0] == "*":
        return wild(pattern[1:], given) or (given != "" and wild(pattern, given[1:]))
    return given != "" and (pattern[0] == "?" or pattern[0] == given[0]) and wild(pattern[1:], given[1:])


def holds(
    operator: str, present: list[str] | None, wanted: list[str], context: dict[str, list[str]], new: bool
) -> bool:
    """Decide one operator on one key."""
    mode = ""
    if ":" in operator:
        mode, operator = operator.split(":")
    if operator == "Null":
        return any((present is None) == (w == "true") for w in wanted)
    lenient = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    negated = "Not" in operator
    base = operator.replace("Not", "")
    if present is None or present == []:
        if mode == "ForAllValues" or lenient:
            return True
        return negated and mode == ""
    if new and base.startswith(("String", "Arn", "Bool")):
        wanted = [w for w in (substitute(w, context) for w in wanted) if w is not None]
    hits = [any(compare(base, value, w) for w in wanted) for value in present]
    if mode == "ForAllValues":
        return present == [""] or all(hit != negated for hit in hits)
    if mode == "ForAnyValue":
        return present != [""] and any(hit != negated for hit in hits)
    return any(hits) != negated


def substitute(value: str, context: dict[str, list[str]]) -> str | None:
    """Replace ${key} and ${key, 'default'}; the tests use no wildcards in the values of variables."""
    while "${" in value:
        before, _, rest = value.partition("${")
        inner, _, after = rest.partition("}")
        key, comma, default = inner.partition(",")
        found = context.get(key.strip().lower())
        if found is None and comma:
            found = [default.strip().strip("'")]
        if found is None or len(found) != 1:
            return None
        value = before + found[0] + after
    return value


def compare(base: str, value: str, wanted: str) -> bool:
    """Compare one value with one wanted value."""
    if base == "StringEquals":
        return value == wanted
    if base == "StringEqualsIgnoreCase":
        return value.lower() == wanted.lower()
    if base == "StringLike":
        return wild(wanted, value)
    if base == "Bool":
        return value.lower() == wanted.lower()
    if base in ("ArnLike", "ArnEquals"):
        ours, theirs = wanted.split(":", 5), value.split(":", 5)
        return len(ours) == len(theirs) == 6 and all(wild(a, b) for a, b in zip(ours, theirs, strict=True))
    if base == "IpAddress":
        try:
            return ip_address(value) in ip_network(wanted, strict=False)
        except ValueError:
            return False
    if base.startswith("Numeric"):
        try:
            return relation(base.removeprefix("Numeric"), Fraction(value), Fraction(wanted))
        except ValueError:
            return False
    if base.startswith("Date"):
        try:
            return relation(base.removeprefix("Date"), moment(value), moment(wanted))
        except ValueError:
            return False
    raise AssertionError(base)


def moment(value: str) -> Fraction:
    """Read a date as seconds."""
    if value.isdigit() and len(value) != 4:
        return Fraction(value)
    read = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return Fraction(int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()))


def relation(name: str, one: Any, other: Any) -> bool:
    """Compare two ordered things."""
    table = {"Equals": one == other, "LessThan": one < other, "GreaterThan": one > other}
    table |= {"LessThanEquals": one <= other, "GreaterThanEquals": one >= other}
    return bool(table[name])
