"""How long a plan takes on AWS: a floor that no one can beat, and a likely range.

AWS publishes a rate for each operation; what a plan needs many calls of cannot be done faster than that. An account
takes a few minutes to be created, five at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from orgkit.provision.planning.steps import Step

# Minutes that one account usually takes, and how many AWS makes at a time.
CREATION_SECONDS = (60.0, 300.0)
AT_A_TIME = 5
# What one call takes on the wire, and what a policy type takes to be enabled.
CALL_SECONDS = (0.1, 0.5)
ENABLING_SECONDS = (5.0, 60.0)


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds on AWS: `floor` by the published rates, `low` to `high` as it usually goes; `slowest` sets the floor."""

    floor: float
    low: float
    high: float
    slowest: str | None = None

    def __str__(self) -> str:
        if self.high == 0:
            return "no time"
        least = f"at least {_spoken(self.floor)} ({self.slowest} sets the pace), " if self.floor >= 1 else ""
        return f"{least}usually {self.usual}"

    @property
    def usual(self) -> str:
        """The likely range in words."""
        low, high = _spoken(self.low), _spoken(self.high)
        if low == high:
            return high
        return f"{low} to {high}" if self.low >= 1 else f"up to {high}"

    def to_json(self) -> dict[str, Any]:
        return {"floor": self.floor, "low": self.low, "high": self.high, "slowest": self.slowest}


def duration(steps: Iterable[Step]) -> Duration:
    """The time that these steps need, by AWS's published rates."""
    from orgkit.cloud.pacing import published_rates

    counts = Counter(step.operation.partition(":")[2] for step in steps)
    rates = published_rates()
    waits = {name: rates[name].seconds(number) for name, number in sorted(counts.items()) if name in rates}
    slowest = max(waits, key=waits.__getitem__, default=None)
    floor = waits[slowest] if slowest is not None else 0.0
    rounds = -(-counts["CreateAccount"] // AT_A_TIME)
    types = min(1, counts["EnablePolicyType"])
    low = max(floor, rounds * CREATION_SECONDS[0]) + sum(counts.values()) * CALL_SECONDS[0] / AT_A_TIME
    high = sum(waits.values()) + rounds * CREATION_SECONDS[1] + sum(counts.values()) * CALL_SECONDS[1]
    return Duration(
        floor, low + types * ENABLING_SECONDS[0], high + counts["EnablePolicyType"] * ENABLING_SECONDS[1], slowest
    )


def _spoken(seconds: float) -> str:
    if seconds < 2:
        return "a second"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
