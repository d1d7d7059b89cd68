"""Steps about the tree: OUs and accounts created, renamed and moved.

AWS cannot move an OU. Where a design puts one elsewhere, a new OU is made there with the same policies and tags, what
was in the old one moves over, and the old one is deleted: one operation in the plan, made of such steps.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdateOrganizationalUnit.html
"""

from __future__ import annotations

from typing import Any

from orgkit.design import Account, Organization, OrganizationalUnit
from orgkit.design.contacts import CONTACT_SERVICE
from orgkit.design.entities import ACCESS_ROLE
from orgkit.provision.parts.organization_steps import CREATE, is_trusted
from orgkit.provision.parts.tags import tag_list
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.effects import Effects

# AWS moves these; it refuses to rename them.
_RENAMABLE = frozenset({"ACTIVE"})


def plan_tree(draft: Draft) -> None:
    """Bring OUs and accounts to where the design has them."""
    effects = Effects(draft)
    for ou in draft.design.ous():
        _ou(draft, ou, effects)
    _free_names(draft)
    for account in draft.design.accounts():
        _account(draft, account, effects)
    for node in draft.recreated:
        _delete_old(draft, node)
    _unmentioned(draft)


def _ou(draft: Draft, ou: OrganizationalUnit, effects: Effects) -> None:
    now = draft.match.live.get(ou.id)
    place = draft.place(ou.id)
    owner = draft.left_to(ou.id)
    if owner:
        differs = now is None or ou.id in draft.recreated or draft.live.ou(now).name != ou.name
        if differs:
            draft.leave_to(owner, place, "it is not as designed")
        return
    parent = draft.design.parent(ou.id)
    assert parent is not None
    if now is None or ou.id in draft.recreated:
        parameters: dict[str, Any] = {"ParentId": draft.ref(parent), "Name": ou.name}
        tags = ou.tags
        if now is not None and not tags and "tags" not in ou.declared:
            tags = {k: v for k, v in draft.live.ou(now).tags.items() if not k.startswith("aws:")}
        if tags:
            parameters["Tags"] = tag_list(tags)
        draft.add(
            "create_ou",
            place,
            f"create OU {place}",
            place=place,
            why="" if now is None else f"it takes the place of {draft.live_place(now)}: AWS cannot move an OU",
            parameters=parameters,
            produces=[draft.name(ou.id)],
            part_of=draft.part_of(ou.id),
            notes=[] if now is None else effects.of_moving(ou, now),
        )
    elif draft.live.ou(now).name != ou.name:
        draft.add(
            "rename_ou",
            place,
            f"rename OU {draft.live_place(now)} to {ou.name}",
            place=place,
            parameters={"OrganizationalUnitId": draft.ref(ou.id), "Name": ou.name},
        )


def _free_names(draft: Draft) -> None:
    """Siblings need different names at every moment: whoever takes a name waits for, or renames, who has it now."""
    holder = {(draft.live.parent(ou.id), ou.name): ou.id for ou in draft.live.ous()}
    waits: dict[str, str] = {}  # OU that takes a name → OU that gives it up by a rename of its own
    for ou in draft.design.ous():
        place = draft.place(ou.id)
        taking = next((s for s in (f"create_ou:{place}", f"rename_ou:{place}") if s in draft.steps), None)
        parent_now = draft.match.live.get(draft.design.parent(ou.id) or "")
        other = holder.get((parent_now, ou.name))
        if taking is None or parent_now is None or other is None or other == draft.match.live.get(ou.id):
            continue
        if draft.design.parent(ou.id) in draft.recreated:
            continue
        theirs = draft.match.design.get(other)
        if theirs is None:
            draft.block(
                "name-taken",
                draft.design.where(ou.id),
                f"{draft.live_place(other)} has this name already, and the design does not mention it",
                "Pin its id, or give one of them another name.",
            )
            continue
        final = f"rename_ou:{draft.place(theirs)}"
        last = theirs
        while last in waits:
            last = waits[last]
        if final in draft.steps and last != ou.id:
            waits[ou.id] = theirs
            draft.after.append((taking, final))
            continue
        # Names that go round in a circle, or a name that is free only when the whole OU is gone.
        aside = draft.add(
            "rename_ou",
            f"{draft.live_place(other)} aside",
            f"rename OU {draft.live_place(other)} for the time being",
            place=draft.live_place(other),
            why=f"its name is needed for {place}",
            parameters={
                "OrganizationalUnitId": draft.live_ref(other),
                "Name": f"{draft.live.ou(other).name[:119]} (moving)",
            },
        )
        draft.after.append((taking, aside))
        if final in draft.steps:
            draft.after.append((final, aside))


def _account(draft: Draft, account: Account, effects: Effects) -> None:
    now = draft.match.live.get(account.id)
    owner = draft.left_to(account.id)
    place = draft.place(account.id)
    if account.management and not draft.exists:
        _move(draft, account, references.written(references.ROOT), "root", effects, after=[CREATE])
        return
    if now is None:
        if owner:
            draft.leave_to(owner, place, "it does not exist")
        elif account.management:
            draft.block(
                "management-account", place, "the live organization has no management account", "Read it again."
            )
        elif account.aws_id in draft.invited or account.email.casefold() in draft.invited:
            draft.hold(
                "account-invited",
                place,
                "it is invited, and has not answered; AWS makes no second account of its email",
                "Have somebody in it accept; it joins the root, and the next plan moves it.",
            )
        else:
            _create_account(draft, account, effects)
        return
    live = draft.live.account(now)
    if owner is None:
        _rename_account(draft, account, live)
        _email(draft, account, live)
    from_node = draft.live.parent(now)
    assert from_node is not None
    parent = draft.design.parent(account.id)
    assert parent is not None
    if draft.match.live.get(parent) != from_node or parent in draft.recreated:
        if owner and draft.live_left_to(from_node) == owner:
            draft.leave_to(owner, place, f"it stands in {draft.live_place(from_node)}")
            return
        _move(draft, account, draft.live_ref(from_node), draft.live_place(from_node), effects, live=live)


