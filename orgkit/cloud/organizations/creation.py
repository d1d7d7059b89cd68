"""Creating accounts, which AWS does in the background: the request, its status, its end."""

from __future__ import annotations

from orgkit.cloud.organizations.call import Call, Operation, Reply, wanted_tags
from orgkit.cloud.organizations.errors import ApiError, constraint, invalid
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import Account, Creation, Organization, new_id

RESERVED_ROLES = "AWSServiceRoleFor"
DEFAULT_ROLE = "OrganizationAccountAccessRole"


def create_account(org: Organization, call: Call) -> Reply:
    """Start to create an account; it will stand in the root.

    The request itself is refused for its form, its tags and the quotas; an email that is taken, or that another request
    is using, ends as FAILED with the reason.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html
    """
    tags = wanted_tags(call)
    if call.params.get("RoleName", "").startswith(RESERVED_ROLES):
        raise invalid("INVALID_ROLE_NAME", f"A role's name cannot begin with {RESERVED_ROLES}.")
    if len(org.open_creations) >= call.limits["creations_in_flight"]:
        raise constraint(
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
            f"{call.limits['creations_in_flight']} accounts can be in progress at a time.",
        )
    if len(org.accounts) + len(org.open_creations) >= call.limits["accounts"]:
        raise constraint(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
            f"You have exceeded the allowed number of AWS accounts ({call.limits['accounts']}).",
        )
    email = call.params["Email"]
    creation = Creation(
        id=new_id(call.ids, "car-", 32),
        name=call.params["AccountName"],
        email=email,
        role=call.params.get("RoleName") or DEFAULT_ROLE,
        requested=call.now,
        account_id=_new_account_id(org, call),
        wait=call.wait(),
        failure=_failure(org, call, email),
        tags=tags,
    )
    org.creations[creation.id] = creation
    org.open_creations[creation.id] = None
    call.changed = True
    return {"CreateAccountStatus": _show(creation)}


def _failure(org: Organization, call: Call, email: str) -> str | None:
    folded = email.casefold()
    if any(org.creations[open_id].email.casefold() == folded for open_id in org.open_creations):
        return "CONCURRENT_ACCOUNT_MODIFICATION"
    return "EMAIL_ALREADY_EXISTS" if folded in org.emails else call.fate.failure


def _new_account_id(org: Organization, call: Call) -> str:
    taken = {org.creations[open_id].account_id for open_id in org.open_creations}
    while True:
        account_id = str(call.ids.randint(10**11, 10**12 - 1))
        if account_id not in org.accounts and account_id not in taken:
            return account_id


def finish_creation(org: Organization, creation: Creation) -> None:
    """End a creation that is under way: the account stands in the root, or the request has failed."""
    creation.completed = creation.requested
    creation.wait = None
    org.open_creations.pop(creation.id)
    if creation.failure:
        return
    account = Account(
        creation.account_id,
        creation.email,
        creation.name,
        org.root_id,
        creation.requested,
        role=creation.role,
        tags=creation.tags,
    )
    org.accounts[account.id] = account
    org.units[org.root_id].accounts[account.id] = None
    org.emails[account.email.casefold()] = account.id
    org.adopt(account.id)


def describe_create_account_status(org: Organization, call: Call) -> Reply:
    """Say how far a request to create an account is; each look brings it nearer to its end."""
    creation = org.creations.get(call.params["CreateAccountRequestId"])
    if creation is None:
        raise ApiError(
            "CreateAccountStatusNotFoundException",
            f"There is no request {call.params['CreateAccountRequestId']}.",
        )
    _look(org, call, creation)
    return {"CreateAccountStatus": _show(creation)}


def list_create_account_status(org: Organization, call: Call) -> Reply:
    """List the requests to create accounts, all of them or those in certain states."""
    if "NextToken" not in call.params:  # further pages are the same look
        for open_id in list(org.open_creations):
            _look(org, call, org.creations[open_id])
    states = call.params.get("States")
    wanted = [entry for entry in org.creations.values() if not states or _state(entry) in states]
    return page(call, "CreateAccountStatuses", wanted, _show)


def _look(org: Organization, call: Call, creation: Creation) -> None:
    if creation.wait is not None and call.look(creation.wait):
        finish_creation(org, creation)
        call.changed = True


def _state(creation: Creation) -> str:
    if creation.wait is not None:
        return "IN_PROGRESS"
    return "FAILED" if creation.failure else "SUCCEEDED"


def _show(creation: Creation) -> Reply:
    state = _state(creation)
    reply: Reply = {
        "Id": creation.id,
        "AccountName": creation.name,
        "State": state,
        "RequestedTimestamp": creation.requested,
    }
    if creation.completed is not None:
        reply["CompletedTimestamp"] = creation.completed
    if state == "SUCCEEDED":
        reply["AccountId"] = creation.account_id
    if state == "FAILED":
        reply["FailureReason"] = creation.failure
    return reply


OPERATIONS: dict[str, Operation] = {
    "CreateAccount": create_account,
    "DescribeCreateAccountStatus": describe_create_account_status,
    "ListCreateAccountStatus": list_create_account_status,
}
