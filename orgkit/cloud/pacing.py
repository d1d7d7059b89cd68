"""AWS's published rates of the Organizations API, and waiting so that a caller stays under them."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from orgkit.cloud.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class Rate:
    """How often an operation may be called: per second in the long run, and at most so many at once."""

    per_second: float
    burst: int

    def seconds(self, calls: int) -> float:
        """Return the least time in which so many calls can be submitted, beginning with a full bucket."""
        return max(0, calls - self.burst) / self.per_second


@cache
def published_rates() -> Mapping[str, Rate]:
    """Return AWS's published rates by operation.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
    """
    data = json.loads(files("orgkit.cloud").joinpath("rates.json").read_text("utf-8"))
    return MappingProxyType({name: Rate(*rate) for name, rate in data["rates"].items()})


class Pacer:
    """Token buckets, one an operation; an operation without a published rate is never held back. Safe for threads."""

    def __init__(self, clock: Clock | None = None, rates: Mapping[str, Rate] | None = None) -> None:
        self.rates = published_rates() if rates is None else rates
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # operation → tokens, which may be owed, and since when

    def wait(self, operation: str) -> float:
        """Wait until the operation may be called, and return the seconds waited."""
        seconds = self.reserve(operation)
        if seconds > 0:
            self._clock.sleep(seconds)
        return seconds

    def reserve(self, operation: str) -> float:
        """Count a call and return the seconds to wait before it, for callers that wait in their own way."""
        return self._reserve(operation, owe=True)

    def take(self, operation: str) -> bool:
        """Whether the operation may be called right now; if so, the call is counted."""
        return self._reserve(operation, owe=False) <= 0

    def _reserve(self, operation: str, *, owe: bool) -> float:
        rate = self.rates.get(operation)
        if rate is None:
            return 0.0
        with self._lock:
            now = self._clock.time()
            tokens, since = self._buckets.get(operation, (float(rate.burst), now))
            tokens = min(rate.burst, tokens + max(0.0, now - since) * rate.per_second)
            # A remainder of rounding must not turn a waited-for token into another wait.
            short = max(0.0, 1 - tokens) if tokens < 1 - 1e-9 else 0.0
            if owe or short == 0:
                tokens -= 1
            self._buckets[operation] = (tokens, now)
        return short / rate.per_second
