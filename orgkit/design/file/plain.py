"""What a file says, as plain maps, lists and scalars, with hints on how each is best written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

Plain = Any  # PlainMap | PlainList | str | int | bool | float | None


class PlainMap(dict[str, Any]):
    """A map. `line`: written on one line, as `{a: 1}`, where it begins anew.

    `identity` tells what an entry is about, wherever it moves. `ordered`: the order of the keys means something;
    `uniform`: the keys are names, and their values look alike.
    """

    __slots__ = ("identity", "line", "ordered", "uniform")

    def __init__(
        self,
        pairs: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
        *,
        line: bool = False,
        identity: str | None = None,
        ordered: bool = False,
        uniform: bool = False,
    ) -> None:
        super().__init__(pairs)
        self.line = line
        self.identity = identity
        self.ordered = ordered
        self.uniform = uniform

    def copied(self, *, line: bool) -> PlainMap:
        """The same on one line, or in a block."""
        return PlainMap(self, line=line, identity=self.identity, ordered=self.ordered, uniform=self.uniform)

    def without(self, keys: Collection[str]) -> PlainMap:
        """The same but for some keys."""
        if not keys:
            return self
        kept = {key: value for key, value in self.items() if key not in keys}
        return PlainMap(kept, line=self.line, identity=self.identity, ordered=self.ordered, uniform=self.uniform)


class PlainList(list[Any]):
    """A list. `line`: written on one line; `single`: one item alone may stand without brackets.

    `unordered` says that the order of the items means nothing.
    """

    __slots__ = ("line", "single", "unordered")

    def __init__(
        self, items: Iterable[Any] = (), *, line: bool = False, single: bool = False, unordered: bool = False
    ) -> None:
        super().__init__(items)
        self.line = line
        self.single = single
        self.unordered = unordered


class FileName(str):
    """The name of a file, with what stands in it: the text of a JSON document, or the plain body of an OU."""

    content: Any

    def __new__(cls, name: str, content: Any) -> FileName:
        made = super().__new__(cls, name)
        made.content = content
        return made
