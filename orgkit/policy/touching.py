"""What one call touches: its resources by the catalogue's resource types, each with the context keys it can carry.

A key that a call cannot carry is absent from it, whatever a scenario says; only keys that it can carry are open.
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

from orgkit.policy.catalogue import Action, ActionResource, load_catalogue, request_resources
from orgkit.policy.context import RequestResource
from orgkit.policy.global_keys import global_type

_PLACES = 6  # parts of an ARN
_TAGS = ("aws:requesttag/", "aws:resourcetag/")


Way = tuple[RequestResource, ...]


def touched(
    action: str,
    resource: str | None,
    *,
    partition: str,
    region: str | None,
    owner: str,
    keys: Iterable[str] = (),
) -> tuple[Way, ...]:
    """The ways in which a call in an account may go: each is the resources it touches; `keys` are context keys (lower
    case) whose absence matters.

    `resource` is the one that the caller knows; where the action touches others too, they are patterns. A call always
    touches the types that the catalogue requires, and on some ways others as well; where it requires none, each of the
    listed types is one way.
    """
    catalogue = load_catalogue()
    known = catalogue.index.get(action.lower())
    if known is None:
        return (request_resources(action, resource),)
    one = action_named(catalogue.actions[known])
    wanted = tuple(keys)
    base = request_resources(action, resource, partition=partition, region=region or "*", account=owner)
    there = {each.type for each in base}
    others = []
    for each in one.resources:
        listed = catalogue.resource_types(one.service).get(each.name.lower())
        if each.name not in there and listed is not None:
            others.append(RequestResource(_placed(listed.arn, partition, region or "*", owner), each.name))
    always = tuple(_lacking(one, each, wanted) for each in base)
    every = tuple(_lacking(one, each, wanted) for each in others)
    if not others:
        return (always,)
    if any(each.required for each in one.resources):
        return (always, (*always, *every))
    if resource is not None:
        return (always,)
    return (*((each,) for each in every), (_lacking(one, RequestResource("*"), wanted),))


def fits(action: str, resource: str) -> bool:
    """Whether the action can be about this resource at all; scenarios name one for all of their calls."""
    found = request_resources(action, resource)
    return any(one.type is not None and one.arn == resource for one in found)


@lru_cache(maxsize=8)
def endpoint_regions(partition: str) -> Mapping[str, str]:
    """Service prefix → Region, for services with one endpoint for all Regions: calls are always made to that one."""
    data = json.loads(files("orgkit.policy").joinpath("global_services.json").read_text("utf-8"))
    return MappingProxyType(data["regions"].get(partition, {}))


def carries(action: Action, type: str | None, key: str) -> bool:
    """Whether a call of the action carries a key (lower case) with this type of resource; None stands for any type."""
    if global_type(key) is not None and not key.startswith(_TAGS) and key != "aws:tagkeys":
        return True
    prefix = key.partition(":")[0]
    if "." in prefix or prefix in _PROVIDERS:
        return True  # a key of an identity provider stays with the session
    if _listed(action.condition_keys, key):
        return True
    types = [one for one in action.resources if type in (None, one.name)]
    if any(_listed(_keys(action, one), key) for one in types):
        return True
    # The catalogue often leaves out that a resource has tags; it is believed only where it tells types apart.
    return key.startswith("aws:resourcetag/") and not any(_listed(_keys(action, one), key) for one in action.resources)


def shape(name: str, key: str) -> tuple[tuple[bool, bool], ...]:
    """For each type of resource of an action, whether it comes with the key and whether every call touches it; a single
    entry where all types agree about the key.
    """
    action = action_named(name)
    each = tuple((carries(action, one.name, key), one.required) for one in action.resources)
    if len({carried for carried, _ in each}) > 1:
        return each
    return ((carries(action, None, key), True),)


def has_several_types(name: str) -> bool:
    """Whether an action knows more than one type of resource."""
    return len(action_named(name).resources) > 1


def carriers(key: str) -> int:
    """The actions whose calls may carry a key (lower case), as a bit set of the catalogue."""
    catalogue = load_catalogue()
    if global_type(key) is not None and not key.startswith(_TAGS) and key != "aws:tagkeys":
        return catalogue.all_bits
    return _carriers(key)


_PROVIDERS = frozenset({"saml", "sts", "identitystore", "ssm", "glue", "codebuild"})


@lru_cache(maxsize=4096)
def _carriers(key: str) -> int:
    catalogue = load_catalogue()
    if "." in (prefix := key.partition(":")[0]) or prefix in _PROVIDERS:
        return catalogue.all_bits
    found = {place for listed, places in _index().items() if _listed((listed,), key) for place in places}
    if key.startswith("aws:resourcetag/"):
        return catalogue.all_bits  # see `carries`
    marks = bytearray(b"0" * len(catalogue))
    for place in found:
        marks[-1 - place] = ord("1")
    return int(marks, 2)


@lru_cache(maxsize=1)
def _index() -> dict[str, list[int]]:
    """For each key that the catalogue lists, the places of the actions that can carry it."""
    catalogue = load_catalogue()
    found: dict[str, list[int]] = {}
    for name in catalogue.actions:
        action = action_named(name)
        listed = {key for one in action.resources for key in _keys(action, one)}
        for key in listed.union(action.condition_keys):
            found.setdefault(key.lower(), []).append(action.index)
    return found


@cache
def action_named(name: str) -> Action:
    """One action of the catalogue, by its name as AWS writes it."""
    return load_catalogue().find_action(name)


def _keys(action: Action, one: ActionResource) -> tuple[str, ...]:
    """The keys that come with a type of resource: as the action lists them, or else as the type does."""
    if one.condition_keys:
        return one.condition_keys
    listed = load_catalogue().resource_types(action.service).get(one.name.lower())
    return listed.condition_keys if listed else ()


def _listed(keys: tuple[str, ...], key: str) -> bool:
    for one in keys:
        head, variable, tail = one.lower().partition("${")
        if (key.startswith(head) and key.endswith(tail.partition("}")[2])) if variable else head == key:
            return True
    return False


def _lacking(action: Action, one: RequestResource, keys: tuple[str, ...]) -> RequestResource:
    lacks = frozenset(key for key in keys if not carries(action, one.type, key))
    return RequestResource(one.arn, one.type, lacks)


def _placed(arn: str, *values: str) -> str:
    parts = arn.split(":", _PLACES - 1)
    if len(parts) < _PLACES:
        return arn
    for place, value in zip((1, 3, 4), values, strict=True):
        if parts[place] == "*":
            parts[place] = value
    return ":".join(parts)
