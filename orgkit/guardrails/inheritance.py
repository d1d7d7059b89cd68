"""Which service and resource control policies bind an account: level by level, from the root down to it.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

import re
from functools import lru_cache

from orgkit import policy
from orgkit.design import SCP, Account, Organization

Texts = tuple[tuple[str, str], ...]
Chain = tuple[tuple[str, str, Texts], ...]
_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


def levels(org: Organization, account: str, type: str = SCP) -> tuple[policy.Level, ...]:
    """The levels of policies of one type that bind an account (or would bind one placed in an OU), root first.

    Each level has the path of its root, OU or account for a name, and FullAWSAccess among its policies. No levels bind
    the management account, and none where the organization has not enabled the type. Raises UnknownName for a name
    that nothing has, PolicyError for a policy that AWS would refuse.
    """
    return tuple(map(_level, chain(org, org.find(account, "account", "ou", "root"), type)))


def chain(org: Organization, node: str, type: str) -> Chain:
    """The same as plain texts, which are quick to compare: for each level its path, and (name, JSON text) pairs."""
    if not binds(org, node, type):
        return ()
    return tuple((org.path(above), type, attached(org, above, type)) for above in org.chain(node))


def binds(org: Organization, node: str, type: str) -> bool:
    """Whether policies of this type have any effect on an account, OU or root."""
    entity = org.entity(node)
    return org.enforces(type) and not (isinstance(entity, Account) and entity.management)


def attached(org: Organization, node: str, type: str) -> Texts:
    """What is attached to this very root, OU or account: (name, JSON text with known references bound) pairs."""
    return tuple((one.handle, bound(org, one.content)) for one in org.attached(node, type))


@lru_cache(maxsize=20_000)
def document(text: str, type: str, name: str) -> policy.PolicyDocument:
    """The parsed policy; the same text is parsed once."""
    return policy.parse(text, type=type, name=name)


@lru_cache(maxsize=1024)
def compiled(scps: Chain, rcps: Chain | None) -> policy.Compiled:
    """Levels made ready for requests; the same levels are compiled once."""
    return policy.compile(tuple(map(_level, scps)), None if rcps is None else tuple(map(_level, rcps)))


def bound(org: Organization, text: str) -> str:
    """The text with `{{account.HANDLE.id}}` and `{{organization.id}}` replaced where the id is known.

    What AWS gives only later stays a reference, so that two references to one thing are still equal.
    """
    if "{{" not in text:
        return text
    return _REFERENCE.sub(lambda found: _value(org, found[1]) or f"{{{{{found[1]}}}}}", text)


def account_id(account: Account) -> str:
    """The account's id, or the reference that stands for it until AWS gives one."""
    return account.aws_id or f"{{{{account.{account.handle}.id}}}}"


def organization_id(org: Organization) -> str:
    """The organization's id, or the reference that stands for it until AWS gives one."""
    return org.settings.organization_id or "{{organization.id}}"


def _value(org: Organization, reference: str) -> str | None:
    head, *middle, last = reference.split(".")
    if head == "organization" and last == "id":
        return org.settings.organization_id
    node = f"account:{'.'.join(middle)}"
    if head != "account" or node not in org:
        return None
    account = org.entity(node)
    assert isinstance(account, Account)
    return {"id": account.aws_id, "email": account.email, "name": account.name}.get(last)


def _level(level: tuple[str, str, Texts]) -> policy.Level:
    path, type, texts = level
    return policy.Level(path, tuple(policy.Named(name, document(text, type, name)) for name, text in texts))
