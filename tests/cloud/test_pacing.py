"""AWS's published rates, and staying under them."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from orgkit.cloud import Pacer, Rate, published_rates
from orgkit.cloud.organizations.shapes import service_model
from tests.cloud.clocks import StillClock


def test_eighty_accounts_take_770_seconds_to_submit() -> None:
    assert published_rates()["CreateAccount"].seconds(80) == 770


def test_every_rate_is_of_an_operation_that_exists() -> None:
    assert set(published_rates()) <= set(service_model().operation_names)


def test_a_pacer_lets_a_burst_through_and_then_waits() -> None:
    clock = StillClock()
    pacer = Pacer(clock)
    assert [round(pacer.wait("CreateAccount"), 6) for _ in range(5)] == [0, 0, 0, 10, 10]


def test_what_has_no_rate_is_never_held_back() -> None:
    pacer = Pacer(StillClock(), {})
    assert [pacer.wait("CreateAccount") for _ in range(50)] == [0] * 50


@given(st.floats(0.05, 20), st.integers(1, 30), st.integers(1, 60))
def test_waiting_keeps_to_the_rate_and_wastes_no_time(per_second: float, burst: int, calls: int) -> None:
    clock = StillClock(0.0)
    pacer = Pacer(clock, {"X": Rate(per_second, burst)})
    for _ in range(calls):
        pacer.wait("X")
    least = Rate(per_second, burst).seconds(calls)
    assert abs(clock.now - least) < 1e-6 * (1 + least)


def test_threads_share_the_tokens() -> None:
    clock = StillClock()
    pacer = Pacer(clock, {"X": Rate(1, 5)})
    taken: list[bool] = []
    threads = [threading.Thread(target=lambda: taken.append(pacer.take("X"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(True) == 5
