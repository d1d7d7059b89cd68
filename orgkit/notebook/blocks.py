"""What a panel shows, as plain data that the browser lays out: text, tables, fields, buttons; never HTML.

A block is a dict with a `kind` that `static/blocks.js` knows. Whatever a person can press carries an *intent*, the
message that goes back to Python when it is pressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Json = dict[str, Any]
Tone = str  # "", quiet, good, warning, error or strong


def title(text: str, note: str = "", *, live: bool = False) -> Json:
    """The head of a part of a panel, with a quiet note behind it. A screen reader says a `live` one by itself."""
    return {"kind": "title", "text": text, "note": note} | ({"live": True} if live else {})


def text(words: str, tone: Tone = "", *, mono: bool = False, strong: bool = False, live: bool = False) -> Json:
    """A paragraph; line breaks are kept. A screen reader says a `live` one by itself."""
    return {"kind": "text", "text": words, "tone": tone, "mono": mono, "strong": strong, "live": live}


def cell(
    words: str,
    tone: Tone = "",
    *,
    go: str | None = None,
    number: bool = False,
    tip: str = "",
    depth: int = 0,
    share: float | None = None,
) -> Json:
    """A cell of a table. `go` is the node that a click on it selects, `depth` how far it is indented.

    `share`, 0 to 1, draws a bar before the words; above 1 it is too much.
    """
    made = {"text": words, "tone": tone, "go": go, "number": number, "tip": tip, "depth": depth}
    return made if share is None else {**made, "share": round(share, 4)}


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
    input: Literal["text", "area", "select", "complete", "search"] = "text",
    choices: Sequence[str] = (),
    hint: str = "",
    enabled: bool = True,
) -> Json:
    """A field of a form. `complete` asks for completions while a person types, `search` sends what is typed."""
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


def gauge(done: int, total: int, words: str, tone: Tone = "") -> Json:
    """A bar of how much is done."""
    return {"kind": "gauge", "done": done, "total": total, "text": words, "tone": tone}


def treegrid(key: str, label: str, rows: Iterable[Json], head: Sequence[str] = (), *, at: str | None = None) -> Json:
    """A tree of rows that fold, with columns where there is a `head`; `at` is the row to bring on screen.

    Rows are made by `outline.py`, which keeps which of them are open.
    """
    return {"kind": "treegrid", "key": key, "label": label, "head": list(head), "rows": list(rows), "at": at}


def fold(words: str, *inside: Json, open: bool = False) -> Json:
    """Blocks that are shown when a person unfolds them."""
    return {"kind": "fold", "text": words, "blocks": list(inside), "open": open}


def diff(words: str) -> Json:
    """A unified diff."""
    return {"kind": "diff", "text": words}


def plain(blocks: Iterable[Mapping[str, Any]]) -> str:
    """All the words in some blocks, as text: what a terminal shows, and what tests read."""
    return "\n".join(filter(None, map(_words, blocks)))


def _words(block: Mapping[str, Any]) -> str:
    match block["kind"]:
        case "table":
            lines = [block["head"], *([_cell(one) for one in row] for row in block["rows"])]
            return _columns([line for line in lines if line])
        case "treegrid":
            lines = [_row(row) for row in block["rows"]]
            if block["head"]:
                return _columns([block["head"], *lines])
            return "\n".join(_beside(line) for line in lines)
        case "items":
            return "\n".join(_item(one) for one in block["items"])
        case "bars":
            return "\n".join(
                [*filter(None, [block["legend"]]), _columns([[row["label"], row["text"]] for row in block["rows"]])]
            )
        case "form":
            lines = [" ".join(filter(None, (one["label"], one["value"]))) for one in block["fields"]]
            return "\n".join(filter(None, [*lines, block["submit"]]))
        case "buttons":
            return " · ".join(one["label"] for one in block["buttons"])
        case "fold":
            return f"{block['text']}\n{_indented(plain(block['blocks']), '  ')}"
    return " ".join(filter(None, (block.get("text", ""), block.get("note", ""))))


def _cell(one: Any) -> str:
    return one if isinstance(one, str) else str(one["text"])


def _row(row: Mapping[str, Any]) -> list[str]:
    """The cells of a row of a tree, the first one indented, with its note below it."""
    indent = "  " * (row["level"] - 1)
    first, *rest = (_cell(one) for one in row["cells"])
    head = indent + " ".join(filter(None, (row["sign"], first)))
    note = f"\n{_indented(row['note'], indent + '    ')}" if row["note"] else ""
    return [head + note, *rest]


def _beside(cells: Sequence[str]) -> str:
    """The cells of a row without columns: what is behind the first one stands in brackets."""
    first, below, note = cells[0].partition("\n")
    rest = ", ".join(filter(None, cells[1:]))
    return f"{first}{f'  ({rest})' if rest else ''}{below}{note}"


def _item(one: Mapping[str, Any]) -> str:
    line = " ".join(filter(None, (one["sign"], one["text"], *(f"[{button['label']}]" for button in one["buttons"]))))
    return f"{line}\n{_indented(one['note'], '    ')}" if one["note"] else line


def _indented(words: str, by: str) -> str:
    return "\n".join(by + line for line in words.splitlines())


def _columns(lines: Sequence[Sequence[str]]) -> str:
    """Cells below one another; what follows a first line of a cell stands alone."""
    heads = [[one.partition("\n")[0] for one in line] for line in lines]
    widths = [max(len(line[i]) for line in heads if i < len(line)) for i in range(max(map(len, heads), default=0))]
    shown = []
    for line, head in zip(lines, heads, strict=True):
        shown.append("  ".join(one.ljust(width) for one, width in zip(head, widths, strict=False)).rstrip())
        shown += [rest for one in line if (rest := one.partition("\n")[2])]
    return "\n".join(shown)
