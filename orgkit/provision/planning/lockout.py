"""Who could no longer do what they must: the plan's own caller, and protected principals.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orgkit.design import SCP, Organization, Problem
from orgkit.design.sections import Lens, ProtectedPrincipal
from orgkit.errors import InputError
from orgkit.guardrails.decide import decide
from orgkit.guardrails.inheritance import attached
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.simulation import Simulation
from orgkit.provision.planning.steps import Step

_PLACES = 6
_OWN = "{{account.id}}"


def lock_outs(
    draft: Draft, steps: list[Step], end: Organization, principal: str | None, allowed: frozenset[str]
) -> list[Problem]:
    """What stops the plan: the caller or a protected principal is locked out."""
    blocked = list(_caller(draft, steps, principal))
    for protected in draft.design.settings.protected_principals:
        if protected.principal not in allowed:
            blocked += _protected(draft, end, protected)
    return blocked


# ---- the caller ----------------------------------------------------------------------------------


def _caller(draft: Draft, steps: list[Step], principal: str | None) -> Iterator[Problem]:
    """The first step that the caller's own guardrails stop; the management account has none."""
    account_id = _account_part(principal) if principal else ""
    if not account_id.isdigit() or not draft.exists:
        return
    state = Simulation(draft)
    try:
        caller = state.org.account(account_id)
    except InputError:
        return  # somebody from outside: no guardrail of this organization binds them
    if caller.management:
        return
    answers: dict[tuple[object, ...], bool] = {}
    for step in steps:
        chain = tuple(attached(state.org, level, SCP) for level in state.org.chain(caller.id))
        key = (step.operation, chain)
        if key not in answers:
            answers[key] = decide(state.org, caller.id, step.operation, principal=principal).outcome == "explicitDeny"
        if answers[key]:
            yield Problem(
                code="caller-locked-out",
                severity="error",
                where=step.id,
                message=f"{step.text}: the guardrails then in force stop {principal} from {step.operation}",
                fix="Apply from the management account, or exempt this principal.",
            )
            return
        state.perform(step)


# ---- protected principals ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Protection:
    lens: Lens
    where: str  # account id, or * for every account


def _protected(draft: Draft, end: Organization, protected: ProtectedPrincipal) -> Iterator[Problem]:
    """Accounts in which a protected principal loses what it must keep, and could do it before.

    Without `actions` it is locked out where nothing at all is left to it.
    """
    protection = _protection(protected)
    before = Survey(draft.live, protection.lens, Shared())
    after = Survey(end, protection.lens, Shared())
    wanted = _bits(protected.actions)
    lost: list[str] = []
    for account in end.accounts():
        if account.management or protection.where not in ("*", account.aws_id):
            continue
        now = after.cell(account).blocked
        was = before.cell(draft.live.account(account.id)).blocked if account.id in draft.live else 0
        gone = now & wanted & ~was if protected.actions else (now == wanted and was != wanted)
        if gone:
            lost.append(end.path(account.id))
    if lost:
        what = ", ".join(protected.actions) or "anything"
        yield Problem(
            code="protected-principal-locked-out",
            severity="error",
            where=protected.principal,
            message=f"it could no longer do {what} in {', '.join(lost[:5])}{' …' if len(lost) > 5 else ''}",
            fix=f"Exempt it in the policy, or name the lock-out: plan(…, lock_out=[{protected.principal!r}]).",
        )


def _protection(protected: ProtectedPrincipal) -> _Protection:
    account = _account_part(protected.principal)
    principal = protected.principal
    if account == "*":
        parts = principal.split(":", _PLACES - 1)
        principal = ":".join([*parts[:4], _OWN, parts[5]])
    return _Protection(Lens(name="protected", principal=principal), account)


def _bits(actions: tuple[str, ...]) -> int:
    catalogue = load_catalogue()
    if not actions:
        return catalogue.all_bits
    bits = 0
    for action in actions:
        bits |= catalogue.expand(action)
    return bits


def _account_part(arn: str) -> str:
    parts = arn.split(":", _PLACES - 1)
    return parts[4] if len(parts) == _PLACES else "*"
