"""Shapes: what may stand at a place of the file, declared once, to read it, to write it and to tell editors about it.

A shape reads a node into a value, or reports what it expected there; it turns a value back into plain data; and it
gives its JSON Schema. The shape of `org.yaml` itself is declared in `layout`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, Protocol

from orgkit.design.file.plain import Plain, PlainList, PlainMap
from orgkit.design.file.yaml_nodes import LIST, MAP, SCALAR, Node
from orgkit.design.money import Money
from orgkit.design.organization import Mark
from orgkit.errors import DesignError, did_you_mean

BAD: Final[Any] = object()  # what could not be read; the problem has been reported


class Reading(Protocol):
    """What shapes need while they read: somewhere to report to, and to note places."""

    def report(self, node: Node, what: str, mend: str = "") -> None: ...

    def note(self, place: str, node: Node) -> Mark: ...

    def document(self, path: str, node: Node) -> str | None: ...

    def file_name(self, path: str, node: Node) -> bool: ...

    def text(self, path: str, node: Node) -> str | None: ...

    def included(self, path: str, node: Node, shape: Shape, place: str) -> Any: ...


class Shape(ABC):
    """One kind of value; `expected` finishes the sentence "budget should be …"."""

    expected: str = "a value"

    @abstractmethod
    def read(self, node: Node, place: str, reading: Reading) -> Any:
        """The value that a node holds, or BAD once what is wrong has been reported."""

    def plain(self, value: Any) -> Plain:
        return value

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the values of this kind."""

    def refuse(self, node: Node, place: str, reading: Reading, mend: str = "") -> Any:
        reading.report(node, f"{label(place)} should be {self.expected}, not {written(node)}", mend)
        return BAD


def label(place: str) -> str:
    """A place as a message calls it: without the kind of its node."""
    return re.sub(r"^(?:ou|account|policy):", "", place) or "the file"


def sentence(text: str) -> str:
    """The same, begun with a capital letter."""
    return text[:1].upper() + text[1:]


def written(node: Node) -> str:
    """What stands at a node, in a few words."""
    if node.empty:
        return "nothing"
    if node.kind is not SCALAR:
        return str(node.kind)
    text = node.value if len(node.value) <= 60 else node.value[:57] + "…"
    return repr(text) if node.style else text.join("''") if "'" not in text else repr(text)


@dataclass(frozen=True)
class Text(Shape):
    """Text as it is written: `yes`, `007` and `2012-10-17` stay what they are."""

    expected: str = "text"
    pattern: str | None = None
    blank: bool = False  # may be "", between quotes

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is not SCALAR or node.empty:
            mend = "Put it between quotes, or take the key out." if node.empty else ""
            return self.refuse(node, place, reading, mend)
        if not node.value and not self.blank:
            return self.refuse(node, place, reading, "Write something, or take the key out.")
        if self.pattern and not re.fullmatch(self.pattern, node.value):
            return self.refuse(node, place, reading)
        return node.value

    def schema(self) -> dict[str, Any]:
        if self.pattern:
            return {"type": ["string", "integer"], "pattern": f"^(?:{self.pattern})$"}
        return {"type": ["string", "number", "boolean"], **({} if self.blank else {"minLength": 1})}


@dataclass(frozen=True)
class Choice(Shape):
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:  # type: ignore[override]
        return "one of " + ", ".join(self.words) if len(self.words) < 5 else "one of AWS's words"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is not SCALAR or node.value not in self.words:
            guess = did_you_mean(node.value, self.words) if node.kind is SCALAR and not node.empty else ""
            return self.refuse(node, place, reading, sentence(guess))
        return node.value

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Flag(Shape):
    """true or false."""

    expected: str = "true or false"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is not SCALAR or node.style or node.value.lower() not in ("true", "false"):
            return self.refuse(node, place, reading)
        return node.value.lower() == "true"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole(Shape):
    """A whole number of at least `least`."""

    least: int = 0

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"a whole number of at least {self.least}"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is not SCALAR or node.style or not re.fullmatch(r"[0-9][0-9_]{0,17}", node.value):
            return self.refuse(node, place, reading)
        number = int(node.value.replace("_", "") or "0")
        return number if number >= self.least else self.refuse(node, place, reading)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least}


@dataclass(frozen=True)
class Amount(Shape):
    """Money: a decimal and a currency."""

    expected: str = "an amount of money such as 9000 USD"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is not SCALAR or node.empty:
            return self.refuse(node, place, reading)
        try:
            return Money.parse(node.value)
        except DesignError:
            return self.refuse(node, place, reading, "Write the number, a blank and three capital letters.")

    def plain(self, value: Any) -> Plain:
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\s*-?[0-9][0-9_,]*(\.[0-9]+)?\s*[A-Z]{3}\s*$"}


_DURATION: Final = re.compile(r"(?=.)(?:(\d{1,6})h)?(?:(\d{1,6})m(?:in)?)?(?:(\d{1,8})s?)?")


