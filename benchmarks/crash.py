"""Kill an apply at every single call and resume it: `make crash`; `python -m benchmarks.crash --help` for fewer.

The starter organization is applied by a process of its own, against an embedded AWS that another process serves and
keeps. At the k-th call the applying process is killed by SIGKILL: before the request is sent, or after AWS has carried
it out and before the reply is looked at. A third process resumes the run, and what stands is compared with a run that
nobody disturbed: the same tree, and nothing twice.

Importing, AWS's service models and what policies mean take longer than a run. One parent has done all that, without a
thread and without a connection, and forks the process of every run; the server begins each with a new AWS.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orgkit
from orgkit.cloud import Target
from orgkit.cloud.clock import SystemClock
from orgkit.cloud.embedded import EmbeddedAws
from orgkit.cloud.server import serve
from orgkit.cloud.sessions import Sessions
from orgkit.design import Organization
from orgkit.provision import Plan, apply
from orgkit.provision.execution.journal import last_run
from orgkit.provision.planning.snapshot import snapshot
from orgkit.starter import mended

BEFORE, AFTER = "before it is sent", "after AWS has carried it out"
MOMENTS: Final = {"before": BEFORE, "after": AFTER}
SECRET: Final = ("CICD_EXTERNAL_ID", "a-secret-that-is-none")  # a role of the starter refers to it
KILLED: Final = -signal.SIGKILL
# botocore's names of the services that the starter is made of; their models are read before the first fork.
SERVICES: Final = (
    *("account", "budgets", "ce", "cloudformation", "cloudtrail", "config", "ec2", "guardduty", "iam", "identitystore"),
    *("organizations", "ram", "s3", "s3control", "securityhub", "sso-admin", "sts"),
)


@dataclass(frozen=True)
class Outcome:
    """How one killed and resumed run ended; `wrong` is empty where it ended as an undisturbed one does."""

    call: int
    moment: str
    operation: str
    wrong: tuple[str, ...]


def design() -> Organization:
    """The starter; its policies keep some mistakes that a plan refuses, so as they should read."""
    return mended(orgkit.load(orgkit.STARTER))


# ---- what stands ---------------------------------------------------------------------------------


def facts(live: Organization) -> dict[str, Any]:
    """What stands, by names: ids differ from one organization to the next."""
    text = json.dumps(snapshot(live), sort_keys=True)
    for entity in live.entities():
        if entity.aws_id is not None:
            text = text.replace(entity.aws_id, f"<{live.aws_path(entity.id)}>")
    text = text.replace(str(live.settings.organization_id), "<organization>")
    found: dict[str, Any] = _sorted(json.loads(text))
    return found


# Ids of things that are no part of the organization's tree: groups, detectors.
_IDS: Final = frozenset({"id", "detector"})


def _sorted(value: Any) -> Any:
    """The same with lists in the order of their items, which was that of the ids."""
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in sorted(value.items()) if key not in _IDS}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def doubled(target: Target) -> list[str]:
    """What is there more than once, or was asked for more often than it is there."""
    client = target.client("organizations")
    accounts = [a for page in client.get_paginator("list_accounts").paginate() for a in page["Accounts"]]
    emails = [account["Email"] for account in accounts]
    wrong = [f"{email} is there {emails.count(email)} times" for email in set(emails) if emails.count(email) > 1]
    pages = client.get_paginator("list_create_account_status").paginate()
    requests = [request for page in pages for request in page["CreateAccountStatuses"]]
    if len(requests) != len(accounts) - 1:  # the management account was not created
        wrong.append(f"{len(requests)} requests for {len(accounts) - 1} accounts")
    return wrong


# ---- processes -----------------------------------------------------------------------------------


def forked(work: Callable[[IO[str]], None]) -> tuple[int, str]:
    """Do the work in a process of its own: how that ended, and what it wrote."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        gc.disable()  # it ends before it would be worth it
        os.close(reading)
        with _ending(), os.fdopen(writing, "w", buffering=1) as out:
            work(out)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text


