"""What AWS would refuse about permission sets, groups and assignments: said in the plan, with the place in the file.

https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html
https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orgkit.design.sections import Access, PermissionSet
from orgkit.errors import did_you_mean
from orgkit.provision.parts.role_rules import SESSION, Fault, not_a_policy, squeezed
from orgkit.provision.planning.draft import Draft

_NAME: Final = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)
_AWS_MANAGED: Final = re.compile(r"arn:aws[\w-]*:iam::aws:policy/[\w+=,.@/-]+", re.ASCII)
_DESCRIPTION: Final = 700
_GROUP_NAME: Final = 1024


def check_permission_set(draft: Draft, entry: PermissionSet) -> bool:
    """Whether a permission set may be planned; whatever is wrong is in the draft's `blocked`."""
    faults = list(_faults(draft, entry))
    for code, place, message, mend in faults:
        draft.block(code, draft.design.where(place), f"permission set {entry.name}: {message}", mend)
    _over_role_quota(draft, entry)
    return not faults


def _faults(draft: Draft, entry: PermissionSet) -> Iterator[Fault]:
    here = f"access.permission_sets.{entry.name}"
    if not _NAME.fullmatch(entry.name):
        yield (
            "permission-set-name",
            here,
            "AWS does not take this name",
            "Use up to 32 letters, digits and characters of +=,.@-_",
        )
    if len(entry.description) > _DESCRIPTION:
        yield "permission-set-description", here, f"its description has over {_DESCRIPTION} characters", "Shorten it."
    if not SESSION[0] <= entry.session_duration <= SESSION[1]:
        message = f"a session of {entry.session_duration} s"
        yield "permission-set-session", f"{here}.session", message, "Identity Center takes 1h to 12h."
    yield from _policies(entry, here)
    sizes = {"permission_set_managed_policies": len(entry.managed_policies)}
    if entry.inline_policy is not None:
        sizes["permission_set_inline_policy"] = len(entry.inline_policy.content.encode())
        sizes["permission_set_inline_policy_characters"] = squeezed(entry.inline_policy.content)
        if (wrong := not_a_policy(entry.inline_policy)) is not None:
            yield "policy-form", f"{here}.inline_policy", f"its inline policy {wrong}", "Write a policy document."
    for name, size in sizes.items():
        quota = draft.quotas.quota(name)
        if size > quota.value:
            message = f"{size:,} {quota.what}; the limit is {quota.value:,}"
            yield "permission-set-too-large", here, message, f"Make it smaller, or split it in two ({quota.source})."
            return


def _policies(entry: PermissionSet, here: str) -> Iterator[Fault]:
    """Only policies that AWS manages have the same ARN in every account.

    https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_AttachManagedPolicyToPermissionSet.html
    """
    named = [(arn, "managed_policies") for arn in entry.managed_policies]
    named += [(entry.permissions_boundary, "permissions_boundary")] if entry.permissions_boundary else []
    for arn, key in named:
        if not _AWS_MANAGED.fullmatch(arn):
            yield (
                "permission-set-policy",
                f"{here}.{key}",
                f"{arn} is not a policy that AWS manages, and accounts' own differ from account to account",
                "Write its statements into inline_policy:, or name one as in arn:aws:iam::aws:policy/ReadOnlyAccess.",
            )


def _over_role_quota(draft: Draft, entry: PermissionSet) -> None:
    """A permission set becomes a role in every account that it is assigned in, under that account's own quota."""
    quota = draft.quotas.quota("role_managed_policies")
    if len(entry.managed_policies) > quota.value:
        draft.hold(
            "permission-set-over-role-quota",
            draft.design.where(f"access.permission_sets.{entry.name}.managed_policies"),
            f"permission set {entry.name} has {len(entry.managed_policies)} managed policies, and a role takes "
            f"{quota.value} unless AWS granted the account more",
            f"Have the quota raised in every account that it goes to, then write limits: {{{quota.name}: …}} "
            f"({quota.source}).",
            severity="warning",
        )


def check_groups(draft: Draft, access: Access) -> None:
    for name in access.groups:
        if len(name) > _GROUP_NAME or "{" in name:
            where = draft.design.where(f"access.groups.{name}")
            draft.block("group-name", where, f"AWS does not take {name!r} as the name of a group", "Choose another.")


def known_assignment(draft: Draft, access: Access, number: int, live_groups: set[str], live_sets: set[str]) -> bool:
    """Whether what an assignment names exists, in the design or in Identity Center already."""
    assignment = access.assignments[number]
    known = True
    for key, name, there in (
        ("group", assignment.group, {*access.groups, *live_groups}),
        ("permission_set", assignment.permission_set, {*access.permission_sets, *live_sets}),
    ):
        if name not in there:
            known = False
            words = key.replace("_", " ")
            draft.block(
                f"unknown-{words.replace(' ', '-')}",
                draft.design.where(f"access.assignments[{number}].{key}"),
                f"there is no {words} {name!r}, neither in the design nor in Identity Center",
                did_you_mean(name, there) or f"Write it under {key}s:.",
            )
    return known
