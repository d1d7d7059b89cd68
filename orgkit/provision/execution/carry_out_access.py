"""How the steps about roles and Identity Center are carried out; the contract is that of `execute`.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls, NoReply
from orgkit.provision.planning.steps import KINDS

Parameters = dict[str, Any]
Execute = Callable[[Calls, Parameters], tuple[str, ...]]

# IAM's action prefix is not always the name of the client.
CLIENTS: Final = {"iam": "iam", "sso": "sso-admin", "identitystore": "identitystore"}
# Identity Center: an earlier write has not settled yet.
BUSY: Final = ("ConflictException",)
MADE_MEANWHILE: Final = "Plan again, which compares it."
# Seconds for which AWS may not know yet what was made a moment ago, and in which asynchronous work ends.
SETTLING: Final = 60.0
LONGEST_WORK: Final = 1800.0
ATTEMPTS: Final = 4


def _one_call(kind: str, done: Collection[str] = (), again: Collection[str] = ()) -> Execute:
    prefix, _, operation = KINDS[kind].operation.partition(":")

    def run(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
        calls.settle(operation, parameters, service=CLIENTS[prefix], done=done, again=again)
        return ()

    return run


def _settling(kind: str, code: str) -> Execute:
    """A call that IAM may refuse with this code for a moment, until it knows everywhere what was just made."""
    run = _one_call(kind)

    def patient(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
        start = calls.now()
        while True:
            try:
                return run(calls, parameters)
            except CloudError as error:
                if error.where != code or calls.now() - start > SETTLING:
                    raise
            calls.pause(5.0)

    return patient


# ---- roles ---------------------------------------------------------------------------------------


def _create_role(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    start = calls.now()
    while True:
        try:
            made = calls.settle("CreateRole", parameters, service="iam", done=("EntityAlreadyExists",))
        except CloudError as error:
            # A role that the trust policy names may have been made a moment ago.
            if error.where != "MalformedPolicyDocument" or calls.now() - start > SETTLING:
                raise
            calls.pause(5.0)
            continue
        if made is None and not calls.uncertain:
            raise CloudError(f"somebody else made a role {parameters['RoleName']} there meanwhile", mend=MADE_MEANWHILE)
        return ()


def _delete_role(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    """AWS deletes a role only when nothing is left on it."""
    name = {"RoleName": parameters["RoleName"]}
    gone = ("NoSuchEntity",)
    if calls.settle("GetRole", name, service="iam", done=gone) is None:
        return ()
    listed = {"service": "iam", "token": "Marker"}
    for policy in calls.pages("ListAttachedRolePolicies", "AttachedPolicies", name, **listed):
        calls.settle("DetachRolePolicy", {**name, "PolicyArn": policy["PolicyArn"]}, service="iam", done=gone)
    for policy_name in calls.pages("ListRolePolicies", "PolicyNames", name, **listed):
        calls.settle("DeleteRolePolicy", {**name, "PolicyName": policy_name}, service="iam", done=gone)
    for profile in calls.pages("ListInstanceProfilesForRole", "InstanceProfiles", name, **listed):
        there = {**name, "InstanceProfileName": profile["InstanceProfileName"]}
        calls.settle("RemoveRoleFromInstanceProfile", there, service="iam", done=gone)
    calls.settle("DeleteRole", name, service="iam", done=gone)
    return ()


# ---- Identity Center -----------------------------------------------------------------------------


def _create_group(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    made = calls.settle("CreateGroup", parameters, service="identitystore", done=BUSY)
    if made is None and not calls.uncertain:
        raise CloudError(f"somebody else made a group {parameters['DisplayName']} meanwhile", mend=MADE_MEANWHILE)
    if made is None:
        wanted = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": parameters["DisplayName"]}}
        asked = {"IdentityStoreId": parameters["IdentityStoreId"], "AlternateIdentifier": wanted}
        made = calls.settle("GetGroupId", asked, service="identitystore") or {}
    return (str(made["GroupId"]),)


def _create_permission_set(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    """Sent once at a time: names are looked at before a request whose fate is not known is sent again."""
    for _ in range(ATTEMPTS):
        if calls.uncertain and (found := _permission_set(calls, parameters)) is not None:
            return (found,)
        try:
            made = calls.call("CreatePermissionSet", parameters, service="sso-admin", done=BUSY)
        except NoReply:
            continue
        if made is not None:
            return (str(made["PermissionSet"]["PermissionSetArn"]),)
        if not calls.uncertain and _permission_set(calls, parameters) is not None:
            raise CloudError(f"somebody else made permission set {parameters['Name']} meanwhile", mend=MADE_MEANWHILE)
        calls.back_off()
    raise CloudError(f"permission set {parameters['Name']} was not made in {ATTEMPTS} attempts", mend="Resume later.")


def _permission_set(calls: Calls, parameters: Parameters) -> str | None:
    instance = {"InstanceArn": parameters["InstanceArn"]}
    for arn in calls.pages("ListPermissionSets", "PermissionSets", instance, service="sso-admin"):
        asked = {**instance, "PermissionSetArn": arn}
        described = calls.settle("DescribePermissionSet", asked, service="sso-admin") or {}
        if described["PermissionSet"]["Name"] == parameters["Name"]:
            return str(arn)
    return None


def _attach_managed_policy(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    """The same code says that it is there already, and that an earlier write has not settled."""
    asked = {key: parameters[key] for key in ("InstanceArn", "PermissionSetArn")}
    start = calls.now()
    while calls.settle(
        "AttachManagedPolicyToPermissionSet", parameters, service="sso-admin", done=BUSY
    ) is None and parameters["ManagedPolicyArn"] not in _managed(calls, asked):
        if calls.now() - start > SETTLING:
            raise CloudError("Identity Center is busy with this permission set", mend="Resume later.")
        calls.back_off()
    return ()


def _managed(calls: Calls, asked: Parameters) -> set[str]:
    listed = calls.pages("ListManagedPoliciesInPermissionSet", "AttachedManagedPolicies", asked, service="sso-admin")
    return {policy["Arn"] for policy in listed}


def _assign(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    if calls.uncertain and _is_assigned(calls, parameters):
        return ()
    reply = calls.settle("CreateAccountAssignment", parameters, service="sso-admin", again=BUSY) or {}
    _follow(calls, "AccountAssignmentCreation", reply["AccountAssignmentCreationStatus"], parameters["InstanceArn"])
    return ()


def _unassign(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    if calls.uncertain and not _is_assigned(calls, parameters):
        return ()
    gone = ("ResourceNotFoundException",)
    reply = calls.settle("DeleteAccountAssignment", parameters, service="sso-admin", again=BUSY, done=gone)
    if reply is not None:
        status = reply["AccountAssignmentDeletionStatus"]
        _follow(calls, "AccountAssignmentDeletion", status, parameters["InstanceArn"])
    return ()


def _is_assigned(calls: Calls, parameters: Parameters) -> bool:
    asked = {key: parameters[key] for key in ("InstanceArn", "PermissionSetArn")}
    there = {**asked, "AccountId": parameters["TargetId"]}
    listed = calls.pages("ListAccountAssignments", "AccountAssignments", there, service="sso-admin")
    return any(entry["PrincipalId"] == parameters["PrincipalId"] for entry in listed)


def _provision(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = calls.settle("ProvisionPermissionSet", parameters, service="sso-admin", again=BUSY) or {}
    _follow(calls, "PermissionSetProvisioning", reply["PermissionSetProvisioningStatus"], parameters["InstanceArn"])
    return ()


# What the request of each kind of work is called when its status is asked for.
_REQUEST: Final = {
    "AccountAssignmentCreation": "AccountAssignmentCreationRequestId",
    "AccountAssignmentDeletion": "AccountAssignmentDeletionRequestId",
    "PermissionSetProvisioning": "ProvisionPermissionSetRequestId",
}


def _follow(calls: Calls, work: str, status: Mapping[str, Any], instance: str) -> None:
    """Look at asynchronous work until it has ended; what failed says why."""
    start, pause = calls.now(), 1.0
    while status["Status"] == "IN_PROGRESS":
        if calls.now() - start > LONGEST_WORK:
            raise CloudError(f"request {status['RequestId']} of Identity Center does not end", mend="Resume later.")
        calls.pause(pause)
        pause = min(10.0, pause * 2)
        asked = {"InstanceArn": instance, _REQUEST[work]: status["RequestId"]}
        status = (calls.settle(f"Describe{work}Status", asked, service="sso-admin") or {})[f"{work}Status"]
    if status["Status"] != "SUCCEEDED":
        raise CloudError(
            f"Identity Center did not do it: {status.get('FailureReason', 'no reason given')}",
            mend="Mend the cause, then resume.",
        )


_GONE: Final = ("NoSuchEntity",)
_NOT_FOUND: Final = ("ResourceNotFoundException",)
EXECUTORS: Final[Mapping[str, Execute]] = MappingProxyType(
    {
        "create_role": _create_role,
        "update_role": _one_call("update_role"),
        "update_role_trust": _settling("update_role_trust", "MalformedPolicyDocument"),
        "put_role_boundary": _settling("put_role_boundary", "NoSuchEntity"),
        "delete_role_boundary": _one_call("delete_role_boundary", _GONE),
        "attach_role_policy": _settling("attach_role_policy", "NoSuchEntity"),
        "detach_role_policy": _one_call("detach_role_policy", _GONE),
        "put_role_policy": _settling("put_role_policy", "NoSuchEntity"),
        "delete_role_policy": _one_call("delete_role_policy", _GONE),
        "tag_role": _one_call("tag_role"),
        "untag_role": _one_call("untag_role"),
        "delete_role": _delete_role,
        "create_group": _create_group,
        "update_group": _one_call("update_group", again=BUSY),
        "delete_group": _one_call("delete_group", _NOT_FOUND, BUSY),
        "create_permission_set": _create_permission_set,
        "update_permission_set": _one_call("update_permission_set", again=BUSY),
        "attach_managed_policy": _attach_managed_policy,
        "detach_managed_policy": _one_call("detach_managed_policy", _NOT_FOUND, BUSY),
        "put_permission_set_policy": _one_call("put_permission_set_policy", again=BUSY),
        "delete_permission_set_policy": _one_call("delete_permission_set_policy", _NOT_FOUND, BUSY),
        "put_permission_set_boundary": _one_call("put_permission_set_boundary", again=BUSY),
        "delete_permission_set_boundary": _one_call("delete_permission_set_boundary", _NOT_FOUND, BUSY),
        "delete_permission_set": _one_call("delete_permission_set", _NOT_FOUND, BUSY),
        "provision_permission_set": _provision,
        "assign": _assign,
        "unassign": _unassign,
    }
)
