"""Reading IAM Identity Center: permission sets, groups, and who is assigned what where.

Assignments are asked by group, which takes a call a group; by permission set and account it would be a call a pair.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignmentsForPrincipal.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.sessions import plain
from orgkit.design.live_access import LiveGroup, LiveIdentityCenter, LivePermissionSet

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

_DENIED: Final = frozenset({"AccessDeniedException", "AccessDenied"})
_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def read_identity_center(target: Target, progress: Callable[..., None]) -> LiveIdentityCenter:
    """Return what the instance of this region holds. Errors: CloudError where AWS does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _read(target, progress)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise plain(error, target.spec) or error from None
        return LiveIdentityCenter(unread=True)
    except BotoCoreError as error:
        raise plain(error, target.spec) or error from None


def _read(target: Target, progress: Callable[..., None]) -> LiveIdentityCenter:
    sso = target.client("sso-admin")
    instances = list(_pages(sso, "list_instances", "Instances"))
    if not instances:
        return LiveIdentityCenter()
    store = instances[0]["IdentityStoreId"]
    instance = {"InstanceArn": instances[0]["InstanceArn"]}
    arns = [str(arn) for arn in _pages(sso, "list_permission_sets", "PermissionSets", **instance)]
    names: dict[str, str] = {}
    permission_sets: dict[str, LivePermissionSet] = {}
    for number, arn in enumerate(arns, 1):
        names[arn], found = _permission_set(target, sso, {**instance, "PermissionSetArn": arn})
        permission_sets[names[arn]] = found
        progress("permission sets", number, len(arns))
    groups: dict[str, LiveGroup] = {}
    assigned: set[tuple[str, str, str]] = set()
    listed = list(_pages(target.client("identitystore"), "list_groups", "Groups", IdentityStoreId=store))
    for number, group in enumerate(listed, 1):
        title = group.get("DisplayName", group["GroupId"])
        groups[title] = LiveGroup(id=group["GroupId"], description=group.get("Description") or "")
        asked = {**instance, "PrincipalId": group["GroupId"], "PrincipalType": "GROUP"}
        for entry in _pages(sso, "list_account_assignments_for_principal", "AccountAssignments", **asked):
            if entry["PermissionSetArn"] in names:
                assigned.add((title, names[entry["PermissionSetArn"]], entry["AccountId"]))
        progress("groups", number, len(listed))
    return LiveIdentityCenter(
        instance=instance["InstanceArn"],
        store=store,
        permission_sets=permission_sets,
        groups=groups,
        assignments=frozenset(assigned),
    )


def _permission_set(target: Target, sso: Any, asked: dict[str, str]) -> tuple[str, LivePermissionSet]:
    described = sso.describe_permission_set(**asked)["PermissionSet"]
    managed = _pages(sso, "list_managed_policies_in_permission_set", "AttachedManagedPolicies", **asked)
    inline = sso.get_inline_policy_for_permission_set(**asked).get("InlinePolicy")
    return described["Name"], LivePermissionSet(
        arn=described["PermissionSetArn"],
        description=described.get("Description") or "",
        session_duration=seconds(described.get("SessionDuration") or "PT1H"),
        managed_policies=frozenset(policy["Arn"] for policy in managed),
        inline_policy=json.loads(inline) if inline else None,
        permissions_boundary=_boundary(sso, asked),
        behind=_is_behind(target, sso, asked),
    )


def _is_behind(target: Target, sso: Any, asked: dict[str, str]) -> bool:
    """Whether an account has an older version; the embedded AWS provisions at once, and answers without looking."""
    older = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}
    operation = "list_accounts_for_provisioned_permission_set"
    return target.kind == "aws" and any(True for _ in _pages(sso, operation, "AccountIds", **asked, **older))


def _boundary(sso: Any, asked: dict[str, str]) -> str | None:
    from botocore.exceptions import ClientError

    try:
        boundary = sso.get_permissions_boundary_for_permission_set(**asked).get("PermissionsBoundary", {})
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":  # AWS's way to say that there is none
            return None
        raise
    arn = boundary.get("ManagedPolicyArn")
    return str(arn) if arn else None


def _pages(client: Any, operation: str, key: str, **asked: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page[key]


def seconds(duration: str) -> int:
    """An ISO 8601 duration, as in PT8H, in seconds."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return 0
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
