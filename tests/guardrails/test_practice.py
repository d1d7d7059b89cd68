"""AWS's recommendations as cases: one design that follows them all, and one change for each breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from orgkit.design import SCP, Money, Organization
from orgkit.design.sections import (
    Access,
    CentralRootAccess,
    CostAllocation,
    Group,
    Logging,
    PermissionSet,
    Role,
    Security,
    TrustedRole,
)
from orgkit.guardrails import attach_tag_policy, practice, tag_policy
from orgkit.guardrails.practice import RULES

LEAVE = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
ROOT_USER = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
}
REGIONS = {
    "Effect": "Deny",
    "NotAction": ["iam:*", "organizations:*", "sts:*", "support:*"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}},
}
WATCHED = {
    "Effect": "Deny",
    "Action": [
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "config:StopConfigurationRecorder",
        "config:DeleteConfigurationRecorder",
        "guardduty:DeleteDetector",
        "guardduty:DisassociateFromAdministratorAccount",
        "guardduty:DisassociateFromMasterAccount",
    ],
    "Resource": "*",
}
EVERYTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}
SERVICES = ("cloudtrail.amazonaws.com", "config.amazonaws.com", "guardduty.amazonaws.com")


def statements(*said: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(said)}


def exemplary() -> Organization:
    """An organization that follows every recommendation."""
    org = Organization()
    org.add_account("management", email="aws@company.com", management=True)
    org.configure(
        features="ALL",
        policy_types=(SCP,),
        regions=("us-east-1",),
        trusted_access=SERVICES,
        cost=CostAllocation(required_tags=("Team",)),
    )
    for ou, accounts in {
        "Security": {"audit": "shared", "log-archive": "shared"},
        "Production": {"web-prod": "production"},
        "Development": {"web-dev": "development"},
        "Sandbox": {"try": "sandbox"},
        "Suspended": {},
    }.items():
        org.add_ou(ou)
        for name, stage in accounts.items():
            org.add_account(name, ou, email=f"{name}@company.com", tags={"Environment": stage, "Team": "web"})
    org.set("Sandbox", budget=Money.parse("500 USD"))
    org.configure(
        delegated_administrators={"guardduty.amazonaws.com": ("audit",), "config.amazonaws.com": ("audit",)},
        logging=Logging(account="log-archive", bucket="logs"),
        access=Access(groups=MappingProxyType({"break-glass": Group(name="break-glass")})),
    )
    org.add_policy("everybody", statements(LEAVE, ROOT_USER, REGIONS, WATCHED))
    org.attach("everybody", "root")
    org.add_policy("nothing", statements(EVERYTHING))
    org.attach("nothing", "Suspended")
    org.add_policy("small", statements({"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}))
    org.attach("small", "Sandbox")
    return attach_tag_policy(org)


def _without(statement: dict[str, object]) -> Callable[[Organization], None]:
    def change(org: Organization) -> None:
        kept = [said for said in (LEAVE, ROOT_USER, REGIONS, WATCHED) if said is not statement]
        org.set("everybody", content=statements(*kept))

    return change


def _watching_all_but(action: str) -> Callable[[Organization], None]:
    def change(org: Organization) -> None:
        left = {**WATCHED, "Action": [name for name in WATCHED["Action"] if not name.startswith(action)]}
        org.set("everybody", content=statements(LEAVE, ROOT_USER, REGIONS, left))

    return change


def _leaving_guardduty_by_the_newer_call(org: Organization) -> None:
    left = {**WATCHED, "Action": [name for name in WATCHED["Action"] if not name.endswith("FromAdministratorAccount")]}
    org.set("everybody", content=statements(LEAVE, ROOT_USER, REGIONS, left))


def _pipeline_in_management(org: Organization) -> None:
    role = Role(name="deploy", to=("management",), trusts=(TrustedRole(account="audit", role="ci"),))
    assert org.settings.access is not None
    org.configure(access=replace(org.settings.access, roles=MappingProxyType({"deploy": role})))


def _logs_with_the_watchers(org: Organization) -> None:
    assert org.settings.logging is not None
    org.configure(logging=replace(org.settings.logging, account="audit"))


def _no_log_archive(org: Organization) -> None:
    org.configure(logging=None)
    org.remove("log-archive")


def _nobody_watches(org: Organization) -> None:
    org.configure(delegated_administrators={})
    org.remove("audit")
    org.configure(trusted_access=("cloudtrail.amazonaws.com",))


BREACHES: dict[str, tuple[str, Callable[[Organization], None]]] = {
    "the management account is tagged as production": (
        "workload-in-management",
        lambda org: org.set("management", tags={"Environment": "Production"}) and None,
    ),
    "a pipeline deploys to the management account": ("workload-in-management", _pipeline_in_management),
    "one account keeps the logs and watches": ("log-archive-shared", _logs_with_the_watchers),
    "nobody keeps the logs": ("no-log-archive", _no_log_archive),
    "nobody watches": ("no-security-account", _nobody_watches),
    "production and development share an OU": (
        "production-beside-others",
        lambda org: org.move("web-dev", "Production") and None,
    ),
    "there is no place for suspended accounts": ("no-suspended-ou", lambda org: org.remove("Suspended") and None),
    "the place for suspended accounts is open": (
        "suspended-ou-open",
        lambda org: org.detach("nothing", "Suspended") and None,
    ),
    "sandboxes have no budget": ("sandbox-without-limits", lambda org: org.set("Sandbox", budget=None) and None),
    "sandboxes have no policy": ("sandbox-without-limits", lambda org: org.detach("small", "Sandbox") and None),
    "accounts can leave": ("leaving-allowed", _without(LEAVE)),
    "root users are free": ("root-user-free", _without(ROOT_USER)),
    "every region is open": ("no-region-guard", _without(REGIONS)),
    "logs can be stopped": ("logs-unprotected", _watching_all_but("cloudtrail:")),
    "GuardDuty can be switched off": ("detection-unprotected", _watching_all_but("guardduty:")),
    "GuardDuty can be left by the newer call": ("detection-unprotected", _leaving_guardduty_by_the_newer_call),
    "Config can be switched off": ("recording-unprotected", _watching_all_but("config:")),
    "nobody comes in in an emergency": (
        "no-break-glass",
        lambda org: org.configure(access=Access()) and None,
    ),
    "a service is administered from the management account": (
        "administered-from-management",
        lambda org: org.configure(delegated_administrators={"guardduty.amazonaws.com": ("audit",)}) and None,
    ),
    "no tag policy": ("no-tag-policy", lambda org: org.detach("required-tags", "root") and None),
}


def codes(org: Organization) -> set[str]:
    return {problem.code for problem in practice(org)}


def test_a_design_that_follows_them_all_is_quiet() -> None:
    assert not practice(exemplary())


@pytest.mark.parametrize(("code", "change"), BREACHES.values(), ids=BREACHES)
def test_a_breach_is_found_with_its_page_and_its_mend(code: str, change: Callable[[Organization], None]) -> None:
    org = exemplary()
    change(org)
    assert codes(org) == {code}
    found = practice(org)[0]
    assert found.fix and found.message and found.source.startswith("https://docs.aws.amazon.com/")
    assert found.severity in ("warning", "note")


def test_policies_at_the_root_are_missed_where_every_ou_has_its_own() -> None:
    org = exemplary()
    org.detach("everybody", "root")
    for ou in ("Security", "Production", "Development", "Sandbox"):
        org.attach("everybody", ou)
    assert codes(org) == {"nothing-denied-everywhere"}


def test_every_rule_has_a_case() -> None:
    assert {rule.code for rule in RULES} == {code for code, _ in BREACHES.values()} | {"nothing-denied-everywhere"}


def test_a_condition_that_exempts_somebody_still_protects() -> None:
    exempt = {**WATCHED, "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/security"}}}
    org = exemplary()
    org.set("everybody", content=statements(LEAVE, ROOT_USER, REGIONS, exempt))
    assert not practice(org)


def test_root_users_without_credentials_need_no_policy() -> None:
    org = exemplary()
    _without(ROOT_USER)(org)
    org.configure(security=Security(central_root_access=CentralRootAccess(remove_credentials=True)))
    assert not practice(org)


def test_it_is_quiet_where_it_does_not_apply() -> None:
    alone = Organization()
    alone.add_account("management", email="aws@company.com", management=True)
    assert not practice(alone)
    without = exemplary()
    without.configure(features="CONSOLIDATED_BILLING", policy_types=())
    assert codes(without) <= {"no-tag-policy"}


def test_a_policy_that_cannot_be_read_is_left_to_lint() -> None:
    org = exemplary()
    org.set("everybody", content={"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]})
    practice(org)


def test_the_tag_policy_names_the_required_tags_and_their_values() -> None:
    org = exemplary()
    assert tag_policy(org) == {"tags": {"team": {"tag_key": {"@@assign": "Team"}}}}
    assert tag_policy(org, values=True)["tags"]["team"]["tag_value"] == {"@@assign": ["web"]}
    again = attach_tag_policy(org, values=True)
    assert again.policy("required-tags").document == tag_policy(org, values=True)
    assert org.policy("required-tags").document == tag_policy(org)


def test_a_permission_set_may_be_the_break_glass_too() -> None:
    org = exemplary()
    sets = MappingProxyType({"emergency": PermissionSet(name="emergency")})
    org.configure(access=Access(permission_sets=sets))
    assert not practice(org)
