"""The service and resource control policies that hold for an account right now, ready for requests."""

from __future__ import annotations

from functools import cached_property, lru_cache

from orgkit import policy
from orgkit.cloud.organizations.state import FULL_ACCESS, RCP, SCP, Organization

Texts = tuple[tuple[str, str], ...]  # name and content of what is attached to one root, OU or account
Chain = tuple[Texts, ...]  # from the root down; without names, so that accounts side by side share what is compiled


class Guard:
    """Compiled levels, with the context keys that they look at (in lower case)."""

    def __init__(self, scps: Chain, rcps: Chain | None) -> None:
        levels = [_level(texts, SCP) for texts in scps]
        self.compiled = policy.compile(levels, None if rcps is None else [_level(texts, RCP) for texts in rcps])

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every context key of a condition or of a variable in a resource."""
        statements = [rule.statement for rule in self.compiled.rules]
        tested = (key for one in statements for condition in one.conditions for key in condition.keys)
        return frozenset(key.lower() for key in (*tested, *(key for one in statements for key in one.resource_keys)))


def chain(org: Organization | None, account: str | None, type: str) -> Chain:
    """What is attached to the root, each OU and the account; nothing where no policy of the type binds the account.

    That is the management account, an account outside, and where AWS's own full-access policy is all there is.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp
    """
    if org is None or account is None or account == org.management_id or org.policy_types.get(type) != "ENABLED":
        return ()
    member = org.accounts.get(account)
    if member is None:
        return ()
    path = [account]
    unit = member.parent
    while unit:
        path.append(unit)
        unit = org.units[unit].parent
    attached = [org.attached_to(target, type) for target in path]
    if all(ids.keys() == {FULL_ACCESS[type]} for ids in attached):
        return ()
    return tuple(
        tuple((org.policies[one].name, org.policies[one].content) for one in ids) for ids in reversed(attached)
    )


def guard(org: Organization | None, caller: str, owner: str | None) -> Guard | None:
    """Return the guardrails between a caller's account and a resource's (None: whose it is, is not known)."""
    scps, rcps = chain(org, caller, SCP), chain(org, owner, RCP)
    return _guard(scps, rcps or None) if scps or rcps else None


@lru_cache(maxsize=1024)
def _guard(scps: Chain, rcps: Chain | None) -> Guard:
    return Guard(scps, rcps)


def _level(texts: Texts, type: str) -> list[policy.Named | policy.compiled.Document]:
    return [policy.Named(name, _document(text, type, name)) for name, text in texts]


@lru_cache(maxsize=4096)
def _document(text: str, type: str, name: str) -> policy.PolicyDocument:
    return policy.parse(text, type=type, name=name)
