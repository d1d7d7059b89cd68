"""The organization itself: creating, describing and deleting it, and its root."""

from __future__ import annotations

import json

from orgkit.cloud.organizations.call import Call, Operation, Reply
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import (
    FULL_ACCESS,
    RCP,
    SCP,
    Account,
    Organization,
    Policy,
    Unit,
    new_id,
)

MANAGEMENT_NAME = "management"
MANAGEMENT_EMAIL = "management@example.com"
_ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def create_organization(call: Call) -> tuple[Organization, Reply]:
    """Create the organization of the calling account.

    With all features, service control policies are enabled in the root from the start:
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html
    """
    features = call.params.get("FeatureSet", "ALL")
    root_id = new_id(call.ids, "r-", 4)
    org = Organization(
        id=new_id(call.ids, "o-", 10),
        root_id=root_id,
        management_id=call.caller,
        management_email=MANAGEMENT_EMAIL,
        features=features,
        created=call.now,
    )
    org.units[root_id] = Unit(root_id, "Root", "")
    account = Account(call.caller, MANAGEMENT_EMAIL, MANAGEMENT_NAME, root_id, call.now, method="INVITED")
    org.accounts[account.id] = account
    org.units[root_id].accounts[account.id] = None
    org.emails[MANAGEMENT_EMAIL] = account.id
    for policy in (
        Policy(
            FULL_ACCESS[SCP],
            "FullAWSAccess",
            SCP,
            json.dumps({"Version": "2012-10-17", "Statement": [_ALLOW]}),
            "Allows access to every operation",
            aws_managed=True,
        ),
        Policy(
            FULL_ACCESS[RCP],
            "RCPFullAWSAccess",
            RCP,
            json.dumps({"Version": "2012-10-17", "Statement": [{**_ALLOW, "Principal": "*"}]}),
            "Allows access to every resource",
            aws_managed=True,
        ),
    ):
        org.policies[policy.id] = policy
    if features == "ALL":
        org.policy_types[SCP] = "ENABLED"
        for target_id in list(org.targets()):
            org.attach(org.policies[FULL_ACCESS[SCP]], target_id)
    call.changed = True
    return org, describe_organization(org, call)


def describe_organization(org: Organization, call: Call) -> Reply:
    """Describe the organization; any of its accounts may ask."""
    management = org.accounts[org.management_id]
    return {
        "Organization": {
            "Id": org.id,
            "Arn": org.arn("organization"),
            "FeatureSet": org.features,
            "MasterAccountArn": org.arn("account", org.management_id),
            "MasterAccountId": org.management_id,
            "MasterAccountEmail": management.email,
            # AWS fills this in although the field is deprecated; the root says what is really enabled.
            "AvailablePolicyTypes": [{"Type": SCP, "Status": "ENABLED"}] if org.features == "ALL" else [],
        }
    }


def delete_organization(org: Organization, call: Call) -> Reply:
    """Check that the organization may go: no account is left but the management account."""
    if len(org.accounts) > 1 or org.open_creations:
        raise ApiError(
            "OrganizationNotEmptyException",
            "The organization isn't empty. Remove all accounts except the management account first.",
        )
    call.changed = True
    return {}


def list_roots(org: Organization, call: Call) -> Reply:
    """List the root with its policy types; a look at a pending type brings it nearer to its end."""
    for policy_type, wait in list(org.type_waits.items()):
        if call.look(wait):
            finish_policy_type(org, policy_type)
            call.changed = True
    return page(call, "Roots", [org.units[org.root_id]], lambda root: show_root(org))


def show_root(org: Organization) -> Reply:
    """Return the root as AWS shows it."""
    return {
        "Id": org.root_id,
        "Arn": org.arn("root", org.root_id),
        "Name": "Root",
        "PolicyTypes": [{"Type": kind, "Status": status} for kind, status in org.policy_types.items()],
    }


def finish_policy_type(org: Organization, policy_type: str) -> None:
    """End the enabling or disabling of a policy type."""
    org.type_waits.pop(policy_type)
    if org.policy_types[policy_type] == "PENDING_DISABLE":
        del org.policy_types[policy_type]
        return
    org.policy_types[policy_type] = "ENABLED"
    if policy_type in FULL_ACCESS:
        for target_id in list(org.targets()):
            org.attach(org.policies[FULL_ACCESS[policy_type]], target_id)


OPERATIONS: dict[str, Operation] = {
    "DescribeOrganization": describe_organization,
    "DeleteOrganization": delete_organization,
    "ListRoots": list_roots,
}
