"""Trees that fold."""

from __future__ import annotations

import pytest

from orgkit.errors import InputError
from orgkit.notebook.outline import MOST, STILL, Branch, Outline


def leaves(count: int) -> list[Branch]:
    return [Branch(id=f"leaf-{number}", cells=[f"leaf {number}"]) for number in range(count)]


def tree(count: int = 3) -> list[Branch]:
    return [Branch(id="top", cells=["top"], below=lambda: leaves(count)), Branch(id="other", cells=["other"])]


def shown(outline: Outline, top: list[Branch], **how: bool) -> list[str]:
    return [row["cells"][0] for row in outline.block(top, **how)["rows"]]


def test_rows_below_a_closed_one_are_not_even_made():
    def never() -> list[Branch]:
        raise AssertionError

    assert shown(Outline("t", "Tree"), [Branch(id="top", cells=["top"], below=never)]) == ["top"]


def test_a_row_opens_and_closes():
    outline = Outline("t", "Tree")
    assert outline.take({"type": "turn", "outline": "t", "row": "top", "open": True})
    assert shown(outline, tree()) == ["top", "leaf 0", "leaf 1", "leaf 2", "other"]
    rows = outline.block(tree())["rows"]
    assert [(row["level"], row["open"], row["place"], row["size"]) for row in rows[:2]] == [
        (1, True, 1, 2),
        (2, None, 1, 3),
    ]
    outline.take({"type": "turn", "outline": "t", "row": "top", "open": False})
    assert shown(outline, tree()) == ["top", "other"]


def test_of_many_rows_some_are_shown_and_more_on_demand():
    outline = Outline("t", "Tree", opened=["top"])
    rows = shown(outline, tree(1_000))
    assert len(rows) == MOST + 3 and rows[MOST + 1] == f"{MOST:,} more of {1_000 - MOST:,}"
    outline.take({"type": "more", "outline": "t", "row": "top"})
    outline.take({"type": "more", "outline": "t", "row": "top"})
    assert len(shown(outline, tree(1_000))) == 4 * MOST + 3


def test_a_row_that_is_gone_to_is_open_to_view_and_named_once():
    outline = Outline("t", "Tree")
    outline.show("leaf-500", ["top"], 500)
    block = outline.block(tree(1_000))
    assert block["at"] == "leaf-500" and "leaf 500" in [row["cells"][0] for row in block["rows"]]
    assert outline.block(tree(1_000))["at"] is None


def test_a_still_form_has_everything_up_to_a_thousand_rows():
    assert shown(Outline("t", "Tree"), tree(), unfolded=True) == ["top", "leaf 0", "leaf 1", "leaf 2", "other"]
    rows = shown(Outline("t", "Tree"), tree(3_000), unfolded=True)
    assert len(rows) == STILL + 1 and rows[-1] == "and more"


def test_messages_for_others_are_left_to_them_and_odd_ones_refused():
    outline = Outline("t", "Tree")
    assert not outline.take({"type": "turn", "outline": "u", "row": "top"})
    with pytest.raises(InputError, match="names no row"):
        outline.take({"type": "turn", "outline": "t", "row": 3})
    with pytest.raises(InputError, match="knows no"):
        outline.take({"type": "spin", "outline": "t", "row": "top"})
