"""Steps that take away what was named of `access:`: roles, assignments, permission sets and groups."""

from __future__ import annotations

from orgkit.design.live_access import LiveIdentityCenter, LiveRoles, live_identity_center, live_roles
from orgkit.design.sections import Access, Removal
from orgkit.provision.parts.access_places import accounts_of, live_accounts
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft

_WHY = "it is named to be removed"


def plan_access_removals(draft: Draft) -> None:
    """Add the steps; what the design still has is refused, what is nowhere is reported."""
    found, roles = live_identity_center(draft.live), live_roles(draft.live)
    access = draft.design.settings.access or Access()
    for removal in draft.removals.access:
        if removal.kind == "role":
            _roles(draft, removal, access, roles)
        elif removal.kind == "assignment":
            _assignments(draft, removal, access, found)
    for removal in draft.removals.access:
        if removal.kind == "permission_set":
            _permission_set(draft, removal.ref, access, found)
        elif removal.kind == "group":
            _group(draft, removal.ref, access, found)


def _roles(draft: Draft, removal: Removal, access: Access, found: LiveRoles) -> None:
    name = removal.ref
    designed = {a.id for a in accounts_of(draft.design, access.roles[name].to)} if name in access.roles else set()
    there = [account.aws_id or "" for account in live_accounts(draft.live, removal.source or "root")]
    holders = [account_id for account_id in there if found.role(account_id, name) is not None]
    if not holders:
        _absent(draft, removal, "in the accounts that were looked into")
    for account_id in holders:
        node = draft.live.find(account_id, "account")
        place = draft.live_place(node)
        if draft.match.design.get(node) in designed:
            _still_designed(draft, f"access.roles.{name}", f"role {name} in {place}")
            continue
        draft.add(
            "delete_role",
            f"{name} in {place}",
            f"delete role {name} in {place.rsplit('/', 1)[-1]}",
            place=place,
            why=_WHY,
            parameters={"RoleName": name},
            account=draft.live_ref(node),
            notes=["Whoever works through it loses it at once."],
        )


def _assignments(draft: Draft, removal: Removal, access: Access, found: LiveIdentityCenter) -> None:
    group, _, permission_set = removal.ref.partition("/")
    designed = {
        account.id
        for one in access.assignments
        if (one.group, one.permission_set) == (group, permission_set)
        for account in accounts_of(draft.design, one.to)
    }
    there = [account.aws_id or "" for account in live_accounts(draft.live, removal.source or "root")]
    holders = [account_id for account_id in there if (group, permission_set, account_id) in found.assignments]
    if not holders:
        _absent(draft, removal, f"in {removal.source or 'root'}")
    for account_id in holders:
        node = draft.live.find(account_id, "account")
        if draft.match.design.get(node) in designed:
            what = f"group {group} as {permission_set} in {draft.live_place(node)}"
            _still_designed(draft, "access.assignments", what)
        else:
            _unassign(draft, group, permission_set, node)


def _unassign(draft: Draft, group: str, permission_set: str, node: str) -> str:
    place = draft.live_place(node)
    key = f"{group}/{permission_set} in {place}"
    if f"unassign:{key}" in draft.steps:
        return f"unassign:{key}"
    return draft.add(
        "unassign",
        key,
        f"let group {group} no longer be {permission_set} in {place.rsplit('/', 1)[-1]}",
        place=place,
        why=_WHY,
        parameters={
            "InstanceArn": references.written(references.INSTANCE),
            "PermissionSetArn": references.written(references.permission_set(permission_set)),
            "TargetId": draft.live_ref(node),
            "TargetType": "AWS_ACCOUNT",
            "PrincipalType": "GROUP",
            "PrincipalId": references.written(references.group(group)),
        },
    )


def _permission_set(draft: Draft, name: str, access: Access, found: LiveIdentityCenter) -> None:
    if name in access.permission_sets:
        _still_designed(draft, f"access.permission_sets.{name}", f"permission set {name}")
    elif name not in found.permission_sets:
        _absent(draft, Removal(kind="permission_set", ref=name), "in Identity Center")
    else:
        draft.add(
            "delete_permission_set",
            name,
            f"delete permission set {name}",
            place="access.permission_sets",
            why=_WHY,
            parameters={
                "InstanceArn": references.written(references.INSTANCE),
                "PermissionSetArn": references.written(references.permission_set(name)),
            },
            after=_all_unassigned(draft, found, 1, name),
            notes=["AWS refuses while a user, rather than a group, is still assigned it."],
        )


def _group(draft: Draft, name: str, access: Access, found: LiveIdentityCenter) -> None:
    if name in access.groups:
        _still_designed(draft, f"access.groups.{name}", f"group {name}")
    elif name not in found.groups:
        _absent(draft, Removal(kind="group", ref=name), "in Identity Center")
    else:
        store, group = references.written(references.STORE), references.written(references.group(name))
        draft.add(
            "delete_group",
            name,
            f"delete group {name}",
            place="access.groups",
            why=_WHY,
            parameters={"IdentityStoreId": store, "GroupId": group},
            after=_all_unassigned(draft, found, 0, name),
        )


def _all_unassigned(draft: Draft, found: LiveIdentityCenter, part: int, name: str) -> list[str]:
    """The steps that end every assignment of a group (part 0) or a permission set (part 1)."""
    here = {account.aws_id: account.id for account in draft.live.accounts()}
    return [
        _unassign(draft, entry[0], entry[1], here[entry[2]])
        for entry in sorted(found.assignments)
        if entry[part] == name and entry[2] in here
    ]


def _still_designed(draft: Draft, where: str, what: str) -> None:
    message = f"{what} is named to be removed, and the design has it"
    draft.block("removed-and-designed", draft.design.where(where), message, "Take it out of one of the two.")


def _absent(draft: Draft, removal: Removal, where: str) -> None:
    message = f"there is no {removal.kind.replace('_', ' ')} {removal.ref} {where}"
    draft.hold("nothing-to-remove", "remove", message, "If it was removed already, take the entry out.")
