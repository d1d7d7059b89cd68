"""Where the settings beside the tree name accounts and OUs, and how those names follow a move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

from orgkit.design.sections import (
    Assignment,
    Baseline,
    Expectation,
    GuardDuty,
    Logging,
    Removal,
    Role,
    SecurityHub,
    Settings,
    SplitCharge,
    SplitTarget,
    TrustedRole,
)

ACCOUNTS = ("account",)
TARGETS = ("root", "ou", "account")

# The fields that hold a handle, a path, or several of them, and what these may stand for.
_NAMING: Mapping[type, Mapping[str, tuple[str, ...]]] = {
    Assignment: {"to": TARGETS},
    Baseline: {"to": TARGETS},
    Expectation: {"where": TARGETS},
    GuardDuty: {"administrator": ACCOUNTS},
    Logging: {"account": ACCOUNTS},
    Removal: {"source": TARGETS},
    Role: {"to": TARGETS},
    SecurityHub: {"administrator": ACCOUNTS},
    SplitCharge: {"source": ("ou", "account")},
    SplitTarget: {"place": TARGETS},
    TrustedRole: {"account": ACCOUNTS},
}


class Mention(NamedTuple):
    """A place in the settings, dotted, the name that stands there, and the kinds it may stand for."""

    place: str
    name: str
    kinds: tuple[str, ...]


def mentions(settings: Settings) -> Iterator[Mention]:
    """Every place where the settings name an account or an OU."""
    for service, accounts in settings.delegated_administrators.items():
        place = f"organization.delegated_administrators.{service}"
        yield from (Mention(place, account, ACCOUNTS) for account in accounts)
    for field in fields(settings):
        yield from _mentions(getattr(settings, field.name), field.name)


def _mentions(value: Any, place: str) -> Iterator[Mention]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _mentions(inner, f"{place}.{key}")
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _mentions(inner, f"{place}[{index}]")
    elif is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            here = f"{place}.{field.name}"
            if kinds := _NAMING.get(type(value), {}).get(field.name):
                yield from (
                    Mention(here, name, kinds) for name in ((inner,) if isinstance(inner, str) else inner or ())
                )
            else:
                yield from _mentions(inner, here)


Rename = Callable[[str, tuple[str, ...]], str]


def redirect(settings: Settings, rename: Rename) -> Settings:
    """The settings with every named account or OU, and the kinds it may be of, passed through `rename`."""
    admins = {
        service: tuple(rename(account, ACCOUNTS) for account in accounts)
        for service, accounts in settings.delegated_administrators.items()
    }
    changed: Settings = _redirect(settings, rename)
    return replace(changed, delegated_administrators=admins) if settings.delegated_administrators else changed


def _redirect(value: Any, rename: Rename) -> Any:
    if isinstance(value, Mapping):
        return type(value)({key: _redirect(inner, rename) for key, inner in value.items()})  # type: ignore[call-arg]
    if isinstance(value, tuple):
        return tuple(_redirect(inner, rename) for inner in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    new = {}
    for field in fields(value):
        inner = getattr(value, field.name)
        if kinds := _NAMING.get(type(value), {}).get(field.name):
            if isinstance(inner, str):
                after: Any = rename(inner, kinds)
            else:
                after = inner and tuple(rename(name, kinds) for name in inner)
        else:
            after = _redirect(inner, rename)
        if after != inner:
            new[field.name] = after
    return replace(value, **new) if new else value
