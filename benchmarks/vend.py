"""Vend 50 accounts from a list with two killed runs in between: `python -m benchmarks.vend [--accounts N]`.

A process of its own vends, against an embedded AWS that this one serves. It ends as by SIGKILL right after a row of
the journal is written, which is before or after a call to AWS. The same list is then vended again: with the journal,
which resumes the run, and without it, where only what stands in AWS tells how far it came.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orgkit
from orgkit.cloud import Faults
from orgkit.cloud.server import serve
from orgkit.design.contacts import CONTACT_SERVICE, Contact
from orgkit.design.sections import Assignment
from orgkit.starter import mended

OU = "Workloads/Non-Production"
TAGS = {"Environment": "development", "Team": "many", "Project": "many"}


def design(accounts: int, *, around: bool) -> orgkit.design.Organization:
    """The starter with room for the accounts; with `around` each of them is to get a role, two assignments, a baseline
    with its settings and a contact too, without it only what stands in the list.
    """
    org = mended(orgkit.load(orgkit.STARTER))
    if not around:
        org.configure(limits={"accounts": accounts + 20}, access=None, logging=None, baselines={})
        return org
    access = org.settings.access
    assert access is not None
    to_the_ou = Assignment(group="platform", permission_set="developer", to=(OU,))
    role = replace(access.roles["cicd-deploy-role"], to=("Workloads",))
    org.configure(
        limits={"accounts": accounts + 20},
        trusted_access=(*org.settings.trusted_access, CONTACT_SERVICE),
        access=replace(access, assignments=(*access.assignments, to_the_ou), roles={role.name: role}),
        contacts={"security": Contact(name="On Call", title="Security", email="sec@company.com", phone="+49 30 1")},
    )
    return org


def write_list(path: Path, accounts: int) -> None:
    """A list of so many accounts."""
    columns = ",".join(f"tag:{key}" for key in TAGS)
    rows = [f"many-{n},many-{n}@company.com,{OU},100 USD,{','.join(TAGS.values())}" for n in range(accounts)]
    path.write_text("\n".join([f"name,email,ou,budget,{columns}", *rows, ""]))


def run(
    folder: Path, accounts: int, kills: Sequence[int], *, journal: bool, polls: int = 0, around: bool = False
) -> tuple[Counter[str], list[str]]:
    """Vend so many accounts; the n-th attempt is killed after so many rows of its journal. Creations are in
    progress for so many `polls`. Returns what became of the attempts, and what is wrong at the end.
    """
    file, listed, book = folder / "org.yaml", folder / "accounts.csv", folder / "vend.journal"
    write_list(listed, accounts)
    ended: Counter[str] = Counter()
    limits = {"accounts": accounts + 20}
    with (
        serve(limits=limits, faults=Faults(pending_polls=polls)) as server,
        orgkit.connect(f"endpoint:{server.url}") as target,
    ):
        org = design(accounts, around=around)
        plan = orgkit.plan(org, orgkit.read(target))
        orgkit.apply(plan, target, approve=plan.digest)
        orgkit.save(org, file)
        digest = None
        for rows in (*kills, 0):
            if digest is None or not journal:
                book.unlink(missing_ok=True)
                digest = orgkit.vend(file, listed, target).digest
            given = {"file": str(file), "list": str(listed), "journal": str(book), "url": server.url}
            task = json.dumps(given | {"approve": digest, "rows": rows})
            done = subprocess.run([sys.executable, "-m", "benchmarks.vend", "--child", task], check=False)
            ended["killed" if done.returncode == -signal.SIGKILL else f"exit {done.returncode}"] += 1
        client = target.client("organizations")
        pages = client.get_paginator("list_accounts").paginate()
        emails = Counter(account["Email"] for page in pages for account in page["Accounts"])
        wrong = [f"{email} is there {number} times" for email, number in emails.items() if number > 1]
        mine = [email for email in emails if email.startswith("many-")]
        wrong += [f"{len(mine)} accounts, not {accounts}"] if len(mine) != accounts else []
        recorded = orgkit.load(file)
        left = orgkit.plan(recorded, orgkit.read(target))
        wrong += [f"left to do: {step.text}" for step in left.steps]
        count = sum(account.handle.startswith("many-") for account in recorded.accounts())
        wrong += [f"{count} accounts in org.yaml"] if count != accounts else []
    return ended, wrong


def child(task: dict[str, Any]) -> int:
    """Vend, and die after so many rows of the journal."""
    from orgkit.provision.execution.journal import Journal

    written, count = Journal.write, 0

    def write(self: Journal, *row: Any, **more: Any) -> None:
        nonlocal count
        written(self, *row, **more)
        count += 1
        if count == task["rows"]:
            os.kill(os.getpid(), signal.SIGKILL)

    Journal.write = write  # type: ignore[method-assign]
    with orgkit.connect(f"endpoint:{task['url']}") as target:
        vending = orgkit.vend(task["file"], task["list"], target, approve=task["approve"], journal=task["journal"])
    return 0 if vending.complete else 3


def main() -> int:
    """Print what was measured; 1 where an account is missing or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child is not None:
        return child(json.loads(args.child))
    bad = False
    os.environ.setdefault("CICD_EXTERNAL_ID", "only-for-a-benchmark")
    for journal in (True, False):
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            kills = (args.accounts * 3, args.accounts * 4)
            ended, wrong = run(Path(folder), args.accounts, kills, journal=journal, polls=1, around=True)
        how = "resumed from its journal" if journal else "found in AWS alone"
        print(
            f"{args.accounts} accounts, {dict(ended)}, {how}: {'; '.join(wrong) or 'none missing, none doubled'}",
            end="",
        )
        print(f" ({time.perf_counter() - start:.1f} s)")
        bad = bad or bool(wrong)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
