"""Holding a run: to pause it, let it go on, or stop it, from another thread or by Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Stop(Protocol):
    """A cancellation token, such as threading.Event or Control."""

    def is_set(self) -> bool: ...


class Control:
    """Pauses, goes on with and stops the run that was given it as `stop`, from any thread.

    A pause lets the steps under way end, an account in the making too, and begins no other. A stop ends the run after
    the calls in flight, also while it is paused, and is for good: a stopped run is resumed from its journal.
    """

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._going = threading.Event()
        self._going.set()

    def pause(self) -> None:
        """Begin no further step until `resume`; what is under way ends first."""
        self._going.clear()

    def resume(self) -> None:
        """Go on after a pause."""
        self._going.set()

    def stop(self) -> None:
        """End the run after the calls in flight."""
        self._stopped.set()
        self._going.set()

    def is_set(self) -> bool:
        """Whether the run is to stop."""
        return self._stopped.is_set()

    def is_paused(self) -> bool:
        """Whether no further step is to begin for now."""
        return not self._going.is_set() and not self._stopped.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until the run may go on or is to stop, at most so many seconds."""
        self._going.wait(seconds)


class Token:
    """What a run listens to: the token it was given, and Ctrl-C."""

    def __init__(self, given: Stop | None) -> None:
        self._given = given
        self._control = given if isinstance(given, Control) else None
        self.interrupted = False

    def is_set(self) -> bool:
        return self.interrupted or (self._given is not None and self._given.is_set())

    def is_paused(self) -> bool:
        return self._control is not None and self._control.is_paused() and not self.is_set()

    def wait(self, seconds: float) -> None:
        if self._control is not None:
            self._control.wait(seconds)


@contextmanager
def listening(given: Stop | None) -> Iterator[Token]:
    """A token that Ctrl-C sets too: the calls in flight end first. A second Ctrl-C ends at once."""
    token = Token(given)
    if threading.current_thread() is not threading.main_thread():
        yield token
        return

    def interrupt(*_: Any) -> None:
        if token.interrupted:
            raise KeyboardInterrupt
        token.interrupted = True

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield token
    finally:
        signal.signal(signal.SIGINT, before)
