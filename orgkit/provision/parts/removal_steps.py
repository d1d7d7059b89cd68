"""Steps that delete, close and remove what was named to be."""

from __future__ import annotations

from datetime import date, timedelta

from orgkit.cloud.looks import CREATED
from orgkit.design import Account, Policy
from orgkit.provision.parts.policy_steps import effect_of_detaching
from orgkit.provision.planning.draft import Draft


def plan_removals(draft: Draft) -> None:
    """Add the steps that removals need, in whatever order; what the design still has is refused."""
    draft.held += draft.removals.absent
    for node in sorted(draft.removals.nodes):
        matched = draft.match.design.get(node)
        if matched is not None:
            draft.block(
                "removed-and-designed",
                draft.design.where(matched),
                f"{draft.live_place(node)} is named to be removed, and the design has it",
                "Take it out of one of the two.",
            )
    for policy, target in sorted(draft.removals.detach):
        _detach(draft, policy, target, "it is named to be detached")
    for node in sorted(draft.removals.policies - draft.match.design.keys()):
        _delete_policy(draft, node)
    for node in sorted(draft.removals.close | draft.removals.leave):
        _let_go(draft, node)
    for node in sorted(draft.removals.ous - draft.match.design.keys()):
        _delete_ou(draft, node)


def _detach(draft: Draft, policy_node: str, target_node: str, why: str) -> str | None:
    """Detach a policy, unless that is planned already or it is not attached."""
    policy = draft.live.entity(policy_node)
    assert isinstance(policy, Policy)
    matched = draft.match.design.get(target_node)
    place = draft.place(matched) if matched is not None else draft.live_place(target_node)
    step = f"detach_policy:{policy.type}/{policy.name} from {place}"
    if step in draft.steps:
        return step
    if _left(draft, target_node, f"{policy.name} is named to be detached from it") or _left(
        draft, policy_node, f"it is named to be detached from {place}"
    ):
        return None
    if target_node not in draft.live.targets(policy_node) or (matched is not None and matched in draft.recreated):
        return None
    mine = draft.match.design.get(policy_node)
    if mine is not None and matched is not None and mine in {p.id for p in draft.design.attached(matched)}:
        draft.block(
            "removed-and-designed",
            draft.design.where(matched),
            f"{policy.name} is named to be detached from {place}, and the design attaches it there",
            "Take it out of one of the two.",
        )
        return None
    draft.add(
        "detach_policy",
        step.removeprefix("detach_policy:"),
        f"detach {policy.name} from {place}",
        place=place,
        why=why,
        parameters={"PolicyId": draft.live_ref(policy_node), "TargetId": draft.live_ref(target_node)},
        effect=effect_of_detaching(policy),
    )
    draft.touches[step] = (draft.live_ref(target_node),)
    return step


def _left(draft: Draft, node: str, message: str) -> bool:
    """Whether somebody else writes what was named, which is said."""
    owner = draft.live_left_to(node)
    if owner is not None:
        draft.leave_to(owner, draft.live_place(node), message)
    return owner is not None


def _delete_policy(draft: Draft, node: str) -> None:
    policy = draft.live.entity(node)
    assert isinstance(policy, Policy)
    if _left(draft, node, "it is named to be removed"):
        return
    detached = [_detach(draft, node, target, f"{policy.name} is to be deleted") for target in draft.live.targets(node)]
    draft.add(
        "delete_policy",
        f"{policy.type}/{policy.name}",
        f"delete {policy.type} {policy.name}",
        place=policy.handle,
        why="it is named to be removed",
        parameters={"PolicyId": draft.live_ref(node)},
        after=[step for step in detached if step is not None],
    )


def _let_go(draft: Draft, node: str) -> None:
    account = draft.live.account(node)
    place = draft.live_place(node)
    if account.management:
        draft.block(
            "management-account",
            place,
            "the management account can be neither closed nor removed",
            "Take it out of remove.",
        )
        return
    if node in draft.match.design or _left(draft, node, "it is named to be closed or to leave"):
        return
    first = _deregister(draft, account)
    if node in draft.removals.leave:
        draft.add(
            "remove_account",
            account.email.casefold(),
            f"remove account {account.name} from the organization",
            place=place,
            why="it is named to leave; it goes on as a standalone account",
            parameters={"AccountId": draft.live_ref(node)},
            after=first,
            notes=[_leaving(draft, account)],
        )
    elif account.state == "ACTIVE":
        draft.add(
            "close_account",
            account.email.casefold(),
            f"close account {account.name}",
            place=place,
            why="it is named to be closed; it can be reopened for 90 days, and counts against the quota as long",
            parameters={"AccountId": draft.live_ref(node)},
            after=first,
        )
    else:
        draft.hold("account-not-active", place, f"it is {account.state} already", "Take it out of remove.")


def _leaving(draft: Draft, account: Account) -> str:
    """What AWS wants of an account before it lets it go.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html
    """
    quota = draft.quotas.quota("removal_age_days")
    day = draft.live.surroundings.get(CREATED, {}).get(account.aws_id)
    if day is None:
        return "AWS wants the account's own payment method."
    free = date.fromisoformat(day) + timedelta(days=quota.value)
    return (
        f"AWS wants the account's own payment method, and {quota.value} days since it was created: it was on {day}, "
        f"so it may leave from {free} on."
    )


def _deregister(draft: Draft, account: Account) -> list[str]:
    """A delegated administrator is deregistered before its account leaves."""
    steps = []
    for service, accounts in draft.live.settings.delegated_administrators.items():
        if account.id not in {draft.live.find(handle, "account") for handle in accounts}:
            continue
        place = draft.live_place(account.id)
        step = f"deregister_delegated_administrator:{service}/{place}"
        if step not in draft.steps:
            draft.add(
                "deregister_delegated_administrator",
                f"{service}/{place}",
                f"take the administration of {service} from {place}",
                place=place,
                why="its account goes",
                parameters={"AccountId": draft.live_ref(account.id), "ServicePrincipal": service},
            )
        steps.append(step)
    return steps


def _delete_ou(draft: Draft, node: str) -> None:
    place = draft.live_place(node)
    if _left(draft, node, "it is named to be removed"):
        return
    going = {source for _, source in draft.moves.values() if source is not None}
    moved = {account for account, _ in draft.moves.values()}
    stay = [
        child
        for child in draft.live.children(node)
        if child not in draft.removals.ous
        and child not in draft.removals.leave
        and not (node in going and draft.match.design.get(child) in moved)
        and draft.match.design.get(child) not in draft.recreated
    ]
    if stay:
        draft.block(
            "ou-not-empty",
            place,
            f"it cannot be deleted: it still holds {', '.join(draft.live.path(child) for child in stay[:5])}",
            "Move or name what is in it too; a closed account stays where it is for 90 days, so move it out.",
        )
    draft.add(
        "delete_ou",
        place,
        f"delete OU {place}",
        place=place,
        why="it is named to be removed",
        parameters={"OrganizationalUnitId": draft.live_ref(node)},
    )
