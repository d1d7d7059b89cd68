"""Steps about money: a monthly budget for every account, OU and root that has one, and cost allocation tags.

A budget is kept in the management account, whose bill it watches, under a name made of the id that it is for. That of
an OU filters by the accounts below it, so it changes when accounts come and go.
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgkit.cloud.read_billing import BUDGET_PREFIX, BUDGETS, COST_TAGS
from orgkit.design import Account, Money, Policy, Root, Target
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.references import bind_known

# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html
TAGS_AT_A_TIME = 20


# ---- budgets -------------------------------------------------------------------------------------


def plan_budgets(draft: Draft) -> None:
    """Make the budgets as written; those of what is gone go too."""
    targets = [target for target, _ in draft.design.tree() if target.budget is not None]
    management = draft.design.management
    live: Mapping[str, Any] = draft.live.surroundings.get(BUDGETS, {})
    if (not targets and not live) or management is None:
        return
    if draft.exists and BUDGETS not in draft.live.surroundings:
        draft.hold(
            "budgets-unknown",
            "budgets",
            "budgets may not be read, so none are written",
            "Plan from the management account, with a role that may call budgets:ViewBudget.",
            severity="warning",
        )
        return
    for target in targets:
        if draft.left_to(target.id) is None:
            _budget(draft, target, live, draft.ref(management.id))
    _leftover(draft, live, {target.id for target in targets}, draft.ref(management.id))


def _budget(draft: Draft, target: Target, live: Mapping[str, Any], payer: str) -> None:
    place = draft.place(target.id)
    limit = target.budget
    assert limit is not None
    accounts = _accounts(draft, target)
    if not accounts and not isinstance(target, Root):
        draft.hold(
            "budget-of-nobody",
            place,
            "the budget waits for the first account: without one it would count the whole bill",
            "Nothing is to be done.",
        )
        return
    key = bind_known(draft.ref(target.id), draft.ids)
    now = live.get(key)
    bound = sorted(bind_known(account, draft.ids) for account in accounts)
    if now is not None and now["accounts"] == bound and _money(now) == _money(_limit(limit)):
        return
    budget = {
        "BudgetName": f"{BUDGET_PREFIX}{draft.ref(target.id)}",
        "BudgetLimit": {"Amount": _limit(limit)["amount"], "Unit": limit.currency},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
        **({"CostFilters": {"LinkedAccount": accounts}} if accounts else {}),
    }
    if now is None:
        draft.add(
            "create_budget",
            place,
            f"give {place} a budget of {limit} a month",
            place=place,
            parameters={"AccountId": payer, "Budget": budget},
        )
        return
    changed = []
    if _money(now) != _money(_limit(limit)):
        changed.append(f"it is {now['amount']} {now['currency']} now")
    if now["accounts"] != bound:
        changed.append(f"it counts {len(now['accounts'])} accounts, and {len(bound)} stand there")
    draft.add(
        "update_budget",
        place,
        f"set the budget of {place} to {limit} a month",
        place=place,
        why=", ".join(changed),
        parameters={"AccountId": payer, "NewBudget": budget},
    )


def _accounts(draft: Draft, target: Target) -> list[str]:
    """References of the accounts that a budget counts, those included that only AWS has; none for the root: all."""
    if isinstance(target, Root):
        return []
    if isinstance(target, Account):
        return [draft.ref(target.id)]
    found = {draft.ref(account.id) for account in draft.design.accounts(target.id)}
    now = draft.match.live.get(target.id)
    if now is not None:
        strangers = [account for account in draft.live.accounts(now) if account.id not in draft.match.design]
        found |= {draft.live_ref(a.id) for a in strangers if a.id not in draft.removals.leave}
    return sorted(found)


def _limit(money: Money) -> dict[str, str]:
    return {"amount": f"{money.amount.normalize():f}", "currency": money.currency}


def _money(budget: Mapping[str, Any]) -> tuple[str, str]:
    return budget["amount"], budget["currency"]


def _leftover(draft: Draft, live: Mapping[str, Any], wanted: set[str], payer: str) -> None:
    """Budgets that no target has: of an OU that is made anew they go, of what is not mentioned they stay."""
    known = {entity.aws_id: entity.id for entity in draft.live.entities() if not isinstance(entity, Policy)}
    for key, budget in live.items():
        node = known.get(key)
        matched = draft.match.design.get(node or "")
        if matched in wanted and matched not in draft.recreated:
            continue
        place = draft.live_place(node) if node is not None else key
        leaves = node is None or matched in draft.recreated or node in draft.removals.nodes
        if not leaves:
            draft.leave(place, f"budget of {budget['amount']} {budget['currency']}", "Write `budget:` to manage it.")
            continue
        draft.add(
            "delete_budget",
            place,
            f"delete the budget of {place}",
            place=place,
            why="what it was for is gone" if node is None else "what it is for goes",
            parameters={"AccountId": payer, "BudgetName": f"{BUDGET_PREFIX}{key}"},
            after=_going(draft, node) if node in draft.removals.nodes else (),
        )


def _going(draft: Draft, node: str | None) -> list[str]:
    """The step that takes away what a budget is for: where AWS refuses that, the budget goes on watching."""
    entity = draft.live.entity(node or "")
    key = entity.email.casefold() if isinstance(entity, Account) else draft.live_place(entity.id)
    named = (f"{kind}:{key}" for kind in ("close_account", "remove_account", "delete_ou"))
    return [step for step in named if step in draft.steps]


# ---- cost allocation tags ------------------------------------------------------------------------


def plan_cost_tags(draft: Draft) -> None:
    """Activate the tags that the design names; those it does not name are deactivated, as the list is complete."""
    cost = draft.design.settings.cost
    live: Mapping[str, str] = draft.live.surroundings.get(COST_TAGS, {})
    active = {key for key, status in live.items() if status == "Active"}
    if cost is None:
        for key in sorted(active):
            draft.leave(
                "cost.allocation_tags", f"cost allocation tag {key}", "Write `allocation_tags:` to manage them."
            )
        return
    if draft.exists and COST_TAGS not in draft.live.surroundings:
        draft.hold(
            "cost-tags-unknown",
            "cost.allocation_tags",
            "cost allocation tags may not be read, so none are activated",
            "Plan from the management account, with a role that may call ce:ListCostAllocationTags.",
            severity="warning",
        )
        return
    carried = {key for entity, _ in draft.live.tree() for key in entity.tags} if draft.exists else set()
    coming = {key for entity, _ in draft.design.tree() for key in entity.tags}
    wanted: dict[str, str] = {}
    for key in cost.allocation_tags:
        if key in active:
            continue
        if key in live or (key in coming and key not in carried):
            wanted[key] = "Active"
        else:
            _wait(draft, key, key in carried)
    wanted |= dict.fromkeys(sorted(active - set(cost.allocation_tags)), "Inactive")
    keys = list(wanted)
    for start in range(0, len(keys), TAGS_AT_A_TIME):
        _set(draft, {key: wanted[key] for key in keys[start : start + TAGS_AT_A_TIME]})


def _wait(draft: Draft, key: str, carried: bool) -> None:
    if carried:
        draft.hold(
            "cost-tag-not-known-yet",
            "cost.allocation_tags",
            f"AWS does not know the tag {key} yet, which takes up to a day after something carries it",
            "Plan and apply again tomorrow.",
        )
    else:
        draft.hold(
            "cost-tag-unused",
            "cost.allocation_tags",
            f"nothing carries the tag {key}",
            "Tag accounts, or leave it out.",
        )


def _set(draft: Draft, wanted: Mapping[str, str]) -> None:
    on = [key for key, status in wanted.items() if status == "Active"]
    off = [key for key in wanted if key not in on]
    words = [f"activate {', '.join(on)}"] if on else []
    words += [f"deactivate {', '.join(off)}"] if off else []
    draft.add(
        "set_cost_tags",
        ", ".join(wanted),
        f"{' and '.join(words)} as cost allocation tag{'s' if len(wanted) > 1 else ''}",
        place="cost.allocation_tags",
        why="the list in the design is complete without the latter" if off else "",
        parameters={"CostAllocationTagsStatus": [{"TagKey": key, "Status": status} for key, status in wanted.items()]},
        notes=["AWS takes up to a day to know a new tag; what it does not know then, a later plan activates."]
        if on
        else [],
    )
