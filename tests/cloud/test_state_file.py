"""A sandbox with a file is the same again in the next process, and no harm comes from a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orgkit.cloud import Faults, Target, connect
from orgkit.errors import FileError, TargetError
from tests.cloud.clocks import StillClock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "company.sandbox"


def build(target: Target) -> None:
    """Something of everything: an organization, roles, a bucket with bytes, groups, a stack set."""
    client = target.client("organizations")
    client.create_organization()
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    for name in ("app", "audit"):
        client.create_account(Email=f"{name}@company.example", AccountName=name)
    client.move_account(AccountId=target.account("app"), SourceParentId=root, DestinationParentId=unit)
    iam = target.client("iam", account="app")
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    s3 = target.client("s3", account="audit")
    s3.create_bucket(Bucket="company-logs")
    s3.put_object(Bucket="company-logs", Key="a b/ü", Body=b"\xff\x00\xfe")
    instance = target.client("sso-admin").list_instances()["Instances"][0]
    target.client("sso-admin").create_permission_set(InstanceArn=instance["InstanceArn"], Name="ReadOnly")
    target.client("identitystore").create_group(IdentityStoreId=instance["IdentityStoreId"], DisplayName="architects")


def look(target: Target) -> list[Any]:
    """Everything a caller can see of it."""
    client = target.client("organizations")
    instance = target.client("sso-admin").list_instances()["Instances"][0]
    return [
        client.describe_organization()["Organization"],
        client.list_accounts()["Accounts"],
        client.list_create_account_status()["CreateAccountStatuses"],
        target.client("iam", account="app").list_roles()["Roles"],
        target.client("s3", account="audit").list_buckets()["Buckets"][0]["Name"],
        target.client("s3", account="audit").get_object(Bucket="company-logs", Key="a b/ü")["Body"].read(),
        target.client("sso-admin").list_permission_sets(InstanceArn=instance["InstanceArn"])["PermissionSets"],
        target.client("identitystore").list_groups(IdentityStoreId=instance["IdentityStoreId"])["Groups"],
    ]


def test_a_reopened_sandbox_is_the_same(file: Path, clock: StillClock) -> None:
    with connect(f"sandbox:{file}", clock=clock) as target:
        build(target)
        before = look(target)
    clock.now += 3600
    with connect(f"sandbox:{file}", clock=clock) as target:
        assert look(target) == before


def test_reads_do_not_grow_the_file(file: Path, clock: StillClock) -> None:
    with connect(f"sandbox:{file}", clock=clock) as target:
        build(target)
        size = file.stat().st_size
        look(target)
        assert file.stat().st_size == size


def test_a_reopened_sandbox_goes_on(file: Path, clock: StillClock) -> None:
    with connect(f"sandbox:{file}", clock=clock) as target:
        build(target)
    with connect(f"sandbox:{file}", clock=clock) as target:
        target.client("organizations").create_account(Email="third@company.example", AccountName="third")
        ids = [account["Id"] for account in target.client("organizations").list_accounts()["Accounts"]]
    assert len(ids) == len(set(ids)) == 4


def test_looks_at_a_creation_under_way_are_remembered(file: Path, clock: StillClock) -> None:
    faults = Faults(pending_polls=3)
    states = []
    with connect(f"sandbox:{file}", clock=clock, faults=faults) as target:
        target.client("organizations").create_organization()
        made = target.client("organizations").create_account(Email="new@company.example", AccountName="x")
    for _ in range(4):
        with connect(f"sandbox:{file}", clock=clock) as target:
            told = target.client("organizations").describe_create_account_status(
                CreateAccountRequestId=made["CreateAccountStatus"]["Id"]
            )
            states.append(told["CreateAccountStatus"]["State"])
    assert states == ["IN_PROGRESS"] * 3 + ["SUCCEEDED"]


def test_the_same_file_is_shared_in_one_process(file: Path) -> None:
    with connect(f"sandbox:{file}") as one:
        with connect(f"sandbox:{file}") as other:
            one.client("organizations").create_organization()
            assert other.client("organizations").describe_organization()["Organization"]
        assert one.client("organizations").describe_organization()["Organization"]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)


def test_another_process_is_told_that_the_file_is_open(file: Path) -> None:
    script = "import sys; from orgkit.cloud import connect; connect('sandbox:' + sys.argv[1])"
    with connect(f"sandbox:{file}"):
        done = run(script, str(file))
    assert "another process has this sandbox open" in done.stderr
    assert run(script, str(file)).returncode == 0


def test_a_killed_process_loses_nothing_that_was_answered(file: Path) -> None:
    script = (
        "import os, signal, sys; from orgkit.cloud import connect\n"
        "client = connect('sandbox:' + sys.argv[1]).client('organizations')\n"
        "client.create_organization()\n"
        "client.create_account(Email='new@company.example', AccountName='x')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert run(script, str(file)).returncode == -9
    with connect(f"sandbox:{file}") as target:
        assert len(target.client("organizations").list_accounts()["Accounts"]) == 2


def test_a_torn_last_line_is_dropped(file: Path, clock: StillClock) -> None:
    with connect(f"sandbox:{file}", clock=clock) as target:
        build(target)
        before = look(target)
    with file.open("ab") as stream:
        stream.write(b'{"at":1780272000.0,"by":"1234567')
    with connect(f"sandbox:{file}", clock=clock) as target:
        assert look(target) == before
        target.client("organizations").create_account(Email="third@company.example", AccountName="third")
    with connect(f"sandbox:{file}", clock=clock) as target:
        assert len(target.client("organizations").list_accounts()["Accounts"]) == 4


BROKEN = {
    "a file of another kind": (b"hello\nworld\n", 1),
    "one line of another kind, without an end": (b"hello", 1),
    "a newer version": (b'{"orgkit_sandbox":2}\n', 1),
    "a line that is no JSON": (b'{"orgkit_sandbox":1}\n{"at":\n{}\n', 2),
    "a line without a call": (b'{"orgkit_sandbox":1}\n{"at":1,"by":"123456789012"}\n', 2),
    "a line that is a list": (b'{"orgkit_sandbox":1}\n[]\n', 2),
    "parameters that are a list": (
        b'{"orgkit_sandbox":1}\n{"at":1,"by":"123456789012","organizations":"CreateOrganization","params":[]}\n',
        2,
    ),
    "a call that AWS refuses": (
        b'{"orgkit_sandbox":1}\n{"at":1,"by":"123456789012","organizations":"ListRoots","params":{}}\n',
        2,
    ),
    "an operation that is not": (
        b'{"orgkit_sandbox":1}\n{"at":1,"by":"123456789012","organizations":"Explode","params":{}}\n',
        2,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_by_its_line_and_left_alone(file: Path, name: str) -> None:
    content, line = BROKEN[name]
    file.write_bytes(content)
    with pytest.raises(FileError) as caught:
        connect(f"sandbox:{file}")
    assert caught.value.where == f"{file}:{line}"
    assert caught.value.mend
    assert file.read_bytes() == content


def test_a_folder_is_no_state_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be opened"):
        connect(f"sandbox:{tmp_path}")


def test_the_file_holds_no_credentials(file: Path, clock: StillClock) -> None:
    with connect(f"sandbox:{file}", clock=clock) as target:
        build(target)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    text = json.dumps(lines).lower()
    assert "signature" not in text
    assert "security-token" not in text


def test_a_lock_is_waited_for_only_shortly(file: Path, clock: StillClock) -> None:
    from orgkit.cloud.record import Record

    first = Record(file, clock)
    with pytest.raises(TargetError, match="another process"):
        Record(file, clock)
    assert 0.9 < sum(clock.slept) < 1.2
    first.close()
    Record(file, clock).close()
