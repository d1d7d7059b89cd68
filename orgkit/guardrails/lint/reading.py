"""The guardrails as the rules of lint read them: every well-formed statement with its policy and its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from orgkit.design import RCP, SCP, Organization, Policy, Severity
from orgkit.errors import PolicyError
from orgkit.guardrails.inheritance import bound, document
from orgkit.policy import Statement
from orgkit.policy.catalogue import Catalogue, load_catalogue

TYPES = (SCP, RCP)


@dataclass(frozen=True)
class Finding:
    """What a rule found: where it stands (a node's id), what is wrong and what follows, and how to mend it."""

    node: str
    message: str
    fix: str = ""
    severity: Severity | None = None  # None: the rule's own
    source: str = ""  # empty: the rule's own


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


class Reading:
    """One organization's guardrails, read once for all rules."""

    def __init__(self, org: Organization) -> None:
        self.org = org
        self.catalogue: Catalogue = load_catalogue()
        self.lines: list[Line] = []
        self.malformed: set[str] = set()
        for one in org.policies():
            if one.type in TYPES:
                try:
                    parsed = document(bound(org, one.content), one.type, one.handle)
                except PolicyError:
                    self.malformed.add(one.id)
                    continue
                self.lines += [Line(one, statement) for statement in parsed.statements]

    @property
    def denies(self) -> Iterator[Line]:
        """The statements with Effect Deny."""
        return (line for line in self.lines if line.statement.effect == "Deny")

    @property
    def allows(self) -> Iterator[Line]:
        """The statements with Effect Allow that the design writes itself."""
        return (line for line in self.lines if line.statement.effect == "Allow")

    @cached_property
    def sound(self) -> bool:
        """Whether every policy that is attached can be read, so that the tree as a whole can be judged."""
        return not any(self.org.targets(node) for node in self.malformed)
