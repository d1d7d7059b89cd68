"""Budgets that change, and the status of cost allocation tags."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.beyond.state import Beyond, Call, Operation, management_only
from orgkit.cloud.organizations.errors import ApiError

_MOST_TAGS = 20


def _update_budget(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html"""
    from moto.budgets.models import budgets_backends

    new = call.params["NewBudget"]
    with state.moto.active("budget"):
        known: Any = budgets_backends[call.caller]["aws"].budgets[call.params["AccountId"]]
        if new["BudgetName"] not in known:
            raise ApiError("NotFoundException", f"There is no budget {new['BudgetName']}.")
        known[new["BudgetName"]].budget = {**known[new["BudgetName"]].budget, **new}
    return {}


def _known_tags(state: Beyond) -> list[str]:
    """AWS knows the keys that something carries, a day later; the embedded AWS those of accounts and OUs, at once."""
    org = state.organizations.organization
    if org is None:
        return []
    carriers: list[Any] = [*org.accounts.values(), *org.units.values()]
    return sorted({*(key for carrier in carriers for key in carrier.tags), *state.cost_tags})


def _list_cost_allocation_tags(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_ListCostAllocationTags.html"""
    wanted = call.params.get("TagKeys")
    listed = [
        {"TagKey": key, "Type": "UserDefined", "Status": state.cost_tags.get(key, "Inactive")}
        for key in _known_tags(state)
        if (wanted is None or key in wanted) and call.params.get("Type", "UserDefined") == "UserDefined"
    ]
    return {"CostAllocationTags": [tag for tag in listed if call.params.get("Status") in (None, tag["Status"])]}


def _update_cost_allocation_tags(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html"""
    entries, known, errors = call.params["CostAllocationTagsStatus"], _known_tags(state), []
    management_only(state, call.caller, "change cost allocation tags")
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
        "budgets:UpdateBudget": _update_budget,
        "ce:ListCostAllocationTags": _list_cost_allocation_tags,
        "ce:UpdateCostAllocationTagsStatus": _update_cost_allocation_tags,
    }
)
