"""What AWS would refuse half-way through a plan: refused before the first write instead.

What concerns the design alone is asked of the design's own checks; here it is counted together with what is live.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from collections import Counter

from orgkit.design import Account
from orgkit.design.checks import check
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.match import entities

# The checks of a design whose errors are AWS's own refusals, at the call that the rule is about.
_REFUSALS = frozenset(
    {
        "account-name",
        "email-form",
        "email-missing",
        "needs-all-features",
        "no-scp-attached",
        "ou-name",
        "ou-too-deep",
        "policy-description",
        "policy-name",
        "policy-too-large",
        "role-name",
        "tag-key",
        "tag-limit",
        "too-many-attached",
    }
)
_CLOSED = ("SUSPENDED", "PENDING_CLOSURE", "CLOSED")
# Parts of the tree, as `Organization.unknown` names them, and the key of a design that has a plan write them.
_WRITTEN_PART = {
    "policies": "policies",
    "policy content": "policies",
    "attachments": "policies",
    "tags": "tags",
    "trusted access": "trusted_access",
    "delegated administrators": "delegated_administrators",
}


def check_limits(draft: Draft) -> None:
    """Add to the draft's `blocked` whatever would stop an apply of its steps."""
    if not draft.steps:
        return
    draft.blocked += check(draft.design, _REFUSALS)
    _counts(draft)
    _unknown(draft)
    _emails(draft)


def _counts(draft: Draft) -> None:
    steps = Counter(step.kind for step in draft.steps.values())
    accounts, ous = len(draft.live.accounts()), len(draft.live.ous())
    if not draft.exists:
        accounts = 1
    what = "accounts (closed ones count for 90 days)"
    if draft.invited:
        what = f"accounts and invitations ({len(draft.invited)} open; closed accounts count for 90 days)"
    _count(draft, "accounts", accounts + len(draft.invited), steps["create_account"], what)
    _count(draft, "ous", ous, steps["create_ou"], "OUs at one time")
    live = Counter(policy.type for policy in draft.live.policies())
    new = Counter(s.parameters["Type"] for s in draft.steps.values() if s.kind == "create_policy")
    for kind, number in new.items():
        _count(draft, f"policies.{kind}", live[kind], number, f"policies of type {kind}")
    _closures(draft, steps["close_account"], accounts)


def _closures(draft: Draft, number: int, accounts: int) -> None:
    """AWS counts 30 days back; of accounts that are closed already, nobody can read since when."""
    most = min(1_000, max(250, accounts // 5))
    closed = sum(account.state in _CLOSED for account in draft.live.accounts())
    if number > most:
        draft.block(
            "too-many-closures",
            "remove",
            f"{number} accounts are to be closed; AWS closes {most} within 30 days",
            "Close them in several rounds.",
        )
    elif number and number + closed > most:
        draft.hold(
            "many-closures",
            "remove",
            f"{number} accounts are to be closed and {closed} are; AWS closes {most} within 30 days, so the rest may "
            "have to wait",
            "Apply again later where AWS refuses.",
            severity="warning",
        )


def _count(draft: Draft, quota: str, now: int, new: int, what: str) -> None:
    limit = draft.quotas.quota(quota)
    if new and now + new > limit.value:
        draft.block(
            f"too-many-{quota.split('.', maxsplit=1)[0]}",
            "organization.limits",
            f"there are {now} {what}, and {new} more would make {now + new}; the limit is {limit.value}",
            f"Ask AWS for more and write the granted number to limits: {quota}, or plan fewer ({limit.source}).",
        )


def _unknown(draft: Draft) -> None:
    """A plan that depends on a part of the tree that could not be read would be a guess.

    What stands beside the tree is held by those who plan it: nothing of it is done, and the tree does not turn on it.
    So a policy that forbids the very reading can be taken off by a plan.
    """
    keys = {key for entity in entities(draft.design) for key in entity.declared}
    keys |= draft.design.settings.declared
    for part in draft.live.unknown:
        if _WRITTEN_PART.get(part) in keys or (part.startswith("policy") and draft.design.policies()):
            draft.block(
                "not-readable",
                "live organization",
                f"the plan depends on {part}, which the caller may not read",
                "Plan with a role that may read them, or leave them out of the design.",
            )


def _emails(draft: Draft) -> None:
    """An address that a closed or leaving account has is not free."""
    for node, now in draft.match.live.items():
        live = draft.live.entity(now)
        if isinstance(live, Account) and live.state not in ("ACTIVE", "PENDING_ACTIVATION"):
            draft.hold(
                "account-not-active",
                draft.place(node),
                f"the account is {live.state}: it counts against the quota, and its email cannot be used again",
                "Have AWS Support reopen it, or give the design another account with another email.",
                severity="warning",
            )
