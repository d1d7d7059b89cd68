"""The limits that ship are complete, positive, dated and sourced."""

from __future__ import annotations

import re

import pytest

from orgkit.design import POLICY_TYPES, RCP, SCP, Organization, Settings
from orgkit.design.quotas import load
from orgkit.errors import DesignError

PUBLISHED = {
    "accounts": 10,
    "ous": 2000,
    "ou_depth": 5,
    f"policies.{SCP}": 10000,
    f"policies.{RCP}": 2000,
    f"policy_size.{SCP}": 10240,
    f"policy_size.{RCP}": 5120,
    "policy_size.AISERVICES_OPT_OUT_POLICY": 2500,
    "policy_size.TAG_POLICY": 10000,
    f"attached.{SCP}": 10,
    f"attached.{RCP}": 5,
    "attached.CHATBOT_POLICY": 5,
    "attached.BACKUP_POLICY": 10,
    f"attached_min.{SCP}": 1,
    "tags": 50,
    "tag_key": 128,
    "tag_value": 256,
    "email": 64,
    "account_name": 50,
    "role_name": 64,
}


@pytest.mark.parametrize(("name", "value"), PUBLISHED.items())
def test_holds_what_aws_publishes(name: str, value: int) -> None:
    assert load()[name] == value


def test_every_limit_is_positive_dated_and_sourced() -> None:
    for name, quota in load().entries.items():
        assert quota.name == name
        assert quota.value > 0
        assert quota.what
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", quota.as_of)
        assert quota.source.startswith("https://docs.aws.amazon.com/")
        assert not quota.granted


@pytest.mark.parametrize("type", POLICY_TYPES)
def test_every_type_of_policy_has_its_limits(type: str) -> None:
    assert all(load()[f"{kind}.{type}"] > 0 for kind in ("policies", "policy_size", "attached"))


def test_a_granted_limit_replaces_awss_and_says_so() -> None:
    org = Organization(settings=Settings(limits={"accounts": 500}))
    quota = org.quotas.quota("accounts")
    assert (quota.value, quota.granted, quota.source) == (500, True, "limits: in org.yaml")
    assert load()["accounts"] == 10


def test_an_unknown_limit_is_refused() -> None:
    with pytest.raises(DesignError, match=r"no limit named 'acounts'\n  did you mean \"accounts\""):
        load().granting({"acounts": 5})
    with pytest.raises(DesignError, match="no limit named 'nothing'"):
        _ = load()["nothing"]
