"""Wildcards: `*` is any run of characters (newlines included), `?` is any one; ARNs are matched part by part.

A pattern is a plain string. A star or question mark that must be taken literally (it came from `${*}`, or from the
value of a policy variable) is written as one of two code points that Unicode reserves for such inner use.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

LITERAL_STAR = "\ufdd0"
LITERAL_MARK = "\ufdd1"
_TO_LITERAL = str.maketrans({"*": LITERAL_STAR, "?": LITERAL_MARK})
_TO_TEXT = str.maketrans({LITERAL_STAR: "*", LITERAL_MARK: "?"})

ARN_PARTS = 6
MOST_AT_ONCE = 100
"""How many patterns one regular expression may hold: longer ones take long to compile."""


def literal(text: str) -> str:
    """Return the pattern that matches exactly this text."""
    return text.translate(_TO_LITERAL) if "*" in text or "?" in text else text


def plain(pattern: str) -> str:
    """Return the pattern as text, the inner marks for a literal star and question mark written as themselves."""
    return pattern.translate(_TO_TEXT)


def is_wild(pattern: str) -> bool:
    """Tell whether the pattern holds a wildcard."""
    return "*" in pattern or "?" in pattern


def glob_source(pattern: str, any_one: str = ".") -> str:
    """Return the regular expression of a pattern, to be used with `fullmatch` and DOTALL.

    What stands between two stars is looked for once, as early as it comes, and never again (an atomic group): a later
    place could help nothing, and a hostile pattern would try all of them.
    """
    first, *middle = re.split(r"\*+", pattern)
    if not middle:
        return _plain_source(first, any_one)
    *middle, last = middle
    found = "".join(f"(?>{any_one}*?{_plain_source(piece, any_one)})" for piece in middle)
    return f"{_plain_source(first, any_one)}{found}{any_one}*{_plain_source(last, any_one)}"


def _plain_source(piece: str, any_one: str) -> str:
    return any_one.join(re.escape(plain(part)) for part in piece.split("?"))


@lru_cache(maxsize=65_536)
def glob(pattern: str) -> Callable[[str], object]:
    """Return a function that tells whether a text matches the pattern."""
    if not is_wild(pattern):
        return plain(pattern).__eq__
    if "?" not in pattern:
        head, *middle, tail = map(plain, re.split(r"\*+", pattern))
        return _in_order(head, middle, tail) if middle else _between(head, tail)
    return re.compile(glob_source(pattern), re.DOTALL).fullmatch


def _between(head: str, tail: str) -> Callable[[str], object]:
    if not tail:
        return (lambda text: text.startswith(head)) if head else (lambda _text: True)
    room = len(head) + len(tail)
    return lambda text: len(text) >= room and text.startswith(head) and text.endswith(tail)


def _in_order(head: str, middle: list[str], tail: str) -> Callable[[str], object]:
    room = len(head) + len(tail)

    def match(text: str) -> bool:
        at, end = len(head), len(text) - len(tail)
        if len(text) < room or not text.startswith(head) or not text.endswith(tail):
            return False
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return match


def split_arn(text: str) -> list[str]:
    """Split at the first five colons; a text with fewer gives a shorter list."""
    return text.split(":", ARN_PARTS - 1)


@lru_cache(maxsize=65_536)
def arn_glob(pattern: str) -> Callable[[str], object]:
    """Return the matcher of an ARN operator: six parts, each matched alone; a lone `*` matches every ARN."""
    if pattern.strip("*") == "" and pattern:
        return lambda text: text.startswith("arn:") and text.count(":") >= ARN_PARTS - 1
    parts = split_arn(pattern)
    if len(parts) < ARN_PARTS:
        return lambda _text: False
    return _six(parts)


def arn_glob_any(patterns: tuple[str, ...]) -> Callable[[str], object]:
    """Return the matcher of several ARN patterns at once."""
    tests = [arn_glob(pattern) for pattern in patterns]
    if len(tests) == 1:
        return tests[0]
    if not tests:
        return lambda _text: False
    whole = [parts for parts in map(split_arn, patterns) if len(parts) == ARN_PARTS]
    if len(whole) == len(patterns) <= MOST_AT_ONCE:
        return re.compile("|".join(map(_six_source, whole)), re.DOTALL).fullmatch
    return lambda text: any(test(text) for test in tests)


@lru_cache(maxsize=65_536)
def resource_glob(pattern: str) -> Callable[[str], object]:
    """Return the matcher of a Resource pattern.

    Six parts are matched each alone. A pattern of fewer parts (`*`, `arn:aws:s3:*`) is matched as one text, since
    a star that ends a part may reach beyond the colon.
    """
    parts = split_arn(pattern)
    if len(parts) < ARN_PARTS:
        return glob(pattern)
    return _six(parts)


def _six(parts: list[str]) -> Callable[[str], object]:
    front = parts[:-1]
    if not any(is_wild(part) for part in front):
        # The common case by far: a fixed beginning, then a pattern that may cross colons.
        return glob(":".join(parts))
    tests = [(place, glob(part)) for place, part in enumerate(parts) if part.strip("*") or not part]

    def match(text: str) -> bool:
        pieces = split_arn(text)
        if len(pieces) != ARN_PARTS:
            return False
        return all(test(pieces[place]) for place, test in tests)

    return match


def _six_source(parts: list[str]) -> str:
    *front, last = parts
    return ":".join([*(glob_source(part, "[^:]") for part in front), glob_source(last)])


def overlaps(one: str, other: str) -> bool:
    """Tell whether some text matches both patterns."""
    if "*" in (one, other) or one == other:
        return True
    if not is_wild(one) and not is_wild(other):
        return False
    other, stars, accepts = _places(other)
    every = (1 << (len(other) + 1)) - 1
    reach = 1
    for c in one:
        reach |= (reach & stars) << 1
        if c == "*":
            # A star swallows any number of the other pattern's symbols.
            reach = every & -(reach & -reach)
        else:
            step = every & ~stars if c == "?" else accepts.get(c, 0) | accepts.get("?", 0)
            reach = reach & stars | (reach & step) << 1 & every
        if not reach:
            return False
    reach |= (reach & stars) << 1
    return bool(reach >> len(other) & 1)


def contains(outer: str, inner: str) -> bool:
    """Tell whether every text that matches `inner` also matches `outer`; never a wrong yes, perhaps a wrong no."""
    if outer == inner or (outer and not outer.strip("*")):
        return True
    if not is_wild(outer):
        return False
    outer, stars, accepts = _places(outer)
    reach = 1 | (stars & 1) << 1
    for c in inner:
        step = 0 if c == "*" else accepts.get(c, 0) | accepts.get("?", 0)
        reach = reach & stars | (reach & step) << 1
        if not reach:
            return False
        reach |= (reach & stars) << 1
    return bool(reach >> len(outer) & 1)


@lru_cache(maxsize=4096)
def _places(pattern: str) -> tuple[str, int, dict[str, int]]:
    # Where the pattern has its stars and each of its symbols, as bits; runs of stars are one.
    pattern = re.sub(r"\*+", "*", pattern)
    accepts: dict[str, int] = {}
    for place, c in enumerate(pattern):
        accepts[c] = accepts.get(c, 0) | 1 << place
    return pattern, accepts.pop("*", 0), accepts


def arn_overlaps(one: str, other: str) -> bool:
    """Tell whether some ARN matches both resource patterns."""
    a, b = split_arn(one), split_arn(other)
    if len(a) == len(b) == ARN_PARTS:
        return all(overlaps(x, y) for x, y in zip(a, b, strict=True))
    return overlaps(one, other)


def arn_contains(outer: str, inner: str) -> bool:
    """Tell whether every ARN that matches `inner` also matches the resource pattern `outer`."""
    a, b = split_arn(outer), split_arn(inner)
    if len(a) == len(b) == ARN_PARTS:
        return all(contains(x, y) for x, y in zip(a, b, strict=True))
    if len(a) == ARN_PARTS:
        return False
    return contains(outer, inner)
