"""What the embedded AWS does itself for other services: account names, changed budgets, cost allocation tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orgkit.cloud import Target, connect
from orgkit.cloud.server import serve

BUDGET = {
    "BudgetName": "one",
    "BudgetLimit": {"Amount": "10", "Unit": "USD"},
    "TimeUnit": "MONTHLY",
    "BudgetType": "COST",
}


@pytest.fixture(params=["in-process", "server"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    if request.param == "in-process":
        with connect("sandbox") as target:
            yield target
    else:
        with serve() as server, connect(f"endpoint:{server.url}") as target:
            yield target


def member(target: Target, *, trusted: bool = True) -> str:
    """An organization with one member; returns the member's id."""
    organizations = target.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    if trusted:
        organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    request = organizations.create_account(
        Email="app@company.com", AccountName="app", Tags=[{"Key": "Team", "Value": "a"}]
    )["CreateAccountStatus"]["Id"]
    status = organizations.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
    return str(status["AccountId"])


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def test_a_member_is_renamed_from_the_management_account(target: Target) -> None:
    account = member(target)
    target.client("account").put_account_name(AccountId=account, AccountName="App A")
    shown = target.client("organizations").describe_account(AccountId=account)["Account"]
    assert shown["Name"] == "App A"
    assert code(target.client("account").put_account_name, AccountId=account, AccountName="né") == "ValidationException"


def test_without_trusted_access_members_are_not_managed(target: Target) -> None:
    account = member(target, trusted=False)
    client = target.client("account")
    assert code(client.put_account_name, AccountId=account, AccountName="x") == "AccessDeniedException"
    security = {"AccountId": account, "AlternateContactType": "SECURITY"}
    assert code(client.get_alternate_contact, **security) == "AccessDeniedException"


def test_a_budget_is_changed_and_one_that_is_not_there_is_not(target: Target) -> None:
    client, own = target.client("budgets"), target.account_id
    client.create_budget(AccountId=own, Budget=BUDGET)
    client.update_budget(AccountId=own, NewBudget={**BUDGET, "BudgetLimit": {"Amount": "12", "Unit": "USD"}})
    (shown,) = client.describe_budgets(AccountId=own)["Budgets"]
    assert shown["BudgetLimit"] == {"Amount": "12", "Unit": "USD"}
    other = {**BUDGET, "BudgetName": "two"}
    assert code(client.update_budget, AccountId=own, NewBudget=other) == "NotFoundException"


def test_a_tag_that_something_carries_can_be_activated(target: Target) -> None:
    member(target)
    client = target.client("ce")
    assert client.list_cost_allocation_tags(Status="Active")["CostAllocationTags"] == []
    wanted = [{"TagKey": key, "Status": "Active"} for key in ("Team", "Nobody")]
    refused = client.update_cost_allocation_tags_status(CostAllocationTagsStatus=wanted)["Errors"]
    assert [error["TagKey"] for error in refused] == ["Nobody"]
    active = client.list_cost_allocation_tags(Status="Active")["CostAllocationTags"]
    assert [tag["TagKey"] for tag in active] == ["Team"]


def test_a_state_file_keeps_all_of_it(tmp_path: Path) -> None:
    spec = f"sandbox:{tmp_path / 'state.jsonl'}"
    with connect(spec) as target:
        account = member(target)
        target.client("account").put_account_name(AccountId=account, AccountName="App A")
        wanted = [{"TagKey": "Team", "Status": "Active"}]
        target.client("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=wanted)
    with connect(spec) as target:
        assert target.client("organizations").describe_account(AccountId=account)["Account"]["Name"] == "App A"
        assert target.client("ce").list_cost_allocation_tags(Status="Active")["CostAllocationTags"]


def test_the_target_says_that_it_can() -> None:
    with connect("sandbox") as target:
        assert target.can("account", "PutAccountName")
        assert target.can("budgets", "UpdateBudget")
        assert target.can("ce", "UpdateCostAllocationTagsStatus")
        assert not target.can("ce", "StartCostAllocationTagBackfill")
