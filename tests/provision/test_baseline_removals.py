"""Stack instances, regions and whole stack sets that left the design: deleted where they are named, else listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.design.file.plain import FileName
from orgkit.design.sections import Baseline, Removal
from orgkit.errors import InputError
from orgkit.provision import Applied, Plan, apply
from tests.provision import designs

NAME = "audit-role"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "audit-${AWS::Region}"
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: config.amazonaws.com}, Action: "sts:AssumeRole"}]
"""


def organization(*to: str, managed: bool = False, regions: tuple[str, ...] = ("us-east-1",)) -> Organization:
    """The tree of the starter with one baseline that goes to `to`; with none, without it."""
    org = designs.starter()
    org.configure(trusted_access=(*org.settings.trusted_access, STACK_SETS))
    model = "SERVICE_MANAGED" if managed else "SELF_MANAGED"
    template = FileName("templates/audit.yaml", TEMPLATE)
    baseline = Baseline(name=NAME, to=to, template=template, regions=regions, permission_model=model)
    org.configure(baselines={NAME: baseline} if to else {})
    return org


@pytest.fixture
def target() -> Iterator[Target]:
    with connect("sandbox") as target:
        yield target


def carry_out(design: Organization, target: Target, remove: tuple[str, ...] = ()) -> tuple[Plan, Applied]:
    made = plan(design, read(target), remove=remove)
    assert not made.blocked, str(made.blocked)
    return made, apply(made, target, approve=made.digest)


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


def instances(target: Target) -> set[tuple[str, str]]:
    names = {account.aws_id: account.name for account in read(target).accounts()}
    listed = target.client("cloudformation").list_stack_instances(StackSetName=NAME)["Summaries"]
    return {(names[one["Account"]], one["Region"]) for one in listed}


def roles(target: Target, account: str) -> set[str]:
    listed = target.client("iam", account=account).list_roles()["Roles"]
    return {role["RoleName"] for role in listed if role["RoleName"].startswith("audit-")}


SANDBOXES = {("developer-sandbox-1", "us-east-1"), ("developer-sandbox-2", "us-east-1")}


def test_an_ou_that_a_baseline_goes_to_no_more_keeps_it_until_it_is_named(target: Target) -> None:
    carry_out(organization("Security", "Sandbox"), target)
    left = plan(organization("Security"), read(target))
    assert left.empty
    told = [str(problem) for problem in left.unmanaged if problem.where == f"stack set {NAME}"]
    assert len(told) == 2
    assert "an instance in Sandbox/developer-sandbox-1, us-east-1 (CURRENT)" in told[0]
    assert "remove: [{baseline: audit-role, from: Sandbox/developer-sandbox-1}]" in told[0]

    design = organization("Security")
    design.configure(remove=(Removal(kind="baseline", ref=NAME, source="Sandbox"),))
    made, done = carry_out(design, target)
    (step,) = made.steps
    assert step.text == ("take audit-role out of Sandbox/developer-sandbox-1, Sandbox/developer-sandbox-2 (us-east-1)")
    assert not step.parameters["RetainStacks"]
    assert done.results[0].told[0].startswith("2 SUCCEEDED: ")
    assert not instances(target) & SANDBOXES
    assert roles(target, "developer-sandbox-1") == set()
    assert roles(target, "log-archive") == {"audit-us-east-1"}
    again = plan(design, read(target))
    assert again.empty
    assert [problem.code for problem in again.held] == ["nothing-to-remove"]


def test_a_region_that_left_is_taken_away_and_the_other_stays(target: Target) -> None:
    carry_out(organization("Security", regions=("us-east-1", "us-west-2")), target)
    made, _ = carry_out(organization("Security"), target, (f"baseline:{NAME}@root",))
    (step,) = made.steps
    assert step.parameters["Regions"] == ["us-west-2"]
    assert roles(target, "log-archive") == {"audit-us-east-1"}
    assert instances(target) == {("log-archive", "us-east-1"), ("security-audit", "us-east-1")}


def test_stacks_stay_where_that_is_asked_for(target: Target) -> None:
    carry_out(organization("Security", "Sandbox"), target)
    made, _ = carry_out(organization("Security"), target, (f"baseline:{NAME}@developer-sandbox-1:retain",))
    (step,) = made.steps
    assert step.parameters["RetainStacks"]
    assert any("no stack set can take them up again" in note for note in step.notes)
    assert instances(target) & SANDBOXES == {("developer-sandbox-2", "us-east-1")}
    assert roles(target, "developer-sandbox-1") == {"audit-us-east-1"}


def test_a_whole_stack_set_goes_with_its_instances_when_it_is_named(target: Target) -> None:
    carry_out(organization("Security", "Sandbox"), target)
    left = plan(organization(), read(target))
    assert left.empty
    assert any(
        problem.where == f"stack set {NAME}" and "no baseline of this name" in problem.message
        for problem in left.unmanaged
    )
    made, _ = carry_out(organization(), target, (f"baseline:{NAME}",))
    assert kinds(made) == ["delete_stack_instances", "delete_stack_set"]
    assert roles(target, "log-archive") == set()
    listed = target.client("cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"]
    assert [one for one in listed if one["Status"] == "ACTIVE"] == []
    again = plan(organization(), read(target), remove=[f"baseline:{NAME}"])
    assert again.empty
    assert [problem.code for problem in again.held] == ["nothing-to-remove"]


