"""Drift around the tree: a piece changed by hand is told, reverted by a plan, and adopted where that can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.design import Organization
from orgkit.design.contacts import Contact
from orgkit.design.sections import Assignment, GuardDuty, JsonDocument, Security
from orgkit.errors import Refused
from orgkit.provision import apply, drift
from orgkit.provision.execution.journal import last_design
from orgkit.provision.planning.difference import LIVE, Drift
from orgkit.starter import mended
from tests.cloud.clocks import StillClock

NAME = "security-baseline"
REGION = "us-east-1"


CONFIG = "{{organization.id}}-config"  # where Config delivers to, and nobody else


@dataclass
class Way:
    """The starter as applied, with everything around it, and the journal of it."""

    target: Target
    design: Organization
    journal: Path

    def client(self, service: str, account: str | None = None, **options: Any) -> Any:
        return self.target.client(service, account=account, **options)

    @property
    def bucket(self) -> str:
        organization = self.client("organizations").describe_organization()["Organization"]["Id"]
        return f"{organization}-centralized-logs"

    @property
    def config_bucket(self) -> str:
        return self.bucket.replace("centralized-logs", "config")

    def s3(self) -> Any:
        return self.client("s3", "log-archive")

    def permission_set(self, name: str) -> dict[str, str]:
        sso = self.client("sso-admin")
        instance = sso.list_instances()["Instances"][0]["InstanceArn"]
        for arn in sso.list_permission_sets(InstanceArn=instance)["PermissionSets"]:
            this = {"InstanceArn": instance, "PermissionSetArn": arn}
            if sso.describe_permission_set(**this)["PermissionSet"]["Name"] == name:
                return this
        raise AssertionError(name)

    def drift(self, design: Organization | None = None) -> Drift:
        design = design or self.design
        return drift(design, last_design(self.journal), read(self.target, design=design))


def furnished() -> Organization:
    """The starter with locks, contacts, and people and roles that are named account by account."""
    design = mended(orgkit.load("starter"))
    settings = design.settings
    assert settings.logging is not None and settings.logging.config is not None and settings.access is not None
    access = settings.access
    roles = {name: replace(one, to=("app-a-prod", "app-b-prod")) for name, one in access.roles.items()}
    inline = JsonDocument(content='{"Version":"2012-10-17","Statement":[]}')
    developer = replace(access.permission_sets["developer"], inline_policy=inline)
    assignments = (*access.assignments, Assignment(group="security", permission_set="auditor", to=("app-a-dev",)))
    design.configure(
        trusted_access=(*settings.trusted_access, "account.amazonaws.com"),
        contacts={"security": Contact(name="Ada", title="CISO", email="security@company.com", phone="+1 555 0100")},
        logging=replace(settings.logging, retention_days=400, config=replace(settings.logging.config, bucket=CONFIG)),
        baselines={name: replace(one, parameters={"LogBucket": CONFIG}) for name, one in settings.baselines.items()},
        access=replace(
            access,
            roles=roles,
            permission_sets={**access.permission_sets, "developer": developer},
            assignments=tuple(one for one in assignments if one.to != ("root",)),
        ),
    )
    return design


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    design, journal = furnished(), tmp_path_factory.mktemp("way") / "journal"
    with pytest.MonkeyPatch.context() as patch, connect("sandbox", clock=StillClock()) as target:
        patch.setenv("CICD_EXTERNAL_ID", "external-id-of-the-tests")  # as for every test, and before the first
        made = plan(design, read(target, design=design))
        assert not made.blocked, str(made.blocked)
        apply(made, target, approve=made.digest, journal=journal)
        yield Way(target, design, journal)


# ---- what somebody does by hand ------------------------------------------------------------------


def no_versions(way: Way) -> None:
    way.s3().put_bucket_versioning(Bucket=way.bucket, VersioningConfiguration={"Status": "Suspended"})


def other_policy(way: Way) -> None:
    document = json.loads(way.s3().get_bucket_policy(Bucket=way.bucket)["Policy"])
    document["Statement"] = document["Statement"][:-1]
    way.s3().put_bucket_policy(Bucket=way.bucket, Policy=json.dumps(document))


def no_policy(way: Way) -> None:
    way.s3().delete_bucket_policy(Bucket=way.bucket)


def short_memory(way: Way) -> None:
    (rule,) = way.s3().get_bucket_lifecycle_configuration(Bucket=way.bucket)["Rules"]
    rule["Expiration"] = {"Days": 7}
    way.s3().put_bucket_lifecycle_configuration(Bucket=way.bucket, LifecycleConfiguration={"Rules": [rule]})


def no_versions_of_config(way: Way) -> None:
    way.s3().put_bucket_versioning(Bucket=way.config_bucket, VersioningConfiguration={"Status": "Suspended"})


def no_policy_for_config(way: Way) -> None:
    way.s3().delete_bucket_policy(Bucket=way.config_bucket)


def config_for_ever(way: Way) -> None:
    way.s3().delete_bucket_lifecycle(Bucket=way.config_bucket)


def another_prefix_for_config(way: Way) -> None:
    channel = {"name": "default", "s3BucketName": way.config_bucket, "s3KeyPrefix": "elsewhere"}
    way.client("config").put_delivery_channel(DeliveryChannel=channel)


def no_encryption(way: Way) -> None:
    way.s3().delete_bucket_encryption(Bucket=way.bucket)


def acls(way: Way) -> None:
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    way.s3().put_bucket_ownership_controls(Bucket=way.bucket, OwnershipControls=rules)


def public(way: Way) -> None:
    way.s3().delete_public_access_block(Bucket=way.bucket)


def stopped_trail(way: Way) -> None:
    way.client("cloudtrail").stop_logging(Name="organization-trail")


def unvalidated_trail(way: Way) -> None:
    way.client("cloudtrail").update_trail(Name="organization-trail", EnableLogFileValidation=False)


def no_trail(way: Way) -> None:
    way.client("cloudtrail").delete_trail(Name="organization-trail")


def stopped_recorder(way: Way) -> None:
    way.client("config").stop_configuration_recorder(ConfigurationRecorderName="default")


def elsewhere(way: Way) -> None:
    channel = {"name": "default", "s3BucketName": way.bucket, "s3KeyPrefix": "elsewhere"}
    way.client("config").put_delivery_channel(DeliveryChannel=channel)


def no_aggregator(way: Way) -> None:
    name = "organization-aggregator"
    way.client("config").delete_configuration_aggregator(ConfigurationAggregatorName=name)


def other_parameters(way: Way) -> None:
    client = way.client("cloudformation")
    said = client.describe_stack_set(StackSetName=NAME)["StackSet"]
    parameters = [
        {"ParameterKey": one["ParameterKey"], "ParameterValue": "elsewhere"}
        if one["ParameterKey"] == "LogBucket"
        else one
        for one in said["Parameters"]
    ]
    text, accounts = said["TemplateBody"], []  # type: ignore[var-annotated]
    client.update_stack_set(
        StackSetName=NAME, TemplateBody=text, Parameters=parameters, Description=said["Description"], Accounts=accounts
    )


def missing_instance(way: Way) -> None:
    accounts = [way.target.account("networking")]
    way.client("cloudformation").delete_stack_instances(
        StackSetName=NAME, Accounts=accounts, Regions=[REGION], RetainStacks=False
    )


def weak_passwords(way: Way) -> None:
    way.client("iam", "app-a-prod").update_account_password_policy(MinimumPasswordLength=6)


def plain_volumes(way: Way) -> None:
    way.client("ec2", "app-b-prod").disable_ebs_encryption_by_default()


def open_s3(way: Way) -> None:
    number = way.target.account("app-a-dev")
    way.client("s3control", number).delete_public_access_block(AccountId=number)


def hub_to_chance(way: Way) -> None:
    way.client("securityhub", "security-audit").update_organization_configuration(AutoEnable=False)


def no_hub(way: Way) -> None:
    way.client("securityhub", "security-audit", region="us-west-2").disable_security_hub()


def no_detector(way: Way) -> None:
    client = way.client("guardduty", "security-audit")
    client.delete_detector(DetectorId=client.list_detectors()["DetectorIds"][0])


def detectors_to_chance(way: Way) -> None:
    for region in ("us-east-1", "us-west-2"):
        client = way.client("guardduty", "security-audit", region=region)
        (detector,) = client.list_detectors()["DetectorIds"]
        client.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="NONE")


def other_trust(way: Way) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for account in ("app-a-prod", "app-b-prod"):
        way.client("iam", account).update_assume_role_policy(RoleName="cicd-deploy-role", PolicyDocument=document)


def other_secret(way: Way) -> None:
    iam = way.client("iam", "app-a-prod")
    document = iam.get_role(RoleName="cicd-deploy-role")["Role"]["AssumeRolePolicyDocument"]
    document["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = "somebody-elses"
    iam.update_assume_role_policy(RoleName="cicd-deploy-role", PolicyDocument=json.dumps(document))


def longer_sessions(way: Way) -> None:
    for account in ("app-a-prod", "app-b-prod"):
        way.client("iam", account).update_role(RoleName="cicd-deploy-role", MaxSessionDuration=43200, Description="x")


def role_in_one_account_alone(way: Way) -> None:
    iam, name = way.client("iam", "app-b-prod"), "cicd-deploy-role"
    iam.delete_role_policy(RoleName=name, PolicyName="deploy-permissions")
    iam.delete_role(RoleName=name)


def more_rights(way: Way) -> None:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    for account in ("app-a-prod", "app-b-prod"):
        way.client("iam", account).put_role_policy(
            RoleName="cicd-deploy-role", PolicyName="everything", PolicyDocument=document
        )


def longer_people(way: Way) -> None:
    way.client("sso-admin").update_permission_set(
        **way.permission_set("auditor"), SessionDuration="PT12H", Description="Look at everything, change nothing"
    )


def powerful_people(way: Way) -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    way.client("sso-admin").attach_managed_policy_to_permission_set(
        **way.permission_set("developer"), ManagedPolicyArn=arn
    )


def other_inline(way: Way) -> None:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    way.client("sso-admin").put_inline_policy_to_permission_set(
        **way.permission_set("developer"), InlinePolicy=document
    )


def unassigned(way: Way) -> None:
    this = way.permission_set("auditor")
    store = way.client("sso-admin").list_instances()["Instances"][0]["IdentityStoreId"]
    groups = way.client("identitystore").list_groups(IdentityStoreId=store)["Groups"]
    (group,) = [one["GroupId"] for one in groups if one["DisplayName"] == "security"]
    way.client("sso-admin").delete_account_assignment(
        **this,
        TargetId=way.target.account("app-a-dev"),
        TargetType="AWS_ACCOUNT",
        PrincipalType="GROUP",
        PrincipalId=group,
    )


def dearer(way: Way) -> None:
    payer = way.target.account_id
    client = way.client("budgets")
    budget = next(one for one in client.describe_budgets(AccountId=payer)["Budgets"] if "-ou-" in one["BudgetName"])
    new = {key: budget[key] for key in ("BudgetName", "TimeUnit", "BudgetType", "CostFilters")}
    limit = {"Amount": "99999", "Unit": "USD"}
    client.update_budget(AccountId=payer, NewBudget={**new, "BudgetLimit": limit})


def no_budget(way: Way) -> None:
    payer = way.target.account_id
    client = way.client("budgets")
    budget = next(one for one in client.describe_budgets(AccountId=payer)["Budgets"] if "-ou-" in one["BudgetName"])
    client.delete_budget(AccountId=payer, BudgetName=budget["BudgetName"])


def other_contact(way: Way) -> None:
    way.client("account").put_alternate_contact(
        AccountId=way.target.account("networking"),
        AlternateContactType="SECURITY",
        Name="Eve",
        Title="?",
        EmailAddress="eve@example.com",
        PhoneNumber="+1 555 0199",
    )


def no_cost_tag(way: Way) -> None:
    status = [{"TagKey": "Team", "Status": "Inactive"}]
    way.client("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=status)


# What is done by hand, what drift says of it, and whether the design can take it over.
CHANGES: list[tuple[Callable[[Way], None], str, bool]] = [
    (no_versions, "the log bucket keeps no versions", True),
    (other_policy, "the policy of the log bucket is another", True),
    (no_policy, "the policy of the log bucket is another", False),
    (short_memory, "logs in the log bucket do not expire as designed", True),
    (no_versions_of_config, "Config's bucket keeps no versions", False),
    (no_policy_for_config, "the policy of Config's bucket is another", False),
    (config_for_ever, "logs in Config's bucket do not expire as designed", False),
    (another_prefix_for_config, "Config does not deliver to its own bucket as designed", True),
    (no_encryption, "the log bucket has no default encryption", False),
    (acls, "the log bucket takes ACLs", False),
    (public, "public access to the log bucket is not blocked", False),
    (stopped_trail, "the trail organization-trail is stopped", False),
    (unvalidated_trail, "the validation of the trail organization-trail: not as designed", True),
    (no_trail, "the organization trail organization-trail is missing", True),
    (stopped_recorder, "Config's recorder in the management account is stopped", False),
    (elsewhere, "Config does not deliver to its own bucket as designed", True),
    (no_aggregator, "the aggregator organization-aggregator does not cover the organization", True),
    (other_parameters, f"the parameters of the stack set {NAME}: not as designed", True),
    (missing_instance, f"stack set {NAME} is not in Infrastructure/networking", False),
    (weak_passwords, "the password policy of app-a-prod is another", False),
    (plain_volumes, "new EBS volumes of app-b-prod in us-east-1 are not encrypted by default", False),
    (open_s3, "public access to S3 is not blocked in app-a-dev", False),
    (hub_to_chance, "Security Hub is not on in accounts that join (us-east-1)", True),
    (detectors_to_chance, "GuardDuty is not on in every account (us-west-2)", True),
    (no_hub, "Security Hub is off in security-audit (us-west-2)", False),
    (no_detector, "GuardDuty is off in security-audit (us-east-1)", False),
    (other_trust, "role cicd-deploy-role in app-a-prod trusts others", True),
    (other_secret, "its external id is not the one that the design refers to", False),
    (longer_sessions, "role cicd-deploy-role in app-b-prod is another: its sessions last 43200 s", True),
    (role_in_one_account_alone, "role cicd-deploy-role is missing in app-b-prod", True),
    (more_rights, "role cicd-deploy-role in app-a-prod has a policy everything", True),
    (longer_people, "permission set auditor is another: a session lasts 43200 s", True),
    (powerful_people, "permission set developer has AdministratorAccess", True),
    (other_inline, "permission set developer has another inline policy", True),
    (unassigned, "group security is not auditor in app-a-dev", True),
    (dearer, "is another: it is 99999 USD now", True),
    (no_budget, "has no budget", True),
    (other_contact, "Ada is not whom AWS writes to about security of Infrastructure/networking", True),
    (no_cost_tag, "cost allocation tags are others than in the design (to activate Team", True),
]


@pytest.mark.parametrize(
    ("change", "words", "adoptable"), CHANGES, ids=[change.__name__.replace("_", " ") for change, *_ in CHANGES]
)
def test_a_live_change_is_told_adopted_or_refused_and_reverted(
    way: Way, change: Callable[[Way], None], words: str, adoptable: bool, tmp_path: Path
) -> None:
    change(way)
    found = way.drift()
    assert {one.side for one in found} == {LIVE}, str(found)
    assert words in str(found)
    assert "not as designed (to" not in str(found)

    if adoptable:
        adopted = found.adopt()
        orgkit.save(adopted, tmp_path / "org.yaml")
        for design in (adopted, orgkit.load(tmp_path / "org.yaml")):
            # A permission set that was changed by hand is provisioned to the accounts that have the older version;
            # Config's bucket expires like the log bucket, and has the policy for the prefix that Config writes to.
            after = [step for step in plan(design, found.live).steps if step.kind != "provision_permission_set"]
            follow = {f"set_bucket_lifecycle:{CONFIG}", f"set_bucket_policy:{CONFIG}"}
            assert {step.id for step in after} <= follow, after
        assert "external-id-of-the-tests" not in (tmp_path / "org.yaml").read_text()
    else:
        with pytest.raises(Refused):
            found.adopt()

    back = found.revert()
    apply(back, way.target, approve=back.digest)
    assert not way.drift()


def test_every_step_around_the_tree_has_words_and_an_answer_to_adopting_it() -> None:
    from orgkit.provision.adopt_around import AROUND as EDITS
    from orgkit.provision.drift_words_around import AROUND as WORDS

    assert EDITS.keys() - WORDS.keys() == set()
    assert WORDS.keys() - EDITS.keys() == {"create_service_role", "create_service_linked_role"}


def test_two_things_that_happened_at_one_place_are_two_differences(way: Way) -> None:
    no_trail(way)
    stopped_recorder(way)
    found = way.drift()
    assert len(found) == 2, str(found)
    back = found.revert()
    apply(back, way.target, approve=back.digest)
    assert not way.drift()


def test_a_policy_that_forbids_reading_is_taken_off_by_a_plan_and_then_all_is_compared_again(way: Way) -> None:
    organizations = way.client("organizations")
    (root,) = organizations.list_roots()["Roots"]
    ous = organizations.list_organizational_units_for_parent(ParentId=root["Id"])["OrganizationalUnits"]
    (sandbox,) = (ou["Id"] for ou in ous if ou["Name"] == "Sandbox")
    denial = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    made = organizations.create_policy(
        Name="no-s3", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(denial)
    )
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=sandbox)

    found = way.drift()
    assert found.unknown == ("baselines",)
    assert "not readable, so nothing is said about: baselines" in str(found)
    assert "no-s3" in str(found)
    back = found.revert()
    assert any(problem.code == "not-readable" and problem.severity == "warning" for problem in back.held)
    assert {"detach_policy", "delete_policy"} == {step.kind for step in back.steps}
    apply(back, way.target, approve=back.digest)
    after = way.drift()
    assert not after, str(after)
    assert after.unknown == ()


def test_an_administrator_that_aws_does_not_have_is_adopted_by_taking_the_service_out() -> None:
    design = mended(orgkit.load("starter"))
    security = Security(guardduty=GuardDuty(administrator="security-audit"))
    design.configure(access=None, logging=None, baselines={}, security=None)
    with connect("sandbox", clock=StillClock()) as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        design.configure(security=security)
        found = drift(design, None, read(target, design=design))
        assert "security-audit does not administer GuardDuty in us-east-1" in str(found)
        adopted = found.adopt(1)
        assert adopted.settings.security is not None and adopted.settings.security.guardduty is None
