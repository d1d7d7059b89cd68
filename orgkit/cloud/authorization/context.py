"""What is known of a request's context; every key that is not here stays open, as it may hold anything.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.authorization.asking import Asking
from orgkit.cloud.authorization.callers import Caller
from orgkit.cloud.organizations.state import Organization

_REQUEST_TAG: Final = "aws:requesttag/"
_PRINCIPAL_TAG: Final = "aws:principaltag/"
_ABSENT: Final = (
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
)


def context_of(
    asking: Asking,
    caller: Caller,
    owner: str | None,
    region: str,
    org: Organization | None,
    now: float,
    keys: Iterable[str],
) -> dict[str, Any]:
    """Return what is known, by lower-case key; None for a key that is certainly absent. `keys` are those asked for."""
    known: dict[str, Any] = dict.fromkeys(_ABSENT)
    known |= {
        "aws:requestedregion": region,
        "aws:principalaccount": caller.account or None,
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "aws:securetransport": "true",
        "aws:currenttime": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "aws:epochtime": int(now),
        **_organization("principal", caller.account, org),
    }
    if owner is not None:
        known |= {"aws:resourceaccount": owner, **_organization("resource", owner, org)}
    for key in keys:
        found = _asked(key, asking, caller)
        if found is not _OPEN:
            known[key] = found
    return known


def _organization(side: str, account: str, org: Organization | None) -> dict[str, Any]:
    if org is None or account not in org.accounts:
        return {f"aws:{side}orgid": None, f"aws:{side}orgpaths": None}
    return {f"aws:{side}orgid": org.id, f"aws:{side}orgpaths": [org.path(org.accounts[account].parent)]}


_OPEN: Final = object()
_Reading = Callable[[Asking], Any]


def _parameter(name: str) -> _Reading:
    return lambda asking: asking.parameters.get(name)


def _given(name: str) -> _Reading:
    return lambda asking: asking.parameters.get(name, _OPEN)


# Keys that a parameter of the request fills in; `_given` where AWS fills in something else when it is left out.
_FROM_PARAMETERS: Final[Mapping[str, _Reading]] = MappingProxyType(
    {
        "ec2:instancetype": _given("instancetype"),
        "ec2:metadatahttptokens": _given("metadataoptions.httptokens"),
        "iam:permissionsboundary": _parameter("permissionsboundary"),
        "iam:policyarn": _parameter("policyarn"),
        "organizations:policytype": _given("policytype"),
        "organizations:serviceprincipal": _given("serviceprincipal"),
        "sts:externalid": _parameter("externalid"),
        "sts:rolesessionname": _parameter("rolesessionname"),
        "sts:sourceidentity": _parameter("sourceidentity"),
    }
)


def _asked(key: str, asking: Asking, caller: Caller) -> Any:
    reading = _FROM_PARAMETERS.get(key)
    if reading is not None:
        return reading(asking)
    if key.startswith(_PRINCIPAL_TAG):
        return _OPEN if caller.tags is None else _tag(caller.tags, key.removeprefix(_PRINCIPAL_TAG))
    if key.startswith(_REQUEST_TAG) or key == "aws:tagkeys":
        tags = asking.tags
        if tags is None:
            return _OPEN
        return [*tags] if key == "aws:tagkeys" else _tag(tags, key.removeprefix(_REQUEST_TAG))
    if key.startswith("s3:x-amz-"):
        return asking.request.headers.get(key.removeprefix("s3:"))
    return _OPEN


def _tag(tags: Mapping[str, str], name: str) -> str | None:
    return next((value for tag, value in tags.items() if tag.lower() == name), None)
