"""The smallest changes to a YAML text that make it say something else; all other characters stay as they are.

What a text said (`old`) and shall say (`new`) is compared as plain data, beside the nodes of the text. Where they are
equal, the text is left alone, whatever its style. An entry that moved takes its own lines and comments along.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from orgkit.design.file.plain import Plain, PlainList, PlainMap
from orgkit.design.file.yaml_nodes import LIST, MAP, SCALAR, Node
from orgkit.design.file.yaml_text import block, entry, fits_line, inline, key_text, list_item, scalar


class Cut(NamedTuple):
    """Put `text` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Page:
    """A text, its root node, and what it says."""

    text: str
    root: Node
    old: Plain
    eol: str = "\n"
    step: int = 2
    dash: int = 2

    def __post_init__(self) -> None:
        self.eol = "\r\n" if "\r\n" in self.text else "\n"
        self.step, self.dash = _indents(self.root)

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Behind the line break of the line that holds the character before `index`."""
        found = self.text.find("\n", max(index - 1, 0)) + 1
        return found or len(self.text)


@dataclass(slots=True)
class Origin:
    """Where an entry stands in an old text."""

    page: Page
    holder: Node
    index: int
    old: Plain


def same(old: Plain, new: Plain) -> bool:
    """Whether two plain values say the same; the order of keys counts only where it means something."""
    if isinstance(old, PlainMap) and isinstance(new, PlainMap):
        if old.keys() != new.keys() or ((old.ordered or new.ordered) and list(old) != list(new)):
            return False
        return all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, PlainList) and isinstance(new, PlainList):
        if new.unordered and len(old) == len(new) and set(old) == set(new):
            return True
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, str) and isinstance(new, str):
        return old == new
    return type(old) is type(new) and bool(old == new)


def apply(text: str, cuts: Iterable[Cut], start: int = 0, end: int | None = None) -> str:
    """The characters from `start` to `end` with the cuts made."""
    parts = []
    here = start
    for cut in sorted(cuts, key=lambda cut: (cut.start, cut.end)):
        if cut.start < here:
            raise AssertionError("two changes of one place")
        parts += [text[here : cut.start], cut.text]
        here = cut.end
    parts.append(text[here : len(text) if end is None else end])
    return "".join(parts)


class Splicer:
    """Finds the cuts for a set of pages between which entries may move."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._origins: dict[str, Origin] = {}
        for page in pages:
            self._learn(page, page.root, page.old)

    def _learn(self, page: Page, node: Node, old: Plain) -> None:
        if not isinstance(old, PlainMap) or node.kind is not MAP:
            return
        for index, (key, value) in enumerate(node.value):
            inner = old.get(key.value)
            if isinstance(inner, PlainMap):
                if inner.identity is not None:
                    self._origins[inner.identity] = Origin(page, node, index, inner)
                self._learn(page, value, inner)

    # ---- values --------------------------------------------------------------------------------------

    def cuts(
        self, page: Page, node: Node, old: Plain, new: Plain, key: Node | None = None, *, flow: bool = False
    ) -> list[Cut]:
        """What makes the value at `node` say `new`; `key` is its key in a map, `flow` says that it is in brackets."""
        if same(old, new):
            return []
        if isinstance(new, PlainMap) and isinstance(old, PlainMap) and node.kind is MAP and node.value:
            if _opens(page, node, new) and key is not None and not flow:
                return self._replace(page, node, new, key, flow=flow)
            present = {k.value for k, _ in node.value}
            # What the text says with other keys (lenses: [a] for lens: a) may stay as long as nothing changes there.
            apart = old.keys() - present
            if all(name in new and same(old[name], new[name]) for name in apart):
                old, new = old.without(apart), new.without(apart)
                if present & new.keys():
                    return self._flow_map(page, node, old, new) if node.style else self._block_map(page, node, old, new)
        if isinstance(new, PlainList) and isinstance(old, PlainList) and node.kind is LIST and node.value:
            if new.unordered:
                new = _arranged(old, new)
            if len(old) == len(node.value) and new:
                return self._list(page, node, old, new, flow=flow)
        return self._replace(page, node, new, key, flow=flow)

    def _replace(self, page: Page, node: Node, new: Plain, key: Node | None, *, flow: bool) -> list[Cut]:
        end = _content_end(page, node)
        in_block = node.kind is not SCALAR and not node.style
        if node.kind is SCALAR and not isinstance(new, PlainMap | PlainList):
            return [Cut(node.start, end, scalar(new, flow=flow, quote=node.style))]
        if fits_line(new) or flow or (not in_block and key is None):
            text = inline(new, flow=flow)
            if not in_block or key is None:
                return [Cut(node.start, end, text)]
            colon = page.text.index(":", key.end) + 1
            first = self._extent(page, node, 0)[0] if node.kind is MAP else page.line_start(node.start)
            last = page.line_end(end)
            return [Cut(colon, colon, f" {text}"), Cut(first, last, "")]
        if in_block:
            lines = self._fresh(page, new, node.column)
            return [Cut(node.start, end, page.eol.join(lines).lstrip(" "))]
        assert key is not None
        indent = key.column + (page.step if isinstance(new, PlainMap) else page.dash)
        lines = self._fresh(page, new, indent)
        colon = page.text.index(":", key.end) + 1
        tail = page.line_end(end)
        return [Cut(colon, end, ""), self._insertion(page, tail, lines)]

    def _fresh(self, page: Page, new: Plain, indent: int) -> list[str]:
        """New lines for a value; entries in it that stood elsewhere bring theirs."""
        if not isinstance(new, PlainMap):
            return block(new, indent, page.step, page.dash)
        lines: list[str] = []
        for key, value in new.items():
            lines += self._entry_lines(page, key, value, indent)
        return lines

    # ---- maps ----------------------------------------------------------------------------------------

    def _block_map(self, page: Page, node: Node, old: PlainMap, new: PlainMap) -> list[Cut]:
        places = {key.value: index for index, (key, _) in enumerate(node.value)}
        staying = _staying(places, old, new)
        gone = [index for name, index in places.items() if name not in staying and (name in old or name in new)]
        cuts: list[Cut] = []
        for name in staying:
            key, value = node.value[places[name]]
            # A key that is written although it says what holds anyway is no part of `old`.
            if name in old:
                cuts += self.cuts(page, value, old[name], new[name], key)
            else:
                cuts += self._replace(page, value, new[name], key, flow=False)
        kept = [index for index in range(len(node.value)) if index not in set(gone)]
        first_key = node.value[0][0]
        beside = not _first_on_line(page, first_key)  # behind the dash of a list: there is no line to cut or insert
        cuts += [Cut(*self._extent(page, node, index), "") for index in gone if not beside or index > kept[0]]
        head = ""
        for anchor, names in _insertions(new, staying):
            sibling = node.value[places[anchor] if anchor is not None else kept[0]]
            lines: list[str] = []
            spaced = node is page.root and self._spaced(page, node)
            for name in names:
                value = _like(sibling[1], new[name]) if new.uniform else new[name]
                fresh = self._entry_lines(page, name, value, node.column)
                lines += ["", *fresh] if spaced and anchor is not None else [*fresh, ""] if spaced else fresh
            if anchor is not None:
                cuts.append(self._insertion(page, self._extent(page, node, places[anchor])[1], lines))
            elif beside:
                head = page.eol.join([*lines, " " * node.column]).lstrip(" ")
            else:
                cuts.append(self._insertion(page, self._extent(page, node, kept[0])[0], lines))
        if beside and (head or kept[0] > 0):
            cuts.append(Cut(first_key.start, node.value[kept[0]][0].start, head))
        return cuts

    def _entry_lines(self, page: Page, key: str, value: Plain, indent: int) -> list[str]:
        origin = self._origins.get(value.identity) if isinstance(value, PlainMap) and value.identity else None
        if origin is None:
            if isinstance(value, PlainMap) and value and not value.line:
                head = " " * indent + key_text(key, flow=False) + ":"
                return [head, *self._fresh(page, value, indent + page.step)]
            return entry(key, value, indent, page.step, page.dash)
        source = origin.page
        key_node, value_node = origin.holder.value[origin.index]
        inner = self.cuts(source, value_node, origin.old, value, key_node, flow=bool(origin.holder.style))
        if origin.holder.style:
            return (" " * indent + apply(source.text, inner, key_node.start, value_node.end)).splitlines()
        start, end = self._extent(source, origin.holder, origin.index)
        if not _first_on_line(source, key_node):
            start = key_node.start
        text = apply(source.text, inner, start, max(end, *(cut.end for cut in inner)) if inner else end)
        shift = indent - key_node.column
        lines = text.splitlines()
        if start == key_node.start:
            lines[0] = " " * key_node.column + lines[0]
        return [_shifted(line, shift) for line in lines]

    def _flow_map(self, page: Page, node: Node, old: PlainMap, new: PlainMap) -> list[Cut]:
        places = {key.value: index for index, (key, _) in enumerate(node.value)}
        staying = _staying(places, old, new)
        cuts: list[Cut] = []
        for name in staying:
            key, value = node.value[places[name]]
            if name in old:
                cuts += self.cuts(page, value, old[name], new[name], key, flow=True)
            else:
                cuts += self._replace(page, value, new[name], key, flow=True)
        spans = [(key.start, value.end) for key, value in node.value]
        gone = {index for name, index in places.items() if name not in staying and (name in old or name in new)}
        cuts += _drop(spans, gone)
        kept = [index for index in range(len(spans)) if index not in gone]
        for anchor, names in _insertions(new, staying):
            texts = [f"{key_text(name, flow=True)}: {self._moved_inline(new[name])}" for name in names]
            cuts.append(_flow_insertion(page, spans, places[anchor] if anchor is not None else None, kept[0], texts))
        return cuts

    def _moved_inline(self, value: Plain) -> str:
        origin = self._origins.get(value.identity) if isinstance(value, PlainMap) and value.identity else None
        if origin is not None:
            key, node = origin.holder.value[origin.index]
            inner = self.cuts(origin.page, node, origin.old, value, key, flow=bool(origin.holder.style))
            text = apply(origin.page.text, inner, node.start, node.end)
            if node.style and "\n" not in text:
                return text
        return inline(value)

    # ---- lists ---------------------------------------------------------------------------------------

    def _list(self, page: Page, node: Node, old: PlainList, new: PlainList, *, flow: bool) -> list[Cut]:
        matcher = SequenceMatcher(None, [repr(i) for i in old], [repr(i) for i in new], autojunk=False)
        cuts: list[Cut] = []
        gone: set[int] = set()
        added: dict[int | None, list[Plain]] = {}
        for verb, i1, i2, j1, j2 in matcher.get_opcodes():
            if verb == "equal":
                continue
            common = min(i2 - i1, j2 - j1)
            for offset in range(common):
                cuts += self.cuts(
                    page, node.value[i1 + offset], old[i1 + offset], new[j1 + offset], flow=bool(node.style)
                )
            gone |= set(range(i1 + common, i2))
            if j1 + common < j2:
                before = i1 + common - 1
                added.setdefault(before if before >= 0 else None, []).extend(new[j1 + common : j2])
        kept = [index for index in range(len(node.value)) if index not in gone]
        if not kept:
            return self._replace(page, node, new, None, flow=flow)
        if node.style:
            spans = [(item.start, item.end) for item in node.value]
            cuts += _drop(spans, gone)
            for anchor, items in added.items():
                cuts.append(
                    _flow_insertion(
                        page,
                        spans,
                        _kept_before(anchor, gone),
                        kept[0],
                        [inline(PlainList([item]))[1:-1] for item in items],
                    )
                )
            return cuts
        for index in gone:
            cuts.append(Cut(*self._item_extent(page, node, index), ""))
        for anchor, items in added.items():
            where = _kept_before(anchor, gone)
            lines = []
            for item in items:
                like = _like(node.value[where if where is not None else kept[0]], item)
                lines += list_item(like, node.column, page.step, page.dash)
            extent = self._item_extent(page, node, where if where is not None else kept[0])
            cuts.append(self._insertion(page, extent[1] if where is not None else extent[0], lines))
        return cuts

    # ---- lines ---------------------------------------------------------------------------------------

    def _extent(self, page: Page, node: Node, index: int) -> tuple[int, int]:
        """The lines of a block map's entry: its own comments above, and deeper ones right below, included."""
        key, value = node.value[index]
        start = _with_comments(page, page.line_start(key.start), key.column)
        return start, _with_deeper_comments(page, page.line_end(_content_end(page, value)), key.column)

    def _item_extent(self, page: Page, node: Node, index: int) -> tuple[int, int]:
        item = node.value[index]
        start = _with_comments(page, page.line_start(item.start), node.column)
        return start, _with_deeper_comments(page, page.line_end(_content_end(page, item)), node.column)

    def _insertion(self, page: Page, index: int, lines: list[str]) -> Cut:
        text = page.eol.join(lines) + page.eol
        if index > 0 and page.text[index - 1] != "\n":  # the last line has no line break, and shall have none
            text = page.eol + text.removesuffix(page.eol)
        return Cut(index, index, text)

    def _spaced(self, page: Page, node: Node) -> bool:
        """Whether blank lines stand between the entries of a map."""
        if len(node.value) < 2:
            return True
        start, _ = self._extent(page, node, len(node.value) - 1)
        return page.text[:start].endswith(("\n\n", "\n\r\n"))


