"""Designs that the tests of this room share."""

from __future__ import annotations

import json

from orgkit.design import SCP, Organization

ADMINS = "guardduty.amazonaws.com"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ALLOW_READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
DENY_LEAVE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "organizations:Leave*", "Resource": "*"}],
}
DENY_STOP = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "guardduty:DeleteDetector"], "Resource": "*"}
    ],
}
ONLY_SMALL = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Action": "ec2:RunInstances",
            "Resource": "*",
            "Condition": {"StringNotLike": {"ec2:InstanceType": "*.micro"}},
        }
    ],
}
TREE = {
    "Security": ["security-audit", "log-archive"],
    "Infrastructure": ["shared-services", "networking"],
    "Workloads/Production": ["app-a-prod", "app-b-prod"],
    "Workloads/Non-Production": ["app-a-dev", "app-a-staging"],
    "Sandbox": ["developer-sandbox-1", "developer-sandbox-2"],
}


def text(document: object) -> str:
    return json.dumps(document, indent=2)


def empty() -> Organization:
    """A management account and nothing else."""
    org = Organization()
    org.add_account("management", email="aws@company.com", management=True)
    org.configure(features="ALL", limits={"accounts": 50})
    return org


def starter() -> Organization:
    """Six OUs, ten member accounts, two service control policies, two delegated administrations."""
    org = empty()
    org.configure(
        trusted_access=("cloudtrail.amazonaws.com", ADMINS, "securityhub.amazonaws.com"),
        policy_types=(SCP, "TAG_POLICY"),
    )
    org.add_policy("production-guardrails", DENY_STOP, description="What nobody does in production")
    org.add_policy("sandbox-limits", ONLY_SMALL, description="Small instances")
    for path, accounts in TREE.items():
        parent = "root"
        for name in path.split("/"):
            here = name if parent == "root" else f"{parent}/{name}"
            if not any(org.path(ou.id) == here for ou in org.ous()):
                org.add_ou(name, parent)
            parent = here
        for account in accounts:
            org.add_account(
                account, path, email=f"aws-{account}@company.com", tags={"Team": account.split("-")[0], "Of": path}
            )
    org.attach("production-guardrails", "Workloads/Production")
    org.attach("sandbox-limits", "Sandbox")
    org.configure(
        delegated_administrators={ADMINS: ("security-audit",), "securityhub.amazonaws.com": ("security-audit",)}
    )
    return org
