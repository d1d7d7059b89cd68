"""The shape of `cost:` in `org.yaml`: tags of the bill, and cost that others carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from orgkit.design.file.plain import Plain, PlainList, PlainMap
from orgkit.design.file.shape import (
    BAD,
    Choice,
    Key,
    ListOf,
    MapOf,
    Reading,
    Record,
    Shape,
    Text,
    Whole,
    label,
    written,
)
from orgkit.design.file.yaml_nodes import LIST, MAP, SCALAR, Node
from orgkit.design.sections import CostAllocation, SplitTarget
from orgkit.design.split_charges import METHODS, split_charge, split_target
from orgkit.errors import DesignError

_NAMES: Final = ListOf(Text("a name"), distinct=True)
_NUMBER: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")


@dataclass(frozen=True)
class SplitTargets(Shape):
    """Who carries a shared cost: a list, or a map with the weight of each."""

    expected: str = "an account, an OU path, root or tag:KEY=VALUE, a list of them, or a map with a number for each"

    def read(self, node: Node, place: str, reading: Reading) -> Any:
        if node.empty:
            return self.refuse(node, place, reading)
        pairs = (
            node.value if node.kind is MAP else [(one, None) for one in (node.value if node.kind is LIST else [node])]
        )
        found: list[SplitTarget] = []
        good = bool(pairs)
        if not good:
            reading.report(node, f"{label(place)} is empty", f"Name {self.expected}.")
        for index, (name, number) in enumerate(pairs):
            reading.note(f"{place}[{index}].place", name)
            target = self._target(name, number, place, reading)
            if target is BAD:
                good = False
            elif str(target) in map(str, found):
                reading.report(name, f"{label(place)} names {target} twice", "Keep one of the two.")
                good = False
            else:
                found.append(target)
        return tuple(found) if good else BAD

    def _target(self, name: Node, number: Node | None, place: str, reading: Reading) -> Any:
        if name.kind is not SCALAR or not name.value:
            return self.refuse(name, place, reading)
        weight = None
        if number is not None:
            if number.kind is not SCALAR or not _NUMBER.fullmatch(number.value):
                reading.report(
                    number,
                    f"{label(place)}: the weight of {name.value} should be a number from 0 on, not {written(number)}",
                )
                return BAD
            weight = Decimal(number.value)
        try:
            return split_target(name.value, weight)
        except DesignError as error:
            reading.report(name, f"{label(place)}: {error.what}", error.mend or "")
            return BAD

    def plain(self, value: tuple[SplitTarget, ...]) -> Plain:
        if any(one.weight is not None for one in value):
            return PlainMap({str(one): one.weight or Decimal(0) for one in value}, line=True, uniform=True)
        return PlainList(map(str, value), line=True)

    def schema(self) -> dict[str, Any]:
        one = {"type": "string", "minLength": 1}
        weights = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}, "minProperties": 1}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}, weights]}


SHARED: Final = Record(
    "from, method and to",
    (
        Key(
            "from",
            Text("an account or an OU path"),
            "Whose cost is shared: an account, or each one of an OU",
            "source",
            True,
        ),
        Key(
            "method",
            Choice(METHODS),
            "In even parts, by percentages, by own cost, or by what was measured",
            required=True,
        ),
        Key("to", SplitTargets(), "Who carries it; with FIXED and USAGE a map with a number for each", required=True),
        Key("step", Whole(), "When it is split, where one shared cost adds to another: lower ones first"),
    ),
    split_charge,
    line=True,
)
COST: Final = Record(
    "allocation_tags, required_tags and shared",
    (
        Key("allocation_tags", _NAMES, "Tags that AWS activates for billing"),
        Key("required_tags", _NAMES, "Tags that every account must carry"),
        Key("shared", MapOf(SHARED, "shared costs by name", key_as="name"), "Cost that others carry, by name"),
    ),
    CostAllocation,
)
