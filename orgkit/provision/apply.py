"""Carrying out a plan: steps as soon as what they wait for is done, every call journalled, and a way back in."""

from __future__ import annotations

import heapq
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any

from orgkit.cloud.read import read
from orgkit.errors import Incomplete, InputError, Interrupted, OrgkitError, Refused
from orgkit.provision import references
from orgkit.provision.applied import Applied, Result
from orgkit.provision.calls import Calls, NoReply, Stop, Stopped
from orgkit.provision.execute import execute
from orgkit.provision.journal import DONE, FAILED, FINISHED, INCOMPLETE, INTERRUPTED, SKIPPED, STARTED, Journal
from orgkit.provision.plan import Plan
from orgkit.provision.snapshot import differences, snapshot
from orgkit.provision.steps import Step

if TYPE_CHECKING:
    from orgkit.cloud import Target

# AWS has five accounts in the making at one time, and paces everything else.
WORKERS = 5
LEFT = "left"


def apply(
    plan: Plan,
    target: Target,
    *,
    approve: str | None = None,
    journal: str | PathLike[str] | None = None,
    progress: Callable[..., None] | None = None,
    resume: bool = False,
    stop: Stop | None = None,
) -> Applied:
    """Carry out a plan whose digest is approved, and return what became of each step.

    `journal` is a file that gets a row before and after every call; with `resume` the run that it records goes on where
    it stopped. `progress(text, done, total)` is called after every step. `stop` is a token, such as threading.Event,
    that ends the run after the call in flight, as Ctrl-C does.
    Errors: Refused (not approved, blocked, the live organization has changed), Incomplete (steps failed; the others are
    done), Interrupted, FileError (the journal), InputError (nothing to resume).
    """
    if resume and journal is None:
        raise InputError("there is no journal to resume", mend="Name the journal of the run: journal=…")
    with closing(Journal(journal)) as book, _stopping(stop) as token:
        past = book.past() if resume else None
        if past is not None and past.plan.digest != plan.digest:
            raise Refused(
                "the journal records the run of another plan",
                where=str(journal),
                mend=f"Resume with the plan of that run (digest {past.plan.digest}), or begin a new journal.",
            )
        if past is None:
            _check(plan, target, approve)
            book.begin(plan, target.spec, target.clock.time())
        run = _Run(plan, target, book, token, progress or _silent)
        if past is not None:
            run.take_over(past.done, past.begun)
        run.run(1 if target.kind != "aws" else WORKERS)
        return run.answer(str(journal) if journal is not None else None)


def _silent(text: str, done: int, total: int, /) -> None:
    return None


def _check(plan: Plan, target: Target, approve: str | None) -> None:
    """Refuse before the first write."""
    plan.refuse()
    if plan.empty:
        return
    if approve != plan.digest:
        what = "the plan is not approved" if approve is None else f"{approve} approves another plan"
        raise Refused(
            what,
            mend=f"Review it, and approve it by its digest: approve={plan.digest!r} (--approve on the command line).",
        )
    changed = differences(plan.before, snapshot(read(target)))
    if changed:
        shown = "\n  ".join(changed[:20]) + (f"\n  and {len(changed) - 20} more" if len(changed) > 20 else "")
        raise Refused(f"the live organization has changed since the plan was made:\n  {shown}", mend="Plan again.")


@contextmanager
def _stopping(given: Stop | None) -> Iterator[Stop]:
    """A token that Ctrl-C sets too: the call in flight ends first. A second Ctrl-C ends at once."""
    token = threading.Event()

    class Either:
        def is_set(self) -> bool:
            return token.is_set() or (given is not None and given.is_set())

    if threading.current_thread() is not threading.main_thread():
        yield Either()
        return

    def interrupt(*_: Any) -> None:
        if token.is_set():
            raise KeyboardInterrupt
        token.set()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield Either()
    finally:
        signal.signal(signal.SIGINT, before)


