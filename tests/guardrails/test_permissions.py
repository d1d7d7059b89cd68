"""The table's views and forms."""

from __future__ import annotations

import json

import pytest

import orgkit
from orgkit.design import RCP, Organization
from orgkit.errors import UnknownName
from orgkit.guardrails import Permissions, permissions
from orgkit.policy import load_catalogue
from tests.guardrails.building import deny, organization, policy


@pytest.fixture(scope="module")
def starter() -> Organization:
    return orgkit.load("starter")


@pytest.fixture(scope="module")
def table(starter: Organization) -> Permissions:
    return permissions(starter)


def test_the_parts_of_a_cell_are_the_whole_catalogue(table: Permissions) -> None:
    assert len(load_catalogue()) > 20_000
    for cell in table.cells.values():
        assert cell.blocked & cell.depends == 0
        assert (cell.blocked | cell.depends) & ~load_catalogue().all_bits == 0


def test_accounts_with_the_same_chain_share_a_cell(table: Permissions) -> None:
    assert table.cells["account:app-a-prod"] is table.cells["account:app-b-prod"]
    assert table.cells["account:app-a-prod"] is not table.cells["account:app-a-dev"]


def test_one_account_lists_what_is_blocked_and_what_depends_on_what(table: Permissions) -> None:
    account = table.account("app-a-prod")
    assert "cloudtrail:StopLogging" in account.blocked and len(account.blocked) == 8
    assert account.depends == {"ec2:RunInstances": ("ec2:MetadataHttpTokens",)}
    assert "depends on ec2:MetadataHttpTokens" in str(account)
    assert account.blocked == table.blocked("app-a-prod") == account.to_json()["blocked"]
    assert dict(account.to_frame()["state"].value_counts()) == {
        "not blocked": len(load_catalogue()) - 9,
        "blocked": 8,
        "depends": 1,
    }


def test_an_ou_tells_everywhere_from_somewhere(table: Permissions) -> None:
    assert table.ou("Workloads").blocked_everywhere == 0
    names = table.ou("Workloads").to_json()["blocked_somewhere"]
    assert names == table.ou("Workloads/Production").to_json()["blocked_everywhere"]


def test_who_may_still_do_something(table: Permissions) -> None:
    found = table.who("EC2:runinstances")
    assert found.action == "ec2:RunInstances"
    assert "Workloads/Production/app-a-prod" in found.depends and not found.blocked
    assert "on ec2:MetadataHttpTokens" in str(found)
    with pytest.raises(UnknownName, match="DeleteBucket"):
        table.who("s3:DeleteBuckt")


def test_the_heat_map_gives_shares_by_service_and_place(table: Permissions) -> None:
    heat = table.heatmap()
    row, column = heat.services.index("cloudtrail"), heat.places.index("Workloads/Production")
    count = load_catalogue().service_bits("cloudtrail").bit_count()
    assert heat.blocked[row][column] == pytest.approx(2 / count)
    assert len(heat.services) + heat.silent == len(load_catalogue().services)
    assert table.heatmap("account").places.count("Workloads/Production/app-a-prod") == 1
    assert heat.to_frame().shape == (len(heat.services), len(heat.places))


def test_through_a_lens_conditions_decide(starter: Organization) -> None:
    assert permissions(starter, "workload").state("app-a-prod", "ec2:RunInstances") == "not blocked"
    far = permissions(starter, "far-region")
    assert far.state("developer-sandbox-1", "ec2:RunInstances") == "blocked"
    assert far.state("developer-sandbox-1", "iam:CreateRole") == "not blocked"
    with pytest.raises(UnknownName, match="workload"):
        permissions(starter, "workloads")


def test_rcps_bind_only_services_that_support_them() -> None:
    org = organization()
    org.add_policy("fence", policy(deny(["s3:*", "ec2:*", "kms:*"]) | {"Principal": "*"}), type=RCP)
    org.attach("fence", "Apps")
    table = permissions(org)
    assert table.state("app", "s3:GetObject") == "blocked"
    assert table.state("app", "ec2:RunInstances") == table.state("app", "kms:RetireGrant") == "not blocked"
    assert table.state("lab", "s3:GetObject") == "not blocked"


def test_the_management_account_is_never_blocked() -> None:
    assert permissions(organization(deny("*"), at="root")).account("boss").blocked == []


def test_under_narrows_to_a_part_of_the_tree(starter: Organization) -> None:
    assert len(permissions(starter, under="Sandbox").accounts) == 2


def test_text_html_json_and_frame_agree_on_the_counts(table: Permissions) -> None:
    assert "20,421" in str(table) and "20,421" in table._repr_html_()
    groups = table.to_json()["groups"]
    json.dumps(groups)
    assert sum(len(group["accounts"]) for group in groups) == 11
    frame = table.to_frame()
    assert frame["blocked"].sum() == 2 * 8
    assert frame["actions"].sum() == 11 * len(load_catalogue())


def test_what_could_not_be_read_is_said() -> None:
    org = organization(deny("s3:*"))
    org.unknown = ("attachments",)
    assert "not read: attachments" in str(permissions(org))


def test_names_of_strangers_are_escaped() -> None:
    org = organization(deny("s3:*"))
    org.add_ou("<script>")
    org.add_account("x", "<script>", email="x@company.com")
    assert "<script>" not in permissions(org)._repr_html_()
