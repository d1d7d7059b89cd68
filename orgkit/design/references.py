"""Where the settings beside the tree name accounts and OUs, and how those names follow a move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from orgkit.design.sections import (
    Assignment,
    Baseline,
    Expectation,
    Logging,
    Removal,
    Role,
    Settings,
    TrustedRole,
)

# The fields that hold a handle, a path, or several of them.
_NAMING: Mapping[type, tuple[str, ...]] = {
    Assignment: ("to",),
    Baseline: ("to",),
    Expectation: ("where",),
    Logging: ("account",),
    Removal: ("source",),
    Role: ("to",),
    TrustedRole: ("account",),
}


def mentions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every (dotted place, name) where the settings name an account or an OU."""
    for service, accounts in settings.delegated_administrators.items():
        yield from ((f"organization.delegated_administrators.{service}", account) for account in accounts)
    for field in fields(settings):
        yield from _mentions(getattr(settings, field.name), field.name)


def _mentions(value: Any, place: str) -> Iterator[tuple[str, str]]:
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
            if field.name in _NAMING.get(type(value), ()):
                yield from ((here, name) for name in ((inner,) if isinstance(inner, str) else inner or ()))
            else:
                yield from _mentions(inner, here)


def redirect(settings: Settings, rename: Callable[[str], str]) -> Settings:
    """The settings with every named account or OU path passed through `rename`."""
    admins = {s: tuple(map(rename, accounts)) for s, accounts in settings.delegated_administrators.items()}
    changed: Settings = _redirect(settings, rename)
    return replace(changed, delegated_administrators=admins) if settings.delegated_administrators else changed


def _redirect(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return type(value)({key: _redirect(inner, rename) for key, inner in value.items()})  # type: ignore[call-arg]
    if isinstance(value, tuple):
        return tuple(_redirect(inner, rename) for inner in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    new = {}
    for field in fields(value):
        inner = getattr(value, field.name)
        if field.name in _NAMING.get(type(value), ()):
            after: Any = rename(inner) if isinstance(inner, str) else inner and tuple(map(rename, inner))
        else:
            after = _redirect(inner, rename)
        if after != inner:
            new[field.name] = after
    return replace(value, **new) if new else value
