"""A new account gets everything that its OU promises: roles, assignments, baseline, settings, contacts, budget."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.design.contacts import CONTACT_SERVICE, Contact
from orgkit.design.sections import Assignment
from orgkit.provision import apply
from orgkit.provision.vending.vend import vend
from orgkit.starter import mended

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
VARIABLE = "CICD_EXTERNAL_ID"
MODELS = {"by its OU": "SERVICE_MANAGED", "by its accounts": "SELF_MANAGED"}


def request(name: str) -> dict[str, object]:
    tags = {"Environment": "production", "Team": "app-c", "Project": "app-c"}
    ou, email = "Workloads/Production", f"aws-{name}@company.com"
    return {"name": name, "email": email, "ou": ou, "owner": "app-c", "budget": "1200 USD", "tags": tags}


def design(model: str) -> Organization:
    org = mended(orgkit.load("starter"))
    settings = org.settings
    assert settings.access is not None
    baseline = replace(settings.baselines["security-baseline"], permission_model=model)
    to_an_ou = Assignment(group="platform", permission_set="administrator", to=("Workloads",))
    org.configure(
        trusted_access=(*settings.trusted_access, STACK_SETS, CONTACT_SERVICE),
        access=replace(settings.access, assignments=(*settings.access.assignments, to_an_ou)),
        baselines={baseline.name: baseline},
        contacts={"security": Contact(name="On Call", title="Security", email="sec@company.com", phone="+49 30 1")},
    )
    return org


@pytest.fixture(scope="module", autouse=True)
def external_id() -> Iterator[None]:
    """For the whole module, as the organization that stands is shared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "a-handshake-for-a-test")
        yield


@pytest.fixture(scope="module", params=MODELS.values(), ids=MODELS)
def standing(request: pytest.FixtureRequest) -> Iterator[tuple[Target, Organization]]:
    with connect("sandbox") as target:
        org = design(request.param)
        made = plan(org, read(target))
        apply(made, target, approve=made.digest)
        yield target, org


def assigned(target: Target, account: str) -> set[tuple[str, str]]:
    """Group and permission set of every assignment in an account."""
    sso, store = target.client("sso-admin"), target.client("identitystore")
    (instance,) = sso.list_instances()["Instances"]
    arn, found = {"InstanceArn": instance["InstanceArn"]}, set()
    for permission_set in sso.list_permission_sets(**arn)["PermissionSets"]:
        name = sso.describe_permission_set(**arn, PermissionSetArn=permission_set)["PermissionSet"]["Name"]
        listed = sso.list_account_assignments(**arn, AccountId=account, PermissionSetArn=permission_set)
        for one in listed["AccountAssignments"]:
            group = store.describe_group(IdentityStoreId=instance["IdentityStoreId"], GroupId=one["PrincipalId"])
            found.add((group["DisplayName"], name))
    return found


def has_everything(target: Target, org: Organization, name: str) -> None:
    live = read(target)
    account = live.account(f"aws-{name}@company.com")
    assert account.aws_id is not None
    assert live.path(live.parent(account.id) or "") == "Workloads/Production"
    assert account.tags["Team"] == "app-c"
    assert str(account.budget) == "1200 USD"
    contact = target.client("account").get_alternate_contact(AccountId=account.aws_id, AlternateContactType="SECURITY")
    assert contact["AlternateContact"]["EmailAddress"] == "sec@company.com"
    iam = target.client("iam", account=account.aws_id)
    trust = iam.get_role(RoleName="cicd-deploy-role")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": os.environ[VARIABLE]}}
    assert iam.get_role_policy(RoleName="cicd-deploy-role", PolicyName="deploy-permissions")
    assert iam.get_role(RoleName="baseline-audit")
    assert iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 14
    assert target.client("ec2", account=account.aws_id).get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert assigned(target, account.aws_id) == {("security", "auditor"), ("platform", "administrator")}
    assert org.account(name).owner == "app-c"
    assert plan(org, read(target)).empty


def test_a_vended_account_has_everything_that_its_ou_promises(standing: tuple[Target, Organization]) -> None:
    target, org = standing
    asked = [request("app-c"), request("app-d")]
    shown = vend(org, asked, target)
    assert not shown.later
    done = vend(org, asked, target, approve=shown.digest)
    assert done.complete and not done.later
    for name in ("app-c", "app-d"):
        has_everything(target, org, name)
    assert os.environ[VARIABLE] not in str(shown) + str(done) + str(done.to_json())


def test_an_account_that_was_left_without_its_baseline_is_found_and_finished(
    standing: tuple[Target, Organization],
) -> None:
    target, org = standing
    asked = request("half")
    organizations = target.client("organizations")
    tags = [{"Key": key, "Value": value} for key, value in asked["tags"].items()]  # type: ignore[attr-defined]
    made = organizations.create_account(Email=asked["email"], AccountName="half", Tags=tags)
    status = organizations.describe_create_account_status(CreateAccountRequestId=made["CreateAccountStatus"]["Id"])
    live = read(target)
    organizations.move_account(
        AccountId=status["CreateAccountStatus"]["AccountId"],
        SourceParentId=live.root.aws_id,
        DestinationParentId=live.ou("Workloads/Production").aws_id,
    )
    shown = vend(org, asked, target)
    kinds = {step.kind for step in shown.plan.steps}
    assert "create_account" not in kinds and "create_stack_instances" in kinds
    assert vend(org, asked, target, approve=shown.digest).complete
    has_everything(target, org, "half")


def test_what_waits_for_other_accounts_too_is_said_to_be_left(standing: tuple[Target, Organization]) -> None:
    target, org = standing
    planned = org.copy()
    planned.add_account("planned", "Sandbox", email="planned@company.com")
    shown = vend(planned, request("app-e"), target)
    assert [text for text in shown.later if text.startswith("put security-baseline into")]
    assert "left to the next plan of the design: put security-baseline into" in str(shown)
    assert "create_stack_instances" not in {step.kind for step in shown.plan.steps}
