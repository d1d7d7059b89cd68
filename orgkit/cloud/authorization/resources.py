"""The resource that a request is about, where its parameters make it plain, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.authorization.asking import Asking
from orgkit.policy.catalogue import ResourceType, load_catalogue
from orgkit.policy.touching import Way, action_named, fits, touched

if TYPE_CHECKING:
    from orgkit.cloud.motoland import Moto

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_PLAIN = re.compile(r"[\w+=,.@/-]+")
_KEY = re.compile(r"[^*?$]+")  # an object's key is free, but what means something in a pattern is not told apart
_ACCOUNT = re.compile(r"\d{12}")
# What AWS's list of resources calls a parameter that operations call otherwise (lower case).
_ALSO: Final[Mapping[str, str]] = MappingProxyType({"bucketname": "bucket", "objectname": "key"})
_PARTITION: Final = "aws"


def resource_of(asking: Asking, account: str, region: str, moto: Moto) -> str | None:
    """Return the ARN of the one resource that the parameters name, or None where they leave it open."""
    if asking.action.endswith("*"):
        return None
    parameters = asking.parameters
    if asking.service == "iam" and (known := _identity(parameters, account, moto)) is not None:
        return known if fits(asking.action, known) else None
    for value in parameters.values():
        if isinstance(value, str) and value.startswith("arn:") and "*" not in value and fits(asking.action, value):
            return value
    places = {"partition": _PARTITION, "region": region, "account": account}
    filled = [arn for one in _types(asking.action) if (arn := _fill(one.template, parameters, places)) is not None]
    return filled[0] if len(filled) == 1 else None


def owner_of(resource: str | None, moto: Moto) -> str | None:
    """Return the account that a resource belongs to; of a bucket that is not there, nobody knows."""
    parts = (resource or "").split(":", 5)
    if len(parts) < 6:
        return None
    if parts[2] == "s3" and not parts[4]:
        return moto.bucket_owner(parts[5].partition("/")[0])
    return parts[4] if _ACCOUNT.fullmatch(parts[4]) else None


@lru_cache(maxsize=4096)
def ways(action: str, resource: str | None, region: str, keys: frozenset[str]) -> tuple[Way, ...]:
    """The resources that a call touches, as `orgkit.policy.touching` has them; an owner that is not known is open."""
    return touched(action, resource, partition=_PARTITION, region=region, owner="*", keys=keys)


@cache
def _types(action: str) -> tuple[ResourceType, ...]:
    one = action_named(action)
    listed = load_catalogue().resource_types(one.service)
    return tuple(listed[each.name.lower()] for each in one.resources if each.name.lower() in listed)


def _fill(template: str, parameters: Mapping[str, Any], places: Mapping[str, str]) -> str | None:
    """A template of an ARN with the parameters of the same names, or None where one is missing or is no plain name."""
    arn, end, named = "", 0, False
    for found in _PLACEHOLDER.finditer(template):
        name = found[1].lower()
        value = places.get(name)
        if value is None:
            value = parameters.get(name) or parameters.get(_ALSO.get(name, ""))
            if not isinstance(value, str) or not (_KEY if name == "objectname" else _PLAIN).fullmatch(value):
                return None
            named = True
        arn += template[end : found.start()] + value
        end = found.end()
    return arn + template[end:] if named else None


def _identity(parameters: Mapping[str, Any], account: str, moto: Moto) -> str | None:
    """A role or a user, which has a path that only its creation names."""
    for kind in ("role", "user"):
        name = parameters.get(f"{kind}name")
        if isinstance(name, str):
            known = moto.principal(account, kind, name)
            path = parameters.get("path", "/")
            return known.arn if known is not None else f"arn:{_PARTITION}:iam::{account}:{kind}{path}{name}"
    return None
