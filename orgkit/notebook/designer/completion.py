"""What a person may be about to type: actions and condition keys of the catalogue, accounts and principals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from orgkit.design import Organization
from orgkit.errors import InputError, did_you_mean
from orgkit.policy.catalogue import load_catalogue
from orgkit.policy.global_keys import GLOBAL_KEYS

MOST: Final = 12


def complete(org: Organization, field: str, words: str) -> list[str]:
    """Up to a dozen completions: first what begins with the words, then what has them inside; case does not matter."""
    names = _NAMES.get(field)
    if names is None:
        raise InputError(f"nothing completes {field!r}", mend=did_you_mean(field, _NAMES))
    before, sought = "", words.strip().casefold()
    if field == "context":  # several keys, each with a value: the last one is being typed
        before, _, last = words.rpartition(" ")
        before, sought = f"{before} ".lstrip(), last.casefold()
    begin: list[str] = []
    inside: list[str] = []
    for name in names(org, sought):
        folded = name.casefold()
        if folded.startswith(sought):
            begin.append(name)
            if len(begin) == MOST:
                break
        elif len(inside) < MOST and sought in folded:
            inside.append(name)
    return [f"{before}{name}" for name in [*begin, *inside][:MOST]]


def _actions(org: Organization, sought: str) -> Iterable[str]:
    return load_catalogue().actions


def _accounts(org: Organization, sought: str) -> Iterable[str]:
    return (account.handle for account in org.accounts())


def _principals(org: Organization, sought: str) -> Iterable[str]:
    """Those that the design names: of its lenses, and those it protects."""
    named = [lens.principal for lens in org.settings.lenses.values() if lens.principal]
    return dict.fromkeys([*named, *(one.principal for one in org.settings.protected_principals)])


def _keys(org: Organization, sought: str) -> Iterable[str]:
    """AWS's global condition keys, and those of the service whose prefix is being typed."""
    service = sought.partition(":")[0]
    own = load_catalogue().condition_keys(service) if ":" in sought and service != "aws" else ()
    return (f"{key}=" for key in (*GLOBAL_KEYS, *own) if "${" not in key)


_NAMES: Final[Mapping[str, Callable[[Organization, str], Iterable[str]]]] = {
    "action": _actions,
    "account": _accounts,
    "principal": _principals,
    "context": _keys,
}
