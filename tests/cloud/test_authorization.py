"""Service and resource control policies in force: what the embedded AWS refuses, in this process and by the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from orgkit.cloud import Target, connect
from orgkit.cloud.server import serve
from orgkit.cloud.sessions import Credentials
from orgkit.errors import CloudError
from tests.cloud.clocks import StillClock

CASES = json.loads((Path(__file__).parent / "cases" / "authorization.json").read_text("utf-8"))
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
ACCESS_ROLE = "OrganizationAccountAccessRole"
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}
NOTHING = {SCP: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
           RCP: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetBucketLogging",'
                '"Resource":"arn:aws:s3:::nowhere"}]}'}  # fmt: skip


class Scene:
    """root ─ Workloads (the policies `scp` and `rcp`) ─ app, which has the role platform/pipeline; beside it other."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.organizations = target.client("organizations")
        self.names = {"organization": self.organizations.create_organization()["Organization"]["Id"]}
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]
        made = self.organizations.create_organizational_unit(ParentId=self.root, Name="Workloads")
        self.unit = made["OrganizationalUnit"]["Id"]
        for name in ("app", "other"):
            self.organizations.create_account(AccountName=name, Email=f"{name}@company.example")
            self.names[name] = target.account(name)
        self.names["management"] = target.account_id
        self.organizations.move_account(
            AccountId=self.names["app"], SourceParentId=self.root, DestinationParentId=self.unit
        )
        self.organizations.enable_policy_type(RootId=self.root, PolicyType=RCP)
        self.policies = {kind: self._policy(kind) for kind in (SCP, RCP)}
        statement = {"Effect": "Allow", "Principal": {"AWS": target.account_id}, "Action": "sts:AssumeRole"}
        self.names["trust"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.app("iam").create_role(
            RoleName="pipeline",
            Path="/platform/",
            AssumeRolePolicyDocument=self.names["trust"],
            Tags=[{"Key": "Team", "Value": "delivery"}],
        )
        for bucket, account in (("logs", "app"), ("data", "app"), ("others", "app"), ("elsewhere", "other")):
            target.client("s3", account=account).create_bucket(Bucket=bucket)
        self._cases = 0

    def _policy(self, kind: str) -> str:
        made = self.organizations.create_policy(Name=kind, Type=kind, Content=NOTHING[kind], Description="")
        policy: str = made["Policy"]["PolicySummary"]["Id"]
        self.organizations.attach_policy(PolicyId=policy, TargetId=self.unit)
        return policy

    def app(self, service: str) -> Any:
        return self.target.client(service, account="app")

    def set(self, kind: str, statements: list[Any] | None) -> None:
        """Let these statements hold for the OU, or nothing that matters."""
        document = {"Version": "2012-10-17", "Statement": self.fill(statements)}
        content = json.dumps(document) if statements else NOTHING[kind]
        self.organizations.update_policy(PolicyId=self.policies[kind], Content=content)

    def only(self, alone: bool) -> None:
        """Take FullAWSAccess from the OU, or give it back."""
        change = self.organizations.detach_policy if alone else self.organizations.attach_policy
        change(PolicyId="p-FullAWSAccess", TargetId=self.unit)

    def fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.fill(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.fill(entry) for entry in value]
        if isinstance(value, str):
            for name, known in self.names.items():
                value = value.replace(f"{{{name}}}", known)
        return value

    def client(self, case: dict[str, Any], service: str) -> Any:
        """A client as the case wants it: of the management account, or of app through a role."""
        region = case.get("region", "us-east-1")
        if case.get("account") == "management":
            return self.target.client(service, region=region)
        if "session_tags" not in case:
            role = "platform/pipeline" if "role" in case else ACCESS_ROLE
            return self.target.client(service, account="app", region=region, role=role)
        keys = self.target.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{self.names['app']}:role/{ACCESS_ROLE}",
            RoleSessionName="orgkit",
            Tags=case["session_tags"],
        )["Credentials"]
        return self.as_(keys, service, region)

    def as_(self, keys: dict[str, Any], service: str, region: str = "us-east-1") -> Any:
        """A client with the keys of a session."""
        given = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], float("inf"))
        return self.target._sessions.client(service, region, given)

    def run(self, case: dict[str, Any]) -> None:
        self._cases += 1
        self.names["new"] = f"new-{self._cases}"
        service, _, operation = case["call"].partition(":")
        getattr(self.client(case, service), xform_name(operation))(**self.fill(case.get("with", {})))


