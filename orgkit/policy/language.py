"""The policy language: documents, statements and conditions, as AWS writes them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from orgkit.policy.conditions import OPERATORS, Operator, Test, build_test
from orgkit.policy.context import Unknown, View
from orgkit.policy.patterns import arn_contains, arn_overlaps, contains, glob, is_wild, overlaps, resource_glob
from orgkit.policy.variables import Template, expand, keys_of, read_templates

if TYPE_CHECKING:
    from orgkit.policy.catalogue import Catalogue

Effect = Literal["Allow", "Deny"]


@dataclass(frozen=True)
class Condition:
    """One operator on one key: all of a statement's conditions must hold, and any of the values will do.

    `operator` is the bare name ("StringEquals"), `qualifier` "ForAllValues", "ForAnyValue" or None; `variables`
    tells whether `${…}` has a meaning in the values (Version 2012-10-17).
    """

    operator: str
    key: str
    values: tuple[str, ...]
    if_exists: bool = False
    qualifier: str | None = None
    variables: bool = True

    @property
    def rule(self) -> Operator:
        """The operator's row in the table."""
        return OPERATORS[self.operator]

    @property
    def full_operator(self) -> str:
        """The operator as a policy writes it: `ForAnyValue:StringLikeIfExists`."""
        head = f"{self.qualifier}:" if self.qualifier else ""
        return head + self.operator + ("IfExists" if self.if_exists else "")

    @cached_property
    def patterns(self) -> tuple[str | Template, ...]:
        """The values as patterns, or as templates where they hold policy variables."""
        return read_templates(self.values, variables=self.variables and self.rule.variables)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Every key that the condition looks at: its own, then those of the variables in its values."""
        return (self.key, *dict.fromkeys(key for one in self.patterns for key in keys_of(one)))

    @cached_property
    def test(self) -> Test:
        """Decide the condition for a request: True, False, or None where it turns on a key that is open."""
        return build_test(
            self.rule, self.key.lower(), self.patterns, if_exists=self.if_exists, qualifier=self.qualifier
        )

    def __str__(self) -> str:
        values = ", ".join(f'"{value}"' for value in self.values)
        return f"{self.full_operator} {self.key} {values if len(self.values) == 1 else f'[{values}]'}"


@dataclass(frozen=True)
class Statement:
    """One statement. `actions`, `resources` are patterns as written; `not_action`, `not_resource` turn them round."""

    index: int
    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    conditions: tuple[Condition, ...] = ()
    sid: str | None = None
    not_action: bool = False
    not_resource: bool = False
    principals: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    not_principal: bool = False
    variables: bool = True

    @property
    def label(self) -> str:
        """The Sid, or the statement's place in the document."""
        return self.sid or f"Statement[{self.index}]"

    @cached_property
    def every_resource(self) -> bool:
        """True where the statement speaks of all resources."""
        return not self.not_resource and any(pattern and not pattern.strip("*") for pattern in self.resources)

    @property
    def unconditional(self) -> bool:
        """True where the statement has no Condition and speaks of all resources: the action alone decides."""
        return not self.conditions and self.every_resource

    @cached_property
    def matches_action(self) -> Callable[[str], bool | None]:
        """Tell whether the statement speaks of an action; None where a wildcard request is covered in part."""
        patterns = [pattern.lower() for pattern in self.actions]
        tests = [glob(pattern) for pattern in patterns]
        negated = self.not_action

        def match(action: str) -> bool | None:
            action = action.lower()
            if is_wild(action):
                return _covered(patterns, action, contains, overlaps, negated)
            return any(test(action) for test in tests) is not negated

        return match

    def action_bits(self, catalogue: Catalogue) -> int:
        """Return the catalogue's actions that the statement speaks of, as a bit set (NotAction too)."""
        bits = 0
        for pattern in self.actions:
            bits |= catalogue.expand(pattern)
        return catalogue.all_bits & ~bits if self.not_action else bits

    @cached_property
    def _resource_patterns(self) -> tuple[str | Template, ...]:
        return read_templates(self.resources, variables=self.variables, arn=True)

    @cached_property
    def resource_keys(self) -> tuple[str, ...]:
        """The context keys that policy variables in the resources refer to."""
        return tuple(dict.fromkeys(key for one in self._resource_patterns for key in keys_of(one)))

    @cached_property
    def matches_resource(self) -> Callable[[View], bool | None]:
        """Tell whether the statement speaks of the request's resource; None where that is open, or true in part."""
        if self.every_resource:
            return _always
        fixed = [one for one in self._resource_patterns if isinstance(one, str)]
        templates = [one for one in self._resource_patterns if not isinstance(one, str)]
        tests = [resource_glob(pattern) for pattern in fixed]
        only = tests[0] if len(tests) == 1 else None
        negated = self.not_resource

        def match(view: View) -> bool | None:
            resource = view.resource
            if resource is None:
                if view.partial:
                    return False if negated and any(not p.strip("*") for p in fixed) else None
                resource = "*"
            patterns, open_ended = fixed, False
            if templates:
                patterns = list(fixed)
                for template in templates:
                    value = expand(template, view)
                    if isinstance(value, Unknown):
                        open_ended = True
                    elif value is not None:
                        patterns.append(value)
            if not templates and "*" not in resource and "?" not in resource:
                if only is not None:
                    return (not only(resource)) if negated else bool(only(resource))
                for test in tests:
                    if test(resource):
                        return not negated
                return negated
            if resource != "*" and is_wild(resource):
                found: bool | None = _covered(patterns, resource, arn_contains, arn_overlaps, negated)
            else:
                hit = any(test(resource) for test in tests)
                if not hit and templates:
                    hit = any(resource_glob(pattern)(resource) for pattern in patterns[len(fixed) :])
                found = hit is not negated
            if open_ended and found is negated:
                return None
            return found

        return match

    @cached_property
    def decide(self) -> Callable[[View], bool | None]:
        """Tell whether resource and conditions hold for a request; None where that turns on what is open."""
        tests = tuple(condition.test for condition in self.conditions)
        if not self.every_resource:
            tests = (self.matches_resource, *tests)
        if not tests:
            return _always
        if len(tests) == 1:
            return tests[0]
        if len(tests) == 2:
            return _both(*tests)

        def decide(view: View) -> bool | None:
            result: bool | None = True
            for test in tests:
                held = test(view)
                if held is False:
                    return False
                if held is None:
                    result = None
            return result

        return decide

    def applies(self, view: View) -> bool | None:
        """Tell whether resource and conditions hold for a request; None where that turns on what is open."""
        return self.decide(view)


def _both(one: Test, other: Test) -> Test:
    def decide(view: View) -> bool | None:
        first = one(view)
        if first is False:
            return False
        second = other(view)
        return second if first else False if second is False else None

    return decide


def _always(_view: View) -> bool:
    return True


def _covered(
    patterns: list[str],
    asked: str,
    contain: Callable[[str, str], bool],
    overlap: Callable[[str, str], bool],
    negated: bool,
) -> bool | None:
    if any(contain(pattern, asked) for pattern in patterns):
        return not negated
    if any(overlap(pattern, asked) for pattern in patterns):
        return None
    return negated


@dataclass(frozen=True)
class PolicyDocument:
    """A policy: its statements, the version of the language, and the name that it goes by."""

    statements: tuple[Statement, ...]
    version: str = "2008-10-17"
    type: str = "SERVICE_CONTROL_POLICY"
    name: str | None = None
    id: str | None = None

    def __str__(self) -> str:
        return f"{self.name or 'policy'} ({len(self.statements)} statements)"
