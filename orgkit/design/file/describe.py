"""An organization as plain data: what `org.yaml` and the files beside it say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orgkit.design.entities import FULL_AWS_ACCESS, IMPLIED, Account, OrganizationalUnit, Policy, Target
from orgkit.design.file import layout
from orgkit.design.file.plain import FileName, Plain, PlainList, PlainMap
from orgkit.design.file.shape import Record, field_defaults
from orgkit.design.organization import Organization


def _own(node: str) -> str:
    return node


@dataclass(frozen=True)
class Homes:
    """Where parts of an organization are written, by node id: what a description needs beside the organization.

    `identity` names a node as the other side of a comparison does. `files` holds the JSON files of policies (None:
    inline), `included` the files of OUs, `listed` the `policies:` lists that name implied ones too.
    """

    identity: Callable[[str], str] = _own
    files: Mapping[str, str | None] = field(default_factory=dict)
    included: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def describe(org: Organization, homes: Homes) -> PlainMap:
    """The plain data of the whole file, in the order of its shape."""
    settings = org.settings
    parts: dict[str, Plain] = {"orgkit": layout.VERSION}
    if organization := _organization(org, homes):
        parts["organization"] = organization
    if policies := _policies(org, homes):
        parts["policies"] = policies
    if root := _tree(org, org.root, layout.ROOT, homes):
        parts["root"] = root
    for name in layout.SECTIONS:
        key = layout.FILE.by_name[name]
        if _is_written(settings, name):
            parts[name] = key.shape.plain(getattr(settings, name))
    return PlainMap(parts)


def _organization(org: Organization, homes: Homes) -> PlainMap:
    parts: dict[str, Plain] = {}
    for key in layout.ORGANIZATION.keys:
        if key.name == "management":
            if org.management is not None:
                parts[key.name] = _management(org, org.management, homes)
        elif _is_written(org.settings, key.field):
            parts[key.name] = key.shape.plain(getattr(org.settings, key.field))
    return PlainMap(parts)


def _management(org: Organization, account: Account, homes: Homes) -> PlainMap:
    extra: dict[str, Plain] = {}
    if account.handle != layout.MANAGEMENT_HANDLE:
        extra["handle"] = account.handle
    parent = org.parent(account.id)
    if parent is not None and parent != org.root.id:
        extra["ou"] = org.path(parent)
    return _entity(org, account, layout.MANAGEMENT, homes, extra).copied(line=True)


def _policies(org: Organization, homes: Homes) -> PlainMap:
    parts: dict[str, Plain] = {}
    for policy in org.policies():
        if policy.aws_managed:
            continue
        file = homes.files.get(policy.id, policy.file)
        extra: dict[str, Plain] = (
            {"file": FileName(file, policy.content)}
            if file is not None
            else {"content": layout.POLICY.by_name["content"].shape.plain(policy.content)}
        )
        parts[policy.handle] = _entity(org, policy, layout.POLICY, homes, extra)
    return PlainMap(parts, uniform=True)


def _tree(org: Organization, target: Target, record: Record, homes: Homes) -> PlainMap:
    """The root, an OU or an account, with everything below it."""
    extra: dict[str, Plain] = {}
    ous: dict[str, Plain] = {}
    accounts: dict[str, Plain] = {}
    for child in org.children(target.id):
        entity = org.entity(child)
        if isinstance(entity, OrganizationalUnit):
            ous[entity.handle] = _unit(org, entity, homes)
        elif isinstance(entity, Account) and not entity.management:
            accounts[entity.handle] = _entity(org, entity, layout.ACCOUNT, homes, {}).copied(line=True)
    if ous or "ous" in target.declared:
        extra["ous"] = PlainMap(ous, ordered=True, uniform=True)
    if accounts or "accounts" in target.declared:
        extra["accounts"] = PlainMap(accounts, ordered=True, uniform=True)
    return _entity(org, target, record, homes, extra)


def _unit(org: Organization, ou: OrganizationalUnit, homes: Homes) -> PlainMap:
    body = _tree(org, ou, layout.OU, homes)
    path = homes.included.get(ou.id)
    if path is None:
        return body
    return PlainMap({"include": FileName(path, body)}, line=True, identity=homes.identity(ou.id))


def _entity(org: Organization, entity: Any, record: Record, homes: Homes, extra: dict[str, Plain]) -> PlainMap:
    parts: dict[str, Plain] = {}
    if not isinstance(entity, Policy):
        attached = [policy.handle for policy in org.attached(entity.id, implied=False)]
        attached = _as_listed(attached, homes.listed.get(entity.id, ()), entity.full_aws_access)
        if attached or "policies" in entity.declared:
            extra["policies"] = PlainList(attached, line=True, unordered=True)
    for key in record.keys:
        if key.name in extra:
            parts[key.name] = extra[key.name]
        elif key.name in _ELSEWHERE or (key.name == "name" and entity.name == entity.handle):
            continue
        elif _is_written(entity, key.field):
            parts[key.name] = key.shape.plain(getattr(entity, key.field))
    return PlainMap(parts, identity=homes.identity(entity.id))


def _as_listed(attached: list[str], listed: tuple[str, ...], full_aws_access: bool) -> list[str]:
    """The policies of a node in the order of a list that names implied ones too, as long as they hold."""
    implied = {policy.handle for policy in IMPLIED.values() if full_aws_access or policy is not FULL_AWS_ACCESS}
    return [name for name in listed if name in attached or name in implied] + [
        name for name in attached if name not in listed
    ]


_ELSEWHERE = frozenset({"policies", "ous", "accounts", "file", "content", "handle", "ou"})


def _is_written(value: Any, name: str) -> bool:
    """Whether a field is in the file: it says something, or it was written although it says what holds anyway."""
    inner = getattr(value, name)
    if inner is None:
        return False
    defaults = field_defaults(type(value))
    return name in value.declared or name not in defaults or inner != defaults[name]


def shown_fields(value: Any) -> frozenset[str]:
    """The fields that the file holds, the list of a node's policies and children left out."""
    return frozenset(
        name for name in field_defaults(type(value)) if name not in _NOT_WRITTEN and _is_written(value, name)
    )


_NOT_WRITTEN = frozenset({"declared", "state", "joined", "management", "handle", "name", "id", "file", "aws_managed"})
