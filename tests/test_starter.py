"""The starter organization is the one of the multi-account strategy it comes from, point by point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import orgkit
from orgkit import starter
from orgkit.errors import InputError


@pytest.fixture(scope="module")
def org():
    return orgkit.load("starter")


def test_seven_services_are_trusted(org):
    assert set(org.settings.trusted_access) == {
        "cloudtrail.amazonaws.com",
        "config.amazonaws.com",
        "guardduty.amazonaws.com",
        "securityhub.amazonaws.com",
        "sso.amazonaws.com",
        "tagpolicies.tag.amazonaws.com",
        "ram.amazonaws.com",
    }


def test_all_features_and_two_policy_types(org):
    assert org.settings.features == "ALL"
    assert org.settings.policy_types == ("SERVICE_CONTROL_POLICY", "TAG_POLICY")


def test_six_ous_and_eleven_accounts_where_they_belong(org):
    assert [org.path(ou.id) for ou in org.ous()] == [
        "Security",
        "Infrastructure",
        "Workloads",
        "Workloads/Production",
        "Workloads/Non-Production",
        "Sandbox",
    ]
    assert {org.path(account.id) for account in org.accounts()} == {
        "management",
        "Security/security-audit",
        "Security/log-archive",
        "Infrastructure/shared-services",
        "Infrastructure/networking",
        "Workloads/Production/app-a-prod",
        "Workloads/Production/app-b-prod",
        "Workloads/Non-Production/app-a-dev",
        "Workloads/Non-Production/app-a-staging",
        "Sandbox/developer-sandbox-1",
        "Sandbox/developer-sandbox-2",
    }
    assert org.management is not None and org.management.handle == "management"


def test_the_guardrails_are_where_the_strategy_puts_them(org):
    assert [org.path(t) for t in org.targets("policy:production-guardrails")] == ["Workloads/Production"]
    assert [org.path(t) for t in org.targets("policy:sandbox-limits")] == ["Sandbox"]


def test_the_production_guardrails_read_as_written(org):
    statements = {s["Sid"]: s for s in org.policy("production-guardrails").document["Statement"]}
    assert list(statements) == [
        "DenyLeavingOrganization",
        "DenyDisablingCloudTrail",
        "DenyDisablingGuardDuty",
        "DenyDeletingFlowLogs",
        "RequireIMDSv2",
        "DenyPublicS3",
    ]
    assert statements["RequireIMDSv2"] == {
        "Sid": "RequireIMDSv2",
        "Effect": "Deny",
        "Action": "ec2:RunInstances",
        "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}},
    }
    assert statements["DenyPublicS3"]["Condition"] == {
        "StringNotEquals": {"s3:PublicAccessBlockConfiguration/BlockPublicAcls": "true"}
    }


def test_the_sandbox_limits_read_as_written(org):
    first, second = org.policy("sandbox-limits").document["Statement"]
    assert first["Condition"] == {"ForAnyValue:StringNotLike": {"ec2:InstanceType": ["t3.*", "t3a.*", "t4g.*"]}}
    assert second == {
        "Sid": "DenyExpensiveRegions",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}},
    }


def test_the_pipeline_may_deploy_to_production_for_an_hour_with_an_external_id(org):
    role = org.settings.access.roles["cicd-deploy-role"]
    assert role.to == ("Workloads/Production",)
    assert [(trust.account, trust.role) for trust in role.trusts] == [("shared-services", "codebuild-role")]
    assert role.external_id.source == "env" and role.max_session == 3600
    (statement,) = json.loads(role.inline_policies["deploy-permissions"].content)["Statement"]
    assert len(statement["Action"]) == 5
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/Environment": "production"}}


def test_logs_go_to_the_archive_from_cloudtrail_and_config(org):
    logging = org.settings.logging
    assert logging.account == "log-archive" and logging.bucket == "{{organization.id}}-centralized-logs"
    statements = json.loads(logging.bucket_policy.content)["Statement"]
    assert [s["Sid"] for s in statements] == ["AllowOrganizationCloudTrail", "AllowOrganizationConfig"]
    assert all(s["Condition"] == {"StringEquals": {"aws:SourceOrgID": "{{organization.id}}"}} for s in statements)


def test_the_baseline_goes_one_account_at_a_time_and_tolerates_no_failure(org):
    baseline = org.settings.baselines["security-baseline"]
    assert baseline.regions == ("us-east-1",)
    assert (baseline.max_concurrent, baseline.failure_tolerance) == (1, 0)
    assert Path(starter.design().parent, baseline.template).exists()


def test_three_tags_allocate_cost_and_every_account_has_them(org):
    assert org.settings.cost.allocation_tags == ("Environment", "Team", "Project")
    assert all(a.tags.keys() == {"Environment", "Team", "Project"} for a in org.accounts())


def test_every_account_has_an_owner_a_cost_and_an_email_of_its_own(org):
    accounts = org.accounts()
    assert all(account.owner and account.monthly_cost for account in accounts)
    assert len({account.email for account in accounts}) == len(accounts)


def test_the_document_s_two_mistakes_are_found(org):
    errors = orgkit.check(org).at_least("error")
    assert {"unknown-condition-key", "log-bucket-refuses-writer", "expectation-not-met"} <= {p.code for p in errors}


def test_mended_nothing_is_wrong_with_it(org):
    assert not orgkit.check(starter.mended(org)).at_least("error")


def test_mending_leaves_other_designs_alone():
    other = orgkit.design.Organization()
    other.add_account("management", email="aws@company.com", management=True)
    assert starter.mended(other) == other


def test_new_writes_a_design_that_reads_the_same_and_the_notebooks_for_it(tmp_path: Path, org):
    written = orgkit.new(tmp_path / "mine")
    assert orgkit.load(tmp_path / "mine" / "org.yaml") == org
    notebooks = [path for path in written if path.suffix == ".ipynb"]
    assert [path.name for path in notebooks] == [path.name for path in starter.notebooks()]
    assert not [path.name for path in notebooks if 'design: str = \\"starter\\"' in path.read_text("utf-8")]
    assert [path.name for path in notebooks if 'design: str = \\"../org.yaml\\"' in path.read_text("utf-8")]


def test_new_writes_the_mended_design_where_asked_to(tmp_path: Path, org):
    orgkit.new(tmp_path, mended=True)
    assert orgkit.load(tmp_path / "org.yaml") == starter.mended(org)


def test_new_overwrites_nothing(tmp_path: Path):
    (tmp_path / "org.yaml").write_text("mine")
    with pytest.raises(InputError, match="nothing is overwritten"):
        orgkit.new(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["org.yaml"]


def test_a_problem_of_the_starter_says_its_short_name(org):
    places = [problem.where for problem in orgkit.check(org) if problem.where]
    assert any(where.startswith("starter/org.yaml:") for where in places)
    assert not any(str(starter.design()) in where for where in places)
