"""Carrying out a plan when AWS is slow, busy or silent, and when somebody stops it."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import orgkit
from benchmarks import crash
from orgkit import plan
from orgkit.cloud import Faults, Target, connect, read
from orgkit.cloud.front import Front
from orgkit.design import Organization
from orgkit.errors import FileError, Incomplete, InputError, Interrupted, Refused
from orgkit.provision import Event, Plan, apply
from orgkit.provision.execution import execute as execution
from orgkit.provision.execution.calls import Calls
from orgkit.provision.execution.execute import EXECUTORS
from orgkit.provision.execution.journal import CALL, Journal, last_run
from orgkit.provision.planning.steps import KINDS
from orgkit.starter import mended
from tests.cloud.clocks import StillClock
from tests.provision import designs


def front(target: Target) -> Front:
    """What stands before the embedded AWS of a target, and counts its calls."""
    found: Front = target._sessions._answer.__self__  # type: ignore[union-attr]
    return found


def carried_out(target: Target, design: Organization) -> Plan:
    made = plan(design, read(target))
    apply(made, target, approve=made.digest)
    return made


def test_every_kind_of_step_can_be_carried_out() -> None:
    assert EXECUTORS.keys() == KINDS.keys()


def test_an_apply_makes_as_few_calls_as_there_are_steps(tmp_path: Path) -> None:
    design = mended(orgkit.load("starter"))
    with connect("sandbox") as target:
        made = plan(design, read(target, design=design))
        apply(made, target, approve=made.digest, journal=tmp_path / "journal")
    with Journal(tmp_path / "journal") as book:
        calls = Counter(entry.operation or "" for entry in book.entries(1) if entry.event == CALL)
    steps = Counter(step.operation for step in made.steps)
    mine = Counter({name: n for name, n in calls.items() if name.startswith("organizations:")})
    extra = mine - steps
    assert extra.pop("organizations:DescribeCreateAccountStatus", 0) <= steps["organizations:CreateAccount"]
    # The id of the root, which CreateOrganization does not tell, and a look at every policy type that is being enabled.
    assert extra == {"organizations:ListRoots": 1 + steps["organizations:EnablePolicyType"]}
    assert not Counter({name: n for name, n in steps.items() if name.startswith("organizations:")}) - mine


def test_work_that_takes_time_is_waited_for_by_the_clock() -> None:
    clock = StillClock()
    with connect("sandbox", clock=clock, faults=Faults(pending_polls=3)) as target:
        design = designs.starter()
        carried_out(target, design)
        assert plan(design, read(target)).empty
    assert sum(clock.slept) > 10


@pytest.mark.parametrize("seed", range(2))
def test_a_busy_aws_doubles_nothing_and_loses_nothing(seed: int) -> None:
    storm = Faults(seed=seed, throttle=0.2, conflicts=0.2, pending_polls=2)
    design = designs.starter()
    with connect("sandbox", clock=StillClock(), faults=storm, attempts=1) as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        live = read(target)
    assert plan(design, live).empty
    emails = [account.email for account in live.accounts()]
    assert len(emails) == len(set(emails)) == len(design.accounts())


@pytest.mark.parametrize("workers", [1, 6])
@pytest.mark.parametrize("seed", range(3))
def test_a_storm_of_faults_ends_in_the_same_state_and_creates_nothing_twice(seed: int, workers: int) -> None:
    storm = Faults(seed=seed, throttle=0.15, conflicts=0.15, timeouts=0.1, lost_replies=0.1, pending_polls=2)
    design = designs.starter()
    with connect("sandbox", clock=StillClock(), attempts=1) as target:
        made = plan(design, read(target))
        front(target).set_faults(storm)
        apply(made, target, approve=made.digest, workers=workers)
        front(target).set_faults(None)
        live = read(target)
        client = target.client("organizations")
        pages = client.get_paginator("list_create_account_status").paginate()
        ended = [status["State"] for page in pages for status in page["CreateAccountStatuses"]]
    assert plan(design, live).empty
    assert ended == ["SUCCEEDED"] * (len(design.accounts()) - 1)


@pytest.mark.parametrize(("seed", "workers"), [(0, 1), (1, 6)])
def test_the_whole_starter_is_built_in_a_storm_as_if_there_were_none(seed: int, workers: int) -> None:
    """Roles, Identity Center, logging, baselines, budgets and security services meet lost replies as well."""
    storm = Faults(seed=seed, throttle=0.15, conflicts=0.15, timeouts=0.1, lost_replies=0.15, pending_polls=2)
    design = mended(orgkit.load("starter"))
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(design, read(target, design=design))

        def begin(_: Event) -> None:
            if front(target)._source is None:
                front(target).set_faults(storm)

        assert apply(made, target, approve=made.digest, workers=workers, watch=begin).complete
        front(target).set_faults(None)
        live = read(target, design=design)
        stands = crash.facts(live)
        assert plan(design, live).empty
        assert not crash.doubled(target)
    with connect("sandbox", clock=StillClock()) as target:
        carried_out(target, design)
        assert stands == crash.facts(read(target, design=design))


def test_a_creation_that_fails_inside_aws_is_tried_again_and_then_given_up() -> None:
    broken = Faults(failures=(("aws-networking@company.com", "INTERNAL_FAILURE"),))
    with connect("sandbox", clock=StillClock(), faults=broken) as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(Incomplete, match="6 attempts"):
            apply(made, target, approve=made.digest)


def test_a_blocked_plan_is_refused_before_the_first_write() -> None:
    design = designs.starter()
    design.configure(limits={"accounts": 3})
    with connect("sandbox") as target:
        made = plan(design, read(target))
        with pytest.raises(Refused, match="the limit is 3"):
            apply(made, target, approve=made.digest)
        assert read(target).settings.organization_id is None


class StopAfter:
    """A token that asks to stop after so many looks at it."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("looks", [1, 20, 45, 70, 90])
