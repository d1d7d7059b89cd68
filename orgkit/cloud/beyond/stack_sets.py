"""Stack instances by OU: which accounts they are in, and how they are deleted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.beyond.state import Beyond, Call, Operation
from orgkit.cloud.motoland import skipping_resources
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.organizations_mirror import mirror


def _stack_set(call: Call) -> Any:
    from moto.cloudformation.exceptions import StackSetNotFoundException
    from moto.cloudformation.models import cloudformation_backends

    try:
        return cloudformation_backends[call.caller][call.region].describe_stack_set(call.params["StackSetName"])
    except StackSetNotFoundException as error:
        raise ApiError("StackSetNotFoundException", f"StackSet {call.params['StackSetName']} not found") from error


def _accounts(state: Beyond, call: Call, stack_set: Any) -> dict[str, str | None]:
    """The accounts an operation is about, each with the root or OU by which AWS has it."""
    targets: Mapping[str, Any] = call.params.get("DeploymentTargets", {})
    managed = stack_set.permission_model == "SERVICE_MANAGED"
    if managed != bool(targets) or managed == bool(call.params.get("Accounts")):
        wanted = "DeploymentTargets" if managed else "Accounts"
        raise ApiError("ValidationError", f"A {stack_set.permission_model} stack set is told its {wanted}")
    if not managed:
        return dict.fromkeys(call.params["Accounts"])
    units, named = targets.get("OrganizationalUnitIds", []), set(targets.get("Accounts", ()))
    found = {account: unit for unit in units for account in _below(state, unit)}
    match targets.get("AccountFilterType", "NONE"):
        case "INTERSECTION":
            return {account: unit for account, unit in found.items() if account in named}
        case "DIFFERENCE":
            return {account: unit for account, unit in found.items() if account not in named}
        case "UNION":
            return {**dict.fromkeys(named), **found}
    return found


def _below(state: Beyond, unit_id: str) -> list[str]:
    """Active members below a root or OU: AWS never deploys to the management account."""
    org = state.organizations.organization
    if org is None or unit_id not in org.units:
        raise ApiError("ValidationError", f"The organizational unit {unit_id} does not exist")
    found = []
    for account in org.accounts.values():
        above: str | None = account.parent
        while above and above != unit_id:
            above = org.units[above].parent
        if above and account.state == "ACTIVE" and account.id != org.management_id:
            found.append(account.id)
    return found


def _create(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html"""
    with state.moto.active("mirror"):
        mirror(state.organizations)
    with state.moto.active(call.seed), skipping_resources():
        stack_set = _stack_set(call)
        accounts, regions = _accounts(state, call, stack_set), call.params["Regions"]
        stack_set.instances.create_instances(
            list(accounts),
            regions,
            call.params.get("ParameterOverrides") or stack_set.parameters,
            {},
            permission_model=stack_set.permission_model,
        )
        for instance in stack_set.stack_instances:
            if accounts.get(instance.account_id) and not hasattr(instance, "unit"):
                instance.unit = accounts[instance.account_id]
        return _operation(stack_set, "CREATE", list(accounts), regions)


def _delete(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackInstances.html"""
    with state.moto.active(call.seed), skipping_resources():
        stack_set = _stack_set(call)
        accounts, regions = _accounts(state, call, stack_set), call.params["Regions"]
        going = [one for one in stack_set.stack_instances if one.region_name in regions and one.account_id in accounts]
        for instance in going:
            if not call.params["RetainStacks"]:
                instance.delete()
            stack_set.stack_instances.remove(instance)
        return _operation(stack_set, "DELETE", sorted({one.account_id for one in going}), regions)


def _operation(stack_set: Any, action: str, accounts: list[str], regions: list[str]) -> dict[str, Any]:
    from moto.moto_api._internal import mock_random

    made = stack_set._create_operation(str(mock_random.uuid4()), action, "SUCCEEDED", accounts, regions)
    return {"OperationId": made["OperationId"]}


def _list(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackInstances.html"""
    with state.moto.active("look"):
        listed = []
        for instance in _stack_set(call).stack_instances:
            shown = instance.to_dict()
            if getattr(instance, "unit", None):
                shown["OrganizationalUnitId"] = instance.unit
            account, region = (call.params.get(f"StackInstance{name}") for name in ("Account", "Region"))
            if account in (None, shown["Account"]) and region in (None, shown["Region"]):
                listed.append(shown)
        return {"Summaries": listed}


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "cloudformation:CreateStackInstances": _create,
        "cloudformation:DeleteStackInstances": _delete,
        "cloudformation:ListStackInstances": _list,
    }
)