def test_a_baseline_that_the_design_has_is_not_removed_whole(target: Target) -> None:
    carry_out(organization("Security"), target)
    made = plan(organization("Security"), read(target), remove=[f"baseline:{NAME}"])
    (problem,) = made.blocked
    assert problem.code == "removed-and-designed"
    assert "{baseline: audit-role, from: root}" in problem.fix


def test_an_ou_of_a_service_managed_baseline_is_named_to_aws_whole(target: Target) -> None:
    carry_out(organization("Security", "Sandbox", managed=True), target)
    design = organization("Security", managed=True)
    made, _ = carry_out(design, target, (f"baseline:{NAME}@Sandbox",))
    (step,) = made.steps
    assert step.parameters["DeploymentTargets"] == {"OrganizationalUnitIds": ["{{ou.Sandbox.id}}"]}
    assert instances(target) == {("log-archive", "us-east-1"), ("security-audit", "us-east-1")}
    assert roles(target, "developer-sandbox-1") == set()
    assert plan(design, read(target)).empty


def test_a_part_of_an_ou_is_named_by_its_accounts_and_what_aws_goes_on_doing_is_said(target: Target) -> None:
    carry_out(organization("Workloads", managed=True), target)
    design = organization("Workloads/Production", managed=True)
    made, _ = carry_out(design, target, (f"baseline:{NAME}@Workloads",))
    (step,) = made.steps
    assert step.parameters["DeploymentTargets"] == {
        "OrganizationalUnitIds": ["{{ou.Workloads.id}}"],
        "Accounts": ["{{account.app-a-dev.id}}", "{{account.app-a-staging.id}}"],
        "AccountFilterType": "INTERSECTION",
    }
    assert {name for name, _ in instances(target)} == {"app-a-prod", "app-b-prod"}


def test_an_account_that_was_closed_is_forgotten_and_its_stack_stays(target: Target) -> None:
    design = organization("Security", "Sandbox")
    carry_out(design, target)
    design.remove("developer-sandbox-2")
    carry_out(design, target, ("close:developer-sandbox-2",))
    made, _ = carry_out(design, target, (f"baseline:{NAME}@root",))
    (step,) = made.steps
    assert step.parameters["RetainStacks"]
    assert any("AWS lets nobody into these accounts" in note for note in step.notes)
    assert ("developer-sandbox-2", "us-east-1") not in instances(target)
    assert plan(design, read(target)).empty


def test_an_account_is_entered_for_the_last_time_before_it_moves_or_is_closed(target: Target) -> None:
    carry_out(organization("Security", "Sandbox"), target)
    design = organization("Security")
    design.move("developer-sandbox-1", "Workloads/Non-Production")
    design.remove("developer-sandbox-2")
    made, _ = carry_out(design, target, (f"baseline:{NAME}@Sandbox", "close:developer-sandbox-2"))
    delete = next(step.id for step in made.steps if step.kind == "delete_stack_instances")
    later = {after for before, after, _ in made.edges if before == delete}
    assert {step.partition(":")[0] for step in later} >= {"move_account", "close_account"}


@pytest.mark.parametrize("managed", [False, True], ids=["by the access role", "by AWS's own role"])
def test_a_stack_that_a_guardrail_keeps_from_being_deleted_is_refused_in_the_plan(
    target: Target, managed: bool
) -> None:
    design = organization("Security", "Sandbox", managed=managed)
    deny = {"Sid": "KeepStacks", "Effect": "Deny", "Action": "cloudformation:DeleteStack", "Resource": "*"}
    design.add_policy("keep-stacks", {"Version": "2012-10-17", "Statement": [deny]})
    design.attach("keep-stacks", "Sandbox")
    carry_out(design, target)
    baseline = design.settings.baselines[NAME]
    design.configure(baselines={NAME: replace(baseline, to=("Security",))})
    stopped = plan(design, read(target), remove=[f"baseline:{NAME}@Sandbox"]).blocked
    assert {problem.where for problem in stopped} == {f"Sandbox/developer-sandbox-{n}" for n in (1, 2)}
    assert "KeepStacks would stop cloudformation:DeleteStack" in stopped[0].message
    assert "retain_stacks" in stopped[0].fix
    kept, _ = carry_out(design, target, (f"baseline:{NAME}@Sandbox:retain",))
    assert kinds(kept) == ["delete_stack_instances"]


def test_the_file_names_baselines_to_remove(tmp_path: Any) -> None:
    file = tmp_path / "org.yaml"
    file.write_text(
        "orgkit: 1\n"
        "organization: {management: {name: m, email: m@company.com}}\n"
        "root: {ous: {Sandbox: {}}}\n"
        "remove:\n"
        "  - {baseline: old, retain_stacks: true}\n"
        "  - {baseline: other, from: Sandbox}\n"
    )
    org = orgkit.load(file)
    assert org.settings.remove == (
        Removal(kind="baseline", ref="old", retain_stacks=True),
        Removal(kind="baseline", ref="other", source="Sandbox"),
    )
    orgkit.save(org, tmp_path / "again.yaml")
    assert orgkit.load(tmp_path / "again.yaml").settings.remove == org.settings.remove
    file.write_text(file.read_text().replace("baseline: old", "group: old"))
    with pytest.raises(InputError, match=r"org\.yaml:5.*retain_stacks"):
        orgkit.load(file)
