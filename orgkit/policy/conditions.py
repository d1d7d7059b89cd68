"""Condition operators: a table of 26, and how one line of a Condition block is decided in three values.

True and False hold for the request; None means that it turns on a context key which the request leaves open.
Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from orgkit.policy import values as data
from orgkit.policy.context import UNKNOWN, View
from orgkit.policy.patterns import MOST_AT_ONCE, arn_glob_any, glob, glob_source, is_wild, plain
from orgkit.policy.variables import Template, expand

Matcher = Callable[[str], object]
Decider = Callable[[Matcher, tuple[str, ...]], bool]
Test = Callable[[View], bool | None]


@dataclass(frozen=True, slots=True)
class Operator:
    """One of AWS's condition operators: what it compares, and whether it says yes where nothing matches."""

    name: str
    family: str
    negated: bool = False

    @property
    def accepts(self) -> str:
        """The kind of value that the operator compares: String, Numeric, Date, Bool, Binary, IpAddress, Arn or Null."""
        for kind in ("Numeric", "Date", "Bool", "Binary", "IpAddress", "Arn", "Null"):
            if self.family.startswith(kind):
                return kind
        return "String"

    @property
    def variables(self) -> bool:
        """True where the operator's values may hold policy variables: texts, ARNs and booleans."""
        return self.accepts in ("String", "Arn", "Bool")


_PAIRS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}
_SINGLE = (
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "Null",
)
_SAME = {"ArnEquals": "ArnLike"}  # AWS gives the two the same meaning


def _operators() -> dict[str, Operator]:
    table = {}
    for positive, negative in _PAIRS.items():
        family = _SAME.get(positive, positive)
        table[positive] = Operator(positive, family)
        table[negative] = Operator(negative, family, negated=True)
    for name in _SINGLE:
        table[name] = Operator(name, name)
    return table


OPERATORS: dict[str, Operator] = _operators()
"""The 26 condition operators and Null, by name."""


@lru_cache(maxsize=65_536)
def matcher(family: str, accepted: tuple[str, ...]) -> Matcher:
    """Return a function that tells whether one context value matches one of the accepted patterns."""
    if family == "StringLike":
        return _like(accepted)
    if family == "ArnLike":
        return arn_glob_any(accepted)
    texts = [plain(pattern) for pattern in accepted]
    if family == "StringEquals":
        return frozenset(texts).__contains__
    if family == "StringEqualsIgnoreCase":
        folded = frozenset(text.lower() for text in texts)
        return lambda value: value.lower() in folded
    if family == "Bool":
        wanted = frozenset(text.lower() for text in texts) & {"true", "false"}
        return lambda value: value.lower() in wanted
    if family == "BinaryEquals":
        binary = frozenset(data.read_binary(text) for text in texts)
        return lambda value: data.read_binary(value) in binary
    if family == "IpAddress":
        return data.within(texts)
    return data.compared(family, texts)


def _like(accepted: tuple[str, ...]) -> Matcher:
    fixed = frozenset(plain(pattern) for pattern in accepted if not is_wild(pattern))
    wild = [pattern for pattern in accepted if is_wild(pattern)]
    if not wild:
        return fixed.__contains__
    if 3 < len(wild) <= MOST_AT_ONCE:
        found: list[Matcher] = [re.compile("|".join(map(glob_source, wild)), re.DOTALL).fullmatch]
    else:
        found = [glob(pattern) for pattern in wild]
    return _any([fixed.__contains__, *found] if fixed else found)


def _any(tests: list[Matcher]) -> Matcher:
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)


