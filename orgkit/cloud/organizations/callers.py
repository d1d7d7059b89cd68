"""Who may call what: the management account everything, a delegated administrator may read, others next to nothing."""

from __future__ import annotations

from orgkit.cloud.organizations.call import Call
from orgkit.cloud.organizations.delegation import READING, delegated
from orgkit.cloud.organizations.errors import denied
from orgkit.cloud.organizations.handshakes import OPEN_TO_OTHERS
from orgkit.cloud.organizations.state import Organization

# Each operation's page of the API reference says who may call it.
OPEN_TO_MEMBERS = {"DescribeEffectivePolicy", "DescribeOrganization", "LeaveOrganization"}


def check_caller(org: Organization, call: Call) -> None:
    """Raise AccessDeniedException unless the calling account may use this operation."""
    if call.caller == org.management_id or call.operation in OPEN_TO_MEMBERS | OPEN_TO_OTHERS:
        return
    if call.caller in org.delegates and call.operation.startswith(READING):
        return
    if delegated(org, call):
        return
    raise denied(
        f"{call.operation} can be called from the management account, or from a delegated administrator "
        f"where AWS allows it; {call.caller} is neither."
    )
