"""What happens in a run, as it happens: for whoever shows every step, as data beside the words of `progress`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from orgkit.provision.execution.journal import DONE, FAILED, SKIPPED

RUNNING: Final = "running"
PAUSED: Final = "paused"
# Not carried out: the run was stopped before, or within the step, and a resume does it.
LEFT: Final = "left"
STATES: Final = (RUNNING, DONE, FAILED, SKIPPED, LEFT, PAUSED)


@dataclass(frozen=True, slots=True)
class Event:
    """A step has come into a state; without a `step`, the run itself: running or paused.

    A step that has had no event waits. `error` says why it failed or was skipped; `seconds` is what it took, by the
    target's clock, None where it was done by the run that this one goes on with. `done` of `total` steps have ended,
    and the rest takes about `seconds_left`.
    """

    step: str | None
    state: str
    done: int
    total: int
    seconds_left: float
    error: str | None = None
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
