"""Central root access: its features, privileged sessions as a member's root user, and what a root user signs in with.

A root user here has a password or has none; AWS gives none to accounts that are created once credentials are managed
centrally. Access keys, certificates and MFA devices, which only a person makes who signed in as root, there are none.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.beyond.state import Beyond, Call, Operation
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.wire import Reply, Request, error_reply

if TYPE_CHECKING:
    from orgkit.cloud.authorization import Caller
    from orgkit.cloud.organizations.state import Organization

IAM_SERVICE: Final = "iam.amazonaws.com"
CREDENTIALS, SESSIONS = "RootCredentialsManagement", "RootSessions"
_LOOKING = ("GetLoginProfile", "ListAccessKeys", "ListMFADevices", "ListSigningCertificates")
_AUDITING = (*_LOOKING, "GetAccountSummary", "GetAccessKeyLastUsed", "GetUser")
# What a session for a task may do: the managed policies of AWS with the path root-task.
TASKS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "IAMAuditRootUserCredentials": ("iam", _AUDITING),
        "IAMCreateRootUserPassword": ("iam", ("CreateLoginProfile", "GetLoginProfile")),
        "IAMDeleteRootUserCredentials": (
            "iam",
            (*_AUDITING, "DeactivateMFADevice", "DeleteAccessKey", "DeleteLoginProfile", "DeleteSigningCertificate"),
        ),
        "S3UnlockBucketPolicy": ("s3", ("DeleteBucketPolicy", "GetBucketPolicy", "ListBuckets", "PutBucketPolicy")),
        "SQSUnlockQueuePolicy": ("sqs", ("GetQueueAttributes", "GetQueueUrl", "ListQueues", "SetQueueAttributes")),
    }
)
# IAM operations that are about the caller where no user is named; of them only root has something here.
OWN: Final = frozenset(
    {"CreateLoginProfile", "DeleteLoginProfile", *_LOOKING}
    | {"DeactivateMFADevice", "DeleteAccessKey", "DeleteSigningCertificate"}
)
_LONGEST = 900


def refusal(request: Request, who: Caller, operation: str) -> Reply | None:
    """What AWS says to a privileged session that does something else than its task."""
    if who.task is None:
        return None
    service, may = TASKS[who.task]
    if request.service == service and operation in may:
        return None
    message = f"User: {who} is not authorized to perform: {request.service}:{operation} in a session for {who.task}"
    return error_reply(request, 403, "AccessDenied", message)


# ---- the features --------------------------------------------------------------------------------


def _organization(state: Beyond, call: Call) -> Organization:
    """The organization, for those who manage root users in it."""
    org = state.organizations.organization
    if org is None or call.caller not in org.accounts:
        raise ApiError("OrganizationNotFoundException", "The account is not a member of an organization.")
    delegated = IAM_SERVICE in org.delegates.get(call.caller, {})
    if call.caller != org.management_id and not delegated:
        raise ApiError(
            "AccountNotManagementOrDelegatedAdministratorException",
            f"{call.caller} is neither the management account nor a delegated administrator for IAM.",
        )
    if org.features != "ALL":
        raise ApiError("OrganizationNotInAllFeaturesModeException", "Enable all features in the organization first.")
    if IAM_SERVICE not in org.services:
        raise ApiError("ServiceAccessNotEnabledException", f"Enable trusted access of {IAM_SERVICE} first.")
    return org


def _features(state: Beyond, org: Organization) -> dict[str, Any]:
    return {
        "OrganizationId": org.id,
        "EnabledFeatures": [name for name in (CREDENTIALS, SESSIONS) if name in state.root_features],
    }


def _enable(feature: str) -> Operation:
    def run(state: Beyond, call: Call) -> dict[str, Any]:
        org = _organization(state, call)
        state.root_features.setdefault(feature, state.moto.now)
        return _features(state, org)

    return run


def _disable(feature: str) -> Operation:
    def run(state: Beyond, call: Call) -> dict[str, Any]:
        org = _organization(state, call)
        state.root_features.pop(feature, None)
        return _features(state, org)

    return run


def _list_features(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html"""
    return _features(state, _organization(state, call))


# ---- sessions ------------------------------------------------------------------------------------


