"""Two designs side by side: who gains, who loses, why, and a request that shows it."""

from __future__ import annotations

import pytest

import orgkit
from orgkit.design import Organization
from orgkit.guardrails import Comparison, compare
from orgkit.starter import mended
from tests.guardrails.building import deny, organization, policy


@pytest.fixture(scope="module")
def change() -> Comparison:
    starter = orgkit.load("starter")
    return compare(starter, mended(starter))


def test_nothing_changes_between_equal_designs() -> None:
    org = orgkit.load("starter")
    same = compare(org, org.copy())
    assert not same and "no action changes" in str(same)


def test_groups_name_the_cause_and_a_request_whose_decision_differs(change: Comparison) -> None:
    """Witnesses are whole requests that the engine decides differently before and after."""
    kinds = {group.kind: group for group in change}
    loses = kinds["loses"]
    assert loses.actions == ("guardduty:DisassociateFromAdministratorAccount",)
    assert loses.causes == ("production-guardrails changed",)
    assert loses.accounts == ("Workloads/Production/app-a-prod", "Workloads/Production/app-b-prod")
    gains = kinds["gains under conditions"]
    assert gains.actions == ("s3:PutAccountPublicAccessBlock", "s3:PutBucketPublicAccessBlock")
    for group, wanted in ((loses, (False, True)), (gains, (True, False))):
        assert group.witness is not None
        assert tuple(one.decision.blocked for one in group.witness) == wanted


def test_conditions_that_differ_are_told_apart_by_a_witness(change: Comparison) -> None:
    (group,) = [one for one in change if one.kind == "may under other conditions"]
    assert group.actions == ("ec2:RunInstances",)
    assert group.witness is not None
    assert group.witness[0].decision.blocked is not group.witness[1].decision.blocked


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (lambda org: org.move("app", "Labs"), "moved from Apps to Labs"),
        (lambda org: org.detach("guard", "Apps"), "guard detached from Apps"),
        (lambda org: org.attach("guard", "Labs"), "guard attached to Labs"),
        (lambda org: org.detach("FullAWSAccess", "lab"), "FullAWSAccess detached from Labs/lab"),
        (lambda org: org.set("guard", content=policy(deny("ec2:*"))), "guard changed"),
        (lambda org: org.configure(policy_types=()), "service control policies switched off"),
    ],
)
def test_every_kind_of_edit_is_named_as_the_cause(edit, cause: str) -> None:  # type: ignore[no-untyped-def]
    before = organization(deny("s3:*"))
    after = before.copy()
    edit(after)
    causes = {one for group in compare(before, after) for one in group.causes}
    assert causes == {cause}


def test_less_guarded_says_which_way_it_goes() -> None:
    before = organization(deny("s3:*"))
    after = before.copy()
    after.detach("guard", "Apps")
    assert compare(before, after).less_guarded
    assert not compare(after, before).less_guarded


def test_accounts_are_matched_by_id_handle_or_email() -> None:
    before = organization(deny("s3:*"))
    after = Organization()
    after.configure(policy_types=before.settings.policy_types)
    after.add_account("renamed", email="other@company.com", aws_id="111111111111")
    after.add_account("prod", email="new@company.com")
    after.add_account("by-mail", email="LAB@company.com")
    after.add_account("fresh", email="fresh@company.com")
    found = compare(before, after)
    assert (found.compared, found.added, found.removed) == (3, ("fresh",), ("boss",))


def test_six_hundred_accounts_fit_on_one_screen() -> None:
    before = organization(deny("s3:*"))
    for number in range(600):
        before.add_account(f"a{number}", ("Apps", "Labs")[number % 2], email=f"a{number}@company.com")
    after = before.copy()
    after.attach("guard", "Labs")
    after.set("guard", content=policy(deny(["s3:*", "sqs:*"])))
    text = str(compare(before, after))
    assert len(text.splitlines()) < 50
    assert "Labs (its 301 accounts)" in text


def test_markdown_and_html_escape_what_strangers_wrote() -> None:
    before = organization(deny("s3:*"), handle="<img src=x>|")
    after = before.copy()
    after.detach("<img src=x>|", "Apps")
    found = compare(before, after)
    for text in (found.to_markdown(), found._repr_html_()):
        assert "<img" not in text and "&lt;img" in text
    assert "\\|" in found.to_markdown()


def test_json_and_frame_hold_every_action(change: Comparison) -> None:
    groups = change.to_json()["groups"]
    assert {group["witness"]["before"] for group in groups} >= {"allowed", "explicitDeny"}
    assert len(change.to_frame()) == sum(len(group.accounts) * len(group.actions) for group in change)


def test_a_lens_narrows_the_comparison() -> None:
    before = organization(deny("s3:*", {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    after = before.copy()
    after.detach("guard", "Apps")
    assert compare(before, after, orgkit.guardrails.Lens(name="home", region="eu-west-1")).groups[0].kind == "gains"
    assert not compare(before, after, orgkit.guardrails.Lens(name="away", region="us-east-1")).groups
