"""How steps about budgets and cost allocation tags are carried out."""

from __future__ import annotations

from typing import Any

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls


def create_budget(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Create a budget; one that an earlier attempt made is brought to what it should be."""
    if calls.settle("CreateBudget", parameters, service="budgets", done=("DuplicateRecordException",)) is None:
        wanted = {"AccountId": parameters["AccountId"], "NewBudget": parameters["Budget"]}
        calls.settle("UpdateBudget", wanted, service="budgets")
    return ()


def set_cost_tags(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Set the status of cost allocation tags; a tag that AWS does not know yet is left for a later plan."""
    reply = calls.settle("UpdateCostAllocationTagsStatus", parameters, service="ce") or {}
    wrong = [error for error in reply.get("Errors", ()) if "NotFound" not in error.get("Code", "")]
    if wrong:
        shown = ", ".join(f"{error['TagKey']}: {error.get('Message') or error.get('Code')}" for error in wrong)
        raise CloudError(
            f"AWS did not change every cost allocation tag: {shown}", mend="Mend the cause and plan again."
        )
    return ()
