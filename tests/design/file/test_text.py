"""Plain data as YAML text: whatever is written is what PyYAML, and our own nodes, read."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from orgkit.design.file.plain import PlainList, PlainMap
from orgkit.design.file.splice import Cut, apply, same
from orgkit.design.file.yaml_nodes import LIST, MAP, Node, parse
from orgkit.design.file.yaml_text import block, inline, scalar

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return PlainMap({key: plain(inner) for key, inner in value.items()}, line=len(value) % 2 == 0)
    if isinstance(value, list):
        return PlainList(map(plain, value), line=len(value) % 2 == 0)
    return value


DATA = st.recursive(
    TEXTS | st.integers(-(10**12), 10**12) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(TEXTS, st.sampled_from(["", "'", '"']))
@example("yes", "")
@example("012345678901", "")
@example("2012-10-17", "")
@example("1:30", "")
@example("a\x85b\u2028c\ufeff", "")
@example("it's", "'")
def test_text_stays_text(text: str, quote: str) -> None:
    for flow in (False, True):
        written = scalar(text, flow=flow, quote=quote)
        line = f"{{k: {written}}}" if flow else f"k: {written}"
        assert yaml.safe_load(line) == {"k": text}


@given(st.dictionaries(TEXTS, DATA, min_size=1, max_size=4))
@example({"0?": None})
def test_maps_and_lists_stay_what_they_are(data: dict[str, Any]) -> None:
    assert yaml.safe_load("\n".join(block(plain(data), 2))) == data
    assert yaml.safe_load(inline(plain(data))) == data


@given(st.dictionaries(TEXTS, DATA, min_size=1, max_size=4))
def test_nodes_know_where_they_stand(data: dict[str, Any]) -> None:
    text = "\n".join(block(plain(data), 0)) + "\n"

    def look(node: Node) -> None:
        there = text[node.start : node.end]
        line = text.splitlines()[node.line] if "\u2028" not in text and "\x85" not in text else None
        assert line is None or there[:1] == line[node.column : node.column + 1]
        if node.kind is MAP:
            for key, value in node.value:
                look(key)
                look(value)
        elif node.kind is LIST:
            for item in node.value:
                look(item)
        elif node.style == "":
            assert there == node.value
        else:
            assert there[0] == there[-1] == node.style

    look(parse(text, "org.yaml", lambda what, *_: pytest.fail(what)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (PlainMap({"a": 1}), PlainMap({"a": 1}), True),
        (PlainMap([("a", 1), ("b", 2)]), PlainMap([("b", 2), ("a", 1)]), True),
        (PlainMap([("a", 1), ("b", 2)], ordered=True), PlainMap([("b", 2), ("a", 1)], ordered=True), False),
        (PlainList([1, 2]), PlainList([2, 1]), False),
        (PlainList(["a", "b"]), PlainList(["b", "a"], unordered=True), True),
        (1, True, False),
        (1, "1", False),
        (PlainMap(), None, False),
    ],
)
def test_what_says_the_same(old: Any, new: Any, expected: bool) -> None:
    assert same(old, new) is expected


def test_cuts_are_made_in_the_order_of_the_text() -> None:
    assert apply("abcdef", [Cut(4, 5, ""), Cut(0, 1, "A"), Cut(2, 2, "-")]) == "Ab-cdf"


def test_two_cuts_of_one_place_are_a_mistake() -> None:
    with pytest.raises(AssertionError):
        apply("abcdef", [Cut(0, 3, ""), Cut(1, 2, "")])
