"""GuardDuty for an organization: whose detectors the administrator switches on, and its member accounts.

AWS takes up to a day to switch it on everywhere; here it is on at the next look.
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateOrganizationConfiguration.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.beyond.state import Beyond, Call, Operation
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.organizations.state import Account

CHOICES: Final = ("NEW", "ALL", "NONE")


def _backend(account: str, region: str) -> Any:
    from moto.guardduty.models import guardduty_backends

    return guardduty_backends[account][region]


def _administrator(state: Beyond, region: str) -> str | None:
    org = state.organizations.organization
    named = _backend(org.management_id, region).admin_account_ids if org is not None else []
    return str(named[-1]) if named else None


def _check(state: Beyond, call: Call) -> None:
    """Only the administrator of a Region may ask, and by its own detector."""
    if _administrator(state, call.region) != call.caller:
        raise ApiError(
            "BadRequestException",
            "The request is rejected because the account is not the delegated administrator of the organization.",
        )
    if call.params["DetectorId"] not in _backend(call.caller, call.region).detectors:
        raise ApiError(
            "BadRequestException",
            "The request is rejected because the input detectorId is not owned by the current account.",
        )


def _update(state: Beyond, call: Call) -> dict[str, Any]:
    with state.moto.active(call.seed):
        _check(state, call)
    wanted, simply = call.params.get("AutoEnableOrganizationMembers"), call.params.get("AutoEnable")
    if (wanted is None) == (simply is None) or wanted not in (None, *CHOICES):
        raise ApiError("BadRequestException", "Give one of autoEnableOrganizationMembers and autoEnable.")
    before = state.guardduty.get(call.region, {})
    choice = wanted or ("NEW" if simply else "NONE")
    features = {one["Name"]: one["AutoEnable"] for one in call.params.get("Features", ())}
    since = before.get("since") if before.get("choice") == choice else None
    state.guardduty[call.region] = {
        "choice": choice,
        "since": state.moto.now if since is None else since,
        "features": {**before.get("features", {}), **features},
        "joined": {**before.get("joined", {}), **{account.id: None for account in _members(state, call.region)}},
    }
    return {}


def _describe(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DescribeOrganizationConfiguration.html"""
    with state.moto.active("look"):
        _check(state, call)
    now = state.guardduty.get(call.region, {"choice": "NONE", "features": {}})
    return {
        "AutoEnable": now["choice"] != "NONE",
        "AutoEnableOrganizationMembers": now["choice"],
        "MemberAccountLimitReached": False,
        "Features": [{"Name": name, "AutoEnable": choice} for name, choice in sorted(now["features"].items())],
    }


def _members(state: Beyond, region: str) -> Iterator[Account]:
    """The accounts whose detector the administrator has switched on in a Region."""
    org, now = state.organizations.organization, state.guardduty.get(region)
    if org is None or now is None:
        return
    with state.moto.active("look"):
        admin = _administrator(state, region)
    for account in org.accounts.values():
        if account.state != "ACTIVE" or account.id in (admin, org.management_id):
            continue
        new = now["choice"] in ("NEW", "ALL") and account.joined >= now["since"]
        if now["choice"] == "ALL" or new or account.id in now["joined"]:
            yield account


def _list_members(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListMembers.html"""
    with state.moto.active("look"):
        _check(state, call)
    return {
        "Members": [
            {
                "AccountId": account.id,
                "AdministratorId": call.caller,
                "MasterId": call.caller,
                "DetectorId": _detector(account.id, call.region, state),
                "Email": account.email,
                "RelationshipStatus": "Enabled",
                "UpdatedAt": datetime.fromtimestamp(state.moto.now, UTC).isoformat(),
            }
            for account in _members(state, call.region)
        ]
    }


def _list_detectors(state: Beyond, call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListDetectors.html"""
    if any(account.id == call.caller for account in _members(state, call.region)):
        _detector(call.caller, call.region, state)
    with state.moto.active("look"):
        return {"DetectorIds": list(_backend(call.caller, call.region).detectors)}


def _detector(account: str, region: str, state: Beyond) -> str:
    """The detector of a member, switched on where it was not."""
    with state.moto.active(f"guardduty/{account}/{region}"):
        backend = _backend(account, region)
        if not backend.detectors:
            backend.create_detector(True, "SIX_HOURS", {}, {}, [])
        return str(next(iter(backend.detectors)))


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "guardduty:UpdateOrganizationConfiguration": _update,
        "guardduty:DescribeOrganizationConfiguration": _describe,
        "guardduty:ListMembers": _list_members,
        "guardduty:ListDetectors": _list_detectors,
    }
)
