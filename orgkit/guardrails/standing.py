"""What follows from the organization for a request: whose call it is, whose resource, and the keys AWS fills in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orgkit.design import RCP, RCP_FULL_AWS_ACCESS, SCP, Account, Organization
from orgkit.guardrails.inheritance import Chain, account_id, chain, organization_id

_ORGANIZATION_ID = re.compile(r"\bo-[a-z0-9]{10,32}\b")
_ARN_PARTS = 6

# Keys that only a call made by an AWS service itself carries.
_ONLY_SERVICES = ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths")


@dataclass(frozen=True)
class Standing:
    """Who stands where in a request: `caller` and `owner` are accounts of the organization, None for others.

    `scps` are the levels over the caller, `rcps` those over the owner of the resource; `context` is what AWS fills in.
    """

    principal: str | Mapping[str, str] | None
    caller: Account | None
    owner: Account | None
    owner_id: str
    scps: Chain
    rcps: Chain | None
    context: Mapping[str, Any]


def standing(
    org: Organization, account: Account, principal: str | Mapping[str, str] | None, resource: str | None
) -> Standing:
    """Work out both sides of a request in `account`; `principal` None is an ordinary role of it.

    A principal or resource whose ARN has another account's id, handle or reference belongs to that account; one that
    the design does not have is outside of the organization.
    """
    service = _service(principal)
    caller = account if principal is None else None if service else _holder(org, _arn(principal), account)
    owner = _holder(org, resource, account)
    owner_id = account_id(owner) if owner else (resource or "").split(":")[4]
    scps = () if caller is None else chain(org, caller.id, SCP)
    rcps = None if owner is None else chain(org, owner.id, RCP)
    if rcps is not None and all(name == RCP_FULL_AWS_ACCESS.handle for _, _, texts in rcps for name, _ in texts):
        rcps = None  # AWS's own, which allows everything, has no say
    context: dict[str, Any] = {"aws:ResourceAccount": owner_id}
    context |= _organization("Resource", org, owner, scps, rcps)
    if service:
        context["aws:PrincipalIsAWSService"] = "true"
    else:
        context["aws:PrincipalIsAWSService"] = "false"
        context |= dict.fromkeys(("aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", *_ONLY_SERVICES))
        context |= _organization("Principal", org, caller, scps, rcps)
        if caller is not None:
            context["aws:PrincipalAccount"] = account_id(caller)
        if principal is None:
            context |= {"aws:PrincipalType": "AssumedRole", "aws:username": None}
    given = {"Service": principal} if service and isinstance(principal, str) else principal
    return Standing(given, caller, owner, owner_id, scps, rcps, context)


def _organization(
    side: str, org: Organization, account: Account | None, scps: Chain, rcps: Chain | None
) -> Mapping[str, Any]:
    """Id and path of the organization on one side of the request; a key is left out where it cannot be known yet."""
    id_key, paths_key = f"aws:{side}OrgID", f"aws:{side}OrgPaths"
    if account is None:
        # An account outside may be in another organization or in none; either way it is not in this one.
        return {id_key: None, paths_key: None}
    known: dict[str, Any] = {}
    # A policy that writes an id out most likely means this organization, but nobody can tell before it exists.
    if org.settings.organization_id or not (_writes_id(scps) or _writes_id(rcps or ())):
        known[id_key] = organization_id(org)
    above = [org.entity(node).aws_id for node in org.ancestors(account.id)]
    if org.settings.organization_id and all(above):
        known[paths_key] = ["/".join([org.settings.organization_id, *map(str, above), ""])]
    return known


@lru_cache(maxsize=4096)
def _writes_id(levels: Chain) -> bool:
    return any(_ORGANIZATION_ID.search(text) for _, _, texts in levels for _, text in texts)


def _holder(org: Organization, arn: str | None, account: Account) -> Account | None:
    """The account of the design that an ARN belongs to; `account` itself where the ARN does not say."""
    parts = (arn or "").split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[4] in ("", "*", "aws", account_id(account), account.handle):
        return account
    for found in (one for one in org.accounts() if parts[4] in (account_id(one), one.aws_id, one.handle)):
        return found
    return None


def _service(principal: str | Mapping[str, str] | None) -> bool:
    if isinstance(principal, Mapping):
        return "Service" in principal
    return principal is not None and principal.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _arn(principal: str | Mapping[str, str] | None) -> str | None:
    if isinstance(principal, Mapping):
        return next(iter(principal.values()), None)
    if principal is not None and principal.isdigit():
        return f"arn:aws:iam::{principal}:root"
    return principal
