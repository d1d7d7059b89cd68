"""Central logging, baselines and security services: applied, read back from AWS's side, drifted, and refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.cloud.server import serve
from orgkit.design import Organization
from orgkit.design.file.plain import FileName
from orgkit.design.sections import AccountSettings, Baseline, CentralRootAccess, GuardDuty, Security
from orgkit.guardrails import log_guardrail
from orgkit.provision import Plan, apply
from orgkit.starter import mended

REGIONS = ("us-east-1", "us-west-2")
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
NAME = "security-baseline"


def starter() -> Organization:
    """The mended starter without its roles, whose external id is a secret of the environment."""
    org = mended(orgkit.load("starter"))
    org.configure(access=None)
    return org


@pytest.fixture
def org() -> Organization:
    return starter()


def carry_out(design: Organization, target: Target) -> Plan:
    made = plan(design, read(target))
    assert not made.blocked, str(made.blocked)
    apply(made, target, approve=made.digest)
    return made


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with connect("sandbox") as opened:
        carry_out(starter(), opened)
        yield opened


def bucket_of(target: Target) -> str:
    organization = target.client("organizations").describe_organization()["Organization"]["Id"]
    return f"{organization}-centralized-logs"


# ---- read back -----------------------------------------------------------------------------------


def test_the_archive_is_as_designed(target: Target, org: Organization) -> None:
    s3, name = target.client("s3", account="log-archive"), bucket_of(target)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    (rule,) = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert org.settings.logging is not None and org.settings.logging.bucket_policy is not None
    organization = name.removesuffix("-centralized-logs")
    wanted = org.settings.logging.bucket_policy.content.replace("{{organization.id}}", organization)
    assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) == json.loads(wanted)


def test_the_trail_covers_the_organization_and_runs(target: Target) -> None:
    client = target.client("cloudtrail")
    trail = client.get_trail(Name="organization-trail")["Trail"]
    assert trail["IsOrganizationTrail"] and trail["IsMultiRegionTrail"] and trail["LogFileValidationEnabled"]
    assert (trail["S3BucketName"], trail["S3KeyPrefix"]) == (bucket_of(target), "cloudtrail")
    assert client.get_trail_status(Name="organization-trail")["IsLogging"]


def test_config_records_delivers_and_gathers(target: Target) -> None:
    client = target.client("config")
    (channel,) = client.describe_delivery_channels()["DeliveryChannels"]
    assert (channel["s3BucketName"], channel["s3KeyPrefix"]) == (bucket_of(target), "config")
    (status,) = client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert status["recording"]
    (aggregator,) = client.describe_configuration_aggregators()["ConfigurationAggregators"]
    assert aggregator["ConfigurationAggregatorName"] == "organization-aggregator"
    source = aggregator["OrganizationAggregationSource"]
    assert source["AllAwsRegions"]
    role = target.client("iam").get_role(RoleName=source["RoleArn"].rpartition("/")[2])["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "config.amazonaws.com"}


def test_every_account_has_the_stack_and_its_role(target: Target, org: Organization) -> None:
    summaries = target.client("cloudformation").list_stack_instances(StackSetName=NAME)["Summaries"]
    members = {target.account(account.email) for account in org.accounts() if not account.management}
    assert {(one["Account"], one["Region"]) for one in summaries} == {(account, "us-east-1") for account in members}
    for account in sorted(members):
        role = target.client("iam", account=account).get_role(RoleName="baseline-audit")["Role"]
        assert account in role["Arn"]


def test_every_account_has_the_settings_that_cloudformation_lacks(target: Target, org: Organization) -> None:
    settings = org.settings.baselines[NAME].settings
    assert settings is not None
    for account in (one for one in org.accounts() if not one.management):
        policy = target.client("iam", account=account.email).get_account_password_policy()["PasswordPolicy"]
        assert policy["MinimumPasswordLength"] == settings.password_policy["minimum_password_length"]
        assert policy["PasswordReusePrevention"] == settings.password_policy["password_reuse_prevention"]
        assert target.client("ec2", account=account.email).get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
        number = target.account(account.email)
        block = target.client("s3control", account=number).get_public_access_block(AccountId=number)
        assert all(block["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize("region", REGIONS)
def test_the_security_account_administers_guardduty_and_security_hub(target: Target, region: str) -> None:
    admin = target.account("security-audit")
    (found,) = target.client("guardduty", region=region).list_organization_admin_accounts()["AdminAccounts"]
    assert found["AdminAccountId"] == admin
    assert target.client("guardduty", account=admin, region=region).list_detectors()["DetectorIds"]
    hub = target.client("securityhub", account=admin, region=region)
    assert hub.describe_hub()["HubArn"]
    assert hub.describe_organization_configuration()["AutoEnable"]


def test_the_second_plan_is_empty_also_when_the_target_is_closed(org: Organization) -> None:
    with connect("sandbox") as opened:
        carry_out(org, opened)
        live = read(opened)
    with connect("sandbox") as another:
        read(another)
    assert plan(org, live).empty


def test_what_the_embedded_aws_leaves_out_is_said(target: Target, org: Organization) -> None:
    told = {problem.message for problem in plan(org, read(target)).held if problem.code == "not-in-the-sandbox"}
    assert any("AccessAnalyzer (AWS::AccessAnalyzer::Analyzer)" in message for message in told)
    assert len(told) == 1


# ---- drift ---------------------------------------------------------------------------------------


def stop_the_trail(target: Target) -> None:
    target.client("cloudtrail").stop_logging(Name="organization-trail")


def delete_the_policy(target: Target) -> None:
    target.client("s3", account="log-archive").delete_bucket_policy(Bucket=bucket_of(target))


def open_the_bucket(target: Target) -> None:
    target.client("s3", account="log-archive").delete_public_access_block(Bucket=bucket_of(target))


def weaken_the_password_policy(target: Target) -> None:
    target.client("iam", account="app-a-prod").update_account_password_policy(MinimumPasswordLength=6)


def switch_encryption_off(target: Target) -> None:
    target.client("ec2", account="app-b-prod").disable_ebs_encryption_by_default()


def delete_an_instance(target: Target) -> None:
    target.client("cloudformation").delete_stack_instances(
        StackSetName=NAME, Accounts=[target.account("networking")], Regions=["us-east-1"], RetainStacks=False
    )


def leave_the_hub_to_chance(target: Target) -> None:
    target.client("securityhub", account="security-audit").update_organization_configuration(AutoEnable=False)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (stop_the_trail, ["start_trail"]),
        (delete_the_policy, ["set_bucket_policy"]),
        (open_the_bucket, ["set_bucket_public_access_block"]),
        (weaken_the_password_policy, ["set_password_policy"]),
        (switch_encryption_off, ["encrypt_ebs"]),
        (delete_an_instance, ["create_stack_instances"]),
        (leave_the_hub_to_chance, ["set_securityhub_members"] * 2),  # moto has one configuration for all regions
    ],
    ids=lambda value: value.__name__.replace("_", " ") if callable(value) else "",
)
def test_what_was_changed_by_hand_is_set_right_again(
    target: Target, org: Organization, change: Callable[[Target], None], kinds: list[str]
) -> None:
    change(target)
    made = plan(org, read(target))
    assert [step.kind for step in made.steps] == kinds
    apply(made, target, approve=made.digest)
    assert plan(org, read(target)).empty


def test_a_change_after_the_plan_is_refused_with_the_difference(target: Target, org: Organization) -> None:
    stop_the_trail(target)
    late = plan(org, read(target))
    weaken_the_password_policy(target)
    with pytest.raises(orgkit.errors.Refused, match="baselines: security-baseline"):
        apply(late, target, approve=late.digest)
    carry_out(org, target)


def test_an_account_that_joins_gets_everything(target: Target, org: Organization) -> None:
    org.add_account("late", "Sandbox", email="late@company.com")
    carry_out(org, target)
    assert target.client("iam", account="late").get_role(RoleName="baseline-audit")
    assert target.client("ec2", account="late").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert plan(org, read(target)).empty


# ---- other ways ----------------------------------------------------------------------------------


def test_a_service_managed_stack_set_goes_to_ous_and_reaches_who_joins(org: Organization) -> None:
    baseline = replace(org.settings.baselines[NAME], permission_model="SERVICE_MANAGED", settings=None)
    org.configure(baselines={NAME: baseline}, trusted_access=(*org.settings.trusted_access, STACK_SETS))
    with connect("sandbox") as opened:
        carry_out(org, opened)
        summaries = opened.client("cloudformation").list_stack_instances(StackSetName=NAME)["Summaries"]
        assert len(summaries) == 10
        org.add_account("late", "Workloads/Production", email="late@company.com")
        made = carry_out(org, opened)
        (step,) = [step for step in made.steps if step.kind == "create_stack_instances"]
        assert step.parameters["DeploymentTargets"] == {"OrganizationalUnitIds": ["{{ou.Workloads.id}}"]}
        assert plan(org, read(opened)).empty


def test_locked_objects_an_archive_that_forgets_and_the_guardrail_of_the_chain(org: Organization) -> None:
    # Config does not deliver to a bucket that locks by default.
    logging = replace(org.settings.logging, object_lock_days=365, retention_days=400, bucket_policy=None, config=None)
    org.configure(logging=logging, baselines={}, security=None)
    org.add_policy("log-protection", log_guardrail(org))
    org.attach("log-protection", "root")
    with connect("sandbox") as opened:
        carry_out(org, opened)
        s3, name = opened.client("s3", account="log-archive"), bucket_of(opened)
        lock = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
        assert lock["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"
        assert lock["Rule"]["DefaultRetention"]["Days"] == 365
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert rule["Expiration"]["Days"] == 400
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
        assert {one["Sid"] for one in policy["Statement"]} >= {"CloudTrailWrite", "DenyDeletingLogs"}
        assert "{{" not in json.dumps(policy)
        assert plan(org, read(opened)).empty


def with_a_bucket_for_config(org: Organization) -> str:
    """The trail's bucket locks, and Config, that of the members as well, delivers to a second one; its name."""
    assert org.settings.logging is not None and org.settings.logging.config is not None
    own = "{{organization.id}}-config"
    config = replace(org.settings.logging.config, bucket=own)
    (baseline,) = org.settings.baselines.values()
    org.configure(
        logging=replace(
            org.settings.logging, object_lock_days=365, retention_days=400, bucket_policy=None, config=config
        ),
        baselines={NAME: replace(baseline, parameters={"LogBucket": own})},
    )
    return own


