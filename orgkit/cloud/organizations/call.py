"""One call of the Organizations API, as the operations see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.organizations.state import Organization, Wait

Reply = dict[str, Any]
# How long an asynchronous request takes at most, by the clock, when nobody looks at it (seconds).
LONGEST_WAIT = 300.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What the caller of the sandbox asked to go wrong: looks before a request ends, and why a creation fails."""

    pending_polls: int = 0
    failure: str | None = None


@dataclass(slots=True)
class Call:
    """An operation with its parameters, who calls and when, and where new identifiers come from."""

    operation: str
    params: Mapping[str, Any]
    caller: str
    now: float
    ids: Random
    limits: Mapping[str, int]
    fate: Fate = field(default_factory=Fate)
    changed: bool = False
    recorded: bool = False  # it is carried out again, and was within the rules when it was made

    def wait(self) -> Wait:
        """Return how long an asynchronous request that starts with this call is to take."""
        if self.fate.pending_polls <= 0:
            return Wait(0, self.now)
        return Wait(self.fate.pending_polls, self.now + LONGEST_WAIT)

    def look(self, wait: Wait) -> bool:
        """Count one look at an asynchronous request; true when it has ended."""
        if wait.looks <= 0 or self.now >= wait.due:
            return True
        wait.looks -= 1
        self.changed = True  # the count is state: a process that comes later goes on from here
        return False


Operation = Callable[[Organization, Call], Reply]


def wanted_tags(call: Call) -> dict[str, str]:
    """Return the tags a request brings, or raise as AWS does."""
    tags: dict[str, str] = {}
    for tag in call.params.get("Tags", ()):
        if tag["Key"] in tags:
            raise ApiError("InvalidInputException", f"Tag keys must be unique: {tag['Key']}", "DUPLICATE_TAG_KEY")
        refuse_system_tag(tag["Key"])
        tags[tag["Key"]] = tag["Value"]
    if len(tags) > call.limits["tags"]:
        raise ApiError(
            "ConstraintViolationException",
            f"A resource may have {call.limits['tags']} tags.",
            "MAX_TAG_LIMIT_EXCEEDED",
        )
    return tags


def refuse_system_tag(key: str) -> None:
    """Raise for a tag key that is AWS's own."""
    if key.lower().startswith("aws:"):
        message = f"Tag keys that start with aws: are AWS's own: {key}"
        raise ApiError("InvalidInputException", message, "INVALID_SYSTEM_TAGS_PARAMETER")
