"""How each kind of step is carried out: a small function a kind, in one table.

The contract of such a function, an executor:

- It gets `calls`, bound to the step and its account, and the step's parameters with every reference replaced by its id.
  A secret is still a placeholder, which `calls` lifts in the call itself. Nothing else is known to it: all it must know
  stands in the plan.
- Every call to AWS goes through `calls`: `settle` where sending a request twice does no harm, `call` where it does
  (then NoReply is to be handled), `pages` for lists. So every call is paced, repeated and written down.
- It waits through `calls.pause` or `calls.back_off` and reads the time from `calls.now()`, never from the machine.
- It returns the ids that the step's `produces` names, in that order; a step that makes none returns ().
- It raises CloudError, with words on what to do, where AWS refuses; the step has failed then, and what waits for it is
  skipped. Stopped passes through. Anything else is a mistake of the program.
- It can be run again after a crash at any point: what is so already is done, by the error codes given as `done`. Where
  "it exists already" could be somebody else's work, only `calls.uncertain` (this step may have been carried out in part
  before) lets it count. `calls.earlier(operation)` has the reply an interrupted run got, such as the id of a request
  that is under way.

To add kinds: a module of its own with such functions and a table, its entries in EXECUTORS here and in
`orgkit.provision.planning.steps.KINDS`, where the one operation that a step needs is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.design import SCP
from orgkit.errors import CloudError
from orgkit.provision.execution import (
    carry_out_access,
    log_bucket_execution,
    security_execution,
    service_execution,
    stack_set_execution,
)
from orgkit.provision.execution.calls import Calls
from orgkit.provision.execution.creation import create_account
from orgkit.provision.parts.billing import create_budget, set_cost_tags
from orgkit.provision.planning.steps import KINDS

Parameters = dict[str, Any]
Execute = Callable[[Calls, Parameters], tuple[str, ...]]
# Policy types take seconds, as a rule; after this AWS has forgotten.
LONGEST_ENABLING = 600.0


def execute(kind: str, calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    """Carry out a step of this kind; returns the ids it made."""
    return EXECUTORS[kind](calls, parameters)


def one_call(kind: str, done: Collection[str] = ()) -> Execute:
    """A step that is one call, which may safely be sent again; an error code of `done` says it is so already."""
    service, operation = KINDS[kind].operation.split(":")

    def run(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
        calls.settle(operation, parameters, service=service, done=done)
        return ()

    return run


def _create_organization(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = calls.settle("CreateOrganization", parameters, done=("AlreadyInOrganizationException",))
    if reply is None:
        if not calls.uncertain:
            raise CloudError("the account is in an organization already", mend="Plan again.")
        reply = calls.settle("DescribeOrganization", {}) or {}
    organization = reply["Organization"]
    root = calls.pages("ListRoots", "Roots")[0]
    enabled = {entry["Type"] for entry in root.get("PolicyTypes", ())}
    if organization["FeatureSet"] == "ALL" and SCP not in enabled:
        # AWS's model says that a new organization has them; where it has not, this makes it so.
        _enable_policy_type(calls, {"RootId": root["Id"], "PolicyType": SCP})
    return organization["Id"], root["Id"], organization["MasterAccountId"]


def _enable_policy_type(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = _switch(calls, "EnablePolicyType", parameters, "PolicyTypeAlreadyEnabledException", before=None)
    _until(calls, parameters["PolicyType"], "ENABLED", reply)
    return ()


def _disable_policy_type(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = _switch(calls, "DisablePolicyType", parameters, "PolicyTypeNotEnabledException", before="ENABLED")
    _until(calls, parameters["PolicyType"], None, reply)
    return ()


def _switch(
    calls: Calls, operation: str, parameters: Parameters, already: str, *, before: str | None
) -> dict[str, Any] | None:
    """Begin to enable or disable a policy type; None where it is so already, or was begun by a call without a reply.

    AWS answers "in progress" to a second request, and also while another type is changed: the root tells them apart.
    """
    start = calls.now()
    while True:
        reply = calls.settle(operation, parameters, done=(already, "PolicyChangesInProgressException"))
        if reply is not None or _status(calls, parameters["PolicyType"]) != before:
            return reply
        if calls.now() - start > LONGEST_ENABLING:
            raise CloudError(
                f"{operation}: other policy types are still being changed after {LONGEST_ENABLING:.0f} s",
                mend="Resume later.",
            )
        calls.back_off()


def _status(calls: Calls, kind: str, root: dict[str, Any] | None = None) -> str | None:
    root = root or calls.pages("ListRoots", "Roots")[0]
    return {entry["Type"]: entry["Status"] for entry in root.get("PolicyTypes", ())}.get(kind)


def _until(calls: Calls, kind: str, wanted: str | None, reply: dict[str, Any] | None) -> None:
    """Wait until a policy type has the wanted status on the root, which the reply may show already."""
    start, pause = calls.now(), 0.0
    root = (reply or {}).get("Root")
    while True:
        status = _status(calls, kind, root)
        if status == wanted:
            return
        if calls.now() - start > LONGEST_ENABLING:
            raise CloudError(f"{kind} is still {status} after {LONGEST_ENABLING:.0f} s", mend="Resume later.")
        calls.pause(pause)
        pause = min(10.0, pause * 2 or 1.0)
        root = None


def _create_policy(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = calls.settle("CreatePolicy", parameters, done=("DuplicatePolicyException",))
    if reply is not None:
        return (reply["Policy"]["PolicySummary"]["Id"],)
    for policy in calls.pages("ListPolicies", "Policies", {"Filter": parameters["Type"]}):
        if policy["Name"] == parameters["Name"]:
            stands = (calls.settle("DescribePolicy", {"PolicyId": policy["Id"]}) or {})["Policy"]["Content"]
            if calls.uncertain and json.loads(stands) == json.loads(parameters["Content"]):
                return (policy["Id"],)
    raise CloudError(
        f"somebody else made a policy named {parameters['Name']} meanwhile", mend="Plan again, which compares it."
    )


def _create_ou(calls: Calls, parameters: Parameters) -> tuple[str, ...]:
    reply = calls.settle("CreateOrganizationalUnit", parameters, done=("DuplicateOrganizationalUnitException",))
    if reply is not None:
        return (reply["OrganizationalUnit"]["Id"],)
    asked = {"ParentId": parameters["ParentId"]}
    for unit in calls.pages("ListOrganizationalUnitsForParent", "OrganizationalUnits", asked):
        if unit["Name"] == parameters["Name"] and calls.uncertain:
            return (unit["Id"],)
    raise CloudError(
        f"somebody else made an OU named {parameters['Name']} there meanwhile", mend="Plan again, which compares it."
    )


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
        **carry_out_access.EXECUTORS,
        "create_organization": _create_organization,
        "enable_trusted_access": one_call("enable_trusted_access"),
        "disable_trusted_access": one_call("disable_trusted_access"),
        "enable_policy_type": _enable_policy_type,
        "disable_policy_type": _disable_policy_type,
        "create_policy": _create_policy,
        "update_policy": one_call("update_policy"),
        "delete_policy": one_call("delete_policy", ["PolicyNotFoundException"]),
        "attach_policy": one_call("attach_policy", ["DuplicatePolicyAttachmentException"]),
        "detach_policy": one_call("detach_policy", ["PolicyNotAttachedException"]),
        "create_ou": _create_ou,
        "rename_ou": one_call("rename_ou"),
        "delete_ou": one_call("delete_ou", ["OrganizationalUnitNotFoundException"]),
        "create_account": create_account,
        "move_account": _move_account,
        "rename_account": one_call("rename_account"),
        "put_contact": one_call("put_contact"),
        "create_budget": create_budget,
        "update_budget": one_call("update_budget"),
        "delete_budget": one_call("delete_budget", ["NotFoundException"]),
        "set_cost_tags": set_cost_tags,
        "close_account": one_call("close_account", ["AccountAlreadyClosedException", "ConflictException"]),
        "remove_account": one_call("remove_account", ["AccountNotFoundException"]),
        "tag": one_call("tag"),
        "untag": one_call("untag"),
        "register_delegated_administrator": one_call(
            "register_delegated_administrator", ["AccountAlreadyRegisteredException"]
        ),
        "deregister_delegated_administrator": one_call(
            "deregister_delegated_administrator", ["AccountNotRegisteredException"]
        ),
        **service_execution.EXECUTORS,
        **log_bucket_execution.EXECUTORS,
        **security_execution.EXECUTORS,
        **stack_set_execution.EXECUTORS,
    }
)
