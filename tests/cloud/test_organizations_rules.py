"""AWS's rules for Organizations, case by case from a file, in this process and through the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from orgkit.cloud.faults import Faults
from orgkit.cloud.organizations.shapes import errors_of
from tests.cloud.clocks import StillClock
from tests.cloud.conftest import Way

CASES = json.loads((Path(__file__).parent / "cases" / "organizations.json").read_text("utf-8"))
SCP = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'


class Scene:
    """An organization to try a rule on: root ─ Workloads ─ Production (beta), Empty, alpha; a policy `deny`."""

    def __init__(self, client: Any, features: str = "ALL") -> None:
        self.client = client
        self.names: dict[str, str] = {}
        organization = client.create_organization(FeatureSet=features)["Organization"]
        self.names["organization"] = organization["Id"]
        self.names["stranger"] = "444455556666"
        self.names["management"] = organization["MasterAccountId"]
        self.names["root"] = client.list_roots()["Roots"][0]["Id"]
        if features == "ALL":
            self._build()

    def _build(self) -> None:
        for name, parent in (("Workloads", "root"), ("Production", "Workloads"), ("Empty", "root")):
            self.call("CreateOrganizationalUnit", {"ParentId": f"{{{parent}}}", "Name": name}, name)
        for name in ("alpha", "beta"):
            status = self.call("CreateAccount", {"Email": f"{name}@company.example", "AccountName": name})
            request = status["CreateAccountStatus"]["Id"]
            while status["CreateAccountStatus"]["State"] == "IN_PROGRESS":
                status = self.client.describe_create_account_status(CreateAccountRequestId=request)
            self.names[name] = status["CreateAccountStatus"]["AccountId"]
        move = {"AccountId": "{beta}", "SourceParentId": "{root}", "DestinationParentId": "{Production}"}
        self.call("MoveAccount", move)
        policy = {"Name": "deny", "Type": "SERVICE_CONTROL_POLICY", "Content": SCP, "Description": ""}
        self.call("CreatePolicy", policy, "deny")

    def call(self, operation: str, params: dict[str, Any], name: str | None = None) -> dict[str, Any]:
        """Make a call; what it creates is known by `name` from then on."""
        reply: dict[str, Any] = getattr(self.client, xform_name(operation))(**self.fill(params))
        if name is not None:
            made = reply.get("OrganizationalUnit") or reply.get("CreateAccountStatus") or reply.get("Handshake")
            self.names[name] = (made or reply["Policy"]["PolicySummary"])["Id"]
        return reply

    def fill(self, value: Any) -> Any:
        """Put ids where a case writes `{name}`."""
        if isinstance(value, dict):
            return {key: self.fill(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.fill(entry) for entry in value]
        if isinstance(value, str):
            for name, known in self.names.items():
                value = value.replace(f"{{{name}}}", known)
        return value


def assert_within(expected: Any, actual: Any) -> None:
    """Every name the case expects is there with its value; lists have the same length."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert key in actual
            assert_within(value, actual[key])
    elif isinstance(expected, list):
        assert len(expected) == len(actual)
        for wanted, found in zip(expected, actual, strict=True):
            assert_within(wanted, found)
    else:
        assert actual == expected


@pytest.fixture(autouse=True)
def let_everything_through_botocore(ways: dict[str, Way]) -> Any:
    """The rules are the server's to keep: botocore's own check of parameters is off, and calls name their account."""
    account: dict[str, str] = {}

    def name_account(params: dict[str, Any], **_: Any) -> None:
        if account:
            params["headers"]["x-moto-account-id"] = account["id"]

    for entry in ways.values():
        entry.client._serializer._validate = False
        if hasattr(entry.client._serializer, "_serializer"):
            entry.client._serializer = entry.client._serializer._serializer
        entry.client.meta.events.register("before-call", name_account, unique_id="name-account")
    yield account
    for entry in ways.values():
        entry.client.meta.events.unregister("before-call", unique_id="name-account")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_rule(
    case: dict[str, Any], way: Way, clock: StillClock, let_everything_through_botocore: dict[str, str]
) -> None:
    scene = Scene(way.begin(clock, case.get("limits")), case.get("features", "ALL"))
    if "pending_polls" in case:
        way.front.set_faults(Faults(pending_polls=case["pending_polls"]))
    for step in case.get("given", []):
        scene.call(*step)
    for account, *step in case.get("given_by", []):
        let_everything_through_botocore["id"] = scene.names[account]
        scene.call(*step)
        let_everything_through_botocore.clear()
    clock.now += case.get("days_later", 0) * 86_400
    if "account" in case:
        let_everything_through_botocore["id"] = scene.names[case["account"]]
    if "error" not in case:
        assert_within(scene.fill(case["answer"]), scene.call(case["call"], case["with"]))
        return
    with pytest.raises(ClientError) as caught:
        scene.call(case["call"], case["with"])
    reply = caught.value.response
    assert reply["Error"]["Code"] == case["error"]
    assert case["error"] in errors_of(case["call"])  # which are those that AWS documents for the operation
    assert reply.get("Reason") == case.get("reason")
    assert reply["Error"]["Message"]


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case["name"] for case in CASES]
    assert sorted(set(names)) == sorted(names)


def test_the_file_has_errors_and_answers() -> None:
    assert all(("error" in case) != ("answer" in case) for case in CASES)
