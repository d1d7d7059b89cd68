"""Rules about policies that do not do what they seem to.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orgkit.design.checks.finding import Finding, plural
from orgkit.design.entities import RCP, SCP, Policy
from orgkit.design.organization import Organization


def needs_all_features(org: Organization) -> Iterator[Finding]:
    if org.settings.features == "ALL":
        return
    attached = [policy for policy in org.policies() if org.targets(policy.id)]
    wanting = [
        *([plural(len(attached), "attached policy")] if attached else []),
        *([plural(len(org.settings.policy_types), "policy type")] if org.settings.policy_types else []),
        *([plural(len(org.settings.trusted_access), "trusted service")] if org.settings.trusted_access else []),
    ]
    if wanting:
        yield Finding(
            "organization.features",
            f"features {org.settings.features} knows no policies and no trusted access, but the design has "
            + ", ".join(wanting),
            "Write features: ALL.",
        )


def type_not_enabled(org: Organization, policies: Iterable[Policy]) -> Iterator[Finding]:
    if org.settings.features != "ALL":
        return
    for policy in policies:
        if policy.type not in org.settings.policy_types and (targets := org.targets(policy.id)):
            yield Finding(
                policy.id,
                f"it is attached to {_named(org, targets)} but has no effect: {policy.type} is not enabled",
                f"Add {policy.type} to organization.policy_types.",
            )


def type_unused(org: Organization) -> Iterator[Finding]:
    used = {policy.type for policy in org.policies() if org.targets(policy.id)}
    for type in org.settings.policy_types:
        if type not in used:
            yield Finding(
                "organization.policy_types",
                f"{type} is enabled, and no policy of that type is attached anywhere",
                "Attach one, or leave the type out.",
            )


def unattached(org: Organization, policies: Iterable[Policy]) -> Iterator[Finding]:
    for policy in policies:
        if not policy.aws_managed and not org.targets(policy.id):
            yield Finding(policy.id, "it is attached to nothing", "Attach it, or take it out of policies.")


def on_management_account(org: Organization) -> Iterator[Finding]:
    management = org.management
    if management is None:
        return
    for policy in org.attached(management.id, implied=False):
        if policy.type in (SCP, RCP):
            yield Finding(
                management.id,
                f"{policy.handle} has no effect here: no {policy.type} binds the management account",
                "Detach it; keep workloads out of the management account instead.",
            )


def _named(org: Organization, nodes: tuple[str, ...]) -> str:
    shown = ", ".join(org.path(node) for node in nodes[:3])
    return f"{shown} and {len(nodes) - 3} more" if len(nodes) > 3 else shown
