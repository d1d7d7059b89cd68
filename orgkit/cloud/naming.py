"""Handles for what a live organization holds: the names that AWS shows, made fit and unique."""

from __future__ import annotations

import re

from orgkit.design import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS

_FIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=,@-]*")
_UNFIT = re.compile(r"[^A-Za-z0-9._+=,@-]+")
_IMPLIED = frozenset({FULL_AWS_ACCESS.handle, RCP_FULL_AWS_ACCESS.handle})


class Handles:
    """Gives out handles; the first of several equal names keeps it, the others get a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def account(self, name: str) -> str:
        return self._free(_slug(name, "account"))

    def policy(self, name: str) -> str:
        return self._free(_slug(name, "policy"))

    def ou(self, name: str) -> str:
        """An OU keeps its name, which is part of its path, unless a path cannot hold it."""
        fit = name == name.strip() and "/" not in name and name
        return self._free(name if fit else _slug(name, "ou"))

    def _free(self, wanted: str) -> str:
        candidate, number = wanted, 2
        while candidate in self._taken or candidate in _IMPLIED:
            candidate = f"{wanted}-{number}"
            number += 1
        self._taken.add(candidate)
        return candidate


def _slug(name: str, instead: str) -> str:
    if _FIT.fullmatch(name):
        return name
    return _UNFIT.sub("-", name).strip("-.").lower() or instead
