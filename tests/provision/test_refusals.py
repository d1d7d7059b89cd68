"""What AWS would refuse half-way is refused in the plan: quotas, sizes, states, what is unknown."""

from __future__ import annotations

from orgkit.design import RCP, Organization
from orgkit.provision import plan
from tests.provision import designs
from tests.provision.plans import codes


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


def test_what_stays_attached_takes_a_slot_too(design: Organization, live: Organization) -> None:
    for number in range(9):
        live.add_policy(f"aws-guardrails-{number}", designs.DENY_STOP)
        live.attach(f"aws-guardrails-{number}", "Security")
    design.attach("sandbox-limits", "Security")
    (problem,) = plan(design, live).blocked
    assert problem.code == "too-many-attached"
    assert "11 policies" in problem.message
