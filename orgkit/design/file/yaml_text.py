"""Plain data as YAML text, in the hand of the starter: short things on one line, long ones in blocks."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

from orgkit.design.file.plain import Plain, PlainList, PlainMap

STEP: Final = 2

# Text that needs no quotes anywhere: words, paths, addresses, amounts. `#`, quotes, brackets, commas do.
# In a one-line map or list no question mark: PyYAML takes one before a colon for the mark of a key.
_WORDS: Final = re.compile(r"[A-Za-z_./\d](?:[\w./@+=*()\-]|:(?=[\w/])| (?=[\w./@+=*(\-]))*")
_BLOCK_WORDS: Final = re.compile(r"[A-Za-z_./\d](?:[\w./@+=*?()'&|;,<>\-]|:(?=[\w/])| (?=[^\s#]))*")
# What YAML 1.1 or 1.2 would read as something other than text.
_TYPED: Final = re.compile(
    r"~|null|true|false|yes|no|on|off|y|n|[-+]?\.?\d[\d_.,:]*(?:e[-+]?\d+)?|[-+]?0[xo][\da-f_]+|[-+]?\.inf|\.nan|=|<<"
    r"|\d{4}-\d\d?-\d\d?(?:[Tt ].*)?|-+|\.+",
    re.IGNORECASE,
)
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def scalar(value: Any, *, flow: bool, quote: str = "") -> str:
    """One value; `quote` is what a value it replaces stood in."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    if quote == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    words = _WORDS if flow else _BLOCK_WORDS
    if quote != '"' and words.fullmatch(text) and not _TYPED.fullmatch(text) and text.isprintable():
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def key_text(key: str, *, flow: bool) -> str:
    """A key; one that holds a colon is quoted, to be easy on the eye."""
    return scalar(key, flow=flow, quote='"' if ":" in key else "")


def inline(value: Plain, *, flow: bool = True) -> str:
    """A value on one line."""
    if isinstance(value, PlainMap):
        return "{" + ", ".join(f"{key_text(k, flow=True)}: {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, PlainList):
        if value.single and len(value) == 1:
            return inline(value[0], flow=flow)
        return "[" + ", ".join(map(_listed, value)) + "]"
    return scalar(value, flow=flow)


def _listed(item: Plain) -> str:
    """An item between brackets: `[a:b]` looks like a map, so it is quoted."""
    return scalar(item, flow=True, quote='"' if ":" in item else "") if isinstance(item, str) else inline(item)


def fits_line(value: Plain) -> bool:
    """Whether a value is written on one line, where nothing else says how."""
    if not isinstance(value, PlainMap | PlainList) or not value:
        return True
    return value.line or (isinstance(value, PlainList) and value.single and len(value) == 1)


def entry(key: str, value: Plain, indent: int, step: int = STEP, dash: int = STEP) -> list[str]:
    """`key: value` as lines; the parts of a block stand `step` further in, and the dashes of a list `dash`."""
    head = " " * indent + key_text(key, flow=False) + ":"
    if fits_line(value):
        return [f"{head} {inline(value, flow=False)}"]
    return [head, *block(value, indent + (step if isinstance(value, PlainMap) else dash), step, dash)]


def block(value: Plain, indent: int, step: int = STEP, dash: int = STEP) -> list[str]:
    """The lines of a map's entries or a list's items, beginning at column `indent`."""
    lines: list[str] = []
    if isinstance(value, PlainMap):
        for key, inner in value.items():
            lines += entry(key, inner, indent, step, dash)
        return lines
    for item in value:
        lines += list_item(item, indent, step, dash)
    return lines


def list_item(item: Plain, indent: int, step: int = STEP, dash: int = STEP) -> list[str]:
    """`- item` as lines."""
    if fits_line(item):
        return [f"{' ' * indent}- {inline(item, flow=False)}"]
    first, *rest = block(item, indent + 2, step, dash)
    return [f"{' ' * indent}- {first.lstrip()}", *rest]
