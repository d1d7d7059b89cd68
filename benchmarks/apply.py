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
from orgkit.cloud.server import serve
from orgkit.provision import Plan, apply
from orgkit.provision.execution.journal import CALL, Journal, last_run
from orgkit.starter import mended

TARGET = 5.0
# Calls that look at a request until it has ended.
POLLS = ("DescribeCreateAccountStatus", "DescribeStackSetOperation", "DescribePermissionSetProvisioningStatus")


def one(words: str, spec: str, journal: Path | None) -> Plan:
    """Plan and apply the starter on a target; prints how long the apply took."""
    design = mended(orgkit.load(orgkit.STARTER))
    with orgkit.connect(spec) as target:
        plan = orgkit.plan(design, orgkit.read(target, design=design))
        start = time.perf_counter()
        apply(plan, target, approve=plan.digest, journal=journal)
        spent = time.perf_counter() - start
    print(f"{words:56} {spent:6.2f} s (target {TARGET:g} s; {TARGET / spent:.1f} times as fast), {len(plan)} steps")
    return plan


def calls(plan: Plan, journal: Path) -> None:
    """What the journal counted, beside what the steps need: one call each."""
    past = last_run(journal)
    assert past is not None and past.finished
    with Journal(journal) as book:
        made = Counter(entry.operation for entry in book.entries(past.run) if entry.event == CALL)
    needed = Counter(step.operation for step in plan.steps)
    looking = {name: n for name, n in made.items() if name.partition(":")[2].startswith(("List", "Describe", "Get"))}
    polling = sum(n for name, n in looking.items() if name.partition(":")[2] in POLLS)
    writing = made.total() - sum(looking.values())
    print(f"calls that write: {writing} made, {needed.total()} the least possible")
    print(f"calls that look: {sum(looking.values()) - polling}; that poll: {polling}")


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("CICD_EXTERNAL_ID", "a-secret-that-is-none")  # a role of the starter refers to it
    with TemporaryDirectory() as name:
        folder = Path(name)
        one("sandbox, no journal (the first: imports and clients)", "sandbox", None)
        one("sandbox, with a journal", "sandbox", folder / "a.journal")
        one("sandbox:FILE, with a journal", f"sandbox:{folder / 'b.sandbox'}", folder / "b.journal")
        with serve(state=folder / "c.sandbox") as server:
            plan = one(
                "endpoint:URL, with a journal, several at a time", f"endpoint:{server.url}", folder / "c.journal"
            )
        calls(plan, folder / "c.journal")


if __name__ == "__main__":
    main()
