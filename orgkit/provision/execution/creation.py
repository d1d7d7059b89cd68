"""Creating an account, once: AWS has no idempotency token for it, and takes minutes.

Whenever it is not certain that a request was not carried out, the requests under way and the accounts that exist are
looked at before another one is sent.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls, NoReply

REQUESTS = 6
LONGEST_CREATION = 3600.0
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 15.0

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html
# What each means, and what to do.
REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "ACCOUNT_LIMIT_EXCEEDED": (
            "the organization has as many accounts as AWS grants it, closed ones counted for 90 days",
            "Ask AWS for a higher limit of accounts (Service Quotas), then resume.",
        ),
        "EMAIL_ALREADY_EXISTS": (
            "an AWS account outside of this organization has the email",
            "Choose another email in the design and plan again, or invite that account.",
        ),
        "INVALID_ADDRESS": (
            "AWS does not accept the postal address of the management account",
            "Correct the address of the management account, then resume.",
        ),
        "INVALID_EMAIL": ("AWS does not accept the email", "Correct the email in the design and plan again."),
        "GOVCLOUD_ACCOUNT_ALREADY_EXISTS": (
            "an account of this email exists in AWS GovCloud (US)",
            "Choose another email in the design and plan again.",
        ),
        "MISSING_BUSINESS_VALIDATION": (
            "AWS has not validated the business of the management account",
            "Have AWS validate the business of the management account, then resume.",
        ),
        "FAILED_BUSINESS_VALIDATION": (
            "AWS could not validate the business of the management account",
            "Ask AWS Support why the business was not validated, then resume.",
        ),
        "PENDING_BUSINESS_VALIDATION": (
            "AWS is still validating the business of the management account",
            "Wait until AWS has validated the business, then resume.",
        ),
        "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION": (
            "AWS does not accept who the management account says its business is",
            "Correct who the management account says it is, then resume.",
        ),
        "UNKNOWN_BUSINESS_VALIDATION": (
            "AWS does not know how the validation of the business of the management account ended",
            "Ask AWS Support about the validation of the business, then resume.",
        ),
        "MISSING_PAYMENT_INSTRUMENT": (
            "the management account has no payment method",
            "Give the management account a payment method, then resume.",
        ),
        "INVALID_PAYMENT_INSTRUMENT": (
            "AWS does not accept the payment method of the management account",
            "Correct the payment method of the management account, then resume.",
        ),
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": (
            "AWS cannot put tags on it while the organization's resource policy speaks of tags",
            "Take the tags out of the design, plan again, and tag the account later.",
        ),
    }
)
# AWS's own failure, and a request for the same email that is in already: look, then ask again.
RECONCILED: Final = frozenset({"INTERNAL_FAILURE", "CONCURRENT_ACCOUNT_MODIFICATION"})


def create_account(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Create an account, wait until it exists, and return its id."""
    earlier = calls.earlier("CreateAccount")
    look = earlier.unanswered
    if earlier.reply is not None and not earlier.unanswered:
        # The request of an interrupted run: its id is known, so its end is.
        status = _wait(calls, dict(earlier.reply["CreateAccountStatus"]) | {"State": "IN_PROGRESS"})
        if status is not None and status["State"] == "SUCCEEDED":
            return (str(status["AccountId"]),)
        look = True
    for _ in range(REQUESTS):
        if look and (found := _find(calls, parameters)) is not None:
            return (found,)
        try:
            reply = calls.call("CreateAccount", parameters) or {}
        except NoReply:
            look = True
            calls.back_off()
            continue
        status = _wait(calls, reply["CreateAccountStatus"])
        if status is not None and status["State"] == "SUCCEEDED":
            return (str(status["AccountId"]),)
        reason = status.get("FailureReason", "UNKNOWN") if status is not None else "INTERNAL_FAILURE"
        if reason == "EMAIL_ALREADY_EXISTS" and (calls.uncertain or calls.resumed):
            found = _find(calls, parameters)
            if found is not None:
                return (found,)
        if reason not in RECONCILED:
            words, mend = REASONS.get(
                reason, ("for a reason of AWS's own", "See the reason in AWS's documentation of CreateAccountStatus.")
            )
            raise CloudError(
                f"the account {parameters['AccountName']} was not created: {words} ({reason})",
                where=parameters["Email"],
                mend=mend,
            )
        look = True
        calls.back_off()
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


def _wait(calls: Calls, status: dict[str, Any]) -> dict[str, Any] | None:
    """Look at a request until it has ended; None where AWS does not know it any more."""
    start, pause = calls.now(), FIRST_PAUSE
    while status["State"] == "IN_PROGRESS":
        if calls.now() - start > LONGEST_CREATION:
            raise CloudError(
                f"request {status['Id']} is still under way after {LONGEST_CREATION / 60:.0f} min", mend="Resume later."
            )
        asked = {"CreateAccountRequestId": status["Id"]}
        reply = calls.settle("DescribeCreateAccountStatus", asked, done=("CreateAccountStatusNotFoundException",))
        if reply is None:
            return None
        status = reply["CreateAccountStatus"]
        if status["State"] == "IN_PROGRESS":
            calls.pause(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
    return status
