"""Deleting, closing and detaching: only where it is named, and in AWS's order."""

from __future__ import annotations

import pytest

from orgkit.design import Organization
from orgkit.design.sections import Removal
from orgkit.errors import InputError
from orgkit.provision import plan
from tests.provision.plans import codes, kinds


def test_removals_detach_and_deregister_first(design: Organization, live: Organization) -> None:
    design.configure(delegated_administrators={})
    design.detach("sandbox-limits", "Sandbox")
    design.remove("sandbox-limits")
    design.remove("security-audit")
    made = plan(design, live, remove=["sandbox-limits", "close:security-audit"])
    assert kinds(made)[-2:] == ["close_account", "delete_policy"]
    assert "detach_policy" in kinds(made)
    assert kinds(made).count("deregister_delegated_administrator") == 2
    place = {step.id: number for number, step in enumerate(made.steps)}
    assert all(place[before] < place[after] for before, after in made.graph.edges)


def test_an_ou_is_deleted_when_its_accounts_have_left(design: Organization, live: Organization) -> None:
    for account in ("developer-sandbox-1", "developer-sandbox-2"):
        design.move(account, "Security")
    design.remove("Sandbox")
    design.configure(remove=(Removal(kind="ou", ref="Sandbox"),))
    made = plan(design, live)
    assert not made.blocked
    assert kinds(made) == ["move_account", "move_account", "delete_ou"]


def test_an_ou_that_is_not_empty_is_not_deleted(design: Organization, live: Organization) -> None:
    design.remove("Sandbox")
    assert "ou-not-empty" in codes(plan(design, live, remove=["Sandbox"]).blocked)


def test_a_bare_account_must_say_what_is_to_become_of_it(design: Organization, live: Organization) -> None:
    with pytest.raises(InputError, match="close:app-a-prod"):
        plan(design, live, remove=["app-a-prod"])


def test_what_the_design_still_has_is_not_removed(design: Organization, live: Organization) -> None:
    assert "removed-and-designed" in codes(plan(design, live, remove=["production-guardrails"]).blocked)


def test_a_name_that_is_gone_already_is_no_harm(design: Organization, live: Organization) -> None:
    made = plan(design, live, remove=["long-gone"])
    assert made.empty
    assert codes(made.held) == {"nothing-to-remove"}
