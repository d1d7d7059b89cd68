"""Attaching policies to the root, OUs and accounts, and detaching them."""

from __future__ import annotations

from orgkit.cloud.organizations.call import Call, Operation, Reply
from orgkit.cloud.organizations.errors import ApiError, constraint, invalid
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.policies import policy_of, show_summary
from orgkit.cloud.organizations.state import FULL_ACCESS, RCP, SCP, Account, Organization, Policy, Unit


def _target_of(org: Organization, call: Call) -> Unit | Account:
    target = org.target(call.params["TargetId"])
    if target is None:
        raise ApiError("TargetNotFoundException", f"There is no root, OU or account {call.params['TargetId']}.")
    return target


def _check_enabled(org: Organization, policy: Policy) -> None:
    status = org.policy_types.get(policy.type)
    if status == "PENDING_DISABLE":
        raise ApiError("PolicyChangesInProgressException", f"{policy.type} is being disabled. Try again.")
    if status != "ENABLED":
        raise ApiError("PolicyTypeNotEnabledException", f"{policy.type} is not enabled in the root.")


def attach_policy(org: Organization, call: Call) -> Reply:
    """Attach a policy to the root, an OU or an account; its type must be enabled and a slot must be free."""
    policy = policy_of(org, call)
    target = _target_of(org, call)
    _check_enabled(org, policy)
    attached = org.attached_to(target.id, policy.type)
    if policy.id in attached:
        raise ApiError("DuplicatePolicyAttachmentException", f"{policy.id} is already attached to {target.id}.")
    most = call.limits[f"attached.{policy.type}"]
    if len(attached) >= most:
        raise constraint(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            f"{target.id} already has {most} policies of type {policy.type}, the most it may have.",
        )
    org.attach(policy, target.id)
    call.changed = True
    return {}


def detach_policy(org: Organization, call: Call) -> Reply:
    """Detach a policy; the last service control policy stays, and so does RCPFullAWSAccess."""
    policy = policy_of(org, call)
    target = _target_of(org, call)
    if policy.id not in org.attached_to(target.id, policy.type):
        raise ApiError("PolicyNotAttachedException", f"{policy.id} is not attached to {target.id}.")
    if policy.id == FULL_ACCESS[RCP]:
        raise invalid("NON_DETACHABLE_POLICY", "RCPFullAWSAccess cannot be detached.")
    if policy.type == SCP and len(org.attached_to(target.id, SCP)) <= call.limits[f"attached_min.{SCP}"]:
        raise constraint(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            f"{policy.id} is the last service control policy of {target.id}. Attach another one first.",
        )
    org.detach(policy, target.id)
    call.changed = True
    return {}


def list_policies_for_target(org: Organization, call: Call) -> Reply:
    """List the policies of one type that are attached to a target itself, not those it inherits."""
    target = _target_of(org, call)
    ids = org.attached_to(target.id, call.params["Filter"])
    return page(call, "Policies", ids, lambda policy_id: show_summary(org, org.policies[policy_id]))


def list_targets_for_policy(org: Organization, call: Call) -> Reply:
    """List what a policy is attached to."""
    return page(call, "Targets", policy_of(org, call).targets, lambda target_id: _show_target(org, target_id))


def _show_target(org: Organization, target_id: str) -> Reply:
    kind, arn_kind = "ORGANIZATIONAL_UNIT", "ou"
    if target_id == org.root_id:
        kind = arn_kind = "ROOT"
    elif target_id in org.accounts:
        kind = arn_kind = "ACCOUNT"
    target = org.target(target_id)
    assert target is not None
    return {
        "TargetId": target_id,
        "Arn": org.arn(arn_kind.lower(), target_id),
        "Name": target.name,
        "Type": kind,
    }


OPERATIONS: dict[str, Operation] = {
    "AttachPolicy": attach_policy,
    "DetachPolicy": detach_policy,
    "ListPoliciesForTarget": list_policies_for_target,
    "ListTargetsForPolicy": list_targets_for_policy,
}
