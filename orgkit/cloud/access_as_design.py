"""What was found of who may come in, put into an organization: as it is, and in the words of `org.yaml`.

`org.yaml` says a role once for all accounts that have it alike. Roles that its words cannot say, such as one that
trusts a federation, are left out of the file; nothing writes or removes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from orgkit.design import Organization
from orgkit.design.live_access import HIDDEN, PART, LiveAccess, LiveRole, plain_policy
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

_ROLE_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/([\w+=,.@/-]+)")


def with_access(live: Organization, found: LiveAccess) -> Organization:
    """The organization with what was found in `surroundings` and `settings.access`, and its gaps in `unknown`."""
    access = as_design(live, found)
    if access != Access():
        live.configure(access=access)
        live = live.copy()  # without the history
    live.surroundings = MappingProxyType({**live.surroundings, PART: found})
    live.unknown = (*live.unknown, *sorted(found.unread))
    return live


def as_design(live: Organization, found: LiveAccess) -> Access:
    """The `access:` section that says what was found."""
    return Access(
        permission_sets={
            name: PermissionSet(
                name=name,
                description=entry.description,
                session_duration=entry.session_duration,
                managed_policies=tuple(sorted(entry.managed_policies)),
                inline_policy=_document(entry.inline_policy) if entry.inline_policy is not None else None,
                permissions_boundary=entry.permissions_boundary,
            )
            for name, entry in sorted(found.permission_sets.items())
        },
        groups={name: Group(name=name, description=group.description) for name, group in sorted(found.groups.items())},
        assignments=tuple(_assignments(live, found)),
        roles=_roles(live, found),
    )


def _document(content: Any) -> JsonDocument:
    return JsonDocument(content=json.dumps(content, indent=2))


def _assignments(live: Organization, found: LiveAccess) -> Iterator[Assignment]:
    handles = {account.aws_id: account.handle for account in live.accounts()}
    places: dict[tuple[str, str], list[str]] = {}
    for group, permission_set, account in sorted(found.assignments):
        if account in handles:
            places.setdefault((group, permission_set), []).append(handles[account])
    for (group, permission_set), to in places.items():
        yield Assignment(group=group, permission_set=permission_set, to=tuple(to))


def _roles(live: Organization, found: LiveAccess) -> Mapping[str, Role]:
    alike: dict[str, Role] = {}
    strange: set[str] = set()
    for account_id, roles in found.roles.items():
        handle = live.account(account_id).handle
        for name, entry in roles.items():
            role = _role(live, name, entry)
            known = alike.get(name)
            if role is None or (known is not None and replace(known, to=()) != role):
                strange.add(name)
            else:
                alike[name] = replace(role, to=(*(known.to if known else ()), handle))
    return {name: role for name, role in sorted(alike.items()) if name not in strange}


def _role(live: Organization, name: str, entry: LiveRole) -> Role | None:
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
        inline_policies={key: _document(value) for key, value in sorted(entry.inline_policies.items())},
        managed_policies=tuple(sorted(entry.managed_policies)),
        permissions_boundary=entry.permissions_boundary,
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
