"""What a panel shows, as plain data that the browser lays out: text, tables, fields, buttons; never HTML.

A block is a dict with a `kind` that `static/blocks.js` knows. Whatever a person can press carries an *intent*, the
message that goes back to Python when it is pressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Json = dict[str, Any]
Tone = str  # "", quiet, good, warning, error or strong


def title(text: str, note: str = "") -> Json:
    """The head of a part of a panel, with a quiet note behind it."""
    return {"kind": "title", "text": text, "note": note}


def text(words: str, tone: Tone = "", *, mono: bool = False) -> Json:
    """A paragraph; line breaks are kept."""
    return {"kind": "text", "text": words, "tone": tone, "mono": mono}


def cell(
    words: str, tone: Tone = "", *, go: str | None = None, number: bool = False, tip: str = "", depth: int = 0
) -> Json:
    """A cell of a table; `go` is the node that a click on it selects, `depth` how far it is indented."""
    return {"text": words, "tone": tone, "go": go, "number": number, "tip": tip, "depth": depth}


def table(rows: Iterable[Sequence[Json | str]], head: Sequence[str] = ()) -> Json:
    """A table; cells are plain texts or `cell(…)`."""
    return {"kind": "table", "head": list(head), "rows": [list(row) for row in rows]}


def button(label: str, intent: Mapping[str, Any], *, enabled: bool = True, main: bool = False, tip: str = "") -> Json:
    """A button, which sends its intent."""
    return {"label": label, "intent": dict(intent), "enabled": enabled, "main": main, "tip": tip}


def buttons(*those: Json) -> Json:
    """Buttons in a row."""
    return {"kind": "buttons", "buttons": list(those)}


def item(
    words: str, note: str = "", tone: Tone = "", *, sign: str = "", go: str | None = None, does: Sequence[Json] = ()
) -> Json:
    """An entry of a list: a sign before it, a note below it, buttons behind it."""
    return {"text": words, "note": note, "tone": tone, "sign": sign, "go": go, "buttons": list(does)}


def items(entries: Iterable[Json]) -> Json:
    """A list of entries."""
    return {"kind": "items", "items": list(entries)}


def field(
    name: str,
    label: str,
    value: str = "",
    *,
    input: Literal["text", "area", "select", "complete"] = "text",
    choices: Sequence[str] = (),
    hint: str = "",
    enabled: bool = True,
) -> Json:
    """A field of a form. `complete` asks the kernel for completions while a person types."""
    return {
        "name": name,
        "label": label,
        "value": value,
        "input": input,
        "choices": list(choices),
        "hint": hint,
        "enabled": enabled,
    }


def form(key: str, intent: Mapping[str, Any], fields: Iterable[Json], submit: str = "", *, focus: bool = False) -> Json:
    """Fields that send `intent` with `values`: all of them on submit, or, without a submit, each when it is changed.

    A form with the same `key` keeps what a person is typing when the panel is shown anew.
    """
    return {
        "kind": "form",
        "key": key,
        "intent": dict(intent),
        "fields": list(fields),
        "submit": submit,
        "focus": focus,
    }


def bars(rows: Iterable[tuple[str, float, float, str]], legend: str = "") -> Json:
    """Bars from 0 to 1: a label, the full part, the part under conditions behind it, and words at the end."""
    return {
        "kind": "bars",
        "legend": legend,
        "rows": [{"label": label, "full": full, "part": part, "text": words} for label, full, part, words in rows],
    }


def fold(words: str, *inside: Json, open: bool = False) -> Json:
    """Blocks that are shown when a person unfolds them."""
    return {"kind": "fold", "text": words, "blocks": list(inside), "open": open}


def diff(words: str) -> Json:
    """A unified diff."""
    return {"kind": "diff", "text": words}


def plain(blocks: Iterable[Mapping[str, Any]]) -> str:
    """All the words in some blocks, as text: what a terminal shows, and what tests read."""
    return "\n".join(_words(block) for block in blocks)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        shown = ("label", "text", "note", "value", "head", "rows", "items", "fields", "blocks", "buttons", "submit")
        return " ".join(filter(None, (_words(value[key]) for key in shown if key in value)))
    if isinstance(value, (list, tuple)):
        return "\n".join(filter(None, map(_words, value)))
    return value if isinstance(value, str) else ""