def build_test(
    operator: Operator,
    key: str,
    accepted: tuple[str | Template, ...],
    *,
    if_exists: bool = False,
    qualifier: str | None = None,
) -> Test:
    """Return the function that decides one operator on one key for a request.

    `key` is in lower case; `qualifier` is "ForAllValues", "ForAnyValue" or None. A line with several values matches
    where one of them does; a negated operator says yes where none does.
    """
    if operator.name == "Null":
        return _null_test(key, accepted)
    fixed = tuple(one for one in accepted if isinstance(one, str))
    templates = tuple(one for one in accepted if not isinstance(one, str))
    decide = _DECIDERS[qualifier, operator.negated]
    if qualifier == "ForAllValues":
        absent = True
    elif qualifier == "ForAnyValue":
        absent = if_exists
    else:
        absent = if_exists or operator.negated
    match = matcher(operator.family, fixed)

    if not accepted:
        return _matching_nothing(key, decide, absent=absent)
    if not templates:
        if qualifier is None:
            return _one_value_first(key, match, decide, absent=absent, if_matched=not operator.negated)

        def test(view: View) -> bool | None:
            values = view[key]
            if values is None:
                return absent
            return None if values is UNKNOWN else decide(match, values)

        return test

    family = operator.family

    def test_with_variables(view: View) -> bool | None:
        values = view[key]
        if values is None:
            return absent
        known, open_ended = _expanded(templates, view)
        if values is UNKNOWN:
            return None
        # What a variable may turn out to be decides only where the known values do not.
        narrow = decide(matcher(family, fixed + known), values)
        if not open_ended:
            return narrow
        wide = decide(lambda _value: True, values)
        return narrow if narrow is wide else None

    return test_with_variables


def _matching_nothing(key: str, decide: Decider, *, absent: bool) -> Test:
    always = {absent, decide(_no_value, ("x",)), decide(_no_value, _NULL_SET)}
    certain = absent if len(always) == 1 else None

    def test(view: View) -> bool | None:
        values = view[key]
        if values is None:
            return absent
        if values is UNKNOWN:
            return certain
        return decide(_no_value, values)

    return test


def _one_value_first(key: str, match: Matcher, decide: Decider, *, absent: bool, if_matched: bool) -> Test:
    # Most keys have one value, and most tests are of this kind; they decide how fast the engine is.
    if_not = not if_matched

    def test(view: View) -> bool | None:
        values = view[key]
        if values is None:
            return absent
        if values is UNKNOWN:
            return None
        if len(values) == 1:
            return if_matched if match(values[0]) else if_not
        return decide(match, values)

    return test


def _expanded(templates: tuple[Template, ...], view: View) -> tuple[tuple[str, ...], bool]:
    known = []
    open_ended = False
    for template in templates:
        value = expand(template, view)
        if value is UNKNOWN:
            open_ended = True
        elif value is not None:
            known.append(value)
    return tuple(known), open_ended


def _null_test(key: str, accepted: tuple[str | Template, ...]) -> Test:
    wanted = {plain(one).lower() for one in accepted if isinstance(one, str)}
    if_absent, if_present = "true" in wanted, "false" in wanted

    def test(view: View) -> bool | None:
        values = view[key]
        if values is UNKNOWN:
            return if_absent if if_absent == if_present else None
        return if_absent if values is None else if_present

    return test


def _no_value(_value: str) -> bool:
    return False


# An empty text is what AWS calls a null data set: true under ForAllValues, false under ForAnyValue.
_NULL_SET = ("",)


def _some(match: Matcher, values: tuple[str, ...]) -> bool:
    return any(match(value) for value in values)


def _none(match: Matcher, values: tuple[str, ...]) -> bool:
    return not any(match(value) for value in values)


def _all(match: Matcher, values: tuple[str, ...]) -> bool:
    return values == _NULL_SET or all(match(value) for value in values)


def _all_not(match: Matcher, values: tuple[str, ...]) -> bool:
    return values == _NULL_SET or not any(match(value) for value in values)


def _any_value(match: Matcher, values: tuple[str, ...]) -> bool:
    return values != _NULL_SET and any(match(value) for value in values)


def _any_value_not(match: Matcher, values: tuple[str, ...]) -> bool:
    return values != _NULL_SET and not all(match(value) for value in values)


_DECIDERS: dict[tuple[str | None, bool], Decider] = {
    (None, False): _some,
    (None, True): _none,
    ("ForAnyValue", False): _any_value,
    ("ForAnyValue", True): _any_value_not,
    ("ForAllValues", False): _all,
    ("ForAllValues", True): _all_not,
}
