"""moto's other services see the organization as it stands, and threads do not get in each other's way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orgkit.cloud import Target, connect
from tests.cloud.clocks import StillClock

TEMPLATE = json.dumps(
    {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "from-the-stack"}}}}
)


@pytest.fixture
def company(clock: StillClock) -> Any:
    """Workloads ─ Production ─ Deep, with one account in each and one in the root."""
    with connect("sandbox", clock=clock) as target:
        client = target.client("organizations")
        client.create_organization()
        root = client.list_roots()["Roots"][0]["Id"]
        parent = root
        for name in ("Workloads", "Production", "Deep"):
            unit = client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]
            client.create_account(Email=f"{name}@company.example", AccountName=f"in-{name}")
            account = target.account(f"in-{name}")
            client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit["Id"])
            parent = unit["Id"]
        client.create_account(Email="root@company.example", AccountName="in-root")
        yield target


def workloads(target: Target) -> dict[str, Any]:
    client = target.client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    unit: dict[str, Any] = client.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"][0]
    return unit


def test_a_stack_set_reaches_every_account_below_an_ou_and_no_other(company: Target) -> None:
    formation = company.client("cloudformation")
    formation.create_stack_set(StackSetName="baseline", TemplateBody=TEMPLATE, PermissionModel="SERVICE_MANAGED")
    formation.create_stack_instances(
        StackSetName="baseline",
        DeploymentTargets={"OrganizationalUnitIds": [workloads(company)["Id"]]},
        Regions=["us-east-1"],
    )
    summaries = formation.list_stack_instances(StackSetName="baseline")["Summaries"]
    reached = {entry["Account"] for entry in summaries}
    assert reached == {company.account(f"in-{name}") for name in ("Workloads", "Production", "Deep")}
    queues = company.client("sqs", account="in-Deep").list_queues()["QueueUrls"]
    assert queues[0].endswith("/from-the-stack")


def test_resources_are_shared_with_the_organization_and_its_ous(company: Target) -> None:
    organization = company.client("organizations").describe_organization()["Organization"]
    ram = company.client("ram")
    ram.enable_sharing_with_aws_organization()
    share = ram.create_resource_share(name="all", principals=[organization["Arn"], workloads(company)["Arn"]])
    assert share["resourceShare"]["status"] == "ACTIVE"


def test_security_hub_takes_a_member_as_its_administrator(company: Target) -> None:
    hub = company.client("securityhub")
    hub.enable_security_hub()
    hub.enable_organization_admin_account(AdminAccountId=company.account("in-root"))


def test_threads_share_a_target(company: Target) -> None:
    root = company.client("organizations").list_roots()["Roots"][0]["Id"]

    def work(index: int) -> str:
        client = company.client("organizations")
        unit = client.create_organizational_unit(ParentId=root, Name=f"unit-{index}")["OrganizationalUnit"]
        company.client("iam", account="in-root").create_user(UserName=f"user-{index}")
        return str(unit["Id"])

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(work, range(40)))
    assert len(set(made)) == 40
    assert len(company.client("iam", account="in-root").list_users()["Users"]) == 40
