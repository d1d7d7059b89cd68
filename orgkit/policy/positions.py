"""Where things stand in a JSON text: the line of each element, and keys that stand twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from json.decoder import scanstring  # type: ignore[attr-defined]

_BLANK = re.compile(r"\s*")
_ATOM = re.compile(r"[^,\]}\s]+")
_MOST_DIGITS = 1000
Path = tuple[str | int, ...]


def read_json(text: str) -> tuple[object, bool]:
    """Return what the text says, and whether some key stands twice; raises ValueError where it is not JSON."""
    twice = False

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal twice
        read = dict(found)
        twice = twice or len(read) < len(found)
        return read

    # Numbers stay as they are written: a float would turn 1e309 into infinity.
    read = json.loads(text, object_pairs_hook=pairs, parse_float=Decimal, parse_int=_integer, parse_constant=_no_number)
    return read, twice


def _integer(digits: str) -> object:
    return int(digits) if len(digits) < _MOST_DIGITS else Decimal(digits)


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


def written(path: Path) -> str:
    """Return a path as people write it: `Statement[2].Condition.StringEquals`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        elif re.fullmatch(r"[\w:-]+", step):
            out += f".{step}" if out else step
        else:
            out += f'["{step}"]'
    return out


def walk(text: str) -> Iterator[tuple[Path, int, bool]]:
    """Yield each element of a valid JSON text: its path, its line (from 1), and whether its key stood there before."""
    yield from _walk(text, _skip(text, 0), ())


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _walk(text: str, at: int, path: Path) -> Iterator[tuple[Path, int, bool]]:
    # An explicit stack: a stranger's document may be nested deeper than Python's own.
    stack: list[tuple[Path, set[str] | None, int]] = []
    line, counted = 1, 0
    while True:
        at = _skip(text, at)
        c = text[at] if at < len(text) else ""
        if c in ("{", "["):
            if c == "{":
                stack.append((path, set(), 0))
            else:
                stack.append((path, None, 0))
            at = _skip(text, at + 1)
            if text[at] in "}]":
                stack.pop()
                at += 1
            else:
                at, path, again = _enter(text, at, stack)
                line, counted = line + text.count("\n", counted, at), at
                yield path, line, again
                continue
        elif c == '"':
            _, at = scanstring(text, at + 1, False)
        else:
            found = _ATOM.match(text, at)
            at = found.end() if found else at + 1
        while stack:
            at = _skip(text, at)
            if text[at] != ",":
                stack.pop()
                at += 1
                continue
            at = _skip(text, at + 1)
            at, path, again = _enter(text, at, stack)
            line, counted = line + text.count("\n", counted, at), at
            yield path, line, again
            break
        else:
            return


def _enter(text: str, at: int, stack: list[tuple[Path, set[str] | None, int]]) -> tuple[int, Path, bool]:
    parent, keys, count = stack[-1]
    if keys is None:
        stack[-1] = (parent, None, count + 1)
        return at, (*parent, count), False
    key, at = scanstring(text, at + 1, False)
    again = key in keys
    keys.add(key)
    at = _skip(text, at) + 1
    return at, (*parent, key), again
