"""A run that ends at any call is resumed to the same state, and nothing is done twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.provision import apply, plan
from orgkit.provision.execution.journal import last_run
from tests.cloud.clocks import StillClock
from tests.provision import designs
from tests.provision.test_any_order import rearranged

HOUSE = Path(__file__).parents[2]
BEFORE, AFTER = "before-send.*", "after-call.*"


class Killed(BaseException):
    """What ends a run as the end of its process would: nothing of orgkit catches it."""


@contextmanager
def killed_at(target: Target, call: int, moment: str) -> Iterator[Counter[str]]:
    """End the run at this call of the target's clients; 0 never. Counts the calls that AWS carried out."""
    events: Any = target._sessions._session.events
    seen: Counter[str] = Counter()

    def count(event_name: str, **_: Any) -> None:
        if active and event_name.startswith(moment.split(".", maxsplit=1)[0]):
            seen[event_name.rpartition(".")[2]] += 1
            if seen.total() == call:
                active.clear()
                raise Killed

    active = [True]
    events.register_first(moment, count)
    target._clients.clear()  # clients take the hooks of their session along when they are made
    try:
        yield seen
    finally:
        active.clear()


def shown(org: Organization) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for node in org.subtree():
        entity = org.entity(node)
        policies = sorted(policy.name for policy in org.attached(node))
        facts[org.aws_path(node)] = (entity.name, dict(entity.tags), policies)  # type: ignore[union-attr]
    settings = org.settings
    facts["settings"] = (settings.trusted_access, settings.policy_types, dict(settings.delegated_administrators))
    return facts


def way(tmp_path: Path, first: Organization, second: Organization, call: int, moment: str) -> tuple[Any, int]:
    """Apply two designs, the second killed at a call and resumed: what stands, and how many calls there were."""
    journal = tmp_path / f"{call}-{moment.split('.', maxsplit=1)[0]}"
    with connect("sandbox", clock=StillClock()) as target:
        if first.accounts():
            made = plan(first, read(target))
            apply(made, target, approve=made.digest)
        made = plan(second, read(target))
        with killed_at(target, call, moment) as seen:
            try:
                apply(made, target, approve=made.digest, journal=journal)
                assert call == 0
            except Killed:
                pass
        if call:
            apply(made, target, approve=made.digest, journal=journal, resume=True)
        live = read(target)
        past = last_run(journal)
        assert past is not None and past.finished and past.done.keys() == {step.id for step in made.steps}
        assert plan(second, live).empty
        client = target.client("organizations")
        requests = [
            request
            for page in client.get_paginator("list_create_account_status").paginate()
            for request in page["CreateAccountStatuses"]
        ]
        assert len(requests) == len(live.accounts()) - 1
    return shown(live), seen.total()


def small() -> Organization:
    """Everything that a first apply does, of each a little."""
    org = designs.empty()
    org.configure(policy_types=("SERVICE_CONTROL_POLICY", "TAG_POLICY"), trusted_access=(designs.ADMINS,))
    org.add_policy("no-leave", designs.DENY_LEAVE)
    org.add_ou("Security", tags={"Team": "security"})
    org.add_account("audit", "Security", email="audit@company.com", tags={"Team": "security"})
    org.add_account("archive", email="archive@company.com")
    org.attach("no-leave", "Security")
    org.configure(delegated_administrators={designs.ADMINS: ("audit",)})
    return org


@pytest.mark.parametrize("moment", [BEFORE, AFTER], ids=["before it is sent", "before its reply is seen"])
def test_a_first_apply_killed_at_every_call_is_resumed_to_the_same_state(tmp_path: Path, moment: str) -> None:
    undisturbed, calls = way(tmp_path, Organization(), small(), 0, moment)
    assert calls > 12
    for call in range(1, calls + 1):
        assert way(tmp_path, Organization(), small(), call, moment)[0] == undisturbed, f"killed at call {call}"


@pytest.mark.parametrize("moment", [BEFORE, AFTER], ids=["before it is sent", "before its reply is seen"])
def test_a_change_killed_at_some_calls_is_resumed_to_the_same_state(tmp_path: Path, moment: str) -> None:
    first = designs.starter()
    second = rearranged(first)
    undisturbed, calls = way(tmp_path, first, second, 0, moment)
    for call in range(1 if moment == BEFORE else 3, calls + 1, 11):
        assert way(tmp_path, first, second, call, moment)[0] == undisturbed, f"killed at call {call}"


def test_the_starter_killed_by_a_signal_against_a_server_ends_as_undisturbed() -> None:
    """A sample of `make crash`, which does every call."""
    command = [sys.executable, "-W", "error", "-m", "benchmarks.crash", "--workers", "1", "4"]
    sample = ["4:after", "45:before", "130:after"]
    done = subprocess.run([*command, "--at", *sample], capture_output=True, text=True, check=False, cwd=HOUSE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("as undisturbed") == 2 * len(sample), done.stdout
