"""Packing: fewer characters and fewer policies that say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.errors import InputError
from orgkit.guardrails import pack, pack_documents
from orgkit.guardrails.equivalence import equivalence
from tests.guardrails.building import Raw, allow, deny, organization, policy, statements

SCP = "SERVICE_CONTROL_POLICY"
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def test_statements_that_differ_in_actions_only_are_joined() -> None:
    packed = pack_documents([json.dumps(policy(deny("s3:GetObject", TLS), deny(["s3:Get*", "sqs:*"], TLS)))])
    (document,) = map(json.loads, packed.documents)
    assert document["Statement"] == [
        {"Effect": "Deny", "Action": ["s3:Get*", "sqs:*"], "Resource": "*", "Condition": TLS}
    ]
    assert packed.check.same and sum(packed.after) < sum(packed.before)


def test_lists_that_except_are_never_joined() -> None:
    """Two NotAction lists deny everything together; one list of both would spare what either names."""
    two = [{"Effect": "Deny", "NotAction": name, "Resource": "*"} for name in ("s3:*", "sqs:*")]
    (document,) = map(json.loads, pack_documents([json.dumps(policy(*two))]).documents)
    assert len(document["Statement"]) == 2


def test_what_is_too_long_is_split_into_several_policies() -> None:
    actions = [f"s3:Get{'x' * 30}{number}" for number in range(60)]
    packed = pack_documents([json.dumps(policy(deny(actions)))], size=1000)
    assert len(packed.documents) > 2 and max(packed.after) <= 1000


def test_slots_are_kept_free_where_asked_and_a_lack_is_told() -> None:
    org = organization(deny("s3:*"))
    assert pack(org, "Apps", keep_free=5).slots == 4
    with pytest.raises(InputError, match="slots are free"):
        pack(org, "Apps", keep_free=9)


def test_a_condition_that_no_policy_can_hold_is_told() -> None:
    long = {"StringEquals": {"aws:PrincipalArn": "x" * 2000}}
    with pytest.raises(InputError, match="which no policy can hold"):
        pack_documents([json.dumps(policy(deny("s3:*", long)))], size=1000)


def test_sids_that_meet_are_numbered() -> None:
    texts = [json.dumps(policy(deny("s3:*", TLS, Sid="One"))), json.dumps(policy(deny("sqs:*", Sid="One")))]
    (document,) = map(json.loads, pack_documents(texts).documents)
    assert {one["Sid"] for one in document["Statement"]} == {"One", "One2"}


def test_a_difference_is_found_by_the_table_or_by_requests() -> None:
    one, other = json.dumps(policy(deny("s3:*"))), json.dumps(policy(deny("s3:Get*")))
    assert not equivalence([one], [other], SCP).same
    tls, open_ = json.dumps(policy(deny("s3:*", TLS))), {"Bool": {"aws:SecureTransport": "true"}}
    other = json.dumps(policy(deny("s3:*", open_)))
    full = json.dumps(policy(allow("*")))
    found = equivalence([full, tls], [full, other], SCP)
    assert not found.same and found.requests > 0


@given(st.lists(st.lists(statements(), min_size=1, max_size=4), min_size=1, max_size=4))
@settings(max_examples=25)
def test_packed_policies_say_the_same(policies: list[list[Raw]]) -> None:
    texts = [json.dumps(policy(*one)) for one in policies] + [json.dumps(policy(allow("*")))]
    assert pack_documents(texts).check.same


def test_published_policies_pack_into_a_few(samples: Path) -> None:
    texts = [file.read_text("utf-8") for file in sorted((samples / "scp").rglob("*.json"))]
    packed = pack_documents(texts, slots=9)
    assert len(packed.documents) <= 3 and packed.check.same, packed
