"""Member accounts: moving, closing, removing, and the list of them."""

from __future__ import annotations

from orgkit.cloud.organizations.call import Call, Operation, Reply
from orgkit.cloud.organizations.errors import ApiError, constraint
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import Account, Organization

DAY = 86_400.0
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html
CLOSURE_WINDOW_DAYS = 30
CLOSURES_AT_LEAST = 250
CLOSURES_AT_MOST = 1_000
DAYS_CLOSED = 90
# `Status` has no word for a closed account; https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
STATUS = {"CLOSED": "SUSPENDED"}


def account_of(org: Organization, call: Call) -> Account:
    """Return the account that `AccountId` names, or raise AccountNotFoundException."""
    account = org.accounts.get(call.params["AccountId"])
    if account is None:
        raise ApiError(
            "AccountNotFoundException", f"There is no account {call.params['AccountId']} in the organization."
        )
    return account


def show_account(org: Organization, call: Call, account: Account) -> Reply:
    """Return an account as AWS shows it; a look at a closing account brings its closure nearer to its end."""
    if account.closing is not None and call.look(account.closing):
        finish_closure(org, account)
        call.changed = True
    return {
        "Id": account.id,
        "Arn": org.arn("account", account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": STATUS.get(account.state, account.state),
        "State": account.state,
        "Paths": [f"{org.path(account.parent)}{account.id}/"],
        "JoinedMethod": account.method,
        "JoinedTimestamp": account.joined,
    }


def finish_closure(org: Organization, account: Account) -> None:
    """End a closure: the account is closed, and stays in the organization for 90 days."""
    account.closing = None
    account.state = "CLOSED"
    org.closed[account.id] = org.closing.pop(account.id)


def drop_account(org: Organization, account: Account) -> None:
    """Take an account out of the organization with all that hangs on it."""
    org.forget(account.id)
    org.delegates.pop(account.id, None)
    org.closing.pop(account.id, None)
    org.closed.pop(account.id, None)
    org.emails.pop(account.email.casefold(), None)
    del org.units[account.parent].accounts[account.id]
    del org.accounts[account.id]


def describe_account(org: Organization, call: Call) -> Reply:
    """Describe an account."""
    return {"Account": show_account(org, call, account_of(org, call))}


def list_accounts(org: Organization, call: Call) -> Reply:
    """List all accounts."""
    return page(call, "Accounts", org.accounts.values(), lambda account: show_account(org, call, account))


def move_account(org: Organization, call: Call) -> Reply:
    """Move an account from the parent it has now to another one."""
    account = account_of(org, call)
    source = call.params["SourceParentId"]
    destination = call.params["DestinationParentId"]
    if destination not in org.units:
        raise ApiError(
            "DestinationParentNotFoundException",
            f"There is no root or OU with the DestinationParentId {destination}.",
        )
    if source not in org.units or source != account.parent:
        raise ApiError(
            "SourceParentNotFoundException", f"The account {account.id} is not under the SourceParentId {source}."
        )
    if source == destination:
        raise ApiError("DuplicateAccountException", f"The account {account.id} is already under {destination}.")
    del org.units[source].accounts[account.id]
    org.units[destination].accounts[account.id] = None
    account.parent = destination
    call.changed = True
    return {}


def close_account(org: Organization, call: Call) -> Reply:
    """Start to close a member account; DescribeAccount shows how far it is."""
    account = account_of(org, call)
    if org.features != "ALL":
        raise constraint(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "Accounts can be closed when all features are enabled."
        )
    if account.id == org.management_id:
        raise constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "The management account cannot be closed here.")
    if account.state == "PENDING_CLOSURE":
        raise ApiError("ConflictException", f"The account {account.id} is already being closed.")
    if account.state in ("CLOSED", "SUSPENDED"):
        raise ApiError("AccountAlreadyClosedException", f"The account {account.id} is already closed.")
    if len(org.closing) >= call.limits["closures_in_flight"]:
        raise constraint(
            "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
            f"{call.limits['closures_in_flight']} accounts can be closed at a time.",
        )
    since = call.now - CLOSURE_WINDOW_DAYS * DAY
    org.closures = [at for at in org.closures if at > since]
    most = min(CLOSURES_AT_MOST, max(CLOSURES_AT_LEAST, (len(org.accounts) - 1) // 5))
    if len(org.closures) >= most:
        raise constraint(
            "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
            f"{most} accounts can be closed within {CLOSURE_WINDOW_DAYS} days.",
        )
    account.state = "PENDING_CLOSURE"
    account.closing = call.wait()
    org.closing[account.id] = call.now
    org.closures.append(call.now)
    call.changed = True
    return {}


def remove_account_from_organization(org: Organization, call: Call) -> Reply:
    """Remove a member account; it goes on as a standalone account."""
    _leave(org, call, account_of(org, call))
    return {}


def leave_organization(org: Organization, call: Call) -> Reply:
    """Take the calling account out of the organization."""
    _leave(org, call, org.accounts[call.caller])
    return {}


def _leave(org: Organization, call: Call, account: Account) -> None:
    if account.id == org.management_id:
        raise ApiError(
            "MasterCannotLeaveOrganizationException",
            "The management account cannot leave. Delete the organization after all member accounts are gone.",
        )
    if account.id in org.delegates:
        services = ", ".join(org.delegates[account.id])
        raise constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            f"The account {account.id} is a delegated administrator of {services}. Deregister it first.",
        )
    age = (call.now - account.joined) / DAY
    if account.method == "CREATED" and age < call.limits["removal_age_days"]:
        raise constraint(
            "WAIT_PERIOD_ACTIVE",
            f"A created account must be {call.limits['removal_age_days']} days old before it can leave.",
        )
    drop_account(org, account)
    call.changed = True


OPERATIONS: dict[str, Operation] = {
    "DescribeAccount": describe_account,
    "ListAccounts": list_accounts,
    "MoveAccount": move_account,
    "CloseAccount": close_account,
    "RemoveAccountFromOrganization": remove_account_from_organization,
    "LeaveOrganization": leave_organization,
}
