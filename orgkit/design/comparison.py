"""Whether two organizations are the same design, whatever ids their nodes have and in which file their parts stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from orgkit.design.entities import Account, OrganizationalUnit, Policy
from orgkit.design.file.describe import shown_fields
from orgkit.design.organization import Organization
from orgkit.design.sections import JsonDocument

# Ids and places of files are no part of a design, nor is what only a live organization has.
_APART: Final = frozenset({"id", "declared", "file", "content", "state", "joined", "aws_managed"})


def difference(one: Organization, other: Organization) -> str | None:
    """The first part in which two designs differ, in words; None where they are the same.

    The order of the OUs of one parent counts, and that of its accounts, but not how the two kinds mix.
    """
    if (settings := _settings(one, other)) is not None:
        return settings
    ours = {policy.handle: policy for policy in one.policies() if not policy.aws_managed}
    theirs = {policy.handle: policy for policy in other.policies() if not policy.aws_managed}
    if ours.keys() != theirs.keys():
        return f"policy {min(ours.keys() ^ theirs.keys())}"
    for handle, policy in ours.items():
        twin = theirs[handle]
        if (name := _entity(policy, twin)) is not None:
            return f"{name} of policy {handle}"
        if policy.document != twin.document:
            return f"the document of policy {handle}"
        if policy.file is not None and policy.file != twin.file:
            return f"the file of policy {handle}"
    return _management(one, other) or _tree(one, other, one.root.id, other.root.id)


def _settings(one: Organization, other: Organization) -> str | None:
    for field in fields(one.settings):
        if field.name == "declared":
            continue
        if _bare(getattr(one.settings, field.name)) != _bare(getattr(other.settings, field.name)):
            return field.name
    return _first(shown_fields(one.settings) ^ shown_fields(other.settings))


def _bare(value: Any) -> Any:
    """A value of the settings as plain data; a document counts by its meaning."""
    if isinstance(value, JsonDocument):
        return json.loads(value.content)
    if isinstance(value, Mapping):
        return {key: _bare(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_bare(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _bare(getattr(value, field.name)) for field in fields(value)}
    return (type(value).__name__, value) if isinstance(value, bool) else value


def _management(one: Organization, other: Organization) -> str | None:
    ours, theirs = one.management, other.management
    if ours is None or theirs is None:
        return None if ours is theirs else "the management account"
    places = [org.path(org.parent(account.id) or org.root.id) for org, account in ((one, ours), (other, theirs))]
    if places[0] != places[1]:
        return "the place of the management account"
    return _target(one, other, ours.id, theirs.id)


def _tree(one: Organization, other: Organization, ours: str, theirs: str) -> str | None:
    found = _target(one, other, ours, theirs)
    if found is not None:
        return found
    for kind in (OrganizationalUnit, Account):
        left = _children(one, ours, kind)
        right = _children(other, theirs, kind)
        if [one.entity(node).handle for node in left] != [other.entity(node).handle for node in right]:
            return f"what stands in {one.path(ours)}"
        for node, twin in zip(left, right, strict=True):
            if (inner := _tree(one, other, node, twin)) is not None:
                return inner
    return None


def _children(org: Organization, node: str, kind: type[Any]) -> list[str]:
    return [
        child
        for child in org.children(node)
        if isinstance(entity := org.entity(child), kind) and not getattr(entity, "management", False)
    ]


def _target(one: Organization, other: Organization, ours: str, theirs: str) -> str | None:
    name = _entity(one.entity(ours), other.entity(theirs))
    if name is not None:
        return f"{name} of {one.path(ours)}"
    attached = [
        {policy.handle for policy in org.attached(node, implied=False)} for org, node in ((one, ours), (other, theirs))
    ]
    return None if attached[0] == attached[1] else f"the policies of {one.path(ours)}"


def _entity(ours: Any, theirs: Any) -> str | None:
    if type(ours) is not type(theirs):
        return "the kind"
    for name in _NAMES[type(ours)] if type(ours) in _NAMES else _names(type(ours)):
        if getattr(ours, name) != getattr(theirs, name):
            return name
    if isinstance(ours, Policy):
        return _first((shown_fields(ours) ^ shown_fields(theirs)) - {"content"})
    if ours.declared == theirs.declared:
        return None
    lists = (ours.declared ^ theirs.declared) & {"policies"}
    if lists and "policies" in ours.declared:
        return "policies"
    return _first(shown_fields(ours) ^ shown_fields(theirs))


_NAMES: dict[type[Any], tuple[str, ...]] = {}


def _names(kind: type[Any]) -> tuple[str, ...]:
    _NAMES[kind] = tuple(field.name for field in fields(kind) if field.name not in _APART)
    return _NAMES[kind]


def _first(names: frozenset[str]) -> str | None:
    return min(names) if names else None
