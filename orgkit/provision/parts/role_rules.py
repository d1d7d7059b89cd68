"""What AWS, or orgkit, would refuse about a role: said in the plan, with the place in the file.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orgkit.design.sections import JsonDocument, Role
from orgkit.errors import PolicyError, did_you_mean
from orgkit.policy import parse
from orgkit.provision.parts.access_places import reference_of
from orgkit.provision.planning.draft import Draft

_ROLE: Final = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_TRUSTED_ROLE: Final = re.compile(r"(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,64}", re.ASCII)
_POLICY: Final = re.compile(
    r"arn:aws[\w-]*:iam::(?:aws|\d{12}|\{\{account(?:\.[^{}]+)?\.id\}\}):policy/[\w+=,.@/-]+", re.ASCII
)
_SERVICE: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
SESSION: Final = (3600, 43200)  # seconds, https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_LATER: Final = re.compile(r"\{\{[^{}]+\}\}")
Fault = tuple[str, str, str, str]  # code, place, message, mend


def check_role(draft: Draft, role: Role, trust: str) -> bool:
    """Whether a role may be planned; whatever is wrong with it is in the draft's `blocked`."""
    faults = [*_trust(draft, role), *_form(draft, role, trust)]
    for code, place, message, mend in faults:
        draft.block(code, draft.design.where(place), f"role {role.name}: {message}", mend)
    _outsiders(draft, role)
    return not faults


def _trust(draft: Draft, role: Role) -> Iterator[Fault]:
    here = f"access.roles.{role.name}"
    if not role.trusts and not role.trusted_services:
        yield "role-trusts-nobody", here, "it trusts nobody", "Write trusts: or trusted_services:."
    for number, trusted in enumerate(role.trusts):
        place = f"{here}.trusts[{number}]"
        if "*" in trusted.account or "*" in trusted.role:
            yield (
                "role-trusts-everyone",
                place,
                f"it trusts {trusted.account}/{trusted.role}, which is everyone who has such a name",
                "Name one account and one role.",
            )
            continue
        if not _TRUSTED_ROLE.fullmatch(trusted.role):
            yield "role-name", place, f"{trusted.role!r} cannot be the name of a role", "Correct the name."
        if reference_of(draft, trusted.account) is None:
            known = [account.handle for account in draft.design.accounts()]
            mend = did_you_mean(trusted.account, known) or "Name an account of the design, or an id of 12 digits."
            yield "role-trusts-unknown", place, f"it trusts {trusted.account}, which is no account", mend
    for number, service in enumerate(role.trusted_services):
        place = f"{here}.trusted_services[{number}]"
        if "*" in service:
            yield "role-trusts-everyone", place, f"it trusts {service}, which is everyone", "Name one service."
        elif not _SERVICE.fullmatch(service):
            yield "service-principal", place, f"{service} is no service principal", "Write it as in ec2.amazonaws.com."


def _form(draft: Draft, role: Role, trust: str) -> Iterator[Fault]:
    here, quotas = f"access.roles.{role.name}", draft.quotas
    if not _ROLE.fullmatch(role.name):
        yield "role-name", here, "AWS does not take this name", "Use up to 64 letters, digits and characters of +=,.@-_"
    if not SESSION[0] <= role.max_session <= SESSION[1]:
        yield "role-session", f"{here}.max_session", f"a session of {role.max_session} s", "AWS takes 1h to 12h."
    for name, document in role.inline_policies.items():
        if (wrong := not_a_policy(document)) is not None:
            yield "policy-form", f"{here}.inline_policies.{name}", f"policy {name} {wrong}", "Write a policy document."
    named = [(arn, "managed_policies") for arn in role.managed_policies]
    named += [(role.permissions_boundary, "permissions_boundary")] if role.permissions_boundary else []
    for arn, key in named:
        if not _POLICY.fullmatch(arn):
            message = f"{arn} is no policy that a role of any account it goes to can have"
            mend = (
                "Write arn:aws:iam::aws:policy/NAME, or arn:aws:iam::{{account.id}}:policy/NAME for the account's own."
            )
            yield "role-policy-arn", f"{here}.{key}", message, mend
    sizes = {
        "role_trust_policy": squeezed(trust),
        "role_inline_policies": sum(squeezed(one.content) for one in role.inline_policies.values()),
        "role_managed_policies": len(role.managed_policies),
    }
    for name, size in sizes.items():
        quota = quotas.quota(name)
        if size > quota.value:
            message = f"{size} {quota.what}; the limit {name} is {quota.value}"
            yield (
                "role-too-large",
                here,
                message,
                f"Make it smaller, or write what AWS granted to limits: ({quota.source}).",
            )


def _outsiders(draft: Draft, role: Role) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""
    for number, trusted in enumerate(role.trusts):
        if role.external_id is None and reference_of(draft, trusted.account) == trusted.account:
            draft.hold(
                "third-party-without-external-id",
                draft.design.where(f"access.roles.{role.name}.trusts[{number}]"),
                f"role {role.name} trusts {trusted.account}, outside of the organization, without an external id",
                "Write external_id: {env: NAME}, and agree on it with them.",
                severity="warning",
            )


def not_a_policy(document: JsonDocument) -> str | None:
    """What keeps a document from being a policy of an identity, if anything."""
    try:
        parse(_LATER.sub("123456789012", document.content), type="IDENTITY")
    except PolicyError as error:
        return f"is not one that AWS takes, {error.where}: {error.what}"
    return None


def squeezed(text: str) -> int:
    """Characters without white space, as IAM counts."""
    return len("".join(text.split()))
