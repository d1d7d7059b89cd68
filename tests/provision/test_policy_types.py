"""Enabling and disabling policy types: begun once, waited for, also where AWS's reply was lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from orgkit.cloud import Faults, connect, read
from orgkit.cloud.faults import LOST, FaultSource
from orgkit.cloud.wire import Request, error_reply
from orgkit.provision import apply, plan
from tests.cloud.clocks import StillClock
from tests.provision import designs


def losing(monkeypatch: pytest.MonkeyPatch, operation: str, answer: Any = LOST) -> Counter[str]:
    """Lose the first reply of an operation, or answer it otherwise; counts how often it is called."""
    calls: Counter[str] = Counter()
    before = FaultSource.before

    def first(self: FaultSource, request: Request) -> Any:
        calls[request.operation] += 1
        if request.operation == operation and calls[operation] == 1:
            return answer(request) if callable(answer) else answer
        return before(self, request)

    monkeypatch.setattr(FaultSource, "before", first)
    return calls


def busy(request: Request) -> Any:
    return error_reply(request, 400, "PolicyChangesInProgressException", "Another type is being changed.")


@pytest.mark.parametrize("answer", [LOST, busy], ids=["the reply is lost", "another type is being changed"])
def test_a_type_is_enabled_and_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    clock = StillClock()
    with connect("sandbox", clock=clock, faults=Faults(pending_polls=3), attempts=1) as target:
        design = designs.starter()
        made = plan(design, read(target))
        calls = losing(monkeypatch, "EnablePolicyType", answer)
        apply(made, target, approve=made.digest)
        types = sum(step.kind == "enable_policy_type" for step in made.steps)
        assert calls["EnablePolicyType"] == types + 1
        assert sum(clock.slept) < 200  # of it two minutes for accounts
        assert plan(design, read(target)).empty


def test_a_type_is_disabled_where_the_reply_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    with connect("sandbox", clock=StillClock(), faults=Faults(pending_polls=3), attempts=1) as target:
        design = designs.starter()
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        design.configure(policy_types=design.settings.policy_types[:1])
        made = plan(design, read(target), remove=["TAG_POLICY"])
        assert [step.kind for step in made.steps] == ["disable_policy_type"]
        calls = losing(monkeypatch, "DisablePolicyType")
        apply(made, target, approve=made.digest)
        assert calls["DisablePolicyType"] == 2
        assert plan(design, read(target)).empty