def test_a_stopped_run_is_resumed_and_does_nothing_twice(tmp_path: Path, looks: int) -> None:
    journal = tmp_path / "journal"
    design = designs.starter()
    with connect("sandbox", clock=StillClock(), faults=Faults(pending_polls=1)) as target:
        made = plan(design, read(target))
        with pytest.raises(Interrupted, match="--resume"):
            apply(made, target, approve=made.digest, journal=journal, stop=StopAfter(looks))
        assert apply(made, target, journal=journal, resume=True).complete
        live = read(target)
    assert plan(design, live).empty
    assert len(live.accounts()) == len(design.accounts())


def test_ctrl_c_stops_after_the_call_in_flight(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))

        def press(text: str, done: int, total: int) -> None:
            if done == 5:
                os.kill(os.getpid(), signal.SIGINT)

        with pytest.raises(Interrupted) as caught:
            apply(made, target, approve=made.digest, journal=tmp_path / "journal", progress=press)
    assert "stopped after 5 of 37 steps" in str(caught.value)
    assert caught.value.exit_code == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_what_failed_is_tried_again_on_resume(tmp_path: Path) -> None:
    design = designs.starter()
    state = tmp_path / "sandbox"
    broken = Faults(failures=(("aws-networking@company.com", "EMAIL_ALREADY_EXISTS"),))
    with connect(f"sandbox:{state}", faults=broken) as target:
        made = plan(design, read(target))
        with pytest.raises(Incomplete):
            apply(made, target, approve=made.digest, journal=tmp_path / "journal")
    with connect(f"sandbox:{state}") as target:
        apply(made, target, journal=tmp_path / "journal", resume=True)
        assert plan(design, read(target)).empty


def test_a_journal_has_a_row_before_and_after_every_call(tmp_path: Path) -> None:
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        apply(made, target, approve=made.digest, journal=tmp_path / "journal")
    rows = sqlite3.connect(tmp_path / "journal").execute("SELECT step, event FROM entries ORDER BY id").fetchall()
    for place, (step, event) in enumerate(rows):
        if event == "call":
            assert rows[place + 1] == (step, "reply")
    assert Counter(event for _, event in rows)["done"] == len(made)


