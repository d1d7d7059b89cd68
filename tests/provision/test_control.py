"""Pausing a run, letting it go on and stopping it; and what is told of every step as it happens."""

from __future__ import annotations

import os
import signal
import threading
from collections import defaultdict
from pathlib import Path

import pytest

from orgkit.cloud import Faults, connect, read
from orgkit.errors import Incomplete, Interrupted
from orgkit.provision import Control, Event, apply, plan
from orgkit.provision.execution.events import LEFT, PAUSED, RUNNING, STATES
from orgkit.provision.execution.journal import DONE, FAILED, SKIPPED
from tests.cloud.clocks import StillClock
from tests.provision import designs


class Watcher:
    """Writes events down."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.threads: set[threading.Thread] = set()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.threads.add(threading.current_thread())

    @property
    def states(self) -> dict[str | None, list[str]]:
        """The states that each step came into, in their order; under None those of the run."""
        found: dict[str | None, list[str]] = defaultdict(list)
        for event in self.events:
            found[event.step].append(event.state)
        return found

    def ended(self) -> int:
        return sum(event.state == DONE for event in self.events)


@pytest.mark.parametrize("workers", [1, 4])
def test_every_step_is_told_to_begin_and_to_end_in_the_thread_that_applies(workers: int) -> None:
    watcher = Watcher()
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(designs.starter(), read(target))
        apply(made, target, approve=made.digest, watch=watcher, workers=workers)
    states = watcher.states
    states.pop(None, None)
    assert states == {step.id: [RUNNING, DONE] for step in made.steps}
    assert watcher.threads == {threading.current_thread()}
    last = watcher.events[-1]
    assert (last.done, last.total, last.seconds_left) == (len(made), len(made), 0.0)
    assert all(event.state in STATES and event.to_json()["state"] == event.state for event in watcher.events)
    for before, after in made.graph.edges:
        assert order(watcher, before, DONE) < order(watcher, after, RUNNING)


def order(watcher: Watcher, step: str, state: str) -> int:
    return next(place for place, event in enumerate(watcher.events) if (event.step, event.state) == (step, state))


def test_what_failed_and_what_waited_for_it_is_told_with_the_reason() -> None:
    watcher = Watcher()
    broken = Faults(failures=(("aws-networking@company.com", "EMAIL_ALREADY_EXISTS"),))
    with connect("sandbox", clock=StillClock(), faults=broken) as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(Incomplete):
            apply(made, target, approve=made.digest, watch=watcher)
    (failed,) = [event for event in watcher.events if event.state == FAILED]
    assert failed.step == "create_account:aws-networking@company.com"
    assert "EMAIL_ALREADY_EXISTS" in str(failed.error)
    skipped = [event for event in watcher.events if event.state == SKIPPED]
    assert skipped and all("it waits for: create account" in str(event.error) for event in skipped)


class Pausing(Watcher):
    """Pauses when so many steps are done, and in the pause does as it was told."""

    def __init__(self, control: Control, at: int, then: str) -> None:
        super().__init__()
        self.control, self.at, self.then = control, at, then
        self.paused_at: list[int] = []

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        if event.state == DONE and self.ended() == self.at:
            self.control.pause()
        if event.state == PAUSED:
            self.paused_at.append(self.ended())
            running = [states for step, states in self.states.items() if step is not None and states[-1] == RUNNING]
            assert running == []
            if self.then == "another thread lets it go on":
                threading.Thread(target=self.control.resume).start()
            else:
                getattr(self.control, self.then)()


@pytest.mark.parametrize("then", ["resume", "another thread lets it go on"])
@pytest.mark.parametrize("workers", [1, 4])
def test_a_paused_run_begins_no_step_and_then_goes_on_to_its_end(workers: int, then: str) -> None:
    control = Control()
    watcher = Pausing(control, 5, then)
    design = designs.starter()
    with connect("sandbox", clock=StillClock(), faults=Faults(pending_polls=1)) as target:
        made = plan(design, read(target))
        assert apply(made, target, approve=made.digest, stop=control, watch=watcher, workers=workers).complete
        assert plan(design, read(target)).empty
    # Those under way when it was paused end first.
    assert 5 <= watcher.paused_at[0] < 5 + workers
    assert watcher.states[None][:2] == [PAUSED, RUNNING]


@pytest.mark.parametrize("workers", [1, 4])
def test_a_paused_run_that_is_stopped_is_resumed_and_says_what_was_done_already(tmp_path: Path, workers: int) -> None:
    control = Control()
    watcher = Pausing(control, 5, "stop")
    journal = tmp_path / "journal"
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(Interrupted, match="--resume"):
            apply(made, target, approve=made.digest, journal=journal, stop=control, watch=watcher, workers=workers)
        control.pause()
        assert not control.is_paused()  # a stop is for good
        again = Watcher()
        assert apply(None, target, journal=journal, resume=True, watch=again).complete
    done = {step for step, states in watcher.states.items() if states[-1] == DONE}
    told_first = again.events[: len(done)]
    assert {event.step for event in told_first} == done
    assert all(event.state == DONE and event.seconds is None for event in told_first)
    rest = {step: states for step, states in again.states.items() if step not in done and step is not None}
    assert rest == {step.id: [RUNNING, DONE] for step in made.steps if step.id not in done}


def test_a_step_that_a_stop_ends_half_way_is_told_as_left() -> None:
    control = Control()
    watcher = Watcher()

    class Clock(StillClock):
        def sleep(self, seconds: float, /) -> None:
            super().sleep(seconds)
            control.stop()  # while an account is in the making

    with connect("sandbox", clock=Clock(), faults=Faults(pending_polls=3)) as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(Interrupted):
            apply(made, target, approve=made.digest, stop=control, watch=watcher)
    assert [event.step for event in watcher.events if event.state == LEFT] == [watcher.events[-1].step]


def test_ctrl_c_ends_a_paused_run() -> None:
    control = Control()
    control.pause()

    def press(event: Event) -> None:
        if event.state == PAUSED:
            os.kill(os.getpid(), signal.SIGINT)

    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(Interrupted, match="stopped after 0 of"):
            apply(made, target, approve=made.digest, stop=control, watch=press)


def test_seconds_spent_in_a_pause_do_not_make_the_rest_look_longer() -> None:
    clock = StillClock()
    control = Control()
    told: list[Event] = []

    def watch(event: Event) -> None:
        told.append(event)
        if event.state == DONE and event.done == 3:
            control.pause()
        if event.state == PAUSED:
            clock.now += 7200
            control.resume()

    with connect("sandbox", clock=clock) as target:
        made = plan(designs.starter(), read(target))
        apply(made, target, approve=made.digest, stop=control, watch=watch)
    assert max(event.seconds_left for event in told) < 60
