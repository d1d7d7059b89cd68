"""Rules about what stands where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orgkit.design.checks.finding import Finding
from orgkit.design.entities import Account, OrganizationalUnit
from orgkit.design.organization import Organization


def management_missing(org: Organization) -> Iterator[Finding]:
    if org.management is None and org.accounts():
        yield Finding(
            org.root.id,
            "the design has accounts but no management account",
            "Write organization.management: {name: …, email: …}.",
        )


def account_in_root(org: Organization) -> Iterator[Finding]:
    for node in org.children(org.root.id):
        entity = org.entity(node)
        if entity.kind == "account" and entity != org.management:
            yield Finding(
                node,
                "the account is directly in the root, where only the root's own policies reach it",
                "Move it into an OU.",
            )


def ou_empty(org: Organization, ous: Iterable[OrganizationalUnit]) -> Iterator[Finding]:
    for ou in ous:
        if not org.children(ou.id):
            yield Finding(ou.id, "the OU has no accounts and no OUs", "Put accounts in it, or take it out.")


def account_suspended(org: Organization, accounts: Iterable[Account]) -> Iterator[Finding]:
    for account in accounts:
        if account.state == "SUSPENDED":
            yield Finding(
                account.id,
                "the account is suspended: nothing in it can be changed, and it still counts against the quota",
                "Ask AWS Support to reactivate it, or close it.",
            )


def account_closing(org: Organization, accounts: Iterable[Account]) -> Iterator[Finding]:
    for account in accounts:
        if account.state in ("PENDING_CLOSURE", "CLOSED"):
            yield Finding(
                account.id,
                f"the account is {account.state.lower().replace('_', ' ')}; it counts against the quota for 90 days",
                "Take it out of the design once AWS no longer lists it.",
            )
