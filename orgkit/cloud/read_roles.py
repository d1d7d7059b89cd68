"""Reading the roles of member accounts: those that a list of looks names, or all of them where a person asks.

A member account is entered through its access role, which may do everything there; so none is entered in vain.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.secrets import external_id
from orgkit.design import Organization
from orgkit.design.entities import ACCESS_ROLE
from orgkit.design.live_access import HIDDEN, ExternalId, LiveRole, LiveRoles, live_roles
from orgkit.design.sections import SecretReference
from orgkit.errors import CloudError, InputError

if TYPE_CHECKING:
    from orgkit.cloud.looking import Looking
    from orgkit.cloud.target import Target

ACTIVE: Final = "ACTIVE"
_EXTERNAL_ID: Final = "sts:externalid"
# Roles that AWS keeps for itself.
_AWS_PATHS: Final = ("/aws-service-role/", "/aws-reserved/")
_AWS_NAMES: Final = (
    "stacksets-exec-",
)  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html


def read_roles(looking: Looking, wanted: Mapping[str, Any]) -> LiveRoles:
    """Return the roles that a list of looks names, with those found before; external ids are compared, and left behind.

    By account: `names`, `through` for the role to enter by, and `external_ids` with the reference for each role.
    """
    found = live_roles(looking.live)
    for who, there in wanted.items():
        account = looking.account(who)
        if account is not None:
            secrets = {name: SecretReference(**one) for name, one in there.get("external_ids", {}).items()}
            names = frozenset(there["names"])
            found = found.and_also(_of(looking.target, account, names, there.get("through", ACCESS_ROLE), secrets))
    return found


def read_all_roles(target: Target, live: Organization, progress: Callable[..., None]) -> LiveRoles:
    """Return every role of every active member account, but for AWS's own and the access roles."""
    found = LiveRoles()
    members = [one for one in live.accounts() if one.state == ACTIVE and not one.management and one.aws_id is not None]
    for number, account in enumerate(members, 1):
        found = found.and_also(_of(target, account.aws_id or "", None, account.role_name, {}))
        progress("accounts looked into for roles", number, len(members))
    return found


def _of(
    target: Target, account: str, names: frozenset[str] | None, through: str, secrets: Mapping[str, SecretReference]
) -> LiveRoles:
    try:
        roles = dict(_roles(target, account, names, through, secrets))
    except CloudError:
        return LiveRoles(unread=frozenset({account}))
    return LiveRoles(roles={account: roles}, looked_at={account: names})


def _roles(
    target: Target, account: str, names: frozenset[str] | None, through: str, secrets: Mapping[str, SecretReference]
) -> Iterator[tuple[str, LiveRole]]:
    """One call for all roles of an account, and one more for each that counts: the first leaves its session out."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = target.client("iam", account=account, role=through)
        pages = client.get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
        for detail in (role for page in pages for role in page["RoleDetailList"]):
            name = detail["RoleName"]
            if detail["Path"].startswith(_AWS_PATHS) or name.startswith(_AWS_NAMES) or name == through:
                continue
            if names is None or name in names:
                yield name, _role(detail, client.get_role(RoleName=name)["Role"], secrets.get(name), target)
    except (ClientError, BotoCoreError) as error:
        raise CloudError(f"the roles of {account} cannot be read: {type(error).__name__}") from None


def _role(
    detail: Mapping[str, Any], role: Mapping[str, Any], reference: SecretReference | None, target: Target
) -> LiveRole:
    shown: list[str] = []
    trust = _without_secrets(role["AssumeRolePolicyDocument"], shown)
    return LiveRole(
        trust=trust,
        path=detail["Path"],
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
            if key.lower() == _EXTERNAL_ID:
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