# ---- parts ---------------------------------------------------------------------------------------------


def _staying(places: dict[str, int], old: PlainMap, new: PlainMap) -> list[str]:
    """The keys whose lines stay where they are: as many as can, where the order means something."""
    both = [name for name in new if name in places]
    if not new.ordered:
        return both
    tails: list[int] = []  # the longest increasing run of places, by patience
    ends: list[str] = []
    before: dict[str, str | None] = {}
    for name in both:
        at = bisect_left(tails, places[name])
        before[name] = ends[at - 1] if at else None
        tails[at:] = [places[name], *tails[at + 1 :]]
        ends[at:] = [name, *ends[at + 1 :]]
    chain: list[str] = []
    step = ends[-1] if ends else None
    while step is not None:
        chain.append(step)
        step = before[step]
    return chain[::-1]


def _insertions(new: PlainMap, staying: list[str]) -> Iterator[tuple[str | None, list[str]]]:
    """For each key that stays (None: before all), the new keys behind it."""
    stay = set(staying)
    anchor: str | None = None
    names: list[str] = []
    for name in new:
        if name not in stay:
            names.append(name)
            continue
        if names:
            yield anchor, names
        anchor, names = name, []
    if names:
        yield anchor, names


def _drop(spans: list[tuple[int, int]], gone: set[int]) -> list[Cut]:
    """Take entries out of a flow collection, with their commas; some entry stays."""
    last_kept = max(index for index in range(len(spans)) if index not in gone)
    cuts = [Cut(spans[index][0], spans[index + 1][0], "") for index in sorted(gone) if index < last_kept]
    if last_kept < len(spans) - 1:
        cuts.append(Cut(spans[last_kept][1], spans[-1][1], ""))
    return cuts


