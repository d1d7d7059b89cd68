"""Who may call what: the management account everything, a delegated administrator may read, others next to nothing."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from orgkit.cloud.organizations.call import Call
from orgkit.cloud.organizations.errors import denied
from orgkit.cloud.organizations.handshakes import OPEN_TO_OTHERS
from orgkit.cloud.organizations.state import Organization

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
OPEN_TO_MEMBERS = {"DescribeOrganization", "LeaveOrganization"}
READING = ("Describe", "List")


def check_caller(org: Organization, call: Call) -> None:
    """Raise AccessDeniedException unless the calling account may use this operation."""
    if call.caller == org.management_id or call.operation in OPEN_TO_MEMBERS | OPEN_TO_OTHERS:
        return
    if call.caller in org.delegates and call.operation.startswith(READING):
        return
    if org.resource_policy is not None and _delegated(org, call):
        return
    raise denied(
        f"{call.operation} can be called from the management account, or from a delegated administrator "
        f"where AWS allows it; {call.caller} is neither."
    )


def _delegated(org: Organization, call: Call) -> bool:
    """Whether the delegation policy lets a member make this call.

    Resources and conditions are not weighed: a statement that names the account and the action decides.
    """
    assert org.resource_policy is not None
    statements = _listed(json.loads(org.resource_policy["Content"])["Statement"])
    matching = [entry["Effect"] for entry in statements if _names(org, call, entry)]
    return "Allow" in matching and "Deny" not in matching


def _names(org: Organization, call: Call, statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    callers = _listed(principal.get("AWS", []) if isinstance(principal, dict) else principal)
    mine = {call.caller, f"arn:aws:iam::{call.caller}:root", "*"}
    action = f"organizations:{call.operation}".lower()
    return bool(mine.intersection(callers)) and any(
        fnmatchcase(action, pattern.lower()) for pattern in _listed(statement.get("Action", []))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
