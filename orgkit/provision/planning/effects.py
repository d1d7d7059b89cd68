"""What a move means to others: who else notices when an account, or an OU, stands elsewhere.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property

from orgkit.design import Account, Organization, OrganizationalUnit
from orgkit.design.live_access import live_identity_center, live_roles
from orgkit.provision.planning.draft import Draft

# Conditions on where in the organization somebody stands.
_PATH_KEYS = ("aws:PrincipalOrgPaths", "aws:ResourceOrgPaths", "aws:SourceOrgPaths")
SERVICE_MANAGED = "SERVICE_MANAGED"


class Effects:
    """Tells of moves; what names places in the organization is looked for once."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    @cached_property
    def _naming(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, text in _texts(self._draft):
            if any(key.casefold() in text.casefold() for key in _PATH_KEYS):
                found[name] = found.get(name, "") + text
        return found

    def of_moving(self, thing: Account | OrganizationalUnit, now: str) -> list[str]:
        """Side effects, as sentences: Control Tower, stack sets, shares, conditions that name an OU."""
        draft = self._draft
        old_above = [draft.match.design.get(node) for node in draft.live.ancestors(now)]
        new_above = list(draft.design.ancestors(thing.id))
        notes = []
        left, joined = _owner(draft, old_above), _owner(draft, list(new_above))
        if left != joined:
            notes += [f"leaves what {left} manages: its enrolment is lost"] if left else []
            notes += [f"comes under {joined}, which has to enrol it"] if joined else []
        notes += self._stack_sets(thing, [node for node in old_above if node is not None], new_above)
        whole = isinstance(thing, OrganizationalUnit)
        old = {str(draft.live.entity(node).aws_id) for node in draft.live.chain(now)[1 : None if whole else -1]}
        new = {draft.ids.get(draft.name(node), "") for node in new_above[1:]} - {""}
        if whole:
            notes.append(
                f"its id, {draft.live.entity(now).aws_id}, goes: resource shares, stack sets and policies, also in "
                "accounts, that name it must be told the new one"
            )
        for verb, ids in (("leaves", old - new), ("comes under", new - old)):
            named = [name for name, text in self._naming.items() if any(one in text for one in ids)]
            notes += [f"{name} names an OU it {verb} in a condition on organization paths" for name in named]
        return notes

    def _stack_sets(self, thing: Account | OrganizationalUnit, old: list[str], new: list[str]) -> Iterator[str]:
        design = self._draft.design
        before, after = ({design.path(node) for node in above} | {"root"} for above in (old, new))
        for baseline in design.settings.baselines.values():
            only_settings = baseline.template is None and baseline.settings is not None
            if only_settings or baseline.permission_model != SERVICE_MANAGED:
                continue
            was, will = bool(before & set(baseline.to)), bool(after & set(baseline.to))
            if was != will and baseline.auto_deployment:
                verb = "adds its instances" if will else "deletes its instances"
                yield f"stack set {baseline.name}: automatic deployment {verb}"
            elif isinstance(thing, OrganizationalUnit) and not will and design.path(thing.id) in baseline.to:
                told = "its instances end with the old OU, and come with the new one"
                yield f"stack set {baseline.name} names it: {told}"


def _texts(draft: Draft) -> Iterator[tuple[str, str]]:
    """Everything known that may hold a condition, live or designed, with what a person calls it."""
    for org in (draft.live, draft.design):
        yield from ((f"policy {policy.name}", policy.content) for policy in org.policies())
    access, logging = draft.design.settings.access, draft.design.settings.logging
    if access is not None:
        for role in access.roles.values():
            yield from ((f"role {role.name}", document.content) for document in role.inline_policies.values())
        for one in access.permission_sets.values():
            if one.inline_policy is not None:
                yield f"permission set {one.name}", one.inline_policy.content
    for account, roles in live_roles(draft.live).roles.items():
        for name, found in roles.items():
            yield (
                f"role {name} in {_called(draft.live, account)}",
                json.dumps([found.trust, found.inline_policies], default=dict),
            )
    for name, permission_set in live_identity_center(draft.live).permission_sets.items():
        yield f"permission set {name}", json.dumps(permission_set.inline_policy, default=dict)
    if logging is not None and logging.bucket_policy is not None:
        yield "the policy of the log bucket", logging.bucket_policy.content
    facts = draft.live.surroundings.get("logging", {})
    for which, called in (("bucket", "the log bucket"), ("config_bucket", "Config's bucket")):
        yield f"the policy of {called}", json.dumps((facts.get(which) or {}).get("policy"))


def _called(live: Organization, account: str) -> str:
    return live.account(account).name if account in {one.aws_id for one in live.accounts()} else account


def _owner(draft: Draft, above: list[str | None] | list[str]) -> str | None:
    owners = [draft.managed_by[node] for node in above if node in draft.managed_by]
    return owners[-1] if owners else None
