"""Reading an organization of 1,000 accounts: calls made against the least possible, and how long AWS's rates take.

Run: python -m benchmarks.reading

Most of the time goes into tags, one resource a call. The Resource Groups Tagging API lists tagged resources of an
account and a region by the page, but its documentation does not say that it covers roots, OUs, accounts and policies of
an organization, and it is silent about what has no tags: what it leaves out could not be told from what is not tagged.
So tags are asked one by one, which AWS documents for all four.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTagsForResource.html
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

from orgkit.cloud import Target, connect, read
from orgkit.design import FULL_AWS_ACCESS, POLICY_TYPES, SCP, Organization

ACCOUNTS, OUS, POLICIES, PAGE = 1_000, 100, 20, 20
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}]}


class Counted:
    """A clock on which waiting takes no time and is added up."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds


def furnish(target: Target) -> None:
    """OUs in tens below tens, accounts spread over them, policies on every fifth OU, one delegated administrator."""
    client = target.client("organizations", once=True)
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    client.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    units: list[str] = []
    for number in range(OUS):
        parent = root if number < 10 else units[number // 10 - 1]
        made = client.create_organizational_unit(ParentId=parent, Name=f"unit {number}")
        units.append(made["OrganizationalUnit"]["Id"])
    for number in range(POLICIES):
        made = client.create_policy(Name=f"policy-{number}", Type=SCP, Content=json.dumps(DENY), Description="")
        client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=units[number * 5])
    account = ""
    for number in range(ACCOUNTS - 1):
        status = client.create_account(Email=f"a{number}@example.com", AccountName=f"account-{number}")
        request = status["CreateAccountStatus"]["Id"]
        status = client.describe_create_account_status(CreateAccountRequestId=request)
        account = status["CreateAccountStatus"]["AccountId"]
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=units[number % OUS])
    client.register_delegated_administrator(AccountId=account, ServicePrincipal="guardduty.amazonaws.com")


def least(org: Organization) -> Counter[str]:
    """The fewest calls of Organizations that can tell all this, by operation: a page holds 20."""

    def pages(things: int) -> int:
        return max(1, -(-things // PAGE))

    targets = [org.root, *org.ous(), *org.accounts()]
    attached = [len(org.targets(policy.id)) for policy in org.policies()]
    full = sum(FULL_AWS_ACCESS.name in {policy.name for policy in org.attached(one.id)} for one in targets)
    of_type = Counter(policy.type for policy in org.policies())
    of_type[SCP] += 1  # AWS's own is listed too
    administrators = {name for names in org.settings.delegated_administrators.values() for name in names}
    units = [sum(org.entity(child).kind == "ou" for child in org.children(one.id)) for one in (org.root, *org.ous())]
    return Counter(
        {
            "DescribeOrganization": 1,
            "ListRoots": 1,
            "ListOrganizationalUnitsForParent": sum(map(pages, units)),
            "ListAccounts": pages(len(org.accounts())),
            "ListPolicies": sum(pages(of_type[kind]) for kind in POLICY_TYPES),
            "DescribePolicy": len(org.policies()),
            "ListTargetsForPolicy": sum(map(pages, attached)) + pages(full),
            "ListAWSServiceAccessForOrganization": pages(len(org.settings.trusted_access)),
            "ListDelegatedAdministrators": pages(len(administrators)),
            "ListDelegatedServicesForAccount": len(administrators),
            "ListTagsForResource": len(targets) + len(org.policies()),
        }
    )


def main() -> None:
    clock = Counted()
    with connect("sandbox", clock=clock, paced=True, limits={"accounts": ACCOUNTS}) as target:
        furnish(target)
        calls: Counter[str] = Counter()

        def count(model: Any, **_: Any) -> None:
            calls[model.name] += 1

        target.client("organizations").meta.events.register("before-call.organizations", count)
        begun, at = time.perf_counter(), clock.time()
        org = read(target)
        took, paced = time.perf_counter() - begun, clock.time() - at
    fewest = least(org)
    print(f"{org!r} read in {took:.1f} s without waiting")
    for name, number in fewest.items():
        print(f"  {name:36} {calls[name]:6,} made {number:6,} least possible")
    made, possible = calls.total(), fewest.total()
    print(f"calls of Organizations made / least possible: {made:,} / {possible:,} = {made / possible:.3f}")
    tags = target.pace.rates["ListTagsForResource"].seconds(calls["ListTagsForResource"])
    print(f"at AWS's published rates: {paced:.0f} s, of it {tags:.0f} s for tags")


if __name__ == "__main__":
    main()
