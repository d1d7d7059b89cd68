"""A run in JupyterLab: the buttons work while the cell runs, and the outcome stays in the notebook."""

from __future__ import annotations

import json
import time

import pytest

# A clock at which the run waits, some looks after each gate, until the file of the next one is there.
SETUP = """
import time
from pathlib import Path
import orgkit
from orgkit.cloud.clock import SystemClock
from orgkit.notebook import ApplyProgress

class Gated(SystemClock):
    looks, passed = 0, 0
    def time(self):
        self.looks += 1
        if self.looks > 40 * (self.passed + 1) and self.passed < 2:
            Path(f"there-{self.passed}").touch()
            while not Path(f"gate-{self.passed}").exists():
                time.sleep(0.01)
            self.passed += 1
        return super().time()

org = orgkit.design.Organization()
org.add_account("main", email="main@x.com", management=True)
for number in range(60):
    org.add_ou(f"unit-{number}")
clock = Gated()
target = orgkit.connect("sandbox", clock=clock)
plan = orgkit.plan(org, orgkit.read(target))
clock.looks = 0
progress = ApplyProgress(plan, target, approve=plan.digest, journal="apply.journal")
"""
RUN = "applied = await progress"


@pytest.fixture
def running(lab, open_notebook, tmp_path):
    """A notebook whose second cell carries out a plan and has come to the first gate."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for i, source in enumerate((SETUP, RUN))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    file = tmp_path / "apply.ipynb"
    file.write_text(json.dumps(content))
    opened = open_notebook(file, finish=False)
    folder = lab.work / tmp_path.name
    come_to(folder / "there-0")
    opened.page.locator(".orgkit-gauge").wait_for()
    yield opened, folder
    for gate in ("gate-0", "gate-1"):
        (folder / gate).touch()  # a run that is not let go on is a kernel that does not end


def come_to(gate):
    end = time.monotonic() + 60
    while not gate.exists():
        assert time.monotonic() < end, f"the run did not come to {gate.name}"


def shows(opened, words):
    opened.page.locator(".orgkit h4", has_text=words).wait_for(timeout=20_000)


def press(opened, label):
    opened.page.locator(".orgkit").get_by_role("button", name=label, exact=True).click()


def test_a_run_is_paused_gone_on_with_stopped_and_resumed_from_its_panel(running):
    opened, folder = running
    press(opened, "Pause")
    shows(opened, "Pausing")
    assert opened.page.locator(".jp-InputPrompt", has_text="[*]").count() == 1  # the cell still runs
    (folder / "gate-0").touch()
    shows(opened, "Paused")
    press(opened, "Go on")
    shows(opened, "Carrying out the plan")
    come_to(folder / "there-1")
    press(opened, "Stop")
    shows(opened, "Stopping")
    (folder / "gate-1").touch()
    opened.page.locator(".orgkit").get_by_text("--resume").first.wait_for()
    opened.page.locator(".jp-OutputArea-output", has_text="Interrupted").first.wait_for()
    press(opened, "Resume")
    shows(opened, "Done")
    assert "61 of 61 steps" in opened.page.locator(".orgkit-gauge").inner_text()


def test_the_interrupt_of_the_kernel_stops_the_run_after_the_calls_in_flight(running):
    opened, folder = running
    opened.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    shows(opened, "Stopping")
    (folder / "gate-0").touch()
    shows(opened, "Stopped")
    opened.page.locator(".jp-OutputArea-output", has_text="Interrupted").first.wait_for()
    cell = opened.cells()[1]
    kinds = {output["output_type"] for output in cell["outputs"]}
    assert kinds == {"display_data", "error"}
    shown = next(output["data"] for output in cell["outputs"] if output["output_type"] == "display_data")
    assert "Stopped" in "".join(shown["text/plain"]) and "text/html" in shown
