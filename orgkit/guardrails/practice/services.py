"""Recommendations about who administers, who comes in when all else fails, and how tags are kept alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orgkit.design.checks.finding import Finding
from orgkit.guardrails.practice.view import View
from orgkit.guardrails.tag_policy import TAG_POLICY, covered_keys

_BREAK_GLASS = re.compile(r"break.?glass|emergency", re.IGNORECASE)
# Services that a member account can administer, and better does.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
_DELEGABLE = frozenset(
    {
        "access-analyzer.amazonaws.com",
        "config.amazonaws.com",
        "detective.amazonaws.com",
        "guardduty.amazonaws.com",
        "inspector2.amazonaws.com",
        "macie.amazonaws.com",
        "securityhub.amazonaws.com",
        "sso.amazonaws.com",
    }
)


def no_break_glass(view: View) -> Iterator[Finding]:
    """When Identity Center, or a guardrail, locks everybody out, somebody still comes in."""
    settings = view.org.settings
    if settings.access is None:
        return
    names = [*settings.access.permission_sets, *settings.access.groups, *settings.access.roles, *settings.lenses]
    names += [protected.principal for protected in settings.protected_principals]
    if not any(_BREAK_GLASS.search(name) for name in names):
        yield Finding(
            "access",
            "nobody is there to come in when Identity Center does not work, or a guardrail locks everybody out",
            "Add a break-glass role that works without Identity Center, watch its use, and name it in "
            "protected_principals.",
        )


def from_management(view: View) -> Iterator[Finding]:
    """The management account administers only what nobody else can."""
    settings = view.org.settings
    for service in settings.trusted_access:
        if service in _DELEGABLE and not settings.delegated_administrators.get(service):
            yield Finding(
                "organization.delegated_administrators",
                f"{service} is administered from the management account",
                f"Name a member account for {service}, such as the security account.",
            )


def no_tag_policy(view: View) -> Iterator[Finding]:
    """Tags that cost is told apart by are written alike everywhere."""
    cost = view.org.settings.cost
    if cost is None or not cost.required_tags:
        return
    missing = [key for key in cost.required_tags if key not in covered_keys(view.org)]
    if missing:
        yield Finding(
            "cost.required_tags",
            f"no {TAG_POLICY} keeps {', '.join(missing)} written alike",
            "orgkit.guardrails.attach_tag_policy(org) adds one at the root.",
        )
