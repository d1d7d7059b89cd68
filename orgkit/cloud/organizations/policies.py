"""Policies of every type: creating, changing and deleting them, and enabling their types."""

from __future__ import annotations

import json

from orgkit.cloud.organizations.call import Call, Operation, Reply, wanted_tags
from orgkit.cloud.organizations.errors import ApiError, constraint, invalid
from orgkit.cloud.organizations.organization import show_root
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import RCP, SCP, Organization, Policy, new_id
from orgkit.policy import management, problems

# Policy types whose service must have trusted access first; the service model's text on SERVICE_ACCESS_NOT_ENABLED.
SERVICE_OF_TYPE = {"SECURITYHUB_POLICY": "securityhub.amazonaws.com"}


def policy_of(org: Organization, call: Call) -> Policy:
    """Return the policy that `PolicyId` names, or raise PolicyNotFoundException."""
    policy = org.policies.get(call.params["PolicyId"])
    if policy is None:
        raise ApiError("PolicyNotFoundException", f"There is no policy {call.params['PolicyId']}.")
    return policy


def show_summary(org: Organization, policy: Policy) -> Reply:
    """Return a policy without its content, as lists show it."""
    kind = policy.type.lower()
    arn = f"arn:aws:organizations::aws:policy/{kind}/{policy.id}"
    return {
        "Id": policy.id,
        "Arn": arn if policy.aws_managed else org.arn("policy", kind, policy.id),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.aws_managed,
    }


def _show(org: Organization, policy: Policy) -> Reply:
    return {"Policy": {"PolicySummary": show_summary(org, policy), "Content": policy.content}}


def _check_content(call: Call, policy_type: str, content: str) -> None:
    if call.recorded:
        return
    largest = call.limits[f"policy_size.{policy_type}"]
    if len(content) > largest:
        raise constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            f"The policy has {len(content)} characters; a {policy_type} may have {largest}.",
        )
    if policy_type in (SCP, RCP):
        _check_statements(content, policy_type)
        return
    try:
        document = json.loads(content)
    except ValueError as error:
        raise _malformed(f"The policy is not valid JSON: {error}") from None
    fault = management.fault_of(document, policy_type)
    if fault is not None:
        raise _malformed(fault)


