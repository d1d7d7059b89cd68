"""What a person may be about to type: actions of the catalogue, accounts and policies of the design."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from orgkit.design import Organization
from orgkit.errors import InputError, did_you_mean
from orgkit.policy.catalogue import load_catalogue

MOST: Final = 12


def complete(org: Organization, field: str, words: str) -> list[str]:
    """Up to a dozen completions: first what begins with the words, then what has them inside; case does not matter."""
    names = _NAMES.get(field)
    if names is None:
        raise InputError(f"nothing completes {field!r}", mend=did_you_mean(field, _NAMES))
    sought = words.strip().casefold()
    begin: list[str] = []
    inside: list[str] = []
    for name in names(org):
        folded = name.casefold()
        if folded.startswith(sought):
            begin.append(name)
            if len(begin) == MOST:
                break
        elif len(inside) < MOST and sought in folded:
            inside.append(name)
    return [*begin, *inside][:MOST]


def _actions(org: Organization) -> Iterable[str]:
    return load_catalogue().actions


def _accounts(org: Organization) -> Iterable[str]:
    return (account.handle for account in org.accounts())


_NAMES: Final[Mapping[str, Callable[[Organization], Iterable[str]]]] = {"action": _actions, "account": _accounts}
