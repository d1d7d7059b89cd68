"""The plan gone through before it is carried out: after every step, what the guardrails say for whom it concerns.

Less guarded means that for some action of the catalogue, blocked became depends or not blocked, or depends became not
blocked. Two different conditions cannot be compared, and are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orgkit.design import RCP, SCP, Account
from orgkit.guardrails.inheritance import attached, document
from orgkit.guardrails.matrix import ChainBits
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.planning import references
from orgkit.provision.planning.concerning import lowers
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.lockout import Watch
from orgkit.provision.planning.moment import Moment, Policies
from orgkit.provision.planning.simulation import Simulation
from orgkit.provision.planning.steps import STRENGTHENS, Step

_JOURNEYS = frozenset({"create_account", "move_account"})


class Rehearsal:
    """One state of the organization that steps are performed on, and who is less guarded in it than they should be."""

    def __init__(self, draft: Draft, watches: Sequence[Watch] = ()) -> None:
        self.watches = watches
        self.state = Simulation(draft)
        self._draft = draft
        self._shared = Shared()
        self._surveys: dict[str, Survey] = {}
        self._held: dict[int, Policies] = {}  # by chain: the policies on it
        # Where nothing guards, there is nothing to look at.
        self._guarded = any(draft.live.policies(kind) or draft.design.policies(kind) for kind in (SCP, RCP))
        # Where steps only strengthen, and nobody changes places, nobody is ever less guarded.
        self._exposing = any(lowers(step) or step.kind in _JOURNEYS for step in draft.steps.values())
        self.looked = False  # whether any step concerned the guardrails of any account
        self._looks: list[tuple[Step, str, ChainBits]] = []

    def perform(self, step: Step) -> None:
        """Go one step further and look at all whom it concerns."""
        touched = self.state.perform(step)
        if not (self._guarded and touched):
            return
        survey = self._survey(step)
        accounts = list(below(self.state, touched))
        self.looked = True
        denied = self._only_denies(step)
        for watch in self.watches:
            if denied & watch.wanted:
                watch.look(step, self.state.org, accounts)
        for account in accounts if self._exposing else ():
            now = survey.cell(account)
            if id(now) not in self._held:
                self._held[id(now)] = frozenset((name, text) for _, name, text in self._bound(account))
            self._looks.append((step, account.id, now))

    def _only_denies(self, step: Step) -> int:
        """The actions that a step can take from anybody: those of a policy that only denies, else all there are."""
        if step.effect == STRENGTHENS and step.kind == "attach_policy":
            (name,) = references.named_in(step.parameters["PolicyId"])
            policy = self.state.org.policy(self.state.node(name))
            statements = document(policy.content, policy.type, policy.name).statements
            if all(one.effect == "Deny" for one in statements):
                bits = 0
                for one in statements:
                    bits |= one.action_bits(load_catalogue())
                return bits
        return load_catalogue().all_bits

    def _survey(self, step: Step) -> Survey:
        """A survey of the state after a step. It remembers, so it serves until something other than accounts changes;
        as an account is created once and moved once, each of these two kinds has one of its own.
        """
        if step.kind not in _JOURNEYS:
            self._surveys.clear()
        if step.kind not in self._surveys:
            self._surveys[step.kind] = Survey(self.state.org, None, self._shared)
        return self._surveys[step.kind]

    def _bound(self, account: Account) -> Iterator[tuple[str, str, str]]:
        org = self.state.org
        for kind in (SCP, RCP):
            for level in org.chain(account.id):
                yield from ((kind, name, text) for name, text in attached(org, level, kind))

    def moments(self) -> Iterator[Moment]:
        """Once all steps are performed: when an account was less guarded than both before and after, as they end."""
        judging = Judging(self._draft, self.state, self._shared)
        lacking: dict[tuple[int, int], tuple[tuple[str, str, str], ...]] = {}
        running: dict[str, dict[str, tuple[Step, int, ChainBits]]] = {}  # account → first step → what began with it
        for step, node, now in self._looks:
            bits = judging.exposed(node, now)
            since = running.setdefault(node, {}) if bits or node in running else {}
            for first, (began, was, then) in list(since.items()):
                if over := was & ~bits:
                    key = (id(then), id(judging.will(node)))
                    if key not in lacking:
                        bound = self._bound(self.state.org.account(node))
                        lacking[key] = tuple(one for one in bound if one[1:] not in self._held[id(then)])
                    yield Moment(node, began, step, over, self._held[id(then)], lacking[key])
                    since.pop(first)
                    if was & bits:
                        since[first] = (began, was & bits, then)
                bits &= ~was
            if bits:
                since[step.id] = (step, bits, now)


class Judging:
    """Compares what holds for accounts at a moment with what held before the plan and will hold after it."""

    def __init__(self, draft: Draft, end: Simulation, shared: Shared) -> None:
        self._live = draft.live
        self._exists = draft.exists
        self._end = end.org
        self._before, self._after = Survey(draft.live, None, shared), Survey(end.org, None, shared)

        self._will: dict[str, ChainBits] = {}
        self._weaker: dict[tuple[int, int], int] = {}

    def exposed(self, node: str, now: ChainBits) -> int:
        """The actions that are less guarded now than both before and after, as a bit set of the catalogue."""
        bits = self._than(now, self.will(node))
        if bits and self._exists and node in self._live:
            bits &= self._than(now, self._before.cell(self._live.account(node)))
        return bits

    def will(self, node: str) -> ChainBits:
        """What holds for an account in the end."""
        if node not in self._will:
            self._will[node] = self._after.cell(self._end.account(node))
        return self._will[node]

    def _than(self, now: ChainBits, then: ChainBits) -> int:
        # Chains live as long as what they are shared by, so an id is that of one chain.
        key = (id(now), id(then))
        if key not in self._weaker:
            self._weaker[key] = weaker(now, then)
        return self._weaker[key]


def below(state: Simulation, touched: Iterable[str]) -> Iterator[Account]:
    """The accounts at and below these nodes."""
    for node in dict.fromkeys(touched):
        entity = state.org.entity(node)
        if isinstance(entity, Account):
            yield entity
        else:
            yield from state.org.accounts(node)


def weaker(now: ChainBits, then: ChainBits) -> int:
    """The actions that are less guarded now than then, as a bit set of the catalogue."""
    return (then.blocked & ~now.blocked) | (then.depends & ~now.blocked & ~now.depends)
