"""The time left of a run: told while it is worth saying, never less than AWS's rates allow."""

from __future__ import annotations

from orgkit.cloud import connect
from orgkit.provision.execution.time_left import TimeLeft
from orgkit.provision.planning.steps import Step
from tests.cloud.clocks import StillClock


def creations(count: int) -> list[Step]:
    return [
        Step(id=f"create_account:{number}", kind="create_account", place="", text="create") for number in range(count)
    ]


def test_an_unpaced_run_says_nothing_before_it_knows_how_long_steps_take() -> None:
    clock = StillClock()
    with connect("sandbox", clock=clock) as target:
        steps = creations(100)
        left = TimeLeft(steps, target)
        assert str(left) == ""
        clock.now += 10
        left.ended(steps[0], 10.0)
    assert left.seconds == 990
    assert str(left) == "about 16 min left"


def test_a_paced_run_takes_at_least_what_the_rates_allow() -> None:
    with connect("sandbox", clock=StillClock(), paced=True) as target:
        steps = creations(1000)
        left = TimeLeft(steps, target)
        assert left.seconds >= 1000 / 0.1
        assert str(left).endswith("h left")
        for step in steps[:-1]:
            left.ended(step, 0.0)
        assert str(left) == "about 10 s left"
        left.skipped(steps[-1])
        assert left.seconds == 0
