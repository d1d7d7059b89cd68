"""Statements that are open one by one but leave nothing open together: `region is X` beside `region is not X`.

Bit sets look at one statement at a time. Where two of them may complete each other, the engine is asked about the call
as a whole, once for each group of actions that no statement tells apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from orgkit.guardrails.matrix import ChainBits, Open
from orgkit.guardrails.meaning import RESOURCE
from orgkit.policy import Condition
from orgkit.policy.catalogue import load_catalogue


def joined(cell: ChainBits, blocked: Callable[[str], bool | None]) -> ChainBits:
    """The cell with what only several statements together decide; `blocked` judges one action as a whole."""
    opens = cell.opens
    bits = cell.depends & _suspects(opens)
    if not bits:
        return cell
    closed = free = 0
    for group in _groups(opens, bits):
        said = blocked(load_catalogue().actions[(group & -group).bit_length() - 1])
        if said is not None:
            closed, free = (closed | group, free) if said else (closed, free | group)
    return replace(cell, proven_blocked=closed, proven_free=free) if closed or free else cell


def _suspects(opens: list[Open]) -> int:
    """The actions of statements whose conditions may complete one another."""
    held: dict[str, list[tuple[Condition, int]]] = {}
    bits = 0
    for one in opens:
        for condition in one.meaning.statement.conditions:
            held.setdefault(condition.key.lower(), []).append((condition, one.meaning.maybe))
            if _any_value(condition) and (condition.if_exists or condition.qualifier == "ForAllValues"):
                bits |= one.meaning.maybe
    # One statement may catch the call on one way it can go, and another on the other.
    by_way = [one.meaning.maybe for one in opens if _differs_by_way(one)]
    for here, there in combinations(by_way, 2):
        bits |= here & there
    for conditions in held.values():
        for (first, here), (second, there) in combinations(conditions, 2):
            if here & there and _opposite(first, second):
                bits |= here & there
    return bits


def _differs_by_way(one: Open) -> bool:
    return not one.meaning.statement.every_resource or any(RESOURCE in keys for _, keys in one.meaning.keys)


def _any_value(condition: Condition) -> bool:
    return any(not value.strip("*") for value in condition.values)


def _opposite(one: Condition, other: Condition) -> bool:
    if "Null" in (one.operator, other.operator):
        return (one.operator != other.operator and (_any_value(one) or _any_value(other))) or one.values != other.values
    if one.rule.family == other.rule.family and one.rule.negated != other.rule.negated:
        return bool(set(one.values) & set(other.values))
    return one.operator == other.operator == "Bool" and set(map(str.lower, one.values + other.values)) >= {
        "true",
        "false",
    }


def _groups(opens: list[Open], bits: int) -> Iterator[int]:
    found = [bits]
    for one in opens:
        for cut, _ in one.meaning.keys:
            found = [part for group in found for part in (group & cut, group & ~cut) if part]
    yield from found
