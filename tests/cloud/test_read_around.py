"""What stands around the tree, read without a design that names it: into a file whose plan is empty."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.cloud.around_as_design import (
    baseline_as_design,
    logging_as_design,
    password_policy,
    security_as_design,
    settings_as_design,
)
from orgkit.design import Organization
from orgkit.design.checks import check
from orgkit.design.contacts import Contact
from orgkit.design.sections import ConfigDelivery, GuardDuty, Logging, SecretReference, SecurityHub, Trail
from orgkit.provision import apply
from orgkit.starter import mended

SECRET = "the-handshake-that-nobody-may-see"
ACCOUNT_SERVICE = "account.amazonaws.com"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The starter as applied, with logs that expire, contacts, and a role with tags."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CICD_EXTERNAL_ID", SECRET)
        patch.setenv("CICD_DEPLOY_ROLE_EXTERNAL_ID", SECRET)
        design = starter()
        with connect("sandbox") as opened:
            made = plan(design, read(opened, design=design))
            assert not made.blocked, str(made.blocked)
            apply(made, opened, approve=made.digest)
            yield opened


def starter() -> Organization:
    design = mended(orgkit.load("starter"))
    settings = design.settings
    assert settings.logging is not None and settings.logging.config is not None and settings.access is not None
    own = "{{organization.id}}-config"
    config = replace(settings.logging.config, bucket=own)
    roles = {name: replace(one, tags={"Team": "platform"}) for name, one in settings.access.roles.items()}
    design.configure(
        trusted_access=(*settings.trusted_access, ACCOUNT_SERVICE),
        contacts={"security": Contact(name="Ada", title="CISO", email="security@company.com", phone="+1 555 0100")},
        logging=replace(settings.logging, retention_days=400, object_lock_days=30, config=config),
        baselines={name: replace(one, parameters={"LogBucket": own}) for name, one in settings.baselines.items()},
        access=replace(settings.access, roles=roles),
    )
    return design


@pytest.fixture(scope="module")
def live(target: Target) -> Organization:
    return read(target, whole=True)


@pytest.fixture(scope="module")
def file(live: Organization, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "org.yaml"
    orgkit.save(live, path)
    return path


def test_a_plan_of_the_file_is_empty(target: Target, file: Path) -> None:
    again = orgkit.load(file)
    made = plan(again, read(target, design=again))
    assert made.empty, str(made)
    assert not made.blocked
    assert not [one for one in made.unmanaged if "baseline-audit" not in one.message], str(made.unmanaged)


def test_the_file_is_a_sound_design_that_is_saved_without_a_change(file: Path) -> None:
    again = orgkit.load(file)
    assert not check(again).at_least("error")
    assert orgkit.save(again, file) == ""


def test_logging_is_as_it_was_designed(file: Path) -> None:
    logging = orgkit.load(file).settings.logging
    assert logging is not None and logging.bucket_policy is not None
    assert logging.bucket.endswith("-centralized-logs")
    assert logging.account == "log-archive"
    assert logging.trail == Trail(name="organization-trail")
    own = logging.bucket.replace("centralized-logs", "config")
    assert logging.config == ConfigDelivery(aggregator="organization-aggregator", bucket=own)
    assert (logging.versioning, logging.object_lock_days, logging.retention_days) == (True, 30, 400)
    assert logging.bucket_policy.file == "logging/bucket-policy.json"
    assert json.loads((file.parent / logging.bucket_policy.file).read_text())["Statement"]


def test_the_baseline_comes_with_its_template_settings_and_places(file: Path) -> None:
    again, design = orgkit.load(file), starter()
    (baseline,) = again.settings.baselines.values()
    wanted = design.settings.baselines["security-baseline"]
    assert (file.parent / str(baseline.template)).read_text() == wanted.template.content  # type: ignore[union-attr]
    assert set(baseline.to) == {account.handle for account in design.accounts() if not account.management}
    assert (baseline.regions, baseline.permission_model) == (("us-east-1",), "SELF_MANAGED")
    assert baseline.settings is not None and wanted.settings is not None
    assert wanted.settings.password_policy.items() <= baseline.settings.password_policy.items()
    assert baseline.settings.ebs_encryption_by_default and baseline.settings.s3_public_access_block


def test_security_services_regions_and_money_are_there(file: Path) -> None:
    again = orgkit.load(file)
    security, cost = again.settings.security, again.settings.cost
    assert security is not None and cost is not None
    assert security.guardduty == GuardDuty(administrator="security-audit")
    assert security.securityhub == SecurityHub(administrator="security-audit")
    assert security.ram_sharing
    assert again.settings.limits == {"accounts": 11}
    assert again.settings.regions == ("us-east-1", "us-west-2")
    assert set(cost.allocation_tags) == {"Environment", "Team", "Project"}
    assert str(again.ou("Workloads/Production").budget) == "10000 USD"
    assert again.account("app-a-prod").contacts["security"].email == "security@company.com"


def test_a_role_comes_with_its_tags_and_a_reference_for_its_secret(file: Path) -> None:
    access = orgkit.load(file).settings.access
    assert access is not None
    assert access.roles.keys() == {"cicd-deploy-role"}  # what a template makes is the template's
    role = access.roles["cicd-deploy-role"]
    assert role.external_id == SecretReference(source="env", name="CICD_DEPLOY_ROLE_EXTERNAL_ID")
    assert role.tags == {"Team": "platform"}
    assert role.to == ("app-a-prod", "app-b-prod")
    assert role.inline_policies["deploy-permissions"].file == "access/cicd-deploy-role/deploy-permissions.json"
    for path in file.parent.rglob("*"):
        assert not path.is_file() or SECRET not in path.read_text()


def test_what_the_file_does_not_say_stands_on_top_of_it(live: Organization, file: Path) -> None:
    head = file.read_text().split("orgkit: 1")[0]
    assert head.startswith("# As it stands live, read from sandbox.\n")
    told = " ".join(head.replace("#", "").split())
    assert live.remarks
    for remark in live.remarks:
        assert remark in told
    assert "baselines: how many accounts at a time and how many may fail" in told


def test_without_whole_no_member_account_is_entered(target: Target) -> None:
    settings = read(target).settings
    assert settings.logging is None and settings.security is None and not settings.baselines
    assert settings.access is not None and not settings.access.roles


# ---- what is strange -----------------------------------------------------------------------------


def budget_of_others(target: Target) -> None:
    budget = {
        "BudgetName": "finance",
        "BudgetLimit": {"Amount": "5", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
    }
    target.client("budgets").create_budget(AccountId=target.account_id, Budget=budget)


def federated_role(target: Target) -> None:
    federation = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
    statement = {"Effect": "Allow", "Principal": federation, "Action": "sts:AssumeRoleWithWebIdentity"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    target.client("iam", account="networking").create_role(RoleName="github", AssumeRolePolicyDocument=document)


def shut_account(target: Target) -> None:
    iam, role = target.client("iam", account="shop"), "OrganizationAccountAccessRole"
    iam.delete_role_policy(RoleName=role, PolicyName="AdministratorAccess")
    iam.delete_role(RoleName=role)


def trail_of_one_account(target: Target) -> None:
    target.client("s3").create_bucket(Bucket="a-trail-of-its-own")
    target.client("cloudtrail").create_trail(Name="mine", S3BucketName="a-trail-of-its-own")


def stack_set_of_control_tower(target: Target) -> None:
    template = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    target.client("cloudformation").create_stack_set(StackSetName="AWSControlTowerBP-X", TemplateBody=template)


STRANGE: dict[str, tuple[Callable[[Target], None], str]] = {
    "a budget of others": (budget_of_others, "budgets that others made: finance"),
    "a role that trusts a federation": (federated_role, "access.roles: github in networking, whose trust is more"),
    "an account that cannot be entered": (shut_account, "access.roles: those of shop, as it cannot be entered"),
    "a trail of one account": (trail_of_one_account, "logging: trails of the management account alone: mine"),
    "a stack set of Control Tower": (stack_set_of_control_tower, "baselines: stack sets of AWS Control Tower"),
}


@pytest.fixture(scope="module")
def strange() -> Iterator[Organization]:
    """A small organization in which all of these are."""
    with connect("sandbox") as target:
        client = target.client("organizations")
        client.create_organization(FeatureSet="ALL")
        for name in ("networking", "shop"):
            client.create_account(AccountName=name, Email=f"{name}@company.com")
        for change, _ in STRANGE.values():
            change(target)
    with target.again() as again:  # without the credentials that were had before an account was shut
        yield read(again, whole=True)


@pytest.mark.parametrize("name", STRANGE)
def test_what_the_file_cannot_say_is_said_beside_it(strange: Organization, name: str) -> None:
    _, words = STRANGE[name]
    assert words in "\n".join(strange.remarks)


def test_an_organization_with_nothing_around_it_has_nothing_in_the_file(strange: Organization) -> None:
    settings = strange.settings
    assert (settings.logging, settings.security, dict(settings.baselines)) == (None, None, {})


# ---- the words -----------------------------------------------------------------------------------

BUCKET: dict[str, Any] = {
    "name": "logs",
    "versioning": False,
    "object_lock_days": None,
    "object_lock_mode": None,
    "encryption": ["AES256"],
    "public_access_block": dict.fromkeys(("a", "b", "c", "d"), True),
    "ownership": ["BucketOwnerEnforced"],
    "lifecycle": [],
    "policy": None,
}
TRAIL = {"bucket": "logs", "prefix": "", "organization": True, "multi_region": True, "validation": False}


def logging_of(**facts: Any) -> tuple[Logging | None, list[str]]:
    bucket = {key: facts.pop(key) for key in list(facts) if key in BUCKET}
    wanted = {"bucket": "logs", "config_bucket": "items", "trail": "all", "aggregator": "view"}
    found: dict[str, Any] = {"trail": {**TRAIL, "logging": True}, "aggregator": None, "recorder": None}
    return logging_as_design("archive", wanted, {"bucket": BUCKET | bucket, **found, **facts})


def test_a_trail_without_a_prefix_and_a_bucket_without_versions_are_said_as_such() -> None:
    logging, remarks = logging_of()
    assert logging is not None and not remarks
    assert logging.trail == Trail(name="all", prefix="", validation=False)
    assert not logging.versioning


RECORDER = {"name": "default", "prefix": "", "everything": True, "recording": True}


def test_config_delivers_to_the_log_bucket_or_to_one_of_its_own() -> None:
    logging, remarks = logging_of(recorder={**RECORDER, "bucket": "logs"})
    assert logging is not None and logging.config == ConfigDelivery(prefix="")
    assert not remarks
    own = {**BUCKET, "name": "items", "versioning": True}
    logging, remarks = logging_of(recorder={**RECORDER, "bucket": "items"}, config_bucket=own)
    assert logging is not None and logging.config == ConfigDelivery(prefix="", bucket="items")
    assert remarks == ["logging: the policy of the bucket items, which is written for Config"]


OWN: dict[str, tuple[dict[str, Any], str]] = {
    "no versions": ({"versioning": False}, "the bucket items keeps no versions"),
    "another retention": ({"lifecycle": [{"Status": "Enabled", "Expiration": {"Days": 9}}]}, "expires otherwise"),
    "a lock": ({"object_lock_days": 9, "object_lock_mode": "COMPLIANCE"}, "Config does not deliver to such a bucket"),
    "ACLs": ({"ownership": []}, "of the bucket items, a plan of this file would change: it takes ACLs"),
}


@pytest.mark.parametrize(("facts", "words"), OWN.values(), ids=OWN)
def test_what_the_file_cannot_say_of_config_s_bucket_is_a_remark(facts: dict[str, Any], words: str) -> None:
    own = {**BUCKET, "name": "items", "versioning": True, **facts}
    _, remarks = logging_of(recorder={**RECORDER, "bucket": "items"}, config_bucket=own)
    assert words in "\n".join(remarks)


RULE = {"Status": "Enabled", "Expiration": {"Days": 90}}
OTHERWISE: dict[str, tuple[dict[str, Any], str]] = {
    "no encryption": ({"encryption": []}, "a plan of this file would change: it has no default encryption"),
    "public access": ({"public_access_block": {}}, "public access is not blocked"),
    "a lock that somebody may lift": ({"object_lock_days": 9, "object_lock_mode": "GOVERNANCE"}, "compliance mode"),
    "two lifecycle rules": ({"lifecycle": [RULE, RULE]}, "the lifecycle rules of the bucket logs"),
    "a trail that is stopped": ({"trail": {**TRAIL, "logging": False}}, "all is stopped"),
    "an aggregator alone": ({"aggregator": {"organization": True}}, "the aggregator view is there, but"),
}


@pytest.mark.parametrize(("facts", "words"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_logging_cannot_say_is_a_remark(facts: dict[str, Any], words: str) -> None:
    logging, remarks = logging_of(**facts)
    assert logging is not None
    assert words in "\n".join(remarks)


def test_a_lock_that_nobody_may_lift_is_said_in_days() -> None:
    logging, remarks = logging_of(object_lock_days=365, object_lock_mode="COMPLIANCE")
    assert logging is not None and logging.object_lock_days == 365
    assert not remarks


def test_one_rule_that_expires_everything_is_the_retention() -> None:
    logging, remarks = logging_of(lifecycle=[RULE])
    assert logging is not None and logging.retention_days == 90
    assert not remarks


STACK_SET: dict[str, Any] = {
    "description": "",
    "template": '{"Resources": {}}',
    "parameters": {"Size": "2", "Token": "****"},
    "permission_model": "SERVICE_MANAGED",
    "auto_deployment": True,
    "execution_role": None,
}


def live_starter() -> Organization:
    """The starter with ids, as if it were live."""
    org = orgkit.load("starter")
    for number, account in enumerate(org.accounts()):
        org.set(account.id, aws_id=f"{number:012}")
    return org.copy()


def ids(org: Organization, *places: str) -> list[str]:
    return [str(one.aws_id) for place in places for one in org.accounts(org.find(place)) if not one.management]


def test_a_service_managed_stack_set_goes_to_the_highest_ous_that_it_fills() -> None:
    org = live_starter()
    stands = {f"{one}/us-east-1": "CURRENT" for one in ids(org, "Workloads", "Security")}
    baseline, remarks = baseline_as_design(org, "notes", {**STACK_SET, "instances": stands})
    assert baseline is not None
    assert set(baseline.to) == {"Workloads", "Security"}
    assert str(baseline.template) == "templates/notes.template"
    assert baseline.parameters == {"Size": "2"}
    assert remarks == ["baselines.notes.parameters: Token, which CloudFormation keeps to itself"]


NOT_SAID: dict[str, tuple[Callable[[Organization], list[str]], str]] = {
    "nowhere": (lambda org: [], "stands nowhere"),
    "in half an OU": (lambda org: [f"{ids(org, 'Sandbox')[0]}/us-east-1"], "not in all accounts of the OUs"),
    "in other regions here and there": (
        lambda org: [f"{ids(org, 'Sandbox')[n]}/{region}" for n, region in enumerate(("us-east-1", "us-west-2"))],
        "other regions in one account",
    ),
}


@pytest.mark.parametrize(("places", "words"), NOT_SAID.values(), ids=NOT_SAID)
def test_a_stack_set_that_the_file_cannot_say_is_left_out_with_the_reason(
    places: Callable[[Organization], list[str]], words: str
) -> None:
    org = live_starter()
    facts = {**STACK_SET, "instances": dict.fromkeys(places(org), "CURRENT")}
    baseline, remarks = baseline_as_design(org, "notes", facts)
    assert baseline is None
    assert words in remarks[0]


def test_settings_of_accounts_are_grouped_where_no_stack_set_goes_to_the_same() -> None:
    org = live_starter()
    block = dict.fromkeys(("a", "b", "c", "d"), True)
    facts: dict[str, dict[str, Any]] = {one: {"s3_public_access_block": block} for one in ids(org, "Sandbox")}
    facts |= {one: {"ebs_encryption_by_default": {"us-east-1": True}} for one in ids(org, "Security")}
    facts |= {one: {} for one in ids(org, "Workloads")}
    found = settings_as_design(org, facts, {})
    assert {name: one.to for name, one in found.items()} == {
        "account-settings": ("security-audit", "log-archive"),
        "account-settings-2": ("developer-sandbox-1", "developer-sandbox-2"),
    }
    assert found["account-settings"].regions == ("us-east-1",)


def test_what_iam_does_not_limit_is_not_in_the_password_policy() -> None:
    facts = {"minimum_password_length": 8, "max_password_age": 0, "require_symbols": False, "hard_expiry": None}
    assert password_policy(facts) == {"minimum_password_length": 8, "require_symbols": False}


def test_a_security_service_that_is_on_in_fewer_regions_than_another_is_left_out_with_the_reason() -> None:
    org = live_starter()
    (admin,) = ids(org, "security-audit")
    on = {"administrators": [admin], "detector": "d", "enabled": True, "auto_enable": None}
    facts = {"guardduty": {"us-east-1": on}, "securityhub": {"us-east-1": on, "us-west-2": on}}
    administrators = {"guardduty": "security-audit", "securityhub": "security-audit"}
    security, regions, remarks = security_as_design(org, facts, administrators)
    assert security is not None and security.guardduty is None and security.securityhub is not None
    assert regions == ("us-east-1", "us-west-2")
    assert "security.guardduty: it is on in us-east-1 only, which the file cannot say" in remarks
