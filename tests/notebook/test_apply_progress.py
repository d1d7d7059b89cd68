"""A plan carried out before one's eyes: paused, gone on with, stopped, resumed; without a person; and how it failed."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from orgkit import plan
from orgkit.cloud import Faults, connect, read
from orgkit.errors import Incomplete, InputError, Interrupted, Refused
from orgkit.notebook import ApplyProgress
from orgkit.notebook.blocks import plain
from tests.cloud.clocks import StillClock
from tests.provision import designs


class Gate(StillClock):
    """A clock that the run waits at after some looks, until it is let through: no more happens than is meant."""

    def __init__(self):
        super().__init__()
        self.open = threading.Event()
        self.there = threading.Event()
        self.closed_after = None
        self.looks = 0

    def time(self):
        self.looks += 1
        if self.closed_after is not None and self.looks > self.closed_after:
            self.there.set()
            assert self.open.wait(20)
        return super().time()


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def shown(gate, tmp_path):
    """A run that comes to a gate after some steps."""
    with connect("sandbox", clock=gate) as target:
        made = plan(designs.starter(), read(target))
        gate.closed_after = gate.looks + 60
        yield ApplyProgress(made, target, approve=made.digest, journal=tmp_path / "apply.journal")
        gate.open.set()


def press(panel, kind):
    answer = panel.handle({"type": kind, "number": 1})
    assert "error" not in answer, answer["error"]
    return answer


def told(panel, condition):
    """An event that is set once the panel tells of a state in which a condition holds."""
    come, tell = threading.Event(), panel._tell

    def also():
        tell()
        if condition():
            come.set()

    panel._tell = also
    return come


def labels(panel):
    return [button["label"] for block in panel.blocks() if block["kind"] == "buttons" for button in block["buttons"]]


def test_a_run_ends_with_every_step_done_and_says_so():
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        panel = ApplyProgress(made, target, approve=made.digest)
        assert panel.phase == "waiting" and labels(panel) == ["Begin"]
        assert panel.result().complete and panel.phase == "done" and labels(panel) == []
        assert panel.result().complete  # again, and nothing is done twice
    words = plain(panel.blocks())
    assert words.startswith("Done") and f"{len(made)} of {len(made)} steps" in words


def test_it_is_paused_gone_on_with_and_stopped_and_resumed(shown, gate):
    shown.start()
    assert gate.there.wait(20)
    assert shown.phase == "running" and labels(shown) == ["Pause", "Stop"]
    assert "Under way" in plain(shown.blocks())
    press(shown, "pause")
    assert shown.phase == "pausing" and labels(shown) == ["Go on", "Stop"]
    paused = told(shown, lambda: shown.phase == "paused")
    gate.closed_after = None
    gate.open.set()
    assert paused.wait(20)
    done = shown.state.done
    assert 0 < done < shown.state.total and "Under way" not in plain(shown.blocks())
    press(shown, "stop")
    with pytest.raises(Interrupted, match=f"stopped after {done} of"):
        shown.result()
    assert shown.phase == "stopped" and labels(shown) == ["Resume"]
    assert "orgkit apply --resume" in plain(shown.blocks())
    press(shown, "resume")
    assert shown.result().complete and shown.phase == "done" and shown.state.done == shown.state.total


def test_after_a_pause_it_goes_on_to_the_end(shown, gate):
    shown.start()
    assert gate.there.wait(20)
    press(shown, "pause")
    press(shown, "continue")
    gate.closed_after = None
    gate.open.set()
    assert shown.result().complete


def test_in_a_notebook_it_is_awaited_and_an_interrupt_of_the_kernel_stops_it(shown, gate):
    async def cell():
        running = asyncio.ensure_future(wait_for(shown))
        await asyncio.to_thread(gate.there.wait, 20)
        running.cancel()  # what ipykernel does where it is interrupted
        while shown.phase != "stopping":
            await asyncio.sleep(0)
        gate.closed_after = None
        gate.open.set()
        await running

    async def wait_for(panel):
        return await panel

    with ThreadPoolExecutor(1) as kernel, pytest.raises(Interrupted):
        kernel.submit(lambda: asyncio.run(cell())).result(60)
    assert shown.phase == "stopped"


def test_what_failed_says_why_and_what_waited_for_it_is_told_by_the_reason():
    broken = Faults(failures=(("aws-networking@company.com", "EMAIL_ALREADY_EXISTS"),))
    with connect("sandbox", clock=StillClock(), faults=broken) as target:
        made = plan(designs.starter(), read(target))
        panel = ApplyProgress(made, target, approve=made.digest, interactive=False)
        with pytest.raises(Incomplete):
            panel.result()
    assert panel.phase == "failed" and labels(panel) == []  # without a journal there is nothing to resume
    words = plain(panel.blocks())
    assert "EMAIL_ALREADY_EXISTS" in words and "it waits for: create account networking" in words
    assert "1 failed" in words and f"{len(made)} of {len(made)} steps" not in words
    data, _ = panel._repr_mimebundle_()
    assert data.keys() == {"text/plain", "text/html"} and "EMAIL_ALREADY_EXISTS" in data["text/html"]
    assert all(step.text in data["text/plain"] for step in made.steps)


def test_what_is_refused_is_raised_and_shown():
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        panel = ApplyProgress(made, target)
        with pytest.raises(Refused, match="not approved"):
            panel.result()
    assert panel.phase == "refused" and "the plan is not approved" in plain(panel.blocks())


@pytest.mark.parametrize("kind", ["pause", "continue", "stop", "resume"])
def test_what_cannot_be_pressed_now_is_answered_in_words(kind):
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        panel = ApplyProgress(made, target, approve=made.digest)
        assert panel.handle({"type": kind})["error"] == "the run is waiting"
        assert "knows no" in panel.handle({"type": "dance"})["error"]
        press(panel, "begin")
        assert panel.result().complete


def test_the_tree_of_steps_counts_what_is_done():
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        panel = ApplyProgress(made, target, approve=made.digest)
        before = plain(panel.blocks())
        panel.result()
    panel.handle({"type": "turn", "outline": "steps", "row": "Policies", "open": True})
    after = plain(panel.blocks())
    assert "Policies  (0 of 2)" in before and "✓ Policies  (2 of 2)" in after
    assert "create SERVICE_CONTROL_POLICY sandbox-limits" in after


def test_it_tells_the_browser_no_less_than_the_end(monkeypatch):
    ended = threading.Event()

    def send(message):
        if plain(message["blocks"]).startswith("Done"):
            ended.set()

    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        panel = ApplyProgress(made, target, approve=made.digest, interactive=True)
        monkeypatch.setattr(panel.widget, "send", send)
        panel.result()
    assert ended.wait(20)


def test_odd_messages_are_refused(shown):
    with pytest.raises(InputError):
        shown.take({"type": ["pause"]})
