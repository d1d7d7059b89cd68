"""AWS's quotas as dated data with their sources; `limits:` in `org.yaml` overrides what AWS granted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from orgkit.errors import DesignError, did_you_mean


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit: what it bounds, its value, since when it is known, and the page that says so."""

    name: str
    value: int
    what: str
    as_of: str
    source: str
    granted: bool = False  # the value comes from `limits:`, not from AWS's page


@dataclass(frozen=True, slots=True)
class Quotas:
    """All limits by name."""

    entries: Mapping[str, Quota]

    def __getitem__(self, name: str) -> int:
        return self.quota(name).value

    def quota(self, name: str) -> Quota:
        try:
            return self.entries[name]
        except KeyError:
            raise DesignError(
                f"there is no limit named {name!r}", where="limits", mend=did_you_mean(name, self.entries)
            ) from None

    def granting(self, limits: Mapping[str, int]) -> Quotas:
        """The same with the values this organization was granted."""
        if not limits:
            return self
        entries = dict(self.entries)
        for name, value in limits.items():
            known = self.quota(name)
            entries[name] = Quota(name, value, known.what, known.as_of, "limits: in org.yaml", granted=True)
        return Quotas(MappingProxyType(entries))


@cache
def load() -> Quotas:
    """Read the quotas that ship with orgkit."""
    data = json.loads(files("orgkit.design").joinpath("quotas.json").read_text("utf-8"))
    entries = {
        row["name"]: Quota(row["name"], row["value"], row["what"], data["as_of"], data["sources"][row["source"]])
        for row in data["quotas"]
    }
    return Quotas(MappingProxyType(entries))
