"""The starter, applied whole into an empty sandbox by its notebook: every piece is then asked of AWS and compared with
the document, the pipeline's role is assumed and used, and its secret is looked for in everything that was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import orgkit
from orgkit import starter
from orgkit.cloud import Target
from orgkit.design import SCP, Account, Organization
from orgkit.design.contacts import CONTACT_SERVICE, Contact

SECRET = "handshake-of-the-pipeline-4711"
PIPELINE = "codebuild-role"


@pytest.fixture(scope="module", autouse=True)
def external_id() -> Iterator[None]:
    """For the whole module, as the organization that stands is shared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CICD_EXTERNAL_ID", SECRET)
        yield


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the notebook that provisions, with the approval of the plan made for it."""
    folder = tmp_path_factory.mktemp("whole")
    org = starter.mended(orgkit.load("starter"))
    org.configure(
        trusted_access=(*org.settings.trusted_access, CONTACT_SERVICE),
        contacts={"security": Contact(name="On Call", title="Security", email="sec@company.com", phone="+49 30 1")},
    )
    design = folder / "org.yaml"
    orgkit.save(org, design)
    spec = f"sandbox:{folder / 'aws.jsonl'}"
    with orgkit.connect(spec) as target:
        digest = orgkit.plan(orgkit.load(design), orgkit.read(target)).digest
    provision = next(path for path in starter.notebooks() if path.name.startswith("5"))
    given = {"design": str(design), "target": spec, "approve": digest, "output": str(folder / "results")}
    orgkit.run(provision, given, folder / "run")
    return folder


@pytest.fixture(scope="module")
def org(out: Path) -> Organization:
    return orgkit.load(out / "org.yaml")


@pytest.fixture(scope="module")
def target(out: Path) -> Iterator[Target]:
    with orgkit.connect(f"sandbox:{out / 'aws.jsonl'}") as opened:
        yield opened


def pages(client: Any, operation: str, key: str, **asked: Any) -> list[Any]:
    return [item for page in client.get_paginator(operation).paginate(**asked) for item in page[key]]


def members(org: Organization) -> list[Account]:
    return [account for account in org.accounts() if not account.management]


def bound(target: Target, text: str) -> str:
    """The text with the references that the starter has."""
    return text.replace(
        "{{organization.id}}", target.client("organizations").describe_organization()["Organization"]["Id"]
    )


# ---- the organization ----------------------------------------------------------------------------


def test_services_are_trusted_and_types_of_policies_enabled(target: Target, org: Organization) -> None:
    client = target.client("organizations")
    trusted = pages(client, "list_aws_service_access_for_organization", "EnabledServicePrincipals")
    assert {one["ServicePrincipal"] for one in trusted} >= set(org.settings.trusted_access)
    (root,) = client.list_roots()["Roots"]
    enabled = {one["Type"] for one in root["PolicyTypes"] if one["Status"] == "ENABLED"}
    assert enabled == set(org.settings.policy_types)
    assert client.describe_organization()["Organization"]["FeatureSet"] == org.settings.features


def test_ous_and_accounts_stand_where_they_are_written(target: Target, org: Organization) -> None:
    client = target.client("organizations")
    (root,) = client.list_roots()["Roots"]
    found: dict[str, str] = {}

    def walk(parent: str, path: str) -> None:
        for account in pages(client, "list_accounts_for_parent", "Accounts", ParentId=parent):
            found[account["Email"]] = f"{path}{account['Name']}"
        for unit in pages(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent):
            found[unit["Id"]] = f"{path}{unit['Name']}"
            walk(unit["Id"], f"{path}{unit['Name']}/")

    walk(root["Id"], "")
    management = target.account_id
    wanted = {org.path(ou.id) for ou in org.ous()} | {org.path(account.id) for account in members(org)}
    named = {path for who, path in found.items() if path in wanted}
    assert named == wanted
    assert len(found) == len(wanted) + 1  # and the management account, under AWS's own name
    assert client.describe_organization()["Organization"]["MasterAccountId"] == management


def test_guardrails_read_as_written_and_hang_where_they_are_written(target: Target, org: Organization) -> None:
    client = target.client("organizations")
    listed = pages(client, "list_policies", "Policies", Filter=SCP)
    found = {policy["Name"]: policy["Id"] for policy in listed if not policy["AwsManaged"]}
    assert found.keys() == {policy.name for policy in org.policies(SCP)}
    for policy in org.policies(SCP):
        described = client.describe_policy(PolicyId=found[policy.name])["Policy"]
        assert json.loads(described["Content"]) == policy.document
        assert described["PolicySummary"]["Description"] == policy.description
        hung = pages(client, "list_targets_for_policy", "Targets", PolicyId=found[policy.name])
        assert {one["Name"] for one in hung} == {
            entity.name for entity in map(org.entity, org.targets(policy.id)) if not isinstance(entity, type(policy))
        }


def test_every_account_carries_its_tags(target: Target, org: Organization) -> None:
    client = target.client("organizations")
    for account in members(org):
        tags = client.list_tags_for_resource(ResourceId=target.account(account.email))["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == dict(account.tags)


def test_services_are_administered_from_the_security_account(target: Target, org: Organization) -> None:
    client = target.client("organizations")
    for service, (handle,) in org.settings.delegated_administrators.items():
        listed = pages(client, "list_delegated_administrators", "DelegatedAdministrators", ServicePrincipal=service)
        assert [one["Name"] for one in listed] == [handle]


# ---- access --------------------------------------------------------------------------------------


def test_the_deploy_role_stands_in_production_as_written(target: Target, org: Organization) -> None:
    assert org.settings.access is not None
    role = org.settings.access.roles["cicd-deploy-role"]
    tools = target.account("shared-services")
    for account in org.accounts(org.find("Workloads/Production")):
        iam = target.client("iam", account=account.email)
        found = iam.get_role(RoleName=role.name)["Role"]
        (statement,) = found["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"AWS": f"arn:aws:iam::{tools}:role/{PIPELINE}"}
        assert statement["Action"] == "sts:AssumeRole" and statement["Effect"] == "Allow"
        assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": SECRET}}
        assert (found["MaxSessionDuration"], found["Description"]) == (role.max_session, role.description)
        for name, document in role.inline_policies.items():
            stands = iam.get_role_policy(RoleName=role.name, PolicyName=name)["PolicyDocument"]
            assert stands == json.loads(document.content)
    elsewhere = target.client("iam", account="app-a-dev")
    assert role.name not in {one["RoleName"] for one in pages(elsewhere, "list_roles", "Roles")}


def test_the_pipeline_assumes_its_role_with_the_external_id_and_works(target: Target) -> None:
    iam = target.client("iam", account="shared-services")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{target.account_id}:root"},
        "Action": "sts:AssumeRole",
    }
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    iam.create_role(
        RoleName=PIPELINE, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    iam.put_role_policy(
        RoleName=PIPELINE, PolicyName="deploy", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]})
    )
    sts = target.client("sts", account="shared-services", role=PIPELINE)
    arn = f"arn:aws:iam::{target.account('app-a-prod')}:role/cicd-deploy-role"
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="release", ExternalId=SECRET)["Credentials"]
    assert keys["SessionToken"]
    for wrong in ({"ExternalId": "another"}, {}):
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=arn, RoleSessionName="release", **wrong)


def test_people_have_the_permission_sets_and_assignments_that_are_written(target: Target, org: Organization) -> None:
    access = org.settings.access
    assert access is not None
    sso, store = target.client("sso-admin"), target.client("identitystore")
    (instance,) = sso.list_instances()["Instances"]
    here, there = {"InstanceArn": instance["InstanceArn"]}, {"IdentityStoreId": instance["IdentityStoreId"]}
    groups = {one["DisplayName"]: one for one in pages(store, "list_groups", "Groups", **there)}
    assert {name: one["Description"] for name, one in groups.items()} == {
        name: group.description for name, group in access.groups.items()
    }
    arns = {}
    for arn in pages(sso, "list_permission_sets", "PermissionSets", **here):
        found = sso.describe_permission_set(**here, PermissionSetArn=arn)["PermissionSet"]
        wanted = access.permission_sets[found["Name"]]
        arns[found["Name"]] = arn
        assert found["SessionDuration"] == f"PT{wanted.session_duration // 3600}H"
        assert found["Description"] == wanted.description
        managed = sso.list_managed_policies_in_permission_set(**here, PermissionSetArn=arn)["AttachedManagedPolicies"]
        assert tuple(one["Arn"] for one in managed) == wanted.managed_policies
    assert arns.keys() == access.permission_sets.keys()
    wanted_assignments = {
        (one.group, one.permission_set, target.account(account.email))
        for one in access.assignments
        for place in one.to
        for account in org.accounts(org.find(place, "root", "ou", "account"))
        if not account.management
    } | {("security", "auditor", target.account_id)}
    by_id = {one["GroupId"]: name for name, one in groups.items()}
    found_assignments = {
        (by_id[one["PrincipalId"]], name, account)
        for name, arn in arns.items()
        for account in [target.account_id, *(target.account(one.email) for one in members(org))]
        for one in sso.list_account_assignments(**here, AccountId=account, PermissionSetArn=arn)["AccountAssignments"]
    }
    assert found_assignments == wanted_assignments


# ---- logging, baselines, security ----------------------------------------------------------------


def test_the_archive_takes_the_logs_and_keeps_them(target: Target, org: Organization) -> None:
    logging = org.settings.logging
    assert logging is not None and logging.bucket_policy is not None and logging.trail is not None
    s3, bucket = target.client("s3", account=logging.account), bound(target, logging.bucket)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    (rule,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert policy == json.loads(bound(target, logging.bucket_policy.content))
    assert any(one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for one in policy["Statement"])
    trail = target.client("cloudtrail").get_trail(Name=logging.trail.name)["Trail"]
    assert trail["IsOrganizationTrail"] and trail["LogFileValidationEnabled"] and trail["IsMultiRegionTrail"]
    assert (trail["S3BucketName"], trail["S3KeyPrefix"]) == (bucket, logging.trail.prefix)
    assert target.client("cloudtrail").get_trail_status(Name=logging.trail.name)["IsLogging"]
    assert logging.config is not None
    config = target.client("config")
    (channel,) = config.describe_delivery_channels()["DeliveryChannels"]
    assert (channel["s3BucketName"], channel["s3KeyPrefix"]) == (bucket, logging.config.prefix)
    (aggregator,) = config.describe_configuration_aggregators()["ConfigurationAggregators"]
    assert aggregator["ConfigurationAggregatorName"] == logging.config.aggregator
    assert aggregator["OrganizationAggregationSource"]["AllAwsRegions"]


def test_every_member_has_the_baseline_with_its_template_and_parameters(target: Target, org: Organization) -> None:
    baseline = org.settings.baselines["security-baseline"]
    client = target.client("cloudformation")
    stack_set = client.describe_stack_set(StackSetName=baseline.name)["StackSet"]
    assert stack_set["TemplateBody"] == baseline.template.content  # type: ignore[union-attr]
    assert stack_set["PermissionModel"] == baseline.permission_model
    assert {one["ParameterKey"]: one["ParameterValue"] for one in stack_set["Parameters"]} == {
        name: bound(target, value) for name, value in baseline.parameters.items()
    }
    instances = pages(client, "list_stack_instances", "Summaries", StackSetName=baseline.name)
    assert {(one["Account"], one["Region"], one["Status"]) for one in instances} == {
        (target.account(account.email), region, "CURRENT") for account in members(org) for region in baseline.regions
    }


def test_budgets_cost_tags_and_contacts_are_as_written(target: Target, org: Organization) -> None:
    budgets = pages(target.client("budgets"), "describe_budgets", "Budgets", AccountId=target.account_id)
    amounts = sorted(f"{float(one['BudgetLimit']['Amount']):.2f}" for one in budgets)
    wanted = [entity.budget for entity in (*org.ous(), *org.accounts()) if entity.budget is not None]
    assert amounts == sorted(f"{float(amount.amount):.2f}" for amount in wanted)
    assert {one["BudgetLimit"]["Unit"] for one in budgets} == {"USD"}
    assert org.settings.cost is not None
    tags = target.client("ce").list_cost_allocation_tags(Status="Active")["CostAllocationTags"]
    assert {tag["TagKey"] for tag in tags} == set(org.settings.cost.allocation_tags)
    for account in members(org):
        contact = target.client("account").get_alternate_contact(
            AccountId=target.account(account.email), AlternateContactType="SECURITY"
        )["AlternateContact"]
        assert (contact["Name"], contact["EmailAddress"]) == ("On Call", "sec@company.com")


def test_the_second_plan_is_empty(target: Target, org: Organization) -> None:
    assert orgkit.plan(org, orgkit.read(target, design=org)).empty


# ---- the secret ----------------------------------------------------------------------------------


def test_the_secret_is_in_nothing_that_was_written_but_the_file_that_plays_aws(
    out: Path, target: Target, org: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    org.configure(access=replace(org.settings.access, groups={}) if org.settings.access else None)
    live = orgkit.read(target, design=org, roles=True)
    orgkit.save(live, out / "read" / "org.yaml")
    found = orgkit.plan(org, live)
    found.save(out / "plan.json")
    (out / "said.txt").write_text("\n".join([str(found), found._repr_html_(), *capsys.readouterr()]))
    written = [path for path in out.rglob("*") if path.is_file() and path.name != "aws.jsonl"]
    names = {path.name for path in written}
    assert {"apply.journal", "plan.json", "said.txt", "5-provision.ipynb"} <= names
    assert [path for path in written if SECRET.encode() in path.read_bytes()] == []
    assert SECRET.encode() in (out / "aws.jsonl").read_bytes()  # so that the search would find it
