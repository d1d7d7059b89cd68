"""The guardrails as the rules of lint read them: every well-formed statement with its policy and its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from orgkit.design import RCP, SCP, Organization, Policy
from orgkit.design.touched import Touched
from orgkit.errors import PolicyError
from orgkit.guardrails.alike import Alike
from orgkit.guardrails.inheritance import bound, document
from orgkit.guardrails.permissions import Asked
from orgkit.policy import Statement
from orgkit.policy.catalogue import Catalogue, load_catalogue

TYPES = (SCP, RCP)


@dataclass(frozen=True)
class Line:
    """One statement of one policy of the design."""

    policy: Policy
    statement: Statement

    @property
    def label(self) -> str:
        """`Sid`, or the statement's place, for messages."""
        return self.statement.label

    @cached_property
    def bits(self) -> int:
        """The actions that the statement speaks of."""
        return self.statement.action_bits(load_catalogue())


@dataclass(frozen=True)
class _Read:
    """A policy as it was read; no lines where AWS would refuse it."""

    policy: Policy
    text: str
    lines: tuple[Line, ...] | None

    @cached_property
    def denied(self) -> int:
        """The actions about which a Deny of the policy has a say."""
        return _together(line.bits for line in self.lines or () if line.statement.effect == "Deny")

    @cached_property
    def surely_denied(self) -> int:
        """The actions that the policy denies without conditions."""
        return _together(
            line.bits for line in self.lines or () if line.statement.effect == "Deny" and line.statement.unconditional
        )

    @cached_property
    def allowed(self) -> int:
        """The actions about which an Allow of the policy has a say."""
        return _together(line.bits for line in self.lines or () if line.statement.effect == "Allow")


class Reading:
    """One organization's guardrails, read once for all rules; what is as it was `before` is not read again."""

    def __init__(self, org: Organization, before: Reading | None, touched: Touched) -> None:
        self.org = org
        self.catalogue: Catalogue = load_catalogue()
        self._read: dict[str, _Read] = {
            one.id: _read(one, bound(org, one.content), before._read.get(one.id) if before else None)
            for one in org.policies()
            if one.type in TYPES
        }
        self.asked: Asked = Asked(org, before.asked if before else None)
        self.alike: Alike = Alike(org, touched, before.alike if before else None)
        self._bits: dict[str, tuple[int, int]] = {}
        self._paths: dict[str | None, frozenset[str]] = {None: frozenset()}

    def lines(self, policies: Iterable[Policy]) -> list[Line]:
        """The statements of some policies, in order."""
        return [line for one in policies if one.id in self._read for line in self._read[one.id].lines or ()]

    def denies(self, policies: Iterable[Policy]) -> list[Line]:
        """Those of them with Effect Deny."""
        return [line for line in self.lines(policies) if line.statement.effect == "Deny"]

    @cached_property
    def sound(self) -> bool:
        """Whether every policy that is attached can be read, so that the tree as a whole can be judged."""
        return not any(one.lines is None and self.org.targets(node) for node, one in self._read.items())

    def denied_by(self, policy: str) -> int:
        """The actions about which a Deny of a policy has a say."""
        return self._read[policy].denied if policy in self._read else 0

    def level(self, node: str) -> tuple[int, int]:
        """What the SCPs of a level may allow, and what they deny without conditions."""
        found = self._bits.get(node)
        if found is None:
            allowed = denied = 0
            for policy in self.org.attached(node, SCP):
                one = self._read.get(policy.id)
                allowed |= one.allowed if one else self.catalogue.all_bits  # FullAWSAccess is not among those read
                denied |= one.surely_denied if one else 0
            found = self._bits[node] = (allowed, denied)
        return found

    def path(self, node: str | None) -> frozenset[str]:
        """Ids of the policies of the design on a node and above it."""
        found = self._paths.get(node)
        if found is None:
            assert node is not None
            own = self.org.attached(node, implied=False)
            above = self.path(self.org.parent(node))
            found = self._paths[node] = above.union(policy.id for policy in own) if own else above
        return found

    def denied_above(self, policy: str) -> int:
        """What SCPs (or RCPs, for one) above every target of a policy deny without conditions."""
        targets = self.org.targets(policy)
        type = self._read[policy].policy.type
        found = self.catalogue.all_bits if targets else 0
        for path in {self.path(self.org.parent(target)) for target in targets}:
            others = (self._read[other] for other in path if other != policy and other in self._read)
            found &= _together(other.surely_denied for other in others if other.policy.type == type)
        return found


def _read(policy: Policy, text: str, before: _Read | None) -> _Read:
    if before is not None and before.policy is policy and before.text == text:
        return before
    try:
        parsed = document(text, policy.type, policy.handle)
    except PolicyError:
        return _Read(policy, text, None)
    return _Read(policy, text, tuple(Line(policy, statement) for statement in parsed.statements))


def _together(those: Iterable[int]) -> int:
    bits = 0
    for one in those:
        bits |= one
    return bits
