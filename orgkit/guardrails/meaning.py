"""What one statement means for the whole catalogue: where it surely holds, and where that turns on keys.

Actions that a statement cannot tell apart are asked about once: the answer for one of a group is that of the group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from orgkit import policy
from orgkit.guardrails.lens import Scenario
from orgkit.guardrails.question import known_context, statement_keys
from orgkit.guardrails.standing import Standing
from orgkit.policy.catalogue import Catalogue, load_catalogue
from orgkit.policy.context import UNKNOWN, View, read_context, read_principal
from orgkit.policy.patterns import is_wild
from orgkit.policy.touching import (
    Way,
    action_named,
    carriers,
    endpoint_regions,
    fits,
    has_several_types,
    shape,
    touched,
)

RESOURCE = "resource"
_PLACES = 6  # parts of an ARN
_NEVER: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """For one statement: `yes` are the actions on which it holds whatever is open, `maybe` those where it turns on
    something, named in `keys` (bits, keys). `part` are actions of which it holds on some of the resources only.
    """

    statement: policy.Statement
    yes: int = 0
    maybe: int = 0
    part: int = 0
    keys: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Viewpoint:
    """From where statements are read: who asks, whose resources, what the scenario says."""

    standing: Standing
    scenario: Scenario
    partition: str

    def ways(self, action: str, keys: frozenset[str]) -> tuple[Way, ...]:
        """The ways a call of the action may go, with the keys that it then lacks."""
        resource = self.scenario.resource
        known = self.context(action)
        region = known.get("aws:requestedregion")
        return touched(
            action,
            resource if resource is not None and fits(action, resource) else None,
            partition=self.partition,
            region=region if isinstance(region, str) else None,
            owner=self.standing.owner_id,
            keys=keys,
        )

    def context(self, action: str) -> Mapping[str, Any]:
        """What is known of the context of a call."""
        return known_context(self.standing, self.scenario, action, self.partition)

    def views(self, action: str, keys: frozenset[str]) -> list[list[View]]:
        """For each way the call may go, the engine's view of each resource."""
        principal = read_principal(self.standing.principal)
        known = read_context(self.context(action))
        found = []
        for way in self.ways(action, keys):
            views = []
            for one in way:
                view = View(known, one.arn, principal, True)
                view.update(dict.fromkeys(one.lacks))
                views.append(view)
            found.append(views)
        return found


def meaning(statement: policy.Statement, among: int, viewpoint: Viewpoint) -> Meaning:
    """Read a statement over those of its actions that are in `among`."""
    catalogue = load_catalogue()
    bits = statement.action_bits(catalogue) & among
    if not bits:
        return Meaning(statement)
    if statement.unconditional:
        return Meaning(statement, yes=bits)
    keys = statement_keys(statement)
    yes = maybe = part = 0
    named: list[tuple[int, tuple[str, ...]]] = []
    for group in groups(statement, bits, keys, viewpoint):
        action = catalogue.actions[(group & -group).bit_length() - 1]
        held, some, turned = _holds(statement, viewpoint.views(action, keys))
        if held:
            yes |= group
        elif held is None:
            maybe |= group
            named.append((group, turned))
        if some:
            part |= group
    return Meaning(statement, yes, maybe, part, tuple(named))


def _holds(statement: policy.Statement, ways: list[list[View]]) -> tuple[bool | None, bool, tuple[str, ...]]:
    """Whether the statement catches the call: a Deny by one of its resources, an Allow by all of them; then whether it
    holds for some of the resources only, and what it turns on.
    """
    results = [[statement.applies(view) for view in views] for views in ways]
    some = any(len(set(one)) > 1 for one in results)
    join = _any if statement.effect == "Deny" else _all
    ends = {join(one) for one in results}
    if len(ends) == 1 and None not in ends:
        return ends.pop(), some, _NEVER
    turned: dict[str, None] = {}
    for views, one in zip(ways, results, strict=True):
        for view, result in zip(views, one, strict=True):
            if result is None:
                turned.update(dict.fromkeys(_open(statement, view)))
    if len(ends - {None}) > 1 or not turned:
        turned[RESOURCE] = None
    return None, some, tuple(turned)


def _open(statement: policy.Statement, view: View) -> Iterator[str]:
    for condition in statement.conditions:
        if condition.test(view) is None:
            yield from (key for key in condition.keys if view[key.lower()] is UNKNOWN)
    if statement.matches_resource(view) is None:
        yield from [key for key in statement.resource_keys if view[key.lower()] is UNKNOWN] or [RESOURCE]


