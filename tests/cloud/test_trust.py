"""Trust policies of roles: who may assume them in the embedded AWS, in this process and by the server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orgkit.cloud import Target, connect
from orgkit.cloud.server import serve
from tests.cloud.clocks import StillClock

CASES = json.loads((Path(__file__).parent / "cases" / "trust.json").read_text("utf-8"))


class Scene:
    """Two accounts: tools, with the role builder, and app, whose role deploy has the trust policy of the case."""

    def __init__(self, target: Target) -> None:
        self.target = target
        organizations = target.client("organizations")
        self.names = {"organization": organizations.create_organization()["Organization"]["Id"]}
        self.names["management"] = target.account_id
        for name in ("tools", "app"):
            organizations.create_account(AccountName=name, Email=f"{name}@company.example")
            self.names[name] = target.account(name)
        for account, role in (("tools", "builder"), ("app", "deploy")):
            target.client("iam", account=account).create_role(RoleName=role, AssumeRolePolicyDocument=self.trust())

    def trust(self, statements: Any = None) -> str:
        root = f"arn:aws:iam::{self.names['management']}:root"
        usual = [{"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}]
        return self.fill(json.dumps({"Version": "2012-10-17", "Statement": statements or usual}))

    def fill(self, text: str) -> str:
        for name, known in self.names.items():
            text = text.replace(f"{{{name}}}", known)
        return text

    def assume(self, case: dict[str, Any]) -> dict[str, Any]:
        asked = {"RoleArn": f"arn:aws:iam::{self.names['app']}:role/deploy", "RoleSessionName": "visit"}
        if "token" in case:
            token = case["token"]
            if isinstance(token, dict):
                body = base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")
                token = f"e30.{body}.c2lnbmF0dXJl"
            sts = self.target.client("sts")
            return dict(sts.assume_role_with_web_identity(**asked, WebIdentityToken=token))
        caller = case.get("caller", "builder")
        sts = self.target.client("sts", account="tools", role=caller) if caller else self.target.client("sts")
        return dict(sts.assume_role(**asked, **case.get("ask", {})))


@pytest.fixture(scope="module", params=["in-process", "server"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with ExitStack() as opened:
        spec = "sandbox"
        if request.param == "server":
            spec = f"endpoint:{opened.enter_context(serve(clock=StillClock())).url}"
        yield Scene(opened.enter_context(connect(spec, clock=StillClock(), attempts=1)))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_trust_policy(scene: Scene, case: dict[str, Any]) -> None:
    iam = scene.target.client("iam", account="app")
    iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=scene.trust(case["trust"]))
    if not case["refused"]:
        assert scene.assume(case)["Credentials"]["AccessKeyId"]
        return
    with pytest.raises(ClientError) as caught:
        scene.assume(case)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert case.get("says", "ot authorized to perform") in caught.value.response["Error"]["Message"]


def test_a_session_is_the_role_from_then_on(scene: Scene) -> None:
    iam = scene.target.client("iam", account="app")
    iam.update_assume_role_policy(
        RoleName="deploy",
        PolicyDocument=scene.trust(
            [{"Effect": "Allow", "Principal": {"AWS": scene.names["tools"]}, "Action": "sts:AssumeRole"}]
        ),
    )
    keys = scene.assume({})["Credentials"]
    sts = scene.target.client("sts", account="tools", role="builder")
    session = _client(scene.target, keys)
    account = scene.names["app"]
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::{account}:assumed-role/deploy/visit"
    assert sts.get_caller_identity()["Arn"].endswith(":assumed-role/builder/orgkit")
    # The role that was assumed is the caller now: it is not of the account that deploy trusts.
    with pytest.raises(ClientError, match=f"User: arn:aws:sts::{account}:assumed-role/deploy/visit is not authorized"):
        session.assume_role(RoleArn=f"arn:aws:iam::{account}:role/deploy", RoleSessionName="again")


def _client(target: Target, keys: dict[str, Any]) -> Any:
    from orgkit.cloud.sessions import Credentials

    given = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], float("inf"))
    return target._sessions.client("sts", "us-east-1", given)


@pytest.mark.parametrize("arn", ["arn:aws:iam::{app}:role/elsewhere/deploy", "arn:aws:iam::{app}:role/Deploy"])
def test_a_role_is_known_by_its_whole_arn(scene: Scene, arn: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        scene.target.client("sts").assume_role(RoleArn=scene.fill(arn), RoleSessionName="visit")


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case["name"] for case in CASES]
    assert sorted(set(names)) == sorted(names)
