"""Every list ends, has every entry once, and takes only its own tokens."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.clocks import StillClock
from tests.cloud.conftest import Way

COUNT = 45  # three pages
SCP = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'


@pytest.fixture
def filled(way: Way, clock: StillClock) -> tuple[Any, str]:
    """An organization with 45 of everything in its root."""
    client = way.begin(clock, {"attached.SERVICE_CONTROL_POLICY": 99})
    client.create_organization()
    root = client.list_roots()["Roots"][0]["Id"]
    for index in range(COUNT):
        client.create_account(Email=f"a{index}@company.example", AccountName=f"a{index}")
        client.create_organizational_unit(ParentId=root, Name=f"ou{index}")
        client.enable_aws_service_access(ServicePrincipal=f"s{index}.amazonaws.com")
        policy = client.create_policy(Name=f"p{index}", Type="SERVICE_CONTROL_POLICY", Content=SCP, Description="")
        client.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=root)
    return client, root


LISTS = [
    ("list_accounts", "Accounts", "Id", {}, COUNT + 1),
    ("list_accounts_for_parent", "Accounts", "Id", {"ParentId": "root"}, COUNT + 1),
    ("list_children", "Children", "Id", {"ParentId": "root", "ChildType": "ACCOUNT"}, COUNT + 1),
    ("list_create_account_status", "CreateAccountStatuses", "Id", {}, COUNT),
    ("list_organizational_units_for_parent", "OrganizationalUnits", "Id", {"ParentId": "root"}, COUNT),
    ("list_policies", "Policies", "Id", {"Filter": "SERVICE_CONTROL_POLICY"}, COUNT + 1),
    (
        "list_policies_for_target",
        "Policies",
        "Id",
        {"TargetId": "root", "Filter": "SERVICE_CONTROL_POLICY"},
        COUNT + 1,
    ),
    (
        "list_aws_service_access_for_organization",
        "EnabledServicePrincipals",
        "ServicePrincipal",
        {},
        COUNT,
    ),
]


def test_paginators_see_every_entry_once(filled: tuple[Any, str]) -> None:
    client, root = filled
    for operation, key, name, params, count in LISTS:
        asked = {k: root if v == "root" else v for k, v in params.items()}
        pages = list(client.get_paginator(operation).paginate(**asked))
        names = [entry[name] for page in pages for entry in page[key]]
        assert len(pages) == 3, operation
        assert len(names) == len(set(names)) == count, operation


def test_a_page_is_as_long_as_asked(filled: tuple[Any, str]) -> None:
    client, _ = filled
    page = client.list_accounts(MaxResults=7)
    following = client.list_accounts(MaxResults=7, NextToken=page["NextToken"])
    assert len(page["Accounts"]) == len(following["Accounts"]) == 7
    assert page["Accounts"][0]["Id"] != following["Accounts"][0]["Id"]


def test_a_token_of_another_list_is_refused(filled: tuple[Any, str]) -> None:
    client, root = filled
    token = client.list_accounts()["NextToken"]
    with pytest.raises(ClientError) as caught:
        client.list_organizational_units_for_parent(ParentId=root, NextToken=token)
    assert caught.value.response["Reason"] == "INVALID_NEXT_TOKEN"
