"""No way out of a sandbox, by the environment, by configuration or by what a server answers; and no way in for keys."""

from __future__ import annotations

import io
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ConnectionError, EndpointConnectionError, ProxyConnectionError
from botocore.parsers import ResponseParserError

from orgkit.cloud import connect
from orgkit.cloud.server import serve
from orgkit.cloud.wire import Reply, Request
from orgkit.errors import CloudError, TargetError

REAL = "AKIAREALREALREALREAL"
ELSEWHERE = "https://elsewhere.example"
CONFIG = """
[default]
credential_process = sh -c "echo used > {marker}"
region = eu-north-1
endpoint_url = https://elsewhere.example
services = mine
[services mine]
s3 =
  endpoint_url = https://elsewhere.example
[profile people]
sso_session = people
sso_account_id = 111122223333
sso_role_name = admin
[sso-session people]
sso_start_url = https://elsewhere.example/start
sso_region = us-east-1
"""
# Those whose address does not end with amazonaws.com, where moto would let them pass.
OTHER_HOSTS = (
    ("datazone", "list_domains", {}),
    ("eks-auth", "assume_role_for_pod_identity", {"clusterName": "x", "token": "a.b.c"}),
    ("gameliftstreams", "list_applications", {}),
    ("internetmonitor", "list_monitors", {}),
    ("kendra-ranking", "list_rescore_execution_plans", {}),
    ("notifications", "list_event_rules", {"notificationConfigurationArn": "arn:aws:notifications::111122223333:x/y"}),
    ("notificationscontacts", "list_email_contacts", {}),
    ("qbusiness", "list_applications", {}),
)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that somebody wants to reach; loopback is let through."""
    addresses: list[Any] = []
    look_up, connect_to = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        addresses.append(host)
        if host not in ("127.0.0.1", "localhost"):
            raise OSError("no network in this test")
        return look_up(host, *rest, **named)

    def connecting(self: socket.socket, address: Any) -> None:
        addresses.append(address[0])
        if address[0] != "127.0.0.1":
            raise OSError("no network in this test")
        connect_to(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connecting)
    return addresses


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment and a configuration that send everybody elsewhere, with keys that look real."""
    marker, config = tmp_path / "marker", tmp_path / "config"
    config.write_text(CONFIG.format(marker=marker))
    keys = f"[default]\naws_access_key_id = {REAL}\naws_secret_access_key = secret\n"
    (tmp_path / "credentials").write_text(keys)
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_PROFILE": "people",
        "AWS_ENDPOINT_URL": ELSEWHERE,
        "AWS_ENDPOINT_URL_S3": ELSEWHERE,
        "AWS_ENDPOINT_URL_STS": ELSEWHERE,
        "AWS_ACCESS_KEY_ID": REAL,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token-of-somebody",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(config),
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/admin",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/credentials",
        "AWS_CA_BUNDLE": str(tmp_path / "no-such-bundle"),
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "HTTP_PROXY": "http://proxy.example:3128",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "ALL_PROXY": "http://proxy.example:3128",
    }.items():
        monkeypatch.setenv(name, value)
    return marker


@pytest.mark.parametrize(("service", "operation", "asked"), OTHER_HOSTS, ids=[entry[0] for entry in OTHER_HOSTS])
def test_a_service_at_another_host_stays_here(
    service: str, operation: str, asked: dict[str, Any], tried: list[Any]
) -> None:
    with connect("sandbox") as target:
        client = target.client(service)
        assert ".api.aws" in client.meta.endpoint_url
        with pytest.raises(CloudError, match="the embedded AWS cannot do"):
            getattr(client, operation)(**asked)
    assert tried == []


@pytest.mark.parametrize("region", [None, "eu-west-1", "us-gov-west-1", "cn-north-1", "aws-global"])
def test_nothing_of_a_hostile_environment_counts(region: str | None, hostile: Path, tried: list[Any]) -> None:
    keys: list[str] = []
    with connect("sandbox", region=region) as target:
        for service, operation in (("sts", "get_caller_identity"), ("s3", "list_buckets"), ("iam", "list_users")):
            client = target.client(service)
            client.meta.events.register_first(
                "before-send.*", lambda request, **_: keys.append(str(request.headers["Authorization"]))
            )
            assert "elsewhere" not in client.meta.endpoint_url
            getattr(client, operation)()
    assert len(keys) == 3
    assert REAL not in "".join(keys)
    assert tried == []
    assert not hostile.exists()


def test_pages_waiters_and_uploads_in_parts_stay_here(hostile: Path, tried: list[Any]) -> None:
    from boto3.s3.transfer import TransferConfig

    with connect("sandbox") as target:
        iam, s3 = target.client("iam"), target.client("s3")
        iam.create_user(UserName="robot")
        iam.get_waiter("user_exists").wait(UserName="robot")
        assert [len(page["Users"]) for page in iam.get_paginator("list_users").paginate()] == [1]
        s3.create_bucket(Bucket="parts")
        parts = TransferConfig(multipart_threshold=1, multipart_chunksize=5 * 1024 * 1024)
        s3.upload_fileobj(io.BytesIO(b"x" * 6 * 1024 * 1024), "parts", "large", Config=parts)
        into = io.BytesIO()
        s3.download_fileobj("parts", "large", into)
        assert len(into.getvalue()) == 6 * 1024 * 1024
    assert tried == []


