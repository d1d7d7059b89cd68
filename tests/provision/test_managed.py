"""What a plan writes and what it leaves alone: unmentioned, unmanaged, or somebody else's."""

from __future__ import annotations

from orgkit.design import SCP, Organization
from orgkit.provision import plan
from tests.provision import designs
from tests.provision.live import as_live, replaced
from tests.provision.plans import codes, kinds, texts


def test_what_the_design_does_not_mention_is_listed_and_left_alone(design: Organization, live: Organization) -> None:
    live.add_ou("Old")
    live.add_account("forgotten", "Old", email="forgotten@company.com")
    live.add_policy("stray", designs.DENY_LEAVE)
    replaced(live, "Security", tags={"By": "hand"})
    live.attach("stray", "Infrastructure")
    made = plan(design, live)
    assert made.empty
    told = {problem.where: problem.message for problem in made.unmanaged}
    assert told["Old"] == "OU with 1 account"
    assert "forgotten@company.com" in told["Old/forgotten"]
    assert "stray" in told
    assert told["Infrastructure"] == "attached policies: stray"
    assert told["Security"] == "tags: By"


def test_a_written_list_is_complete(design: Organization, live: Organization) -> None:
    live.add_policy("stray", designs.DENY_LEAVE)
    live.attach("stray", "Sandbox")
    live.configure(trusted_access=(*live.settings.trusted_access, "config.amazonaws.com"))
    replaced(live, "app-a-prod", tags={**live.account("app-a-prod").tags, "Extra": "1", "aws:own": "x"})
    assert set(texts(plan(design, live))) == {
        "detach stray from Sandbox",
        "take trusted access from config.amazonaws.com",
        "take the tag Extra from Workloads/Production/app-a-prod",
    }


def test_the_last_guardrail_stays_until_somebody_names_it(design: Organization, live: Organization) -> None:
    design.detach("sandbox-limits", "Sandbox")
    made = plan(design, live)
    assert made.empty
    assert codes(made.held) == {"last-guardrail"}
    assert texts(plan(design, live, remove=["detach:sandbox-limits@Sandbox"])) == ["detach sandbox-limits from Sandbox"]


def test_an_enabled_policy_type_is_disabled_only_where_it_is_named(design: Organization, live: Organization) -> None:
    design.configure(policy_types=(SCP,))
    made = plan(design, live)
    assert made.empty
    assert codes(made.held) == {"type-stays-enabled"}
    assert kinds(plan(design, live, remove=["TAG_POLICY"])) == ["disable_policy_type"]


def test_a_subtree_that_somebody_else_manages_is_never_written(design: Organization, live: Organization) -> None:
    replaced(design, "Workloads", managed_by="terraform")
    design.set("app-a-prod", tags={})
    design.attach("sandbox-limits", "Workloads/Non-Production")
    design.add_account("late", "Workloads/Production", email="late@company.com")
    made = plan(design, live)
    assert made.empty
    assert codes(made.held) == {"managed-elsewhere"}


def test_what_is_suspended_is_said_and_not_written_where_aws_refuses(design: Organization, live: Organization) -> None:
    replaced(live, "app-a-prod", state="SUSPENDED")
    design.rename("app-a-prod", "Application A")
    made = plan(design, live)
    assert made.empty
    design.add_ou("Suspended")
    design.move("app-a-prod", "Suspended")
    assert kinds(plan(design, live)) == ["create_ou", "move_account"]


# ---- somebody else's -----------------------------------------------------------------------------


def test_what_differs_in_somebody_elses_subtree_is_said(design: Organization, live: Organization) -> None:
    replaced(design, "Sandbox", managed_by="lza")
    replaced(live, "Sandbox", tags={"By": "hand"})
    replaced(design, "Sandbox", tags={"By": "design"}, declared=frozenset({"tags", "policies"}))
    design.attach("production-guardrails", "Sandbox")
    made = plan(design, live)
    assert made.empty
    assert [problem.message for problem in made.held] == [
        "its tags are not as designed; that is left to lza",
        "what is attached to it is not as designed; that is left to lza",
    ]


def test_a_policy_of_somebody_elses_is_neither_attached_nor_detached(design: Organization, live: Organization) -> None:
    replaced(design, "sandbox-limits", managed_by="control-tower")
    design.attach("sandbox-limits", "Security")
    design.detach("sandbox-limits", "Sandbox")
    design.attach("production-guardrails", "Sandbox")
    made = plan(design, live)
    assert texts(made) == ["attach production-guardrails to Sandbox"]
    assert {(p.code, p.where) for p in made.held} == {
        ("managed-elsewhere", "Security"),
        ("managed-elsewhere", "Sandbox"),
    }


def test_the_guardrails_that_control_tower_attaches_stay(design: Organization, live: Organization) -> None:
    live.add_policy("ct", designs.DENY_LEAVE, name="aws-guardrails-AbCdEf")
    live.attach("ct", "Sandbox")
    made = plan(design, live)
    assert made.empty
    assert [(p.where, p.code) for p in made.held] == [("Sandbox", "managed-elsewhere")]
    assert "control-tower" in made.held[0].message


def test_nothing_of_somebody_elses_is_removed_though_it_is_named(design: Organization, live: Organization) -> None:
    live.add_ou("Old", "Sandbox")
    live.add_account("stray", "Sandbox", email="stray@company.com")
    live.add_policy("theirs", designs.DENY_LEAVE, name="aws-guardrails-AbCdEf")
    replaced(design, "Sandbox", managed_by="lza")
    named = ["ou:Sandbox/Old", "close:stray", "detach:sandbox-limits@Sandbox", "policy:theirs"]
    made = plan(design, live, remove=named)
    assert made.empty
    assert not made.blocked
    assert len([problem for problem in made.held if problem.code == "managed-elsewhere"]) == len(named)


def test_an_ou_is_moved_neither_into_nor_out_of_somebody_elses_subtree(design: Organization) -> None:
    design.add_ou("Landing")
    design.move("Sandbox", "Landing")
    live = as_live(design)
    replaced(design, "Landing", managed_by="control-tower")
    design.move("Landing/Sandbox", "root")
    assert codes(plan(design, live).blocked) == {"managed-elsewhere"}
    design.undo()
    design.move("Security", "Landing")
    made = plan(design, live)
    assert made.empty
    assert {problem.where for problem in made.held} == {
        "Landing/Security",
        "Landing/Security/security-audit",
        "Landing/Security/log-archive",
    }


def test_an_account_that_moves_in_or_out_is_moved_and_its_enrolment_told(design: Organization) -> None:
    design.add_ou("Landing")
    design.move("networking", "Landing")
    live = as_live(design)
    replaced(design, "Landing", managed_by="control-tower")
    design.move("app-a-dev", "Landing")
    design.move("networking", "Infrastructure")
    notes = {step.place: step.notes for step in plan(design, live).steps}
    assert notes == {
        "Landing/app-a-dev": ("comes under control-tower, which has to enrol it",),
        "Infrastructure/networking": ("leaves what control-tower manages: its enrolment is lost",),
    }
