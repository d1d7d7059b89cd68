"""A rule as an entry of a table, and what a table of rules finds, followed from edit to edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import UnionType
from typing import Generic, TypeVar

from orgkit.design.checks.finding import Finding, where
from orgkit.design.entities import Entity
from orgkit.design.organization import Organization
from orgkit.design.problem import Problem, Severity
from orgkit.design.touched import Sees, Touched

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable code, how much its findings matter, the function, and the page that the rule comes from.

    `find(subject)` looks at the whole, and is asked again after every edit. With `of`, a class of entities, the rule is
    about each of them by itself: `find(subject, those)` yields findings whose places are some of `those`, and after an
    edit is asked only about those that the edit touches. It may then read, beside a thing itself and what is attached
    to it: what `sees` says, and of the settings those in `orgkit.design.touched.READ`.
    """

    code: str
    severity: Severity
    find: Callable[..., Iterable[Finding]]
    source: str = ""
    of: type[Entity] | UnionType | None = None
    sees: Sees = "itself"


class Followed(Generic[Subject]):
    """What a table of rules finds in one organization.

    `read(org, before, touched)` makes what the rules are handed, of what they were handed last time if there was one;
    None where the rules do not apply. Where `hinge` of the two differs, everything is looked at again.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        read: Callable[[Organization, Subject | None, Touched], Subject | None],
        hinge: Callable[[Subject], object] = lambda _: None,
    ) -> None:
        self._rules = tuple(rules)
        self._read = read
        self._hinge = hinge
        self._subject: Subject | None = None
        self._kept: dict[Rule, dict[str, list[Problem]]] = {}  # of rules about single things, by the thing

    def problems(self, org: Organization, touched: Touched) -> list[Problem]:
        """Every finding, now that edits have touched so much."""
        before, subject = self._subject, self._read(org, self._subject, touched)
        if subject is None:
            self._subject = None
            return []
        if before is None or self._hinge(before) != self._hinge(subject):
            touched = Touched.everything(org)
        found = [problem for rule in self._rules for problem in self._problems(rule, org, subject, touched)]
        self._subject = subject  # only now: where a rule raises, the same edits are followed again
        return found

    def _problems(self, rule: Rule, org: Organization, subject: Subject, touched: Touched) -> Iterable[Problem]:
        if rule.of is None:
            return dict.fromkeys(_problem(rule, org, found) for found in rule.find(subject))
        kept = self._kept.setdefault(rule, {})
        if touched.whole:
            kept.clear()
        elif kept:
            for node in touched.nodes(rule.sees):
                kept.pop(node, None)
        if those := touched.things(rule.of, rule.sees):
            for found in rule.find(subject, those):
                mine = kept.setdefault(found.place, [])
                if (problem := _problem(rule, org, found)) not in mine:
                    mine.append(problem)
        return (problem for those in kept.values() for problem in those)


def _problem(rule: Rule, org: Organization, found: Finding) -> Problem:
    return Problem(
        code=rule.code,
        severity=found.severity or rule.severity,
        where=where(org, found.place),
        message=found.message,
        fix=found.fix,
        node=found.place if found.place in org else None,
        source=found.source or rule.source,
    )
