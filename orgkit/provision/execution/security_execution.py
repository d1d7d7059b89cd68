"""Carrying out what security services need more than one call for.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateOrganizationConfiguration.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls
from orgkit.provision.execution.remove_root import remove_root_credentials

RAM_SERVICE: Final = "ram.amazonaws.com"
_TAKEN: Final = ("InvalidInput", "InvalidInputException", "EntityAlreadyExists", "EntityAlreadyExistsException")


def enable_ram_sharing(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Switch sharing on; its service-linked role, by which it is told later, is made where AWS has not made it."""
    calls.settle("EnableSharingWithAwsOrganization", parameters, service="ram")
    asked = {"PathPrefix": f"/aws-service-role/{RAM_SERVICE}/"}
    if not (calls.settle("ListRoles", asked, service="iam") or {}).get("Roles"):
        calls.settle("CreateServiceLinkedRole", {"AWSServiceName": RAM_SERVICE}, service="iam", done=_TAKEN)
    return ()


def set_guardduty_members(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Say whose detectors are switched on, in the administrator's account."""
    region = parameters.pop("Region")
    detectors = (calls.settle("ListDetectors", {}, service="guardduty", region=region) or {}).get("DetectorIds", [])
    if not detectors:
        raise CloudError(f"GuardDuty is not on in {region}", mend="Plan again.")
    calls.settle(
        "UpdateOrganizationConfiguration",
        {"DetectorId": detectors[0], **parameters},
        service="guardduty",
        region=region,
    )
    return ()


EXECUTORS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "enable_ram_sharing": enable_ram_sharing,
        "set_guardduty_members": set_guardduty_members,
        "remove_root_credentials": remove_root_credentials,
    }
)
