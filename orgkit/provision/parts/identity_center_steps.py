"""Steps about IAM Identity Center: permission sets, groups, and the assignments of every account they go to.

Identity Center itself is switched on once, in the console: no API makes the instance of an organization. A permission
set that changes is provisioned again to the accounts that have it.
https://docs.aws.amazon.com/singlesignon/latest/userguide/get-set-up-for-idc.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from orgkit.design.live_access import (
    LiveIdentityCenter,
    LivePermissionSet,
    live_identity_center,
    plain_policy,
)
from orgkit.design.sections import Access, Group, PermissionSet
from orgkit.provision.parts.access_places import Place, accounts_of, places
from orgkit.provision.parts.identity_center_rules import check_groups, check_permission_set, known_assignment
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft

SERVICE: Final = "sso.amazonaws.com"
MANAGEMENT_NOTE: Final = (
    "This is the management account: from now on only it, no delegated administrator, can change the permission set."
)


def plan_identity_center(draft: Draft) -> None:
    """Compare permission sets, groups and assignments with those of Identity Center."""
    found = live_identity_center(draft.live)
    _learn_ids(draft, found)
    access = draft.design.settings.access
    if access is None or not (access.permission_sets or access.groups or access.assignments):
        _unmentioned(draft, access or Access(), found)
        return
    check_groups(draft, access)
    sound = {name for name, entry in access.permission_sets.items() if check_permission_set(draft, entry)}
    live_sets, live_groups = set(found.permission_sets), set(found.groups)
    known = [known_assignment(draft, access, n, live_groups, live_sets) for n in range(len(access.assignments))]
    if not _instance(draft, found):
        return
    planning = _Planning(draft, found)
    for group in access.groups.values():
        planning.group(group)
    for name in access.permission_sets:
        if name in sound:
            planning.permission_set(access.permission_sets[name])
    for number, assignment in enumerate(access.assignments):
        if known[number]:
            what = f"permission set {assignment.permission_set} for group {assignment.group}"
            for place in places(draft, assignment.to, f"access.assignments[{number}].to", what):
                planning.assign(assignment.group, assignment.permission_set, place)
    _unmentioned(draft, access, found)


def _instance(draft: Draft, found: LiveIdentityCenter) -> bool:
    """Whether there is an instance to work with."""
    if found.instance is None or found.store is None:
        denied = found.unread
        draft.hold(
            "identity-center-missing",
            draft.design.where("access"),
            "Identity Center may not be read: permission sets, groups and assignments are left as they are"
            if denied
            else "there is no Identity Center in this region: permission sets, groups and assignments wait for it",
            "Allow the read-only policy that ships with orgkit."
            if denied
            else "Enable it once, in the console of the management account, in the home region; then plan again.",
            severity="warning",
        )
        return False
    return True


def _learn_ids(draft: Draft, found: LiveIdentityCenter) -> None:
    if found.instance is not None and found.store is not None:
        draft.ids |= {references.INSTANCE: found.instance, references.STORE: found.store}
        draft.ids |= {references.permission_set(name): entry.arn for name, entry in found.permission_sets.items()}
        draft.ids |= {references.group(name): group.id for name, group in found.groups.items()}


class _Planning:
    """The steps about one instance."""

    def __init__(self, draft: Draft, found: LiveIdentityCenter) -> None:
        self._draft = draft
        self._found = found
        self._before: dict[str, list[str]] = {}  # permission set → steps that come before it is assigned
        self._assigned: set[tuple[str, str, str]] = set()
        access = f"enable_trusted_access:{SERVICE}"
        self._first = [access] if access in draft.steps else []

    # ---- groups ----------------------------------------------------------------------------------

    def group(self, group: Group) -> None:
        live = self._found.groups.get(group.name)
        store = references.written(references.STORE)
        if live is None:
            parameters = {"IdentityStoreId": store, "DisplayName": group.name}
            if group.description:
                parameters["Description"] = group.description
            self._draft.add(
                "create_group",
                group.name,
                f"create group {group.name}",
                place=f"access.groups.{group.name}",
                parameters=parameters,
                produces=[references.group(group.name)],
                after=self._first,
            )
        elif group.description and live.description != group.description:
            change = [{"AttributePath": "description", "AttributeValue": group.description}]
            self._draft.add(
                "update_group",
                group.name,
                f"describe group {group.name}",
                place=f"access.groups.{group.name}",
                why=f"as: {group.description}",
                parameters={"IdentityStoreId": store, "GroupId": self._group(group.name), "Operations": change},
            )

    # ---- permission sets -------------------------------------------------------------------------

    def permission_set(self, entry: PermissionSet) -> None:
        live = self._found.permission_sets.get(entry.name)
        self._before[entry.name] = []
        if live is None:
            parameters = {**self._instance(), "Name": entry.name, "SessionDuration": iso(entry.session_duration)}
            if entry.description:
                parameters["Description"] = entry.description
            self._add("create_permission_set", entry.name, "", f"create permission set {entry.name}", parameters)
            self._policies(entry, LivePermissionSet(arn=""))
            return
        if live.session_duration != entry.session_duration or live.description != entry.description:
            parameters = {**self._this(entry.name), "SessionDuration": iso(entry.session_duration)}
            if entry.description:
                parameters["Description"] = entry.description
            why = f"a session lasts {live.session_duration} s" if live.description == entry.description else ""
            self._add("update_permission_set", entry.name, "", f"change permission set {entry.name}", parameters, why)
        self._policies(entry, live)
        self._provision(entry.name, live)

    def _policies(self, entry: PermissionSet, live: LivePermissionSet) -> None:
        name, this = entry.name, self._this(entry.name)
        partition = self._draft.design.settings.partition
        wanted = [arn.replace("arn:aws:iam::aws:", f"arn:{partition}:iam::aws:", 1) for arn in entry.managed_policies]
        for arn in wanted:
            if arn not in live.managed_policies:
                text = f"add {_short(arn)} to permission set {name}"
                self._add("attach_managed_policy", name, _short(arn), text, {**this, "ManagedPolicyArn": arn})
        for arn in sorted(live.managed_policies.difference(wanted)):
            text = f"take {_short(arn)} out of permission set {name}"
            why = "the permission set in the design is complete without it"
            self._add("detach_managed_policy", name, _short(arn), text, {**this, "ManagedPolicyArn": arn}, why)
        content = entry.inline_policy.content if entry.inline_policy is not None else None
        if content is not None:
            bound = json.loads(references.bind_known(content, self._draft.ids))
            if plain_policy(bound) != plain_policy(live.inline_policy):
                text = f"give permission set {name} its inline policy"
                self._add("put_permission_set_policy", name, "", text, {**this, "InlinePolicy": content})
        elif live.inline_policy is not None:
            text = f"delete the inline policy of permission set {name}"
            self._add("delete_permission_set_policy", name, "", text, this, "the design has none")
        self._boundary(entry, live)

    def _boundary(self, entry: PermissionSet, live: LivePermissionSet) -> None:
        name, this, arn = entry.name, self._this(entry.name), entry.permissions_boundary
        if arn == live.permissions_boundary:
            return
        if arn is None:
            text = f"take the permissions boundary from permission set {name}"
            self._add("delete_permission_set_boundary", name, "", text, this, "the design has none")
        else:
            parameters = {**this, "PermissionsBoundary": {"ManagedPolicyArn": arn}}
            text = f"bound permission set {name} by {_short(arn)}"
            self._add("put_permission_set_boundary", name, "", text, parameters)

    def _provision(self, name: str, live: LivePermissionSet) -> None:
        """Accounts keep the old version of a permission set until it is provisioned again."""
        in_use = any(entry[1] == name for entry in self._found.assignments)
        changes = list(self._before[name])
        if not live.behind and not (changes and in_use):
            return
        self._add(
            "provision_permission_set",
            name,
            "",
            f"bring permission set {name} to the accounts that have it",
            {**self._this(name), "TargetType": "ALL_PROVISIONED_ACCOUNTS"},
            "accounts keep an older version of it until then" if live.behind else "it changes",
            after=changes,
        )

    # ---- assignments -----------------------------------------------------------------------------

    def assign(self, group: str, permission_set: str, place: Place) -> None:
        key = (group, permission_set, place.account.id)
        if (group, permission_set, place.aws_id) in self._found.assignments or key in self._assigned:
            return
        self._assigned.add(key)
        where = self._draft.place(place.account.id)
        self._draft.add(
            "assign",
            f"{group}/{permission_set} in {where}",
            f"let group {group} be {permission_set} in {where.rsplit('/', 1)[-1]}",
            place=where,
            parameters={
                **self._this(permission_set),
                "TargetId": self._draft.ref(place.account.id),
                "TargetType": "AWS_ACCOUNT",
                "PrincipalType": "GROUP",
                "PrincipalId": self._group(group),
            },
            after=[*place.ready, *self._before.get(permission_set, ())],
            notes=[MANAGEMENT_NOTE] if place.account.management else [],
        )

    # ---- words -----------------------------------------------------------------------------------

    def _add(
        self,
        kind: str,
        name: str,
        part: str,
        text: str,
        parameters: Mapping[str, Any],
        why: str = "",
        after: list[str] | None = None,
    ) -> None:
        step = self._draft.add(
            kind,
            f"{part} of {name}" if part else name,
            text,
            place=f"access.permission_sets.{name}",
            why=why,
            parameters=parameters,
            produces=[references.permission_set(name)] if kind == "create_permission_set" else [],
            after=[*self._first, *(after or ())],
        )
        self._before[name].append(step)

    def _instance(self) -> dict[str, Any]:
        return {"InstanceArn": references.written(references.INSTANCE)}

    def _this(self, name: str) -> dict[str, Any]:
        return {**self._instance(), "PermissionSetArn": references.written(references.permission_set(name))}

    def _group(self, name: str) -> str:
        return references.written(references.group(name))


def iso(seconds: int) -> str:
    """Seconds as an ISO 8601 duration, in hours and minutes, as in PT8H or PT1H30M."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return "PT" + "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if n)


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]


