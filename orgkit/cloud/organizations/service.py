"""The Organizations API of one embedded AWS: a table of operations behind AWS's checks of form and of caller."""

from __future__ import annotations

from orgkit.cloud.organizations import (
    accounts,
    attachments,
    creation,
    delegation,
    effective,
    handshakes,
    organization,
    policies,
    services,
    shapes,
    tags,
    units,
)
from orgkit.cloud.organizations.accounts import DAY, DAYS_CLOSED, drop_account, finish_closure
from orgkit.cloud.organizations.call import Call, Operation, Reply
from orgkit.cloud.organizations.callers import check_caller
from orgkit.cloud.organizations.creation import finish_creation
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.organizations.organization import create_organization, finish_policy_type
from orgkit.cloud.organizations.state import Organization

OPERATIONS: dict[str, Operation] = {
    **organization.OPERATIONS,
    **units.OPERATIONS,
    **accounts.OPERATIONS,
    **creation.OPERATIONS,
    **policies.OPERATIONS,
    **attachments.OPERATIONS,
    **effective.OPERATIONS,
    **delegation.OPERATIONS,
    **tags.OPERATIONS,
    **services.OPERATIONS,
    **handshakes.OPERATIONS,
}
# What the service does besides the table: it makes the organization that the others work on.
SUPPORTED = frozenset({*OPERATIONS, "CreateOrganization"})


class Organizations:
    """AWS Organizations for one management account; `organization` is None until it is created."""

    def __init__(self, management_id: str) -> None:
        self.management_id = management_id
        self.organization: Organization | None = None

    def call(self, call: Call) -> Reply:
        """Carry out a call as AWS does, or raise ApiError; `call.changed` says whether anything changed."""
        if call.operation not in SUPPORTED:
            raise ApiError("UnsupportedOperation", f"The embedded AWS cannot do organizations:{call.operation}.")
        params = {name: value for name, value in call.params.items() if value is not None}
        call.params = params
        if not call.recorded:
            shapes.check(call.operation, params)
        if call.operation == "CreateOrganization":
            return self._create(call)
        org = self.organization
        invited = call.operation in handshakes.OPEN_TO_OTHERS
        if org is None or (call.caller not in org.accounts and not invited):
            raise ApiError(
                "AWSOrganizationsNotInUseException",
                f"The account {call.caller} is not a member of an organization.",
            )
        settle(org, call)
        if not call.recorded:
            check_caller(org, call)
        reply = OPERATIONS[call.operation](org, call)
        if call.operation == "DeleteOrganization":
            self.organization = None
        return reply

    def settle(self, call: Call) -> None:
        """End what has come to its end by the time of a call, before another service looks at the organization."""
        if self.organization is not None:
            settle(self.organization, call)

    def _create(self, call: Call) -> Reply:
        if self.organization is not None and call.caller in self.organization.accounts:
            raise ApiError("AlreadyInOrganizationException", "The account is already in an organization.")
        if call.caller != self.management_id:
            raise ApiError(
                "UnsupportedOperation",
                f"The embedded AWS holds one organization, of the account {self.management_id}.",
            )
        self.organization, reply = create_organization(call)
        return reply


def settle(org: Organization, call: Call) -> None:
    """End the asynchronous requests whose time has come, and let go of accounts closed 90 days ago.

    This follows from the time alone, so it is no change that a state file has to remember.
    """
    for creation_id in list(org.open_creations):
        entry = org.creations[creation_id]
        if entry.wait is not None and call.now >= entry.wait.due:
            finish_creation(org, entry)
    for policy_type, wait in list(org.type_waits.items()):
        if call.now >= wait.due:
            finish_policy_type(org, policy_type)
    for account_id in list(org.closing):
        account = org.accounts[account_id]
        if account.closing is not None and call.now >= account.closing.due:
            finish_closure(org, account)
    for account_id, asked in list(org.closed.items()):
        if call.now < asked + DAYS_CLOSED * DAY:
            break
        drop_account(org, org.accounts[account_id])
