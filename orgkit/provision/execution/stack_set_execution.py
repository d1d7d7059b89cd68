"""Carrying out stack sets: operations are followed to their end, and every instance that failed is named.

One operation of a stack set runs at a time; another one waits for it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackSetOperation.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls

SERVICE: Final = "cloudformation"
_UNDER_WAY: Final = ("RUNNING", "QUEUED", "STOPPING")
_BUSY: Final = ("OperationInProgressException", "StaleRequestException")
# A stack set goes to its accounts one after the other, and waits at most this long for all of them.
LONGEST: Final = 6 * 3600.0
_MOST_SHOWN: Final = 10
_MOST_LISTED: Final = 50


def create_stack_set(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Make a stack set without instances."""
    region = parameters.pop("Region")
    done = ("NameAlreadyExistsException",)
    reply = calls.settle("CreateStackSet", parameters, service=SERVICE, region=region, done=done)
    if reply is None and not calls.uncertain:
        raise CloudError("somebody else made a stack set of this name meanwhile", mend="Plan again.")
    return ()


def _operation(name: str) -> Any:
    def run(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
        region = parameters.pop("Region")
        earlier = calls.earlier(name, service=SERVICE).reply
        reply = earlier or calls.settle(name, parameters, service=SERVICE, region=region, again=_BUSY) or {}
        _follow(calls, parameters["StackSetName"], str(reply["OperationId"]), region)
        return ()

    return run


def _follow(calls: Calls, stack_set: str, operation: str, region: str) -> None:
    """Wait until an operation has ended; CloudError with each failed instance where it failed or was stopped."""
    asked = {"StackSetName": stack_set, "OperationId": operation}
    start, pause = calls.now(), 1.0
    while True:
        reply = calls.settle("DescribeStackSetOperation", asked, service=SERVICE, region=region) or {}
        status = reply["StackSetOperation"]["Status"]
        if status not in _UNDER_WAY:
            break
        if calls.now() - start > LONGEST:
            raise CloudError(f"the operation {operation} of {stack_set} is still {status}", mend="Resume later.")
        calls.pause(pause)
        pause = min(20.0, pause * 1.5)
    results = _results(calls, asked, region)
    failed = [one for one in results if one.get("Status") in ("FAILED", "CANCELLED")]
    if status == "SUCCEEDED":
        _tell(calls, results)  # what failed within the tolerance, the next plan shows and repeats
        return
    shown = "\n    ".join(
        f"{one['Account']} {one['Region']}: {one['Status']}, {one.get('StatusReason', 'no reason given')}"
        for one in failed[:_MOST_SHOWN]
    )
    more = f"\n    and {len(failed) - _MOST_SHOWN} more" if len(failed) > _MOST_SHOWN else ""
    raise CloudError(
        f"the operation {operation} of {stack_set} is {status}" + (f":\n    {shown}{more}" if failed else ""),
        mend="Mend the cause in those accounts, or in the template, and plan again.",
    )


def _tell(calls: Calls, results: list[dict[str, Any]]) -> None:
    """Each instance's status: one line a status, and one an instance that has none of the good ones."""
    by_status: dict[str, list[str]] = defaultdict(list)
    for one in results:
        there = f"{one.get('Account', '?')} {one.get('Region', '?')}"
        if one.get("Status") == "SUCCEEDED":
            by_status["SUCCEEDED"].append(there)
        else:
            calls.tell(f"{there}: {one.get('Status')}, {one.get('StatusReason', 'no reason given')}")
    for status, places in by_status.items():
        shown = ", ".join(places[:_MOST_LISTED])
        more = f" and {len(places) - _MOST_LISTED} more" if len(places) > _MOST_LISTED else ""
        calls.tell(f"{len(places)} {status}: {shown}{more}")


def _results(calls: Calls, asked: dict[str, Any], region: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = dict(asked)
    while True:
        reply = calls.settle("ListStackSetOperationResults", asked, service=SERVICE, region=region) or {}
        found += reply.get("Summaries", ())
        if not reply.get("NextToken"):
            return found
        asked["NextToken"] = reply["NextToken"]


def activate_stack_sets(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Let stack sets of the service work across the organization; it may be so already."""
    calls.settle("ActivateOrganizationsAccess", {}, service=SERVICE, region=parameters["Region"])
    return ()


def delete_stack_set(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Delete a stack set that has no instances left."""
    region = parameters.pop("Region")
    gone = ("StackSetNotFoundException", "StackSetNotFound")
    calls.settle("DeleteStackSet", parameters, service=SERVICE, region=region, again=_BUSY, done=gone)
    return ()


EXECUTORS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "activate_stack_sets": activate_stack_sets,
        "create_stack_set": create_stack_set,
        "update_stack_set": _operation("UpdateStackSet"),
        "create_stack_instances": _operation("CreateStackInstances"),
        "update_stack_instances": _operation("UpdateStackInstances"),
        "delete_stack_instances": _operation("DeleteStackInstances"),
        "delete_stack_set": delete_stack_set,
    }
)
