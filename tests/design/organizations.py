"""Organizations that several tests start from."""

from __future__ import annotations

from decimal import Decimal

from orgkit.design import SCP, Money, Organization, Settings

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}


def usd(amount: str | int) -> Money:
    return Money(Decimal(amount))


def small() -> Organization:
    """Two OUs, three accounts and one attached policy; nothing is wrong with it."""
    org = Organization(settings=Settings(policy_types=(SCP,), trusted_access=("sso.amazonaws.com",)))
    org.add_account("management", email="aws@example.com", management=True)
    org.add_ou("Workloads")
    org.add_ou("Production", "Workloads")
    org.add_account("shop", "Workloads", email="shop@example.com", monthly_cost=usd(100))
    org.add_account("shop-prod", "Workloads/Production", email="shop-prod@example.com", monthly_cost=usd("250.50"))
    org.add_policy("no-iam", DENY)
    org.attach("no-iam", "Workloads/Production")
    return org