def test_around_the_gate_there_is_nothing(hostile: Path, tried: list[Any]) -> None:
    """A request that is sent without the client's events, as no client does, ends at a port where nobody listens."""
    with connect("sandbox") as target:
        client = target.client("sts")
        request = AWSRequest("GET", "https://sts.us-east-1.amazonaws.com/", {}, b"").prepare()
        with pytest.raises((ProxyConnectionError, EndpointConnectionError, ConnectionError)):
            client._endpoint.http_session.send(request)
    assert set(tried) == {"127.0.0.1"}


@pytest.mark.parametrize(
    "url",
    [
        "http://0.0.0.0:5000",
        "http://[::]:5000",
        "http://10.0.0.1:5000",
        "http://169.254.169.254",
        "http://example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.nip.io:5000",
        "http://127.1:5000",
        "http://2130706433:5000",
        "http://0x7f000001:5000",
        "http://user:word@127.0.0.1:5000",
        "http://example.com@127.0.0.1:5000",
        "http://127.0.0.1:5000@example.com",
        "http://example.com\\@127.0.0.1:5000",
        "http://127.0.0.1:5000\\@example.com",
        "http://127.0.0.1:5000#@example.com",
        "http://127.0.0.1:5000?@example.com",
        "http://127.0.0.1:5000/../@example.com",
        "http://127.0.0.1:\t5000",
        "http://127.0.0.1 .example.com",
        "http://[::ffff:10.0.0.1]:5000",
        "//127.0.0.1:5000",
        "127.0.0.1:5000",
        "file:///etc/passwd",
        "unix:///var/run/x.sock",
    ],
)
def test_an_endpoint_is_on_this_machine(url: str, tried: list[Any]) -> None:
    with pytest.raises(TargetError, match="is not an address of this machine") as caught:
        connect(f"endpoint:{url}")
    assert caught.value.mend
    assert tried == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://localhost:9/", "https://127.0.0.1:9"])
def test_an_endpoint_of_this_machine_is_asked_there(url: str, tried: list[Any]) -> None:
    with pytest.raises(CloudError, match="nobody answers at"):
        connect(f"endpoint:{url}")
    assert set(tried) <= {"127.0.0.1", "localhost", "::1"}


def test_an_endpoint_sees_no_real_keys(hostile: Path, tried: list[Any]) -> None:
    seen: list[Request] = []
    with serve() as server:
        answer = server.front.answer
        server.front.answer = lambda request: (seen.append(request), answer(request))[1]  # type: ignore[method-assign]
        with connect(f"endpoint:{server.url}", attempts=1) as target:
            for service, operation in (("sts", "get_caller_identity"), ("s3", "list_buckets"), ("iam", "list_users")):
                getattr(target.client(service), operation)()
    assert [request.access_key for request in seen] == ["sandbox"] * 3
    assert not any("somebody" in str(request.headers) for request in seen)
    assert set(tried) == {"127.0.0.1"}
    assert not hostile.exists()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_endpoint_is_not_left_by_a_redirect(status: int, tried: list[Any]) -> None:
    with serve() as server, connect(f"endpoint:{server.url}", attempts=2) as target:
        away = {"location": f"{ELSEWHERE}/", "x-amz-bucket-region": "eu-west-1"}
        server.front.answer = lambda _: Reply(status, away)  # type: ignore[method-assign]
        for service, operation, asked in (("s3", "list_objects_v2", {"Bucket": "away"}), ("iam", "list_users", {})):
            with pytest.raises((ClientError, ResponseParserError)):
                getattr(target.client(service), operation)(**asked)
    assert set(tried) == {"127.0.0.1"}


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_what_was_signed_in_advance_works_at_a_server_and_leaves_no_signature(version: str, tmp_path: Path) -> None:
    import boto3
    from botocore.config import Config

    file = tmp_path / "company.sandbox"
    with serve(state=file) as server:
        s3 = boto3.client(
            "s3",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id=REAL,
            aws_secret_access_key="secret",
            aws_session_token="token-of-somebody",
            config=Config(signature_version=version),
        )
        s3.create_bucket(Bucket="files")
        asked = {"Bucket": "files", "Key": "a"}
        for url, body in (
            (s3.generate_presigned_url("put_object", Params=asked), b"hello"),
            (s3.generate_presigned_url("get_object", Params=asked), None),
        ):
            headers = {"Content-Type": "text/plain"}
            request = urllib.request.Request(url, body, headers, method="PUT" if body else "GET")
            with urllib.request.urlopen(request) as reply:
                answered = reply.read()
        assert answered == b"hello"
    kept = file.read_text()
    assert "files/a" in kept
    for secret in (REAL, "Signature", "somebody", "X-Amz-Credential", "AWSAccessKeyId"):
        assert secret not in kept
    with connect(f"sandbox:{file}") as target:
        assert target.client("s3").get_object(Bucket="files", Key="a")["Body"].read() == b"hello"
