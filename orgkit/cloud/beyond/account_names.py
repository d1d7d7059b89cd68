"""Account names, and whose accounts a caller may manage."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.beyond.state import Beyond, Call, Operation
from orgkit.cloud.organizations.errors import ApiError, denied

ACCOUNT_SERVICE: Final = "account.amazonaws.com"
_LONGEST_NAME = 50


def account_of(state: Beyond, params: Mapping[str, Any], caller: str) -> str:
    """The account a call is about: the caller's own, or a member for a management account whose members trust it.

    https://docs.aws.amazon.com/accounts/latest/reference/using-orgs-trusted-access.html
    """
    named = params.get("AccountId")
    if named is None:
        return caller
    org = state.organizations.organization
    if org is None or caller != org.management_id or named not in org.accounts:
        raise denied(f"The account {caller} may not manage the account {named}.")
    if named == caller:
        raise ApiError("ValidationException", "The management account is managed without AccountId.")
    if org.features != "ALL" or ACCOUNT_SERVICE not in org.services:
        raise denied(f"{ACCOUNT_SERVICE} has no trusted access in the organization.")
    return str(named)


def _put_account_name(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/accounts/latest/APIReference/API_PutAccountName.html"""
    account, name = account_of(state, call.params, call.caller), call.params.get("AccountName")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isascii() or not name.isprintable():
        raise ApiError("ValidationException", f"{name!r} cannot be the name of an account.")
    org = state.organizations.organization
    if org is None or account not in org.accounts:
        raise denied("The embedded AWS keeps the names of an organization's accounts only.")
    if org.accounts[account].state != "ACTIVE":
        raise denied(f"The account {account} is {org.accounts[account].state}.")
    org.accounts[account].name = name
    return {}


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType({"account:PutAccountName": _put_account_name})
