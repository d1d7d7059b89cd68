"""A clock that stands still until it is told to wait."""

from __future__ import annotations


class StillClock:
    """Begins on 1 June 2026; sleeping moves it on at once."""

    def __init__(self, now: float = 1_780_272_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.now += seconds