def _create_account(draft: Draft, account: Account, effects: Effects) -> None:
    place = draft.place(account.id)
    parameters: dict[str, Any] = {"Email": account.email, "AccountName": account.name}
    if account.role_name != ACCESS_ROLE:
        parameters["RoleName"] = account.role_name
    if account.tags:
        parameters["Tags"] = tag_list(account.tags)
    created = draft.add(
        "create_account",
        account.email.casefold(),
        f"create account {account.name}",
        place=place,
        why=f"with the email {account.email}",
        parameters=parameters,
        produces=[draft.name(account.id)],
        after=[] if draft.exists else [CREATE],
    )
    _move(draft, account, references.written(references.ROOT), "root", effects, after=[created])


def _move(
    draft: Draft,
    account: Account,
    source: str,
    source_place: str,
    effects: Effects,
    *,
    after: list[str] | None = None,
    live: Account | None = None,
) -> None:
    parent = draft.design.parent(account.id)
    assert parent is not None
    destination = draft.ref(parent)
    if source == destination:
        return
    to = draft.place(parent)
    part = draft.part_of(parent) if live is not None else None
    step = draft.add(
        "move_account",
        account.email.casefold() if not account.management else "management",
        f"move {draft.place(account.id).rsplit('/', 1)[-1]} to {to}",
        place=draft.place(account.id),
        why=f"it stands in {source_place}" if live is not None else "",
        parameters={
            "AccountId": draft.ref(account.id),
            "SourceParentId": source,
            "DestinationParentId": destination,
        },
        part_of=part,
        after=after or (),
        notes=effects.of_moving(account, live.id) if live is not None and part is None else (),
    )
    draft.moves[step] = (account.id, draft.live.parent(live.id) if live is not None else None)


def _rename_account(draft: Draft, account: Account, live: Account) -> None:
    if account.name == live.name or (account.name == account.handle and "name" not in account.declared):
        return
    place = draft.place(account.id)
    if live.state not in _RENAMABLE:
        draft.hold(
            "account-not-active", place, f"it cannot be renamed while it is {live.state}", "Reactivate it, or wait."
        )
        return
    if not account.management and not is_trusted(draft, CONTACT_SERVICE):
        draft.block(
            "rename-untrusted",
            draft.design.where(account.id),
            f"{live.name} cannot be renamed to {account.name}: {CONTACT_SERVICE} has no trusted access",
            f"Add {CONTACT_SERVICE} to trusted_access, or rename it from within the account.",
        )
        return
    enabling = f"enable_trusted_access:{CONTACT_SERVICE}"
    draft.add(
        "rename_account",
        account.email.casefold() or account.handle,
        f"rename account {live.name} to {account.name}",
        place=place,
        parameters={"AccountName": account.name} | ({} if account.management else {"AccountId": draft.ref(account.id)}),
        after=[enabling] if enabling in draft.steps else [],
    )


def _email(draft: Draft, account: Account, live: Account) -> None:
    if account.management or not account.email or account.email.casefold() == live.email.casefold():
        return
    draft.hold(
        "email-by-hand",
        draft.place(account.id),
        f"its email is {live.email}, the design has {account.email}: AWS sends a one-time password to the new address",
        "Change it in the console, Account → Edit email.",
        severity="warning",
    )


def _delete_old(draft: Draft, node: str) -> None:
    now = draft.match.live[node]
    if draft.left_to(node):
        return
    place = draft.live_place(now)
    owner = draft.live_left_to(draft.live.parent(now) or now)
    if owner is not None:
        draft.block(
            "managed-elsewhere",
            draft.design.where(node),
            f"{place} is {owner}'s to move: AWS cannot move an OU, and nothing below is deleted or made here",
            f"Move it with {owner}, or leave it where it is.",
        )
    strangers = [child for child in draft.live.children(now) if child not in draft.match.design]
    if strangers:
        named = ", ".join(draft.live.path(child) for child in strangers[:5])
        draft.block(
            "moved-ou-holds-more",
            draft.design.where(node),
            f"{place} cannot move: it holds {named}, which the design does not mention",
            "Add what is in it to the design, so that it moves too.",
        )
    draft.add(
        "delete_ou",
        place,
        f"delete the empty OU {place}",
        place=place,
        why=f"{draft.place(node)} has taken its place",
        parameters={"OrganizationalUnitId": draft.live_ref(now)},
        part_of=draft.part_of(node),
    )


def _unmentioned(draft: Draft) -> None:
    """List the OUs and accounts that only AWS has; those in an OU that is not mentioned go without saying."""
    live: Organization = draft.live
    if not draft.exists:
        return
    for node in live.subtree():
        if node in draft.match.design or node in draft.removals.nodes:
            continue
        entity = live.entity(node)
        parent = live.parent(node)
        if isinstance(entity, Account):
            state = "" if entity.state == "ACTIVE" else f", {entity.state}"
            draft.leave(
                draft.live_place(node),
                f"account {entity.email}{state}",
                "Add it to the design, or name it to be removed.",
            )
        elif parent in draft.match.design:
            count = len(live.accounts(node))
            draft.leave(
                draft.live_place(node), f"OU with {count} account{'' if count == 1 else 's'}", "Add it to the design."
            )