@pytest.fixture(scope="module", params=["in-process", "server"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with ExitStack() as opened:
        spec = "sandbox"
        if request.param == "server":
            spec = f"endpoint:{opened.enter_context(serve(clock=StillClock())).url}"
        yield Scene(opened.enter_context(connect(spec, clock=StillClock(), attempts=1)))


@pytest.fixture
def guarded(scene: Scene, case: dict[str, Any]) -> Iterator[Scene]:
    """The scene with the policies of a case, and as it was afterwards."""
    for service in ("sts", case["call"].partition(":")[0]):
        scene.client(case, service)  # whoever calls is there before the policies are
    scene.set(SCP, case.get("scp"))
    scene.set(RCP, case.get("rcp"))
    organizations, app = scene.organizations, scene.names["app"]
    if case.get("only"):
        scene.only(True)
    if case.get("detached"):
        organizations.detach_policy(PolicyId=scene.policies[SCP], TargetId=scene.unit)
    if case.get("moved"):
        organizations.move_account(AccountId=app, SourceParentId=scene.unit, DestinationParentId=scene.root)
    if case.get("disabled"):
        organizations.disable_policy_type(RootId=scene.root, PolicyType=SCP)
    yield scene
    if case.get("disabled"):
        organizations.enable_policy_type(RootId=scene.root, PolicyType=SCP)
    if case.get("disabled") or case.get("detached"):
        organizations.attach_policy(PolicyId=scene.policies[SCP], TargetId=scene.unit)
    if case.get("moved"):
        organizations.move_account(AccountId=app, SourceParentId=scene.root, DestinationParentId=scene.unit)
    if case.get("only"):
        scene.only(False)
    scene.set(SCP, None)
    scene.set(RCP, None)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_guardrail_in_force(guarded: Scene, case: dict[str, Any]) -> None:
    try:
        guarded.run(case)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if "denied" in case:
            wanted, words = guarded.fill(case["denied"])
            assert code == wanted
            assert words in message
        else:
            assert code not in DENIED
    except CloudError:
        assert "denied" not in case  # let through to what the embedded AWS does not have
    else:
        assert "denied" not in case


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case["name"] for case in CASES]
    assert sorted(set(names)) == sorted(names)


def test_what_was_recorded_is_not_judged_again(tmp_path: Path) -> None:
    """The bucket was made before the policy that denies buckets: it is there when the file is opened again."""
    spec = f"sandbox:{tmp_path / 'company.sandbox'}"
    with connect(spec, clock=StillClock()) as target:
        scene = Scene(target)
        scene.set(SCP, [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}])
        with pytest.raises(ClientError, match="AccessDenied"):
            scene.app("s3").create_bucket(Bucket="late")
    with connect(spec, clock=StillClock()) as target:
        with pytest.raises(ClientError, match="AccessDenied"):
            target.client("s3", account="app").list_buckets()
        target.client("organizations").detach_policy(PolicyId=scene.policies[SCP], TargetId=scene.unit)
        names = [bucket["Name"] for bucket in target.client("s3", account="app").list_buckets()["Buckets"]]
        assert names == ["logs", "data", "others"]


def test_transitive_tags_go_on_to_the_next_session() -> None:
    """A tag of the first session is known in the second one where it was made transitive, and only there."""
    tags = {"Tags": [{"Key": "kept", "Value": "1"}, {"Key": "dropped", "Value": "1"}], "TransitiveTagKeys": ["kept"]}
    with connect("sandbox") as target:
        scene = Scene(target)
        access = f"arn:aws:iam::{scene.names['app']}:role/{ACCESS_ROLE}"
        own = {"Effect": "Allow", "Principal": {"AWS": access}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [own]})
        scene.app("iam").update_assume_role_policy(RoleName="pipeline", PolicyDocument=trust)
        first = target.client("sts").assume_role(RoleArn=access, RoleSessionName="one", **tags)["Credentials"]
        pipeline = f"arn:aws:iam::{scene.names['app']}:role/platform/pipeline"
        second = scene.as_(first, "sts").assume_role(RoleArn=pipeline, RoleSessionName="two")["Credentials"]
        for key, refused in (("kept", False), ("dropped", True)):
            condition = {"Null": {f"aws:PrincipalTag/{key}": "true"}}
            scene.set(SCP, [{"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition}])
            with pytest.raises(ClientError, match="AccessDenied") if refused else nullcontext():
                scene.as_(second, "iam").list_users()


def test_two_sandboxes_have_guardrails_of_their_own() -> None:
    with connect("sandbox") as one, connect("sandbox") as other:
        first, second = Scene(one), Scene(other)
        first.set(SCP, [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}])
        with pytest.raises(ClientError, match="AccessDenied"):
            first.app("iam").list_users()
        assert second.app("iam").list_users()["Users"] == []
