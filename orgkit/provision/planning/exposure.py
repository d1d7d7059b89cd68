"""A moment in which an account is less guarded than both before the plan and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """From after step `since` until step `until` is done, `account` is less guarded than it was and will be.

    `message` says what holds and what does not, `reason` why it cannot be helped, how long it takes, and what to do if
    the run stops there. `actions` counts the actions of the catalogue that are less guarded.
    """

    account: str
    since: str
    until: str
    message: str
    reason: str = ""
    actions: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Exposure:
        return cls(**data)
