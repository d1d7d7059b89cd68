"""Steps about the roles of `access:`, in every account they go to: made, changed where they differ, never taken away.

A role is one step and each of its policies another; each is one call, made in the account through its access role.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from orgkit.design.entities import ACCESS_ROLE
from orgkit.design.live_access import AWS_MANAGED, HIDDEN, LiveRole, LiveRoles, cannot, live_roles, plain_policy
from orgkit.design.sections import Role
from orgkit.provision.execution.veil import placeholder
from orgkit.provision.parts.access_places import Place, in_this_account, places, reference_of
from orgkit.provision.parts.role_rules import check_role
from orgkit.provision.parts.tags import tag_list
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft

MANAGEMENT_NOTE = "This is the management account: no guardrail binds what the role does there."


def plan_roles(draft: Draft) -> None:
    """Compare the roles of the design with those that stand in each account."""
    found = live_roles(draft.live)
    access = draft.design.settings.access
    wanted: set[tuple[str | None, str]] = set()
    planned: list[_RoleInAccount] = []
    for role in access.roles.values() if access is not None else ():
        trust = trust_policy(draft, role)
        where = places(draft, role.to, f"access.roles.{role.name}", f"role {role.name}")
        wanted |= {(place.aws_id, role.name) for place in where}
        if check_role(draft, role, trust):
            planned += [_RoleInAccount(draft, role, place, trust, found) for place in where]
    made = {key for one in planned if (key := one.plan()) is not None}
    for one in planned:
        one.after_trusted(made)
    _unmentioned(draft, found, wanted)


def trust_policy(draft: Draft, role: Role) -> str:
    """The trust policy as JSON, with references for accounts and a placeholder for the external id."""
    partition = draft.design.settings.partition
    statements: list[dict[str, Any]] = []
    if role.trusts:
        arns = [f"arn:{partition}:iam::{reference_of(draft, one.account)}:role/{one.role}" for one in role.trusts]
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"AWS": _one_or_all(arns)},
            "Action": "sts:AssumeRole",
        }
        if role.external_id is not None:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": placeholder(role.external_id)}}
        statements.append(statement)
    if role.trusted_services:
        principal = {"Service": _one_or_all(list(role.trusted_services))}
        statements.append({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, ensure_ascii=False)


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


class _RoleInAccount:
    """One role in one account."""

    def __init__(self, draft: Draft, role: Role, place: Place, trust: str, found: LiveRoles) -> None:
        self._draft = draft
        self._role = role
        self._place = place
        self._found = found
        self._account = draft.ref(place.account.id)
        self._where = draft.place(place.account.id)
        self._key = f"{role.name} in {self._where}"
        self._trust = trust
        self._managed = frozenset(self._arn(arn) for arn in role.managed_policies)
        self._boundary = self._arn(role.permissions_boundary) if role.permissions_boundary else None
        self._inline = {name: self._here(one.content) for name, one in role.inline_policies.items()}
        self._create: str | None = None

    def plan(self) -> str | None:
        """Add the steps; returns the id of the step that makes the role, if one does."""
        if self._place.aws_id is None:
            self._make()
        elif not self._found.knows(self._place.aws_id, self._role.name):
            self._not_looked_at()
        elif (live := self._found.role(self._place.aws_id, self._role.name)) is None:
            self._make()
        else:
            self._change(live)
        return self._create

    def after_trusted(self, made: set[str]) -> None:
        """A trust policy can only name roles that exist: those of the design are made first."""
        for trusted in self._role.trusts if self._create is not None else ():
            reference = reference_of(self._draft, trusted.account)
            for place in self._draft.design.accounts():
                before = f"create_role:{trusted.role} in {self._draft.place(place.id)}"
                if before in made and self._draft.ref(place.id) == reference:
                    self._draft.after.append((self._create or "", before))

    # ---- the steps -------------------------------------------------------------------------------

    def _make(self) -> None:
        role = self._role
        parameters: dict[str, Any] = {
            "RoleName": role.name,
            "AssumeRolePolicyDocument": self._trust,
            "MaxSessionDuration": role.max_session,
        }
        if role.description:
            parameters["Description"] = role.description
        if self._boundary is not None:
            parameters["PermissionsBoundary"] = self._boundary
        if role.tags:
            parameters["Tags"] = tag_list(role.tags)
        notes = [MANAGEMENT_NOTE] if self._place.account.management else []
        missing = [one for one in role.trusts if one.role not in self._designed()]
        notes += [f"AWS takes the trust only if role {one.role} exists in {one.account} by then." for one in missing]
        said = f"it may be assumed by {_told(role)}"
        self._create = self._add("create_role", "", f"create role {role.name}", parameters, why=said, notes=notes)
        self._policies(frozenset(), {})

    def _change(self, live: LiveRole) -> None:
        role = self._role
        why = self._trust_differs(live)
        if why:
            parameters: dict[str, Any] = {"RoleName": role.name, "PolicyDocument": self._trust}
            self._add("update_role_trust", "", f"change whom role {role.name} trusts", parameters, why=why)
        if live.max_session != role.max_session or live.description != role.description:
            parameters = {
                "RoleName": role.name,
                "MaxSessionDuration": role.max_session,
                "Description": role.description,
            }
            why = (
                f"its sessions last {live.max_session} s" if live.max_session != role.max_session else "its description"
            )
            self._add("update_role", "", f"change role {role.name}", parameters, why=why)
        if live.permissions_boundary != self._bound(self._boundary):
            self._bounded()
        self._policies(live.managed_policies, live.inline_policies)
        self._tags(live.tags)

    def _bounded(self) -> None:
        parameters: dict[str, Any] = {"RoleName": self._role.name}
        if self._boundary is None:
            text = f"take the permissions boundary from role {self._role.name}"
            self._add("delete_role_boundary", "", text, parameters, why="the design has none")
        else:
            parameters["PermissionsBoundary"] = self._boundary
            self._add("put_role_boundary", "", f"bound role {self._role.name} by {self._boundary}", parameters)

    def _policies(self, attached: frozenset[str], inline: Mapping[str, Any]) -> None:
        name = self._role.name
        for arn in sorted(self._managed):
            if self._bound(arn) not in attached and self._can_attach(arn):
                text = f"attach {_short(arn)} to role {name}"
                self._add("attach_role_policy", _short(arn), text, {"RoleName": name, "PolicyArn": arn})
        for arn in sorted(attached - {self._bound(arn) for arn in self._managed}):
            text, why = f"detach {_short(arn)} from role {name}", "the role in the design is complete without it"
            self._add("detach_role_policy", _short(arn), text, {"RoleName": name, "PolicyArn": arn}, why=why)
        for key, content in self._inline.items():
            if key not in inline or plain_policy(json.loads(self._bound(content) or "")) != plain_policy(inline[key]):
                parameters = {"RoleName": name, "PolicyName": key, "PolicyDocument": content}
                verb = "change" if key in inline else "give"
                self._add("put_role_policy", key, f"{verb} role {name} policy {key}", parameters)
        for key in sorted(inline.keys() - self._inline.keys()):
            text, why = f"delete policy {key} of role {name}", "the role in the design is complete without it"
            self._add("delete_role_policy", key, text, {"RoleName": name, "PolicyName": key}, why=why)

    def _tags(self, live: Mapping[str, str]) -> None:
        name = self._role.name
        missing = {key: value for key, value in self._role.tags.items() if live.get(key) != value}
        extra = sorted(key for key in live.keys() - self._role.tags.keys() if not key.startswith("aws:"))
        if missing:
            self._add("tag_role", "", f"tag role {name}", {"RoleName": name, "Tags": tag_list(missing)})
        if extra and self._role.tags:
            self._add("untag_role", "", f"take tags from role {name}", {"RoleName": name, "TagKeys": extra})

    def _add(self, kind: str, part: str, text: str, parameters: Mapping[str, Any], **said: Any) -> str:
        access_role = self._place.account.role_name
        return self._draft.add(
            kind,
            f"{part} of {self._key}" if part else self._key,
            f"{text} in {self._where.rsplit('/', 1)[-1]}",
            place=self._where,
            parameters=parameters,
            account=self._account,
            role=None if access_role == ACCESS_ROLE else access_role,
            after=[*self._place.ready, *([self._create] if self._create else [])],
            **said,
        )

    # ---- comparing -------------------------------------------------------------------------------

    def _trust_differs(self, live: LiveRole) -> str:
        secret = self._role.external_id
        wanted = self._bound(self._trust) or ""
        if secret is not None:
            wanted = wanted.replace(placeholder(secret), HIDDEN)
        if plain_policy(json.loads(wanted)) != plain_policy(live.trust):
            return f"it is to be assumed by {_told(self._role)}"
        if secret is not None and live.external_id == "different":
            return "its external id is not the one that the design refers to"
        if secret is not None and live.external_id == "not compared":
            self._draft.hold(
                "external-id-not-compared",
                self._where,
                f"the external id of role {self._role.name} was not compared: {secret.source} {secret.name} is missing",
                "Have it at hand when planning.",
            )
        return ""

    def _not_looked_at(self) -> None:
        denied = self._place.aws_id in self._found.unread
        self._draft.hold(
            "roles-not-read",
            self._where,
            f"role {self._role.name} is left as it is: the account was not looked into",
            f"Let the caller assume {self._place.account.role_name} there."
            if denied
            else "Read the live organization with the design: read(target, design=…).",
            severity="warning",
        )

    def _can_attach(self, arn: str) -> bool:
        if ":iam::aws:policy/" not in arn or AWS_MANAGED not in cannot(self._draft.live):
            return True
        self._draft.hold(
            "sandbox-cannot",
            self._where,
            f"the embedded AWS has no {_short(arn)}: it is not attached to role {self._role.name} there",
            "Nothing is to be done; AWS attaches it.",
        )
        return False

    def _designed(self) -> Iterable[str]:
        access = self._draft.design.settings.access
        return access.roles if access is not None else ()

    def _bound(self, text: str | None) -> str | None:
        return None if text is None else references.bind_known(text, self._draft.ids)

    def _here(self, text: str) -> str:
        return in_this_account(text, self._account)

    def _arn(self, arn: str) -> str:
        """AWS's own policies are in every partition under its name."""
        partition = self._draft.design.settings.partition
        return self._here(arn.replace("arn:aws:iam::aws:", f"arn:{partition}:iam::aws:", 1))


def _told(role: Role) -> str:
    return ", ".join([*(f"{one.role} of {one.account}" for one in role.trusts), *role.trusted_services])


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]


def _unmentioned(draft: Draft, found: LiveRoles, wanted: set[tuple[str | None, str]]) -> None:
    named = {(removal.ref, removal.source) for removal in draft.removals.access if removal.kind == "role"}
    for account_id, roles in found.roles.items():
        node = draft.live.find(account_id, "account")
        for name in roles:
            if (account_id, name) not in wanted and (name, None) not in named:
                draft.leave(draft.live_place(node), f"role {name}", "Add it to access:, or name it to be removed.")