def _assume_root(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
    task = call.params["TaskPolicyArn"].get("arn", "").rpartition("/")[2]
    if task not in TASKS:
        raise ApiError("ValidationError", f"{task or 'nothing'} is not a task of a privileged session.")
    seconds = call.params.get("DurationSeconds", _LONGEST)
    if not 0 < seconds <= _LONGEST:
        raise ApiError("ValidationError", f"A privileged session lasts at most {_LONGEST} seconds.")
    target = call.params["TargetPrincipal"]
    try:
        org = _organization(state, call)
    except ApiError as error:
        raise _denied(target, error.message) from None
    needed = CREDENTIALS if task.startswith("IAM") else SESSIONS
    member = org.accounts.get(target)
    if member is None or member.state != "ACTIVE" or target == org.management_id:
        raise _denied(target, "it is not an active member account of the organization")
    if needed not in state.root_features:
        raise _denied(target, f"{needed} is not enabled in the organization")
    ids = Random(f"root/{call.seed}")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    ends = datetime.fromtimestamp(state.moto.now, UTC) + timedelta(seconds=seconds)
    return {
        "Credentials": {
            "AccessKeyId": f"ASIA{''.join(ids.choices(letters, k=16))}",
            "SecretAccessKey": "".join(ids.choices(letters, k=40)),
            "SessionToken": "".join(ids.choices(letters, k=64)),
            "Expiration": ends,
        }
    }


def _denied(target: str, why: str) -> ApiError:
    return ApiError("AccessDenied", f"Not authorized to perform sts:AssumeRoot on account {target}: {why}.")


# ---- what a root user has ------------------------------------------------------------------------


def _has_password(state: Beyond, account: str) -> bool:
    """Accounts that were created once credentials are managed centrally begin without one."""
    if account in state.root_passwords:
        return state.root_passwords[account]
    org, since = state.organizations.organization, state.root_features.get(CREDENTIALS)
    member = org.accounts.get(account) if org is not None else None
    return member is None or since is None or member.method != "CREATED" or member.joined < since


def _root_only(call: Call) -> None:
    if not call.root:
        raise ApiError("ValidationError", "Must specify userName when calling with non-User credentials")


def _get_login_profile(state: Beyond, call: Call) -> dict[str, Any]:
    _root_only(call)
    if not _has_password(state, call.caller):
        raise ApiError("NoSuchEntity", "The root user has no login profile.")
    return {"LoginProfile": {"UserName": "root", "CreateDate": datetime.fromtimestamp(state.moto.now, UTC)}}


def _create_login_profile(state: Beyond, call: Call) -> dict[str, Any]:
    """Allow password recovery: whoever reads the mailbox of the account can set a password again."""
    _root_only(call)
    if _has_password(state, call.caller):
        raise ApiError("EntityAlreadyExists", "The root user has a login profile.")
    state.root_passwords[call.caller] = True
    return _get_login_profile(state, call)


def _delete_login_profile(state: Beyond, call: Call) -> dict[str, Any]:
    _get_login_profile(state, call)
    state.root_passwords[call.caller] = False
    return {}


def _nothing(key: str) -> Operation:
    def run(state: Beyond, call: Call) -> dict[str, Any]:
        _root_only(call)
        return {key: [], "IsTruncated": False}

    return run


def _not_there(state: Beyond, call: Call) -> dict[str, Any]:
    _root_only(call)
    raise ApiError("NoSuchEntity", "The root user has no such credential.")


def _account_summary(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html"""
    from moto.iam.models import iam_backends

    with state.moto.active("look"):
        counted = dict(iam_backends[call.caller]["aws"].get_account_summary().summary_map)
    return {"SummaryMap": {**counted, "AccountPasswordPresent": int(_has_password(state, call.caller))}}


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "iam:EnableOrganizationsRootCredentialsManagement": _enable(CREDENTIALS),
        "iam:EnableOrganizationsRootSessions": _enable(SESSIONS),
        "iam:DisableOrganizationsRootCredentialsManagement": _disable(CREDENTIALS),
        "iam:DisableOrganizationsRootSessions": _disable(SESSIONS),
        "iam:ListOrganizationsFeatures": _list_features,
        "iam:GetAccountSummary": _account_summary,
        "iam:GetLoginProfile": _get_login_profile,
        "iam:CreateLoginProfile": _create_login_profile,
        "iam:DeleteLoginProfile": _delete_login_profile,
        "iam:ListAccessKeys": _nothing("AccessKeyMetadata"),
        "iam:ListMFADevices": _nothing("MFADevices"),
        "iam:ListSigningCertificates": _nothing("Certificates"),
        "iam:DeleteAccessKey": _not_there,
        "iam:DeleteSigningCertificate": _not_there,
        "iam:DeactivateMFADevice": _not_there,
        "sts:AssumeRoot": _assume_root,
    }
)