def _flow_insertion(page: Page, spans: list[tuple[int, int]], anchor: int | None, first: int, texts: list[str]) -> Cut:
    one = anchor if anchor is not None else first
    start = page.line_start(spans[one][0])
    lead = page.text[start : spans[one][0]]
    between = f",{page.eol}{lead}" if not lead.strip() else ", "
    if anchor is None:
        return Cut(spans[first][0], spans[first][0], "".join(text + between for text in texts))
    return Cut(spans[anchor][1], spans[anchor][1], "".join(between + text for text in texts))


def _opens(page: Page, node: Node, new: PlainMap) -> bool:
    """Whether a map on one line becomes a block, because something comes into it that takes lines of its own."""
    present = {key.value for key, _ in node.value}
    return (
        node.style == "flow"
        and not new.line
        and "\n" not in page.text[node.start : node.end]
        and any(name not in present and not fits_line(value) for name, value in new.items())
    )


def _kept_before(anchor: int | None, gone: set[int]) -> int | None:
    while anchor is not None and anchor in gone:
        anchor = anchor - 1 if anchor else None
    return anchor


def _arranged(old: PlainList, new: PlainList) -> PlainList:
    """A list whose order means nothing, in the order it has in the text."""
    kept = [item for item in old if item in new]
    return PlainList(kept + [item for item in new if item not in old], line=new.line, single=new.single, unordered=True)


