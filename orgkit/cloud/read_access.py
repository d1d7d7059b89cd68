"""Reading who may come in: the roles that a design names, in their accounts, and Identity Center as a whole.

A member account is entered through its access role, which may do everything there; so on AWS only those accounts are
entered in which a design puts roles. An embedded AWS is looked at everywhere while it is small.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.read_identity_center import read_identity_center
from orgkit.cloud.secrets import external_id
from orgkit.design import Account, Organization
from orgkit.design.live_access import HIDDEN, ExternalId, LiveAccess, LiveRole, Look
from orgkit.design.sections import SecretReference
from orgkit.errors import CloudError, InputError

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

# Accounts of an embedded AWS that are looked at though no design says where.
SMALL: Final = 200
ACTIVE: Final = "ACTIVE"
EXTERNAL_ID: Final = "sts:externalid"
# Roles that AWS, or Organizations, keeps for itself.
_AWS_PATHS: Final = ("/aws-service-role/", "/aws-reserved/")
# What a plan asks before it promises a step.
_ASKED: Final = {
    "sso-admin": (
        "PutPermissionsBoundaryToPermissionSet",
        "DeletePermissionsBoundaryFromPermissionSet",
        "DescribePermissionSetProvisioningStatus",
        "ProvisionPermissionSet",
    ),
    "identitystore": ("CreateGroup", "UpdateGroup", "DeleteGroup"),
}
AWS_MANAGED: Final = "iam:AttachRolePolicy of AWS's own policies"


def read_access(
    target: Target,
    live: Organization,
    *,
    design: Organization | None = None,
    roles: Mapping[str, Look] | None = None,
    progress: Callable[..., None],
) -> LiveAccess:
    """Return who may come in; `roles` says where to look for roles, by account id; else the design does.

    The external ids of live roles are compared with those that the design's references name, and left behind. What the
    caller may not read is named in `unread`. Errors: CloudError where AWS does not answer.
    """
    found = read_identity_center(target, progress)
    wanted = roles if roles is not None else _wanted(target, live, design)
    secrets = _secrets(design)
    standing: dict[str, dict[str, LiveRole]] = {}
    looked: dict[str, Look] = {}
    unread = set(found.unread)
    for number, (account_id, look) in enumerate(wanted.items(), 1):
        account = live.account(account_id)
        try:
            standing[account_id] = dict(_roles(target, account, look, secrets))
            looked[account_id] = look
        except CloudError:
            unread.add(f"roles of {account.name}")
        progress("accounts looked into for roles", number, len(wanted))
    cannot = {f"{s}:{name}" for s, names in _ASKED.items() for name in names if not target.can(s, name)}
    if target.kind != "aws":
        cannot.add(AWS_MANAGED)
    return LiveAccess(
        roles=standing,
        looked_at=looked,
        instance=found.instance,
        store=found.store,
        permission_sets=found.permission_sets,
        groups=found.groups,
        assignments=found.assignments,
        cannot=frozenset(cannot),
        unread=frozenset(unread),
    )


def _wanted(target: Target, live: Organization, design: Organization | None) -> Mapping[str, Look]:
    active = [account for account in live.accounts() if account.state == ACTIVE and account.aws_id is not None]
    if design is None:
        members = [account for account in active if not account.management]
        if target.kind == "aws" or len(members) > SMALL:
            return {}
        return {account.aws_id or "": Look(None) for account in members}
    if design.settings.access is None:
        return {}
    by_id = {account.aws_id: account for account in active}
    by_email = {account.email.casefold(): account for account in active}
    for moved in design.settings.moved:
        if moved.old.casefold() in by_email:
            by_email.setdefault(moved.new.casefold(), by_email[moved.old.casefold()])
    names: dict[str, set[str]] = {}
    through: dict[str, str] = {}
    for role in design.settings.access.roles.values():
        for mine in _places(design, role.to):
            theirs = (
                live.management if mine.management else by_id.get(mine.aws_id) or by_email.get(mine.email.casefold())
            )
            if theirs is not None and theirs.aws_id is not None:
                names.setdefault(theirs.aws_id, set()).add(role.name)
                through[theirs.aws_id] = mine.role_name
    return {account: Look(frozenset(wanted), through[account]) for account, wanted in names.items()}


def _places(design: Organization, names: tuple[str, ...]) -> Iterator[Account]:
    for name in names:
        try:
            yield from design.accounts(design.find(name, "root", "ou", "account"))
        except InputError:
            continue  # the plan says where it stands


def _secrets(design: Organization | None) -> Callable[[str], SecretReference | None]:
    access = design.settings.access if design is not None else None
    roles = access.roles if access is not None else {}
    return lambda name: roles[name].external_id if name in roles else None


def _roles(
    target: Target, account: Account, look: Look, secrets: Callable[[str], SecretReference | None]
) -> Iterator[tuple[str, LiveRole]]:
    """One call for all roles of an account, and one more for each that counts: the first leaves its session out."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = target.client("iam", account=account.aws_id, role=look.through)
        pages = client.get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
        for detail in (role for page in pages for role in page["RoleDetailList"]):
            name = detail["RoleName"]
            if detail["Path"].startswith(_AWS_PATHS) or name == look.through:
                continue
            if look.names is None or name in look.names:
                role = client.get_role(RoleName=name)["Role"]
                yield name, _role(detail, role, secrets(name), target)
    except (ClientError, BotoCoreError) as error:
        raise CloudError(f"the roles of {account.name} cannot be read: {type(error).__name__}") from None


def _role(
    detail: Mapping[str, Any], role: Mapping[str, Any], reference: SecretReference | None, target: Target
) -> LiveRole:
    shown: list[str] = []
    trust = _without_secrets(role["AssumeRolePolicyDocument"], shown)
    return LiveRole(
        trust=trust,
        external_id=_compared(shown, reference, target),
        max_session=role.get("MaxSessionDuration", 3600),
        description=role.get("Description", ""),
        inline_policies={entry["PolicyName"]: entry["PolicyDocument"] for entry in detail["RolePolicyList"]},
        managed_policies=frozenset(entry["PolicyArn"] for entry in detail["AttachedManagedPolicies"]),
        permissions_boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        tags={tag["Key"]: tag["Value"] for tag in role.get("Tags", ())},
    )


def _without_secrets(document: Any, shown: list[str]) -> Any:
    """The document with every external id taken out, and put into `shown`."""
    if isinstance(document, Mapping):
        kept: dict[str, Any] = {}
        for key, value in document.items():
            if key.lower() == EXTERNAL_ID:
                values = value if isinstance(value, list) else [value]
                shown += [str(one) for one in values]
                kept[key] = HIDDEN if len(values) == 1 else [HIDDEN] * len(values)
            else:
                kept[key] = _without_secrets(value, shown)
        return kept
    if isinstance(document, list):
        return [_without_secrets(value, shown) for value in document]
    return document


def _compared(shown: list[str], reference: SecretReference | None, target: Target) -> ExternalId:
    if not shown:
        return "none"
    if reference is None:
        return "not compared"
    try:
        secret = external_id(reference, target)
    except InputError:
        return "not compared"
    return "same" if set(shown) == {secret} else "different"
