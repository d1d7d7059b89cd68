"""Who can come into which account: each role's trusts and each assignment, and what the guardrails leave of them.

sts:AssumeRole is asked for the trusted role, under the SCPs of its own account and the RCPs of the account it goes to.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from orgkit import policy
from orgkit.design import Account, Organization
from orgkit.design.sections import Access, JsonDocument, Lens, Role, TrustedRole
from orgkit.errors import InputError, PolicyError
from orgkit.guardrails.decide import decide
from orgkit.guardrails.survey import Survey
from orgkit.policy import Decision
from orgkit.policy.catalogue import load_catalogue

if TYPE_CHECKING:
    import pandas

_OWN: Final = "{{account.id}}"
_EVERYTHING: Final = ":iam::aws:policy/AdministratorAccess"
_LATER: Final = re.compile(r"\{\{[^{}]+\}\}")


@dataclass(frozen=True, slots=True)
class Left:
    """How many actions the policies written in the design allow, and how many of them the guardrails block or may.

    Of AWS's own managed policies AdministratorAccess is counted, which allows everything; the others change.
    """

    allowed: int
    blocked: int
    depends: int

    def __str__(self) -> str:
        if not self.allowed:
            return "no action counted"
        told = [f"{self.blocked} blocked"] if self.blocked else []
        told += [f"{self.depends} depend"] if self.depends else []
        return f"{self.allowed} actions" + (f", {', '.join(told)}" if told else ", none blocked")


@dataclass(frozen=True, slots=True)
class Way:
    """One way into an account: `who` comes in as `role` (a role, or a permission set) of `account`, a path.

    `decision` is that on sts:AssumeRole; None for services and for people, who come in through AWS's own.
    """

    who: str
    role: str
    account: str
    node: str
    left: Left
    decision: Decision | None = None
    people: bool = False

    @property
    def outcome(self) -> str:
        """allowed, explicitDeny, implicitDeny or undetermined, as far as the guardrails go."""
        return self.decision.outcome if self.decision is not None else "allowed"

    def __str__(self) -> str:
        verdict = {"allowed": "", "undetermined": " (it depends)"}.get(self.outcome, " (the guardrails stop it)")
        return f"{self.who} → {self.role} in {self.account}{verdict}: {self.left}"


@dataclass(frozen=True, slots=True)
class Assumable:
    """Every way into every account, in the order of the design."""

    ways: tuple[Way, ...]

    def __iter__(self) -> Iterator[Way]:
        return iter(self.ways)

    def __len__(self) -> int:
        return len(self.ways)

    def by_account(self) -> dict[str, list[Way]]:
        """The ways into each account, by its node id."""
        found: dict[str, list[Way]] = {}
        for way in self.ways:
            found.setdefault(way.node, []).append(way)
        return found

    def __str__(self) -> str:
        return "\n".join(map(str, self.ways)) or "nobody comes in by what the design says"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row.values())}</tr>" for row in self.to_json()
        )
        heads = "".join(f"<th>{head}</th>" for head in _COLUMNS)
        return f"<table><tr>{heads}</tr>{rows}</table>"

    def to_json(self) -> list[dict[str, Any]]:
        """One row a way."""
        return [
            dict(
                zip(
                    _COLUMNS,
                    (way.who, way.role, way.account, way.outcome, way.left.allowed, way.left.blocked, way.left.depends),
                    strict=True,
                )
            )
            for way in self.ways
        ]

    def to_frame(self) -> pandas.DataFrame:
        """The same as a table. Needs pandas."""
        import pandas

        return pandas.DataFrame(self.to_json(), columns=list(_COLUMNS))


_COLUMNS: Final = ("who", "role", "account", "outcome", "actions", "blocked", "depends")


def assumable(org: Organization) -> Assumable:
    """Return who can come into which account by the `access:` section; names that stand for nothing are passed over."""
    access = org.settings.access or Access()
    return Assumable((*_services(org, access), *_people(org, access)))


def _services(org: Organization, access: Access) -> Iterator[Way]:
    partition = org.settings.partition
    for role in access.roles.values():
        allowed = _actions(tuple(role.inline_policies.values()), role.managed_policies)
        survey = Survey(org, Lens(name=role.name, principal=f"arn:{partition}:iam::{_OWN}:role/{role.name}"))
        for account in _accounts(org, role.to):
            left = _left(survey, account, allowed)
            for trusted in role.trusts:
                who = f"{trusted.role} of {trusted.account}"
                decision = _decision(org, account, role, trusted)
                yield Way(who, role.name, org.path(account.id), account.id, left, decision)
            for service in role.trusted_services:
                yield Way(service, role.name, org.path(account.id), account.id, left)


def _people(org: Organization, access: Access) -> Iterator[Way]:
    partition = org.settings.partition
    for assignment in access.assignments:
        entry = access.permission_sets.get(assignment.permission_set)
        inline = (entry.inline_policy,) if entry is not None and entry.inline_policy is not None else ()
        allowed = _actions(inline, entry.managed_policies if entry is not None else ())
        principal = (
            f"arn:{partition}:iam::{_OWN}:role/aws-reserved/sso.amazonaws.com/"
            f"AWSReservedSSO_{assignment.permission_set}_0000000000000000"
        )
        survey = Survey(org, Lens(name=assignment.permission_set, principal=principal))
        for account in _accounts(org, assignment.to):
            left = _left(survey, account, allowed)
            who = f"group {assignment.group}"
            yield Way(who, assignment.permission_set, org.path(account.id), account.id, left, people=True)


def _decision(org: Organization, account: Account, role: Role, trusted: TrustedRole) -> Decision | None:
    partition = org.settings.partition
    holder = trusted.account
    if not (holder.isdigit() and len(holder) == 12):
        try:
            holder = org.account(holder).handle
        except InputError:
            return None
    return decide(
        org,
        account.id,
        "sts:AssumeRole",
        resource=f"arn:{partition}:iam::{_OWN}:role/{role.name}",
        principal=f"arn:{partition}:iam::{holder}:role/{trusted.role}",
    )


def _actions(documents: tuple[JsonDocument, ...], managed: tuple[str, ...]) -> int:
    """The actions that policies of a design allow somewhere and deny nowhere outright, as a bit set."""
    catalogue = load_catalogue()
    denied = 0
    allowed = catalogue.all_bits if any(arn.endswith(_EVERYTHING) for arn in managed) else 0
    for document in documents:
        try:
            read = policy.parse(_LATER.sub("123456789012", document.content), type="IDENTITY")
        except PolicyError:
            continue  # the checks of a plan say what is wrong with it
        for statement in read.statements:
            bits = statement.action_bits(catalogue)
            if statement.effect == "Allow":
                allowed |= bits
            elif statement.every_resource and not statement.conditions:
                denied |= bits
    return allowed & ~denied


def _left(survey: Survey, account: Account, allowed: int) -> Left:
    if not allowed or account.management:
        return Left(allowed.bit_count(), 0, 0)
    cell = survey.cell(account)
    return Left(allowed.bit_count(), (cell.blocked & allowed).bit_count(), (cell.depends & allowed).bit_count())


def _accounts(org: Organization, to: tuple[str, ...]) -> Iterator[Account]:
    seen: set[str] = set()
    for name in to:
        try:
            node = org.find(name, "root", "ou", "account")
        except InputError:
            continue
        for account in org.accounts(node):
            if account.id not in seen:
                seen.add(account.id)
                yield account
