"""What a plan contains: identity, what is managed, order, refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import networkx as nx
import pytest

from orgkit.design import RCP, SCP, Edit, Organization
from orgkit.design.changes import Replace
from orgkit.design.sections import Baseline, ProtectedPrincipal, Removal
from orgkit.errors import InputError
from orgkit.provision import Plan, plan
from tests.provision import designs
from tests.provision.live import as_live

ALLOW_EC2 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}


@pytest.fixture
def design() -> Organization:
    return designs.starter()


@pytest.fixture
def live(design: Organization) -> Organization:
    return as_live(design)


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


def texts(made: Plan) -> list[str]:
    return [step.text for step in made.steps]


def codes(problems: object) -> set[str]:
    return {problem.code for problem in problems}  # type: ignore[attr-defined]


def replaced(org: Organization, ref: str, **values: object) -> None:
    """Change an entity as only AWS, or another tool, could."""
    before = org.entity(org.find(ref))
    org.perform(Edit("by hand", (Replace(before, replace(before, **values)),)))


# ---- identity ------------------------------------------------------------------------------------


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


# ---- moving --------------------------------------------------------------------------------------


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
    assert any("id changes" in note for note in made.steps[0].notes)
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


# ---- what is managed -----------------------------------------------------------------------------


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


# ---- removing ------------------------------------------------------------------------------------


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


# ---- refused before the first write --------------------------------------------------------------


def test_more_accounts_than_aws_granted_are_refused(design: Organization) -> None:
    design.configure(limits={"accounts": 5})
    (problem,) = plan(design, Organization()).blocked
    assert problem.code == "too-many-accounts"
    assert "1 accounts" in problem.message
    assert "limit is 5" in problem.message


def test_closed_accounts_count_too(design: Organization, live: Organization) -> None:
    live.add_account("closed", email="closed@company.com", state="CLOSED")
    design.configure(limits={"accounts": 12})
    design.add_account("one-more", "Sandbox", email="more@company.com")
    assert "too-many-accounts" in codes(plan(design, live).blocked)


def test_a_policy_too_long_for_aws_is_refused(design: Organization, live: Organization) -> None:
    design.set(
        "sandbox-limits",
        content={
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": [f"ec2:Delete{n}*" for n in range(900)], "Resource": "*"}],
        },
    )
    assert "policy-too-large" in codes(plan(design, live).blocked)


def test_a_policy_of_a_type_that_is_not_enabled_is_refused(design: Organization, live: Organization) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
    }
    design.add_policy("buckets", document, type=RCP)
    design.attach("buckets", "Security")
    assert "policy-type-disabled" in codes(plan(design, live).blocked)


def test_detaching_the_last_scp_is_refused(design: Organization, live: Organization) -> None:
    design.detach("FullAWSAccess", "Security")
    assert "last-scp" in codes(plan(design, live).blocked)


def test_what_could_not_be_read_and_is_designed_stops_the_plan(design: Organization, live: Organization) -> None:
    live.unknown = ("tags",)
    design.set("app-a-prod", tags={"a": "b"})
    assert "not-readable" in codes(plan(design, live).blocked)


# ---- order ---------------------------------------------------------------------------------------


def test_every_order_keeps_the_graph(design: Organization) -> None:
    made = plan(design, Organization())
    place = {step.id: number for number, step in enumerate(made.steps)}
    assert made.graph.number_of_edges() > len(made)
    assert all(place[before] < place[after] for before, after in made.graph.edges)


def test_a_new_account_is_moved_at_once(design: Organization) -> None:
    made = plan(design, Organization())
    for number, step in enumerate(made.steps):
        if step.kind == "create_account":
            assert made.steps[number + 1].kind == "move_account"
            assert made.steps[number + 1].place == step.place


def test_a_replacement_is_attached_before_the_old_one_goes(design: Organization, live: Organization) -> None:
    design.add_policy("stricter", designs.DENY_LEAVE)
    design.attach("stricter", "Sandbox")
    design.detach("sandbox-limits", "Sandbox")
    assert texts(plan(design, live))[-2:] == ["attach stricter to Sandbox", "detach sandbox-limits from Sandbox"]


def test_where_no_slot_is_free_one_is_made(design: Organization) -> None:
    for number in range(9):
        design.add_policy(f"p{number}", designs.DENY_STOP)
        if number < 8:
            design.attach(f"p{number}", "Sandbox")
    live = as_live(design)
    design.detach("sandbox-limits", "Sandbox")
    design.attach("p8", "Sandbox")
    made = plan(design, live)
    assert not made.blocked
    assert texts(made) == ["detach sandbox-limits from Sandbox", "attach p8 to Sandbox"]


def test_accounts_leave_before_what_guarded_them_is_weakened(design: Organization, live: Organization) -> None:
    design.set("production-guardrails", content={"Version": "2012-10-17", "Statement": []})
    design.attach("sandbox-limits", "Security")
    design.move("app-a-prod", "Security")
    made = plan(design, live)
    assert kinds(made) == ["attach_policy", "move_account", "update_policy"]


def test_references_in_a_policy_wait_for_what_they_name(design: Organization) -> None:
    document = json.dumps(designs.DENY_STOP).replace('"*"', '"arn:aws:s3:::logs-{{account.log-archive.id}}"', 1)
    design.add_policy("logs", document)
    made = plan(design, Organization())
    assert ("create_account:aws-log-archive@company.com", "create_policy:logs") in made.graph.edges


# ---- rehearsal -----------------------------------------------------------------------------------


def test_a_new_account_is_exposed_in_the_root_until_it_is_moved(design: Organization) -> None:
    made = plan(design, Organization())
    (exposure,) = [e for e in made.exposures if e.account == "Workloads/Production/app-a-prod"]
    numbers = made.number(exposure.since), made.number(exposure.until)
    assert numbers[1] == numbers[0] + 1
    assert exposure.message == "only the root's policies hold; the 1 deny of production-guardrails does not"
    assert f"EXPOSED between {numbers[0]} and {numbers[1]}" in str(made)
    assert exposure.actions == 2
    assert not [e for e in made.exposures if "security-audit" in e.account]


def test_a_detach_that_must_come_first_is_reported(design: Organization) -> None:
    for number in range(8):
        design.add_policy(f"p{number}", designs.DENY_LEAVE)
        design.attach(f"p{number}", "Sandbox")
    live = as_live(design)
    design.add_policy("replacement", designs.ONLY_SMALL)
    design.detach("sandbox-limits", "Sandbox")
    design.attach("replacement", "Sandbox")
    made = plan(design, live)
    assert {e.account for e in made.exposures} == {"Sandbox/developer-sandbox-1", "Sandbox/developer-sandbox-2"}
    assert all("replacement" in e.message for e in made.exposures)


def test_an_allow_list_in_exchange_for_another_lets_nothing_through_that_neither_lets(design: Organization) -> None:
    design.add_policy("ec2-only", ALLOW_EC2)
    design.add_policy("s3-only", json.dumps(ALLOW_EC2).replace("ec2", "s3"))
    design.attach("ec2-only", "Sandbox")
    design.detach("FullAWSAccess", "Sandbox")
    design.detach("sandbox-limits", "Sandbox")
    live = as_live(design)
    design.attach("s3-only", "Sandbox")
    design.detach("ec2-only", "Sandbox")
    made = plan(design, live)
    assert not made.blocked
    assert kinds(made) == ["attach_policy", "detach_policy"]
    assert not made.exposures


def test_locking_out_a_protected_principal_is_refused_unless_it_is_named(
    design: Organization, live: Organization
) -> None:
    role = "arn:aws:iam::*:role/break-glass"
    design.configure(protected_principals=(ProtectedPrincipal(principal=role, actions=("iam:CreateRole",)),))
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    design.add_policy("no-iam", deny)
    design.attach("no-iam", "Sandbox")
    made = plan(design, live)
    (problem,) = made.blocked
    assert problem.code == "protected-principal-locked-out"
    assert "Sandbox/developer-sandbox-1" in problem.message
    assert not plan(design, live, lock_out=[role]).blocked
    deny["Statement"][0]["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": role}}  # type: ignore[index]
    design.set("no-iam", content=deny)
    assert not plan(design, live).blocked


def test_a_caller_in_a_member_account_is_judged_under_the_guardrails_then_in_force(
    design: Organization, live: Organization
) -> None:
    replaced(live, "shared-services", aws_id="111122223333")
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "organizations:Tag*", "Resource": "*"}]}
    design.add_policy("no-tags", deny)
    design.attach("no-tags", "Infrastructure")
    design.set("app-a-prod", tags={"a": "b"})
    caller = "arn:aws:iam::111122223333:role/deployer"
    (problem,) = plan(design, live, principal=caller).blocked
    assert problem.code == "caller-locked-out"
    assert "organizations:TagResource" in problem.message
    assert not plan(design, live).blocked


def test_a_baseline_that_a_guardrail_stops_is_told_in_the_plan(design: Organization, live: Organization) -> None:
    design.configure(
        baselines={
            "base": Baseline(name="base", to=("Workloads",), actions=("guardduty:DeleteDetector", "ec2:CreateVpc"))
        }
    )
    design.set("app-a-prod", tags={"a": "b"})
    stopped = [p for p in plan(design, live).held if p.code == "baseline-stopped"]
    assert {p.where for p in stopped} == {"Workloads/Production/app-a-prod", "Workloads/Production/app-b-prod"}
    assert all("guardduty:DeleteDetector" in p.message and "CreateVpc" not in p.message for p in stopped)


# ---- forms ---------------------------------------------------------------------------------------


def test_eighty_accounts_cannot_be_submitted_faster_than_aws_lets_them(design: Organization) -> None:
    design.configure(limits={"accounts": 200})
    for number in range(70):
        design.add_account(f"extra-{number}", "Sandbox", email=f"extra-{number}@company.com")
    made = plan(design, Organization())
    assert made.duration.floor == 770
    assert made.duration.low >= made.duration.floor
    assert "at least 13 min" in str(made)


def test_html_escapes_what_people_wrote(design: Organization, live: Organization) -> None:
    design.rename("app-a-prod", "<script>alert(1)</script>")
    shown = plan(design, live)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_ids_count_for_the_digest_on_aws_only(design: Organization, live: Organization) -> None:
    design.move("app-a-dev", "Sandbox")
    other = live.copy()
    replaced(other, "app-a-dev", aws_id="another")
    assert plan(design, live).digest == plan(design, other).digest
    live.origin = other.origin = "aws:prod"
    assert plan(design, live).digest != plan(design, other).digest


def test_everything_waits_for_the_organization(design: Organization) -> None:
    made = plan(design, Organization())
    first = "create_organization:organization"
    assert nx.descendants(made.graph, first) | {first} == {step.id for step in made.steps}
