"""The effective policy of an account: management policies merged from the root down.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html
"""

from __future__ import annotations

import json

from orgkit.cloud.organizations.call import Call, Operation, Reply
from orgkit.cloud.organizations.errors import ApiError, denied, invalid
from orgkit.cloud.organizations.state import Account, Organization, Policy
from orgkit.policy.management import merge


def describe_effective_policy(org: Organization, call: Call) -> Reply:
    """Show what the policies of one type come to for an account: the caller's own, or one that is named."""
    kind, target = call.params["PolicyType"], call.params.get("TargetId", call.caller)
    if target in org.units:
        raise invalid("TARGET_NOT_SUPPORTED", "Only an account has an effective policy here, no root and no OU.")
    if target not in org.accounts:
        raise ApiError("TargetNotFoundException", f"There is no account {target} in the organization.")
    if call.caller not in (target, org.management_id, *org.delegates):
        raise denied(f"The account {call.caller} may ask for its own effective policies.")
    levels = _levels(org, org.accounts[target], kind)
    applied = [one for _, policies in levels for one in policies]
    if org.policy_types.get(kind) != "ENABLED" or not applied:
        raise ApiError("EffectivePolicyNotFoundException", f"The account {target} has no effective {kind}.")
    merged = merge((place, [(one.id, json.loads(one.content)) for one in policies]) for place, policies in levels)
    return {
        "EffectivePolicy": {
            "PolicyContent": json.dumps(merged.document, separators=(",", ":")),
            "LastUpdatedTimestamp": max(one.updated for one in applied),
            "TargetId": target,
            "PolicyType": kind,
        }
    }


def _levels(org: Organization, account: Account, kind: str) -> list[tuple[str, list[Policy]]]:
    """The policies of one type on the root, on each OU and on the account."""
    path, unit = [account.id], account.parent
    while unit:
        path.append(unit)
        unit = org.units[unit].parent
    return [(one, [org.policies[policy] for policy in org.attached_to(one, kind)]) for one in reversed(path)]


OPERATIONS: dict[str, Operation] = {"DescribeEffectivePolicy": describe_effective_policy}
