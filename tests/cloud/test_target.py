"""Targets: what a spec names, clients in accounts, and that a sandbox cannot leave the machine."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from orgkit.cloud import Target, connect, gaps
from orgkit.cloud.server import serve
from orgkit.errors import AmbiguousName, CloudError, TargetError, UnknownName
from tests.cloud.clocks import StillClock


@pytest.fixture(scope="module")
def company() -> Any:
    """A sandbox with two accounts; one name is there twice."""
    with connect("sandbox", clock=StillClock()) as target:
        client = target.client("organizations")
        client.create_organization()
        for name, email in (("app", "app@a.example"), ("twin", "one@a.example"), ("twin", "two@a.example")):
            client.create_account(AccountName=name, Email=email)
        yield target


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every attempt to open a connection or to look a name up is noted and fails."""
    tried: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> Any:
        tried.append(arguments)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("sandbx", 'did you mean "sandbox"'),
        ("", "The forms are"),
        ("endpoint", "The forms are"),
        ("endpoint:http://example.com", "not an address of this machine"),
        ("endpoint:http://10.0.0.1:5000", "not an address of this machine"),
        ("endpoint:http://127.0.0.1.example.com", "not an address of this machine"),
        ("endpoint:http://127.0.0.1:5000@example.com", "not an address of this machine"),
        ("endpoint:ftp://127.0.0.1", "not an address of this machine"),
        ("aws", "there are no AWS credentials"),
        ("aws:nobody", 'there is no AWS profile "nobody"'),
    ],
)
def test_a_wrong_spec_is_told_with_its_mend(spec: str, says: str, no_network: list[Any]) -> None:
    with pytest.raises(TargetError) as caught:
        connect(spec)
    assert says in str(caught.value)
    assert caught.value.mend
    assert no_network == []


def test_faults_and_limits_are_for_a_sandbox() -> None:
    with pytest.raises(TargetError, match="are for a sandbox"):
        connect("aws", limits={"accounts": 10})


def test_a_limit_has_a_known_name() -> None:
    with pytest.raises(TargetError, match='did you mean "accounts"'):
        connect("sandbox", limits={"account": 10})


def test_a_client_works_in_a_member_account(company: Target) -> None:
    who = company.client("sts", account="app").get_caller_identity()
    listed = company.client("organizations").list_accounts()["Accounts"]
    wanted = next(account["Id"] for account in listed if account["Name"] == "app")
    assert who["Account"] == wanted
    assert who["Arn"].endswith(":assumed-role/OrganizationAccountAccessRole/orgkit")


def test_what_is_made_in_one_account_is_not_in_another(company: Target) -> None:
    company.client("iam", account="app").create_user(UserName="only-here")
    assert company.client("iam").list_users()["Users"] == []


def test_clients_are_kept(company: Target) -> None:
    assert company.client("iam", account="app") is company.client("iam", account="app@a.example")


def test_a_role_is_assumed_once_for_the_clients_of_all_services_and_regions() -> None:
    with connect("sandbox") as target:
        organizations = target.client("organizations")
        organizations.create_organization()
        organizations.create_account(Email="app@a.example", AccountName="app")
        calls = target._sessions._answer.__self__.calls  # type: ignore[union-attr]
        for service, region in (("iam", None), ("s3", None), ("ec2", "us-east-1"), ("ec2", "eu-west-1")):
            target.client(service, account="app", region=region, once=region is not None)
        assert calls["sts:AssumeRole"] == 1
        target._assumed = {key: replace(one, expires=0.0) for key, one in target._assumed.items()}
        target.client("guardduty", account="app")
        assert calls["sts:AssumeRole"] == 2


def test_the_callers_account_is_the_management_account(company: Target) -> None:
    organization = company.client("organizations").describe_organization()["Organization"]
    assert company.account_id == organization["MasterAccountId"]
    assert company.client("iam", account=company.account_id) is company.client("iam")


def test_an_unknown_account_is_told_with_a_guess(company: Target) -> None:
    with pytest.raises(UnknownName, match='did you mean "app"'):
        company.client("iam", account="appp")


def test_an_ambiguous_account_is_told_with_the_candidates(company: Target) -> None:
    with pytest.raises(AmbiguousName, match="several accounts"):
        company.client("iam", account="twin")


@pytest.mark.parametrize("account", ["999999999999", "app"])
def test_a_role_that_is_not_there_cannot_be_assumed(company: Target, account: str) -> None:
    with pytest.raises(CloudError, match="AccessDenied"):
        company.client("iam", account=account, role="Wishful")


def test_an_unknown_service_is_told_with_a_guess(company: Target) -> None:
    with pytest.raises(TargetError, match='did you mean "organizations"'):
        company.client("organisations")


def test_a_closed_target_says_so() -> None:
    with connect("sandbox") as target:
        pass
    with pytest.raises(TargetError, match="is closed"):
        target.client("iam")


