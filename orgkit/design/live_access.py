"""Who may come in, as a live organization has it: the roles that were looked at, and Identity Center.

It stands in `Organization.surroundings["access"]`. Account ids are AWS's. No secret is in it: where a trust policy asks
for an external id, the document has `HIDDEN` in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from orgkit.design.entities import ACCESS_ROLE
from orgkit.design.organization import Organization

PART: Final = "access"
HIDDEN: Final = "(external id)"
# What is known of the external id that a live role asks for, beside the one that the design's reference names.
ExternalId = Literal["none", "same", "different", "not compared"]

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRole:
    """A role as it stands in one account; `max_session` in seconds, documents as plain JSON."""

    trust: Mapping[str, Any]
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


@dataclass(frozen=True, slots=True)
class Look:
    """Which roles to look for in an account, None for all of them, and the role to enter it through."""

    names: frozenset[str] | None
    through: str = ACCESS_ROLE


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAccess:
    """What was found. `looked_at` says where, by account id, and for which roles.

    `instance` and `store` are Identity Center's, None where there is none. `assignments` are (group, permission set,
    account id). `cannot` names what the target is unable to do, as `service:Operation`. `unread` says which parts the
    caller may not read.
    """

    roles: Mapping[str, Mapping[str, LiveRole]] = field(default_factory=_nothing)
    looked_at: Mapping[str, Look] = field(default_factory=_nothing)
    instance: str | None = None
    store: str | None = None
    permission_sets: Mapping[str, LivePermissionSet] = field(default_factory=_nothing)
    groups: Mapping[str, LiveGroup] = field(default_factory=_nothing)
    assignments: frozenset[tuple[str, str, str]] = frozenset()
    cannot: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    def role(self, account: str, name: str) -> LiveRole | None:
        return self.roles.get(account, {}).get(name)

    def knows(self, account: str, names: Collection[str]) -> bool:
        """Whether these roles of an account were asked for."""
        look = self.looked_at.get(account)
        return look is not None and (look.names is None or look.names.issuperset(names))


def live_access(org: Organization) -> LiveAccess:
    """What was found beside a live organization; nothing where nobody looked."""
    found = org.surroundings.get(PART)
    return found if isinstance(found, LiveAccess) else LiveAccess()


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
