"""Problems that can be mended in one way only, so that a button may do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orgkit.design import SCP, Edit, Organization, Policy, Problem, edits
from orgkit.errors import InputError
from orgkit.notebook.designer.rows import over_budget, planned_costs

Make = Callable[[Organization], Edit]


def label(problem: Problem) -> str | None:
    """What the button says, or None where a person has to choose."""
    found = _MENDS.get(problem.code)
    return found[0] if found is not None and problem.node is not None else None


def maker(org: Organization, code: str, node: str) -> Make:
    """The edit that mends a problem of this code at a node."""
    found = _MENDS.get(code)
    if found is None:
        raise InputError(f"nothing mends {code} by itself", mend="Read its fix.")
    return lambda on: found[1](on, node)


def _allow(org: Organization, node: str) -> Edit:
    return edits.attach(org, "FullAWSAccess", node)


def _raise_budget(org: Organization, node: str) -> Edit:
    target = org.target(node)
    over = over_budget(target, planned_costs(org))
    if target.budget is None or over is None:
        raise InputError(f"{org.path(node)} is within its budget")
    return edits.set_fields(org, node, budget=target.budget + over)


def _enable(org: Organization, node: str) -> Edit:
    type = org.policy(node).type
    if type in org.settings.policy_types:
        raise InputError(f"{type} is enabled already")
    return edits.configure(org, policy_types=(*org.settings.policy_types, type))


def _off_management(org: Organization, node: str) -> Edit:
    """What is attached to the management account binds nothing there."""
    head = org.management
    policies = [] if head is None else [p for p in org.attached(head.id, implied=False) if _binds_members(p)]
    if head is None or not policies:
        raise InputError("nothing is attached to the management account")
    return edits.detach(org, policies[0].handle, head.id)


def _binds_members(policy: Policy) -> bool:
    return policy.type in (SCP, "RESOURCE_CONTROL_POLICY")


_MENDS: Final[Mapping[str, tuple[str, Any]]] = {
    "no-scp-attached": ("Attach FullAWSAccess", _allow),
    "ou-empty": ("Remove the OU", edits.remove),
    "policy-unattached": ("Remove the policy", edits.remove),
    "budget-exceeded": ("Raise the budget", _raise_budget),
    "policy-type-not-enabled": ("Enable the type", _enable),
    "policy-on-management-account": ("Detach it", _off_management),
}
