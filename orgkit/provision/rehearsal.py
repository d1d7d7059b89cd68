"""The plan gone through before it is carried out: after every step, what the guardrails say for whom it concerns.

Less guarded means that for some action of the catalogue, blocked became depends or not blocked, or depends became not
blocked. Two different conditions cannot be compared, and are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orgkit.design import RCP, SCP, Account, Organization, Problem
from orgkit.guardrails.inheritance import attached, document
from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.draft import Draft
from orgkit.provision.exposure import Exposure
from orgkit.provision.lockout import lock_outs
from orgkit.provision.simulation import Simulation
from orgkit.provision.steps import Step

UNAVOIDABLE = "Unavoidable: AWS creates accounts in the root. Usually 1–5 min; if the run stops there, resume first."
ORDER = "AWS's own rules leave no other order for these steps."
ASSUMPTIONS = (
    "the policies and the tree change only by this plan while it runs",
    "a change is in force when its call returns",
    "an ordinary role of each account is asked about; service-linked roles and the management account are free of SCPs",
    "two different conditions of one action are not compared",
)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the rehearsal found."""

    exposures: tuple[Exposure, ...] = ()
    blocked: tuple[Problem, ...] = ()
    held: tuple[Problem, ...] = ()
    assumptions: tuple[str, ...] = ()


def rehearse(draft: Draft, order: tuple[str, ...], principal: str | None, allowed: Iterable[str] = ()) -> Rehearsal:
    """Go through the steps in order; `allowed` names the principals that may be locked out.

    A draft that is blocked is not gone through: its steps do not lead where they should.
    """
    if draft.blocked or not order:
        return Rehearsal()
    steps = [draft.steps[step] for step in order]
    end = Simulation(draft)
    for step in steps:
        end.perform(step)
    found = _Rehearsing(draft, end.org).run(steps) if _guarded(draft, end.org) else ()
    blocked, held = lock_outs(draft, steps, end.org, principal, frozenset(allowed))
    assumptions = [*ASSUMPTIONS, f"the calls are made by {principal or 'a role of the management account'}"]
    assumptions += [f"{part} not readable: the answer depends on it" for part in draft.live.unknown]
    return Rehearsal(tuple(found), tuple(blocked), tuple(held), tuple(assumptions))


def _guarded(draft: Draft, end: Organization) -> bool:
    return any(org.policies(kind) for org in (draft.live, end) for kind in (SCP, RCP))


class _Rehearsing:
    """Follows the accounts whose guardrails change on the way."""

    def __init__(self, draft: Draft, end: Organization) -> None:
        self._draft = draft
        self._shared = Shared()
        self._end = end
        self._after = Survey(end, None, self._shared)
        self._before = Survey(draft.live, None, self._shared)
        self._lacking: dict[tuple[int, int, int], dict[str, int]] = {}
        self._open: dict[str, _Moment] = {}  # by account node

    def run(self, steps: list[Step]) -> Iterator[Exposure]:
        state = Simulation(self._draft)
        for step in steps:
            touched = state.perform(step)
            if not touched:
                continue
            survey = Survey(state.org, None, self._shared)
            for account in self._below(state.org, touched):
                yield from self._look(state.org, account, step, survey.cell(account))

    def _below(self, org: Organization, touched: tuple[str, ...]) -> Iterator[Account]:
        for node in dict.fromkeys(touched):
            entity = org.entity(node)
            if isinstance(entity, Account):
                yield entity
            else:
                yield from org.accounts(node)

    def _look(self, org: Organization, account: Account, step: Step, now: ChainBits) -> Iterator[Exposure]:
        exposed = weaker(now, self._after.cell(self._at_the_end(account)))
        if exposed and self._draft.exists and account.id in self._draft.live:
            exposed &= weaker(now, self._before.cell(self._draft.live.account(account.id)))
        since = self._open.get(account.id)
        if since is not None and exposed != since.bits:
            del self._open[account.id]
            yield since.until(step)
        if exposed and account.id not in self._open:
            place = self._end.path(account.id) if account.id in self._end else account.name
            born = step.kind == "create_account"
            # Chains that are alike are one object, so most accounts share the answer.
            key = (id(now), id(self._after.cell(self._at_the_end(account))), exposed)
            if key not in self._lacking:
                self._lacking[key] = _missing(org, self._end, account.id, exposed)
            self._open[account.id] = _Moment(step, place, exposed, self._lacking[key], born)

    def _at_the_end(self, account: Account) -> Account:
        return self._end.account(account.id) if account.id in self._end else account


@dataclass(frozen=True, slots=True)
class _Moment:
    """An account is less guarded since a step: for the actions of `bits`, as the denies of `missing` do not hold."""

    since: Step
    place: str
    bits: int
    missing: dict[str, int]
    born: bool

    def until(self, step: Step) -> Exposure:
        denies = [f"the {n} {'denies' if n > 1 else 'deny'} of {name}" for name, n in self.missing.items()]
        several = len(denies) > 1 or any(n > 1 for n in self.missing.values())
        lacking = (
            f"{' and '.join(denies)} {'do' if several else 'does'} not"
            if denies
            else f"{self.bits.bit_count()} actions are less guarded than before and after"
        )
        holds = "only the root's policies hold; " if self.born else f"for {self.place}, "
        return Exposure(
            account=self.place,
            since=self.since.id,
            until=step.id,
            message=f"{holds}{lacking}{'' if self.born or not denies else ' hold'}",
            reason=UNAVOIDABLE if self.born else ORDER,
            actions=self.bits.bit_count(),
        )


def weaker(now: ChainBits, then: ChainBits) -> int:
    """The actions that are less guarded now than then, as a bit set of the catalogue."""
    return (then.blocked & ~now.blocked) | (then.depends & ~now.blocked & ~now.depends)


def _missing(now: Organization, end: Organization, account: str, bits: int) -> dict[str, int]:
    """The policies of the end that do not hold now, with how many of their denies are about these actions."""
    if account not in end:
        return {}
    here = {text for kind in (SCP, RCP) for level in now.chain(account) for text in attached(now, level, kind)}
    found: dict[str, int] = {}
    for kind in (SCP, RCP):
        for level in end.chain(account):
            for name, text in attached(end, level, kind):
                if (name, text) not in here and (count := _denies(text, kind, name, bits)):
                    found[name] = count
    return found


def _denies(text: str, kind: str, name: str, bits: int) -> int:
    statements = document(text, kind, name).statements
    return sum(1 for one in statements if one.effect == "Deny" and one.action_bits(load_catalogue()) & bits)
