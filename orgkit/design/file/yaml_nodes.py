"""YAML text as a tree of nodes that know their place; nothing in it is ever executed or expanded.

Only the plain part of YAML is read: one document of maps, lists and scalars. Tags, anchors, aliases and merge keys are
refused, so a file says what it seems to say, and a stranger's file cannot grow or run anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orgkit.design.file.text_files import BOM
from orgkit.design.organization import Mark
from orgkit.errors import FileError

SCALAR: Final = "a value"
MAP: Final = "a map"
LIST: Final = "a list"
DEEPEST: Final = 60  # levels; the deepest design takes about 20


@dataclass(slots=True)
class Source:
    """A YAML file: its place on disk, its name in messages, its text without the byte order mark, and its root node."""

    path: Path
    name: str
    text: str
    bom: bool
    root: Node

    @property
    def whole(self) -> str:
        """The text as it stands in the file."""
        return BOM + self.text if self.bom else self.text


class Node:
    """A scalar (`value` is its text), a map (pairs of nodes) or a list (nodes).

    `start` and `end` are indices into the text; `line` and `column` count from 0, as in the parser. A block collection
    ends where its last scalar ends.
    """

    __slots__ = ("column", "end", "kind", "line", "start", "style", "value")

    def __init__(self, kind: str, value: Any, style: str, mark: Any, end: int) -> None:
        self.kind = kind
        self.value = value
        self.style = style  # of a scalar: "" plain, ' " | >; of a collection: "flow" or ""
        self.start: int = mark.index
        self.line: int = mark.line
        self.column: int = mark.column
        self.end = end

    @property
    def empty(self) -> bool:
        """Nothing is written here: YAML's null."""
        return self.kind is SCALAR and not self.style and self.value in _NULL

    def get(self, key: str) -> tuple[Node, Node] | None:
        """The pair of a map that has this key."""
        for pair in self.value:
            if pair[0].value == key:
                found: tuple[Node, Node] = pair
                return found
        return None


_NULL = frozenset({"", "~", "null", "Null", "NULL"})

Report = Callable[[str, Mark, str], None]  # what, where, mend


def read(path: Path, shown: str, text: str, report: Report) -> Source:
    """The nodes of a file's text. Keys written twice go to `report`; what makes the rest unreadable is a FileError."""
    bom = text.startswith(BOM)
    text = text.removeprefix(BOM)
    return Source(path, shown, text, bom, parse(text, shown, report))


def parse(text: str, shown: str, report: Report) -> Node:
    """The root node of a YAML text."""
    import yaml

    loader_class: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = _compose(loader_class(text), shown, report)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        where = str(Mark(shown, mark.line + 1, mark.column + 1)) if mark else shown
        what, mend = _explain(error, text)
        raise FileError(what, where=where, mend=mend) from None
    except yaml.YAMLError as error:
        raise FileError(f"this is not YAML: {error}", where=shown) from None
    if root is None:
        raise FileError("the file is empty", where=shown, mend="Begin it with `orgkit: 1`.")
    return root