def test_a_trail_s_logs_are_locked_and_config_delivers_to_a_bucket_of_its_own(org: Organization) -> None:
    own = with_a_bucket_for_config(org)
    org.add_policy("log-protection", log_guardrail(org))
    org.attach("log-protection", "root")
    with connect("sandbox") as opened:
        made = carry_out(org, opened)
        order = [step.id for step in made.steps]
        assert order.index(f"set_bucket_policy:{own}") < order.index("put_delivery_channel:management")
        instances = [number for number, step in enumerate(made.steps) if step.kind == "create_stack_instances"]
        assert order.index(f"set_bucket_policy:{own}") < min(instances)

        s3, logs = opened.client("s3", account="log-archive"), bucket_of(opened)
        name = logs.replace("centralized-logs", "config")
        lock = s3.get_object_lock_configuration(Bucket=logs)["ObjectLockConfiguration"]
        assert lock["Rule"]["DefaultRetention"].items() >= {"Mode": "COMPLIANCE", "Days": 365}.items()
        with pytest.raises(ClientError, match="ObjectLockConfigurationNotFound"):
            s3.get_object_lock_configuration(Bucket=name)
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
        (rule,) = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
        assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
        (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert rule["Expiration"]["Days"] == 400
        sids = {
            bucket: {one["Sid"] for one in json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]}
            for bucket in (logs, name)
        }
        always = {"DenyDeletingLogs", "DenyWithoutTls"}
        assert sids == {
            logs: {"CloudTrailAclCheck", "CloudTrailWrite"} | always,
            name: {"ConfigChecks", "ConfigWrite"} | always,
        }
        (channel,) = opened.client("config").describe_delivery_channels()["DeliveryChannels"]
        assert (channel["s3BucketName"], channel["s3KeyPrefix"]) == (name, "config")
        assert opened.client("cloudtrail").get_trail(Name="organization-trail")["Trail"]["S3BucketName"] == logs
        assert plan(org, read(opened)).empty

        retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
        s3.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
        )
        (told,) = [one for one in plan(org, read(opened)).held if one.code == "log-bucket-locked"]
        assert name in told.message and told.fix


