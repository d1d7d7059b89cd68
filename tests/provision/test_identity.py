"""Which thing of the live organization is which of the design, as the plan shows it."""

from __future__ import annotations

from orgkit.design import Organization
from orgkit.provision import plan
from tests.provision.live import as_live, replaced
from tests.provision.plans import codes, texts


def test_what_is_as_designed_needs_nothing(design: Organization, live: Organization) -> None:
    made = plan(design, live)
    assert made.empty
    assert str(made) == "nothing to do: the live organization is as designed"


def test_an_account_is_matched_by_its_email_in_whatever_case(design: Organization, live: Organization) -> None:
    replaced(live, "app-a-prod", email="AWS-App-A-Prod@Company.com", name="Something else")
    assert plan(design, live).empty


def test_a_written_name_is_managed(design: Organization, live: Organization) -> None:
    for org in (design, live):
        org.configure(trusted_access=(*org.settings.trusted_access, "account.amazonaws.com"))
    design.rename("app-a-prod", "Application A")
    assert texts(plan(design, live)) == ["rename account app-a-prod to Application A"]


def test_the_management_account_is_matched_by_its_role(design: Organization, live: Organization) -> None:
    replaced(live, "management", email="whatever@aws.example")
    assert plan(design, live).empty


def test_a_changed_email_keeps_the_account_and_is_said_to_be_work_by_hand(
    design: Organization, live: Organization
) -> None:
    design.set("app-a-prod", email="new@company.com")
    made = plan(design, live)
    assert made.empty
    assert codes(made.held) == {"email-by-hand"}


def test_a_renamed_ou_keeps_its_id(design: Organization, live: Organization) -> None:
    design.rename("Workloads/Production", "Prod")
    made = plan(design, live)
    assert [(s.kind, dict(s.parameters)) for s in made.steps] == [
        ("rename_ou", {"OrganizationalUnitId": "{{ou.Workloads/Production.id}}", "Name": "Prod"})
    ]


def test_a_pinned_id_matches_an_ou_of_another_name_and_what_is_in_it(design: Organization, live: Organization) -> None:
    replaced(live, "Workloads", name="Arbeit")
    replaced(design, "Workloads", aws_id=live.ou("Workloads").aws_id)
    assert texts(plan(design, live)) == ["rename OU Arbeit to Workloads"]


def test_an_entry_in_moved_that_was_carried_out_changes_nothing(design: Organization) -> None:
    design.rename("Sandbox", "Playground")
    assert plan(design, as_live(design)).empty


def test_ous_of_the_same_name_under_different_parents_are_different(design: Organization) -> None:
    design.add_ou("Production", "Infrastructure")
    live = as_live(design)
    assert plan(design, live).empty
    design.attach("sandbox-limits", "Infrastructure/Production")
    assert texts(plan(design, live)) == ["attach sandbox-limits to Infrastructure/Production"]


def test_a_pinned_id_that_aws_does_not_have_is_refused(design: Organization, live: Organization) -> None:
    replaced(design, "app-a-prod", aws_id="999999999999")
    assert "pinned-id-unknown" in codes(plan(design, live).blocked)


def test_siblings_that_swap_their_names_go_aside_first(design: Organization, live: Organization) -> None:
    pinned = {"Security": "Sandbox", "Sandbox": "Security"}
    ids = {name: (design.ou(name).id, live.ou(name).aws_id) for name in pinned}
    for name, (node, aws_id) in ids.items():
        replaced(design, node, aws_id=aws_id, name=pinned[name])
    made = plan(design, live)
    names = {ou.aws_id: ou.name for ou in live.ous()}
    for step in made.steps:
        assert step.kind == "rename_ou"
        names[made.ids[step.parameters["OrganizationalUnitId"].strip("{}")]] = step.parameters["Name"]
        assert len(set(names.values())) == len(names)
    assert names[live.ou("Security").aws_id] == "Sandbox"
    assert names[live.ou("Sandbox").aws_id] == "Security"
