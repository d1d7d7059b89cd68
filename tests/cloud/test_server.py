"""The embedded AWS as a server: plain clients, restarts, its control, and what it refuses."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from orgkit.cloud import Faults, connect
from orgkit.cloud.server import serve
from orgkit.errors import TargetError
from tests.cloud.clocks import StillClock


def plain(service: str, url: str, **keys: Any) -> Any:
    """A boto3 client that knows nothing of orgkit."""
    import boto3

    keys = keys or {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, endpoint_url=url, region_name="eu-west-1", **keys)


def test_a_plain_client_works_in_a_member_account_through_its_role() -> None:
    with serve() as server:
        organizations = plain("organizations", server.url)
        organizations.create_organization()
        organizations.create_account(Email="app@company.example", AccountName="app", RoleName="Admin")
        account = organizations.list_accounts()["Accounts"][1]["Id"]
        role = plain("sts", server.url).assume_role(RoleArn=f"arn:aws:iam::{account}:role/Admin", RoleSessionName="me")[
            "Credentials"
        ]
        keys = {
            "aws_access_key_id": role["AccessKeyId"],
            "aws_secret_access_key": role["SecretAccessKey"],
            "aws_session_token": role["SessionToken"],
        }
        assert plain("sts", server.url, **keys).get_caller_identity()["Account"] == account
        plain("s3", server.url, **keys).create_bucket(
            Bucket="app-data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        assert plain("s3", server.url).list_buckets()["Buckets"] == []


def test_a_member_accounts_own_key_works_in_that_account() -> None:
    with serve() as server, connect(f"endpoint:{server.url}") as target:
        organizations = target.client("organizations")
        organizations.create_organization()
        organizations.create_account(Email="app@company.example", AccountName="app")
        iam = target.client("iam", account="app")
        iam.create_user(UserName="robot")
        key = iam.create_access_key(UserName="robot")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        assert plain("sts", server.url, **keys).get_caller_identity()["Account"] == target.account("app")


def test_bytes_survive_the_way_there_and_back() -> None:
    body = bytes(range(256)) * 50
    with serve() as server:
        s3 = plain("s3", server.url)
        s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="files", Key="a/b c+ü", Body=body)
        assert s3.get_object(Bucket="files", Key="a/b c+ü")["Body"].read() == body
        assert s3.head_object(Bucket="files", Key="a/b c+ü")["ContentLength"] == len(body)


def test_what_it_cannot_do_is_an_error_that_is_not_repeated() -> None:
    with serve() as server:
        with pytest.raises(ClientError) as caught:
            plain("controltower", server.url).list_landing_zones()
        assert caught.value.response["Error"]["Code"] == "NotImplemented"
        assert sum(server.front.calls.values()) == 1


def test_a_server_keeps_its_state_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "company.sandbox"
    with serve(state=file) as server:
        made = plain("organizations", server.url).create_organization()["Organization"]
    with serve(state=file) as server:
        assert plain("organizations", server.url).describe_organization()["Organization"] == made


def test_a_server_and_a_sandbox_in_one_process_share_a_file(tmp_path: Path) -> None:
    file = tmp_path / "company.sandbox"
    with serve(state=file) as server, connect(f"sandbox:{file}") as target:
        plain("organizations", server.url).create_organization()
        assert target.client("organizations").describe_organization()["Organization"]


def fetch(url: str, data: bytes | None = None, method: str = "GET", host: str | None = None) -> Any:
    request = urllib.request.Request(url, data, {"Host": host} if host else {}, method=method)
    with urllib.request.urlopen(request) as reply:
        return json.loads(reply.read())


def test_control_counts_calls_and_sets_faults(clock: StillClock) -> None:
    with serve(control=True, clock=clock) as server:
        client = plain("organizations", server.url)
        client.create_organization()
        counted = fetch(f"{server.url}/_orgkit", json.dumps({"conflicts": 1.0}).encode(), "PUT")
        assert counted == {"calls": {"organizations:CreateOrganization": 1}}
        with pytest.raises(ClientError, match="ConcurrentModification"):
            client.describe_organization()
        fetch(f"{server.url}/_orgkit", b"null", "PUT")
        assert client.describe_organization()["Organization"]


@pytest.mark.parametrize("wrong", [b"{", b"[1]", b'{"trottle": 1}', b'{"conflicts": 7}'])
def test_control_refuses_what_are_no_faults(wrong: bytes) -> None:
    with serve(control=True) as server, pytest.raises(urllib.error.HTTPError) as caught:
        fetch(f"{server.url}/_orgkit", wrong, "PUT")
    assert caught.value.code == 400
    caught.value.close()


def test_it_answers_to_this_machine_only() -> None:
    with serve() as server:
        assert server.url.startswith("http://127.0.0.1:")
        with pytest.raises(urllib.error.HTTPError) as caught:
            fetch(server.url, host="evil.example")
        assert caught.value.code == 403
        caught.value.close()


@pytest.mark.parametrize("length", ["content-length: 400", "transfer-encoding: chunked"])
def test_a_request_whose_sender_ends_in_the_middle_of_it_is_not_carried_out(length: str) -> None:
    """A process that is killed while it sends leaves a head and part of a body."""
    scope = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
    with serve() as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port)) as sending:
            head = (
                f"PUT /data?publicAccessBlock HTTP/1.1\r\nhost: {address.netloc}\r\n{length}\r\nauthorization: {scope}"
            )
            sending.sendall(f"{head}\r\n\r\n".encode() + (b"190\r\n" if "chunked" in length else b"") + b"<Public")
            sending.shutdown(socket.SHUT_WR)
            assert sending.recv(1000) == b""
        assert not server.front.calls


def test_a_port_in_use_is_told() -> None:
    with serve() as server, pytest.raises(TargetError, match="cannot be used"):
        serve(port=int(server.url.rpartition(":")[2]))


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "company.sandbox"
    command = [sys.executable, "-W", "error", "-m", "orgkit.cloud.server", "--state", str(file)]
    for _ in range(2):  # the second one finds what the first one left
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stderr is not None
        url = process.stdout.readline().strip()
        client = plain("organizations", url)
        if not file.read_text().count("CreateOrganization"):
            client.create_organization()
        assert client.describe_organization()["Organization"]["Id"]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")


def test_faults_reach_every_client_of_a_server() -> None:
    with (
        serve(faults=Faults(throttle=1.0)) as server,
        connect(f"endpoint:{server.url}", attempts=1) as target,
        pytest.raises(ClientError, match="TooManyRequests"),
    ):
        target.client("organizations").create_organization()
