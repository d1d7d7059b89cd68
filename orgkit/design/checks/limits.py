"""Rules about counts and sizes: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from orgkit.design.checks.finding import Finding, over, plural
from orgkit.design.entities import IMPLIED, SCP, Entity, OrganizationalUnit, Policy, Target
from orgkit.design.organization import Organization

_ASK = "Ask AWS for more through Service Quotas, then write what was granted under limits."


def accounts(org: Organization) -> Iterator[Finding]:
    everyone = org.accounts()
    quota = org.quotas.quota("accounts")
    if len(everyone) > quota.value:
        closed = sum(account.state in ("SUSPENDED", "PENDING_CLOSURE", "CLOSED") for account in everyone)
        words = plural(len(everyone), "account") + (f", {closed} of them closed or suspended" if closed else "")
        yield over(quota, org.root.id, words, _ASK)


def ous(org: Organization) -> Iterator[Finding]:
    count = len(org.ous())
    quota = org.quotas.quota("ous")
    if count > quota.value:
        yield over(quota, org.root.id, plural(count, "OU"), "Join OUs that have the same policies.")


def ou_depth(org: Organization, ous: Iterable[OrganizationalUnit]) -> Iterator[Finding]:
    quota = org.quotas.quota("ou_depth")
    for ou in ous:
        depth = org.depth(ou.id)
        if depth > quota.value:
            yield over(quota, ou.id, f"{depth} levels below the root", "Move the OU further up.")


def policies(org: Organization) -> Iterator[Finding]:
    counts = Counter(policy.type for policy in org.policies())
    for type, count in counts.items():
        quota = org.quotas.quota(f"policies.{type}")
        if count > quota.value:
            yield over(quota, org.root.id, plural(count, "policy"), "Remove policies that are attached to nothing.")


def policy_size(org: Organization, policies: Iterable[Policy]) -> Iterator[Finding]:
    quotas = org.quotas
    for policy in policies:
        quota = quotas.quota(f"policy_size.{policy.type}")
        # The text is never shorter than its minified form, which takes far longer to make.
        if len(policy.content) > quota.value and (size := len(policy.minified)) > quota.value:
            subject = f"{size} characters without white space, {size - quota.value} too many"
            yield over(quota, policy.id, subject, "Shorten it, or split it into several policies.")


def policy_white_space(org: Organization, policies: Iterable[Policy]) -> Iterator[Finding]:
    quotas = org.quotas
    for policy in policies:
        quota = quotas.quota(f"policy_size.{policy.type}")
        written = len(policy.content)
        if written > quota.value and (size := len(policy.minified)) <= quota.value:
            yield over(
                quota,
                policy.id,
                f"{written} characters as written, {size} without white space",
                "orgkit sends it without white space, so it fits; a copy pasted into the console would not.",
            )


def attached(org: Organization, targets: Iterable[Target]) -> Iterator[Finding]:
    quotas = org.quotas
    bound = org.bound()
    for node in (target.id for target in targets if target.id in bound):
        found = org.attached(node)
        for type, count in Counter(policy.type for policy in found).items():
            quota = quotas.quota(f"attached.{type}")
            if count > quota.value:
                implied = IMPLIED.get(type)
                among = f", {implied.handle} among them" if implied in found else ""
                yield over(
                    quota,
                    node,
                    f"{count} policies of type {type} attached{among}",
                    "Join policies, or attach some of them further up.",
                )


def attached_min(org: Organization, targets: Iterable[Target]) -> Iterator[Finding]:
    if not org.enforces(SCP):
        return
    quota = org.quotas.quota(f"attached_min.{SCP}")
    for target in targets:
        if target.full_aws_access and quota.value <= 1:
            continue
        node = target.id
        count = len(org.attached(node, SCP))
        if count < quota.value:
            yield Finding(
                node,
                f"{count or 'no'} service control policy is attached; every root, OU and account keeps at least "
                f"{quota.value}",
                "Attach one, or leave FullAWSAccess on.",
                quota.source,
            )


def tags(org: Organization, entities: Iterable[Entity]) -> Iterator[Finding]:
    quotas = org.quotas
    most, key_length, value_length = map(quotas.quota, ("tags", "tag_key", "tag_value"))
    for entity in entities:
        if not entity.tags:
            continue
        if len(entity.tags) > most.value:
            yield over(most, entity.id, plural(len(entity.tags), "tag"), "Remove tags that nobody reads.")
        for key, value in entity.tags.items():
            if len(key) > key_length.value:
                yield over(key_length, entity.id, f"tag key {key[:20]}… has {len(key)} characters", "Shorten the key.")
            if len(value) > value_length.value:
                yield over(
                    value_length, entity.id, f"the value of tag {key} has {len(value)} characters", "Shorten the value."
                )
