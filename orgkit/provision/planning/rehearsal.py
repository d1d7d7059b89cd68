"""The plan gone through before it is carried out: after every step, what the guardrails say for whom it concerns.

Less guarded means that for some action of the catalogue, blocked became depends or not blocked, or depends became not
blocked. Two different conditions cannot be compared, and are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orgkit.design import RCP, SCP, Account, Problem
from orgkit.guardrails.inheritance import attached, document
from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.exposure import Exposure
from orgkit.provision.planning.lockout import lock_outs
from orgkit.provision.planning.simulation import Simulation
from orgkit.provision.planning.steps import Step

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
    assumptions: tuple[str, ...] = ()


def rehearse(draft: Draft, order: tuple[str, ...], principal: str | None, allowed: Iterable[str] = ()) -> Rehearsal:
    """Go through the steps in order; `allowed` names the principals that may be locked out.

    A draft that is blocked is not gone through: its steps do not lead where they should.
    """
    if draft.blocked or not order:
        return Rehearsal()
    steps = [draft.steps[step] for step in order]
    rehearsing = _Rehearsing(draft)
    rehearsing.run(steps)
    found = tuple(rehearsing.exposures())
    blocked = lock_outs(draft, steps, rehearsing.state.org, principal, frozenset(allowed))
    assumptions = [*ASSUMPTIONS, f"the calls are made by {principal or 'a role of the management account'}"]
    assumptions += [f"{part} not readable: the answer depends on it" for part in draft.live.unknown]
    return Rehearsal(found, tuple(blocked), tuple(assumptions))


@dataclass(frozen=True, slots=True)
class _Look:
    """What holds for an account after a step; equal chains of policies are one object."""

    step: Step
    account: str
    now: ChainBits


class _Rehearsing:
    """Goes through the steps once, looks at the accounts they touch, and compares with the end when it is there."""

    def __init__(self, draft: Draft) -> None:
        self.state = Simulation(draft)
        self._draft = draft
        self._shared = Shared()
        self._surveys: dict[str, Survey] = {}
        self._looks: list[_Look] = []
        self._held: dict[int, frozenset[tuple[str, str]]] = {}  # by chain: the policies on it
        self._lacking: dict[tuple[int, int, int], dict[str, int]] = {}

    def run(self, steps: list[Step]) -> None:
        """Perform every step on the state; where nothing guards, there is nothing to look at."""
        guarded = any(self._draft.live.policies(kind) or self._draft.design.policies(kind) for kind in (SCP, RCP))
        org = self.state.org
        for step in steps:
            touched = self.state.perform(step)
            if not (guarded and touched):
                continue
            survey = self._survey(step)
            for account in self._below(touched):
                now = survey.cell(account)
                if id(now) not in self._held:
                    self._held[id(now)] = frozenset(
                        text
                        for kind in (SCP, RCP)
                        for level in org.chain(account.id)
                        for text in attached(org, level, kind)
                    )
                self._looks.append(_Look(step, account.id, now))

    def _survey(self, step: Step) -> Survey:
        """A survey of the state after a step. It remembers, so it serves until something other than accounts changes;
        as an account is created once and moved once, each of these two kinds has one of its own.
        """
        if step.kind not in ("create_account", "move_account"):
            self._surveys.clear()
        return self._surveys.setdefault(step.kind, Survey(self.state.org, None, self._shared))

    def _below(self, touched: tuple[str, ...]) -> Iterator[Account]:
        for node in dict.fromkeys(touched):
            entity = self.state.org.entity(node)
            if isinstance(entity, Account):
                yield entity
            else:
                yield from self.state.org.accounts(node)

    def exposures(self) -> Iterator[Exposure]:
        """The moments in which an account was less guarded than both before and after, in the order they end."""
        end = self.state.org
        before, after = Survey(self._draft.live, None, self._shared), Survey(end, None, self._shared)
        moments: dict[str, _Moment] = {}
        for look in self._looks:
            account = end.account(look.account)
            then = after.cell(account)
            bits = weaker(look.now, then)
            if bits and self._draft.exists and account.id in self._draft.live:
                bits &= weaker(look.now, before.cell(self._draft.live.account(account.id)))
            since = moments.get(account.id)
            if since is not None and bits != since.bits:
                del moments[account.id]
                yield since.until(look.step)
            if bits and account.id not in moments:
                moments[account.id] = _Moment(
                    since=look.step,
                    place=end.path(account.id),
                    bits=bits,
                    missing=self._missing(account, look.now, then, bits),
                    born=look.step.kind == "create_account",
                )

    def _missing(self, account: Account, now: ChainBits, then: ChainBits, bits: int) -> dict[str, int]:
        """The policies of the end that do not hold now, with how many of their denies are about these actions."""
        key = (id(now), id(then), bits)
        if key not in self._lacking:
            end, here = self.state.org, self._held[id(now)]
            found = self._lacking[key] = {}
            for kind in (SCP, RCP):
                for level in end.chain(account.id):
                    for name, text in attached(end, level, kind):
                        if (name, text) not in here and (count := _denies(text, kind, name, bits)):
                            found[name] = count
        return self._lacking[key]


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


def _denies(text: str, kind: str, name: str, bits: int) -> int:
    statements = document(text, kind, name).statements
    return sum(1 for one in statements if one.effect == "Deny" and one.action_bits(load_catalogue()) & bits)
