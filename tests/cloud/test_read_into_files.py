"""A large live organization read into files: split, readable, and the same again when loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import orgkit
from orgkit.cloud import connect, read
from orgkit.design import SCP, Organization
from orgkit.provision import plan

DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}'
LONG = "A very long name " * 7 + "ends"  # 123 of the 128 characters that AWS takes
OUS = [
    "Plain",
    "Work / Play",
    "work - play",
    "R&D: “lab” 🧪",
    "🧪",
    "🚀",
    LONG,
    "con",
    ".hidden",
    "a/../../b",
    "plain",
    "- [x]",
]
ACCOUNTS = ["Payments App", "payments-app", "payments/app", "~ !", "null", "1234", LONG[:50], "policy: {x}"]


@pytest.fixture(scope="module")
def live() -> Iterator[Organization]:
    """300 accounts in a dozen OUs with an OU of one name in each, and policies of names that handles cannot have."""
    with connect("sandbox", limits={"accounts": 400}) as target:
        client = target.client("organizations")
        client.create_organization(FeatureSet="ALL")
        root = client.list_roots()["Roots"][0]["Id"]
        units: list[str] = []
        for name in OUS:
            for parent, below in ((root, name), (None, "Production")):
                made = client.create_organizational_unit(ParentId=parent or units[-1], Name=below)
                units.append(made["OrganizationalUnit"]["Id"])
        for number, name in enumerate(["Nobody / creates users", "nobody-creates-users", "🔒", "🔐"]):
            policy = client.create_policy(Name=name, Type=SCP, Content=DENY, Description="")["Policy"]["PolicySummary"]
            client.attach_policy(PolicyId=policy["Id"], TargetId=units[number])
        for number in range(299):
            status = client.create_account(
                Email=f"a{number}@example.com",
                AccountName=ACCOUNTS[number % len(ACCOUNTS)],
                Tags=[{"Key": "Number", "Value": f"0{number}"}],
            )
            request = status["CreateAccountStatus"]["Id"]
            status = client.describe_create_account_status(CreateAccountRequestId=request)
            account = status["CreateAccountStatus"]["AccountId"]
            client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=units[number % len(units)])
        yield read(target)


def told(org: Organization) -> dict[str, tuple[object, ...]]:
    return {
        org.path(one.id): (one.name, one.aws_id, dict(one.tags), [policy.name for policy in org.attached(one.id)])
        for one in map(org.target, org.subtree())
    } | {policy.handle: (policy.name, policy.aws_id, policy.document) for policy in org.policies()}


def test_it_is_split_by_ou_and_comes_back_the_same(live: Organization, tmp_path: Path) -> None:
    orgkit.save(live, tmp_path / "org.yaml")
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert len([name for name in files if name.endswith(".yaml")]) == 1 + len(OUS)
    assert len({name.casefold() for name in files}) == len(files)  # also where case does not tell files apart
    assert len((tmp_path / "org.yaml").read_text("utf-8").splitlines()) < 200
    again = orgkit.load(tmp_path / "org.yaml")
    assert told(again) == told(live)
    assert plan(again, live).empty
    assert orgkit.save(again, tmp_path / "org.yaml") == ""


def test_names_that_no_file_can_have_stay_in_the_folder(live: Organization, tmp_path: Path) -> None:
    orgkit.save(live, tmp_path / "here" / "org.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    for path in (tmp_path / "here").rglob("*"):
        assert len(path.name) < 100
        assert path.stem.casefold() not in {"con", "nul", "aux", "prn"}
        assert not path.name.startswith(".")


def test_handles_are_readable(live: Organization) -> None:
    accounts = [account.handle for account in live.accounts()]
    assert len(set(accounts)) == 300
    assert "payments-app" in accounts
    assert all(handle.isascii() and " " not in handle and "/" not in handle for handle in accounts)
    ous = [ou.handle for ou in live.ous() if live.parent(ou.id) == "root"]
    assert {"Plain", "work-play", "plain", "🧪"} <= set(ous)
