"""Plans for the tests of the widgets: from nothing, with something to delete, and a large one."""

from __future__ import annotations

from functools import cache

import orgkit
from orgkit import plan
from orgkit.cloud import connect, read
from orgkit.design import Organization
from orgkit.provision import Plan
from orgkit.provision.planning.steps import Step
from orgkit.starter import mended


@cache
def starter() -> Plan:
    """The whole starter organization, where there is none yet."""
    org = mended(orgkit.load("starter"))
    with connect("sandbox") as target:
        return plan(org, read(target, design=org))


def refused() -> Plan:
    """A plan that cannot be applied: the starter with its mistakes."""
    return plan(orgkit.load("starter"), Organization())


def large(accounts: int) -> Plan:
    """Two steps for each account, forty accounts to an OU."""
    steps = []
    for number in range(accounts):
        place = f"unit-{number // 40}/account-{number}"
        name = f"account-{number}"
        steps.append(Step(id=f"create_account:{name}", kind="create_account", place=place, text=f"create {name}"))
        steps.append(Step(id=f"move_account:{name}", kind="move_account", place=place, text=f"move {name}"))
    return Plan(steps=tuple(steps))
