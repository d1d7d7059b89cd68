"""Proof that an open question has one answer whatever the open keys hold.

Each comparison with a set of values becomes a free yes or no, tied only to what must agree: an operator and its
negation, a key's absence, a set of values within another, a star that matches everything. What holds for all of these
holds for all values, so a proof is never wrong; it may fail where an answer is certain for subtler reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from orgkit.policy.context import View
from orgkit.policy.decision import Outcome
from orgkit.policy.language import Condition

if TYPE_CHECKING:
    from orgkit.policy.compiled import Rule
    from orgkit.policy.turning import Question

_MOST_STATES = 4096
_MOST_ATOMS = 6
Atom = tuple[str, frozenset[str]]
State = dict[Condition, bool]


def always(question: Question) -> Outcome | None:
    """Return the one outcome that the question has, or None where there is no proof of one."""
    by_key: dict[str, dict[Condition, None]] = {}
    open_rules: dict[tuple[int, int], list[Condition]] = {}
    for place, rule in question.rules:
        view = question.views[place]
        needed = _open_conditions(rule, view)
        if needed is None:
            return None
        open_rules[place, id(rule)] = needed
        for condition in needed:
            by_key.setdefault(condition.key.lower(), {})[condition] = None
    states = []
    for key, conditions in by_key.items():
        found = _states([*conditions])
        # A view may know the key that another leaves open; then the two must not be tied.
        if found is None or any(isinstance(view.get(key), tuple) for view in question.views):
            return None
        states.append(found)
    if prod(map(len, states)) > _MOST_STATES:
        return None
    outcome: Outcome | None = None
    for chosen in product(*states):
        here = _outcome(question, open_rules, {c: v for state in chosen for c, v in state.items()})
        if outcome is not None and here != outcome:
            return None
        outcome = here
    return outcome


def _open_conditions(rule: Rule, view: View) -> list[Condition] | None:
    if rule.partly or rule.statement.matches_resource(view) is None:
        return None
    needed = [condition for condition in rule.statement.conditions if condition.test(view) is None]
    return None if any(len(condition.keys) > 1 for condition in needed) else needed


def _outcome(
    question: Question, open_rules: dict[tuple[int, int], list[Condition]], state: dict[Condition, bool]
) -> Outcome:
    def holds(place: int, rule: Rule) -> bool:
        return all(state[condition] for condition in open_rules[place, id(rule)])

    if any(holds(place, rule) for place, rule in question.denies):
        return "explicitDeny"
    if question.lacking or not all(any(holds(place, rule) for rule in rules) for place, rules in question.levels):
        return "implicitDeny"
    return "allowed"


def _atom(condition: Condition) -> Atom:
    return condition.rule.family, frozenset(str(one) for one in condition.patterns)


def _states(conditions: list[Condition]) -> list[State] | None:
    """Return every way in which the conditions on one key can come out (and perhaps some that cannot)."""
    atoms = list(dict.fromkeys(_atom(one) for one in conditions if one.operator != "Null"))
    if len(atoms) > _MOST_ATOMS:
        return None
    absent = View({}, None, None, False)
    states: list[State] = [{one: bool(one.test(absent)) for one in conditions}]
    several = any(one.qualifier for one in conditions)
    for some, every in _truths(atoms, several):
        for empty in (False, True) if several else (False,):
            state = {one: _holds(one, some, every, empty) for one in conditions}
            if state not in states:
                states.append(state)
    return states


def _truths(atoms: list[Atom], several: bool) -> Iterator[tuple[dict[Atom, bool], dict[Atom, bool]]]:
    # For each set of values: does some value of the key match, and does every one.
    options = [(True, True), (False, False), *([(True, False)] if several else [])]
    for chosen in product(options, repeat=len(atoms)):
        some = {atom: one[0] for atom, one in zip(atoms, chosen, strict=True)}
        every = {atom: one[1] for atom, one in zip(atoms, chosen, strict=True)}
        if _agree(atoms, some) and _agree(atoms, every):
            yield some, every


def _agree(atoms: list[Atom], truth: dict[Atom, bool]) -> bool:
    for family, values in atoms:
        if not values and truth[family, values]:
            return False
        if family == "StringLike" and "*" in values and not truth[family, values]:
            return False
        for other_family, others in atoms:
            if family == other_family and values < others and truth[family, values] and not truth[family, others]:
                return False
    return True


def _holds(condition: Condition, some: dict[Atom, bool], every: dict[Atom, bool], empty: bool) -> bool:
    if condition.operator == "Null":
        present = View({condition.key.lower(): ("x",)}, None, None, False)
        return bool(condition.test(present))
    atom = _atom(condition)
    negated = condition.rule.negated
    if condition.qualifier == "ForAllValues":
        return empty or (not some[atom] if negated else every[atom])
    if condition.qualifier == "ForAnyValue":
        if empty:
            return False
        return not every[atom] if negated else some[atom]
    return some[atom] is not negated
