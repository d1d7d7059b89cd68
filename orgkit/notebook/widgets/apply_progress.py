"""A plan that is carried out, step by step before one's eyes: how far it is, time left, pause, go on, stop, resume."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, wait
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

from orgkit.errors import Incomplete, InputError, Interrupted
from orgkit.notebook.blocks import Json, button, buttons, cell, fold, gauge, item, items, text, title
from orgkit.notebook.browser import in_notebook
from orgkit.notebook.outline import Branch, Outline
from orgkit.notebook.widgets.panel import Panel, unknown
from orgkit.notebook.widgets.plan_tree import Group
from orgkit.notebook.widgets.run_state import SIGNS, TONES, WAITING, RunState
from orgkit.provision import Control, apply
from orgkit.provision.execution.events import RUNNING
from orgkit.provision.execution.journal import DONE, FAILED, last_run
from orgkit.provision.execution.time_left import in_words

if TYPE_CHECKING:
    from orgkit.cloud import Target
    from orgkit.provision import Applied, Event, Plan
    from orgkit.provision.planning.steps import Step

_LISTED: Final = 50
_TOLD: Final = 0.1  # seconds between two tellings to the browser
_WORTH_SAYING: Final = 0.05  # seconds that a step took
_LOOK: Final = 0.2  # seconds between looks at a Ctrl-C


class ApplyProgress(Panel):
    """Carry out a plan whose digest is approved, and show every step as it happens, with pause, go on and stop.

    `applied = await ApplyProgress(plan, target, approve=review.approved, journal="apply.journal")` in a notebook's
    cell: the buttons work while the cell runs, the kernel's own interrupt stops the run after the calls in flight, and
    what `orgkit.apply` raises is raised. `result()` is the same without await; it keeps a notebook's kernel from
    hearing the buttons. `start()` only begins; so does the button, where it was shown and not awaited. The run is in a
    thread of its own.

    With `resume` the run in the journal goes on, whose plan need not be given again (None); after a stop or a failure
    a button does that. Without a person to
    press anything, the run is the same and its outcome stays as text and HTML.
    """

    def __init__(
        self,
        plan: Plan | None,
        target: Target,
        *,
        approve: str | None = None,
        journal: str | PathLike[str] | None = None,
        resume: bool = False,
        workers: int | None = None,
        interactive: bool | None = None,
    ) -> None:
        super().__init__(interactive=interactive)
        self.plan = plan if plan is not None else _plan_of(journal, resume)
        self.state = RunState(self.plan)
        self._target, self._approve, self._journal = target, approve, journal
        self._resume, self._workers = resume, workers
        self._control = Control()
        self._run: Future[Applied] | None = None
        self._lock = threading.RLock()  # events come in the thread of the run, presses in the kernel's
        self._news = threading.Event()
        self._steps = Outline("steps", "Steps")
        self._display: Any = None

    # ---- the run ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin the run, if it has not begun, and return at once."""
        with self._lock:
            if self._run is None:
                self._begin()

    def result(self) -> Applied:
        """Begin the run if it has not begun, wait until it has ended, and return or raise what `orgkit.apply` does."""
        self.start()
        self._present()
        run = self._running
        try:
            while not run.done():
                try:
                    wait([run], _LOOK)  # in slices, so that Ctrl-C comes through on every system
                except KeyboardInterrupt:
                    if self._control.is_set():
                        raise
                    self._control.stop()
                    self._tell()
            return self._outcome()
        finally:
            self._present_end()

    def __await__(self) -> Generator[Any, None, Applied]:
        return self._finished().__await__()

    async def _finished(self) -> Applied:
        """As `result`, but the notebook's loop goes on, and with it the messages of the buttons."""
        self.start()
        self._present()
        run = self._running
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        run.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))
        try:
            while not run.done():
                try:
                    # In slices, too: a signal may come to another thread, and the loop hears of it when it wakes.
                    await asyncio.wait_for(ended.wait(), _LOOK)
                except TimeoutError:
                    continue
                except asyncio.CancelledError:  # the kernel was interrupted
                    self._control.stop()
                    self._tell()
            return self._outcome()
        finally:
            self._present_end()

    def _outcome(self) -> Applied:
        error = self._running.exception()
        if error is not None:
            raise error.with_traceback(None)  # what a person reads is the message, not the way through the thread
        return self._running.result()

    @property
    def _running(self) -> Future[Applied]:
        assert self._run is not None
        return self._run

    def _begin(self) -> None:
        self._control = Control()
        self.state.begin()
        self._run = Future()
        threading.Thread(target=self._carry_out, args=(self._run,), name="orgkit-run", daemon=True).start()
        threading.Thread(target=self._keep_telling, args=(self._run,), name="orgkit-told", daemon=True).start()
        self._tell()

    def _carry_out(self, run: Future[Applied]) -> None:
        try:
            applied = apply(
                self.plan,
                self._target,
                approve=self._approve,
                journal=self._journal,
                watch=self._watch,
                resume=self._resume,
                stop=self._control,
                workers=self._workers,
            )
        except BaseException as error:  # whatever it is, it is raised where somebody waits for the run
            run.set_exception(error)
        else:
            run.set_result(applied)
        self._tell()

    def _watch(self, event: Event) -> None:
        with self._lock:
            self.state.take(event)
        self._tell()

    def _tell(self) -> None:
        self._news.set()

    def _keep_telling(self, run: Future[Applied]) -> None:
        """Tell the browser what is new, no more often than it can show."""
        while not run.done():
            wait([run], _TOLD)
            if self._news.is_set():
                self._news.clear()
                self._send()
        self._send()

    def _send(self) -> None:
        if "widget" in self.__dict__:
            with self._lock:
                self.widget.send({"blocks": self.blocks()})

    # ---- in a notebook ---------------------------------------------------------------------------

    def _present(self) -> None:
        """Show itself in the cell that waits for the run, unless it stands somewhere already."""
        if self._display is None and in_notebook() and self.interactive:
            from IPython.display import display

            self._display = display(self, display_id=True)

    def _present_end(self) -> None:
        """Leave the outcome in the notebook, also for those who read it without a kernel."""
        if not in_notebook():
            return
        from IPython.display import display

        if self._display is None or self._display is True:
            if not self.interactive:
                display(self)
        else:
            self._display.update(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        self._display = self._display or True
        return super()._repr_mimebundle_(include, exclude)

    # ---- what is shown ---------------------------------------------------------------------------

    @property
    def phase(self) -> str:
        """waiting, running, pausing, paused, stopping, done, failed, stopped or refused."""
        if self._run is None:
            return "waiting"
        if not self._run.done():
            if self._control.is_set():
                return "stopping"
            if self._control.is_paused():
                return "paused" if self.state.paused else "pausing"
            return "running"
        error = self._run.exception()
        if error is None:
            return "done"
        return "stopped" if isinstance(error, Interrupted) else "failed" if isinstance(error, Incomplete) else "refused"

    def blocks(self) -> list[Json]:
        with self._lock:
            presses = self._buttons()
            return [*self._head(), *([buttons(*presses)] if presses else []), *self._now(), *self._end(), self._tree()]

    def still(self) -> list[Json]:
        """How the run stands, every step with what became of it."""
        with self._lock:
            return [*self._head(), *self._now(), *self._end(), self._tree(unfolded=True)]

    def _head(self) -> list[Json]:
        state, phase = self.state, self.phase
        words = f"{state.carried_out:,} of {state.total:,} steps"
        left = in_words(state.seconds_left) if phase in ("running", "pausing", "paused") else ""
        tone = "error" if state.failed else _TONES.get(phase, "warning")
        return [
            title(_PHASES[phase], f"digest {self.plan.digest}", live=True),
            gauge(state.carried_out, state.total, " · ".join(filter(None, (words, left))), tone),
        ]

    def _buttons(self) -> list[Json]:
        stop = button("Stop", {"type": "stop"}, tip="end after the calls in flight; a resume goes on from there")
        match self.phase:
            case "waiting":
                return [button("Begin", {"type": "begin"}, main=True)]
            case "running":
                return [button("Pause", {"type": "pause"}, tip="begin no further step; those under way end"), stop]
            case "pausing" | "paused":
                return [button("Go on", {"type": "continue"}, main=True), stop]
            case "stopped" | "failed" if self._journal is not None:
                return [button("Resume", {"type": "resume"}, main=True, tip="nothing is done twice")]
        return []

    def _now(self) -> list[Json]:
        """What is under way, what failed and what was skipped because of it."""
        state, shown = self.state, []
        if under_way := list(state.among(RUNNING)):
            entries = [item(step.text, sign=self._number(step)) for step in under_way]
            shown += [title("Under way"), items(entries)]
        if failed := list(state.among(FAILED)):
            entries = [
                item(s.text, state.errors.get(s.id, ""), "error", sign=self._number(s)) for s in failed[:_LISTED]
            ]
            shown += [title("Failed", f"{len(failed):,}"), items(entries)]
        for reason, steps in list(state.skipped().items())[:_LISTED]:
            entries = [item(step.text, sign=self._number(step)) for step in steps[:_LISTED]]
            more = [text(f"and {len(steps) - _LISTED:,} more", "quiet")] if len(steps) > _LISTED else []
            shown.append(fold(f"Skipped, {len(steps):,}: {reason}", items(entries), *more))
        return shown

    def _end(self) -> list[Json]:
        """How it ended, and how to go on."""
        run = self._run
        if run is None or not run.done():
            return []
        error = run.exception()
        if error is None:
            return [text(f"{run.result().summary}.", "good", live=True)]
        if isinstance(error, Incomplete | Interrupted):  # what failed stands above
            first = error.what.partition("\n")[0].partition(":")[0]
            return [text(f"{first[:1].upper()}{first[1:]}.\n{error.mend or ''}".strip(), "warning", live=True)]
        return [text(str(error), "error", live=True)]

    def _tree(self, *, unfolded: bool = False) -> Json:
        return self._steps.block([self._group(group) for group in self.state.groups], unfolded=unfolded)

    def _group(self, group: Group) -> Branch:
        counts = self.state.counts[group.id]
        done, bad = counts[DONE], counts[FAILED]
        wrong = [cell(f"{bad:,} failed", "error", number=True)] if bad else [""]
        whole = done == group.count
        return Branch(
            id=group.id,
            sign=SIGNS[DONE if whole else RUNNING if counts[RUNNING] else WAITING],
            cells=[
                cell(group.label, "quiet" if whole else "strong"),
                *wrong,
                cell(f"{done:,} of {group.count:,}", "quiet", number=True),
            ],
            tone="error" if bad else "",
            below=lambda: [
                *(self._step(step) for step in group.steps),
                *(self._group(below) for below in group.below.values()),
            ],
        )

    def _step(self, step: Step) -> Branch:
        state = self.state.state(step)
        took = self.state.seconds.get(step.id, 0.0)
        said = f"{took:.1f} s" if took >= _WORTH_SAYING else state if state != DONE else ""
        return Branch(
            id=step.id,
            sign=SIGNS[state],
            cells=[
                cell(f"{self._number(step)}  {step.text}", TONES.get(state, "")),
                "",
                cell(said, "quiet", number=True),
            ],
            note=self.state.errors.get(step.id, ""),
        )

    def _number(self, step: Step) -> str:
        return str(self.plan.number(step.id))

    # ---- what is pressed -------------------------------------------------------------------------

    def take(self, intent: Mapping[str, Any]) -> Json | None:
        if self._steps.take(intent):
            return None
        kind = intent.get("type")
        do = self._presses.get(kind) if isinstance(kind, str) else None
        if do is None:
            raise unknown(intent)
        with self._lock:
            do(self)
        return None

    def _press_pause(self) -> None:
        self._only("running")
        self._control.pause()

    def _press_continue(self) -> None:
        self._only("pausing", "paused")
        self.state.paused = False
        self._control.resume()

    def _press_stop(self) -> None:
        self._only("running", "pausing", "paused")
        self._control.stop()

    def _press_begin(self) -> None:
        self._only("waiting")
        self._begin()

    def _press_resume(self) -> None:
        self._only("stopped", "failed")
        self._resume = True
        self._begin()

    def _only(self, *phases: str) -> None:
        if self.phase not in phases:
            raise InputError(f"the run is {self.phase}")

    _presses: Final[Mapping[str, Callable[[ApplyProgress], None]]] = {
        "pause": _press_pause,
        "continue": _press_continue,
        "stop": _press_stop,
        "begin": _press_begin,
        "resume": _press_resume,
    }


def _plan_of(journal: str | PathLike[str] | None, resume: bool) -> Plan:
    past = last_run(journal) if resume and journal is not None else None
    if past is None:
        raise InputError("there is no plan to carry out", mend="Make one with orgkit.plan, or resume a run.")
    return past.plan


_TONES: Final = {"waiting": "", "running": "", "done": "good", "failed": "error", "refused": "error"}
_PHASES: Final = {
    "waiting": "Not begun",
    "running": "Carrying out the plan",
    "pausing": "Pausing: the steps under way end first",
    "paused": "Paused",
    "stopping": "Stopping: the calls in flight end first",
    "done": "Done",
    "failed": "Done in part",
    "stopped": "Stopped",
    "refused": "Refused: nothing was done",
}