# ---- bad input -----------------------------------------------------------------------------------


def blocked(org: Organization) -> dict[str, str]:
    with connect("sandbox") as opened:
        return {
            problem.code: f"{problem.where} {problem.message}. {problem.fix}"
            for problem in plan(org, read(opened)).blocked
        }


def baseline(org: Organization, **changes: Any) -> Organization:
    org.configure(baselines={NAME: replace(org.settings.baselines[NAME], **changes)})
    return org


def text_of(org: Organization) -> str:
    return str(org.settings.baselines[NAME].template.content)  # type: ignore[union-attr]


def test_a_template_that_cfn_lint_refuses_is_refused_with_its_line(org: Organization) -> None:
    template = FileName("templates/mine.yaml", text_of(org).replace("AnalyzerName", "AnalyserName"))
    found = blocked(baseline(org, template=template))
    assert found.keys() == {"template-refused"}
    assert found["template-refused"].startswith("templates/mine.yaml:48:")
    assert "AnalyserName" in found["template-refused"]


CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a template that is not there": ({"template": FileName("no.yaml", None)}, "template-missing", "no.yaml"),
    "a template that is no YAML": ({"template": FileName("x.yaml", "Resources: [")}, "template-unreadable", "line"),
    "a template without resources": ({"template": FileName("x.yaml", "a: 1")}, "template-unreadable", "Resources"),
    "a parameter that the template lacks": (
        {"parameters": {"LogBuket": "x"}},
        "template-parameter",
        'did you mean "LogBucket"',
    ),
    "a service-managed stack set to an account": (
        {"permission_model": "SERVICE_MANAGED", "to": ("app-a-prod",)},
        "service-managed-account",
        "SELF_MANAGED",
    ),
    "a service-managed stack set without trusted access": (
        {"permission_model": "SERVICE_MANAGED"},
        "no-trusted-access",
        STACK_SETS,
    ),
    "a password policy that IAM refuses": (
        {"settings": AccountSettings(password_policy={"max_password_age": 2000})},
        "password-policy",
        "1 to 1095",
    ),
}


