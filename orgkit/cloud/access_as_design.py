"""What was found of who may come in, put into an organization: as it is, and in the words of `org.yaml`.

`org.yaml` says a role once for all accounts that have it alike. Roles that its words cannot say, such as one that
trusts a federation, are left out of the file; nothing writes or removes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.read_identity_center import read_identity_center
from orgkit.cloud.read_roles import read_all_roles
from orgkit.design import Organization
from orgkit.design.file.text_files import file_stem
from orgkit.design.live_access import (
    AWS_MANAGED,
    CANNOT,
    HIDDEN,
    IDENTITY_CENTER,
    ROLES,
    LiveIdentityCenter,
    LiveRole,
    LiveRoles,
    plain_policy,
)
from orgkit.design.sections import (
    Access,
    Assignment,
    Group,
    JsonDocument,
    PermissionSet,
    Role,
    SecretReference,
    TrustedRole,
)

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

_FEW: Final = 5  # accounts that a remark names; of more, it gives the number
_ROLE_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/([\w+=,.@/-]+)")


def with_access(
    target: Target, live: Organization, *, roles: bool = False, progress: Callable[..., None]
) -> Organization:
    """The organization with Identity Center and, where asked for, the roles of all member accounts.

    They are in `surroundings`, and in `settings.access` in the words of the file. Errors: CloudError.
    """
    center = read_identity_center(target, progress)
    found = read_all_roles(target, live, progress) if roles else LiveRoles()
    unable = () if target.kind == "aws" else (AWS_MANAGED,)
    access, _ = as_design(live, center, found)
    if access != Access():
        live.configure(access=access)
        live = live.copy()  # without the history
    parts = {**live.surroundings, IDENTITY_CENTER: center, CANNOT: unable}
    live.surroundings = MappingProxyType(parts | ({ROLES: found} if roles else {}))
    unread = [f"roles of {live.account(account).name}" for account in sorted(found.unread)]
    live.unknown = (*live.unknown, *([IDENTITY_CENTER] if center.unread else []), *unread)
    return live


def as_design(live: Organization, found: LiveIdentityCenter, roles: LiveRoles) -> tuple[Access, list[str]]:
    """The `access:` section that says what was found, and which roles it cannot say."""
    said, strange = _roles(live, roles)
    remarks = [f"access.roles: {name} in {_listed(where)}, {why}" for name, (where, why) in strange.items()]
    shut = [live.account(one).handle for one in sorted(roles.unread)]
    remarks += [f"access.roles: those of {handle}, as it cannot be entered" for handle in shut]
    access = Access(
        permission_sets={
            name: PermissionSet(
                name=name,
                description=entry.description,
                session_duration=entry.session_duration,
                managed_policies=tuple(sorted(entry.managed_policies)),
                inline_policy=None
                if entry.inline_policy is None
                else _document(entry.inline_policy, f"access/{file_stem(name)}.json"),
                permissions_boundary=entry.permissions_boundary,
            )
            for name, entry in sorted(found.permission_sets.items())
        },
        groups={name: Group(name=name, description=group.description) for name, group in sorted(found.groups.items())},
        assignments=tuple(_assignments(live, found)),
        roles=said,
    )
    return access, remarks


def _listed(handles: list[str]) -> str:
    return ", ".join(handles) if len(handles) <= _FEW else f"{len(handles)} accounts"


def _document(content: Any, file: str) -> JsonDocument:
    return JsonDocument(content=json.dumps(content, indent=2, ensure_ascii=False), file=file)


def _assignments(live: Organization, found: LiveIdentityCenter) -> Iterator[Assignment]:
    here: dict[str, list[tuple[str, str]]] = {}
    for group, permission_set, account_id in found.assignments:
        here.setdefault(account_id, []).append((group, permission_set))
    places: dict[tuple[str, str], list[str]] = {}
    for account in live.accounts():
        for group, permission_set in here.get(account.aws_id or "", ()):
            places.setdefault((group, permission_set), []).append(account.handle)
    for (group, permission_set), to in sorted(places.items()):
        yield Assignment(group=group, permission_set=permission_set, to=tuple(to))


def _roles(live: Organization, found: LiveRoles) -> tuple[Mapping[str, Role], Mapping[str, tuple[list[str], str]]]:
    """Roles by name; those that the file cannot say, with where they stand and why."""
    alike: dict[str, Role] = {}
    strange: dict[str, str] = {}
    where: dict[str, list[str]] = {}
    for account_id, roles in found.roles.items():
        handle = live.account(account_id).handle
        for name, entry in roles.items():
            where.setdefault(name, []).append(handle)
            role = role_as_design(live, name, entry)
            known = alike.get(name)
            if role is None:
                strange[name] = "whose trust is more than the file can say"
            elif known is not None and replace(known, to=()) != role:
                strange.setdefault(name, "which is another in one account than in another")
            else:
                alike[name] = replace(role, to=(*(known.to if known else ()), handle))
    said = {name: role for name, role in sorted(alike.items()) if name not in strange}
    return said, {name: (where[name], why) for name, why in sorted(strange.items())}


def role_as_design(live: Organization, name: str, entry: LiveRole) -> Role | None:
    """The role in the words of the file, or None where these are too few; `to` is empty yet."""
    trusts: list[TrustedRole] = []
    services: list[str] = []
    asks: set[bool] = set()
    statements = plain_policy(entry.trust).get("Statement", ())
    for statement in statements:
        if statement.get("Effect") != "Allow" or statement.get("Action") != "sts:AssumeRole":
            return None
        principal, condition = statement.get("Principal"), statement.get("Condition")
        if not isinstance(principal, Mapping) or len(principal) != 1 or set(statement) - _SAID:
            return None
        ((kind, values),) = principal.items()
        values = values if isinstance(values, list) else [values]
        if kind == "Service" and condition is None:
            services += values
        elif kind == "AWS" and condition in (None, {"StringEquals": {"sts:ExternalId": HIDDEN}}):
            asks.add(condition is not None)
            for arn in values:
                found = _ROLE_ARN.fullmatch(arn)
                if found is None:
                    return None
                trusts.append(TrustedRole(account=_handle(live, found[1]), role=found[2]))
        else:
            return None
    if len(asks) > 1:
        return None
    secret = SecretReference(source="env", name=_variable(name)) if True in asks else None
    return Role(
        name=name,
        to=(),
        trusts=tuple(trusts),
        trusted_services=tuple(services),
        external_id=secret,
        max_session=entry.max_session,
        description=entry.description,
        inline_policies={
            key: _document(value, f"access/{file_stem(name)}/{file_stem(key)}.json")
            for key, value in sorted(entry.inline_policies.items())
        },
        managed_policies=tuple(sorted(entry.managed_policies)),
        permissions_boundary=entry.permissions_boundary,
        tags={key: value for key, value in sorted(entry.tags.items()) if not key.startswith("aws:")},
    )


_SAID = frozenset({"Sid", "Effect", "Principal", "Action", "Condition"})


def _handle(live: Organization, account_id: str) -> str:
    for account in live.accounts():
        if account.aws_id == account_id:
            return account.handle
    return account_id


def _variable(role: str) -> str:
    """A name for the environment variable in which a person is to put the external id."""
    return re.sub(r"\W", "_", role).strip("_").upper() + "_EXTERNAL_ID"
