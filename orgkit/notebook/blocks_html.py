"""Blocks as HTML without script or kernel: the still form of a panel. What can be pressed is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

_COLOURS: Final = {"error": "#b42318", "warning": "#b54708", "good": "#067647", "quiet": "#767676"}
_LEFT: Final = "text-align:left;vertical-align:top"
_BAR: Final = "display:inline-block;height:.6em;background:#1976d2;margin-right:.4em"


def html(blocks: Iterable[Mapping[str, Any]]) -> str:
    """Every word of the blocks, escaped; folds and trees unfold by themselves in any browser."""
    return f"<div>{''.join(map(_block, blocks))}</div>"


def _block(block: Mapping[str, Any]) -> str:
    match block["kind"]:
        case "title":
            note = f" <small>{escape(block['note'])}</small>" if block["note"] else ""
            return f"<p><strong>{escape(block['text'])}</strong>{note}</p>"
        case "text":
            tag = "pre" if block["mono"] else "p"
            weight = "font-weight:600;" if block["strong"] else ""
            return f"<{tag} style='{weight}{_tone(block)}'>{_lines(block['text'])}</{tag}>"
        case "table":
            return _table(block["head"], (_cells(row) for row in block["rows"]))
        case "items":
            return "<ul>" + "".join(_item(one) for one in block["items"]) + "</ul>"
        case "bars":
            rows = (_bar(row) for row in block["rows"])
            return f"<p><small>{escape(block['legend'])}</small></p>{_table([], rows)}"
        case "gauge":
            share = block["done"] / block["total"] if block["total"] else 0
            return f"<p><span style='{_BAR};width:{share * 20:.2f}em'></span>{escape(block['text'])}</p>"
        case "treegrid":
            return _table(block["head"], map(_row, block["rows"])) if block["head"] else _tree(block["rows"])
        case "fold":
            inside = "".join(map(_block, block["blocks"]))
            state = " open" if block["open"] else ""
            return f"<details{state}><summary>{escape(block['text'])}</summary>{inside}</details>"
        case "diff":
            return f"<pre>{escape(block['text'])}</pre>"
        case "form":
            given = [(one["label"], one["value"]) for one in block["fields"] if one["label"] and one["value"]]
            return _table([], (f"<td>{escape(a)}</td><td style='{_LEFT}'>{escape(b)}</td>" for a, b in given))
    return ""  # buttons


def _tone(one: Mapping[str, Any]) -> str:
    colour = _COLOURS.get(one["tone"], "")
    return f"color:{colour}" if colour else ""


def _lines(words: str) -> str:
    return escape(words).replace("\n", "<br>")


def _table(head: Sequence[str], rows: Iterable[str]) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    if not body:
        return ""
    sides = [_LEFT, *["text-align:right"] * len(head)]
    heads = "".join(f"<th style='{side}'>{escape(one)}</th>" for side, one in zip(sides, head, strict=False))
    return f"<table>{f'<thead><tr>{heads}</tr></thead>' if heads else ''}<tbody>{body}</tbody></table>"


def _cells(row: Sequence[Any], indent: int = 0, before: str = "") -> str:
    shown = []
    for number, part in enumerate(row):
        one: Mapping[str, Any] = {"text": part, "tone": "", "number": False} if isinstance(part, str) else part
        style = [f"text-align:{'right' if one['number'] else 'left'}", "vertical-align:top", _tone(one)]
        if deep := indent if number == 0 and indent else one.get("depth", 0):
            style.append(f"padding-left:{deep * 1.4 + 0.5:.1f}em")
        words = f"{before} {one['text']}".strip() if number == 0 else one["text"]
        shown.append(f"<td style='{';'.join(filter(None, style))}'>{_lines(words)}</td>")
    return "".join(shown)


def _row(row: Mapping[str, Any]) -> str:
    return _cells(row["cells"], row["level"] - 1, row["sign"])


def _bar(row: Mapping[str, Any]) -> str:
    full, part = (f"<span style='{_BAR};width:{row[one] * 12:.2f}em{faint}'></span>" for one, faint in _PARTS)
    return f"<td style='{_LEFT}'>{escape(row['label'])}</td><td style='{_LEFT}'>{full}{part}{escape(row['text'])}</td>"


_PARTS: Final = (("full", ""), ("part", ";opacity:.4"))


def _item(one: Mapping[str, Any]) -> str:
    note = f"<br><small>{_lines(one['note'])}</small>" if one["note"] else ""
    return f"<li style='{_tone(one)}'>{escape(' '.join(filter(None, (one['sign'], one['text']))))}{note}</li>"


def _tree(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows below one another as nested `details`; those of the first level and what matters are open."""
    shown: list[str] = []
    levels: list[int] = []  # of the details that are open here
    for row in rows:
        while levels and levels[-1] >= row["level"]:
            levels.pop()
            shown.append("</div></details>")
        name, *rest = (part if isinstance(part, str) else part["text"] for part in row["cells"])
        words = f"{escape(' '.join(filter(None, (row['sign'], name))))}"
        more = escape(" · ".join(filter(None, rest)))
        said = f"<span style='{_tone(row)}'>{words}</span>" + (f" <small>{more}</small>" if more else "")
        said += f"<div style='margin-left:1.2em'><small>{_lines(row['note'])}</small></div>" if row["note"] else ""
        if row["open"] is None:
            shown.append(f"<div>{said}</div>")
        else:
            is_open = " open" if row["level"] == 1 and row["tone"] in ("error", "warning") else ""
            shown.append(f"<details{is_open}><summary>{said}</summary><div style='margin-left:1.4em'>")
            levels.append(row["level"])
    return "".join(shown) + "</div></details>" * len(levels)
