"""Quarantine: an account that nobody may use any more moves to an OU where everything is denied.

https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/procedural-ous.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from orgkit.design import SCP, Organization, OrganizationalUnit
from orgkit.errors import DesignError
from orgkit.guardrails.practice.view import SUSPENDED

OU: Final = "Suspended"
POLICY: Final = "deny-everything"


def quarantine(org: Organization, account: str, *, but: Iterable[str] = ()) -> Organization:
    """A copy of a design in which an account stands where everything is denied; a plan carries it out.

    The OU is the one that is named for it (Suspended, Quarantine), or a new one; the policy is added where the OU has
    none that denies. `but` are ARN patterns of principals that still come in, to investigate. The plan attaches the
    policy before the account moves. Errors: DesignError for the management account, which no policy binds.
    """
    copy = org.copy()
    node = copy.find(account, "account")
    if SCP not in copy.settings.policy_types:
        copy.configure(policy_types=(*copy.settings.policy_types, SCP))
    if copy.account(node).management:
        raise DesignError(
            f"{copy.path(node)} is the management account: no service control policy binds it",
            where=copy.where(node),
            mend="Revoke the sessions and keys in it instead.",
        )
    place = _place(copy)
    if not any(_denies(policy.document) for policy in copy.attached(place.id, SCP)):
        if f"policy:{POLICY}" not in copy:
            copy.add_policy(POLICY, document(but), description="Nobody does anything here")
        copy.attach(POLICY, place.id)
    if copy.parent(node) != place.id:
        copy.move(node, place.id)
    return copy


def document(but: Iterable[str] = ()) -> dict[str, Any]:
    """A service control policy that denies everything, but to the principals named."""
    statement: dict[str, Any] = {"Sid": "DenyEverything", "Effect": "Deny", "Action": "*", "Resource": "*"}
    exempt = sorted(but)
    if exempt:
        statement["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": exempt}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _place(org: Organization) -> OrganizationalUnit:
    for ou in org.ous():
        if SUSPENDED.search(ou.name):
            return ou
    org.add_ou(OU)
    return org.ou(f"ou:{OU}")


def _denies(policy: dict[str, Any]) -> bool:
    said = policy.get("Statement", [])
    return any(
        one.get("Effect") == "Deny" and one.get("Action") in ("*", ["*"]) and one.get("Resource") in ("*", ["*"])
        for one in (said if isinstance(said, list) else [said])
    )
