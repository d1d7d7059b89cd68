"""The delegation policy of the organization: which member accounts may manage its policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from orgkit import policy
from orgkit.cloud.organizations.call import Call, Operation, Reply, wanted_tags
from orgkit.cloud.organizations.errors import ApiError, constraint, invalid
from orgkit.cloud.organizations.policies import show_summary
from orgkit.cloud.organizations.state import Organization, new_id
from orgkit.errors import PolicyError

READING: Final = ("Describe", "List")
# What can be delegated besides everything that only reads.
DELEGABLE: Final = frozenset(
    {
        "AttachPolicy",
        "CreatePolicy",
        "DeletePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "EnablePolicyType",
        "TagResource",
        "UntagResource",
        "UpdatePolicy",
    }
)
_SERVICE: Final = "organizations:"
_PRINCIPAL = re.compile(r"(?:arn:aws:iam::)?(\d{12})(?::.*)?")
_NAMED: Final = ("PolicyId", "TargetId", "ResourceId", "AccountId", "OrganizationalUnitId", "ParentId", "ChildId")


def put_resource_policy(org: Organization, call: Call) -> Reply:
    """Create or replace the delegation policy of the organization."""
    content = call.params["Content"]
    tags = wanted_tags(call)
    if len(content) > call.limits["delegation_policy_size"]:
        raise constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            f"The policy has {len(content)} characters; the limit is {call.limits['delegation_policy_size']}.",
        )
    try:
        statements = policy.parse(content, type="RESOURCE").statements
    except PolicyError as error:
        reason = "INVALID_PRINCIPAL" if "rincipal" in str(error) else "INVALID_RESOURCE_POLICY_JSON"
        raise invalid(reason, f"The policy is refused: {error}") from None
    for statement in statements:
        _check_statement(org, statement)
    if org.resource_policy is None:
        org.resource_policy = {"Id": new_id(call.ids, "rp-", 8), "Tags": tags}
    elif tags:
        raise invalid(
            "INVALID_LIST_MEMBER",
            "Tags can be given only when the policy is created; use TagResource afterwards.",
        )
    org.resource_policy["Content"] = content
    call.changed = True
    return {"ResourcePolicy": _show_resource_policy(org)}


def _check_statement(org: Organization, statement: policy.Statement) -> None:
    for kind, names in statement.principals or ():
        for name in names:
            found = _PRINCIPAL.fullmatch(name)
            if kind != "AWS" or (name != "*" and (found is None or found[1] not in org.accounts)):
                raise invalid("INVALID_PRINCIPAL", f"{kind} {name} is no account of the organization.")
    for action in statement.actions:
        name = action.removeprefix(_SERVICE)
        if name == action or not ("*" in name or name.startswith(READING) or name in DELEGABLE):
            raise invalid("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", f"{action} cannot be delegated.")
    for resource in statement.resources:
        if resource != "*" and not resource.startswith("arn:aws:organizations:"):
            raise invalid("UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY", f"{resource} is nothing of an organization.")


def describe_resource_policy(org: Organization, call: Call) -> Reply:
    """Show the delegation policy."""
    if org.resource_policy is None:
        raise ApiError("ResourcePolicyNotFoundException", "The organization has no resource policy.")
    return {"ResourcePolicy": _show_resource_policy(org)}


def delete_resource_policy(org: Organization, call: Call) -> Reply:
    """Delete the delegation policy."""
    if org.resource_policy is None:
        raise ApiError("ResourcePolicyNotFoundException", "The organization has no resource policy.")
    org.resource_policy = None
    call.changed = True
    return {}


def _show_resource_policy(org: Organization) -> Reply:
    assert org.resource_policy is not None
    policy_id = org.resource_policy["Id"]
    return {
        "ResourcePolicySummary": {"Id": policy_id, "Arn": org.arn("resourcepolicy", policy_id)},
        "Content": org.resource_policy["Content"],
    }


def delegated(org: Organization, call: Call) -> bool:
    """Whether the delegation policy lets a member make this call; what is not known of the call counts as met."""
    if org.resource_policy is None or not (call.operation in DELEGABLE or call.operation.startswith(READING)):
        return False
    statements = [
        one
        for one in policy.parse(org.resource_policy["Content"], type="RESOURCE").statements
        if one.matches_action(_SERVICE + call.operation) and _speaks_of(one, call.caller)
    ]
    context = {"organizations:PolicyType": kind} if (kind := _policy_type(org, call)) else {}
    for resource in [*_resources(org, call)] or ["*"]:
        view = policy.request_view(context, resource=resource, partial=True)
        if any(one.effect == "Deny" and one.applies(view) for one in statements):
            return False
        if not any(one.effect == "Allow" and one.applies(view) is not False for one in statements):
            return False
    return True


def _speaks_of(statement: policy.Statement, account: str) -> bool:
    names = (name for _, each in statement.principals or () for name in each)
    hit = any(name == "*" or ((found := _PRINCIPAL.fullmatch(name)) and found[1] == account) for name in names)
    return hit is not statement.not_principal


def _policy_type(org: Organization, call: Call) -> str | None:
    known = org.policies.get(call.params.get("PolicyId", ""))
    if known is not None:
        return known.type
    given: Any = next((call.params[name] for name in ("Type", "PolicyType", "Filter") if name in call.params), None)
    return given if isinstance(given, str) else None


def _resources(org: Organization, call: Call) -> Iterator[str]:
    """The ARNs of what the parameters name."""
    for name in _NAMED:
        named = call.params.get(name)
        if not isinstance(named, str):
            continue
        if named in org.policies:
            yield show_summary(org, org.policies[named])["Arn"]
        elif named in org.accounts:
            yield org.arn("account", named)
        elif named in org.units:
            yield org.arn("ou" if org.units[named].parent else "root", named)


OPERATIONS: dict[str, Operation] = {
    "PutResourcePolicy": put_resource_policy,
    "DescribeResourcePolicy": describe_resource_policy,
    "DeleteResourcePolicy": delete_resource_policy,
}
