"""A snapshot taken apart: single facts by id, so that a rename or a move changes one of them and not all below it.

The first word of an atom is what kind of fact it is: `name`, `in`, `tag` … of an account, OU or policy by its id;
`attached`, `trusted access` … of the organization; the key of the snapshot, with the way down into its facts, for what
stands around the tree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orgkit.cloud.looking import LOOKED_AT
from orgkit.provision.planning.snapshot import Snapshot

Atom = tuple[str, ...]
ROOT, POLICY, ACCOUNT, OU = "root", "policy ", "account ", "OU "
# Facts of the organization that are lists: every item of them is a fact.
SETTINGS: Final = ("trusted access", "policy types")
ADMINISTERS: Final = "delegated administrators"
FULL_ACCESS: Final = "FullAWSAccess"
_LONGEST = 100  # characters of a value in a sentence


@dataclass(frozen=True)
class Atoms:
    """The facts of a snapshot, and how each id is called there."""

    facts: Mapping[Atom, Any]
    labels: Mapping[str, str]

    def find(self, kind: str, value: Any) -> set[str]:
        """The ids that have this value: `find("email", "a@b.example")`."""
        return {atom[1] for atom, found in self.facts.items() if atom[0] == kind and found == value}


def atoms(snapshot: Snapshot) -> Atoms:
    """Take a snapshot apart."""
    labels = {facts["id"]: key for key, facts in snapshot.items() if _is_entity(key)}
    ids = {key: id for id, key in labels.items()}
    return Atoms(dict(_all(snapshot, ids)), labels)


def _is_entity(key: str) -> bool:
    return key == ROOT or key.startswith((POLICY, ACCOUNT, OU))


def _all(snapshot: Snapshot, ids: Mapping[str, str]) -> Iterator[tuple[Atom, Any]]:
    for key, facts in snapshot.items():
        if key == "organization":
            yield from _organization(facts, ids)
        elif _is_entity(key):
            yield from _entity(key, facts, ids)
        elif key != LOOKED_AT:
            yield from leaves((key,), facts)


def leaves(atom: Atom, value: Any) -> Iterator[tuple[Atom, Any]]:
    """Every single fact in a nested one. What is off or empty is none: a part says so once there is more to ask."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves((*atom, key), inner)
    elif value:
        yield atom, value


def _organization(facts: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[tuple[Atom, Any]]:
    for fact in ("id", "features"):
        yield ("organization", fact), facts[fact]
    for setting in SETTINGS:
        for item in facts[setting]:
            yield (setting, item), True
    for service, emails in facts[ADMINISTERS].items():
        for email in emails:
            yield (ADMINISTERS, service, ids[f"{ACCOUNT}{email}"]), True


def _entity(key: str, facts: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[tuple[Atom, Any]]:
    id = facts["id"]
    if key.startswith(POLICY):
        kind, _, name = key.removeprefix(POLICY).partition("/")
        yield ("name", id), name
        yield ("type", id), kind
        yield ("description", id), facts["description"]
        yield ("content", id), facts["content"]
    elif key.startswith(ACCOUNT):
        above = facts["in"]
        yield ("email", id), key.removeprefix(ACCOUNT)
        yield ("name", id), facts["name"]
        yield ("state", id), facts["state"]
        yield ("in", id), ids[ROOT if above == ROOT else f"{OU}{above}"]
    elif key.startswith(OU):
        path = key.removeprefix(OU)
        yield ("in", id), facts["in"]
        above = next(other for other, its_id in ids.items() if its_id == facts["in"])
        yield ("name", id), path if above == ROOT else path.removeprefix(f"{above.removeprefix(OU)}/")
    else:
        yield ("name", id), ROOT
    for policy in facts.get("policies", ()):
        yield ("attached", policy.partition("/")[0], ids[f"{POLICY}{policy}"], id), True
    for tag, value in facts.get("tags", {}).items():
        yield ("tag", id, tag), value
    if FULL_ACCESS in facts:
        yield (FULL_ACCESS, id), False


def said(atom: Atom, was: list[Any], now: Any, labels: Mapping[str, str]) -> str:
    """A sentence on one fact that is another than it should be; None stands for "there is none"."""
    kind, *rest = atom
    names = [labels.get(part, part) for part in rest]
    match kind:
        case "name" if now is None:
            return f"{names[0]} is gone"
        case "name" if was == [None]:
            return f"{names[0]} is new"
        case "in":
            return f"{names[0]} stands in {_shown(now, labels)}, and stood in {_any(was, labels)}"
        case "attached":
            return f"{names[1]} is {'' if now else 'no longer '}attached to {names[2]}"
        case "FullAWSAccess":
            return f"FullAWSAccess is {'' if now is None else 'no longer '}attached to {names[0]}"
        case "trusted access":
            return f"{names[0]} has {'' if now else 'no longer '}trusted access"
        case "policy types":
            return f"{names[0]} is {'' if now else 'no longer '}enabled"
        case "delegated administrators":
            return f"{names[1]} administers {names[0]}{'' if now else ' no longer'}"
        case "tag":
            return f"tag {rest[1]} of {names[0]}: was {_any(was, labels)}, is {_shown(now, labels)}"
        case "name" | "email" | "state" | "type" | "description" | "content":
            return f"{kind} of {names[0]}: was {_any(was, labels)}, is {_shown(now, labels)}"
    return f"{' of '.join([*reversed(names), kind])}: was {_any(was, labels)}, is {_shown(now, labels)}"


def _any(values: list[Any], labels: Mapping[str, str]) -> str:
    return " or ".join(dict.fromkeys(_shown(value, labels) for value in values))


def _shown(value: Any, labels: Mapping[str, str]) -> str:
    if value is None:
        return "nothing"
    text = labels.get(value, value) if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