def _any(found: list[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


# ---- actions that a statement cannot tell apart ----------------------------------------------------


def groups(statement: policy.Statement, bits: int, keys: frozenset[str], viewpoint: Viewpoint) -> list[int]:
    """The actions in groups such that the statement says the same of all actions of a group."""
    catalogue = load_catalogue()
    found = [bits]
    for key in keys:
        if carriers(key) != catalogue.all_bits or key.startswith("aws:resourcetag/"):
            found = _cut(found, _by_carrying(key))
    if "aws:requestedregion" in keys:
        found = _cut(found, _by_region(viewpoint.partition))
    if not statement.every_resource:
        near = _near(statement)
        found = [part for group in found for part in (group & ~near, *_by_resources(catalogue, group & near)) if part]
        if viewpoint.scenario.resource is not None:
            found = _single(found, viewpoint.scenario.resource, catalogue)
    return found


def _cut(found: list[int], sides: tuple[int, ...]) -> list[int]:
    return [part for group in found for side in sides if (part := group & side)]


@lru_cache(maxsize=4096)
def _by_carrying(key: str) -> tuple[int, ...]:
    """The catalogue cut by how calls carry a key: not at all, with every resource, or with some of them."""
    catalogue = load_catalogue()
    can = carriers(key)
    found: dict[tuple[Any, ...], int] = {(): catalogue.all_bits & ~can}
    suspects = can & _several_types() if key.startswith("aws:resourcetag/") else can
    if suspects != can:
        found[True,] = can & ~suspects
    for place in _places(suspects):
        pattern = shape(catalogue.actions[place], key)
        found[pattern] = found.get(pattern, 0) | 1 << place
    return tuple(bits for bits in found.values() if bits)


@lru_cache(maxsize=1)
def _several_types() -> int:
    catalogue = load_catalogue()
    return _bits(catalogue, lambda place: has_several_types(catalogue.actions[place]))


@lru_cache(maxsize=8)
def _by_region(partition: str) -> tuple[int, ...]:
    """The catalogue cut by the Region of the service's one endpoint; the last part are services with many."""
    catalogue = load_catalogue()
    found: dict[str, int] = {}
    for service, region in endpoint_regions(partition).items():
        found[region] = found.get(region, 0) | catalogue.service_bits(service)
    rest = catalogue.all_bits
    for bits in found.values():
        rest &= ~bits
    return (*found.values(), rest)


def _near(statement: policy.Statement) -> int:
    """The actions whose resources can be of the services that the statement's resources name; the others touch none."""
    bits = 0
    for pattern in statement.resources:
        parts = pattern.split(":")
        if len(parts) < _PLACES or is_wild(parts[2]) or "$" in parts[2]:
            return load_catalogue().all_bits
        bits |= _touching().get(parts[2], 0)
    return bits | _touching()[""]


@lru_cache(maxsize=1)
def _touching() -> dict[str, int]:
    """Service part of an ARN → actions that touch such resources; under "" those whose resources are not told."""
    catalogue = load_catalogue()
    marks: dict[str, set[int]] = {"": set()}
    for place, name in enumerate(catalogue.actions):
        known = catalogue.resource_types(name.partition(":")[0])
        for one in action_named(name).resources:
            listed = known.get(one.name.lower())
            parts = listed.arn.split(":") if listed else []
            service = parts[2] if len(parts) >= _PLACES and not is_wild(parts[2]) else ""
            marks.setdefault(service, set()).add(place)
    return {service: _of_places(places, len(catalogue)) for service, places in marks.items()}


def _of_places(places: Iterable[int], size: int) -> int:
    marks = bytearray(b"0" * size)
    for place in places:
        marks[-1 - place] = ord("1")
    return int(marks, 2)


def _by_resources(catalogue: Catalogue, bits: int) -> Iterator[int]:
    """Actions of one service that touch the same types of resources."""
    while bits:
        place = (bits & -bits).bit_length() - 1
        service = catalogue.actions[place].partition(":")[0]
        for part in _resource_shapes(service):
            if both := bits & part:
                yield both
        bits &= ~catalogue.service_bits(service)


@cache
def _resource_shapes(service: str) -> tuple[int, ...]:
    catalogue = load_catalogue()
    found: dict[tuple[Any, ...], int] = {}
    for place in _places(catalogue.service_bits(service)):
        resources = action_named(catalogue.actions[place]).resources
        key = tuple((one.name, one.required) for one in resources)
        found[key] = found.get(key, 0) | 1 << place
    return tuple(found.values())


def _single(found: list[int], resource: str, catalogue: Catalogue) -> list[int]:
    """Cut further by whether the scenario's resource can be one of the action's."""
    fitting = _fitting(resource)
    return _cut(found, (fitting, catalogue.all_bits & ~fitting))


@lru_cache(maxsize=64)
def _fitting(resource: str) -> int:
    service = resource.split(":")[2] if resource.count(":") >= 2 else ""
    catalogue = load_catalogue()
    same = [place for place in _places(catalogue.all_bits) if catalogue.actions[place].startswith(f"{service}:")]
    return sum(1 << place for place in same if fits(catalogue.actions[place], resource))


def _bits(catalogue: Catalogue, wanted: Callable[[int], bool]) -> int:
    return int("".join("1" if wanted(place) else "0" for place in reversed(range(len(catalogue)))), 2)


def _places(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
