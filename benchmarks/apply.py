"""An apply of the starter organization: seconds on each kind of sandbox, and calls made against the least possible.

Run: python -m benchmarks.apply
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import orgkit
from orgkit.cloud.server import SandboxServer, serve
from orgkit.provision import Event, Plan, apply
from orgkit.provision.execution.journal import CALL, Journal, last_run
from orgkit.starter import mended

TARGET = 5.0
# Why a step of this kind makes more than one call.
WHY = {
    "create_organization": "CreateOrganization does not tell the id of the root",
    "enable_policy_type": "a type is enabled in a while; the root says when",
    "create_account": "an account is made in a while; the request says when",
    "create_service_role": "CreateRole takes no inline policy",
    "enable_ram_sharing": "the service-linked role that sharing needs is made where AWS has not made it",
    "set_guardduty_members": "the id of the detector is asked for",
    "create_stack_instances": "stacks are made in a while; the operation says when, and its results what failed",
    "assign": "an assignment is made in a while; the request says when",
}


def one(words: str, spec: str, journal: Path | None, server: SandboxServer | None = None) -> Plan:
    """Plan and apply the starter on a target; prints how long the apply took, and what was called around its steps."""
    design = mended(orgkit.load(orgkit.STARTER))
    reading: list[Counter[str]] = []

    def watch(_: Event) -> None:
        if server is not None and not reading:
            reading.append(Counter(server.front.calls))

    with orgkit.connect(spec) as target:
        plan = orgkit.plan(design, orgkit.read(target, design=design))
        if server is not None:
            server.front.calls.clear()
        start = time.perf_counter()
        apply(plan, target, approve=plan.digest, journal=journal, watch=watch)
        spent = time.perf_counter() - start
    print(f"{words:56} {spent:6.2f} s (target {TARGET:g} s; {TARGET / spent:.1f} times as fast), {len(plan)} steps")
    if server is not None:
        print(f"calls before the first write: {reading[0].total()} ({', '.join(sorted(reading[0]))})")
        print(f"calls to enter accounts: {server.front.calls['sts:AssumeRole']}, one an account")
    return plan


def calls(plan: Plan, journal: Path) -> None:
    """What the journal counted: one call a step is the least possible, and each one more has its reason."""
    past = last_run(journal)
    assert past is not None and past.finished
    with Journal(journal) as book:
        made = Counter(entry.step for entry in book.entries(past.run) if entry.event == CALL)
    print(f"calls by steps: {made.total()} made; one a step would be {len(plan)}")
    more: Counter[str] = Counter()
    for step in plan.steps:
        more[step.kind] += made[step.id] - 1
    for kind, count in more.items():
        if count:
            print(f"  {count:>3} more by {kind}: {WHY.get(kind, 'not explained')}")


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("CICD_EXTERNAL_ID", "a-secret-that-is-none")  # a role of the starter refers to it
    with TemporaryDirectory() as name:
        folder = Path(name)
        one("sandbox, no journal (the first: imports and clients)", "sandbox", None)
        one("sandbox, with a journal", "sandbox", folder / "a.journal")
        one("sandbox:FILE, with a journal", f"sandbox:{folder / 'b.sandbox'}", folder / "b.journal")
        words, journal = "endpoint:URL, with a journal, several at a time", folder / "c.journal"
        with serve(state=folder / "c.sandbox") as server:
            plan = one(words, f"endpoint:{server.url}", journal, server)
        calls(plan, journal)


if __name__ == "__main__":
    main()
