"""How fast one decision is: 4 levels × 3 policies × 6 statements, one core.

Run `python -m benchmarks.policy_engine`. The rates are for one request after another, 5,000 different
ones in turn, and count processor time, so that a busy machine does not blur them.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice

from orgkit import policy

FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
REGIONS = ["eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2"]
SERVICES = ["ec2", "s3", "iam", "kms", "cloudtrail", "config", "guardduty", "lambda", "rds", "organizations"]
VERBS = ["Delete*", "Put*", "Stop*", "Disable*", "Create*", "Update*", "Terminate*"]


def guardrail(rng: random.Random) -> dict[str, object]:
    """Return one policy of six statements in the shapes that organizations publish; no two have the same values."""
    statements: list[dict[str, object]] = []
    for number in range(6):
        services = rng.sample(SERVICES, 3)
        statement: dict[str, object] = {
            "Sid": f"S{number}",
            "Effect": "Deny",
            "Action": [f"{service}:{rng.choice(VERBS)}" for service in services],
            "Resource": "*",
        }
        if number == 0:
            del statement["Action"]
            statement["NotAction"] = ["iam:*", "sts:*", "organizations:*", "cloudfront:*", "route53:*"]
            statement["Condition"] = {
                "StringNotEquals": {"aws:RequestedRegion": [*REGIONS[:3], f"xx-test-{rng.random()}"]}
            }
        elif number == 1:
            statement["Action"] = ["ec2:RunInstances", "ec2:CreateVolume"]
            statement["Resource"] = "arn:aws:ec2:*:*:instance/*"
            statement["Condition"] = {
                "StringNotEqualsIfExists": {"ec2:InstanceType": ["t3.micro", f"t3.{rng.random()}"]}
            }
        elif number == 2:
            statement["Action"] = ["ec2:*", *statement["Action"]]  # type: ignore[misc]
            statement["Condition"] = {
                "ArnNotLike": {
                    "aws:PrincipalArn": ["arn:aws:iam::*:role/app-*", f"arn:aws:iam::*:role/{rng.random()}-*"]
                }
            }
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def chain(seed: int = 7) -> list[list[dict[str, object]]]:
    """Return four levels of three policies: FullAWSAccess and two guardrails, as AWS attaches them."""
    rng = random.Random(seed)
    return [[FULL, guardrail(rng), guardrail(rng)] for _ in range(4)]


def requests(count: int) -> list[dict[str, object]]:
    """Return requests which pass every guardrail, so that every statement that can apply is looked at."""
    return [
        {
            "action": "ec2:RunInstances",
            "resource": f"arn:aws:ec2:eu-west-1:111122223333:instance/i-{number:08x}",
            "principal": f"arn:aws:iam::111122223333:role/app-{number}",
            "context": {"aws:RequestedRegion": "eu-west-1", "ec2:InstanceType": "t3.micro"},
        }
        for number in range(count)
    ]


def rate(ask: Callable[[dict[str, object]], object], asked: list[dict[str, object]], seconds: float = 1.0) -> float:
    """Return calls for each second of processor time: the best of three runs."""
    best = 0.0
    for _ in range(3):
        feed: Iterator[dict[str, object]] = cycle(asked)
        done, start = 0, time.process_time()
        while (spent := time.process_time() - start) < seconds / 3:
            for request in islice(feed, 1000):
                ask(request)
            done += 1000
        best = max(best, done / spent)
    return best


def compile_seconds(levels: list[list[str]]) -> float:
    """Return how long it takes to make a chain ready and answer one request: the best of five."""
    best = float("inf")
    one = requests(1)[0]
    for _ in range(5):
        start = time.process_time()
        policy.compile(levels).outcome(one)
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    """Print the figures against their targets."""
    levels = chain()
    texts = [[json.dumps(document) for document in level] for level in levels]
    compiled = policy.compile(levels)
    asked = requests(5000)
    outcomes = {compiled.outcome(request) for request in asked}
    assert outcomes == {"allowed"}, outcomes
    denied = [{**request, "context": {"aws:RequestedRegion": "sa-east-1"}} for request in asked]
    print("4 levels × 3 policies × 6 statements, ec2:RunInstances, one core")
    for name, value, target in [
        ("outcome, all statements looked at", rate(compiled.outcome, asked), 50_000),
        ("outcome, denied by a region guard", rate(compiled.outcome, denied), 50_000),
        ("decision, reasons on demand", rate(compiled.evaluate, asked), 50_000),
        ("decision, denied, reasons read", rate(lambda one: compiled.evaluate(one).reasons, denied), None),
    ]:
        ratio = f"  {value / target:5.1f} × the target of {target:,}" if target else ""
        print(f"  {name:36} {value:12,.0f} a second{ratio}")
    spent = compile_seconds(texts)
    print(f"  {'compiling the chain from text':36} {spent * 1000:12.2f} ms        {0.005 / spent:5.1f} × under 5 ms")


if __name__ == "__main__":
    main()
