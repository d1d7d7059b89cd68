"""Planning and applying: seconds for large organizations, and calls made against the least possible.

Run: python benchmarks/provision.py
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from orgkit import plan
from orgkit.cloud import connect, read
from orgkit.design import SCP, Account, Edit, Organization, OrganizationalUnit, Policy, Settings, load
from orgkit.design.changes import Add, Attach, Change, Replace
from orgkit.provision import Plan, apply
from orgkit.starter import design as starter
from orgkit.starter import mended

ACCOUNTS, OUS, POLICIES = 10_000, 2_000, 50


def large(shift: int = 0) -> Organization:
    """10,000 accounts in 2,000 OUs, every fourth with a guardrail; `shift` puts every tenth account elsewhere."""
    policies = [_policy(number) for number in range(POLICIES)]
    changes: list[Change] = [Add(policy) for policy in policies]
    changes.append(Add(Account(id="account:m", handle="m", name="m", email="m@x.com", management=True), "root"))
    ids: list[str] = []
    for number in range(OUS):
        parent = "root" if number < 20 else ids[(number - 20) // 10]
        path = f"o{number}" if parent == "root" else f"{parent[3:]}/o{number}"
        name = f"o{number}"
        ou = OrganizationalUnit(id=f"ou:{path}", handle=name, name=name, declared=frozenset({"policies"}))
        ids.append(ou.id)
        changes.append(Add(ou, parent))
        if number % 4 == 0:
            changes.append(Attach(policies[number % POLICIES].id, ou.id))
    for number in range(ACCOUNTS):
        name = f"a{number}"
        account = Account(id=f"account:{name}", handle=name, name=name, email=f"{name}@x.com", tags={"T": "1"})
        changes.append(Add(account, ids[(number + (shift if number % 10 == 0 else 0)) % OUS]))
    declared = frozenset({"policy_types", "limits"})
    org = Organization(settings=Settings(policy_types=(SCP,), limits={"accounts": 50_000}, declared=declared))
    org.perform(Edit("build", tuple(changes)))
    return org.copy()


def _policy(number: int) -> Policy:
    deny = {"Effect": "Deny", "Action": ["organizations:Leave*", f"ec2:Delete{number}*"], "Resource": "*"}
    content = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    return Policy(id=f"policy:p{number}", handle=f"p{number}", name=f"p{number}", type=SCP, content=content)


def as_live(org: Organization) -> Organization:
    """The same with the ids that AWS gives."""
    entities = [org.root, *org.ous(), *org.accounts(), *org.policies()]
    org.perform(Edit("ids", tuple(Replace(one, replace(one, aws_id=f"id:{one.id}")) for one in entities)))
    org.configure(organization_id="o-abcdefghij")
    return org.copy()


def timed(what: str, make: Callable[[], Plan]) -> None:
    start, used = time.perf_counter(), time.process_time()
    made = make()
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    print(f"{what:<42} {wall:6.2f} s ({cpu:.2f} s of processor), {len(made)} steps")


def calls_of_an_apply() -> None:
    """The starter organization in the sandbox: seconds, and the journal's calls against the least possible."""
    with TemporaryDirectory() as folder, connect("sandbox") as target:
        design = mended(load(starter()))
        made = plan(design, read(target))
        journal = Path(folder) / "journal"
        start = time.perf_counter()
        apply(made, target, approve=made.digest, journal=journal)
        print(f"apply of the starter organization: {time.perf_counter() - start:.2f} s, {len(made)} steps")
        with closing(sqlite3.connect(journal)) as db:
            rows = db.execute("SELECT operation FROM entries WHERE event = 'call'").fetchall()
        names = [name.rpartition(":")[2] for (name,) in rows]
        looks = sum(name.startswith(("Describe", "List", "Get")) for name in names)
        print(f"calls that write: {len(names) - looks} made, {len(made)} needed; looking and polling: {looks}")


def main() -> None:
    design = large()
    live, other = as_live(large()), as_live(large(shift=7))
    timed("plan: nothing to do", lambda: plan(design, live))
    timed("plan: 1,000 moves, first (loads the catalogue)", lambda: plan(design, other))
    timed("plan: 1,000 moves", lambda: plan(design, other))
    guarded = large()
    unguarded = [ou.id for ou in guarded.ous() if not guarded.attached(ou.id, implied=False)]
    for number, ou in enumerate(["root"] * 5 + unguarded[:300]):
        guarded.attach(f"policy:p{number % POLICIES}", ou)
    timed("plan: 5 guardrails at the root, 300 below", lambda: plan(guarded, live))
    timed("plan: everything is new", lambda: plan(design, Organization()))
    calls_of_an_apply()


if __name__ == "__main__":
    main()
