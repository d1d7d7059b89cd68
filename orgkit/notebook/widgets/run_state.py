"""How far a run is: what has become of every step, as its events tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from orgkit.notebook.widgets.plan_tree import Group, grouped
from orgkit.provision.execution.events import LEFT, PAUSED, RUNNING
from orgkit.provision.execution.journal import DONE, FAILED, SKIPPED

if TYPE_CHECKING:
    from orgkit.provision import Event, Plan
    from orgkit.provision.planning.steps import Step

WAITING: Final = "waiting"
SIGNS: Final = {WAITING: "·", RUNNING: "▸", DONE: "✓", FAILED: "✕", SKIPPED: "–", LEFT: "…"}
TONES: Final = {RUNNING: "strong", FAILED: "error", SKIPPED: "warning", LEFT: "warning", WAITING: "quiet"}


class RunState:
    """The state of every step of a plan, and of the groups they stand in. Takes events; knows nothing of threads."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.groups = grouped(plan.steps)
        self.begin()
        self._above: dict[str, list[str]] = {}
        for group in self.groups:
            self._place(group, [])

    def begin(self) -> None:
        """As before anything was done; a resumed run tells first what the earlier one did."""
        self.done, self.total = 0, len(self.plan)
        self.seconds_left = 0.0
        self.paused = False
        self._states: dict[str, str] = {}
        self.errors: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)

    def _place(self, group: Group, above: list[str]) -> None:
        above = [*above, group.id]
        for step in group.steps:
            self._above[step.id] = above
        for below in group.below.values():
            self._place(below, above)

    def take(self, event: Event) -> None:
        """Note what an event tells."""
        self.done, self.total, self.seconds_left = event.done, event.total, event.seconds_left
        if event.step is None:
            self.paused = event.state == PAUSED
            return
        before = self._states.get(event.step)
        self._states[event.step] = event.state
        for group in self._above.get(event.step, ()):
            self.counts[group][event.state] += 1
            if before is not None:
                self.counts[group][before] -= 1
        if event.error is not None:
            self.errors[event.step] = event.error
        if event.seconds is not None:
            self.seconds[event.step] = event.seconds

    def state(self, step: Step) -> str:
        return self._states.get(step.id, WAITING)

    def among(self, state: str) -> Iterator[Step]:
        """The steps that are in a state, in the order of the plan."""
        return (step for step in self.plan.steps if self._states.get(step.id) == state)

    @property
    def carried_out(self) -> int:
        """How many steps are done; failed and skipped ones have ended without."""
        return sum(self.counts[group.id][DONE] for group in self.groups)

    @property
    def failed(self) -> bool:
        return FAILED in self._states.values()

    def skipped(self) -> dict[str, list[Step]]:
        """What was skipped, by the reason."""
        found: dict[str, list[Step]] = defaultdict(list)
        for step in self.among(SKIPPED):
            found[self.errors.get(step.id, "")].append(step)
        return found
