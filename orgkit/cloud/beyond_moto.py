"""What the embedded AWS needs of other services and moto lacks: account names, changed budgets, cost allocation tags.

Each is a function from a request to a reply, in one table; a refusal is an ApiError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.organizations.errors import ApiError, denied
from orgkit.cloud.wire import Reply, Request, error_reply, json_reply

if TYPE_CHECKING:
    from orgkit.cloud.motoland import Moto
    from orgkit.cloud.organizations import Organizations

ACCOUNT_SERVICE: Final = "account.amazonaws.com"
_LONGEST_NAME = 50
_MOST_TAGS = 20


@dataclass(slots=True)
class Beyond:
    """The state that these operations keep, and what they look at."""

    organizations: Organizations
    moto: Moto
    cost_tags: dict[str, str] = field(default_factory=dict)  # tag key → Active or Inactive, once somebody said so


Operation = Callable[[Beyond, dict[str, Any], str], dict[str, Any]]


def finds(request: Request) -> bool:
    """Whether a request is answered here."""
    return _key(request) in OPERATIONS


def answer(state: Beyond, request: Request, caller: str) -> Reply:
    """Answer a request that is found here."""
    try:
        return json_reply(200, OPERATIONS[_key(request)](state, request.params, caller))
    except ApiError as error:
        return error_reply(request, 400, error.code, error.message)
    except ValueError as error:
        return error_reply(request, 400, "SerializationException", str(error))


def refusal(state: Beyond, request: Request, caller: str) -> Reply | None:
    """What AWS says of an Account Management call for another account, where moto would let it pass."""
    if request.service != "account":
        return None
    try:
        _account_of(state, request.params, caller)
    except (ApiError, ValueError) as error:
        return error_reply(
            request, 400, getattr(error, "code", "SerializationException"), getattr(error, "message", str(error))
        )
    return None


def _key(request: Request) -> str:
    name = request.operation.rpartition(" ")[2]
    return f"{request.service}:{name[:1].upper()}{name[1:]}"


# ---- account names -------------------------------------------------------------------------------


def _account_of(state: Beyond, params: Mapping[str, Any], caller: str) -> str:
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


def _put_account_name(state: Beyond, params: dict[str, Any], caller: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/accounts/latest/APIReference/API_PutAccountName.html"""
    account, name = _account_of(state, params, caller), params.get("AccountName")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isascii() or not name.isprintable():
        raise ApiError("ValidationException", f"{name!r} cannot be the name of an account.")
    org = state.organizations.organization
    if org is None or account not in org.accounts:
        raise denied("The embedded AWS keeps the names of an organization's accounts only.")
    if org.accounts[account].state != "ACTIVE":
        raise denied(f"The account {account} is {org.accounts[account].state}.")
    org.accounts[account].name = name
    return {}


# ---- budgets -------------------------------------------------------------------------------------


def _update_budget(state: Beyond, params: dict[str, Any], caller: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html"""
    from moto.budgets.models import budgets_backends

    new = params["NewBudget"]
    with state.moto.active("budget"):
        known: Any = budgets_backends[caller]["aws"].budgets[params["AccountId"]]
        if new["BudgetName"] not in known:
            raise ApiError("NotFoundException", f"There is no budget {new['BudgetName']}.")
        known[new["BudgetName"]].budget = {**known[new["BudgetName"]].budget, **new}
    return {}


# ---- cost allocation tags ------------------------------------------------------------------------


def _known_tags(state: Beyond) -> list[str]:
    """AWS knows the keys that something carries, a day later; the embedded AWS those of accounts and OUs, at once."""
    org = state.organizations.organization
    if org is None:
        return []
    carriers: list[Any] = [*org.accounts.values(), *org.units.values()]
    return sorted({*(key for carrier in carriers for key in carrier.tags), *state.cost_tags})


def _list_cost_allocation_tags(state: Beyond, params: dict[str, Any], caller: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_ListCostAllocationTags.html"""
    wanted = params.get("TagKeys")
    listed = [
        {"TagKey": key, "Type": "UserDefined", "Status": state.cost_tags.get(key, "Inactive")}
        for key in _known_tags(state)
        if (wanted is None or key in wanted) and params.get("Type", "UserDefined") == "UserDefined"
    ]
    return {"CostAllocationTags": [tag for tag in listed if params.get("Status") in (None, tag["Status"])]}


def _update_cost_allocation_tags(state: Beyond, params: dict[str, Any], caller: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html"""
    entries, known, errors = params["CostAllocationTagsStatus"], _known_tags(state), []
    org = state.organizations.organization
    if org is not None and caller != org.management_id:
        raise denied("Only the management account may change cost allocation tags.")
    if len(entries) > _MOST_TAGS:
        raise ApiError("ValidationException", f"At most {_MOST_TAGS} tags at a time.")
    for entry in entries:
        if entry["TagKey"] in known:
            state.cost_tags[entry["TagKey"]] = entry["Status"]
        else:
            errors.append(
                {"TagKey": entry["TagKey"], "Code": "TagKeyNotFound", "Message": "Nothing carries a tag with this key."}
            )
    return {"Errors": errors}


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "account:PutAccountName": _put_account_name,
        "budgets:UpdateBudget": _update_budget,
        "ce:ListCostAllocationTags": _list_cost_allocation_tags,
        "ce:UpdateCostAllocationTagsStatus": _update_cost_allocation_tags,
    }
)
