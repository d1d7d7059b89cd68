"""Who may come in, as a live organization has it: the roles that were looked at, and Identity Center.

It stands in `Organization.surroundings`. Account ids are AWS's. No secret is in it: where a trust policy asks
for an external id, the document has `HIDDEN` in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from orgkit.design.organization import Organization

ROLES: Final = "roles"
IDENTITY_CENTER: Final = "identity center"
CANNOT: Final = "cannot"
HIDDEN: Final = "(external id)"
# AWS's own managed policies are not in the embedded AWS.
AWS_MANAGED: Final = "iam:AttachRolePolicy of AWS's own policies"
# What is known of the external id that a live role asks for, beside the one that the design's reference names.
ExternalId = Literal["none", "same", "different", "not compared"]

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRole:
    """A role as it stands in one account; `max_session` in seconds, documents as plain JSON, `path` as in its ARN."""

    trust: Mapping[str, Any]
    path: str = "/"
    external_id: ExternalId = "none"
    max_session: int = 3600
    description: str = ""
    inline_policies: Mapping[str, Any] = field(default_factory=_nothing)
    managed_policies: frozenset[str] = frozenset()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePermissionSet:
    """A permission set; `behind` says that accounts have an older version of it. `inline_policy` is plain JSON."""

    arn: str
    description: str = ""
    session_duration: int = 3600
    managed_policies: frozenset[str] = frozenset()
    inline_policy: Any = None
    permissions_boundary: str | None = None
    behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGroup:
    """A group of the identity store."""

    id: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRoles:
    """The roles that were looked for, by account id and name, and where: every one there, or those of these names.

    `unread` holds the ids of accounts that could not be entered.
    """

    roles: Mapping[str, Mapping[str, LiveRole]] = field(default_factory=_nothing)
    looked_at: Mapping[str, frozenset[str] | None] = field(default_factory=_nothing)
    unread: frozenset[str] = frozenset()

    def role(self, account: str, name: str) -> LiveRole | None:
        return self.roles.get(account, {}).get(name)

    def knows(self, account: str, name: str) -> bool:
        """Whether this role of an account was looked for."""
        if account not in self.looked_at:
            return False
        names = self.looked_at[account]
        return names is None or name in names

    def without(self, names: Collection[str]) -> LiveRoles:
        """All but the roles of these names."""
        kept = {
            account: {name: role for name, role in found.items() if name not in names}
            for account, found in self.roles.items()
        }
        return replace(self, roles=kept)

    def and_also(self, other: LiveRoles) -> LiveRoles:
        """Both; of a role that both looked for, what the other found."""
        roles = {account: dict(found) for account, found in self.roles.items()}
        looked_at = dict(self.looked_at)
        for account, names in other.looked_at.items():
            kept = {} if names is None else {n: one for n, one in roles.get(account, {}).items() if n not in names}
            roles[account] = kept | dict(other.roles.get(account, {}))
            before = looked_at.get(account, frozenset())
            looked_at[account] = None if names is None or before is None else before | names
        return LiveRoles(roles=roles, looked_at=looked_at, unread=self.unread - other.looked_at.keys() | other.unread)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIdentityCenter:
    """What stands in Identity Center; `instance` and `store` are None where there is none.

    `assignments` are (group, permission set, account id). `unread` says that the caller may not read it.
    """

    instance: str | None = None
    store: str | None = None
    permission_sets: Mapping[str, LivePermissionSet] = field(default_factory=_nothing)
    groups: Mapping[str, LiveGroup] = field(default_factory=_nothing)
    assignments: frozenset[tuple[str, str, str]] = frozenset()
    unread: bool = False


def live_roles(org: Organization) -> LiveRoles:
    """What was found of roles; nothing where nobody looked."""
    found = org.surroundings.get(ROLES)
    return found if isinstance(found, LiveRoles) else LiveRoles()


def live_identity_center(org: Organization) -> LiveIdentityCenter:
    """What was found of Identity Center; nothing where nobody looked."""
    found = org.surroundings.get(IDENTITY_CENTER)
    return found if isinstance(found, LiveIdentityCenter) else LiveIdentityCenter()


def cannot(org: Organization) -> frozenset[str]:
    """What the target is unable to do, as `service:Operation`."""
    return frozenset(org.surroundings.get(CANNOT, ()))


def plain_policy(document: Any) -> Any:
    """A policy document in one spelling, to compare two: one value is a list of one, and lists have no order.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    if isinstance(document, Mapping):
        return {
            key: _statements(value) if key == "Statement" else plain_policy(value) for key, value in document.items()
        }
    if isinstance(document, list | tuple):
        items = sorted((plain_policy(value) for value in document), key=repr)
        return items[0] if len(items) == 1 else items
    return document


def _statements(value: Any) -> list[Any]:
    return [plain_policy(one) for one in (value if isinstance(value, list) else [value])]
