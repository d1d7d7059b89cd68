"""One run of a plan: steps as soon as what they wait for is done, several at a time, every one written down."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final

from orgkit.design import quotas
from orgkit.errors import Incomplete, Interrupted, OrgkitError
from orgkit.provision.execution.applied import Applied, Result
from orgkit.provision.execution.calls import Calls, NoReply, Stopped
from orgkit.provision.execution.control import Token
from orgkit.provision.execution.events import LEFT, PAUSED, RUNNING, Event
from orgkit.provision.execution.execute import execute
from orgkit.provision.execution.journal import (
    DONE,
    FAILED,
    FINISHED,
    INCOMPLETE,
    INTERRUPTED,
    SKIPPED,
    STARTED,
    Journal,
    Past,
)
from orgkit.provision.execution.redaction import redacted
from orgkit.provision.execution.time_left import TimeLeft
from orgkit.provision.planning import references
from orgkit.provision.planning.plan import Plan
from orgkit.provision.planning.steps import Step

if TYPE_CHECKING:
    from orgkit.cloud import Target

# Kinds of which AWS has only so many under way at one time, with the quota that says how many.
_AT_A_TIME: Final = {"create_account": "creations_in_flight", "close_account": "closures_in_flight"}
_TICK: Final = 1.0  # seconds between looks at a stop while steps are under way
_MOST_SHOWN: Final = 20


class Run:
    """Which steps are ready, what became of those that were, and the ids bound so far."""

    def __init__(
        self,
        plan: Plan,
        target: Target,
        journal: Journal,
        stop: Token,
        progress: Callable[..., None] | None = None,
        watch: Callable[[Event], None] | None = None,
    ) -> None:
        self._plan = plan
        self._target = target
        self._journal = journal
        self._stop = stop
        self._progress = progress
        self._watch = watch
        self._steps = {step.id: step for step in plan.steps}
        self._place = {step.id: place for place, step in enumerate(plan.steps)}
        self._waiting = {step: plan.graph.in_degree(step) for step in self._steps}
        self._ready: dict[str, list[int]] = defaultdict(list)  # kind → places in the plan, lowest first
        self._busy: dict[str, int] = defaultdict(int)  # kind → steps under way
        self._states: dict[str, str] = {}
        self._errors: dict[str, str] = {}
        self._told: dict[str, tuple[str, ...]] = {}
        self._ids = dict(plan.ids)
        self._made: dict[str, str] = {}
        self._past: Past | None = None
        self._time = TimeLeft(plan.steps, target)
        self._at_a_time = {kind: quotas.load()[name] for kind, name in _AT_A_TIME.items()}

    def take_over(self, past: Past) -> None:
        """Go on where an earlier run stopped."""
        self._past = past
        for step, ids in past.done.items():
            self._states[step] = DONE
            self._learn(self._steps[step], ids)
            self._time.skipped(self._steps[step])
        for step in past.done:
            self._say(step, DONE)

    def run(self, workers: int) -> None:
        """Carry out every step that can be, so many at a time."""
        for done in list(self._states):
            self._release(done)
        for name, missing in self._waiting.items():
            if missing == 0 and name not in self._states:
                self._get_ready(name)
        if workers == 1:
            while not self._held() and (step := self._next()) is not None:
                self._begin(step)
                self._ended(step, *self._carry_out(step))
            return
        pool = ThreadPoolExecutor(workers, thread_name_prefix="orgkit-apply")
        try:
            self._run_in(pool, workers)
        finally:
            # After a second Ctrl-C nobody waits for what is in flight; the journal has what is needed to resume.
            pool.shutdown(wait=False, cancel_futures=True)

    def _run_in(self, pool: ThreadPoolExecutor, workers: int) -> None:
        running: dict[Future[tuple[str, Any, float]], Step] = {}
        while True:
            stopped = self._held() if not running else self._stop.is_set() or self._stop.is_paused()
            while len(running) < workers and not stopped and (step := self._next()) is not None:
                self._begin(step)
                running[pool.submit(self._carry_out, step)] = step
                stopped = self._stop.is_set() or self._stop.is_paused()
            if not running:
                return
            finished, _ = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in finished:
                self._ended(running.pop(future), *future.result())
            if not finished:
                self._tell(next(iter(running.values())))
                self._say(None, RUNNING)

    def _held(self) -> bool:
        """Wait while the run is paused and has steps to begin, none being under way; whether it is to stop."""
        if self._stop.is_paused() and any(self._ready.values()):
            start = self._target.clock.time()
            self._say(None, PAUSED)
            while self._stop.is_paused():
                self._stop.wait(_TICK)
            self._time.paused(self._target.clock.time() - start)
            if not self._stop.is_set():
                self._say(None, RUNNING)
        return self._stop.is_set()

    def _begin(self, step: Step) -> None:
        self._busy[step.kind] += 1
        self._say(step.id, RUNNING)

    def _next(self) -> Step | None:
        """The first step of the plan that is ready, and of whose kind AWS takes one more."""
        free = [
            places[0]
            for kind, places in self._ready.items()
            if places and self._busy[kind] < self._at_a_time.get(kind, len(self._steps))
        ]
        if not free:
            return None
        step = self._plan.steps[min(free)]
        heapq.heappop(self._ready[step.kind])
        return step

    def _get_ready(self, step: str) -> None:
        heapq.heappush(self._ready[self._steps[step].kind], self._place[step])

    def _carry_out(self, step: Step) -> tuple[str, Any, float]:
        """Runs in a worker: the state that the step ends in, its ids or the reason, and the seconds it took."""
        start = self._target.clock.time()
        state, outcome = self._attempt(step)
        return state, outcome, self._target.clock.time() - start

    def _attempt(self, step: Step) -> tuple[str, Any]:
        self._note(step, STARTED)
        try:
            calls = Calls(
                step.id,
                self._target,
                self._journal,
                self._stop,
                account=references.bind(step.account, self._ids),
                role=step.role,
                seed=self._plan.digest,
                earlier=self._past.begun.get(step.id, ()) if self._past is not None else (),
                resumed=self._past is not None,
                new_accounts=frozenset(self._made.values()),
            )
            ids = execute(step.kind, calls, references.bind(dict(step.parameters), self._ids))
            self._told[step.id] = tuple(calls.told)
        except Stopped:
            return LEFT, None
        except NoReply as error:
            return FAILED, f"AWS did not answer: {error}\n  Look at the connection, then resume."
        except OrgkitError as error:
            return FAILED, redacted(str(error))
        return DONE, ids

    def _ended(self, step: Step, state: str, outcome: Any, seconds: float) -> None:
        self._busy[step.kind] -= 1
        if state == LEFT:
            self._say(step.id, LEFT, seconds=seconds)
            return
        self._states[step.id] = state
        self._time.ended(step, seconds)
        if state == DONE:
            self._note(step, DONE, outcome)
            self._learn(step, outcome)
            if references.ORGANIZATION in step.produces:
                self._journal.belongs_to(self._ids[references.ORGANIZATION])
            for after in self._release(step.id):
                self._get_ready(after)
            self._say(step.id, DONE, seconds=seconds)
        else:
            self._errors[step.id] = outcome
            self._note(step, FAILED, outcome)
            self._say(step.id, FAILED, outcome, seconds)
            self._skip_after(step)
        self._tell(step)

    def _say(self, step: str | None, state: str, error: str | None = None, seconds: float | None = None) -> None:
        if self._watch is not None:
            done, total = len(self._states), len(self._steps)
            self._watch(Event(step, state, done, total, self._time.seconds, error, seconds))

    def _tell(self, step: Step) -> None:
        if self._progress is not None:
            left = str(self._time)
            self._progress(f"{left}; {step.text}" if left else step.text, len(self._states), len(self._steps))

    def _release(self, step: str) -> list[str]:
        freed = []
        for after in self._plan.graph.successors(step):
            self._waiting[after] -= 1
            if self._waiting[after] == 0 and after not in self._states:
                freed.append(after)
        return freed

    def _skip_after(self, failed: Step) -> None:
        waiting = [failed.id]
        while waiting:
            for after in self._plan.graph.successors(waiting.pop()):
                if after not in self._states:
                    self._states[after] = SKIPPED
                    self._errors[after] = f"it waits for: {failed.text}"
                    self._time.skipped(self._steps[after])
                    self._note(self._steps[after], SKIPPED, failed.id)
                    self._say(after, SKIPPED, self._errors[after])
                    waiting.append(after)

    def _learn(self, step: Step, ids: Any) -> None:
        made = dict(zip(step.produces, ids, strict=False))
        self._ids |= made
        self._made |= made

    def _note(self, step: Step, event: str, data: Any = None) -> None:
        self._journal.write(self._target.clock.time(), step.id, event, data=data)

    # ---- how it ended ----------------------------------------------------------------------------

    def answer(self) -> Applied:
        """The answer, or the error that tells how the run ended and how to go on."""
        results = tuple(
            Result(
                step.id,
                step.text,
                self._states.get(step.id, LEFT),
                self._errors.get(step.id),
                self._told.get(step.id, ()),
            )
            for step in self._plan.steps
        )
        journal = str(self._journal.path) if self._journal.path is not None else None
        applied = Applied(self._plan.digest, results, self._made, journal)
        failed = [result for result in results if result.state == FAILED]
        if any(result.state == LEFT for result in results):
            self._journal.end(INTERRUPTED)
            why = f"; failed:{_listed(failed)}" if failed else ""
            raise Interrupted(
                f"stopped after {applied.counts[DONE]} of {len(results)} steps{why}", mend=self._go_on(journal)
            )
        if failed:
            self._journal.end(INCOMPLETE)
            skipped = [result for result in results if result.state == SKIPPED]
            after = _listed(skipped, "skipped: ")
            raise Incomplete(
                f"{applied.summary}:{_listed(failed)}{after}", mend=f"Mend the cause. {self._go_on(journal)}"
            )
        if self._past is None or not self._past.finished:
            self._journal.end(FINISHED)
        return applied

    def _go_on(self, journal: str | None) -> str:
        if journal is None:
            return "Plan again and apply: what is done stays done."
        return (
            f"Go on with: orgkit apply --resume --target {self._target.spec} --journal {journal} "
            "(resume=True in Python)."
        )


def _listed(results: list[Result], state: str = "") -> str:
    lines = [f"\n  {state}{result.text}: {result.error}" for result in results[:_MOST_SHOWN]]
    return "".join(lines) + (f"\n  and {len(results) - _MOST_SHOWN} more" if len(results) > _MOST_SHOWN else "")