def _unmentioned(draft: Draft, access: Access, found: LiveIdentityCenter) -> None:
    named = {(removal.kind, removal.ref) for removal in draft.removals.access}
    for name in sorted(found.permission_sets.keys() - access.permission_sets.keys()):
        if ("permission_set", name) not in named:
            draft.leave(
                "access.permission_sets", f"permission set {name}", "Add it to access:, or name it to be removed."
            )
    for name in sorted(found.groups.keys() - access.groups.keys()):
        if ("group", name) not in named:
            draft.leave("access.groups", f"group {name}", "Add it to access:, or name it to be removed.")
    wanted = {
        (assignment.group, assignment.permission_set, account.id)
        for assignment in access.assignments
        for account in accounts_of(draft.design, assignment.to)
    }
    here = {account.aws_id: account.id for account in draft.live.accounts()}
    for group, permission_set, account_id in sorted(found.assignments):
        node = here.get(account_id)
        mine = draft.match.design.get(node or "")
        if node is None or (group, permission_set, mine or "") in wanted:
            continue
        if ("assignment", f"{group}/{permission_set}") not in named:
            draft.leave(
                draft.live_place(node),
                f"group {group} is {permission_set}",
                f"Add it to access:, or name it to be removed: assignment:{group}/{permission_set}@{account_id}.",
            )