@pytest.mark.parametrize(("changes", "code", "told"), CASES.values(), ids=CASES)
def test_what_aws_would_refuse_is_refused_in_the_plan(
    org: Organization, changes: dict[str, Any], code: str, told: str
) -> None:
    found = blocked(baseline(org, **changes))
    assert told in found[code]


def test_the_verbatim_guardrails_stop_the_baseline_in_production_in_the_plan(org: Organization) -> None:
    verbatim = orgkit.load("starter").policy("production-guardrails").content
    org.set("production-guardrails", content=verbatim)
    with connect("sandbox") as opened:
        found = plan(org, read(opened)).blocked
    assert {problem.where for problem in found} == {
        "Workloads/Production/app-a-prod",
        "Workloads/Production/app-b-prod",
    }
    assert all("DenyPublicS3 would stop s3:PutAccountPublicAccessBlock" in problem.message for problem in found)


def no(action: str) -> dict[str, Any]:
    statement = {"Sid": "No", "Effect": "Deny", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_that_the_stack_itself_would_be_stopped_is_said_too(org: Organization) -> None:
    org.configure(protected_principals=())
    org.add_policy("no-stacks", no("cloudformation:CreateStack"))
    org.attach("no-stacks", "Sandbox")
    assert "cloudformation:CreateStack for the stack" in blocked(org)["baseline-stopped"]


def test_a_guardrail_where_a_baseline_stands_already_does_not_stop_it_elsewhere(org: Organization) -> None:
    org.configure(protected_principals=())
    with connect("sandbox") as opened:
        carry_out(org, opened)
        org.add_policy("no-roles", no("iam:CreateRole"))
        org.attach("no-roles", "Sandbox")
        org.add_account("late", "Workloads/Non-Production", email="late@company.com")
        made = plan(org, read(opened))
        assert not made.blocked
        told = [problem for problem in made.held if problem.code == "baseline-stopped"]
        assert {problem.where for problem in told} == {"Sandbox/developer-sandbox-1", "Sandbox/developer-sandbox-2"}
        org.move("late", "Sandbox")
        assert [problem.where for problem in plan(org, read(opened)).blocked] == ["Sandbox/late"]


def test_what_a_template_does_is_judged_as_the_role_that_does_it(org: Organization) -> None:
    deny = {"Sid": "NoRoles", "Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*"}
    org.add_policy("no-roles", {"Version": "2012-10-17", "Statement": [deny]})
    org.attach("no-roles", "Sandbox")
    assert "iam:CreateRole for AuditRole (AWS::IAM::Role)" in blocked(org)["baseline-stopped"]
    deny["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}  # type: ignore[assignment]
    org.set("no-roles", content={"Version": "2012-10-17", "Statement": [deny]})
    assert not blocked(org)


def test_a_log_bucket_policy_that_cloudtrail_would_refuse_is_refused() -> None:
    found = blocked(orgkit.load("starter"))
    assert (
        "s3:GetBucketAcl" in found["log-bucket-refuses-writer"] or "s3:ListBucket" in found["log-bucket-refuses-writer"]
    )


@pytest.mark.parametrize(
    ("security", "code"),
    [
        (Security(guardduty=GuardDuty(administrator="management")), "security-administrator"),
        (Security(guardduty=GuardDuty(administrator="log-archive")), "security-administrator"),
        (Security(central_root_access=CentralRootAccess()), "no-trusted-access"),
    ],
    ids=["the management account", "another delegated administrator", "central root access without trusted access"],
)
def test_a_security_service_that_aws_would_refuse_is_refused(org: Organization, security: Security, code: str) -> None:
    org.configure(security=security)
    assert code in blocked(org)


def test_a_part_beside_the_tree_that_may_not_be_read_is_held_and_stops_no_step_of_the_tree(
    org: Organization, tmp_path: Path
) -> None:
    org.configure(baselines={}, security=None)
    spec = f"sandbox:{tmp_path / 'state.jsonl'}"
    with connect(spec) as opened:
        carry_out(org, opened)
        iam, role = opened.client("iam", account="log-archive"), "OrganizationAccountAccessRole"
        iam.delete_role_policy(RoleName=role, PolicyName="AdministratorAccess")
        iam.delete_role(RoleName=role)
    with connect(spec) as opened:
        live = read(opened, design=org)
        assert live.unknown == ("logging",)
        idle = plan(org, live)
        assert idle.empty
        assert any(problem.code == "not-readable" and "logging" in problem.message for problem in idle.held)
        org.set("networking", tags={"a": "b"})
        made = plan(org, live)
        assert any(problem.code == "not-readable" and "logging" in problem.message for problem in made.held)
        assert {step.kind for step in made.steps} == {"tag", "untag"}
        apply(made, opened, approve=made.digest)


def test_a_baseline_of_settings_alone_needs_no_stack_set(org: Organization) -> None:
    settings = AccountSettings(s3_public_access_block=True)
    org.configure(
        baselines={"s3": Baseline(name="s3", to=("Security",), settings=settings)}, logging=None, security=None
    )
    with connect("sandbox") as opened:
        made = carry_out(org, opened)
        assert {step.kind for step in made.steps} >= {"block_public_s3"}
        assert not {"create_stack_set", "create_service_role"} & {step.kind for step in made.steps}
        assert plan(org, read(opened)).empty


def test_it_goes_the_same_way_through_a_server_with_many_workers(org: Organization) -> None:
    with serve() as server, connect(f"endpoint:{server.url}") as opened:
        carry_out(org, opened)
        assert plan(org, read(opened)).empty