@dataclass(frozen=True)
class Duration(Shape):
    """A time in seconds, written `1h`, `90m`, `1h30m` or `3600`."""

    expected: str = "a duration such as 1h, 90m or 3600 (seconds)"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        match = _DURATION.fullmatch(node.value) if node.kind is SCALAR else None
        if match is None:
            return self.refuse(node, place, reading)
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds or self.refuse(node, place, reading)

    def plain(self, value: Any) -> Plain:
        for unit, length in (("h", 3600), ("m", 60)):
            if value and value % length == 0:
                return f"{value // length}{unit}"
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "pattern": r"^([0-9]+h)?([0-9]+m(in)?)?([0-9]+s?)?$", "minimum": 1}


@dataclass(frozen=True)
class Json(Shape):
    """Anything that JSON can say. Numbers whose text would change (`007`, `1.50`) stay text."""

    expected: str = "a value"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is MAP:
            return {key.value: self.read(value, place, reading) for key, value in node.value}
        if node.kind is LIST:
            return [self.read(item, place, reading) for item in node.value]
        return json_scalar(node)

    def plain(self, value: Any) -> Plain:
        if isinstance(value, Mapping):
            return PlainMap(((key, self.plain(inner)) for key, inner in value.items()), line=_short(value))
        if isinstance(value, list | tuple):
            return PlainList(map(self.plain, value), line=_short(value))
        return value

    def schema(self) -> dict[str, Any]:
        return {}


def _short(value: Any) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value
    return not any(isinstance(item, Mapping | list | tuple) for item in inner)


def json_scalar(node: Node) -> Any:
    """A scalar of a document inside the file: text, unless it is exactly what JSON writes for something else."""
    text = node.value
    if node.style:
        return text
    if node.empty:
        return None
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text) and text != "-0":
        return int(text)
    if re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+", text) and repr(float(text)) == text:
        return float(text)
    return text


@dataclass(frozen=True)
class ListOf(Shape):
    """A list; with `single`, one item may stand without brackets, and is written so unless `brackets` are wanted."""

    item: Shape
    single: bool = False
    brackets: bool = False
    line: bool = True
    least: int = 0
    distinct: bool = False

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"{self.item.expected}, or a list" if self.single else "a list"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is not LIST:
            if not self.single or node.empty:
                return self.refuse(node, place, reading, "Write [] for an empty list." if node.empty else "")
            value = self.item.read(node, place, reading)
            reading.note(f"{place}[0]", node)
            return BAD if value is BAD else (value,)
        values = []
        for index, inner in enumerate(node.value):
            here = f"{place}[{index}]"
            reading.note(here, inner)
            values.append(self.item.read(inner, here, reading))
            if self.distinct and values[-1] is not BAD and values[-1] in values[:-1]:
                reading.report(inner, f"{label(place)} names {values[-1]} twice", "Keep one of the two.")
        if len(values) < self.least:
            return self.refuse_empty(node, place, reading)
        return BAD if any(value is BAD for value in values) else tuple(values)

    def refuse_empty(self, node: Node, place: str, reading: Reading) -> Any:
        reading.report(node, f"{label(place)} is an empty list", f"Name {self.item.expected}.")
        return BAD

    def plain(self, value: Any) -> Plain:
        return PlainList(map(self.item.plain, value), line=self.line, single=self.single and not self.brackets)

    def schema(self) -> dict[str, Any]:
        array: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.least:
            array["minItems"] = self.least
        if self.distinct:
            array["uniqueItems"] = True
        return {"anyOf": [self.item.schema(), array]} if self.single else array


@dataclass(frozen=True)
class MapOf(Shape):
    """A map from names to one shape; a record in it learns its own name through the field `key_as`."""

    value: Shape
    what: str = "names"
    line: bool = False
    key_as: str | None = None
    at: Callable[[str, str], str] = field(default=lambda place, key: f"{place}.{key}")
    known: tuple[str, ...] | None = None  # the only keys there may be

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"a map of {self.what}"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.kind is not MAP:
            return self.refuse(node, place, reading, "Write {} for an empty map." if node.empty else "")
        values: dict[str, Any] = {}
        for key, inner in node.value:
            here = self.at(place, key.value)
            mark = reading.note(here, key)
            if self.known is not None and key.value not in self.known:
                reading.report(
                    key, f"{label(place)} has no {key.value!r}", sentence(did_you_mean(key.value, self.known))
                )
                values[key.value] = BAD
            elif self.key_as is not None and isinstance(self.value, Record):
                values[key.value] = self.value.read(inner, here, reading, named={self.key_as: key.value})
            else:
                values[key.value] = value = self.value.read(inner, here, reading)
                if type(value) is Written:
                    value.mark = mark
        return BAD if any(value is BAD for value in values.values()) else MappingProxyType(values)

    def plain(self, value: Any) -> Plain:
        return PlainMap(((key, self.value.plain(inner)) for key, inner in value.items()), line=self.line, uniform=True)

    def schema(self) -> dict[str, Any]:
        if self.known is not None:
            return {
                "type": "object",
                "properties": {key: self.value.schema() for key in self.known},
                "additionalProperties": False,
            }
        return {"type": "object", "additionalProperties": self.value.schema()}


