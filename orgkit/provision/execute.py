"""How each kind of step is carried out: a small function a kind, in one table.

A function gets the parameters with every reference bound, and returns the ids that the step's `produces` names, in that
order. Each can be run again after a crash or a lost reply: what is so already is taken as done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.design import SCP
from orgkit.errors import CloudError
from orgkit.provision.billing import create_budget, set_cost_tags
from orgkit.provision.calls import Calls
from orgkit.provision.creation import create_account
from orgkit.provision.steps import KINDS

Parameters = dict[str, Any]
Execute = Callable[[Calls, Parameters], tuple[str, ...]]
# Policy types take seconds, as a rule; after this AWS has forgotten.
LONGEST_ENABLING = 600.0


def execute(kind: str, calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    """Carry out a step of this kind; returns the ids it made."""
    return EXECUTORS[kind](calls, parameters)


def _one_call(kind: str, done: Collection[str] = ()) -> Execute:
    """A step that is one call, which may safely be sent again; an error code of `done` says it is so already."""
    service, operation = KINDS[kind].operation.split(":")

    def run(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
        calls.settle(operation, parameters, service=service, done=done)
        return ()

    return run


def _create_organization(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    calls.settle("CreateOrganization", parameters, done=("AlreadyInOrganizationException",))
    organization = (calls.settle("DescribeOrganization", {}) or {})["Organization"]
    root = calls.pages("ListRoots", "Roots")[0]
    enabled = {entry["Type"] for entry in root.get("PolicyTypes", ())}
    if organization["FeatureSet"] == "ALL" and SCP not in enabled:
        # AWS's model says that a new organization has them; where it has not, this makes it so.
        _enable_policy_type(calls, {"RootId": root["Id"], "PolicyType": SCP})
    return organization["Id"], root["Id"], organization["MasterAccountId"]


def _enable_policy_type(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    calls.settle("EnablePolicyType", parameters, done=("PolicyTypeAlreadyEnabledException",))
    _until(calls, parameters["PolicyType"], "ENABLED")
    return ()


def _disable_policy_type(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    calls.settle("DisablePolicyType", parameters, done=("PolicyTypeNotEnabledException",))
    _until(calls, parameters["PolicyType"], None)
    return ()


def _until(calls: Calls, kind: str, wanted: str | None) -> None:
    """Wait until a policy type has the wanted status on the root."""
    start, pause = calls.now(), 1.0
    while True:
        root = calls.pages("ListRoots", "Roots")[0]
        status = {entry["Type"]: entry["Status"] for entry in root.get("PolicyTypes", ())}.get(kind)
        if status == wanted:
            return
        if calls.now() - start > LONGEST_ENABLING:
            raise CloudError(f"{kind} is still {status} after {LONGEST_ENABLING:.0f} s", mend="Resume later.")
        calls.pause(pause)
        pause = min(10.0, pause * 2)


def _create_policy(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = calls.settle("CreatePolicy", parameters, done=("DuplicatePolicyException",))
    if reply is not None:
        return (reply["Policy"]["PolicySummary"]["Id"],)
    for policy in calls.pages("ListPolicies", "Policies", {"Filter": parameters["Type"]}):
        if policy["Name"] == parameters["Name"]:
            return (policy["Id"],)
    raise CloudError(f"AWS has a policy named {parameters['Name']} and does not list it", mend="Resume later.")


def _create_ou(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = calls.settle("CreateOrganizationalUnit", parameters, done=("DuplicateOrganizationalUnitException",))
    if reply is not None:
        return (reply["OrganizationalUnit"]["Id"],)
    asked = {"ParentId": parameters["ParentId"]}
    for unit in calls.pages("ListOrganizationalUnitsForParent", "OrganizationalUnits", asked):
        if unit["Name"] == parameters["Name"]:
            return (unit["Id"],)
    raise CloudError(f"AWS has an OU named {parameters['Name']} and does not list it", mend="Resume later.")


def _move_account(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    moved = ("DuplicateAccountException", "SourceParentNotFoundException")
    if calls.settle("MoveAccount", parameters, done=moved) is None:
        parent = calls.pages("ListParents", "Parents", {"ChildId": parameters["AccountId"]})[0]["Id"]
        if parent != parameters["DestinationParentId"]:
            raise CloudError(
                f"account {parameters['AccountId']} stands in {parent}, not where the plan has it",
                mend="Somebody moved it meanwhile: plan again.",
            )
    return ()


EXECUTORS: Final[Mapping[str, Execute]] = MappingProxyType(
    {
        "create_organization": _create_organization,
        "enable_trusted_access": _one_call("enable_trusted_access"),
        "disable_trusted_access": _one_call("disable_trusted_access"),
        "enable_policy_type": _enable_policy_type,
        "disable_policy_type": _disable_policy_type,
        "create_policy": _create_policy,
        "update_policy": _one_call("update_policy"),
        "delete_policy": _one_call("delete_policy", ["PolicyNotFoundException"]),
        "attach_policy": _one_call("attach_policy", ["DuplicatePolicyAttachmentException"]),
        "detach_policy": _one_call("detach_policy", ["PolicyNotAttachedException"]),
        "create_ou": _create_ou,
        "rename_ou": _one_call("rename_ou"),
        "delete_ou": _one_call("delete_ou", ["OrganizationalUnitNotFoundException"]),
        "create_account": create_account,
        "move_account": _move_account,
        "rename_account": _one_call("rename_account"),
        "put_contact": _one_call("put_contact"),
        "create_budget": create_budget,
        "update_budget": _one_call("update_budget"),
        "delete_budget": _one_call("delete_budget", ["NotFoundException"]),
        "set_cost_tags": set_cost_tags,
        "close_account": _one_call("close_account", ["AccountAlreadyClosedException", "ConflictException"]),
        "remove_account": _one_call("remove_account", ["AccountNotFoundException"]),
        "tag": _one_call("tag"),
        "untag": _one_call("untag"),
        "register_delegated_administrator": _one_call(
            "register_delegated_administrator", ["AccountAlreadyRegisteredException"]
        ),
        "deregister_delegated_administrator": _one_call(
            "deregister_delegated_administrator", ["AccountNotRegisteredException"]
        ),
    }
)
