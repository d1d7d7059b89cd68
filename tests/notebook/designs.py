"""Designs for the tests of the designer: a small one with every kind of thing, and odd names."""

from __future__ import annotations

from typing import Any

from orgkit.design import Organization
from orgkit.notebook import blocks

DENY_LEAVING = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Stay", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"},
        {"Sid": "Keep", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
    ],
}
DENY_REGIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Regions",
            "Effect": "Deny",
            "Action": "ec2:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
        }
    ],
}
ODD = """<img src=x onerror="window.hurt=1"> & 'Co' 🦊"""


MOVE = {"type": "move", "node": "shop", "to": "Sandbox"}


def small() -> Organization:
    """Two OUs with accounts, one below the other, two policies, costs, a budget; no history."""
    org = Organization()
    org.configure(policy_types=("SERVICE_CONTROL_POLICY",))
    org.add_ou("Workloads", owner="platform")
    org.add_ou("Production", "Workloads", budget="1000 USD")
    org.add_ou("Sandbox")
    org.add_account("main", email="main@x.com", management=True)
    org.add_account("shop", "Workloads/Production", email="shop@x.com", monthly_cost="600 USD", tags={"Team": "web"})
    org.add_account("bank", "Workloads/Production", email="bank@x.com", monthly_cost="300 USD", owner="pay")
    org.add_account("play", "Sandbox", email="play@x.com", monthly_cost="50.50 USD")
    org.add_policy("stay", DENY_LEAVING)
    org.add_policy("regions", DENY_REGIONS)
    org.attach("stay", "Workloads")
    org.attach("regions", "Sandbox")
    return org.copy()


def many(accounts: int, *, each: int = 40, policies: int = 6) -> Organization:
    """A design of so many accounts, `each` to an OU, two levels of OUs, guardrails on the upper ones."""
    org = Organization()
    org.configure(policy_types=("SERVICE_CONTROL_POLICY",), limits={"accounts": accounts + 10, "ous": accounts})
    org.add_account("main", email="main@x.com", management=True)
    units = max(2, accounts // each)
    uppers = max(2, units // 12)
    for number in range(uppers):
        org.add_ou(f"area-{number}")
    for number in range(policies):
        actions: Any = [f"{service}:Delete*" for service in ("ec2", "s3", "rds", "iam")[number % 4 :]]
        statement = {"Sid": f"S{number}", "Effect": "Deny", "Action": actions, "Resource": "*"}
        org.add_policy(f"guard-{number}", {"Version": "2012-10-17", "Statement": [statement]})
        org.attach(f"guard-{number}", f"area-{number % uppers}")
    for number in range(units):
        org.add_ou(f"unit-{number}", f"area-{number % uppers}")
    for number in range(accounts):
        unit = number % units
        cost = f"{37 + number % 900} USD"
        place = f"area-{unit % uppers}/unit-{unit}"
        org.add_account(
            f"acct-{number}", place, email=f"a{number}@x.com", monthly_cost=cost, owner=f"team-{number % 40}"
        )
    return org.copy()


def shown(answer: dict[str, Any]) -> str:
    """The words of the panel that is open."""
    return blocks.plain(answer["panel"]["blocks"])


def strip(answer: dict[str, Any]) -> str:
    """What the last edit meant, in words."""
    return blocks.plain(answer["strip"])
