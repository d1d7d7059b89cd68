"""What an open answer turns on: which keys, which values, and what follows from each.

Where the values worth trying are few, every combination is tried, so a key is named exactly where some combination
makes it decide. Where they are too many, combinations that satisfy one rule at a time are tried, and keys about which
nothing was found are named too: rather one too many than one too few. An answer becomes definite only by proof. Where
policies are so large that even this would take long, the search ends early, with the same care.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING

from orgkit.policy.candidates import Candidate, candidates, with_lists
from orgkit.policy.context import UNKNOWN, Unknown, View
from orgkit.policy.decision import Case, Outcome, Turn
from orgkit.policy.global_keys import canonical
from orgkit.policy.language import Condition
from orgkit.policy.patterns import is_wild, plain
from orgkit.policy.proof import always
from orgkit.policy.variables import keys_of

if TYPE_CHECKING:
    from orgkit.policy.compiled import Rule

RESOURCE = "resource"
_MOST_COMBINATIONS = 3000
_MOST_WORK = 500_000
_ORDER: tuple[Outcome, ...] = ("allowed", "explicitDeny", "implicitDeny")


@dataclass(frozen=True)
class Question:
    """What is still open: Denies and levels by the place of their view; `lacking`: some level surely has no Allow."""

    views: tuple[View, ...]
    denies: tuple[tuple[int, Rule], ...]
    levels: tuple[tuple[int, tuple[Rule, ...]], ...]
    lacking: bool

    @property
    def rules(self) -> Iterator[tuple[int, Rule]]:
        """Every open rule with the place of its view."""
        yield from self.denies
        for place, rules in self.levels:
            for rule in rules:
                yield place, rule

    def cost(self, keys: int) -> int:
        """Return about how many steps one combination takes: a key, a rule or a value to compare is a step."""
        steps = keys + 1
        for _, rule in self.rules:
            steps += 1 + len(rule.statement.resource_keys)
            for condition in rule.statement.conditions:
                # Texts are looked up or compared quickly; a variable must be filled in first.
                steps += len(condition.values) // 8 + 3 * (len(condition.keys) - 1)
        return steps

    def outcome(self, views: Sequence[View]) -> tuple[Outcome, Rule | None]:
        """Decide the question for views in which nothing is open, with the rule that denies."""
        for place, rule in self.denies:
            if rule.applies(views[place]):
                return "explicitDeny", rule
        if self.lacking:
            return "implicitDeny", None
        for place, rules in self.levels:
            if not any(rule.applies(views[place]) for rule in rules):
                return "implicitDeny", None
        return "allowed", None


@dataclass(frozen=True)
class Answer:
    """The outcomes that can come, whether that is proven, and the keys that decide between them."""

    outcomes: tuple[Outcome, ...]
    certain: bool
    missing: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()


Assignment = tuple[Candidate, ...]


def turning(question: Question) -> Answer:
    """Find out what an open question turns on."""
    names, conditions = _open_keys(question)
    proven = always(question)
    if proven is not None:
        return Answer((proven,), True)
    choices = _choices(question, names, conditions)
    answer = _search(question, names, choices)
    if len(answer.outcomes) == 1:
        # Perhaps only several values of one key at once make a difference.
        wider = {
            key: with_lists(key, conditions[key], tried) if key != RESOURCE and len(tried) < 8 else tried
            for key, tried in choices.items()
        }
        answer = _search(question, names, wider)
    return answer


def _search(question: Question, names: dict[str, str], choices: dict[str, list[Candidate]]) -> Answer:
    keys = list(names)
    most = max(2, _MOST_WORK // question.cost(len(keys)))
    exhaustive = prod(len(tried) for tried in choices.values()) <= min(most, _MOST_COMBINATIONS)
    seen: dict[Assignment, tuple[Outcome, Rule | None]] = {}

    def ask(assignment: Assignment) -> tuple[Outcome, Rule | None]:
        if assignment not in seen:
            seen[assignment] = question.outcome(complete(question.views, dict(zip(keys, assignment, strict=True))))
        return seen[assignment]

    bases = islice(product(*choices.values()) if exhaustive else _guided(question, keys, choices), most)
    deciding: dict[str, Assignment] = {}
    for base in bases:
        here = ask(base)[0]
        if len(seen) >= most:
            break
        for place, key in enumerate(keys):
            if key in deciding:
                continue
            if not exhaustive and len(seen) + len(choices[key]) > most:
                break
            for other in choices[key]:
                if ask((*base[:place], other, *base[place + 1 :]))[0] != here:
                    deciding[key] = base
                    break
        if exhaustive and len(deciding) == len(keys):
            break
    outcomes = tuple(one for one in _ORDER if any(found[0] == one for found in seen.values()))
    turns = []
    for place, key in enumerate(keys):
        if key in deciding:
            base = deciding[key]
            cases = _cases(choices[key], [ask((*base[:place], one, *base[place + 1 :])) for one in choices[key]])
            given = tuple(
                (names[other], base[i].label) for i, other in enumerate(keys) if other != key and other in deciding
            )
            turns.append(Turn(names[key], cases, given))
    if not turns or not exhaustive:
        missing = tuple(names.values())
        turns += [Turn(name) for key, name in names.items() if key not in deciding]
    else:
        missing = tuple(names[key] for key in keys if key in deciding)
    if len(outcomes) < 2:
        # Nothing found, nothing proven: the answer stays open.
        outcomes = _possible(question)
    return Answer(outcomes, False, missing, tuple(turns))


def _possible(question: Question) -> tuple[Outcome, ...]:
    found: list[Outcome] = [] if question.lacking else ["allowed"]
    if question.denies:
        found.append("explicitDeny")
    if question.lacking or question.levels:
        found.append("implicitDeny")
    return tuple(found)


def _cases(tried: Sequence[Candidate], found: Sequence[tuple[Outcome, Rule | None]]) -> tuple[Case, ...]:
    groups: dict[tuple[Outcome, str | None], list[Candidate]] = {}
    for one, (outcome, rule) in zip(tried, found, strict=True):
        by = f"{rule.policy} › {rule.statement.label}" if rule else None
        groups.setdefault((outcome, by), []).append(one)
    # The group with "anything else" comes last, as one reads it.
    ordered = sorted(groups.items(), key=lambda item: any(one.rest for one in item[1]))
    cases = []
    for (outcome, by), group in ordered:
        members = sorted(group, key=lambda one: one.rest)
        labels = tuple(dict.fromkeys(label for one in members for label in one.labels))
        example = next((one.example for one in members if one.example is not None), None)
        cases.append(Case(labels, outcome, by, example))
    return tuple(cases)


def complete(views: Sequence[View], chosen: dict[str, Candidate]) -> list[View]:
    """Return the views with the open keys set to what was chosen."""
    out = []
    for view in views:
        known = {key: values for key, values in view.items() if not isinstance(values, Unknown)}
        for key, one in chosen.items():
            if key not in known and key != RESOURCE:
                known[key] = one.values
        resource = view.resource
        if RESOURCE in chosen and (resource is None or is_wild(resource)):
            resource = chosen[RESOURCE].example
        out.append(View(known, resource, view.principal, False, view.lacks))
    return out


def _open_keys(question: Question) -> tuple[dict[str, str], dict[str, list[Condition]]]:
    """Return the open keys (lower case → as people write them) and the open conditions that test each."""
    names: dict[str, str] = {}
    conditions: dict[str, dict[Condition, None]] = {}
    for place, rule in question.rules:
        view = question.views[place]
        statement = rule.statement
        for condition in statement.conditions:
            if condition.test(view) is None:
                for key in condition.keys:
                    if view[key.lower()] is UNKNOWN:
                        names.setdefault(key.lower(), canonical(key))
                        conditions.setdefault(key.lower(), {})
                own = conditions.get(condition.key.lower())
                if own is not None:
                    own[condition] = None
        if statement.matches_resource(view) is None or rule.partly:
            for key in statement.resource_keys:
                if view[key.lower()] is UNKNOWN:
                    names.setdefault(key.lower(), canonical(key))
                    conditions.setdefault(key.lower(), {})
            if view.resource is None or is_wild(view.resource):
                names.setdefault(RESOURCE, RESOURCE)
        if rule.partly:
            names.setdefault("action", "action")
    return names, {key: [*own] for key, own in conditions.items()}


def _choices(
    question: Question, names: dict[str, str], conditions: dict[str, list[Condition]]
) -> dict[str, list[Candidate]]:
    variables = {key.lower() for _, rule in question.rules for key in rule.statement.resource_keys}
    for tests in conditions.values():
        for condition in tests:
            variables.update(key.lower() for one in condition.patterns for key in keys_of(one))
    texts: dict[str, list[str]] = {}
    view = question.views[0]
    for key in sorted(variables & names.keys()):
        tried = candidates(key, conditions.get(key, ()), view, used_as_variable=True)
        texts[key] = [one.values[0] for one in tried if one.values and len(one.values) == 1]
    choices: dict[str, list[Candidate]] = {}
    for key in names:
        if key == RESOURCE:
            choices[key] = _resources(question)
        elif key == "action":
            choices[key] = [Candidate(None, ("any",), rest=True)]
        else:
            choices[key] = candidates(key, conditions[key], view, texts, used_as_variable=key in variables)
    return choices


def _resources(question: Question) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for place, rule in question.rules:
        asked = question.views[place].resource
        for pattern in rule.statement.resources:
            text = plain(pattern.replace("*", "x").replace("?", "x"))
            if pattern.strip("*") and (asked is None or rule.statement.matches_resource(question.views[place]) is None):
                found.setdefault(
                    text, Candidate((text,), (f'like "{pattern}"' if is_wild(pattern) else f'"{pattern}"',))
                )
    other = "arn:aws:something-else:::something-else"
    asked = next((view.resource for view in question.views if view.resource), None)
    if asked:
        other = asked.replace("*", "something-else").replace("?", "x")
    return [*found.values(), Candidate((other,), ("anything else",), rest=True)]


def _guided(question: Question, keys: list[str], choices: dict[str, list[Candidate]]) -> Iterator[Assignment]:
    """Yield combinations that satisfy one rule each while the other keys say as little as possible."""
    neutral = [next((one for one in choices[key] if one.rest), choices[key][-1]) for key in keys]
    absent = [next((one for one in choices[key] if one.values is None), choices[key][-1]) for key in keys]
    for base in (neutral, absent):
        yield tuple(base)
        for place, rule in question.rules:
            chosen = list(base)
            view = question.views[place]
            for i, key in enumerate(keys):
                tests = [one for one in rule.statement.conditions if one.key.lower() == key and one.test(view) is None]
                for one in choices[key] if tests else ():
                    probe = complete([view], {**dict(zip(keys, chosen, strict=True)), key: one})[0]
                    if all(test.test(probe) for test in tests):
                        chosen[i] = one
                        break
            yield tuple(chosen)
