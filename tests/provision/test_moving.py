"""Accounts and OUs that stand elsewhere in the design."""

from __future__ import annotations

from orgkit.design import Organization
from orgkit.design.sections import Baseline
from orgkit.provision import plan
from tests.provision.live import replaced
from tests.provision.plans import codes, kinds, texts


def test_an_account_that_moves_is_moved_and_nothing_else(design: Organization, live: Organization) -> None:
    design.move("app-a-dev", "Sandbox")
    (step,) = plan(design, live).steps
    assert step.parameters == {
        "AccountId": "{{account.app-a-dev.id}}",
        "SourceParentId": "{{ou.Workloads/Non-Production.id}}",
        "DestinationParentId": "{{ou.Sandbox.id}}",
    }


def test_an_ou_moves_as_one_operation_of_several_steps(design: Organization, live: Organization) -> None:
    design.move("Workloads/Production", "Infrastructure")
    made = plan(design, live)
    assert kinds(made) == ["create_ou", "attach_policy", "move_account", "move_account", "delete_ou"]
    assert {step.part_of for step in made.steps} == {"move OU Workloads/Production to Infrastructure/Production"}
    assert made.steps[-1].parameters == {"OrganizationalUnitId": "{{ou./Workloads/Production.id}}"}
    assert any("its id, " in note for note in made.steps[0].notes)
    assert not made.exposures


def test_a_moved_ou_takes_along_what_the_design_does_not_speak_of(design: Organization, live: Organization) -> None:
    live.attach("sandbox-limits", "Security")
    replaced(live, "Security", tags={"Keep": "me"})
    design.move("Security", "Infrastructure")
    made = plan(design, live)
    assert made.steps[0].parameters["Tags"] == [{"Key": "Keep", "Value": "me"}]
    assert "attach sandbox-limits to Infrastructure/Security" in texts(made)


def test_an_ou_that_holds_more_than_the_design_knows_does_not_move(design: Organization, live: Organization) -> None:
    live.add_account("stranger", "Security", email="stranger@company.com")
    design.move("Security", "Infrastructure")
    assert "moved-ou-holds-more" in codes(plan(design, live).blocked)


def test_a_move_says_who_else_notices(design: Organization, live: Organization) -> None:
    design.configure(baselines={"security": Baseline(name="security", to=("Workloads",))})
    replaced(design, "Sandbox", managed_by="control-tower")
    design.move("app-a-dev", "Sandbox")
    (step,) = plan(design, live).steps
    assert any("control-tower" in note for note in step.notes)
    assert any("deletes its instances" in note for note in step.notes)
