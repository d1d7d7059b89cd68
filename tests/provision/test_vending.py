"""The account vending machine: what is asked for is checked whole, planned alone, made once and written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import Faults, Target, connect, read
from orgkit.design import Organization, save
from orgkit.errors import InputError, Refused
from orgkit.provision import apply
from orgkit.provision.vending.vend import vend
from tests.provision import designs

ONE = {
    "name": "app-c-prod",
    "email": "aws-app-c-prod@company.com",
    "ou": "Workloads/Production",
    "tags": {"Team": "app-c"},
    "owner": "app-c",
    "budget": "1200 USD",
    "monthly_cost": "900 USD",
}


@pytest.fixture
def target() -> Iterator[Target]:
    with connect("sandbox") as target:
        yield target


def standing(target: Target, org: Organization | None = None) -> Organization:
    org = org or designs.starter()
    made = plan(org, read(target))
    apply(made, target, approve=made.digest)
    return org


def asked(number: int) -> list[dict[str, Any]]:
    return [{"name": f"team-{n}", "email": f"team-{n}@company.com", "ou": "Sandbox"} for n in range(number)]


def test_without_an_approval_the_plan_and_the_guardrails_are_shown_and_nothing_is_done(target: Target) -> None:
    org = standing(target)
    before = org.copy()
    shown = vend(org, ONE, target)
    kinds = [step.kind for step in shown.plan.steps]
    assert kinds == ["create_account", "move_account", "create_budget"]
    (bound,) = shown.guardrails
    assert ("Workloads/Production", ("production-guardrails",)) in bound.levels
    assert 0 < bound.blocked < bound.actions
    assert not shown.complete and not shown.recorded
    assert "app-c-prod" in str(shown) and shown.digest in str(shown) and "planned" in shown._repr_html_()
    assert org == before
    assert "app-c-prod" not in {account.name for account in read(target).accounts()}


def test_an_approved_account_stands_in_its_ou_tagged_with_its_budget_and_in_the_design(target: Target) -> None:
    org = standing(target)
    shown = vend(org, ONE, target)
    done = vend(org, ONE, target, approve=shown.digest)
    live = read(target)
    assert done.complete and done.recorded
    assert live.path(live.find("app-c-prod")) == "Workloads/Production/app-c-prod"
    assert live.account("app-c-prod").tags == {"Team": "app-c"}
    assert str(live.account("app-c-prod").budget) == "1200 USD"
    assert done.accounts[0].account_id == live.account("app-c-prod").aws_id
    assert org.account("app-c-prod").owner == "app-c"
    assert org.account("app-c-prod").aws_id is None
    assert plan(org, live).empty


def test_the_file_gets_one_line_more_and_the_id_where_it_is_wanted(target: Target, tmp_path: Path) -> None:
    org = standing(target)
    path = tmp_path / "org.yaml"
    save(org, path)
    before = path.read_text().splitlines()
    done = vend(path, ONE, target, approve=vend(path, ONE, target).digest, pin_ids=True)
    after = path.read_text().splitlines()
    new = [line for line in after if line not in before]
    assert [line for line in after if line in before] == before
    assert len(new) == 1 and f'id: "{done.accounts[0].account_id}"' in new[0]
    assert done.changes.count("\n+ ") == 1


def test_vending_the_same_list_again_does_nothing(target: Target) -> None:
    org = standing(target)
    requests = asked(3)
    vend(org, requests, target, approve=vend(org, requests, target).digest)
    again = vend(org, requests, target)
    assert again.complete and again.plan.empty
    assert len(read(target).accounts()) == 11 + 3


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "not recorded"])
def test_an_account_that_was_made_and_not_moved_is_found_and_finished(target: Target, recorded: bool) -> None:
    org = standing(target)
    target.client("organizations").create_account(Email=ONE["email"], AccountName=ONE["name"])
    if recorded:
        org.add_account(ONE["name"], ONE["ou"], email=ONE["email"], tags=ONE["tags"])
    shown = vend(org, ONE, target)
    assert "create_account" not in {step.kind for step in shown.plan.steps}
    assert vend(org, ONE, target, approve=shown.digest).complete
    live = read(target)
    assert live.path(live.find(ONE["name"])) == "Workloads/Production/app-c-prod"
    assert live.account(ONE["name"]).tags == ONE["tags"]


def test_an_account_in_the_making_is_waited_for() -> None:
    from tests.cloud.clocks import StillClock

    with connect("sandbox", clock=StillClock(), faults=Faults(pending_polls=3)) as target:
        org = standing(target)
        target.client("organizations").create_account(Email=ONE["email"], AccountName=ONE["name"])
        shown = vend(org, ONE, target)
    assert "create_account" not in {step.kind for step in shown.plan.steps}


def test_what_fails_is_told_and_the_rest_is_vended_and_recorded() -> None:
    taken = Faults(failures=(("team-1@company.com", "EMAIL_ALREADY_EXISTS"),))
    with connect("sandbox", faults=taken) as target:
        org = standing(target)
        requests = asked(3)
        done = vend(org, requests, target, approve=vend(org, requests, target).digest)
    assert [row.state for row in done.accounts] == ["vended", "failed", "vended"]
    assert "outside of this organization" in str(done.accounts[1].error)
    assert not done.complete
    with pytest.raises(orgkit.errors.Incomplete, match="team-1"):
        done.require_complete()
    assert "team-0" in {a.handle for a in org.accounts()} and "team-1" not in {a.handle for a in org.accounts()}


def test_another_digest_vends_nothing(target: Target) -> None:
    org = standing(target)
    with pytest.raises(Refused, match="approves another plan"):
        vend(org, ONE, target, approve="0" * 20)
    assert len(read(target).accounts()) == 11


def test_guardrails_that_are_designed_and_not_there_yet_come_first(target: Target) -> None:
    org = standing(target)
    org.attach("sandbox-limits", "Workloads")
    with pytest.raises(Refused, match="attach sandbox-limits to Workloads"):
        vend(org, ONE, target)


def test_other_differences_of_the_design_wait_for_their_own_plan(target: Target) -> None:
    org = standing(target)
    org.set("Sandbox", tags={"Of": "elsewhere"})
    org.add_account("planned", "Sandbox", email="planned@company.com")
    org.set("Sandbox", budget="500 USD")
    shown = vend(org, asked(1), target)
    assert [step.kind for step in shown.plan.steps] == ["create_account", "move_account"]


def test_a_baseline_that_is_asked_for_goes_to_the_account_too(target: Target) -> None:
    from types import MappingProxyType

    from orgkit.design.sections import Baseline

    org = designs.starter()
    org.configure(baselines=MappingProxyType({"extra": Baseline(name="extra", to=("Security",))}))
    standing(target, org)
    request = ONE | {"baselines": ["extra"]}
    vend(org, request, target, approve=vend(org, request, target).digest)
    assert org.settings.baselines["extra"].to == ("Security", "app-c-prod")


BAD = {
    "an email that is none": ({"email": "nobody"}, "not an email address"),
    "an email that a design's account has": ({"email": "AWS-app-a-prod@company.com"}, "app-a-prod has already"),
    "a name that the design has elsewhere": ({"name": "app-a-dev"}, "the design has this account already"),
    "a name too long for AWS": ({"name": "x" * 51}, "51 characters"),
    "an OU that is not there": ({"ou": "Workloads/Prodution"}, "Workloads/Production"),
    "a budget that is no amount": ({"budget": "a lot"}, "not an amount of money"),
    "a baseline that is not there": ({"baselines": "none"}, "no baseline"),
    "a key that does not exist": ({"emial": "x"}, '"email"'),
    "a tag key that AWS keeps for itself": ({"tags": {"aws:x": "y"}}, "aws:"),
    "tags that are none": ({"tags": "Team"}, "not a tag"),
}


@pytest.mark.parametrize(("change", "said"), BAD.values(), ids=BAD)
def test_a_request_that_aws_or_the_design_would_refuse_is_told_before_anything(
    target: Target, change: dict[str, Any], said: str
) -> None:
    org = standing(target)
    with pytest.raises(InputError, match=said):
        vend(org, ONE | change, target, approve="whatever")
    assert len(read(target).accounts()) == 11


def test_required_tags_are_required(target: Target) -> None:
    from orgkit.design.sections import CostAllocation

    org = designs.starter()
    org.configure(cost=CostAllocation(required_tags=("Team", "Project")))
    standing(target, org)
    with pytest.raises(InputError, match="required tag Project"):
        vend(org, ONE, target)


def test_the_quota_of_accounts_is_counted_before_the_first_one(target: Target) -> None:
    org = standing(target)
    with pytest.raises(InputError, match="limit accounts is 50"):
        vend(org, asked(40), target)


def test_every_mistake_of_a_csv_is_told_with_its_line(target: Target, tmp_path: Path) -> None:
    org = standing(target)
    path = tmp_path / "accounts.csv"
    path.write_text(
        "name,email,ou,budget,tag:Team\n"
        "one,one@company.com,Sandbox,10 USD,a\n"
        "two,nobody,Sandbox,,\n"
        "three,three@company.com,Nowhere,,\n"
        "four,four@company.com,Sandbox,plenty,\n"
        "five,one@company.com,Sandbox,,\n"
    )
    with pytest.raises(InputError) as caught:
        vend(org, path, target)
    said = str(caught.value)
    for line, word in ((3, "nobody"), (4, "Nowhere"), (5, "plenty"), (6, "one@company.com")):
        assert any(f"accounts.csv:{line}" in row and word in row for row in said.splitlines()), (line, said)


def test_a_csv_and_a_yaml_list_mean_the_same(target: Target, tmp_path: Path) -> None:
    from orgkit.provision.vending.account_requests import read_requests

    (tmp_path / "a.csv").write_text(
        'name,email,ou,owner,tag:Team,budget,baselines\na,a@company.com,Sandbox,me,x,"1,000 USD",one; two\n'
    )
    (tmp_path / "a.yaml").write_text(
        "accounts:\n"
        "  - {name: a, email: a@company.com, ou: Sandbox, owner: me, tags: {Team: x}, budget: 1000 USD, "
        "baselines: [one, two]}\n"
    )
    (csv,), _ = read_requests(tmp_path / "a.csv")
    (yaml,), _ = read_requests(tmp_path / "a.yaml")
    assert {n: getattr(csv, n) for n in csv.__slots__ if n != "where"} == {
        n: getattr(yaml, n) for n in yaml.__slots__ if n != "where"
    }
    assert csv.where.endswith("a.csv:2") and yaml.where.endswith("a.yaml:2:5")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "name,emial,ou\n", '"email"'),
        ("a.csv", "name,ou\n", "email is missing"),
        ("a.csv", "name,email,ou\na,b@c.dd,e,f\n", "4 cells"),
        ("a.yaml", "orgkit: 1\n", "list of accounts"),
        ("a.yaml", "- one\n", "not an account"),
        ("a.txt", "", "csv nor"),
    ],
)
def test_a_list_that_cannot_be_read_says_where(target: Target, tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        vend(standing(target), path, target)
    assert name in str(caught.value)


def test_there_has_to_be_an_organization(target: Target) -> None:
    with pytest.raises(InputError, match="no organization yet"):
        vend(designs.starter(), ONE, target)


# AWS's own, from the model of its API; two of them are asked again instead.
STOPPING = {
    "ACCOUNT_LIMIT_EXCEEDED": "as many accounts as AWS grants",
    "EMAIL_ALREADY_EXISTS": "an AWS account outside of this organization has the email",
    "INVALID_ADDRESS": "the postal address of the management account",
    "INVALID_EMAIL": "does not accept the email",
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS": "exists in AWS GovCloud",
    "MISSING_BUSINESS_VALIDATION": "has not validated the business",
    "FAILED_BUSINESS_VALIDATION": "could not validate the business",
    "PENDING_BUSINESS_VALIDATION": "is still validating the business",
    "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION": "who the management account says its business is",
    "UNKNOWN_BUSINESS_VALIDATION": "does not know how the validation",
    "MISSING_PAYMENT_INSTRUMENT": "has no payment method",
    "INVALID_PAYMENT_INSTRUMENT": "does not accept the payment method",
    "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": "cannot put tags on it",
}


def test_every_reason_that_aws_knows_is_either_asked_again_or_told_in_words() -> None:
    from botocore.session import Session

    from orgkit.provision.execution.creation import REASONS, RECONCILED

    known = set(Session().get_service_model("organizations").shape_for("CreateAccountFailureReason").enum)
    assert {*STOPPING, *RECONCILED} == known == {*REASONS, *RECONCILED}


@pytest.mark.parametrize(("reason", "words"), STOPPING.items(), ids=STOPPING)
def test_why_aws_makes_no_account_is_told_in_words_with_what_to_do(reason: str, words: str) -> None:
    with connect("sandbox", faults=Faults(failures=((str(ONE["email"]), reason),))) as target:
        org = standing(target)
        done = vend(org, ONE, target, approve=vend(org, ONE, target).digest)
    said = str(done)
    assert done.accounts[0].state == "failed"
    assert f"{words}" in said and f"({reason})" in said
    assert any(said.rstrip().splitlines()) and str(done.accounts[0].error).count("\n") >= 1  # what to do, on its line
    assert "app-c-prod" not in {account.handle for account in org.accounts()}
