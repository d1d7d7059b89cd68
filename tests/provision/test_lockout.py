"""Who could no longer do what they must: the caller, protected principals, and the roles that AWS works by."""

from __future__ import annotations

import pytest

from orgkit.design import RCP, SCP, Organization
from orgkit.design.sections import Access, Baseline, ProtectedPrincipal, Role
from orgkit.provision import plan
from tests.provision import designs
from tests.provision.live import as_live, replaced
from tests.provision.plans import codes


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


# ---- the roles that AWS works by -----------------------------------------------------------------


def deny(*actions: str, but: str | None = None) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    if but is not None:
        statement["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": but}}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("service", "role"),
    [
        ("member.org.stacksets.cloudformation.amazonaws.com", "stacksets-exec-*"),
        ("controltower.amazonaws.com", "AWSControlTowerExecution"),
    ],
)
def test_the_roles_of_services_at_work_are_protected(design: Organization, service: str, role: str) -> None:
    arn = f"arn:aws:iam::*:role/{role}"
    without = as_live(design)
    design.configure(trusted_access=(*design.settings.trusted_access, service))
    live = as_live(design)
    design.add_policy("no-stacks", deny("cloudformation:*"))
    design.attach("no-stacks", "Sandbox")
    (problem,) = plan(design, live).blocked
    assert (problem.code, problem.where) == ("protected-principal-locked-out", arn)
    assert "cloudformation:CreateStack" in problem.message
    assert not plan(design, live, lock_out=[arn]).blocked
    assert not plan(design, without).blocked
    design.set("no-stacks", content=deny("cloudformation:*", but=arn))
    assert not plan(design, live).blocked


def test_what_a_principal_could_not_do_before_is_no_loss(design: Organization) -> None:
    design.add_policy("no-roles", deny("iam:CreateRole"))
    design.attach("no-roles", "Sandbox")
    design.configure(protected_principals=(ProtectedPrincipal(principal="arn:aws:iam::*:role/break-glass"),))
    live = as_live(design)
    design.set("app-a-dev", tags={"a": "b"})
    design.attach("production-guardrails", "Sandbox")
    assert not plan(design, live).blocked
    design.attach("no-roles", "Security")
    (problem,) = plan(design, live).blocked
    assert "iam:CreateRole in Security/security-audit, Security/log-archive" in problem.message


def test_a_principal_that_is_locked_out_for_a_while_is_told_from_when_until_when(design: Organization) -> None:
    design.configure(limits={"attached.SERVICE_CONTROL_POLICY": 2})
    design.detach("sandbox-limits", "Sandbox")
    design.add_policy("works", designs.ALLOW_ALL)
    design.add_policy("also-works", designs.ALLOW_ALL)
    design.attach("works", "Sandbox")
    design.add_policy("no-roles", deny("iam:CreateRole", but="arn:aws:iam::*:role/break-glass"))
    design.detach("FullAWSAccess", "Sandbox")
    design.attach("no-roles", "Sandbox")
    design.configure(protected_principals=(ProtectedPrincipal(principal="arn:aws:iam::*:role/break-glass"),))
    live = as_live(design)
    design.detach("works", "Sandbox")
    design.attach("also-works", "Sandbox")
    (problem,) = plan(design, live).blocked
    assert problem.code == "protected-principal-locked-out"
    assert "could not do" in problem.message
    assert "from “detach works from Sandbox” until “attach also-works to Sandbox”" in problem.message


def test_an_allow_that_is_taken_away_is_a_loss_too(design: Organization) -> None:
    both = {"Version": "2012-10-17", "Statement": [*designs.ALLOW_ALL["Statement"], *designs.DENY_LEAVE["Statement"]]}
    design.add_policy("works", both)
    design.add_policy("reads", designs.ALLOW_READ)
    design.attach("works", "Sandbox")
    design.attach("reads", "Sandbox")
    design.detach("FullAWSAccess", "Sandbox")
    design.configure(protected_principals=(ProtectedPrincipal(principal="arn:aws:iam::*:role/break-glass"),))
    live = as_live(design)
    design.set("works", content=designs.DENY_LEAVE)
    (problem,) = plan(design, live).blocked
    assert "iam:CreateRole" in problem.message


# ---- the caller ----------------------------------------------------------------------------------


@pytest.fixture
def caller(live: Organization) -> str:
    replaced(live, "shared-services", aws_id="111122223333")
    return "arn:aws:sts::111122223333:assumed-role/deployer/session"


def test_the_last_step_may_lock_out_the_caller(design: Organization, live: Organization, caller: str) -> None:
    design.add_policy("hands-off", deny("organizations:*"))
    design.attach("hands-off", "Infrastructure")
    (problem,) = plan(design, live, principal=caller).blocked
    assert problem.code == "caller-locked-out"
    assert "after this plan" in problem.message
    assert not plan(design, live, principal=caller, lock_out=[caller]).blocked


def test_whoever_read_the_organization_is_taken_for_the_caller(
    design: Organization, live: Organization, caller: str
) -> None:
    live.caller = caller
    design.add_policy("hands-off", deny("organizations:*"))
    design.attach("hands-off", "Infrastructure")
    assert codes(plan(design, live).blocked) == {"caller-locked-out"}
    assert f"the calls are made by {caller}" in plan(design, live, lock_out=[caller]).assumptions


def test_a_resource_control_policy_that_keeps_the_caller_out_stops_the_plan(design: Organization) -> None:
    role = Role(name="ops", to=("late",), trusted_services=("ec2.amazonaws.com",))
    design.configure(policy_types=(SCP, "TAG_POLICY", RCP))
    document = deny("sts:AssumeRole")
    document["Statement"][0]["Principal"] = "*"  # type: ignore[index]
    design.add_policy("nobody-enters", document, type=RCP)
    design.attach("nobody-enters", "Sandbox")
    live = as_live(design)
    design.add_account("late", "Sandbox", email="late@company.com")
    design.configure(access=Access(roles={"ops": role}))
    stopped = [problem for problem in plan(design, live).blocked if problem.code == "call-stopped"]
    assert stopped
    assert all("nobody-enters" in p.message and "sts:AssumeRole" in p.message for p in stopped)
