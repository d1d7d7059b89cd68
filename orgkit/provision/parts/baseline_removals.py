"""Steps that take baselines away: instances where the design has them no more, and whole stack sets, if they are named.

What is not named is listed and left alone. An account that nobody can enter keeps its stacks: only the stack set
forgets them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackInstances.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orgkit.cloud.looks import STACK_SETS
from orgkit.design.sections import Removal
from orgkit.errors import InputError
from orgkit.provision.parts.access_places import live_accounts
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.places import unread

SELF = "SELF_MANAGED"


def plan_baseline_removals(draft: Draft) -> None:
    """What becomes of the stack sets that the design does not have; those it has, `take_out` looks after."""
    facts: Mapping[str, Any] = draft.live.surroundings.get("baselines", {})
    designed = {one.name for one in draft.design.settings.baselines.values() if one.template is not None}
    named = [removal.ref for removal in draft.removals.baselines]
    if "baselines" in draft.live.unknown:
        if named and not draft.design.settings.baselines:  # otherwise those of the design say so
            unread(draft, "baselines")
        return
    for name in sorted({*facts.get(STACK_SETS, ()), *named} - designed):
        mine = [removal for removal in draft.removals.baselines if removal.ref == name]
        now = facts.get(name, {}).get("stack_set")
        if not mine:
            fix = f"To delete it with its stacks, write remove: [{{baseline: {name}}}]."
            draft.leave(f"stack set {name}", "the design has no baseline of this name", fix)
        elif now is None:
            _absent(draft, f"there is no stack set {name}")
        else:
            _stack_set(draft, name, now, mine)


def take_out(draft: Draft, name: str, now: Mapping[str, Any], wanted: Iterable[str]) -> list[str]:
    """The steps that delete instances which the design does not want, where they are named; the others are listed.

    `now` are the facts of the stack set, `wanted` instances as ACCOUNT/REGION.
    """
    mine = [removal for removal in draft.removals.baselines if removal.ref == name]
    for removal in mine:
        if removal.source is None:
            draft.block(
                "removed-and-designed",
                draft.design.where(f"baselines.{name}"),
                f"the baseline {name} is named to be removed, and the design has it",
                f"Take it out of one of the two, or say from where it goes: {{baseline: {name}, from: root}}.",
            )
    leaving = [key for key in now["instances"] if key not in set(wanted)]
    steps, left = _named_instances(draft, name, now, leaving, mine)
    for key in left:
        account, _, region = key.partition("/")
        place = _place(draft, account)
        draft.leave(
            f"stack set {name}",
            f"an instance in {place}, {region} ({now['instances'][key]})",
            f"To delete it, write remove: [{{baseline: {name}, from: {'root' if place == account else place}}}].",
        )
    return steps


def _named_instances(
    draft: Draft, name: str, now: Mapping[str, Any], leaving: list[str], removals: list[Removal]
) -> tuple[list[str], list[str]]:
    """The steps that delete what is named of these instances, and those that are not named."""
    going: dict[str, bool] = {}  # instance → whether its stack stays
    for removal in removals:
        scope = _scope(draft, removal)
        mine = [key for key in leaving if scope is None or key.partition("/")[0] in scope]
        going |= dict.fromkeys(mine, removal.retain_stacks)
        if not mine and removal.source is not None:
            _absent(draft, f"the stack set {name} has nothing in {removal.source} that the design does not have")
    return _delete_instances(draft, name, now, going), [key for key in leaving if key not in going]


def _scope(draft: Draft, removal: Removal) -> set[str] | None:
    """Ids of the accounts a removal is about; None for all, those that left the organization among them."""
    if removal.source is None or removal.source == "root":
        return None
    return {account.aws_id or "" for account in live_accounts(draft.live, removal.source)}


def _absent(draft: Draft, message: str) -> None:
    draft.hold("nothing-to-remove", "remove", message, "If it was removed already, take the entry out.")


# ---- whole stack sets ----------------------------------------------------------------------------


def _stack_set(draft: Draft, name: str, now: Mapping[str, Any], removals: list[Removal]) -> None:
    steps, left = _named_instances(draft, name, now, list(now["instances"]), removals)
    if all(removal.source is not None for removal in removals):
        if left:
            what = f"{len(left)} instances stay, and the design has no baseline of this name"
            draft.leave(f"stack set {name}", what, f"To delete it all, write remove: [{{baseline: {name}}}].")
        return
    draft.add(
        "delete_stack_set",
        name,
        f"delete the stack set {name}",
        place=name,
        why="it is named to be removed",
        parameters={"Region": draft.design.settings.home_region, "StackSetName": name},
        after=steps,
    )


# ---- instances -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Group:
    """Instances that one operation deletes: the accounts of one target in the same regions."""

    unit: str | None
    regions: tuple[str, ...]
    retain: bool
    unreachable: bool


def _delete_instances(draft: Draft, name: str, now: Mapping[str, Any], going: Mapping[str, bool]) -> list[str]:
    """One step for every set of accounts that lose the same regions in the same way, one after the other."""
    regions: dict[str, list[str]] = defaultdict(list)
    for key in going:
        account, _, region = key.partition("/")
        regions[account].append(region)
    groups: dict[_Group, list[str]] = defaultdict(list)
    for account, lost in regions.items():
        units = [now.get("units", {}).get(f"{account}/{region}") for region in lost]
        closed = not _can_enter(draft, account)
        keep = closed or going[f"{account}/{lost[0]}"]
        groups[_Group(units[0], tuple(lost), keep, closed)].append(account)
    steps: list[str] = []
    for group, accounts in groups.items():
        steps.append(_delete(draft, name, now, group, accounts, steps, going))
    return steps


def _delete(
    draft: Draft,
    name: str,
    now: Mapping[str, Any],
    group: _Group,
    accounts: list[str],
    before: list[str],
    going: Mapping[str, bool],
) -> str:
    places = [_place(draft, account) for account in accounts]
    shown = ", ".join(places[:5]) + (f" and {len(places) - 5} more accounts" if len(places) > 5 else "")
    targets, notes = _targets(draft, now, group, accounts, going)
    if group.unreachable:
        notes += ["AWS lets nobody into these accounts, so the stacks stay there and the stack set forgets them."]
    elif group.retain:
        notes += ["The stacks and what they made stay; no stack set can take them up again."]
    else:
        notes += ["What the stacks made in these accounts is deleted with them."]
    step = draft.add(
        "delete_stack_instances",
        f"{name}/{places[0]} {'+'.join(group.regions)}",
        f"take {name} out of {shown} ({', '.join(group.regions)})",
        place=name,
        why="it is named to be removed",
        parameters={
            "Region": draft.design.settings.home_region,
            "StackSetName": name,
            **targets,
            "Regions": list(group.regions),
            "RetainStacks": group.retain,
            "OperationPreferences": {"MaxConcurrentCount": 1, "FailureToleranceCount": 0},
        },
        after=before[-1:],
        notes=notes,
        reaches=[draft.live_name(node) for account in accounts if (node := _node(draft, account)) is not None],
    )
    _before_they_go(draft, accounts, step)
    return step


def _targets(
    draft: Draft, now: Mapping[str, Any], group: _Group, accounts: list[str], going: Mapping[str, bool]
) -> tuple[dict[str, Any], list[str]]:
    """Accounts, or the OU that AWS has them by: the whole of it where nothing of it stays, so that AWS forgets it."""
    ids = [_reference(draft, account) for account in accounts]
    if now["permission_model"] == SELF:
        return {"Accounts": ids}, []
    unit = _unit(draft, group.unit)
    everything = {key for key, mine in now.get("units", {}).items() if mine == group.unit}
    mine = {f"{account}/{region}" for account in accounts for region in group.regions}
    if group.unit is not None and unit is not None and everything == mine:
        return {"DeploymentTargets": {"OrganizationalUnitIds": [draft.live_ref(unit)]}}, []
    named = {"OrganizationalUnitIds": [draft.live_ref(unit or draft.live.root.id)], "Accounts": ids}
    notes = []
    if now.get("auto_deployment") and not everything <= going.keys():
        where = draft.live_place(unit) if unit is not None else "root"
        notes = [f"AWS goes on deploying it to accounts that join {where}."]
    return {"DeploymentTargets": {**named, "AccountFilterType": "INTERSECTION"}}, notes


def _before_they_go(draft: Draft, accounts: list[str], step: str) -> None:
    """An account is entered for the last time before it moves out of the OU, is closed, leaves, or loses the role."""
    for account_id in accounts:
        node = _node(draft, account_id)
        if node is None:
            continue
        account = draft.live.account(node)
        mine = draft.match.design.get(node)
        later = [f"close_account:{account.email.casefold()}", f"remove_account:{account.email.casefold()}"]
        later += [move for move, (moved, _) in draft.moves.items() if moved == mine]
        later += [
            one.id
            for one in draft.steps.values()
            if one.kind == "delete_role" and one.place == _place(draft, account_id)
        ]
        draft.after += [(after, step) for after in later if after in draft.steps]


def _node(draft: Draft, account_id: str) -> str | None:
    try:
        return draft.live.find(account_id, "account")
    except InputError:
        return None


def _unit(draft: Draft, unit_id: str | None) -> str | None:
    try:
        return draft.live.find(unit_id, "root", "ou") if unit_id is not None else None
    except InputError:
        return None  # it was deleted meanwhile


def _can_enter(draft: Draft, account_id: str) -> bool:
    node = _node(draft, account_id)
    return node is not None and draft.live.account(node).state == "ACTIVE"


def _reference(draft: Draft, account_id: str) -> str:
    node = _node(draft, account_id)
    return account_id if node is None else draft.live_ref(node)


def _place(draft: Draft, account_id: str) -> str:
    node = _node(draft, account_id)
    return account_id if node is None else draft.live_place(node)
