"""Rules about trusted access and delegated administrators.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orgkit.design.checks.finding import Finding, named
from orgkit.design.organization import Organization

_SERVICE = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")


def service_principal(org: Organization) -> Iterator[Finding]:
    settings = org.settings
    written = [("organization.trusted_access", service) for service in settings.trusted_access]
    written += [("organization.delegated_administrators", service) for service in settings.delegated_administrators]
    for place, service in written:
        if not _SERVICE.fullmatch(service):
            yield Finding(
                place,
                f"{service!r} is not the principal of an AWS service",
                "Write it as AWS does, for instance cloudtrail.amazonaws.com.",
            )


def delegated_without_trust(org: Organization) -> Iterator[Finding]:
    trusted = set(org.settings.trusted_access)
    for service in org.settings.delegated_administrators:
        if service not in trusted:
            yield Finding(
                f"organization.delegated_administrators.{service}",
                f"{service} has a delegated administrator but no trusted access",
                f"Add {service} to organization.trusted_access.",
            )


def delegated_to_management(org: Organization) -> Iterator[Finding]:
    management = org.management
    if management is None:
        return
    for service, accounts in org.settings.delegated_administrators.items():
        for account in accounts:
            if named(org, account, "account") == management.id:
                yield Finding(
                    f"organization.delegated_administrators.{service}",
                    f"the management account {account} cannot be the delegated administrator of {service}",
                    "Name a member account.",
                )
