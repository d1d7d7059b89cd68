"""The matrix, single decisions and edits agree with one another on organizations of any shape."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.design import Organization
from orgkit.design.sections import Lens
from orgkit.guardrails import compare, decide, permissions
from tests.guardrails.building import ASKED, LENSES, Raw, deny, organization, organizations, policy, statements

WORDS = {"blocked": True, "not blocked": False, "depends": None}
ACCOUNTS = ("boss", "app", "prod", "lab")
lenses = st.sampled_from(LENSES)


@given(organizations(), lenses)
@settings(max_examples=15)
def test_the_matrix_agrees_with_single_decisions(org: Organization, lens: Lens | None) -> None:
    """Blocked, not blocked, or depending: the same word for the same question."""
    table = permissions(org, lens)
    for account in ACCOUNTS:
        for action in ASKED:
            cell, single = WORDS[table.state(account, action)], decide(org, account, action, lens=lens).blocked
            assert cell is single, (account, action, cell, single)


def test_statements_that_are_open_one_by_one_may_decide_together() -> None:
    """A Region, and all others: every call is blocked, though neither statement alone says so."""
    both = [deny("s3:*", {name: {"aws:RequestedRegion": "eu-west-1"}}) for name in ("StringEquals", "StringNotEquals")]
    org = organization(*both)
    assert decide(org, "app", "s3:GetObject").blocked is True
    assert permissions(org).state("app", "s3:GetObject") == "blocked"
    for statement in both:
        org.set("guard", content=policy(statement))
        assert permissions(org).state("app", "s3:GetObject") == "depends"


def test_statements_that_catch_different_ways_of_a_call_decide_together() -> None:
    """A call on a bucket or an object: one statement denies the first, another all others."""
    logs = "arn:aws:s3:::logs"
    org = organization(deny("s3:*", resource=logs), {"Effect": "Deny", "Action": "s3:*", "NotResource": logs})
    for action in ("s3:PutBucketTagging", "s3:GetObject", "ec2:CreateTags"):
        blocked = decide(org, "app", action).blocked
        assert WORDS[permissions(org).state("app", action)] is blocked


@given(organizations(), statements("Deny"), st.sampled_from(("root", "Apps", "prod")))
@settings(max_examples=15)
def test_adding_a_deny_never_allows_more(org: Organization, statement: Raw, target: str) -> None:
    """Every cell is at least as blocked as before."""
    before = permissions(org)
    org.add_policy("added", {"Version": "2012-10-17", "Statement": [statement]})
    org.attach("added", target)
    after = permissions(org)
    for node, cell in before.cells.items():
        assert cell.blocked & ~after.cells[node].blocked == 0
        free = ~(cell.blocked | cell.depends), ~(after.cells[node].blocked | after.cells[node].depends)
        assert free[1] & ~free[0] == 0


@given(organizations())
@settings(max_examples=15)
def test_the_order_of_statements_never_matters(org: Organization) -> None:
    """The same statements written backwards give the same table."""
    turned = org.copy()
    for one in org.policies():
        document = json.loads(one.content)
        document["Statement"].reverse()
        turned.set(one.id, content=document)
    assert not compare(org, turned).groups


@given(organizations(), st.sampled_from(("us-east-1", "ap-south-1")), st.booleans(), st.sampled_from(ASKED))
@settings(max_examples=30)
def test_a_fuller_context_never_contradicts(org: Organization, region: str, tls: bool, action: str) -> None:
    """What was definite stays so when more is said."""
    for account in ("app", "prod"):
        first = decide(org, account, action)
        fuller = {"aws:RequestedRegion": region, "aws:SecureTransport": tls}
        second = decide(org, account, action, context=fuller, principal=f"arn:aws:iam::{_id(org, account)}:role/x")
        if first.blocked is not None:
            assert second.blocked is first.blocked


@given(organizations(), st.sampled_from(("Apps", "Labs", "Apps/Production", "root")), st.sampled_from(("app", "lab")))
@settings(max_examples=15)
def test_following_an_edit_gives_what_asking_anew_gives(org: Organization, to: str, moved: str) -> None:
    """A move, an attachment and a changed policy, each followed from the answer before."""
    table = permissions(org)
    if org.parent(org.find(moved)) != org.find(to, "ou", "root"):
        org.move(moved, to)
    table = _same_as_anew(table.after(), org)
    if "policy:scp0" in org and not org.graph.has_edge("policy:scp0", "ou:Labs"):
        org.attach("scp0", "Labs")
    table = _same_as_anew(table.after(), org)
    org.set(
        "scp0", content={"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    )
    table = _same_as_anew(table.after(), org)
    org.add_account("new", "Labs", email="new@company.com")
    org.remove("app")
    _same_as_anew(table.after(), org)


def _same_as_anew(table, org):  # type: ignore[no-untyped-def]
    anew = permissions(org)
    assert table.cells.keys() == anew.cells.keys()
    for node, cell in anew.cells.items():
        assert (cell.blocked, cell.depends) == (table.cells[node].blocked, table.cells[node].depends)
    return table


def _id(org: Organization, account: str) -> str:
    return org.account(account).aws_id or "333333333333"