def test_two_sandboxes_do_not_see_each_other() -> None:
    with connect("sandbox") as one, connect("sandbox") as other:
        one.client("organizations").create_organization()
        one.client("s3").create_bucket(Bucket="the-bucket")
        assert other.client("s3").list_buckets()["Buckets"] == []
        with pytest.raises(ClientError, match="AWSOrganizationsNotInUse"):
            other.client("organizations").describe_organization()
        other.client("s3").create_bucket(Bucket="the-bucket")
        assert len(one.client("s3").list_buckets()["Buckets"]) == 1


def test_the_same_calls_make_the_same_ids() -> None:
    def build() -> tuple[Any, Any]:
        with connect("sandbox", clock=StillClock()) as target:
            organization = target.client("organizations").create_organization()["Organization"]
            instances = target.client("sso-admin").list_instances()["Instances"]
            return organization, instances

    assert build() == build()


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("organizations", "describe_organization"),  # amazonaws.com, ours
        ("sts", "get_caller_identity"),  # amazonaws.com, moto's
        ("freetier", "list_account_activities"),  # api.aws: moto does not know the host
        ("bcm-dashboards", "list_dashboards"),
        ("controltower", "list_landing_zones"),  # amazonaws.com, no module
    ],
)
def test_a_sandbox_client_cannot_leave_the_machine(
    service: str, operation: str, no_network: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Even an environment that points elsewhere, with real-looking keys, changes nothing.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    with connect("sandbox") as target:
        client = target.client(service)
        signed_with: list[str] = []
        client.meta.events.register_first(
            "before-send.*", lambda request, **_: signed_with.append(str(request.headers["Authorization"]))
        )
        try:
            getattr(client, operation)()
        except (ClientError, CloudError) as error:
            assert "NotInUse" in str(error) or "cannot do" in str(error)
    assert no_network == []
    assert "AKIAREAL" not in "".join(signed_with)


def test_a_client_with_real_credentials_is_never_answered_by_a_sandbox(
    no_network: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with connect("sandbox") as sandbox, connect("aws", attempts=1) as aws:
        sandbox.client("organizations").create_organization()
        with pytest.raises(CloudError, match="Could not connect"):
            aws.account_id  # noqa: B018 - asking is the test
        with pytest.raises(EndpointConnectionError):
            aws.client("organizations").describe_organization()
    assert no_network != []


def test_a_region_that_is_given_counts_before_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert connect("aws").region == "us-east-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert connect("aws").region == "eu-central-1"
    assert connect("aws", region="eu-west-1").region == "eu-west-1"
    with connect("sandbox") as target:
        assert target.region == "us-east-1"


def test_an_endpoint_client_stays_on_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as server, connect(f"endpoint:{server.url}") as target:
        client = target.client("s3control")  # AWS puts the account before the host
        with pytest.raises(ClientError, match="NoSuchPublicAccessBlock"):
            client.get_public_access_block(AccountId="123456789012")


def test_an_endpoint_that_does_not_answer_is_told_plainly() -> None:
    with serve() as server:
        url = server.url
    with pytest.raises(CloudError, match=f"nobody answers at {url}"):
        connect(f"endpoint:{url}")


def test_importing_the_room_imports_neither_boto3_nor_moto() -> None:
    script = "import orgkit.cloud, sys; print([m for m in ('boto3', 'botocore', 'moto', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_moto_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from orgkit.errors import MissingExtra

    for name in [name for name in sys.modules if name.split(".")[0] == "moto"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match="orgkit\\[sandbox\\]"):
        connect("sandbox")


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("organizations", "CreateAccount", True),
        ("organizations", "EnableAllFeatures", False),
        ("iam", "CreateRole", True),
        ("s3", "CreateBucket", True),
        ("s3", "PutBucketPolicy", True),
        ("s3", "PutBucketAnalyticsConfiguration", False),
        ("iam", "SimulatePrincipalPolicy", False),
        ("cloudformation", "CreateStackSet", True),
        ("sso-admin", "CreatePermissionSet", True),
        ("controltower", None, False),
        ("accessanalyzer", "CreateAnalyzer", False),
        ("no-such-service", None, False),
    ],
)
def test_a_sandbox_tells_what_it_can_do(company: Target, service: str, operation: str | None, expected: bool) -> None:
    answer = company.can(service, operation)
    assert bool(answer) is expected
    assert answer.supported or answer.note
    assert answer.to_json()["supported"] is expected


def test_every_known_gap_has_words() -> None:
    assert all(gap.note and str(gap) for gap in gaps())


def test_the_capabilities_are_true(company: Target) -> None:
    """What the table says cannot be done indeed cannot."""
    with pytest.raises(CloudError, match="cannot do organizations:EnableAllFeatures"):
        company.client("organizations").enable_all_features()
    with pytest.raises(CloudError, match="cannot do"):
        company.client("accessanalyzer").list_analyzers()


def test_a_missing_file_folder_is_made(tmp_path: Path) -> None:
    with connect(f"sandbox:{tmp_path / 'new' / 'company.sandbox'}"):
        assert (tmp_path / "new" / "company.sandbox").exists()
