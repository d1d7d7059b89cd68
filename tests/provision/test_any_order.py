"""Steps that the graph of a plan leaves unordered may run in any order: what must wait has an edge that says so."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import connect, read
from orgkit.design import Organization
from orgkit.provision import Plan, apply
from orgkit.starter import mended
from tests.provision import designs


def shuffled(made: Plan, seed: int) -> Plan:
    """The same plan in another of the orders that its graph allows."""

    def order() -> Iterator[str]:
        chance = random.Random(seed)
        waiting = dict(made.graph.in_degree())
        ready = sorted(step for step, missing in waiting.items() if not missing)
        while ready:
            step = ready.pop(chance.randrange(len(ready)))
            yield step
            for after in made.graph.successors(step):
                waiting[after] -= 1
                if not waiting[after]:
                    ready.append(after)

    steps = {step.id: step for step in made.steps}
    return replace(made, steps=tuple(steps[step] for step in order()))


def rearranged(org: Organization) -> Organization:
    """Another design: OUs moved and renamed, accounts moved, policies exchanged, administrators changed."""
    org = org.copy()
    org.rename("Workloads/Non-Production", "Non-Production-2")
    org.move("Sandbox", "Workloads")
    org.move("app-a-dev", "Infrastructure")
    org.move("app-b-prod", "Security")
    org.detach("production-guardrails", "Workloads/Production")
    org.attach("production-guardrails", "Workloads")
    org.add_policy("no-leave", designs.DENY_LEAVE)
    org.attach("no-leave", "root")
    org.set("sandbox-limits", description="Smaller instances", content=designs.DENY_STOP)
    org.set("Security", tags={"Team": "security"})
    org.add_account("late", "Workloads/Sandbox", email="late@company.com")
    admins = dict(org.settings.delegated_administrators)
    service = "config.amazonaws.com" if "config.amazonaws.com" in org.settings.trusted_access else designs.ADMINS
    org.configure(delegated_administrators=admins | {service: ("log-archive",)})
    return org


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("source", ["starter", "made here"])
def test_any_order_that_the_graph_allows_leads_to_the_same_place(source: str, seed: int) -> None:
    design = mended(orgkit.load("starter")) if source == "starter" else designs.starter()
    with connect("sandbox") as target:
        for wanted in (design, rearranged(design)):
            made = shuffled(plan(wanted, read(target)), seed)
            assert apply(made, target, approve=made.digest).complete
            left = plan(wanted, read(target))
            assert left.empty, str(left)