@contextmanager
def _ending() -> Iterator[None]:
    """Ends the process with the block, without what its parent would do at its own end."""
    code = 1
    try:
        yield
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


class Server:
    """The embedded AWS in a process of its own, which lives through the ends of those that call it."""

    def __init__(self, child: int, asking: IO[str], told: IO[str]) -> None:
        self._child, self._asking, self._told = child, asking, told
        self.url = told.readline().strip()

    def begin_anew(self) -> None:
        """Serve an AWS without an organization, and forget the one before."""
        self._asking.write("anew\n")
        if self._told.readline() != "done\n":
            raise RuntimeError("the server has ended")

    def standing(self) -> tuple[list[str], dict[str, Any]]:
        """What is wrong with what stands, and the facts of it."""
        self._asking.write("standing\n")
        wrong, found = json.loads(self._told.readline())
        return wrong, found

    def stop(self) -> None:
        """End the process."""
        self._asking.close()
        self._told.close()
        os.waitpid(self._child, 0)


@contextmanager
def served() -> Iterator[Server]:
    """A server, forked while this process has no thread; it ends with the block, or with this process."""
    (hearing, asking), (reading, telling) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(asking)
        os.close(reading)
        with _ending(), os.fdopen(hearing) as heard, os.fdopen(telling, "w", buffering=1) as told:
            _serve(heard, told)
    os.close(hearing)
    os.close(telling)
    with os.fdopen(asking, "w", buffering=1) as ask, os.fdopen(reading) as told:
        server = Server(child, ask, told)
        try:
            yield server
        finally:
            server.stop()


def warm_up() -> None:
    """Do all of it once within this process: what is imported and worked out now is there in every fork."""
    wanted = design()
    with orgkit.connect("sandbox") as target:
        plan = orgkit.plan(wanted, orgkit.read(target))
        apply(plan, target, approve=plan.digest)
        orgkit.plan(wanted, orgkit.read(target, design=wanted))
    gc.collect()
    gc.freeze()  # what is here stays, and is looked through by no child


def _serve(asked: IO[str], told: IO[str]) -> None:
    clock, wanted = SystemClock(), design()
    with serve(clock=clock) as server:
        told.write(f"{server.url}\n")
        inside = Sessions("us-east-1", answer=server.front.answer)
        for word in asked:
            if word == "anew\n":
                server.front.replace(EmbeddedAws(clock), clock)
                told.write("done\n")
                continue
            target = Target("sandbox", "endpoint", inside, clock, paced=False)
            live = orgkit.read(target, design=wanted)
            wrong = ["a second plan is not empty"] if orgkit.plan(wanted, live).steps else []
            told.write(f"{json.dumps([wrong + doubled(target), facts(live)])}\n")


class Trap:
    """Counts the calls of a target's clients, and kills the process at one of them."""

    def __init__(self, target: Target) -> None:
        self.seen = 0
        self._call, self._moment = 0, BEFORE
        self._out: IO[str] | None = None
        self._lock = threading.Lock()
        # The clients of all services and accounts are made of one session, and take its hooks along.
        events = target._sessions._session.events
        events.register_first("before-send.*", lambda event_name, **_: self._count(BEFORE, event_name))
        events.register_first("after-call.*", lambda event_name, **_: self._count(AFTER, event_name))

    def arm(self, call: int, moment: str, out: IO[str]) -> None:
        """Kill at this call, 0 never, and write its name first."""
        self._call, self._moment, self._out = call, moment, out

    def _count(self, moment: str, event_name: str) -> None:
        if moment != self._moment:
            return
        with self._lock:
            self.seen += 1
            if self.seen == self._call and self._out is not None:
                self._out.write(event_name.rsplit(".", maxsplit=1)[-1])
                self._out.flush()
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)  # the signal comes first


# ---- runs ----------------------------------------------------------------------------------------