def _like(sibling: Node, value: Plain) -> Plain:
    """The same value, in blocks or on one line as a sibling is written."""
    if isinstance(value, PlainMap) and sibling.kind is MAP and sibling.value:
        return value.copied(line=bool(sibling.style))
    return value


def _shifted(line: str, by: int) -> str:
    if not line.strip() or by == 0:
        return line
    blanks = len(line) - len(line.lstrip(" "))
    return " " * max(blanks + by, 0) + line[blanks:]


def _first_on_line(page: Page, node: Node) -> bool:
    return not page.text[page.line_start(node.start) : node.start].strip()


def _content_end(page: Page, node: Node) -> int:
    """Where a value's text ends; a block scalar's line breaks are not counted."""
    while node.kind is not SCALAR and not node.style and node.value:
        last: Any = node.value[-1]
        node = last[1] if node.kind is MAP else last
    if node.kind is SCALAR and node.style in ("|", ">"):
        return node.start + len(page.text[node.start : node.end].rstrip())
    return node.end


def _with_comments(page: Page, start: int, column: int) -> int:
    """Further up, over the comment lines that stand right above and begin at the same column."""
    while start > 0:
        above = page.line_start(start - 1)
        line = page.text[above:start]
        if not line.lstrip().startswith("#") or len(line) - len(line.lstrip(" ")) != column:
            break
        start = above
    return start


def _with_deeper_comments(page: Page, end: int, column: int) -> int:
    """Further down, over the comment lines right below that are indented more."""
    while end < len(page.text):
        below = page.line_end(end + 1)
        line = page.text[end:below]
        if not line.lstrip().startswith("#") or len(line) - len(line.lstrip(" ")) <= column:
            break
        end = below
    return end


def _indents(root: Node) -> tuple[int, int]:
    """How far the maps and the lists of a text are mostly indented below their keys."""
    steps: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.kind is not MAP or node.style:
            continue
        for key, value in node.value:
            if value.kind is not SCALAR and not value.style:
                (steps if value.kind is MAP else dashes)[value.column - key.column] += 1
                waiting.append(value)
    return steps.most_common(1)[0][0] if steps else 2, dashes.most_common(1)[0][0] if dashes else 2