def _check_statements(content: str, policy_type: str) -> None:
    for problem in problems(content, type=policy_type):
        if problem.severity == "error":
            raise _malformed(f"{problem.where}: {problem.message}")
    if policy_type == RCP:
        statements = json.loads(content)["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            if statement["Effect"] != "Deny":
                raise _malformed("A resource control policy of your own can only deny.")


def _malformed(message: str) -> ApiError:
    return ApiError("MalformedPolicyDocumentException", message)


def _refuse_duplicate(org: Organization, policy_type: str, name: str, but: Policy | None = None) -> None:
    if any(p.type == policy_type and p.name == name and p is not but for p in org.policies.values()):
        raise ApiError("DuplicatePolicyException", f'A {policy_type} with the name "{name}" already exists.')


def _refuse_aws_managed(policy: Policy) -> None:
    if policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY", f"{policy.name} is managed by AWS and cannot be changed.")


def _refuse_billing_only(org: Organization) -> None:
    if org.features != "ALL":
        raise ApiError(
            "PolicyTypeNotAvailableForOrganizationException",
            "Policies need an organization with all features; this one has consolidated billing only.",
        )


def create_policy(org: Organization, call: Call) -> Reply:
    """Create a policy; attaching it is a call of its own."""
    kind, name, content = (call.params[key] for key in ("Type", "Name", "Content"))
    _refuse_billing_only(org)
    tags = wanted_tags(call)
    _check_content(call, kind, content)
    _refuse_duplicate(org, kind, name)
    if sum(p.type == kind for p in org.policies.values()) >= call.limits[f"policies.{kind}"]:
        raise constraint(
            "POLICY_NUMBER_LIMIT_EXCEEDED",
            f"The organization may have {call.limits[f'policies.{kind}']} policies of type {kind}.",
        )
    about = call.params["Description"]
    policy = Policy(new_id(call.ids, "p-", 10), name, kind, content, about, tags=tags, updated=call.now)
    org.policies[policy.id] = policy
    call.changed = True
    return _show(org, policy)


def update_policy(org: Organization, call: Call) -> Reply:
    """Change a policy's name, description or content; what is left out stays."""
    policy = policy_of(org, call)
    _refuse_aws_managed(policy)
    name = call.params.get("Name", policy.name)
    content = call.params.get("Content", policy.content)
    _check_content(call, policy.type, content)
    _refuse_duplicate(org, policy.type, name, but=policy)
    policy.name, policy.content = name, content
    policy.description = call.params.get("Description", policy.description)
    policy.updated = call.now
    call.changed = True
    return _show(org, policy)


def delete_policy(org: Organization, call: Call) -> Reply:
    """Delete a policy that is attached to nothing."""
    policy = policy_of(org, call)
    _refuse_aws_managed(policy)
    if policy.targets:
        raise ApiError(
            "PolicyInUseException", f"The policy is attached to {len(policy.targets)} targets. Detach it first."
        )
    del org.policies[policy.id]
    call.changed = True
    return {}


def describe_policy(org: Organization, call: Call) -> Reply:
    """Show a policy with its content."""
    return _show(org, policy_of(org, call))


def list_policies(org: Organization, call: Call) -> Reply:
    """List the policies of one type."""
    wanted = [policy for policy in org.policies.values() if policy.type == call.params["Filter"]]
    return page(call, "Policies", wanted, lambda policy: show_summary(org, policy))


def enable_policy_type(org: Organization, call: Call) -> Reply:
    """Start to enable a policy type in the root; ListRoots shows when it is enabled."""
    kind = _type_in_root(org, call)
    _refuse_billing_only(org)
    if kind in org.policy_types:
        raise ApiError("PolicyTypeAlreadyEnabledException", f"{kind} is already enabled.")
    service = SERVICE_OF_TYPE.get(kind)
    if service is not None and service not in org.services:
        raise constraint("SERVICE_ACCESS_NOT_ENABLED", f"Enable trusted access for {service} first.")
    org.policy_types[kind] = "PENDING_ENABLE"
    org.type_waits[kind] = call.wait()
    call.changed = True
    return {"Root": show_root(org)}


def disable_policy_type(org: Organization, call: Call) -> Reply:
    """Start to disable a policy type; its policies are detached from everything, and stay detached."""
    kind = _type_in_root(org, call)
    if org.policy_types.get(kind) != "ENABLED":
        raise ApiError("PolicyTypeNotEnabledException", f"{kind} is not enabled.")
    for policy in org.policies.values():
        if policy.type == kind:
            for target_id in list(policy.targets):
                org.detach(policy, target_id)
    org.policy_types[kind] = "PENDING_DISABLE"
    org.type_waits[kind] = call.wait()
    call.changed = True
    return {"Root": show_root(org)}


def _type_in_root(org: Organization, call: Call) -> str:
    if call.params["RootId"] != org.root_id:
        raise ApiError("RootNotFoundException", f"There is no root {call.params['RootId']}.")
    kind: str = call.params["PolicyType"]
    if kind in org.type_waits:
        raise ApiError("PolicyChangesInProgressException", f"{kind} is being enabled or disabled. Try again.")
    return kind


OPERATIONS: dict[str, Operation] = {
    "CreatePolicy": create_policy,
    "UpdatePolicy": update_policy,
    "DeletePolicy": delete_policy,
    "DescribePolicy": describe_policy,
    "ListPolicies": list_policies,
    "EnablePolicyType": enable_policy_type,
    "DisablePolicyType": disable_policy_type,
}
