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
    """Return the regular expression of a pattern, to be used with `fullmatch` and DOTALL."""
    out = []
    for piece in re.split(r"(\*+|\?)", pattern):
        if piece.startswith("*"):
            out.append(any_one + "*")
        elif piece == "?":
            out.append(any_one)
        else:
            out.append(re.escape(plain(piece)))
    return "".join(out)


@lru_cache(maxsize=65_536)
def glob(pattern: str) -> Callable[[str], object]:
    """Return a function that tells whether a text matches the pattern."""
    if not is_wild(pattern):
        return plain(pattern).__eq__
    if pattern.count("*") <= 1 and "?" not in pattern:
        head, _, tail = pattern.partition("*")
        return _between(plain(head), plain(tail))
    if too_many_stars(pattern):
        return lambda text: _glob_by_steps(pattern, text)
    return re.compile(glob_source(pattern), re.DOTALL).fullmatch


def _between(head: str, tail: str) -> Callable[[str], object]:
    if not tail:
        return (lambda text: text.startswith(head)) if head else (lambda _text: True)
    room = len(head) + len(tail)
    return lambda text: len(text) >= room and text.startswith(head) and text.endswith(tail)


def too_many_stars(pattern: str) -> bool:
    """Tell whether a backtracking expression could take forever on this pattern."""
    return len(re.findall(r"\*+", pattern)) > 4


def _glob_by_steps(pattern: str, text: str) -> bool:
    # The usual two-pointer walk: never worse than len(pattern) * len(text), whatever a stranger's policy holds.
    p = t = 0
    star, mark = -1, 0
    while t < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, t
            p += 1
        elif p < len(pattern) and (pattern[p] == "?" or plain(pattern[p]) == text[t]):
            p, t = p + 1, t + 1
        elif star >= 0:
            p, mark = star + 1, mark + 1
            t = mark
        else:
            return False
    return all(c == "*" for c in pattern[p:])


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
    if len(whole) == len(patterns) and not any(too_many_stars(pattern) for pattern in patterns):
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
    if any(too_many_stars(part) for part in parts):
        matchers = [glob(part) for part in parts]

        def by_parts(text: str) -> bool:
            pieces = split_arn(text)
            return len(pieces) == ARN_PARTS and all(match(piece) for match, piece in zip(matchers, pieces, strict=True))

        return by_parts
    if not any(is_wild(part) for part in front):
        # The common case by far: a fixed beginning, then a pattern that may cross colons.
        return glob(":".join(parts))
    return re.compile(_six_source(parts), re.DOTALL).fullmatch


def _six_source(parts: list[str]) -> str:
    *front, last = parts
    return ":".join([*(glob_source(part, "[^:]") for part in front), glob_source(last)])


def overlaps(one: str, other: str) -> bool:
    """Tell whether some text matches both patterns."""
    reach = {0}
    for i in range(len(one) + 1):
        reach = _close(reach, other)
        if i == len(one):
            return len(other) in reach
        c = one[i]
        if c == "*":
            # A star swallows any number of the other pattern's symbols.
            reach = set(range(min(reach), len(other) + 1)) if reach else reach
            continue
        after = set()
        for j in reach:
            if j < len(other):
                if other[j] == "*":
                    after.add(j)
                elif c == "?" or other[j] in ("?", c):
                    after.add(j + 1)
        reach = after
        if not reach:
            return False
    return False


def _close(reach: set[int], pattern: str) -> set[int]:
    out = set()
    for start in reach:
        j = start
        out.add(j)
        while j < len(pattern) and pattern[j] == "*":
            j += 1
            out.add(j)
    return out


def contains(outer: str, inner: str) -> bool:
    """Tell whether every text that matches `inner` also matches `outer`; never a wrong yes, perhaps a wrong no."""
    if outer.strip("*") == "" and outer:
        return True
    reach = _close({0}, outer)
    for c in inner:
        after = set()
        for j in reach:
            if j < len(outer):
                o = outer[j]
                if o == "*":
                    after.add(j)
                elif c != "*" and o in ("?", c):
                    after.add(j + 1)
        reach = _close(after, outer)
        if not reach:
            return False
    return len(outer) in reach


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
