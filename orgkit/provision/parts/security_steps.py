"""Steps about security services of the whole organization, in the order that AWS requires; pure, from facts to facts.

First trusted access, then the administrator (which registers it as a delegated one), then the service in the
administrator's account, then what it switches on in the others. GuardDuty and Security Hub are regional.
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_organizations.html
https://docs.aws.amazon.com/securityhub/latest/userguide/designate-orgs-admin-account.html
https://docs.aws.amazon.com/ram/latest/userguide/getting-started-sharing.html#getting-started-sharing-orgs
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orgkit.design import Account
from orgkit.design.sections import CentralRootAccess, GuardDuty, SecurityHub
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.places import Place, needs_trust, place_of, unread

PART: Final = "security"
_ROOT_FEATURES: Final = {
    "RootCredentialsManagement": (
        "enable_root_credentials_management",
        "look after root credentials of member accounts",
    ),
    "RootSessions": ("enable_root_sessions", "allow privileged root sessions in member accounts"),
}


def plan_security(draft: Draft) -> None:
    """Switch the security services on as designed."""
    security = draft.design.settings.security
    if security is None or unread(draft, PART):
        return
    facts: Mapping[str, Any] = draft.live.surroundings.get(PART, {})
    regions = draft.design.settings.regions or (draft.design.settings.home_region,)
    if security.ram_sharing and needs_trust(draft, "ram.amazonaws.com", "sharing resources", "security.ram_sharing"):
        _ram(draft, bool(facts.get("ram")))
    if security.central_root_access is not None:
        _root(draft, security.central_root_access, facts.get("root", {}))
    if security.guardduty is not None:
        admin = _administrator(draft, security.guardduty.administrator, "guardduty")
        for region in regions if admin else ():
            assert admin is not None
            _guardduty(draft, security.guardduty, *admin, region, facts.get("guardduty", {}).get(region, {}))
    if security.securityhub is not None:
        admin = _administrator(draft, security.securityhub.administrator, "securityhub")
        for region in regions if admin else ():
            assert admin is not None
            _securityhub(draft, security.securityhub, *admin, region, facts.get("securityhub", {}).get(region, {}))


# ---- sharing and root ----------------------------------------------------------------------------


def _ram(draft: Draft, now: bool) -> None:
    """RAM makes a service-linked role when it is switched on; what else tells of it cannot be read."""
    if not now:
        text = "let resources be shared within the organization"
        draft.add(
            "enable_ram_sharing",
            "organization",
            text,
            place="management",
            after=["enable_trusted_access:ram.amazonaws.com"],
        )


def _root(draft: Draft, root: CentralRootAccess, now: Mapping[str, Any]) -> None:
    where = "security.central_root_access"
    if not needs_trust(draft, "iam.amazonaws.com", "central root access", where):
        return
    wanted = ["RootCredentialsManagement", *(["RootSessions"] if root.sessions else [])]
    enabled: list[str] = []
    for feature in wanted:
        kind, text = _ROOT_FEATURES[feature]
        if feature not in now.get("features", ()):
            after = ["enable_trusted_access:iam.amazonaws.com", *enabled]
            enabled.append(draft.add(kind, "organization", text, place="management", after=after))
    # An account that is created from then on has no root credentials to take away.
    creating = [step.id for step in draft.steps.values() if step.kind == "create_account"]
    draft.after += [(step, enabled[0]) for step in creating if enabled]
    for account_id, held in now.get("credentials", {}).items():
        _credentials(draft, root, account_id, held, enabled)


def _credentials(draft: Draft, root: CentralRootAccess, account_id: str, held: list[str], after: list[str]) -> None:
    node = draft.live.find(account_id, "account")
    place = draft.live_place(node)
    what = f"its root user has {' and '.join(held)}"
    if not root.remove_credentials:
        draft.hold(
            "root-credentials",
            place,
            what,
            "Write remove_credentials: true under security.central_root_access to have them taken away.",
            severity="warning",
        )
    else:
        draft.add(
            "remove_root_credentials",
            place,
            f"take the root user's {' and '.join(held)} away in {place}",
            place=place,
            why="central root access is on: a privileged session does what a root user has to do",
            parameters={"AccountId": draft.live_ref(node), "Region": draft.design.settings.home_region},
            after=after,
            notes=("This cannot be undone but by allowing a password recovery for that root user.",),
        )


# ---- administrators ------------------------------------------------------------------------------


def _administrator(draft: Draft, handle: str, service: str) -> tuple[Account, Place] | None:
    """The account that administers a service, which AWS allows to be any but the management account, for us."""
    account = draft.design.account(handle)
    where = f"security.{service}"
    if account.management:
        draft.block(
            "security-administrator",
            draft.design.where(f"{where}.administrator"),
            f"the management account cannot be the delegated administrator of {service}",
            "Name a member account, such as one for security.",
        )
        return None
    if not needs_trust(draft, f"{service}.amazonaws.com", f"an administrator of {service}", where):
        return None
    listed = draft.design.settings.delegated_administrators.get(f"{service}.amazonaws.com", (handle,))
    if handle not in listed:
        draft.block(
            "security-administrator",
            draft.design.where(f"{where}.administrator"),
            f"{handle} is to administer {service}, and delegated_administrators names {', '.join(listed)}",
            "Name the same account in both places.",
        )
        return None
    place = place_of(draft, account, f"the administrator of {service}")
    return None if place is None else (account, place)


def _appoint(
    draft: Draft, service: str, account: Account, place: Place, region: str, now: Mapping[str, Any]
) -> list[str]:
    """The administrator of one region; another one that stands there has to go first, which nobody does unasked."""
    appointed = now.get("administrators", [])
    if draft.ids.get(draft.name(account.id)) in appointed and appointed:
        return []
    words = {"guardduty": "GuardDuty", "securityhub": "Security Hub"}[service]
    if appointed:
        draft.block(
            "security-administrator",
            draft.design.where(f"security.{service}.administrator"),
            f"{words} in {region} is administered by {', '.join(appointed)}",
            f"Disable that administrator first: {service}:DisableOrganizationAdminAccount.",
        )
        return []
    after = [
        *place.after,
        f"enable_trusted_access:{service}.amazonaws.com",
        f"register_delegated_administrator:{service}.amazonaws.com/{place.name}",
    ]
    return [
        draft.add(
            f"set_{service}_administrator",
            region,
            f"let {place.name} administer {words} for the organization in {region}",
            place=place.name,
            parameters={"Region": region, "AdminAccountId": draft.ref(account.id)},
            after=after,
        )
    ]


def _guardduty(
    draft: Draft, wanted: GuardDuty, account: Account, place: Place, region: str, now: Mapping[str, Any]
) -> None:
    steps = _appoint(draft, "guardduty", account, place, region, now)
    if not now.get("detector"):
        steps.append(
            draft.add(
                "enable_guardduty",
                f"{place.name}/{region}",
                f"switch GuardDuty on in {place.name} ({region})",
                place=place.name,
                parameters={"Region": region, "Enable": True, "FindingPublishingFrequency": "FIFTEEN_MINUTES"},
                account=place.account,
                after=[*place.after, *steps],
            )
        )
    if now.get("auto_enable") == wanted.auto_enable:
        return
    draft.add(
        "set_guardduty_members",
        f"{place.name}/{region}",
        f"have GuardDuty on in {_members(wanted.auto_enable)} ({region})",
        place=place.name,
        parameters={"Region": region, "AutoEnableOrganizationMembers": wanted.auto_enable},
        account=place.account,
        after=[*place.after, *steps],
    )


def _members(auto_enable: str) -> str:
    return {"ALL": "every account", "NEW": "accounts that join", "NONE": "no account by itself"}[auto_enable]


def _securityhub(
    draft: Draft, wanted: SecurityHub, account: Account, place: Place, region: str, now: Mapping[str, Any]
) -> None:
    steps = _appoint(draft, "securityhub", account, place, region, now)
    if not now.get("enabled"):
        steps.append(
            draft.add(
                "enable_securityhub",
                f"{place.name}/{region}",
                f"switch Security Hub on in {place.name} ({region})",
                place=place.name,
                parameters={"Region": region},
                account=place.account,
                after=[*place.after, *steps],
            )
        )
    if now.get("auto_enable") != wanted.auto_enable and (wanted.auto_enable or "auto_enable" in now):
        draft.add(
            "set_securityhub_members",
            f"{place.name}/{region}",
            f"have Security Hub {'on' if wanted.auto_enable else 'off'} in accounts that join ({region})",
            place=place.name,
            parameters={"Region": region, "AutoEnable": wanted.auto_enable},
            account=place.account,
            after=[*place.after, *steps],
        )
