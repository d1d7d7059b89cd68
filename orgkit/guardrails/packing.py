"""Fits the policies of one level into AWS's sizes and slots: say the same in fewer characters and fewer policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from orgkit.design import RCP, SCP, Organization
from orgkit.errors import InputError
from orgkit.guardrails.equivalence import Equivalence, equivalence
from orgkit.guardrails.inheritance import attached
from orgkit.policy.patterns import contains

Raw = dict[str, Any]
_LISTS: Final = ("Action", "NotAction", "Resource", "NotResource")
_EMPTY: Final = len('{"Version":"2012-10-17","Statement":[]}')


@dataclass(frozen=True)
class Packing:
    """Policies that say the same as those before, each within the size, together within the slots.

    `documents` are JSON texts without white space; `before` and `after` are numbers of characters, policy by policy,
    as AWS counts them. `check` tells how the sameness was shown.
    """

    place: str
    type: str
    documents: tuple[str, ...]
    before: tuple[int, ...]
    size: int
    slots: int
    check: Equivalence

    @property
    def after(self) -> tuple[int, ...]:
        """Characters of each policy now."""
        return tuple(map(len, self.documents))

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.place}: {len(self.before)} policies of {sum(self.before):,} characters fit into "
                f"{len(self.documents)} of {sum(self.after):,}",
                *(f"  policy {n}: {size:,} of {self.size:,} characters" for n, size in enumerate(self.after, 1)),
                f"  slots: {len(self.documents)} used of {self.slots}",
                f"  {self.check}",
            ]
        )

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Return the documents and the figures as a plain dict."""
        return {
            "place": self.place,
            "type": self.type,
            "documents": [json.loads(text) for text in self.documents],
            "before": list(self.before),
            "after": list(self.after),
            "size": self.size,
            "slots": self.slots,
            "equivalent": self.check.same,
            "check": str(self.check),
        }


def pack(org: Organization, target: str, type: str = SCP, *, keep_free: int = 0) -> Packing:
    """Pack the policies that are attached to a root, OU or account; those that AWS manages keep their slots.

    `keep_free` slots are left alone (AWS Control Tower attaches policies of its own). Raises InputError where they do
    not fit, with what is needed and what there is.
    """
    if type not in (SCP, RCP):
        raise InputError(f"policies of type {type} are merged, not packed", mend=f"Pack {SCP} or {RCP}.")
    node = org.target(target)
    managed = {one.handle for one in org.attached(node.id, type) if one.aws_managed}
    texts = [text for name, text in attached(org, node.id, type) if name not in managed]
    slots = org.quotas[f"attached.{type}"] - len(managed) - keep_free
    return pack_documents(
        texts, type=type, size=org.quotas[f"policy_size.{type}"], slots=slots, place=org.path(node.id)
    )


def pack_documents(
    documents: Sequence[str], *, type: str = SCP, size: int = 10_240, slots: int = 9, place: str = "these policies"
) -> Packing:
    """Pack JSON texts of one level into at most `slots` policies of at most `size` characters each."""
    before = tuple(len(_text(json.loads(text))) for text in documents)
    merged = merge([statement for text in documents for statement in _statements(text)])
    fitting = [part for statement in merged for part in split(statement, size - _EMPTY)]
    bins: list[list[Raw]] = []
    for statement in sorted(fitting, key=lambda one: -len(_text(one))):
        for held in bins:
            if len(_text(_document([*held, statement]))) <= size:
                held.append(statement)
                break
        else:
            bins.append([statement])
    packed = tuple(_text(_document(held)) for held in bins)
    if len(packed) > max(slots, 0):
        raise InputError(
            f"{place}: {len(packed)} policies are needed even when packed, and {max(slots, 0)} slots are free",
            mend="Move what holds more widely to an OU further up, or keep fewer slots free.",
        )
    return Packing(place, type, packed, before, size, slots, equivalence(documents, packed, type))


def merge(statements: Iterable[Raw]) -> list[Raw]:
    """Join statements that differ only in their actions, or only in their resources."""
    found = [_tidy(one) for one in statements]
    for element in ("Action", "Resource"):
        joined: dict[str, Raw] = {}
        for one in found:
            rest = {key: value for key, value in one.items() if key not in (element, "Sid")}
            # NotAction and NotResource lists cannot be united: each entry there makes the statement say less.
            key = _text(rest) if element in one else _text(one)
            if key in joined and element in one:
                joined[key] = _tidy(joined[key] | {element: [*joined[key][element], *one[element]]})
            else:
                joined[key] = one
        found = list(joined.values())
    return found


def split(statement: Raw, room: int) -> Iterator[Raw]:
    """Cut a statement that is longer than a policy may be into several with a part of its actions or resources each."""
    if len(_text(statement)) <= room:
        yield statement
        return
    for element in ("Action", "Resource"):
        values = statement.get(element, [])
        # Of an Allow too: the policies of one level are united.
        if len(values) > 1:
            half = len(values) // 2
            yield from split(statement | {element: values[:half]}, room)
            yield from split(statement | {element: values[half:]}, room)
            return
    raise InputError(
        f"statement {statement.get('Sid', '')} has {len(_text(statement)):,} characters, which no policy can hold",
        mend="Shorten its condition, or its NotAction or NotResource.",
    )


def _tidy(statement: Mapping[str, Any]) -> Raw:
    """The statement with sorted lists, without entries that others of the list cover."""
    found = dict(statement)
    for element in _LISTS:
        if element in found:
            given = found[element] if isinstance(found[element], list) else [found[element]]
            found[element] = _without_covered(given, fold=element.endswith("Action"))
    if not found.get("Condition", True):
        del found["Condition"]
    return found


def _without_covered(values: list[str], *, fold: bool) -> list[str]:
    """The shortest list that says the same: a pattern that another one contains is superfluous."""
    by_name = {value.lower() if fold else value: value for value in values}
    kept = [
        name
        for name in by_name
        if not any(
            other != name
            and (fold or other == "*")
            and contains(other, name)
            and not (contains(name, other) and other > name)
            for other in by_name
        )
    ]
    return sorted(by_name[name] for name in kept)


def _document(statements: Sequence[Raw]) -> Raw:
    """A policy of these statements; Sids that meet in one policy are numbered."""
    named: list[Raw] = []
    taken: set[str] = set()
    for one in statements:
        sid = one.get("Sid")
        number = 2
        while sid in taken:
            sid = f"{one['Sid']}{number}"
            number += 1
        taken.update([sid] if sid else [])
        short = {key: value[0] if key in _LISTS and len(value) == 1 else value for key, value in one.items()}
        named.append(short | ({"Sid": sid} if sid else {}))
    return {"Version": "2012-10-17", "Statement": named}


def _statements(text: str) -> list[Raw]:
    document = json.loads(text)
    given = document["Statement"]
    found = given if isinstance(given, list) else [given]
    if document.get("Version") != "2012-10-17" and "${" in text:
        raise InputError(
            "a policy without Version 2012-10-17 has ${…} in it, which would become a variable when packed",
            mend='Write "Version": "2012-10-17", or take the text out.',
        )
    return found


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