def test_the_run_of_another_plan_is_not_resumed(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(Interrupted):
            apply(made, target, approve=made.digest, journal=journal, stop=StopAfter(20))
        other = plan(designs.starter(), read(target))
        with pytest.raises(Refused, match=made.digest):
            apply(other, target, journal=journal, resume=True)
        with pytest.raises(InputError, match="no journal"):
            apply(other, target, resume=True)


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to look like something else" * 20)
    with pytest.raises(FileError, match="no journal"):
        Journal(tmp_path / "notes.txt")


class Creations:
    """Stands before a target's calls to make accounts, and counts how many requests are under way at a time."""

    def __init__(self, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
        self.most = self._now = 0
        self.threads: set[str] = set()
        self._lock = threading.Lock()
        real = execution.EXECUTORS["create_account"]

        def create(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
                self.threads.add(threading.current_thread().name)
            time.sleep(0)  # lets the others in
            try:
                return real(calls, parameters)
            finally:
                with self._lock:
                    self._now -= 1

        monkeypatch.setattr(execution, "EXECUTORS", {**execution.EXECUTORS, "create_account": create})


@pytest.mark.parametrize("workers", [2, 8, 20])
def test_independent_steps_run_side_by_side_with_five_creations_at_most(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = designs.starter()
    with connect("sandbox", clock=StillClock(), faults=Faults(pending_polls=2)) as target:
        made = plan(design, read(target))
        creations = Creations(target, monkeypatch)
        applied = apply(made, target, approve=made.digest, workers=workers)
        assert applied.complete
        assert plan(design, read(target)).empty
    assert 1 < creations.most <= min(5, workers)
    assert len(creations.threads) > 1


def test_calls_are_paced_by_the_published_rates_and_the_time_left_is_told() -> None:
    clock = StillClock()
    start = clock.now
    told: list[str] = []
    with connect("sandbox", clock=clock, paced=True) as target:
        made = plan(mended(orgkit.load("starter")), read(target))
        read_for = clock.now - start
        apply(made, target, approve=made.digest, progress=lambda text, done, total: told.append(text))
    # Ten accounts at one in ten seconds, three of them at once.
    assert clock.now - start - read_for >= 70
    assert re.match(r"about \d+ min left; ", told[0])
    assert "left" not in told[-1]


def test_an_empty_plan_is_done_without_an_approval_or_a_call(tmp_path: Path) -> None:
    design = designs.starter()
    with connect("sandbox") as target:
        carried_out(target, design)
        empty = plan(design, read(target))
        calls = front(target).calls
        calls.clear()
        applied = apply(empty, target, journal=tmp_path / "journal")
        assert not calls
    assert applied.complete
    assert str(applied) == "nothing to do"
    past = last_run(tmp_path / "journal")
    assert past is not None and past.finished


def test_applying_twice_is_refused_and_says_so(tmp_path: Path) -> None:
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        apply(made, target, approve=made.digest, journal=tmp_path / "journal")
        with pytest.raises(Refused, match="carried out already"):
            apply(made, target, approve=made.digest, journal=tmp_path / "journal")
        with pytest.raises(Refused, match="has changed since the plan was made"):
            apply(made, target, approve=made.digest)
        # To resume what is done is no harm: it says again what was done.
        assert apply(made, target, journal=tmp_path / "journal", resume=True).complete


def test_an_unfinished_run_is_not_begun_anew(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(Interrupted):
            apply(made, target, approve=made.digest, journal=journal, stop=StopAfter(20))
        with pytest.raises(Refused, match="did not finish"):
            apply(made, target, approve=made.digest, journal=journal)
        assert apply(None, target, journal=journal, resume=True).complete


def test_the_wrong_target_is_refused_by_name(tmp_path: Path) -> None:
    design, journal = designs.starter(), tmp_path / "journal"
    with connect("sandbox", clock=StillClock()) as one, connect("sandbox", clock=StillClock()) as other:
        first = plan(design, read(one))
        apply(first, one, approve=first.digest)
        design.add_ou("Suspended")
        second = plan(design, read(one))
        with pytest.raises(Refused, match="sandbox has no organization"):
            apply(second, other, approve=second.digest)
        other.kind = "aws"
        with pytest.raises(Refused, match="made for sandbox, not for"):
            apply(second, other, approve=second.digest)
        with pytest.raises(Interrupted):
            apply(second, one, approve=second.digest, journal=journal, stop=StopAfter(0))
        with pytest.raises(Refused, match="began on sandbox, not on"):
            apply(None, other, journal=journal, resume=True)
        other.kind = "sandbox"
        with pytest.raises(Refused, match="began on the organization o-"):
            apply(None, other, journal=journal, resume=True)


def test_there_must_be_something_to_apply_or_to_resume(tmp_path: Path) -> None:
    with connect("sandbox") as target:
        with pytest.raises(InputError, match="no plan"):
            apply(None, target)
        with pytest.raises(FileError, match="there is no journal"):
            apply(None, target, journal=tmp_path / "none", resume=True)
        made = plan(designs.starter(), read(target))
        # A run that was killed before it wrote a row is begun by its resumption, if it is approved.
        with pytest.raises(Refused, match="not approved"):
            apply(made, target, journal=tmp_path / "new", resume=True)
        with pytest.raises(InputError, match="no run to resume"):
            apply(None, target, journal=tmp_path / "new", resume=True)
        assert apply(made, target, approve=made.digest, journal=tmp_path / "new", resume=True).complete