class Harness:
    """What every run needs and none has to make again: the server, a target, and the plan."""

    def __init__(self, server: Server, target: Target) -> None:
        self.server = server
        self.target = target
        self.trap = Trap(target)
        code, text = forked(self._write_plan)
        assert code == 0
        self.plan = Plan.from_json(json.loads(text))
        for service in SERVICES:
            target.client(service, once=True)

    def _write_plan(self, out: IO[str]) -> None:
        json.dump(orgkit.plan(design(), orgkit.read(self.target)).to_json(), out)

    def apply(self, journal: Path, call: int, moment: str, workers: int) -> tuple[int, str]:
        """Apply, and be killed at this call: the exit code, and the operation or the number of calls."""

        def work(out: IO[str]) -> None:
            self.trap.arm(call, moment, out)
            apply(self.plan, self.target, approve=self.plan.digest, journal=journal, workers=workers)
            out.write(str(self.trap.seen))

        return forked(work)

    def resume(self, journal: Path, workers: int) -> list[str]:
        """Go on with a run; what is wrong with how that ended."""

        def work(_: IO[str]) -> None:
            # A run that was killed before its first row is begun by its resumption, as it is approved.
            apply(self.plan, self.target, approve=self.plan.digest, journal=journal, resume=True, workers=workers)

        code, _ = forked(work)
        past = last_run(journal)
        wrong = [f"exit code {code} of the resumption"] if code else []
        return wrong + ([] if past is not None and past.finished else ["the journal has no run that finished"])


def crash(
    folder: Path, harness: Harness, *, every: int = 1, workers: int = 1, at: list[tuple[int, str]] | None = None
) -> list[Outcome]:
    """Kill at every so-manyth call, or at those of `at`, and resume; prints each, and returns how they ended."""
    journal = folder / f"undisturbed-{workers}"
    harness.server.begin_anew()
    code, calls = harness.apply(journal, 0, BEFORE, workers)
    assert code == 0
    wrong, undisturbed = harness.server.standing()
    assert not wrong, wrong
    print(f"an undisturbed apply of the starter: {calls} calls; {workers} at a time", flush=True)
    found = []
    for call, moment in at or positions(int(calls), every):
        journal = folder / f"{workers}-{call}-{moment}"
        harness.server.begin_anew()
        code, operation = harness.apply(journal, call, moment, workers)
        wrong = [] if code == KILLED else [f"exit code {code} in place of SIGKILL"]
        wrong += harness.resume(journal, workers)
        more, stands = harness.server.standing()
        different = [key for key in undisturbed.keys() | stands.keys() if undisturbed.get(key) != stands.get(key)]
        wrong += more + [f"{key} is not as it should be" for key in sorted(different)]
        found.append(Outcome(call, moment, operation, tuple(wrong)))
        print(f"  {call:>3} {operation:<32} {moment:<30} {'; '.join(wrong) or 'as undisturbed'}", flush=True)
    return found


def positions(calls: int, every: int) -> list[tuple[int, str]]:
    """Which calls a run is killed at, and when."""
    return [(call, moment) for call in range(1, calls + 1, every) for moment in (BEFORE, AFTER)]


def position(text: str) -> tuple[int, str]:
    """A call and a moment as they are written, `45:before`."""
    call, _, moment = text.partition(":")
    return int(call), MOMENTS[moment]


def main() -> int:
    """Run all of it; exit code 1 where a resumed run did not end as an undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every so-manyth call")
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="steps at a time; several are run in turn")
    parser.add_argument("--at", type=position, nargs="+", metavar="CALL:before|after", help="only these: 45:after")
    chosen = parser.parse_args()
    os.environ.setdefault(*SECRET)
    found: list[Outcome] = []
    warm_up()
    with (
        tempfile.TemporaryDirectory() as folder,
        served() as server,
        orgkit.connect(f"endpoint:{server.url}") as target,
    ):
        harness = Harness(server, target)
        start = time.perf_counter()
        for workers in chosen.workers:
            found += crash(Path(folder), harness, every=chosen.every, workers=workers, at=chosen.at)
    bad = [outcome for outcome in found if outcome.wrong]
    spent = time.perf_counter() - start
    print(
        f"{len(found)} runs killed and resumed in {spent:.0f} s ({spent / max(1, len(found)):.1f} s each): "
        f"{len(bad)} ended otherwise"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
