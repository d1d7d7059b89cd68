"""Whether a role's trust policy lets somebody assume it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from orgkit import policy
from orgkit.cloud.authorization.callers import Caller
from orgkit.errors import PolicyError
from orgkit.policy.patterns import split_arn

ASSUME = "sts:AssumeRole"


def verdict(trust: str, action: str, caller: Caller, context: Mapping[str, Any], issuer: str | None) -> str | None:
    """Return "explicitDeny" or "implicitDeny" where a trust policy surely lets nobody in, None where it may.

    The caller assumes a role by sts:AssumeRole; by the calls of federation it is a token of `issuer` (None: unknown).
    """
    view = policy.request_view(context, principal=caller.arn, partial=True)
    may = False
    for one in _statements(trust):
        if one.matches_action(action) is False:
            continue
        named = _names(one, action, caller, issuer)
        held = False if named is False else one.applies(view)
        holds = None if held and named is None else held
        if one.effect == "Deny" and holds:
            return "explicitDeny"
        may = may or (one.effect == "Allow" and holds is not False)
    return None if may else "implicitDeny"


def federated(form: Mapping[str, str]) -> tuple[str | None, dict[str, Any]]:
    """Return who issued the token of a call of federation (None where it does not say), and the context it brings.

    Its signature is not looked at. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    said = _claims(form.get("WebIdentityToken", ""))
    issuer = said.get("iss")
    if not isinstance(issuer, str):
        return None, {}
    issuer = issuer.removeprefix("https://")
    return issuer, {f"{issuer}:{name}": said[name] for name in ("aud", "sub", "amr", "azp") if name in said}


def keys_of(trust: str) -> frozenset[str]:
    """Return the context keys, in lower case, that a trust policy looks at."""
    conditions = (condition for one in _statements(trust) for condition in one.conditions)
    return frozenset(key.lower() for condition in conditions for key in condition.keys)


def _claims(token: str) -> Mapping[str, Any]:
    try:
        body = token.split(".")[1]
        read = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


@lru_cache(maxsize=4096)
def _statements(trust: str) -> tuple[policy.Statement, ...]:
    try:
        return policy.parse(trust, type="RESOURCE").statements
    except PolicyError:
        return ()  # nobody is let in by what cannot be read


def _names(statement: policy.Statement, action: str, caller: Caller, issuer: str | None) -> bool | None:
    """Whether a statement speaks of who calls; None where that is not known."""
    found: bool | None = False
    for kind, names in statement.principals or ():
        for name in names:
            if kind == ("AWS" if action == ASSUME else "Federated"):
                hit = _is(name, caller) if action == ASSUME else _issued(name, issuer)
            else:
                hit = False
            if hit:
                return not statement.not_principal
            found = None if hit is None else found
    return None if found is None else found is not statement.not_principal


def _is(name: str, caller: Caller) -> bool | None:
    """Whether a principal of a trust policy is the caller: anybody, its account, its role or user, or its session."""
    if name in ("*", caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn, caller.session):
        return True
    parts = split_arn(name)
    mine = len(parts) > 4 and parts[4] == caller.account
    return None if mine and caller.arn is None else False


def _issued(name: str, issuer: str | None) -> bool | None:
    """Whether an identity provider of a trust policy, by ARN or by name, is the one that issued a token."""
    return None if issuer is None else issuer == (name.partition(":oidc-provider/")[2] or name)
