"""Reading the organization's security services: administrators, what they switch on, sharing, and root users.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DescribeOrganizationConfiguration.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeOrganizationConfiguration.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orgkit.cloud.looking import Looking

RAM_ROLE: Final = "AWSServiceRoleForResourceAccessManager"
_ABSENT: Final = ("NoSuchEntity", "NoSuchEntityException")
# Root credentials as GetAccountSummary counts them.
ROOT_CREDENTIALS: Final = {
    "AccountAccessKeysPresent": "access keys",
    "AccountPasswordPresent": "a password",
    "AccountSigningCertificatesPresent": "signing certificates",
}


def read_security(looking: Looking, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """`guardduty` and `securityhub` by region, `ram`, and `root`."""
    found: dict[str, Any] = {}
    if "guardduty" in wanted:
        admin = looking.account(wanted["guardduty"])
        found["guardduty"] = {region: _guardduty(looking, admin, region) for region in wanted["regions"]}
    if "securityhub" in wanted:
        admin = looking.account(wanted["securityhub"])
        found["securityhub"] = {region: _securityhub(looking, admin, region) for region in wanted["regions"]}
    if "ram" in wanted:
        reply = looking.ask(looking.client("iam"), "list_roles", PathPrefix="/aws-service-role/ram.amazonaws.com/")
        found["ram"] = bool((reply or {}).get("Roles"))
    if "root" in wanted:
        found["root"] = _root(looking, wanted["accounts"])
    return found


def _guardduty(looking: Looking, admin: str | None, region: str) -> dict[str, Any]:
    client = looking.client("guardduty", None, region)
    reply = looking.ask(client, "list_organization_admin_accounts") or {}
    found: dict[str, Any] = {"administrators": sorted({a["AdminAccountId"] for a in reply.get("AdminAccounts", ())})}
    if admin is None or admin not in found["administrators"]:
        return found
    there = looking.client("guardduty", admin, region)
    detectors = (looking.ask(there, "list_detectors") or {}).get("DetectorIds", [])
    found["detector"] = detectors[0] if detectors else None
    if detectors:
        said = looking.ask(there, "describe_organization_configuration", DetectorId=detectors[0]) or {}
        found["auto_enable"] = said.get("AutoEnableOrganizationMembers")
    return found


def _securityhub(looking: Looking, admin: str | None, region: str) -> dict[str, Any]:
    """Where the administrators cannot be listed, the one in question tells: only it may describe the configuration."""
    found: dict[str, Any] = {"administrators": []}
    if looking.target.can("securityhub", "ListOrganizationAdminAccounts"):
        reply = looking.ask(looking.client("securityhub", None, region), "list_organization_admin_accounts") or {}
        found["administrators"] = sorted({a["AccountId"] for a in reply.get("AdminAccounts", ())})
        if admin not in found["administrators"]:
            return found
    if admin is None:
        return found
    there = looking.client("securityhub", admin, region)
    hub = looking.ask(there, "describe_hub", absent=("InvalidAccessException", "ResourceNotFoundException"))
    found["enabled"] = hub is not None
    said = looking.ask(
        there,
        "describe_organization_configuration",
        absent=("AccessDeniedException", "InvalidAccessException", "ResourceNotFoundException"),
    )
    if said is not None:
        found["administrators"] = found["administrators"] or [admin]
        found["auto_enable"] = bool(said.get("AutoEnable"))
    return found


def _root(looking: Looking, accounts: list[str]) -> dict[str, Any]:
    features: list[str] = []
    if looking.target.can("iam", "ListOrganizationsFeatures"):
        reply = looking.ask(
            looking.client("iam"),
            "list_organizations_features",
            absent=("ServiceAccessNotEnabledException", "OrganizationNotInAllFeaturesModeException"),
        )
        features = sorted((reply or {}).get("EnabledFeatures", ()))
    credentials: dict[str, list[str]] = {}
    for account in filter(None, (looking.account(who) for who in accounts)):
        summary = (looking.ask(looking.client("iam", account), "get_account_summary") or {}).get("SummaryMap", {})
        held = [words for key, words in ROOT_CREDENTIALS.items() if summary.get(key)]
        if held:
            credentials[account] = held
    return {"features": features, "credentials": credentials}