def _compose(loader: Any, shown: str, report: Report) -> Node | None:
    # From events and not with PyYAML's composer: that one recurses in C, and a file of brackets overflows its stack.
    import yaml

    open_nodes: list[Node] = []
    keys: list[Node | None] = []  # for each open map, the key that waits for its value
    seen: list[dict[str, Node]] = []
    root: Node | None = None
    documents = 0
    while True:
        event = loader.get_event()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.anchor is not None or event.tag is not None:
                _refuse_extras(event, shown)
            mark = event.start_mark
            style = event.style or ""
            node = Node(SCALAR, event.value, style, mark, event.end_mark.index)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if event.anchor is not None or event.tag is not None:
                _refuse_extras(event, shown)
            style = "flow" if event.flow_style else ""
            node = Node(MAP if kind is yaml.MappingStartEvent else LIST, [], style, event.start_mark, -1)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            node = open_nodes.pop()
            keys.pop()
            seen.pop()
            last = node.value[-1] if node.value else None
            if node.style or last is None:
                node.end = event.end_mark.index
            else:
                node.end = last[1].end if node.kind is MAP else last.end
            continue
        elif kind is yaml.AliasEvent:
            _refuse_extras(event, shown)
            raise AssertionError
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise FileError(
                    "a second document begins here",
                    where=_where(event, shown),
                    mend="A file holds one document; take the --- out.",
                )
            continue
        elif kind is yaml.StreamEndEvent:
            return root
        else:
            continue

        if open_nodes:
            above = open_nodes[-1]
            if above.kind is LIST:
                above.value.append(node)
            elif (key := keys[-1]) is None:
                _check_key(node, seen[-1], shown, report)
                keys[-1] = node
            else:
                above.value.append((key, node))
                keys[-1] = None
        else:
            root = node
        if node.kind is not SCALAR:
            if len(open_nodes) >= DEEPEST:
                raise FileError(
                    f"maps and lists stand more than {DEEPEST} deep in each other",
                    where=_where(event, shown),
                    mend="Is this the right file?",
                )
            open_nodes.append(node)
            keys.append(None)
            seen.append({})


def _where(event: Any, shown: str) -> str:
    return str(Mark(shown, event.start_mark.line + 1, event.start_mark.column + 1))


def _refuse_extras(event: Any, shown: str) -> None:
    tag = getattr(event, "tag", None)
    if tag is not None:
        written = tag.replace("tag:yaml.org,2002:", "!!")
        raise FileError(
            f"the tag {written} is not allowed here",
            where=_where(event, shown),
            mend="Write the value without a tag; put text that begins with ! between quotes.",
        )
    import yaml

    if isinstance(event, yaml.AliasEvent):
        raise FileError(
            f"the alias *{event.anchor} is not allowed here",
            where=_where(event, shown),
            mend="Write the value out; put text that begins with * between quotes.",
        )
    raise FileError(
        f"the anchor &{event.anchor} is not allowed here",
        where=_where(event, shown),
        mend="Write the value out where it is needed; put text that begins with & between quotes.",
    )


def _check_key(key: Node, seen: dict[str, Node], shown: str, report: Report) -> None:
    mark = Mark(shown, key.line + 1, key.column + 1)
    if key.kind is not SCALAR:
        raise FileError(
            f"{key.kind} cannot be a key",
            where=str(mark),
            mend="Write `key: value`; put text that begins with { or [ between quotes.",
        )
    if key.value == "<<" and not key.style:
        raise FileError("the merge key << is not allowed here", where=str(mark), mend="Write the keys out.")
    if key.empty:
        report("a key is empty", mark, "Write a name before the colon.")
    elif (first := seen.get(key.value)) is not None:
        report(
            f"the key {key.value!r} stands here a second time; the first is in line {first.line + 1}",
            mark,
            "Keep one of the two.",
        )
    seen[key.value] = key


_TAB = re.compile(r"[ ]*\t")


def _explain(error: Any, text: str) -> tuple[str, str]:
    mark = error.problem_mark
    problem = str(error.problem or error.context or "unreadable")
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if _TAB.match(line) or "\\t" in problem or "'\t'" in problem:
        return "a tab stands where YAML wants spaces", "Indent with spaces."
    if error.context and str(error.context) not in problem:
        start = error.context_mark
        since = f" (begun in line {start.line + 1})" if start and mark and start.line != mark.line else ""
        problem = f"{problem} {error.context}{since}"
    return f"this is not YAML: {problem}", _MENDS.get(str(error.problem), "Look at the indentation, colons and quotes.")


_MENDS: Final = {
    "mapping values are not allowed in this context": "Put text that holds a colon and a blank between quotes.",
    "could not find expected ':'": "A key needs a colon and a blank behind it.",
    "found unexpected end of stream": "Close the quotes or brackets.",
    "did not find expected ',' or '}'": "Put a comma between the entries, and } at the end.",
    "did not find expected ',' or ']'": "Put a comma between the items, and ] at the end.",
    "found character that cannot start any token": "Put text that begins with a special character between quotes.",
}
