"""JSON documents in the file: written inline, or in a JSON file beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from orgkit.design.file.plain import FileName, Plain, PlainMap
from orgkit.design.file.shape import BAD, Json, Reading, Shape, label
from orgkit.design.file.yaml_nodes import LIST, MAP, Node
from orgkit.design.sections import JsonDocument

_JSON = Json()


class JsonProblem(ValueError):
    """Why a text is not a JSON object; line and column count from 1."""

    def __init__(self, what: str, line: int = 1, column: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.column = column


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object in a text; a JsonProblem for anything else, a key that stands twice included."""
    try:
        value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise JsonProblem(
            f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}", error.lineno, error.colno
        ) from None
    except JsonProblem:
        raise
    except (RecursionError, ValueError):
        raise JsonProblem("this JSON is nested too deep, or holds a number that is too long") from None
    if not isinstance(value, dict):
        raise JsonProblem("this should be a JSON object, { … }")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonProblem(f'the key "{twice}" stands twice in one object')
    return found


def _no_constant(name: str) -> Any:
    raise JsonProblem(f"{name} is not a JSON value")


@dataclass(frozen=True)
class FilePath(Shape):
    """The name of a file below the folder of `org.yaml`."""

    expected: str = "a file name, from the folder of org.yaml downwards"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind in (MAP, LIST) or node.empty or not node.value:
            return self.refuse(node, place, reading)
        return node.value if reading.file_name(node.value, node) else BAD

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True)
class TextFile(FilePath):
    """A file below the folder of `org.yaml`, read as text: a FileName with its content, None where it is missing."""

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        path = super().read(node, place, reading)
        return BAD if path is BAD else FileName(path, reading.text(path, node))

    def plain(self, value: str) -> Plain:
        return value if isinstance(value, FileName) and value.content is not None else str(value)


@dataclass(frozen=True)
class InlineJson(Shape):
    """A document written in the file: as YAML maps and lists, or as JSON text. Read as JSON text."""

    expected: str = "a JSON document"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is MAP:
            return json.dumps(_JSON.read(node, place, reading), indent=2, ensure_ascii=False)
        if node.kind is LIST or node.empty:
            return self.refuse(node, place, reading)
        try:
            parse_object(node.value)
        except JsonProblem as problem:
            reading.report(
                node,
                f"{label(place)}: {problem.what} (line {problem.line}, column {problem.column} of the text)",
                "Write the document as YAML, as JSON text after |, or in a file of its own.",
            )
            return BAD
        return node.value

    def plain(self, value: str) -> Plain:
        return _JSON.plain(json.loads(value))

    def schema(self) -> dict[str, Any]:
        return {"type": ["object", "string"]}


@dataclass(frozen=True)
class Document(Shape):
    """A JsonDocument: inline, or `{file: PATH}`."""

    expected: str = "a JSON document, or {file: …}"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is MAP and [key.value for key, _ in node.value] == ["file"]:
            path_node = node.value[0][1]
            path = FilePath().read(path_node, f"{place}.file", reading)
            content = None if path is BAD else reading.document(path, path_node)
            return BAD if content is None else JsonDocument(content=content, file=path)
        content = InlineJson().read(node, place, reading)
        return BAD if content is BAD else JsonDocument(content=content)

    def plain(self, value: JsonDocument) -> Plain:
        if value.file is not None:
            return PlainMap({"file": FileName(value.file, value.content)}, line=True)
        return InlineJson().plain(value.content)

    def schema(self) -> dict[str, Any]:
        in_file = {
            "type": "object",
            "properties": {"file": {"description": "The JSON file that holds the document", **FilePath().schema()}},
            "required": ["file"],
            "additionalProperties": False,
        }
        return {"anyOf": [in_file, InlineJson().schema()]}
