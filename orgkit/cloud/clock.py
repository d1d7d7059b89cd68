"""The clock a target goes by; tests put one of their own in its place."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in seconds since 1970, and waits."""

    def time(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        time.sleep(seconds)
