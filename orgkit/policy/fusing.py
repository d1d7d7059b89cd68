"""Many rules asked as few: what is the same is asked once, what turns on one key is remembered by its value.

A chain of levels repeats itself: region guards, exempt roles and instance types stand at every level, each with its own
values. All Denies on one key and the same resources become one test with a memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orgkit.policy.conditions import Test
from orgkit.policy.context import Values, View
from orgkit.policy.language import Statement

_VALUES_KEPT = 4096


def distinct_tests(statements: Iterable[Statement]) -> tuple[Test, ...]:
    """Return the tests of some statements, those that ask the same only once."""
    tests: dict[object, Test] = {}
    for one in statements:
        tests.setdefault((one.resources, one.not_resource, one.conditions, one.variables), one.decide)
    return tuple(tests.values())


def fused_denies(statements: Iterable[Statement]) -> tuple[Test, ...]:
    """Return tests of which one is not False exactly where a statement's own would not be.

    Statements without conditions come first, since they end the matter at once.
    """
    by_key: dict[object, dict[Statement, None]] = {}
    alone: list[Statement] = []
    for one in statements:
        if len(one.conditions) == 1 and len(one.conditions[0].keys) == 1 and not one.resource_keys:
            group = (one.conditions[0].key.lower(), frozenset(one.resources), one.not_resource, one.variables)
            by_key.setdefault(group, {})[one] = None
        else:
            alone.append(one)
    alone.sort(key=lambda one: not one.unconditional)
    together = [_remembering([*group]) if len(group) > 1 else next(iter(group)).decide for group in by_key.values()]
    return (*distinct_tests(alone), *together)


def _remembering(group: list[Statement]) -> Test:
    key = group[0].conditions[0].key.lower()
    tests = [one.conditions[0].test for one in group]
    matches_resource: Callable[[View], bool | None] | None = None
    if not group[0].every_resource:
        matches_resource = group[0].matches_resource
    known: dict[Values, bool] = {}

    def test(view: View) -> bool | None:
        values = view[key]
        found = known.get(values)
        if found is None:
            if len(known) >= _VALUES_KEPT:
                known.clear()
            found = known[values] = any(one(view) is not False for one in tests)
        if not found or matches_resource is None:
            return found
        return matches_resource(view)

    return test
