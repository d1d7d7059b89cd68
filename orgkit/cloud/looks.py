"""What to look at beside the tree, as plain data: only what a design names is read, so that nothing is read in vain.

Accounts are named by pinned id or by email, the management account as `management`, so that the list can be saved with
a plan and looked at again before it is applied. References such as `{{organization.id}}` stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orgkit.design import Account, Organization
from orgkit.design.sections import Baseline
from orgkit.design.template import types_of
from orgkit.errors import InputError

MANAGEMENT = "management"
BUCKETS = ("bucket", "config_bucket")  # the log bucket, and the one that Config may have for itself
CREATED = "created"  # among the surroundings: the day on which AWS made an account, by its id
STACK_SETS = "(stack sets)"  # beside the baselines by name: every stack set that there is


def looks(design: Organization) -> dict[str, Any]:
    """The parts of the surroundings that a design describes, each with what to look for."""
    found = {
        "roles": _roles(design),
        "logging": _logging(design),
        "baselines": _baselines(design),
        "security": _security(design),
    }
    return {part: wanted for part, wanted in found.items() if wanted}


def who(account: Account) -> str:
    """How a list of looks names an account."""
    return MANAGEMENT if account.management else account.aws_id or account.email


def placed(design: Organization, baseline: Baseline) -> list[Account]:
    """The accounts that a baseline goes to; the management account only where it is named itself."""
    found: dict[str, Account] = {}
    for name in baseline.to:
        node = design.find(name, "root", "ou", "account")
        for account in design.accounts(node):
            if not account.management or account.id == node:
                found[account.id] = account
    return list(found.values())


def regions_of(design: Organization, baseline: Baseline) -> tuple[str, ...]:
    """The regions that a baseline goes to."""
    return baseline.regions or (design.settings.home_region,)


def _roles(design: Organization) -> dict[str, Any]:
    access = design.settings.access
    found: dict[str, Any] = {}
    for role in access.roles.values() if access is not None else ():
        for account in _accounts(design, role.to):
            there = found.setdefault(who(account), {"names": [], "through": account.role_name, "external_ids": {}})
            if role.name not in there["names"]:
                there["names"].append(role.name)
            if role.external_id is not None:
                reference = {"source": role.external_id.source, "name": role.external_id.name}
                there["external_ids"][role.name] = reference
    return found


def _accounts(design: Organization, names: Iterable[str]) -> Iterator[Account]:
    for name in names:
        try:
            yield from design.accounts(design.find(name, "root", "ou", "account"))
        except InputError:
            continue  # the plan says where it stands


def _logging(design: Organization) -> dict[str, Any]:
    logging = design.settings.logging
    if logging is None:
        return {}
    archive = design.account(logging.account)
    buckets = [one.bucket for one in logging.per_bucket()]
    wanted: dict[str, Any] = {
        "account": who(archive),
        "region": design.settings.home_region,
        **dict(zip(BUCKETS, buckets, strict=False)),
        "accounts": {account.handle: who(account) for account in _mentioned(design, " ".join(buckets))},
    }
    if logging.trail is not None:
        wanted["trail"] = logging.trail.name
    if logging.config is not None:
        wanted["recorder"] = True
        if logging.config.aggregator is not None:
            wanted["aggregator"] = logging.config.aggregator
    return wanted


def _mentioned(design: Organization, text: str) -> Iterable[Account]:
    return [account for account in design.accounts() if f"{{{{account.{account.handle}.id}}}}" in text]


def _baselines(design: Organization) -> dict[str, Any]:
    if "baselines" not in design.settings.declared:
        return {}
    found: dict[str, Any] = {STACK_SETS: {"region": design.settings.home_region}}
    for baseline in design.settings.baselines.values():
        wanted: dict[str, Any] = {"region": design.settings.home_region, "stack_set": baseline.template is not None}
        if baseline.template is not None:
            wanted["model"] = baseline.permission_model
            wanted["types"] = list(types_of(baseline))
        if baseline.settings is not None:
            wanted["settings"] = [name for name, value in baseline.settings.items() if value]
            wanted["regions"] = list(regions_of(design, baseline))
            wanted["accounts"] = [who(account) for account in placed(design, baseline)]
        found[baseline.name] = wanted
    return found


def _security(design: Organization) -> dict[str, Any]:
    security = design.settings.security
    if security is None:
        return {}
    wanted: dict[str, Any] = {"regions": list(design.settings.regions or (design.settings.home_region,))}
    if security.guardduty is not None:
        wanted["guardduty"] = who(design.account(security.guardduty.administrator))
    if security.securityhub is not None:
        wanted["securityhub"] = who(design.account(security.securityhub.administrator))
    if security.ram_sharing:
        wanted["ram"] = True
    if security.central_root_access is not None:
        wanted["root"] = True
        wanted["accounts"] = [who(account) for account in design.accounts() if not account.management]
    return wanted
