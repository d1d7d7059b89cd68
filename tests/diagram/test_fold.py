"""What is folded away is counted, and nothing is lost or counted twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit.design import Organization
from orgkit.diagram import draw
from orgkit.diagram.fold import BOXES, LIMIT, fold
from tests.diagram.examples import large


def test_three_hundred_lines_are_drawn_and_one_more_folds_the_accounts() -> None:
    assert fold(large(LIMIT - 11, 10), "root").said == ""
    folded = fold(large(LIMIT - 10, 10), "root")
    assert folded.said == f"counted, not drawn: {LIMIT - 11} accounts"  # the management account stays
    assert len(folded.boxes) == 11


def test_the_picture_says_what_it_folds() -> None:
    text = str(draw(large(400, 3)))
    assert "counted, not drawn: 399 accounts" in text
    assert "- 100 accounts" in text


def test_the_caller_may_fold_or_not() -> None:
    small, big = large(12, 3), large(400, 3)
    assert "- 3 accounts" in str(draw(small, collapse="always"))
    assert str(draw(big, collapse="never")).count("- team-") == 400


def test_where_ous_alone_are_too_many_the_deepest_levels_are_folded() -> None:
    folded = fold(large(5_000, 1_000), "root")
    assert 1 < len(folded.boxes) <= BOXES
    assert "OUs" in folded.said
    assert any(box.folded_ous for box in folded.boxes)


def test_what_is_highlighted_is_drawn_with_the_way_to_it() -> None:
    org = large(5_000, 1_000)
    text = str(draw(org, highlight="team-4321"))
    assert "- team-4321" in text
    parent = org.parent(org.find("team-4321"))
    assert parent is not None
    for above in org.chain(parent)[1:]:
        assert f" {org.target(above).name}" in text


@given(st.integers(0, 700), st.integers(0, 320), st.integers(1, 40), st.sampled_from(["auto", "always", "never"]))
def test_every_account_and_ou_is_drawn_or_counted_once(accounts: int, ous: int, below: int, collapse: str) -> None:
    org = large(accounts, ous, below=below)
    keep = {account.id for account in org.accounts()[5:8]}
    boxes = fold(org, "root", collapse, keep=keep).boxes
    seen = [account.id for box in boxes for account in (*box.accounts, *box.folded)]
    assert sorted(seen) == sorted(account.id for account in org.accounts())
    assert len(boxes) - 1 + sum(box.folded_ous for box in boxes) == ous
    assert keep <= {account.id for box in boxes for account in box.accounts}
    drawn: set[str | None] = {None}
    for box in boxes:
        assert box.parent in drawn
        drawn.add(box.node)


@pytest.mark.parametrize("under", ["ou-0", "ou-3"])
def test_below_one_ou_the_rest_is_left_out(under: str) -> None:
    org: Organization = large(60, 12, below=3)
    text = str(draw(org, under=under))
    assert text.startswith(f"Structure of {org.aws_path(org.find(under))}\n")
    inside = {account.name for account in org.accounts(under)}
    assert {line.strip("- ") for line in text.splitlines() if "- team" in line} == inside