@dataclass(frozen=True)
class Key:
    """A key of a record: its shape, the field it fills (`into`), and a sentence for editors."""

    name: str
    shape: Shape
    says: str
    into: str | None = None
    required: bool = False

    @property
    def field(self) -> str:
        return self.into or self.name


@dataclass(frozen=True)
class Record(Shape):
    """A map with known keys, read into `make(**fields)`, or into a Written where `make` is None."""

    what: str
    keys: tuple[Key, ...]
    make: Callable[..., Any] | None = None
    line: bool = False
    ref: str | None = None  # the name of its definition in the schema
    unmake: Callable[[Any], Mapping[str, Any]] | None = None  # fields by key, where they are not the value's own
    by_name: Mapping[str, Key] = field(init=False, repr=False, compare=False)
    required: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {key.name: key for key in self.keys})
        object.__setattr__(self, "required", tuple(key.name for key in self.keys if key.required))

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"a map with {self.what}"

    def read(self, node: Node, place: str, reading: Reading, named: Mapping[str, Any] | None = None) -> Any:
        if node.kind is not MAP:
            return self.refuse(node, place, reading, "Write {} for an empty map." if node.empty else "")
        values: dict[str, Any] = dict(named or ())
        present = set()
        good = known = True
        for key_node, inner in node.value:
            key = self.by_name.get(key_node.value)
            if key is None:
                self.refuse_key(key_node, place, reading)
                good = known = False
                continue
            here = f"{place}.{key.name}" if place else key.name
            marked = inner if inner.kind is SCALAR else key_node
            reading.note(here, marked)
            if key.into is not None:
                reading.note(f"{place}.{key.into}", marked)
            present.add(key.name)
            value = key.shape.read(inner, here, reading)
            if value is BAD:
                good = False
            else:
                values[key.field] = value
        for name in self.required if known else ():  # a key that is missing is probably the one that is misspelt
            if name not in present:
                reading.report(node, f"{label(place)} lacks {name}:", self.by_name[name].says + ".")
                good = False
        if self.make is None:
            return Written(values, node, place, good)
        if not good:
            return BAD
        try:
            return self.make(**values)
        except DesignError as error:
            reading.report(node, f"{label(place)} {error.what}", error.mend or "")
            return BAD

    def refuse_key(self, key: Node, place: str, reading: Reading) -> None:
        mend = did_you_mean(key.value, self.by_name) or "known: " + ", ".join(sorted(self.by_name))
        reading.report(key, f"{label(place)} has no key {key.value!r}", sentence(mend))

    def plain(self, value: Any) -> Plain:
        """The keys whose fields are not at their defaults."""
        if self.unmake is not None:
            written = self.unmake(value)
            return PlainMap(
                ((key.name, key.shape.plain(written[key.name])) for key in self.keys if key.name in written),
                line=self.line,
            )
        defaults = field_defaults(type(value))
        pairs = []
        for key in self.keys:
            inner = getattr(value, key.field)
            if key.field not in defaults or inner != defaults[key.field]:
                pairs.append((key.name, key.shape.plain(inner)))
        return PlainMap(pairs, line=self.line)

    def schema(self) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{self.ref}"} if self.ref else self.definition()

    def definition(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "type": "object",
            "properties": {key.name: {"description": key.says, **key.shape.schema()} for key in self.keys},
            "additionalProperties": False,
        }
        if self.required:
            result["required"] = list(self.required)
        return result


@dataclass(slots=True)
class Written:
    """The fields of a record as they were written; `whole` says that all of them could be read."""

    values: dict[str, Any]
    node: Node
    place: str
    whole: bool
    mark: Mark | None = None  # of its key


def field_defaults(kind: type[Any]) -> Mapping[str, Any]:
    """The default of every field of a dataclass that has one."""
    found = _DEFAULTS.get(kind)
    if found is None:
        found = {}
        for f in fields(kind):
            if f.default is not MISSING:
                found[f.name] = f.default
            elif f.default_factory is not MISSING:
                found[f.name] = f.default_factory()
        _DEFAULTS[kind] = found
    return found


_DEFAULTS: Final[dict[type[Any], dict[str, Any]]] = {}


@dataclass(frozen=True)
class Later(Shape):
    """A shape that is declared further down, for those that hold themselves."""

    shape: Callable[[], Shape]

    @property
    def expected(self) -> str:  # type: ignore[override]
        return self.shape().expected

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        return self.shape().read(node, place, reading)

    def plain(self, value: Any) -> Plain:
        return self.shape().plain(value)

    def schema(self) -> dict[str, Any]:
        return self.shape().schema()
