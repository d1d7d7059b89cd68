"""Rules about names, addresses and tags as AWS accepts them.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orgkit.design.checks.finding import Finding, over
from orgkit.design.entities import Account, Entity, OrganizationalUnit, Policy
from orgkit.design.organization import Organization

_PRINTABLE = re.compile(r"[ -~]*")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_ROLE = re.compile(r"[\w+=,.@-]+", re.ASCII)
_SHORTEST_EMAIL = 6


def account_name(org: Organization, accounts: Iterable[Account]) -> Iterator[Finding]:
    quota = org.quotas.quota("account_name")
    for account in accounts:
        if len(account.name) > quota.value:
            yield over(quota, account.id, f"the name has {len(account.name)} characters", "Shorten name.")
        elif not account.name:
            yield Finding(account.id, "the account has no name", "Give it a name, or leave name out.")
        elif not _PRINTABLE.fullmatch(account.name):
            odd = sorted(set(_PRINTABLE.sub("", account.name)))
            yield Finding(
                account.id,
                f"the name {account.name!r} has {', '.join(map(repr, odd))}; account names are printable ASCII",
                "Write the name without accents and control characters.",
            )


def ou_name(org: Organization, ous: Iterable[OrganizationalUnit]) -> Iterator[Finding]:
    quota = org.quotas.quota("ou_name")
    for ou in ous:
        if len(ou.name) > quota.value:
            yield over(quota, ou.id, f"the name has {len(ou.name)} characters", "Shorten name.")
        elif not ou.name:
            yield Finding(ou.id, "the OU has no name", "Give it a name, or leave name out.")


def policy_name(org: Organization, policies: Iterable[Policy]) -> Iterator[Finding]:
    quota = org.quotas.quota("policy_name")
    for policy in policies:
        if len(policy.name) > quota.value:
            yield over(quota, policy.id, f"the name has {len(policy.name)} characters", "Shorten name.")
        elif not policy.name:
            yield Finding(policy.id, "the policy has no name", "Give it a name, or leave name out.")


def policy_description(org: Organization, policies: Iterable[Policy]) -> Iterator[Finding]:
    quota = org.quotas.quota("policy_description")
    for policy in policies:
        if len(policy.description) > quota.value:
            yield over(
                quota,
                policy.id,
                f"the description has {len(policy.description)} characters",
                "Shorten description.",
            )


def role_name(org: Organization, accounts: Iterable[Account]) -> Iterator[Finding]:
    quota = org.quotas.quota("role_name")
    for account in accounts:
        if len(account.role_name) > quota.value:
            yield over(quota, account.id, f"role_name has {len(account.role_name)} characters", "Shorten role_name.")
        elif not _ROLE.fullmatch(account.role_name):
            yield Finding(
                account.id,
                f"{account.role_name!r} cannot be the name of a role",
                "Use letters, digits and + = , . @ - _ only.",
            )


def email_missing(org: Organization, accounts: Iterable[Account]) -> Iterator[Finding]:
    for account in accounts:
        # The management account is known by its role, a pinned one by its id: neither is created.
        if not account.email and not account.management and account.aws_id is None:
            yield Finding(
                account.id,
                "the account has no email; AWS creates none without",
                "Give it an address that no other AWS account has, or pin the account's id.",
            )


def email_form(org: Organization, accounts: Iterable[Account]) -> Iterator[Finding]:
    quota = org.quotas.quota("email")
    for account in accounts:
        email = account.email
        if not email:
            continue
        if len(email) > quota.value:
            yield over(quota, account.id, f"the email {email} has {len(email)} characters", "Use a shorter address.")
        elif len(email) < _SHORTEST_EMAIL or not _EMAIL.fullmatch(email):
            yield Finding(
                account.id,
                f"{email!r} is not an email address that AWS takes",
                f"Write name@host.domain: {_SHORTEST_EMAIL} characters or more, one @, no blanks.",
            )


def tag_key(org: Organization, entities: Iterable[Entity]) -> Iterator[Finding]:
    for entity in entities:
        for key in entity.tags:
            if not key:
                yield Finding(entity.id, "a tag has an empty key", "Give the tag a key.")
            elif key.casefold().startswith("aws:"):
                yield Finding(
                    entity.id, f"the tag key {key!r} begins with aws:, which AWS keeps for itself", "Rename the tag."
                )


def account_name_repeated(org: Organization) -> Iterator[Finding]:
    accounts = org.accounts()
    if len({account.name for account in accounts}) == len(accounts):
        return
    first: dict[str, str] = {}
    for account in accounts:
        twin = first.setdefault(account.name, account.id)
        if twin != account.id:
            yield Finding(
                account.id,
                f"{org.path(twin)} is named {account.name!r} in AWS too",
                "AWS allows it; people who look for an account by name will stumble.",
            )
