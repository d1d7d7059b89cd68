"""Shapes: each reads what it expects, refuses the rest with its place, and writes what it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest

from orgkit.design import Mark
from orgkit.design.file.layout_sections import EXPECTATION, REMOVAL, Secret
from orgkit.design.file.shape import BAD, Amount, Choice, Duration, Flag, Json, ListOf, MapOf, Shape, Text, Whole
from orgkit.design.file.yaml_nodes import Node, parse
from orgkit.design.file.yaml_text import inline


@dataclass
class Notes:
    """A reading that keeps what is reported."""

    problems: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def report(self, node: Node, what: str, mend: str = "") -> None:
        self.problems.append(f"{node.line + 1}:{node.column + 1}: {what}")

    def note(self, place: str, node: Node) -> Mark:
        self.places[place] = node.column
        return Mark("org.yaml", node.line + 1, node.column + 1)

    def document(self, path: str, node: Node) -> str | None:
        return "{}"

    def file_name(self, path: str, node: Node) -> bool:
        return True

    def included(self, path: str, node: Node, shape: Shape, place: str) -> Any:
        return BAD


def read(shape: Shape, text: str) -> tuple[Any, list[str]]:
    notes = Notes()
    node = parse(f"k: {text}", "org.yaml", lambda what, *_: pytest.fail(what)).value[0][1]
    return shape.read(node, "k", notes), notes.problems


GOOD: list[tuple[Shape, str, Any]] = [
    (Text(), "yes", "yes"),
    (Text(), "007", "007"),
    (Text(), "'null'", "null"),
    (Text(blank=True), '""', ""),
    (Choice(("ALL", "SOME")), "ALL", "ALL"),
    (Flag(), "True", True),
    (Whole(1), "1_000", 1000),
    (Duration(), "1h", 3600),
    (Duration(), "90min", 5400),
    (Duration(), "1h30m5s", 5405),
    (Json(), "{a: [1, 1.5, 1.50, 01, true, yes, null, '3']}", {"a": [1, 1.5, "1.50", "01", True, "yes", None, "3"]}),
    (ListOf(Text(), single=True), "a", ("a",)),
    (ListOf(Text()), "[]", ()),
    (MapOf(Whole()), "{a: 1}", {"a": 1}),
]
BAD_ONES: list[tuple[Shape, str, str]] = [
    (Text(), "", "k should be text, not nothing"),
    (Text(), '""', "k should be text, not ''"),
    (Text(), "[a]", "k should be text, not a list"),
    (Text("an id", pattern="[0-9]{3}"), "12", "k should be an id, not '12'"),
    (Choice(("ALL", "SOME")), "all", "k should be one of ALL, SOME, not 'all'"),
    (Flag(), "yes", "k should be true or false, not 'yes'"),
    (Flag(), "'true'", "k should be true or false, not 'true'"),
    (Whole(1), "0", "k should be a whole number of at least 1, not '0'"),
    (Whole(), "1.5", "k should be a whole number of at least 0, not '1.5'"),
    (Amount(), "9000", "k should be an amount of money such as 9000 USD, not '9000'"),
    (Duration(), "0", "k should be a duration such as 1h, 90m or 3600 (seconds), not '0'"),
    (Duration(), "''", "k should be a duration such as 1h, 90m or 3600 (seconds), not ''"),
    (ListOf(Text()), "a", "k should be a list, not 'a'"),
    (ListOf(Text(), least=1), "[]", "k is an empty list"),
    (ListOf(Text(), distinct=True), "[a, a]", "k names a twice"),
    (MapOf(Whole(), "numbers"), "{a: b}", "k.a should be a whole number of at least 0, not 'b'"),
    (MapOf(Whole(), "numbers"), "", "k should be a map of numbers, not nothing"),
]


@pytest.mark.parametrize(("shape", "text", "value"), GOOD)
def test_a_shape_reads_and_writes(shape: Shape, text: str, value: Any) -> None:
    found, problems = read(shape, text)
    assert (found, problems) == (value, [])
    again, problems = read(shape, inline(shape.plain(found)))
    assert (again, problems) == (value, [])


@pytest.mark.parametrize(("shape", "text", "problem"), BAD_ONES)
def test_a_shape_refuses(shape: Shape, text: str, problem: str) -> None:
    value, problems = read(shape, text)
    assert [each.partition(": ")[2] for each in problems] == [problem]
    assert value is BAD or problem.endswith("twice")


@pytest.mark.parametrize(
    "text",
    [
        "{in: a, nobody: true, can: s3:*}",
        "{in: a, nobody: true, but: [x, y], can: [s3:a, s3:b]}",
        "{in: a, lens: x, cannot: s3:*, resource: 'arn:aws:s3:::b', because: so}",
        "{in: a, lenses: [x, y], can: s3:*, context: {'aws:MultiFactorAuthPresent': true}}",
    ],
)
def test_expectations_are_written_as_they_are_read(text: str) -> None:
    value, problems = read(EXPECTATION, text)
    assert problems == []
    assert read(EXPECTATION, inline(EXPECTATION.plain(value)))[0] == value


@pytest.mark.parametrize("text", ["{close: a}", "{detach: p, from: root}", "{ou: A/B}"])
def test_removals_are_written_as_they_are_read(text: str) -> None:
    value, _ = read(REMOVAL, text)
    assert inline(REMOVAL.plain(value)) == text


@pytest.mark.parametrize("text", ["{}", "{env: A, file: B}", "plain", "{vault: x}"])
def test_a_secret_is_one_reference(text: str) -> None:
    value, problems = read(Secret(), text)
    assert value is BAD
    assert len(problems) == 1


@pytest.mark.parametrize("shape", [shape for shape, _, _ in GOOD])
def test_every_shape_has_a_schema(shape: Shape) -> None:
    jsonschema.Draft202012Validator.check_schema(shape.schema())
