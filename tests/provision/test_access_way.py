"""Access all the way in the embedded AWS: planned, applied, used, changed, read back; and its secret nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orgkit import plan
from orgkit.cloud import Target, connect, read
from orgkit.cloud.sessions import Credentials
from orgkit.design import Organization, save
from orgkit.design.sections import Assignment, PermissionSet, Removal, SecretReference
from orgkit.errors import Incomplete, Refused
from orgkit.provision import Plan, apply
from orgkit.provision.execution.secrets_at_hand import secrets_at_hand
from tests.cloud.clocks import StillClock
from tests.provision.access_designs import (
    DEPLOY,
    SECRET,
    VARIABLE,
    access,
    deploy_role,
    document,
    organization,
    pipeline_role,
)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(VARIABLE, SECRET)
    return SECRET


@pytest.fixture
def applied(secret: str) -> Iterator[tuple[Target, Organization]]:
    design = organization()
    with connect("sandbox") as target:
        carry_out(design, target)
        yield target, design


def carry_out(design: Organization, target: Target, **options: object) -> Plan:
    made = plan(design, read(target), **options)  # type: ignore[arg-type]
    apply(made, target, approve=made.digest)
    return made


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


def test_every_account_of_the_design_gets_the_role_as_it_is_written(applied: tuple[Target, Organization]) -> None:
    target, _ = applied
    tools = target.account("tools")
    for account in ("shop", "stock"):
        iam = target.client("iam", account=account)
        role = iam.get_role(RoleName="deploy")["Role"]
        assert role["AssumeRolePolicyDocument"] == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{tools}:role/pipeline"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": SECRET}},
                }
            ],
        }
        assert role["MaxSessionDuration"] == 7200
        assert role["Description"] == "Lets the pipeline deploy"
        assert role["Tags"] == [{"Key": "Team", "Value": "platform"}]
        assert iam.list_role_policies(RoleName="deploy")["PolicyNames"] == ["deployment"]
        assert iam.get_role_policy(RoleName="deploy", PolicyName="deployment")["PolicyDocument"] == DEPLOY
    service = target.client("iam", account="tools").get_role(RoleName="pipeline")["Role"]["AssumeRolePolicyDocument"]
    assert service["Statement"][0]["Principal"] == {"Service": "codebuild.amazonaws.com"}


def test_identity_center_has_what_the_design_says(applied: tuple[Target, Organization]) -> None:
    target, _ = applied
    sso, store = target.client("sso-admin"), target.client("identitystore")
    (instance,) = sso.list_instances()["Instances"]
    here = {"InstanceArn": instance["InstanceArn"]}
    (arn,) = sso.list_permission_sets(**here)["PermissionSets"]
    described = sso.describe_permission_set(**here, PermissionSetArn=arn)["PermissionSet"]
    assert (described["Name"], described["SessionDuration"], described["Description"]) == (
        "developer",
        "PT8H",
        "Builds",
    )
    managed = sso.list_managed_policies_in_permission_set(**here, PermissionSetArn=arn)["AttachedManagedPolicies"]
    assert [policy["Arn"] for policy in managed] == ["arn:aws:iam::aws:policy/PowerUserAccess"]
    inline = sso.get_inline_policy_for_permission_set(**here, PermissionSetArn=arn)["InlinePolicy"]
    assert json.loads(inline) == DEPLOY
    (group,) = store.list_groups(IdentityStoreId=instance["IdentityStoreId"])["Groups"]
    assert (group["DisplayName"], group["Description"]) == ("builders", "The builders")
    assigned = sso.list_account_assignments_for_principal(**here, PrincipalId=group["GroupId"], PrincipalType="GROUP")[
        "AccountAssignments"
    ]
    assert {entry["AccountId"] for entry in assigned} == {target.account(name) for name in ("shop", "stock", "tools")}
    assert len(assigned) == 3


def test_the_second_plan_is_empty(applied: tuple[Target, Organization]) -> None:
    target, design = applied
    second = plan(design, read(target))
    assert second.empty
    assert not second.held
    assert not second.blocked


def _client(target: Target, service: str, keys: dict[str, Any]) -> Any:
    given = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], float("inf"))
    return target._sessions.client(service, target.region, given)


def test_the_role_is_assumed_and_used(applied: tuple[Target, Organization]) -> None:
    target, _ = applied
    # A service assumes the pipeline's role; here the management account stands in for it.
    stand_in = {"Effect": "Allow", "Principal": {"AWS": target.account_id}, "Action": "sts:AssumeRole"}
    target.client("iam", account="tools").update_assume_role_policy(
        RoleName="pipeline", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [stand_in]})
    )
    sts = target.client("sts", account="tools", role="pipeline")
    assert sts.get_caller_identity()["Account"] == target.account("tools")
    shop = target.account("shop")
    arn = f"arn:aws:iam::{shop}:role/deploy"
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="release")
    with pytest.raises(ClientError, match="AccessDenied"):
        target.client("sts").assume_role(RoleArn=arn, RoleSessionName="release", ExternalId=SECRET)
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="release", ExternalId=SECRET)["Credentials"]
    deploying = _client(target, "s3", keys)
    deploying.create_bucket(Bucket="release-artifacts")
    assert [b["Name"] for b in target.client("s3", account="shop").list_buckets()["Buckets"]] == ["release-artifacts"]
    assert not target.client("s3", account="stock").list_buckets()["Buckets"]


def test_only_what_differs_is_changed(applied: tuple[Target, Organization]) -> None:
    target, design = applied
    role = deploy_role(max_session=3600, description="Deploys")
    design.configure(access=access(roles={"deploy": role, "pipeline": pipeline_role()}))
    changing = carry_out(design, target)
    assert [step.id for step in changing.steps] == [
        "update_role:deploy in Production/shop",
        "update_role:deploy in Production/stock",
    ]
    assert target.client("iam", account="stock").get_role(RoleName="deploy")["Role"]["MaxSessionDuration"] == 3600
    assert plan(design, read(target)).empty


def test_a_changed_policy_and_a_hand_made_one_are_put_right(applied: tuple[Target, Organization]) -> None:
    target, design = applied
    iam = target.client("iam", account="shop")
    iam.put_role_policy(RoleName="deploy", PolicyName="deployment", PolicyDocument=json.dumps({**DEPLOY, "Id": "x"}))
    iam.put_role_policy(RoleName="deploy", PolicyName="by-hand", PolicyDocument=json.dumps(DEPLOY))
    assert kinds(carry_out(design, target)) == ["put_role_policy", "delete_role_policy"]
    assert iam.list_role_policies(RoleName="deploy")["PolicyNames"] == ["deployment"]
    assert plan(design, read(target)).empty


def test_trust_given_by_hand_is_taken_back(applied: tuple[Target, Organization]) -> None:
    target, design = applied
    iam = target.client("iam", account="shop")
    loose = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=json.dumps(loose))
    assert kinds(carry_out(design, target)) == ["update_role_trust"]
    statement = iam.get_role(RoleName="deploy")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": SECRET}}


def test_another_external_id_is_told_without_showing_either(
    applied: tuple[Target, Organization], monkeypatch: pytest.MonkeyPatch
) -> None:
    target, design = applied
    monkeypatch.setenv(VARIABLE, "the-new-handshake")
    made = carry_out(design, target)
    assert kinds(made) == ["update_role_trust", "update_role_trust"]
    assert "its external id is not the one that the design refers to" in str(made)
    assert "the-new-handshake" not in json.dumps(made.to_json())
    assert SECRET not in json.dumps(made.to_json())
    assert plan(design, read(target)).empty


def test_without_the_secret_the_external_id_is_not_compared_and_that_is_said(
    applied: tuple[Target, Organization], monkeypatch: pytest.MonkeyPatch
) -> None:
    target, design = applied
    monkeypatch.delenv(VARIABLE)
    second = plan(design, read(target))
    assert second.empty
    assert {problem.code for problem in second.held} == {"external-id-not-compared"}


def test_on_aws_a_missing_secret_is_refused_before_the_first_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with connect("sandbox") as target:
        first = plan(organization(), read(target))
        monkeypatch.setattr(target, "kind", "aws")
        with pytest.raises(Refused, match=f"create role deploy in shop .*{VARIABLE} is not set\n.*export {VARIABLE}="):
            secrets_at_hand(first.steps, target)


def test_a_sandbox_does_with_a_made_up_secret_where_the_real_one_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with connect("sandbox") as target:
        carry_out(organization(), target)
        trust = target.client("iam", account="shop").get_role(RoleName="deploy")["Role"]["AssumeRolePolicyDocument"]
        assert f"stand-in-for-{VARIABLE.replace('_', '-')}" in json.dumps(trust)
        assert plan(organization(), read(target)).empty


@pytest.mark.parametrize("value", ["?", "two words", 'quote"s', "ünicode"])
def test_a_secret_that_aws_would_not_take_is_refused_and_not_repeated(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with connect("sandbox") as target:
        first = plan(organization(), read(target))
        with pytest.raises(Refused, match="holds no external id that AWS takes") as caught:
            apply(first, target, approve=first.digest)
    assert value not in str(caught.value)


def test_the_secret_is_written_nowhere(
    secret: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    design = organization()
    caplog.set_level(logging.DEBUG, logger="orgkit")
    with connect("sandbox", clock=StillClock()) as target:
        first = plan(design, read(target))
        first.save(tmp_path / "plan.json")
        done = apply(first, target, approve=first.digest, journal=tmp_path / "apply.journal")
        (tmp_path / "applied.json").write_text(json.dumps(done.to_json()))
        again = read(target, design=design, roles=True)
        second = plan(design, again)
        save(again, tmp_path / "org.yaml")
        (tmp_path / "shown.txt").write_text(
            "".join(
                (str(first), first._repr_html_(), str(done), done._repr_html_(), repr(again.surroundings), str(second))
            )
        )
        iam = target.client("iam", account="shop")
        iam.delete_role_policy(RoleName="deploy", PolicyName="deployment")
        third = plan(design, read(target))
        iam.delete_role(RoleName="deploy")
        with pytest.raises((Refused, Incomplete)) as caught:
            apply(third, target, approve=third.digest, journal=tmp_path / "failed.journal")
    said = capsys.readouterr()
    texts = {"error": str(caught.value).encode(), "log": caplog.text.encode(), "out": (said.out + said.err).encode()}
    texts |= {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name, text in texts.items() if secret.encode() in text or b"handshake" in text} == set()
    assert b"{{secret.env." in texts["plan.json"]
    assert b"external_id: {env: DEPLOY_EXTERNAL_ID}" in texts["org.yaml"]


def test_the_digest_does_not_turn_on_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = set()
    for value in ("one-handshake", "another-handshake"):
        monkeypatch.setenv(VARIABLE, value)
        with connect("sandbox") as target:
            digests.add(plan(organization(), read(target)).digest)
    assert len(digests) == 1


def test_a_new_account_in_the_ou_gets_the_role_and_the_assignment(applied: tuple[Target, Organization]) -> None:
    target, design = applied
    design.add_account("till", "Production", email="till@company.com")
    made = carry_out(design, target)
    assert kinds(made)[-3:] == ["create_role", "put_role_policy", "assign"]
    create, move = (
        made.number(f"{kind}") for kind in ("create_role:deploy in Production/till", "move_account:till@company.com")
    )
    assert create > move
    assert target.client("iam", account="till").get_role(RoleName="deploy")
    assert plan(design, read(target)).empty


def test_a_changed_permission_set_is_brought_to_the_accounts_that_have_it(
    applied: tuple[Target, Organization],
) -> None:
    target, design = applied
    changed = PermissionSet(
        name="developer", description="Builds", session_duration=3600, inline_policy=document(DEPLOY)
    )
    design.configure(access=access(permission_sets={"developer": changed}))
    made = carry_out(design, target)
    assert kinds(made) == ["update_permission_set", "detach_managed_policy", "provision_permission_set"]
    assert plan(design, read(target)).empty


def test_what_the_design_no_longer_has_is_left_alone_until_it_is_named(applied: tuple[Target, Organization]) -> None:
    target, design = applied
    design.configure(access=access(roles={"pipeline": pipeline_role()}, assignments=(), permission_sets={}, groups={}))
    kept = plan(design, read(target, roles=True))
    assert kept.empty
    told = {problem.message for problem in kept.unmanaged}
    assert {"role deploy", "permission set developer", "group builders", "group builders is developer"} <= told
    named = ["role:deploy@Production/shop", "permission_set:developer", "group:builders"]
    made = plan(design, read(target, roles=True), remove=named)
    assert sorted(kinds(made)) == [
        "delete_group",
        "delete_permission_set",
        "delete_role",
        "unassign",
        "unassign",
        "unassign",
    ]
    apply(made, target, approve=made.digest)
    after = read(target, roles=True)
    assert [role.to for role in (after.settings.access or access()).roles.values() if role.name == "deploy"] == [
        ("stock",)
    ]
    assert not (after.settings.access or access()).groups


def test_one_assignment_is_taken_away_where_the_file_names_it(applied: tuple[Target, Organization]) -> None:
    target, design = applied
    design.configure(
        access=access(assignments=(Assignment(group="builders", permission_set="developer", to=("Production",)),)),
        remove=(Removal(kind="assignment", ref="builders/developer", source="tools"),),
    )
    made = carry_out(design, target)
    assert [step.id for step in made.steps] == ["unassign:builders/developer in tools"]
    assert plan(design, read(target)).empty


def test_a_role_with_everything_on_it_is_deleted(secret: str) -> None:
    design = organization()
    with connect("sandbox") as target:
        carry_out(design, target)
        iam = target.client("iam", account="shop")
        policy = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(DEPLOY))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="deploy", PolicyArn=policy)
        iam.create_instance_profile(InstanceProfileName="profile")
        iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="deploy")
        design.configure(access=access(roles={"pipeline": pipeline_role()}))
        made = plan(design, read(target, roles=True), remove=["role:deploy@shop"])
        apply(made, target, approve=made.digest)
        names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    assert "deploy" not in names


def test_a_managed_policy_and_a_boundary_of_the_account_are_attached(secret: str) -> None:
    own = "arn:aws:iam::{{account.id}}:policy/own"
    plain = {"deploy": deploy_role(to=("shop",)), "pipeline": pipeline_role()}
    bound = {**plain, "deploy": deploy_role(to=("shop",), managed_policies=(own,), permissions_boundary=own)}
    design = organization(roles=plain)
    with connect("sandbox") as target:
        carry_out(design, target)
        iam = target.client("iam", account="shop")
        arn = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(DEPLOY))["Policy"]["Arn"]
        design.configure(access=access(roles=bound))
        assert kinds(carry_out(design, target)) == ["put_role_boundary", "attach_role_policy"]
        role = iam.get_role(RoleName="deploy")["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
        assert iam.list_attached_role_policies(RoleName="deploy")["AttachedPolicies"][0]["PolicyArn"] == arn
        assert plan(design, read(target)).empty
        design.configure(access=access(roles=plain))
        assert sorted(kinds(carry_out(design, target))) == ["delete_role_boundary", "detach_role_policy"]


def test_what_the_embedded_aws_cannot_do_is_left_out_and_said(secret: str) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    bounded = replace(access().permission_sets["developer"], permissions_boundary=arn)
    design = organization(
        roles={"deploy": deploy_role(managed_policies=(arn,))}, permission_sets={"developer": bounded}
    )
    with connect("sandbox") as target:
        made = carry_out(design, target)
        again = plan(design, read(target))
    told = [problem.message for problem in made.held if problem.code == "sandbox-cannot"]
    assert told and all("ReadOnlyAccess" in text for text in told)
    assert again.empty


def test_a_permission_set_is_bounded_and_freed_and_a_group_is_described_anew(secret: str) -> None:
    arn = "arn:aws:iam::aws:policy/PowerUserAccess"
    plain = access().permission_sets
    design = organization(permission_sets={"developer": replace(plain["developer"], permissions_boundary=arn)})
    with connect("sandbox") as target:
        carry_out(design, target)
        sso = target.client("sso-admin")
        here = {"InstanceArn": sso.list_instances()["Instances"][0]["InstanceArn"]}
        (permission_set,) = sso.list_permission_sets(**here)["PermissionSets"]
        there = {**here, "PermissionSetArn": permission_set}
        found = sso.get_permissions_boundary_for_permission_set(**there)["PermissionsBoundary"]
        assert found == {"ManagedPolicyArn": arn}
        assert plan(design, read(target)).empty
        groups = {"builders": replace(access().groups["builders"], description="Who builds")}
        design.configure(access=access(permission_sets=plain, groups=groups))
        assert kinds(carry_out(design, target)) == [
            "update_group",
            "delete_permission_set_boundary",
            "provision_permission_set",
        ]
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            sso.get_permissions_boundary_for_permission_set(**there)
        assert plan(design, read(target)).empty


def test_the_secret_may_stand_in_a_file_or_in_secrets_manager(tmp_path: Path) -> None:
    kept = tmp_path / "external-id"
    kept.write_text(f"{SECRET}\n")
    by_file = deploy_role(external_id=SecretReference(source="file", name=str(kept)))
    with connect("sandbox") as target:
        manager = target.client("secretsmanager")
        arn = manager.create_secret(Name="handshake", SecretString=json.dumps({"id": SECRET}))["ARN"]
        by_manager = deploy_role(
            name="deploy-too", external_id=SecretReference(source="secretsmanager", name=f"{arn}:id")
        )
        design = organization(roles={"deploy": by_file, "deploy-too": by_manager})
        carry_out(design, target)
        iam = target.client("iam", account="shop")
        for name in ("deploy", "deploy-too"):
            statement = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
            assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": SECRET}}
        assert plan(design, read(target)).empty
