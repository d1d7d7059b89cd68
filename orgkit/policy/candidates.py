"""Values worth trying for an open context key: one for each way in which the conditions on it can come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations, islice, product

from orgkit.policy import values as data
from orgkit.policy.context import View
from orgkit.policy.decision import in_words
from orgkit.policy.language import Condition
from orgkit.policy.patterns import is_wild, plain
from orgkit.policy.variables import Template, expand, keys_of

_ADDRESSES = ("198.51.100.77", "2001:db8:ffff::77", "10.250.250.77", "fd00:77::1")
_MOST_VALUES = 40
_MOST_TESTS = 200_000
_MOST_PAIRS = 6


@dataclass(frozen=True)
class Candidate:
    """A value to try (None: the key is absent), and how to name to a person all values that come out as it does.

    `rest` marks what stands for all other values.
    """

    values: tuple[str, ...] | None
    labels: tuple[str, ...]
    rest: bool = False

    @property
    def label(self) -> str:
        """The names in one text."""
        return in_words(self.labels)

    @property
    def example(self) -> str | None:
        """The value as one text to ask with, or None where there is no single one."""
        return self.values[0] if self.values is not None and len(self.values) == 1 else None


ABSENT = Candidate(None, ("absent",), rest=True)


def candidates(
    key: str,
    conditions: Sequence[Condition],
    view: View,
    others: dict[str, list[str]] | None = None,
    *,
    used_as_variable: bool = False,
) -> list[Candidate]:
    """Return values to try for one key: what its conditions mention, something else, and absent.

    `conditions` are those that test the key; `others` gives texts for open keys that policy variables refer to.
    """
    found: dict[tuple[str, ...], Candidate] = {}
    most = max(_MOST_VALUES, _MOST_TESTS // (len(conditions) + 1))
    for condition in conditions:
        if len(found) >= most:
            break
        for text, label in _mentioned(condition, view, others or {}):
            found.setdefault((text,), Candidate((text,), (label,)))
            if len(found) >= _MOST_VALUES:
                break
    kinds = {condition.rule.accepts for condition in conditions} - {"Null"}
    for text in _others(key, kinds):
        found.setdefault((text,), Candidate((text,), ("anything else",), rest=True))
    tried = [*found.values(), ABSENT]
    if used_as_variable or any(not isinstance(one, str) for condition in conditions for one in condition.patterns):
        several = _pairs(tried) if any(condition.qualifier for condition in conditions) else []
        return [*tried, *several]
    if any(condition.qualifier for condition in conditions):
        tried += _pairs(distinct(key, conditions, tried))
    return distinct(key, conditions, tried)


def with_lists(key: str, conditions: Sequence[Condition], tried: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates with lists of two of them, for a key that may have several values."""
    return distinct(key, conditions, [*tried, *_pairs(tried)])


def distinct(key: str, conditions: Sequence[Condition], tried: Iterable[Candidate]) -> list[Candidate]:
    """Keep one candidate for each way in which the conditions come out."""
    kept: dict[tuple[bool | None, ...], Candidate] = {}
    for one in tried:
        view = View({key: one.values}, None, None, False)
        signature = tuple(condition.test(view) for condition in conditions if len(condition.keys) == 1)
        before = kept.get(signature)
        if before is None:
            kept[signature] = one
        elif one.rest and one.values is not None:
            # "Anything else" that comes out like a value with a name need not be spoken of.
            continue
        elif one.values is None or len(one.values) == 1:
            labels = tuple(dict.fromkeys((*before.labels, *one.labels)))
            kept[signature] = Candidate(before.values, labels, before.rest or one.rest)
    return list(kept.values())


def _pairs(tried: Sequence[Candidate]) -> list[Candidate]:
    single = [one for one in tried if one.values is not None and len(one.values) == 1][:_MOST_PAIRS]
    return [
        Candidate((*(one.values or ()), *(other.values or ())), (f"both {one.labels[0]} and {other.labels[0]}",))
        for one, other in combinations(single, 2)
    ]


def _mentioned(condition: Condition, view: View, others: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    family = condition.rule.family
    for pattern in condition.patterns:
        for text in [pattern] if isinstance(pattern, str) else _expansions(pattern, view, others):
            yield from _samples(condition.rule.accepts, family, text)


def _expansions(template: Template, view: View, others: dict[str, list[str]]) -> Iterator[str]:
    keys = [key.lower() for key in keys_of(template)]
    choices: list[list[tuple[str, ...] | None]] = []
    for key in keys:
        known = view[key]
        if known is None or isinstance(known, tuple):
            choices.append([known])
        else:
            choices.append([None, *((text,) for text in others.get(key, [])[:4])])
    for chosen in islice(product(*choices), _MOST_VALUES):
        text = expand(template, View(dict(zip(keys, chosen, strict=True)), None, None, False))
        if isinstance(text, str):
            yield text


def _samples(kind: str, family: str, pattern: str) -> Iterator[tuple[str, str]]:
    text = plain(pattern)
    if kind == "Numeric":
        number = data.read_number(text)
        if number is not None:
            yield text, f'"{text}"'
            yield str(number - 1), f"below {text}"
            yield str(number + 1), f"above {text}"
    elif kind == "Date":
        moment = data.read_date(text)
        if moment is not None:
            yield text, f'"{text}"'
            yield _date(moment - 1), f"before {text}"
            yield _date(moment + 1), f"after {text}"
    elif kind == "Bool":
        yield "true", '"true"'
        yield "false", '"false"'
    elif kind == "IpAddress":
        network = data.read_network(text)
        if network is not None:
            yield str(network.network_address), f"an address in {text}"
    elif family in ("StringLike", "ArnLike") and is_wild(pattern):
        if pattern.strip("*"):
            yield plain(pattern.replace("*", "x").replace("?", "x")), f'like "{text}"'
            yield plain(pattern.replace("*", "").replace("?", "x")), f'like "{text}"'
    elif kind != "Null":
        yield text, f'"{text}"'


def _date(moment: Decimal) -> str:
    try:
        return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(moment)


def _others(key: str, kinds: set[str]) -> Iterator[str]:
    if kinds == {"Bool"}:
        return
    if "IpAddress" in kinds:
        yield from _ADDRESSES
    if "Arn" in kinds or key.endswith("arn"):
        yield "arn:aws:iam::000000000000:role/something-else"
    if not kinds or kinds & {"String", "Binary"} or kinds in ({"Numeric"}, {"Date"}):
        yield "something-else"
