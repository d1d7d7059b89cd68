"""What stands before an embedded AWS: the faults that were asked for, and a count of the calls; for every way in."""

from __future__ import annotations

from collections import Counter

from orgkit.cloud.clock import Clock
from orgkit.cloud.embedded import EmbeddedAws
from orgkit.cloud.faults import LOST, TIMED_OUT, Faults, FaultSource
from orgkit.cloud.wire import NoAnswer, Reply, Request


class Front:
    """Takes the calls of one target or server to an embedded AWS that others may use as well."""

    def __init__(self, embedded: EmbeddedAws, clock: Clock, faults: Faults | None = None) -> None:
        self._embedded = embedded
        self._clock = clock
        self.calls: Counter[str] = Counter()  # "organizations:CreateAccount" → how often it came
        self.set_faults(faults)

    def set_faults(self, faults: Faults | None) -> None:
        """Let other things go wrong from now on, or nothing any more."""
        self._source = FaultSource(faults, self._clock) if faults is not None else None

    def replace(self, embedded: EmbeddedAws, clock: Clock) -> None:
        """Begin anew with another embedded AWS; the one before is forgotten."""
        self._embedded.close()
        self._embedded, self._clock = embedded, clock
        self.calls.clear()

    def answer(self, request: Request) -> Reply:
        """Answer a request; raises NoAnswer, and Unsupported for what the embedded AWS cannot do."""
        self.calls[f"{request.service}:{request.operation}"] += 1
        source = self._source
        if source is None:
            return self._embedded.handle(request)
        trouble = source.before(request)
        if isinstance(trouble, Reply):
            return trouble
        if trouble == TIMED_OUT:
            raise NoAnswer
        reply = self._embedded.handle(request, source.fate(request))
        if trouble == LOST:
            raise NoAnswer
        return reply
