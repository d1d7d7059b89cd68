"""Creating an account, once: AWS has no idempotency token for it, and takes minutes.

Whenever it is not certain that a request was not carried out, the requests under way and the accounts that exist are
looked at before another one is sent.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
"""

from __future__ import annotations

from typing import Any

from orgkit.errors import CloudError
from orgkit.provision.calls import Calls, NoReply

REQUESTS = 4
LONGEST_CREATION = 3600.0
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 15.0

_MENDS = {
    "ACCOUNT_LIMIT_EXCEEDED": "Ask AWS for a higher limit of accounts.",
    "EMAIL_ALREADY_EXISTS": "An AWS account outside this organization has the email: choose another, or invite it.",
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS": "Choose another email.",
    "INVALID_EMAIL": "Correct the email in the design.",
    "INVALID_ADDRESS": "Correct the management account's address.",
    "MISSING_PAYMENT_INSTRUMENT": "Give the management account a payment method.",
}


def create_account(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Create an account, wait until it exists, and return its id."""
    looked = not calls.doubtful
    for _ in range(REQUESTS):
        if not looked and (found := _find(calls, parameters)) is not None:
            return (found,)
        looked = False
        try:
            reply = calls.call("CreateAccount", parameters) or {}
            status = _wait(calls, reply["CreateAccountStatus"])
        except NoReply:
            continue
        if status["State"] == "SUCCEEDED":
            return (str(status["AccountId"]),)
        reason = status.get("FailureReason", "UNKNOWN")
        if reason == "EMAIL_ALREADY_EXISTS" and (found := _find(calls, parameters)) is not None:
            return (found,)
        if reason not in ("INTERNAL_FAILURE", "CONCURRENT_ACCOUNT_MODIFICATION"):
            raise CloudError(
                f"the account {parameters['AccountName']} was not created: {reason}",
                where=parameters["Email"],
                mend=_MENDS.get(reason, "See the reason in AWS's documentation of CreateAccountStatus."),
            )
        calls.pause(LONGEST_PAUSE)
    raise CloudError(
        f"the account {parameters['AccountName']} was not created in {REQUESTS} attempts",
        where=parameters["Email"],
        mend="Resume later: it looks for the account before it tries again.",
    )


def _find(calls: Calls, parameters: dict[str, Any]) -> str | None:
    """The id of the account with this email, once the requests of this name that are under way have ended."""
    asked = {"States": ["IN_PROGRESS"]}
    for status in calls.pages("ListCreateAccountStatus", "CreateAccountStatuses", asked):
        if status.get("AccountName") == parameters["AccountName"]:
            _wait(calls, status)
    wanted = parameters["Email"].casefold()
    for account in calls.pages("ListAccounts", "Accounts"):
        if account["Email"].casefold() == wanted:
            return str(account["Id"])
    return None


def _wait(calls: Calls, status: dict[str, Any]) -> dict[str, Any]:
    """Look at a request until it has ended."""
    start, pause = calls.now(), FIRST_PAUSE
    while status["State"] == "IN_PROGRESS":
        if calls.now() - start > LONGEST_CREATION:
            raise CloudError(
                f"request {status['Id']} is still under way after {LONGEST_CREATION / 60:.0f} min", mend="Resume later."
            )
        reply = calls.settle("DescribeCreateAccountStatus", {"CreateAccountRequestId": status["Id"]}) or {}
        status = reply["CreateAccountStatus"]
        if status["State"] == "IN_PROGRESS":
            calls.pause(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
    return status
