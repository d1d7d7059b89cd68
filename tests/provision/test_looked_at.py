"""What stands beside the tree is looked at before planning; a plan itself calls nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import orgkit
from orgkit.cloud import connect, read
from orgkit.design import Organization
from orgkit.errors import InputError
from orgkit.provision import apply, looked_at, plan
from orgkit.starter import mended
from tests.provision import designs
from tests.provision.live import as_live


def forbidden(wanted: Mapping[str, Any]) -> Organization:
    raise AssertionError("a plan looked at the live organization")


def test_a_plan_calls_nothing_and_refuses_what_was_not_looked_at() -> None:
    design = mended(orgkit.load("starter"))
    with connect("sandbox") as target:
        bare, looked = read(target), read(target, design=design)
        for live in (bare, looked):
            live.look = forbidden
        assert len(plan(design, looked)) > 100
        with pytest.raises(InputError, match="without a look at roles, logging, baselines, security") as caught:
            plan(design, bare)
    assert "orgkit.plan" in str(caught.value.mend)


def test_the_face_looks_first_and_only_where_something_is_missing() -> None:
    design = mended(orgkit.load("starter"))
    with connect("sandbox") as target:
        bare, looked = read(target), read(target, design=design)
        assert orgkit.plan(design, bare).digest == plan(design, looked).digest
        assert looked_at(design, looked) is looked
        small = Organization()
        assert looked_at(small, bare) is bare


def test_a_role_to_be_removed_is_looked_for_as_well() -> None:
    design = designs.starter()
    with connect("sandbox") as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        live = read(target, design=design)
        looked = looked_at(design, live, ["role:deploy@management"])
        assert looked is not live
        live.look = forbidden
        with pytest.raises(InputError, match="without a look at roles"):
            plan(design, live, remove=["role:deploy@management"])
        looked.look = forbidden
        assert plan(design, looked, remove=["role:deploy@management"]).empty


def test_a_live_organization_that_cannot_be_looked_at_is_planned_for_as_it_is_known() -> None:
    design = mended(orgkit.load("starter"))
    live = as_live(design)
    assert live.look is None
    assert looked_at(design, live) is live
    assert plan(design, live).digest
