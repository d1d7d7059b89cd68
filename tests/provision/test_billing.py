"""Budgets and cost allocation tags: planned, applied, read back, followed when accounts move, and left alone after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orgkit.cloud import Target, connect, read
from orgkit.design import Money, Organization
from orgkit.provision import Plan, apply, plan
from tests.provision import designs


@pytest.fixture
def target() -> Iterator[Target]:
    with connect("sandbox") as target:
        yield target


def design() -> Organization:
    org = designs.starter()
    org.set("Workloads/Production", budget=Money.parse("9000 USD"))
    org.set("app-a-dev", budget=Money.parse("12.50 USD"))
    org.set("root", budget=Money.parse("20000 USD"))
    return org


def carry_out(org: Organization, target: Target) -> Plan:
    made = plan(org, read(target))
    apply(made, target, approve=made.digest)
    return made


def budgets(target: Target) -> dict[str, Any]:
    found = target.client("budgets").describe_budgets(AccountId=target.account_id)["Budgets"]
    return {budget["BudgetName"].removeprefix("orgkit-"): budget for budget in found}


def test_accounts_ous_and_the_root_get_a_budget_of_the_accounts_they_hold(target: Target) -> None:
    org = design()
    carry_out(org, target)
    live = read(target)
    found = budgets(target)
    production = found[str(live.ou("Workloads/Production").aws_id)]
    assert production["BudgetLimit"] == {"Amount": "9000", "Unit": "USD"}
    assert set(production["CostFilters"]["LinkedAccount"]) == {
        live.account(name).aws_id for name in ("app-a-prod", "app-b-prod")
    }
    one = found[str(live.account("app-a-dev").aws_id)]
    assert one["BudgetLimit"]["Amount"] == "12.5"
    assert one["CostFilters"] == {"LinkedAccount": [live.account("app-a-dev").aws_id]}
    assert not found[str(live.root.aws_id)].get("CostFilters")
    assert live.ou("Workloads/Production").budget == Money.parse("9000 USD")
    assert plan(org, live).empty


def test_a_budget_follows_its_amount_and_the_accounts_below(target: Target) -> None:
    org = design()
    carry_out(org, target)
    org.move("app-a-staging", "Workloads/Production")
    org.set("app-a-dev", budget=Money.parse("80 USD"))
    made = carry_out(org, target)
    assert sorted(step.kind for step in made.steps) == ["move_account", "update_budget", "update_budget"]
    live = read(target)
    found = budgets(target)
    assert len(found[str(live.ou("Workloads/Production").aws_id)]["CostFilters"]["LinkedAccount"]) == 3
    assert found[str(live.account("app-a-dev").aws_id)]["BudgetLimit"]["Amount"] == "80"
    assert plan(org, live).empty


def test_an_account_that_is_new_in_an_ou_joins_its_budget_at_the_next_plan(target: Target) -> None:
    org = design()
    carry_out(org, target)

    def counted() -> set[str]:
        live = read(target)
        return set(budgets(target)[str(live.ou("Workloads/Production").aws_id)]["CostFilters"]["LinkedAccount"])

    before = counted()
    org.add_account("app-c-prod", "Workloads/Production", email="app-c-prod@company.com")
    made = carry_out(org, target)
    assert [step.kind for step in made.steps if "budget" in step.kind] == ["update_budget"]
    assert counted() - before == {read(target).account("app-c-prod").aws_id}
    # One that somebody made by hand counts as well: its money is spent in the OU.
    client = target.client("organizations")
    client.create_account(Email="by-hand@company.com", AccountName="by hand")
    live = read(target)
    client.move_account(
        AccountId=str(live.account("by hand").aws_id),
        SourceParentId=str(live.root.aws_id),
        DestinationParentId=str(live.ou("Workloads/Production").aws_id),
    )
    carry_out(org, target)
    assert len(counted()) == len(before) + 2
    assert plan(org, read(target)).empty


def test_the_tag_policy_of_required_tags_is_attached_to_the_root_and_read_back(target: Target) -> None:
    from orgkit.design.sections import CostAllocation
    from orgkit.guardrails import attach_tag_policy

    org = design()
    org.configure(cost=CostAllocation(required_tags=("Team", "CostCenter")))
    org = attach_tag_policy(org)
    carry_out(org, target)
    (found,) = read(target).attached("root", "TAG_POLICY")
    assert {rule["tag_key"]["@@assign"] for rule in found.document["tags"].values()} == {"Team", "CostCenter"}
    assert plan(org, read(target)).empty


def test_an_ou_that_is_made_anew_takes_its_budget_along(target: Target) -> None:
    org = design()
    carry_out(org, target)
    old = str(read(target).ou("Workloads/Production").aws_id)
    org.move("Workloads/Production", "root")
    carry_out(org, target)
    live = read(target)
    assert old not in budgets(target)
    assert str(live.ou("Production").aws_id) in budgets(target)
    assert plan(org, live).empty


def test_a_budget_nobody_writes_any_more_is_left_and_said(target: Target) -> None:
    org = design()
    carry_out(org, target)
    org.set("app-a-dev", budget=None)
    made = plan(org, read(target))
    assert made.empty
    assert any("budget of 12.5 USD" in problem.message for problem in made.unmanaged)


def test_budgets_that_others_made_are_left_alone(target: Target) -> None:
    org = design()
    carry_out(org, target)
    theirs = {"BudgetName": "theirs", "BudgetLimit": {"Amount": "1", "Unit": "USD"}, "TimeUnit": "MONTHLY"}
    target.client("budgets").create_budget(AccountId=target.account_id, Budget={**theirs, "BudgetType": "COST"})
    made = plan(org, read(target))
    assert made.empty and not any("theirs" in str(problem) for problem in made.unmanaged)


def test_an_ou_without_accounts_has_no_budget_that_would_count_the_whole_bill(target: Target) -> None:
    org = designs.starter()
    org.add_ou("Empty", budget=Money.parse("5 USD"))
    made = carry_out(org, target)
    assert not any(step.kind == "create_budget" for step in made.steps)
    assert [problem.code for problem in made.held] == ["budget-of-nobody"]
    assert plan(org, read(target)).empty


def test_cost_allocation_tags_are_activated_at_once_and_the_list_is_complete(target: Target) -> None:
    from orgkit.design.sections import CostAllocation

    org = designs.starter()
    org.configure(cost=CostAllocation(allocation_tags=("Team", "Of", "Nobody")))
    made = carry_out(org, target)
    assert [step.kind for step in made.steps].count("set_cost_tags") == 1
    assert [problem.code for problem in made.held] == ["cost-tag-unused"]

    def active() -> list[str]:
        reply = target.client("ce").list_cost_allocation_tags(Status="Active")
        return [tag["TagKey"] for tag in reply["CostAllocationTags"]]

    assert active() == ["Of", "Team"]
    assert plan(org, read(target)).empty
    org.configure(cost=CostAllocation(allocation_tags=("Team",)))
    carry_out(org, target)
    assert active() == ["Team"]
    assert plan(org, read(target)).empty


def test_a_tag_that_aws_does_not_know_yet_is_waited_for(target: Target) -> None:
    from types import MappingProxyType

    from orgkit.cloud.read_billing import COST_TAGS
    from orgkit.design.sections import CostAllocation

    org = designs.starter()
    org.configure(cost=CostAllocation(allocation_tags=("Team",)))
    carry_out(org, target)
    live = read(target)
    live.surroundings = MappingProxyType({**live.surroundings, COST_TAGS: {}})
    made = plan(org, live)
    assert made.empty
    assert [problem.code for problem in made.held] == ["cost-tag-not-known-yet"]


@pytest.mark.parametrize("part", ["budgets", "cost allocation tags"])
def test_what_may_not_be_read_is_not_written(target: Target, part: str) -> None:
    from types import MappingProxyType

    from orgkit.design.sections import CostAllocation

    org = design()
    org.configure(cost=CostAllocation(allocation_tags=("Team",)))
    carry_out(org, target)
    live = read(target)
    live.surroundings = MappingProxyType({k: v for k, v in live.surroundings.items() if k != part})
    live.unknown = (part,)
    made = plan(org, live)
    assert made.empty
    assert [problem.severity for problem in made.held] == ["warning"]


def test_a_budget_and_tags_that_were_changed_by_hand_are_drift_and_can_be_adopted(target: Target) -> None:
    from orgkit.design.sections import CostAllocation
    from orgkit.provision import drift
    from orgkit.provision.adopt import adopt

    org = design()
    org.configure(cost=CostAllocation(allocation_tags=("Team",)))
    carry_out(org, target)
    name = f"orgkit-{read(target).account('app-a-dev').aws_id}"
    client = target.client("budgets")
    budget = client.describe_budget(AccountId=target.account_id, BudgetName=name)["Budget"]
    new = {key: budget[key] for key in ("BudgetName", "TimeUnit", "BudgetType", "CostFilters")}
    new["BudgetLimit"] = {"Amount": "99", "Unit": "USD"}
    client.update_budget(AccountId=target.account_id, NewBudget=new)
    wanted = [{"TagKey": "Of", "Status": "Active"}]
    target.client("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=wanted)
    found = drift(org, org.copy(), read(target))
    assert {"budget", "cost"} == {word for word in ("budget", "cost") if any(word in one.text for one in found)}
    adopted = adopt(found, list(found))
    assert str(adopted.account("app-a-dev").budget) == "99 USD"
    assert set(adopted.settings.cost.allocation_tags) == {"Team", "Of"}
    assert plan(adopted, read(target)).empty
