"""The whole way in the embedded AWS: read, plan, apply, read back, and an empty second plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgkit.cloud import connect, read
from orgkit.errors import Incomplete, Refused
from orgkit.provision import Plan, apply, plan
from tests.provision import designs


def test_what_was_applied_is_read_back_and_the_second_plan_is_empty(tmp_path: Path) -> None:
    design = designs.starter()
    with connect("sandbox") as target:
        first = plan(design, read(target))
        applied = apply(first, target, approve=first.digest, journal=tmp_path / "journal")
        live = read(target)
    assert applied.complete
    assert len(applied.results) == len(first)
    assert {live.path(a.id) for a in live.accounts()} == {design.path(a.id) for a in design.accounts()}
    assert live.account("app-a-prod").tags == design.account("app-a-prod").tags
    assert [p.name for p in live.attached(live.find("Workloads/Production"), implied=False)] == [
        "production-guardrails"
    ]
    assert live.settings.delegated_administrators == {
        designs.ADMINS: ("security-audit",),
        "securityhub.amazonaws.com": ("security-audit",),
    }
    second = plan(design, live)
    assert second.empty
    assert not second
    assert str(second).startswith("nothing to do")


def test_a_live_organization_planned_against_itself_needs_nothing() -> None:
    with connect("sandbox") as target:
        first = plan(designs.starter(), read(target))
        apply(first, target, approve=first.digest)
        live = read(target)
    again = plan(live, live)
    assert again.empty
    assert not again.unmanaged
    assert not again.held


def test_the_digest_is_the_same_over_a_new_sandbox() -> None:
    digests = set()
    for _ in range(2):
        with connect("sandbox") as target:
            digests.add(plan(designs.starter(), read(target)).digest)
    assert len(digests) == 1


def test_nothing_is_done_without_the_digest_that_was_reviewed() -> None:
    with connect("sandbox") as target:
        first = plan(designs.starter(), read(target))
        for approval in (None, "0" * 20):
            with pytest.raises(Refused, match=first.digest):
                apply(first, target, approve=approval)
        assert read(target).settings.organization_id is None


def test_a_live_organization_that_changed_since_the_plan_is_refused_with_the_difference() -> None:
    with connect("sandbox") as target:
        first = plan(designs.starter(), read(target))
        apply(first, target, approve=first.digest)
        design = designs.starter()
        design.add_ou("Suspended")
        late = plan(design, read(target))
        root = target.client("organizations").list_roots()["Roots"][0]["Id"]
        target.client("organizations").create_organizational_unit(ParentId=root, Name="By hand")
        with pytest.raises(Refused, match="OU By hand is new"):
            apply(late, target, approve=late.digest)
        assert "Suspended" not in {ou.name for ou in read(target).ous()}


def test_a_saved_plan_is_the_same_plan_and_can_be_applied(tmp_path: Path) -> None:
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        made.save(tmp_path / "plan.json")
        loaded = Plan.load(tmp_path / "plan.json")
        assert str(loaded) == str(made)
        assert loaded.digest == made.digest
        assert set(loaded.graph.edges) == set(made.graph.edges)
        assert apply(loaded, target, approve=made.digest).complete


def test_a_failed_step_skips_what_waits_for_it_and_the_rest_goes_on() -> None:
    from orgkit.cloud import Faults

    taken = Faults(failures=(("aws-app-a-prod@company.com", "EMAIL_ALREADY_EXISTS"),))
    with connect("sandbox", faults=taken) as target:
        first = plan(designs.starter(), read(target))
        with pytest.raises(Incomplete) as caught:
            apply(first, target, approve=first.digest)
        live = read(target)
    message = str(caught.value)
    assert "create account app-a-prod" in message
    assert "skipped: move app-a-prod to Workloads/Production" in message
    assert {a.name for a in live.accounts()} == {a.name for a in designs.starter().accounts()} - {"app-a-prod"}
