"""Cards never overlap, levels line up, and lines join the cards they belong to."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit.diagram.layout import arrange
from orgkit.diagram.picture import Badge, Card, Picture, Row

forests = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40), st.integers(0, 3)), max_size=25)


def picture(shape: list[tuple[int, int, int]], direction: str) -> Picture:
    """A tree: each entry is (which earlier card is the parent, rows, badges)."""
    cards = [Card("c0", None, "Root", "root")]
    for index, (parent, rows, badges) in enumerate(shape, start=1):
        cards.append(
            Card(
                f"c{index}",
                f"c{parent % index}",
                "x" * (1 + rows),
                "ou",
                badges=tuple(Badge(f"SCP {number}", "scp") for number in range(badges)),
                rows=tuple(Row("account", "1 USD") for _ in range(rows)),
            )
        )
    return Picture("t", "c", tuple(cards), direction=direction)


@given(forests, st.sampled_from(["TB", "LR"]))
def test_cards_never_overlap_and_levels_line_up(shape: list[tuple[int, int, int]], direction: str) -> None:
    drawn = picture(shape, direction)
    layout = arrange(drawn)
    level = {None: -1}
    lines: dict[int, set[float]] = {}
    for card in drawn.cards:
        level[card.node] = level[card.parent] + 1
        spot = layout.spots[card.node]
        lines.setdefault(level[card.node], set()).add(spot.y if direction == "TB" else spot.x)
        assert 0 <= spot.x <= spot.x + spot.size.width <= layout.width + 0.01
        assert 0 <= spot.y <= spot.y + spot.size.height <= layout.height + 0.01
    assert all(len(starts) == 1 for starts in lines.values())
    by_level: dict[int, list[tuple[float, float]]] = {}
    for card in drawn.cards:
        spot = layout.spots[card.node]
        band = (spot.x, spot.x + spot.size.width) if direction == "TB" else (spot.y, spot.y + spot.size.height)
        by_level.setdefault(level[card.node], []).append(band)
    for bands in by_level.values():
        for before, after in pairwise(sorted(bands)):
            assert before[1] < after[0]


@given(forests, st.sampled_from(["TB", "LR"]))
def test_lines_run_from_parent_to_child_at_right_angles(shape: list[tuple[int, int, int]], direction: str) -> None:
    drawn = picture(shape, direction)
    layout = arrange(drawn)
    assert set(layout.lines) == {card.node for card in drawn.cards if card.parent is not None}
    for card in drawn.cards:
        if card.parent is None:
            continue
        bends = layout.lines[card.node]
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(bends))
        parent, child = layout.spots[card.parent], layout.spots[card.node]
        if direction == "TB":
            assert bends[0] == (parent.x + parent.size.width / 2, parent.y + parent.size.height)
            assert bends[-1] == (child.x + child.size.width / 2, child.y)
        else:
            assert bends[0][0] == parent.x + parent.size.width
            assert bends[-1][0] == child.x


@pytest.mark.parametrize(("accounts", "columns"), [(1, 1), (16, 1), (17, 2), (40, 3), (400, 4)])
def test_many_accounts_are_set_in_columns(accounts: int, columns: int) -> None:
    layout = arrange(picture([(0, accounts, 0)], "TB"))
    assert layout.spots["c1"].size.columns == columns
