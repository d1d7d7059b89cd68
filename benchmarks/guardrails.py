"""How fast guardrails of a large organization are read: `python -m benchmarks.guardrails` prints figures and targets.

The organization is generated: 10,000 accounts under 2,000 OUs, 500 policies with half of their statements conditional,
1,500 distinct chains.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from orgkit.design import SCP, Organization
from orgkit.guardrails import Permissions, compare, decide, permissions
from orgkit.policy.catalogue import load_catalogue

ACCOUNTS, OUS, POLICIES, CHAINS = 10_000, 2_000, 500, 1_500
_CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/pipeline-*"]}},
    {"StringEquals": {"aws:PrincipalTag/team": "platform"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"Null": {"aws:RequestTag/CostCenter": "true"}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
)


def generated() -> Organization:
    """The organization to measure."""
    chance = random.Random(2026)
    catalogue = load_catalogue()
    org = Organization()
    org.configure(policy_types=(SCP,))
    for number in range(POLICIES):
        org.add_policy(f"p{number}", json.dumps({"Version": "2012-10-17", "Statement": _statements(chance, catalogue)}))
    # An OU below the root, then some below those; the policies of an OU make its chain, and 500 OUs have none.
    for number in range(OUS):
        parent = "root" if number < 40 else f"ou:{number % 40}"
        org.add_ou(str(number), "root" if parent == "root" else str(number % 40))
    nodes = [ou.id for ou in org.ous()]
    for node in nodes[40 : 40 + CHAINS]:
        for policy in chance.sample(range(POLICIES), chance.randint(1, 3)):
            org.attach(f"p{policy}", node)
    for node in nodes[:40]:
        org.attach(f"p{chance.randrange(POLICIES)}", node)
    for number in range(ACCOUNTS):
        org.add_account(f"a{number}", nodes[40 + number % (OUS - 40)], email=f"a{number}@company.com")
    return org


def _statements(chance: random.Random, catalogue: Any) -> list[dict[str, Any]]:
    found = []
    for index in range(6):
        names = [chance.choice(catalogue.actions) for _ in range(chance.randint(1, 8))]
        patterns = [name if chance.random() < 0.6 else name[: name.index(":") + 4] + "*" for name in names]
        statement: dict[str, Any] = {"Sid": f"S{index}", "Effect": "Deny", "Action": patterns, "Resource": "*"}
        if index % 2:
            statement["Condition"] = chance.choice(_CONDITIONS)
        if chance.random() < 0.1:
            statement["Resource"] = [
                f"arn:aws:{chance.choice(('s3:::', 'iam::*:role/', 'ec2:*:*:instance/'))}guarded-*"
            ]
        if chance.random() < 0.1:
            statement["Action"] = "*"
            statement["Condition"] = _CONDITIONS[0]
        found.append(statement)
    return found


def timed(words: str, target: float, unit: str, run: Callable[[], Any]) -> Any:
    """Run once, print the figure beside its target."""
    start = time.perf_counter()
    answer = run()
    spent = time.perf_counter() - start
    value = spent * 1000 if unit == "ms" else spent
    print(f"{words:62} {value:9.2f} {unit:3} (target {target:g} {unit}; {target / value:.1f} times as fast)")
    return answer


def whole(org: Organization) -> Permissions:
    """The table, down to the last bit set: a cell works its own out when it is first asked."""
    table = permissions(org)
    for cell in {id(one): one for one in table.cells.values()}.values():
        assert not cell.blocked & cell.depends
    return table


def main() -> None:
    """Measure and print."""
    timed("load the catalogue (once a process)", 0.3, "s", load_catalogue)
    start = time.perf_counter()
    org = generated()
    print(f"{org!r} generated in {time.perf_counter() - start:.1f} s; Python {sys.version.split()[0]}")
    answer = timed("permissions: the whole catalogue × all accounts", 2, "s", lambda: whole(org))
    print(f"{'':4}{len({id(cell) for cell in answer.cells.values()}):,} distinct cells")
    after = timed("permissions again, nothing kept but parsed policies", 2, "s", lambda: whole(org))
    assert len(after.cells) == ACCOUNTS
    copy = org.copy()
    copy.move("a7", copy.parent(copy.find("a8")) or "root")
    copy.set("p3", content={"Version": "2012-10-17", "Statement": _statements(random.Random(1), load_catalogue())})
    org.move("a7", org.parent(org.find("a8")) or "root")
    timed("after moving one account", 20, "ms", answer.after)
    org.undo()
    comparison = timed("compare with a policy changed and an account moved", 3, "s", lambda: compare(org, copy))
    timed("its text, with witnesses", 1, "s", lambda: str(comparison))
    print(f"{'':4}{len(comparison)} groups")
    timed("decide, one request", 20, "ms", lambda: decide(org, "a7", "ec2:RunInstances"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MB (target 400 MB)")


if __name__ == "__main__":
    main()
