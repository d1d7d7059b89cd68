"""What AWS's guidance for organizations of many accounts recommends, asked of a design.

A rule is a function that yields findings, and an entry in RULES with its code, severity and the page it comes from.
Rules are quiet where they do not apply: without member accounts, or where policies are not enforced.
"""

from __future__ import annotations

from orgkit.design import Organization, OrganizationalUnit, Problem
from orgkit.design.checks.rule import Followed, Rule
from orgkit.design.touched import Touched
from orgkit.guardrails.practice import places, protection, services
from orgkit.guardrails.practice.view import View

_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_PAPER = "https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_EXAMPLES = _GUIDE + "orgs_manage_policies_scps_examples.html"


RULES: tuple[Rule, ...] = (
    Rule("workload-in-management", "warning", places.in_management, _GUIDE + "orgs_best-practices_mgmt-acct.html"),
    Rule("log-archive-shared", "warning", places.log_archive_shared, _PAPER + "security-ou-and-accounts.html"),
    Rule("no-log-archive", "note", places.no_log_archive, _PAPER + "security-ou-and-accounts.html"),
    Rule("no-security-account", "note", places.no_security_account, _PAPER + "security-ou-and-accounts.html"),
    Rule(
        "production-beside-others",
        "warning",
        places.production_beside_others,
        _PAPER + "production-and-non-production-workload-environments.html",
        of=OrganizationalUnit,
        sees="around",
    ),
    Rule("no-suspended-ou", "note", places.no_suspended_ou, _PAPER + "procedural-ous.html"),
    Rule("suspended-ou-open", "warning", places.suspended_ou_open, _PAPER + "procedural-ous.html"),
    Rule("sandbox-without-limits", "warning", places.sandbox_without_limits, _PAPER + "sandbox-ou.html"),
    Rule(
        "leaving-allowed",
        "warning",
        protection.leaving_allowed,
        _GUIDE + "orgs_manage_policies_scps_examples_general.html",
    ),
    Rule("root-user-free", "warning", protection.root_user_free, _IAM + "root-user-best-practices.html"),
    Rule(
        "no-region-guard",
        "note",
        protection.no_region_guard,
        _GUIDE + "orgs_manage_policies_scps_examples_general.html",
    ),
    Rule("nothing-denied-everywhere", "note", protection.nothing_everywhere, _GUIDE + "orgs_manage_policies_scps.html"),
    Rule("logs-unprotected", "warning", protection.logs_unprotected, _EXAMPLES),
    Rule("detection-unprotected", "warning", protection.detection_unprotected, _EXAMPLES),
    Rule("recording-unprotected", "warning", protection.recording_unprotected, _EXAMPLES),
    Rule("no-break-glass", "note", services.no_break_glass, _PAPER + "break-glass-access.html"),
    Rule(
        "administered-from-management", "note", services.from_management, _GUIDE + "orgs_integrate_delegated_admin.html"
    ),
    Rule("no-tag-policy", "note", services.no_tag_policy, _GUIDE + "orgs_manage_policies_tag-policies.html"),
)


def followed() -> Followed[View]:
    """The recommendations that one organization does not follow, to be followed from edit to edit."""
    return Followed(RULES, _view)


def practice(org: Organization) -> list[Problem]:
    """Every recommendation that a design does not follow, with its page and how to mend it."""
    return followed().problems(org, Touched.everything(org))


def _view(org: Organization, before: View | None, touched: Touched) -> View | None:
    view = View(org, before)
    return view if view.members else None