class _Run:
    """One run of a plan: which steps are ready, what became of those that were, and the ids bound so far."""

    def __init__(self, plan: Plan, target: Target, journal: Journal, stop: Stop, progress: Callable[..., None]) -> None:
        self._plan = plan
        self._target = target
        self._journal = journal
        self._stop = stop
        self._progress = progress
        self._steps = {step.id: step for step in plan.steps}
        self._place = {step.id: place for place, step in enumerate(plan.steps)}
        self._waiting = {step: plan.graph.in_degree(step) for step in self._steps}
        self._ready: list[int] = []
        self._states: dict[str, str] = {}
        self._errors: dict[str, str] = {}
        self._ids = dict(plan.ids)
        self._made: dict[str, str] = {}
        self._doubtful: frozenset[str] = frozenset()

    def take_over(self, done: Any, begun: frozenset[str]) -> None:
        """Go on where an earlier run stopped."""
        self._doubtful = begun
        for step, ids in done.items():
            self._states[step] = DONE
            self._learn(self._steps[step], ids)

    def run(self, workers: int) -> None:
        """Carry out every step that can be."""
        for done in list(self._states):
            self._release(done)
        for key, missing in self._waiting.items():
            if missing == 0 and key not in self._states:
                heapq.heappush(self._ready, self._place[key])
        if workers == 1:
            while self._ready and not self._stop.is_set():
                step = self._next()
                self._ended(step, *self._carry_out(step))
            return
        with ThreadPoolExecutor(workers, thread_name_prefix="orgkit-apply") as pool:
            running: dict[Future[tuple[str, Any]], Step] = {}
            while (self._ready and not self._stop.is_set()) or running:
                while self._ready and len(running) < workers and not self._stop.is_set():
                    step = self._next()
                    running[pool.submit(self._carry_out, step)] = step
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._ended(running.pop(future), *future.result())

    def _next(self) -> Step:
        return self._plan.steps[heapq.heappop(self._ready)]

    def _carry_out(self, step: Step) -> tuple[str, Any]:
        """Runs in a worker: the state that the step ends in, with its ids or the reason."""
        self._note(step, STARTED)
        try:
            calls = Calls(
                step.id,
                self._target,
                self._journal,
                self._stop,
                doubtful=step.id in self._doubtful,
                account=references.bind(step.account, self._ids),
                role=step.role,
            )
            ids = execute(step.kind, calls, references.bind(dict(step.parameters), self._ids))
        except Stopped:
            return LEFT, None
        except NoReply as error:
            return FAILED, f"AWS did not answer: {error}"
        except OrgkitError as error:
            return FAILED, str(error)
        return DONE, ids

    def _ended(self, step: Step, state: str, outcome: Any) -> None:
        if state == LEFT:
            return
        self._states[step.id] = state
        if state == DONE:
            self._note(step, DONE, outcome)
            self._learn(step, outcome)
            for after in self._release(step.id):
                heapq.heappush(self._ready, self._place[after])
        else:
            self._errors[step.id] = outcome
            self._note(step, FAILED, outcome)
            self._skip_after(step)
        self._progress(step.text, len(self._states), len(self._steps))

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
                    self._note(self._steps[after], SKIPPED, failed.id)
                    waiting.append(after)

    def _learn(self, step: Step, ids: Any) -> None:
        made = dict(zip(step.produces, ids, strict=False))
        self._ids |= made
        self._made |= made

    def _note(self, step: Step, event: str, data: Any = None) -> None:
        self._journal.write(self._target.clock.time(), step.id, event, None, data)

    def answer(self, journal: str | None) -> Applied:
        """The answer, or the error that tells how the run ended and how to go on."""
        results = tuple(
            Result(step.id, step.text, self._states.get(step.id, LEFT), self._errors.get(step.id))
            for step in self._plan.steps
        )
        applied = Applied(self._plan.digest, results, self._made, journal)
        go_on = (
            f"Go on with: orgkit apply --resume --journal {journal}, or apply(…, resume=True)"
            if journal is not None
            else "Plan again and apply: what is done stays done"
        )
        failed = [result for result in results if result.state == FAILED]
        if any(result.state == LEFT for result in results):
            self._journal.end(INTERRUPTED)
            raise Interrupted(f"stopped after {applied.counts[DONE]} of {len(results)} steps", mend=f"{go_on}.")
        if failed:
            self._journal.end(INCOMPLETE)
            shown = "\n  ".join(f"{result.text}: {result.error}" for result in failed[:20])
            skipped = [result for result in results if result.state == SKIPPED]
            after = "".join(f"\n  skipped: {result.text} ({result.error})" for result in skipped[:20])
            raise Incomplete(f"{applied.summary}:\n  {shown}{after}", mend=f"Mend the cause. {go_on}.")
        self._journal.end(FINISHED)
        return applied
