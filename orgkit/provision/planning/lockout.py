"""Who could no longer do what they must: the plan's own caller, and protected principals.

Protected are those that the design lists, and, where they are at work in the organization, the roles by which AWS's
stack sets and Control Tower enter accounts.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
https://docs.aws.amazon.com/controltower/latest/userguide/roles-how.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from orgkit.design import SCP, Account, Organization, Problem
from orgkit.design.sections import Lens, ProtectedPrincipal
from orgkit.errors import InputError
from orgkit.guardrails.decide import decide
from orgkit.guardrails.inheritance import attached
from orgkit.guardrails.lint.tree import NEEDED
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.planning.draft import CONTROL_TOWER, Draft
from orgkit.provision.planning.simulation import Simulation
from orgkit.provision.planning.steps import Step

_PLACES = 6
_OWN = "{{account.id}}"
_SHOWN = 5
# By trusted service: the role that AWS enters accounts by, and what it calls there whenever it deploys something.
_DEPLOYS = ("cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack")
_AT_WORK: Final[Mapping[str, str]] = {
    "member.org.stacksets.cloudformation.amazonaws.com": "stacksets-exec-*",
    "controltower.amazonaws.com": "AWSControlTowerExecution",
}


# ---- protected principals ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Loss:
    """From after a step on, a principal cannot do some of what it must in an account."""

    since: Step
    account: str
    bits: int


@dataclass
class Watch:
    """Looks after every step whether a principal can still do what it must, in the accounts that the step concerns.

    What it could not do before the plan is no loss. One that only AWS enters accounts by loses nothing in new ones.
    """

    draft: Draft
    principal: str
    actions: tuple[str, ...]
    listed: bool
    _running: dict[str, _Loss] = field(default_factory=dict)
    _for_a_while: list[tuple[_Loss, Step]] = field(default_factory=list)

    def __post_init__(self) -> None:
        lens, self._where = _scenario(self.principal)
        self._lens, self._shared = lens, Shared()
        self._before = Survey(self.draft.live, lens, self._shared)
        self.wanted = 0
        for action in self.actions:
            self.wanted |= load_catalogue().expand(action)

    def look(self, step: Step, org: Organization, accounts: Iterable[Account]) -> None:
        """Look at the state after a step."""
        survey = Survey(org, self._lens, self._shared)
        for account in accounts:
            if account.management or self._where not in ("*", account.aws_id):
                continue
            new = not self.draft.exists or account.id not in self.draft.live
            if new and (not self.listed or step.kind == "create_account"):
                continue  # nobody is in it yet; it counts where it goes
            bits = survey.cell(account).blocked & self.wanted
            if bits and not new:
                bits &= ~self._before.cell(self.draft.live.account(account.id)).blocked
            since = self._running.pop(account.id, None)
            if since is not None and since.bits & ~bits:
                self._for_a_while.append((since, step))
            if bits:
                self._running[account.id] = (
                    since if since is not None and since.bits == bits else _Loss(step, account.id, bits)
                )

    def problems(self, end: Organization) -> Iterator[Problem]:
        """What stops the plan: lost for good, or for a while only."""
        if self._running:
            yield self._problem(end, list(self._running.values()), "could no longer do", "")
            return
        moments: dict[tuple[str, str], list[_Loss]] = {}
        for loss, until in self._for_a_while:
            moments.setdefault((loss.since.text, until.text), []).append(loss)
        for (first, last), losses in moments.items():
            yield self._problem(end, losses, "could not do", f" from “{first}” until “{last}”")

    def _problem(self, end: Organization, losses: Sequence[_Loss], verb: str, when: str) -> Problem:
        bits = 0
        for loss in losses:
            bits |= loss.bits
        names = sorted(load_catalogue().names(bits))
        what = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        places = [end.path(loss.account) for loss in losses]
        where = ", ".join(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
        return Problem(
            code="protected-principal-locked-out",
            severity="error",
            where=self.principal,
            message=f"it {verb} {what} in {where}{when}",
            fix=_fix(self.principal),
        )


def watches(draft: Draft, allowed: Collection[str]) -> list[Watch]:
    """The principals to look after; `allowed` names those that may be locked out."""
    found = [Watch(draft, one.principal, one.actions or NEEDED, True) for one in _listed(draft, allowed)]
    known = {one.principal for one in found}
    at_work = {service for service in _AT_WORK if service in draft.live.settings.trusted_access}
    if CONTROL_TOWER in draft.managed_by.values():
        at_work.add("controltower.amazonaws.com")
    for service in sorted(at_work):
        principal = f"arn:{draft.design.settings.partition}:iam::*:role/{_AT_WORK[service]}"
        if principal not in known and principal not in allowed:
            found.append(Watch(draft, principal, _DEPLOYS, False))
    return found


def _fix(principal: str) -> str:
    named = f"lock_out=[{principal!r}], --lock-out on the command line"
    return f"Exempt it in the policy, by a condition on aws:PrincipalArn; or name the lock-out: {named}."


def _listed(draft: Draft, allowed: Collection[str]) -> list[ProtectedPrincipal]:
    return [one for one in draft.design.settings.protected_principals if one.principal not in allowed]


def _scenario(principal: str) -> tuple[Lens, str]:
    """The principal as it asks in an account, and that account's id, or `*`."""
    account = _account_part(principal)
    if account == "*":
        parts = principal.split(":", _PLACES - 1)
        principal = ":".join([*parts[:4], _OWN, parts[5]])
    return Lens(name="protected", principal=principal), account


# ---- the caller ----------------------------------------------------------------------------------


def caller_lock_outs(
    draft: Draft, steps: Sequence[Step], principal: str | None, allowed: Collection[str]
) -> Iterator[Problem]:
    """The first step that the caller's own guardrails stop, or what it could no longer do after the last.

    The management account has no guardrails, and none of this organization's bind somebody from outside.
    """
    account_id = _account_part(principal) if principal else ""
    if principal is None or not account_id.isdigit() or not draft.exists:
        return
    state = Simulation(draft)
    try:
        caller = state.org.account(account_id)
    except InputError:
        return
    if caller.management:
        return
    answers: dict[tuple[object, ...], bool] = {}

    def stopped(operation: str) -> bool:
        chain = tuple(attached(state.org, level, SCP) for level in state.org.chain(caller.id))
        key = (operation, chain)
        if key not in answers:
            answers[key] = decide(state.org, caller.id, operation, principal=principal).outcome in _STOPPED
        return answers[key]

    for step in steps:
        if step.account is None and stopped(step.operation):
            yield Problem(
                code="caller-locked-out",
                severity="error",
                where=step.id,
                message=f"{step.text}: the guardrails then in force stop {principal} from {step.operation}",
                fix="Apply from the management account, or exempt this principal.",
            )
            return
        state.perform(step)
    lost = sorted({step.operation for step in steps if step.account is None and stopped(step.operation)})
    if lost and principal not in allowed:
        yield Problem(
            code="caller-locked-out",
            severity="error",
            where=principal,
            message=f"after this plan it could no longer do what the plan does: {', '.join(lost[:_SHOWN])}",
            fix=_fix(principal),
        )


_STOPPED = ("explicitDeny", "implicitDeny")


def _account_part(arn: str) -> str:
    parts = arn.split(":", _PLACES - 1)
    return parts[4] if len(parts) == _PLACES else "*"
