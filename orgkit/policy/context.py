"""What a request says: its action, resources, principal, and the context keys, given or following from the rest.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from orgkit.errors import InputError
from orgkit.policy.patterns import ARN_PARTS, is_wild, split_arn
from orgkit.policy.values import as_text, shown


class Unknown(Enum):
    """The value of a context key that the request leaves open."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
Values = tuple[str, ...] | None | Unknown

_ACCOUNT = re.compile(r"\d{12}")
_REQUEST_KEYS = {"action", "resource", "principal", "context"}
_PRINCIPAL_KINDS = {"AWS", "Service", "Federated", "CanonicalUser"}

_DERIVED_FROM_PRINCIPAL = {
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:username",
    "aws:userid",
}


@dataclass(frozen=True, slots=True)
class RequestResource:
    """One resource that a call touches: its ARN (or a pattern), its type, and the keys that it does not carry.

    `lacks` holds lower-case context keys that other resources of the same call carry and this one does not; a key
    that ends with a slash stands for all tags under it.
    """

    arn: str | None
    type: str | None = None
    lacks: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.arn or "*"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, as far as the request says."""

    kind: str
    name: str

    @property
    def is_service(self) -> bool:
        """An AWS service calls by itself."""
        return self.kind == "Service"

    @property
    def is_anonymous(self) -> bool:
        """Nobody signed the call."""
        return self.kind == "AWS" and self.name == "*"


class View(dict[str, Values]):
    """The context of one request as seen by one resource: lower-case key → values, None (absent) or UNKNOWN.

    Keys that follow from the principal and the resource are worked out when they are first asked for.
    """

    __slots__ = ("lacks", "partial", "principal", "resource")

    def __init__(
        self,
        known: Mapping[str, Values],
        resource: str | None,
        principal: Principal | None,
        partial: bool,
        lacks: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(known)
        self.lacks = lacks
        if lacks:
            self.update((key, None) for key in known if self._lacking(key))
        self.resource = resource
        self.principal = principal
        self.partial = partial

    def __missing__(self, key: str) -> Values:
        value: Values
        if ":" not in key or (self.lacks and self._lacking(key)):
            # Every context key has a prefix; `${Account}` and the like are placeholders that never get a value.
            value = None
        elif key in _DERIVED_FROM_PRINCIPAL:
            value = self._from_principal(key)
        elif key == "aws:resourceaccount":
            value = self._resource_account()
        else:
            value = UNKNOWN if self.partial else None
        self[key] = value
        return value

    def _lacking(self, key: str) -> bool:
        head, slash, _ = key.partition("/")
        return key in self.lacks or (bool(slash) and head + slash in self.lacks)

    def _from_principal(self, key: str) -> Values:
        open_value: Values = UNKNOWN if self.partial else None
        who = self.principal
        if who is None:
            # A caller who asks about an ordinary principal of an account says nothing about services.
            return open_value
        if who.kind not in ("AWS", "Service"):
            return ("false",) if key == "aws:principalisawsservice" else open_value
        return principal_keys(who).get(key, open_value)

    def _resource_account(self) -> Values:
        parts = split_arn(self.resource or "")
        if len(parts) == ARN_PARTS and _ACCOUNT.fullmatch(parts[4]):
            return (parts[4],)
        return UNKNOWN if self.partial else None


@lru_cache(maxsize=8192)
def principal_keys(who: Principal) -> Mapping[str, Values]:
    """Return the context keys that certainly follow from the principal; a key may be certainly absent (None)."""
    if who.is_service:
        return {
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (who.name,),
            "aws:principalarn": None,
            "aws:principalaccount": None,
            "aws:username": None,
        }
    keys: dict[str, Values] = {"aws:principalisawsservice": ("false",), "aws:principalservicename": None}
    if who.is_anonymous:
        return keys | {
            "aws:principaltype": ("Anonymous",),
            "aws:principalarn": None,
            "aws:principalaccount": None,
            "aws:username": None,
        }
    parts = split_arn(who.name)
    if len(parts) < ARN_PARTS:
        return keys
    _, partition, service, _, account, rest = parts
    keys["aws:principalarn"] = (who.name,)
    if _ACCOUNT.fullmatch(account):
        keys["aws:principalaccount"] = (account,)
    kind, _, tail = rest.partition("/")
    if service == "sts" and kind == "assumed-role":
        # The key holds the role, not its session. The session's ARN does not show the role's path.
        keys["aws:principalarn"] = (f"arn:{partition}:iam::{account}:role/{tail.split('/')[0]}",)
        keys["aws:principaltype"] = ("AssumedRole",)
        keys["aws:username"] = None
    elif service == "sts" and kind == "federated-user":
        keys["aws:principaltype"] = ("FederatedUser",)
        keys["aws:username"] = None
    elif kind == "role":
        keys["aws:principaltype"] = ("AssumedRole",)
        keys["aws:username"] = None
    elif kind == "user":
        keys["aws:principaltype"] = ("User",)
        keys["aws:username"] = (tail.rsplit("/", 1)[-1],)
    elif kind == "root":
        keys["aws:principaltype"] = ("Account",)
        keys["aws:userid"] = (account,)
        keys["aws:username"] = None
    return {key: UNKNOWN if value and any(is_wild(v) for v in value) else value for key, value in keys.items()}  # type: ignore[union-attr]


def is_service_linked_role(arn: str) -> bool:
    """Tell whether the ARN is a service-linked role, which no SCP and no RCP binds."""
    parts = split_arn(arn)
    return len(parts) == ARN_PARTS and parts[2] == "iam" and parts[5].startswith("role/aws-service-role/")


def read_principal(given: object) -> Principal | None:
    """Return the principal of a request: an ARN, `{"AWS": arn}`, `{"Service": name}` or None."""
    if given is None:
        return None
    if isinstance(given, str):
        return _read_arn(given)
    if isinstance(given, Mapping) and len(given) == 1:
        ((kind, name),) = given.items()
        if kind in _PRINCIPAL_KINDS and isinstance(name, str):
            return _read_arn(name) if kind == "AWS" else Principal(kind, name)
    raise InputError("a principal is an ARN or one of {'AWS': …}, {'Service': …}, {'Federated': …}", where="principal")


@lru_cache(maxsize=8192)
def _read_arn(given: str) -> Principal:
    if given == "*" or given.startswith("arn:"):
        return Principal("AWS", given)
    if _ACCOUNT.fullmatch(given):
        return Principal("AWS", f"arn:aws:iam::{given}:root")
    raise InputError(
        f'the principal "{given}" is not an ARN', where="principal", mend='give an ARN, or {"Service": "…"}'
    )


def read_values(key: str, given: object) -> Values:
    """Return a context value as text: one value, several, or None for a key that is known to be absent."""
    if type(given) is str:
        return (given,)
    if given is None:
        return None
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes, Mapping)):
        # A key without any value is a key that is not there.
        return tuple(_text(key, one) for one in given) or None
    return (_text(key, given),)


def _text(key: str, given: object) -> str:
    text = as_text(given)
    if text is not None:
        return text
    if isinstance(given, (datetime, date)):
        return given.isoformat()
    raise InputError(
        f"the value of {key} is {shown(given)}, a {type(given).__name__}",
        where=f"context.{key}",
        mend="give a text, a number, true or false, or a list of these",
    )


def read_context(given: Mapping[str, Any] | None) -> dict[str, Values]:
    """Return the context with lower-case keys and text values."""
    if not given:
        return {}
    try:
        return {
            key.lower(): (value,) if type(value) is str else read_values(key, value) for key, value in given.items()
        }
    except AttributeError as error:
        raise InputError("the context is a mapping of key names to values", where="context") from error


def request_view(
    context: Mapping[str, Any] | None = None,
    *,
    principal: object = None,
    resource: str | RequestResource | None = None,
    partial: bool = True,
) -> View:
    """Return what a statement sees of a request, for `Statement.applies`; what is left out is unknown if `partial`."""
    (one,) = read_resources(resource)
    return View(read_context(context), one.arn, read_principal(principal), partial, one.lacks)


def read_resources(given: object) -> tuple[RequestResource, ...]:
    """Return the resources of a request: one ARN, several, or one that is left out."""
    if given is None or given == []:
        return (RequestResource(None),)
    if isinstance(given, str):
        return (RequestResource(given),)
    if isinstance(given, RequestResource):
        return (given,)
    if isinstance(given, Iterable) and not isinstance(given, (bytes, Mapping)):
        found = tuple(one if isinstance(one, RequestResource) else RequestResource(one) for one in given)
        if all(isinstance(one.arn, str) or one.arn is None for one in found):
            return found or (RequestResource(None),)
    raise InputError("a resource is an ARN or a list of ARNs", where="resource")


def check_request(request: Mapping[str, Any]) -> str:
    """Return the action of a request, or raise InputError where the request is not one."""
    if not isinstance(request, Mapping):
        raise InputError("a request is a mapping with action, resource, principal and context", where="request")
    extra = set(request) - _REQUEST_KEYS
    if extra:
        raise InputError(
            f"a request has no {', '.join(sorted(map(str, extra)))}",
            where="request",
            mend=f"it has {', '.join(sorted(_REQUEST_KEYS))}",
        )
    action = request.get("action")
    if not isinstance(action, str) or (action != "*" and not all(action.partition(":"))):
        raise InputError(
            f"the action {shown(action)} is not service:Name", where="action", mend='write it as "s3:GetObject"'
        )
    return action
