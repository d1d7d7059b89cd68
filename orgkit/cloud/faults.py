"""Faults on request: throttling, conflicts, timeouts, lost replies, slow and failing account creation."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from random import Random

from orgkit.cloud.clock import Clock
from orgkit.cloud.organizations import Fate
from orgkit.cloud.organizations.shapes import errors_of
from orgkit.cloud.pacing import Pacer
from orgkit.cloud.wire import Reply, Request, error_reply
from orgkit.errors import InputError

LOST = "lost"
TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, decided by the seed: the same calls meet the same faults, in whatever order threads make them.

    `throttle` is the share of Organizations calls that answer TooManyRequestsException, or "published" for AWS's own
    rates (a token bucket per operation, by the target's clock). `conflicts`, `timeouts` and `lost_replies` are shares
    of calls: ConcurrentModificationException where AWS's model has it; no answer and nothing done; done and no answer.
    `pending_polls` is how many looks at an asynchronous request say it is still in progress. `failures` maps an email
    address to the FailureReason its creation ends with, each time it is tried.
    """

    seed: int = 0
    throttle: float | str = 0.0
    conflicts: float = 0.0
    timeouts: float = 0.0
    lost_replies: float = 0.0
    pending_polls: int = 0
    failures: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.throttle, str) and self.throttle != "published":
            raise InputError(f"throttle is {self.throttle!r}", mend='Give a share from 0 to 1, or "published".')
        shares = (self.throttle, self.conflicts, self.timeouts, self.lost_replies)
        for share in shares:
            if not isinstance(share, str) and not 0 <= share <= 1:
                raise InputError(f"a share of faults is {share}", mend="Give a number from 0 to 1.")


class FaultSource:
    """Decides, call by call, what goes wrong."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self.faults = faults
        self._failures = dict(faults.failures)
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._buckets = Pacer(clock) if faults.throttle == "published" else None

    def fate(self, request: Request) -> Fate:
        """Return what is to become of an asynchronous request."""
        failure = None
        if request.operation == "CreateAccount" and self._failures:
            failure = self._failures.get(request.params.get("Email", ""))
        return Fate(self.faults.pending_polls, failure)

    def before(self, request: Request) -> Reply | str | None:
        """Return an error reply, TIMED_OUT, LOST (carry it out, then say nothing), or None when all goes well."""
        organizations = request.service == "organizations"
        if organizations and self._buckets is not None and not self._buckets.take(request.operation):
            return _throttled(request)
        draw = self._draw(request)
        if organizations:
            if isinstance(self.faults.throttle, float | int) and draw.random() < self.faults.throttle:
                return _throttled(request)
            if draw.random() < self.faults.conflicts and _may_conflict(request.operation):
                return error_reply(
                    request,
                    400,
                    "ConcurrentModificationException",
                    "The target of the operation is being modified by another request. Try again later.",
                )
        if draw.random() < self.faults.timeouts:
            return TIMED_OUT
        return LOST if draw.random() < self.faults.lost_replies else None

    def _draw(self, request: Request) -> Random:
        try:
            asked = json.dumps(request.params, sort_keys=True)
        except ValueError:
            asked = request.body.decode("utf-8", "replace")
        call = f"{self.faults.seed}/{request.service}/{request.operation}/{asked}"
        with self._lock:
            self._seen[call] += 1
            time = self._seen[call]
        return Random(f"{call}/{time}")


def _throttled(request: Request) -> Reply:
    return error_reply(
        request,
        400,
        "TooManyRequestsException",
        "You have sent too many requests in too short a period of time.",
    )


def _may_conflict(operation: str) -> bool:
    from botocore.model import OperationNotFoundError

    try:
        return "ConcurrentModificationException" in errors_of(operation)
    except OperationNotFoundError:
        return False
