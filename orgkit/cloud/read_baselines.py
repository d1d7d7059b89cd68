"""Reading baselines: stack sets with their instances, and the settings of accounts that a design names.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackSet.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackInstances.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orgkit.cloud.looking import Looking
from orgkit.cloud.looks import STACK_SETS

ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"


def read_baselines(looking: Looking, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """For each baseline: `stack_set` (None where there is none) and `settings` by account id.

    Beside them `(administration role)` has the names of its policies, None where there is no such role, and
    `(stack sets)` the names of all there are.
    """
    found: dict[str, Any] = {}
    for name, part in wanted.items():
        entry: dict[str, Any] = {}
        if name == STACK_SETS:
            found[name] = _names(looking, part["region"])
            continue
        if part["stack_set"]:
            entry["stack_set"] = _stack_set(looking, name, part["region"])
        if "settings" in part:
            accounts = [looking.account(who) for who in part["accounts"]]
            entry["settings"] = {
                account: _settings(looking, account, part["settings"], part["regions"])
                for account in accounts
                if account is not None
            }
        found[name] = entry
    if any(part.get("stack_set") for part in wanted.values()):
        found["(administration role)"] = _administration(looking)
    return found


def _administration(looking: Looking) -> dict[str, Any] | None:
    """Which roles the administration role may assume, by its inline policies; None where there is no such role."""
    iam = looking.client("iam")
    reply = looking.ask(iam, "get_role", absent=("NoSuchEntity", "NoSuchEntityException"), RoleName=ADMINISTRATION_ROLE)
    if reply is None:
        return None
    names = (looking.ask(iam, "list_role_policies", RoleName=ADMINISTRATION_ROLE) or {}).get("PolicyNames", [])
    return {"policies": sorted(names)}


def _names(looking: Looking, region: str) -> list[str]:
    client = looking.client("cloudformation", None, region)
    listed = looking.items(client, "list_stack_sets", "Summaries", Status="ACTIVE")
    return sorted(entry["StackSetName"] for entry in listed if entry.get("Status") != "DELETED")


def _stack_set(looking: Looking, name: str, region: str) -> dict[str, Any] | None:
    client = looking.client("cloudformation", None, region)
    reply = looking.ask(
        client, "describe_stack_set", absent=("StackSetNotFoundException", "StackSetNotFound"), StackSetName=name
    )
    if reply is None or reply["StackSet"].get("Status") == "DELETED":
        return None
    said = reply["StackSet"]
    listed = looking.items(client, "list_stack_instances", "Summaries", StackSetName=name)
    instances = sorted(listed, key=lambda entry: (entry["Account"], entry["Region"]))
    return {
        "description": said.get("Description") or "",
        "template": said.get("TemplateBody"),
        "parameters": {entry["ParameterKey"]: entry["ParameterValue"] for entry in said.get("Parameters", ())},
        "permission_model": said.get("PermissionModel", "SELF_MANAGED"),
        "auto_deployment": said.get("AutoDeployment", {}).get("Enabled"),
        "execution_role": said.get("ExecutionRoleName"),
        "instances": {_key(entry): _status(entry) for entry in instances},
        # The OU by which AWS has an account among those of a service-managed stack set.
        "units": {
            _key(entry): entry["OrganizationalUnitId"] for entry in instances if entry.get("OrganizationalUnitId")
        },
    }


def _key(entry: Mapping[str, Any]) -> str:
    return f"{entry['Account']}/{entry['Region']}"


def _status(entry: Mapping[str, Any]) -> str:
    status = str(entry.get("Status", "CURRENT"))
    reason = entry.get("StatusReason")
    return status if status == "CURRENT" or not reason else f"{status}: {reason}"


def _settings(looking: Looking, account: str, names: list[str], regions: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "password_policy" in names:
        iam = looking.client("iam", account)
        reply = looking.ask(iam, "get_account_password_policy", absent=("NoSuchEntity", "NoSuchEntityException"))
        policy = {_snake(key): value for key, value in (reply or {}).get("PasswordPolicy", {}).items()}
        found["password_policy"] = {key: value for key, value in policy.items() if key != "expire_passwords"}
    if "ebs_encryption_by_default" in names:
        found["ebs_encryption_by_default"] = {
            region: bool(
                (looking.ask(looking.client("ec2", account, region), "get_ebs_encryption_by_default") or {}).get(
                    "EbsEncryptionByDefault"
                )
            )
            for region in regions
        }
    if "s3_public_access_block" in names:
        reply = looking.ask(
            looking.client("s3control", account, regions[0]),
            "get_public_access_block",
            absent=("NoSuchPublicAccessBlockConfiguration",),
            AccountId=account,
        )
        found["s3_public_access_block"] = (reply or {}).get("PublicAccessBlockConfiguration", {})
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
