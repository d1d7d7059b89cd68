"""Kill an apply at every single call and resume it: `make crash`; `python -m benchmarks.crash --help` for fewer.

The starter organization is applied by a process of its own, against an embedded AWS that this one serves and
keeps. At the k-th call the applying process ends at once, as by SIGKILL: before the request is sent, or after AWS has
carried it out and before the reply is looked at. The run is then resumed, and what stands is compared with a run that
nobody disturbed: the same tree, and nothing twice.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orgkit
from orgkit.cloud import Target
from orgkit.cloud.server import serve
from orgkit.design import Organization
from orgkit.provision import Plan, apply
from orgkit.provision.execution.journal import last_run
from orgkit.provision.planning.snapshot import snapshot
from orgkit.starter import mended

BEFORE, AFTER = "before it is sent", "after AWS has carried it out"
SECRET: Final = ("CICD_EXTERNAL_ID", "a-secret-that-is-none")  # a role of the starter refers to it
KILLED: Final = -signal.SIGKILL


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


def facts(target: Target) -> dict[str, Any]:
    """What stands, by names: ids differ from one organization to the next."""
    live = orgkit.read(target, design=design())
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


def run_one(folder: Path, call: int, moment: str, workers: int) -> tuple[str, list[str], dict[str, Any], int]:
    """One run that is killed at a call, or never (0), and resumed: the operation, what is wrong, what stands, calls."""
    number = f"{call}-{'before' if moment == BEFORE else 'after'}"
    with serve(state=folder / f"{number}.sandbox") as server, orgkit.connect(f"endpoint:{server.url}") as target:
        plan, journal = folder / f"{number}.json", folder / f"{number}.journal"
        made = orgkit.plan(design(), orgkit.read(target))
        made.save(plan)
        given = {"plan": str(plan), "journal": str(journal), "url": server.url, "call": call, "moment": moment}
        command = [sys.executable, "-m", "benchmarks.crash", "--child", json.dumps(given | {"workers": workers})]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        told = done.stdout.split()
        if call == 0:
            return "", [f"exit code {done.returncode}"] if done.returncode else [], facts(target), int(told[-1])
        wrong = [] if done.returncode == KILLED else [f"exit code {done.returncode} in place of SIGKILL"]
        apply(made, target, approve=made.digest, journal=journal, resume=True, workers=workers)
        past = last_run(journal)
        wrong += [] if past is not None and past.finished else ["the journal does not say that the run finished"]
        if orgkit.plan(design(), orgkit.read(target)).steps:
            wrong.append("a second plan is not empty")
        return told[-1] if told else "?", wrong + doubled(target), facts(target), 0


def disturb(given: dict[str, Any]) -> None:
    """In a process of its own: apply, and end at once at the call that was named."""
    lock, seen = threading.Lock(), [0]

    def count(moment: str, name: str) -> None:
        if moment != given["moment"]:
            return
        with lock:
            seen[0] += 1
            if seen[0] == given["call"]:
                sys.stdout.write(f"{name}\n")
                sys.stdout.flush()
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)  # the signal comes first

    os.environ.setdefault(*SECRET)
    plan = Plan.load(given["plan"])
    with orgkit.connect(f"endpoint:{given['url']}") as target:
        # The clients of all services and accounts are made of one session, and take its hooks along.
        events = target._sessions._session.events
        events.register_first("before-send.*", lambda event_name, **_: count(BEFORE, event_name.split(".")[-1]))
        events.register_first("after-call.*", lambda event_name, **_: count(AFTER, event_name.split(".")[-1]))
        apply(plan, target, approve=plan.digest, journal=given["journal"], workers=given["workers"])
    sys.stdout.write(f"{seen[0]}\n")


def positions(calls: int, every: int) -> list[tuple[int, str]]:
    """Which calls a run is killed at, and when."""
    return [(call, moment) for call in range(1, calls + 1, every) for moment in (BEFORE, AFTER)]


def crash(folder: Path, *, every: int = 1, workers: int = 1, at: list[tuple[int, str]] | None = None) -> list[Outcome]:
    """Kill at every so-manyth call and resume; prints each, and returns how they ended."""
    os.environ.setdefault(*SECRET)
    folder.mkdir(exist_ok=True)
    _, wrong, undisturbed, calls = run_one(folder, 0, BEFORE, workers)
    assert not wrong, wrong
    print(f"an undisturbed apply of the starter: {calls} calls; {workers} at a time", flush=True)
    found = []
    for call, moment in at or positions(calls, every):
        operation, wrong, stands, _ = run_one(folder, call, moment, workers)
        different = [key for key in undisturbed.keys() | stands.keys() if undisturbed.get(key) != stands.get(key)]
        wrong += [f"{key} is not as it should be" for key in sorted(different)]
        found.append(Outcome(call, moment, operation, tuple(wrong)))
        print(f"  {call:>3} {operation:<32} {moment:<30} {'; '.join(wrong) or 'as undisturbed'}", flush=True)
    return found


def main() -> int:
    """Run all of it; exit code 1 where a resumed run did not end as an undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every so-manyth call")
    parser.add_argument("--workers", type=int, default=1, help="steps at a time")
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child is not None:
        disturb(chosen.child)
        return 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = crash(Path(folder), every=chosen.every, workers=chosen.workers)
    bad = [outcome for outcome in found if outcome.wrong]
    print(f"{len(found)} runs killed and resumed in {time.perf_counter() - start:.0f} s: {len(bad)} ended otherwise")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
