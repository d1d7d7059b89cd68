"""Scenarios: a lens of the design, bound to the account that is asked about.

A lens says who asks, from where, and with which context keys; what it leaves out stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from orgkit.design import Account, Organization
from orgkit.design.sections import Lens
from orgkit.errors import UnknownName, did_you_mean
from orgkit.guardrails.inheritance import account_id, bound

_OWN = "{{account.id}}"


@dataclass(frozen=True)
class Scenario:
    """What is known of a request beforehand: `context` has the keys as written and their values."""

    principal: str | None = None
    region: str | None = None
    resource: str | None = None
    context: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


NOTHING_KNOWN = Scenario()


def find_lens(org: Organization, lens: str | Lens | None) -> Lens | None:
    """The lens of this name; UnknownName with those there are."""
    if lens is None or isinstance(lens, Lens):
        return lens
    if lens not in org.settings.lenses:
        raise UnknownName(f"there is no lens {lens!r}", mend=did_you_mean(lens, org.settings.lenses))
    return org.settings.lenses[lens]


def scenario(org: Organization, account: Account, lens: str | Lens | None) -> Scenario:
    """The lens seen from an account: `{{account.id}}` is this account, other references those of the design."""
    found = find_lens(org, lens)
    if found is None:
        return NOTHING_KNOWN
    context: dict[str, Any] = {f"aws:PrincipalTag/{key}": value for key, value in found.principal_tags.items()}
    if found.region:
        context["aws:RequestedRegion"] = found.region
    context |= found.context
    return Scenario(
        principal=_own(org, account, found.principal),
        region=found.region or _text(context.get("aws:RequestedRegion")),
        resource=_own(org, account, found.resource),
        context={key: _own(org, account, value) for key, value in context.items()},
    )


def asks_at_home(lens: Lens | None) -> bool:
    """Whether the caller is one of the very account that is asked about."""
    return lens is None or lens.principal is None or _OWN in lens.principal


def tells_accounts_apart(lens: Lens | None) -> bool:
    """Whether something else than the caller is asked of each account."""
    return lens is not None and _OWN in str((dict(lens.context), dict(lens.principal_tags), lens.resource))


def _own(org: Organization, account: Account, value: Any) -> Any:
    if isinstance(value, str):
        return bound(org, value.replace(_OWN, account_id(account)))
    if isinstance(value, (list, tuple)):
        return [_own(org, account, one) for one in value]
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
