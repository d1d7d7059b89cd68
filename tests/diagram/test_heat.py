"""The heat map draws what differs: places and services that are alike share a column and a line."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import orgkit
from orgkit.diagram import Diagram, Heatmap, draw, heatmap
from orgkit.diagram.heat import COLUMNS, ROWS, Share, heat
from orgkit.errors import InputError
from orgkit.guardrails import Permissions
from orgkit.guardrails.heat import HeatMap
from tests.diagram.examples import NASTY, starter


@pytest.fixture(scope="module")
def answer() -> Permissions:
    return orgkit.permissions(starter())


def drawn(services: list[str], places: list[str], blocked: list[list[float]]) -> Heatmap:
    rows = tuple(map(tuple, blocked))
    nothing = tuple(tuple(0.0 for _ in row) for row in rows)
    return Heatmap(heat(HeatMap(tuple(services), tuple(places), rows, nothing, 7)))


def test_what_is_alike_is_drawn_once() -> None:
    map = drawn(["ec2", "iam", "s3"], ["A", "B", "C"], [[1, 0, 1], [0.5, 0, 0.5], [1, 0, 1]]).picture
    assert map.columns == (("A", "C"), ("B",))
    assert [line.services for line in map.lines] == [("ec2", "s3"), ("iam",)]
    assert map.caption == "3 services touched, 7 not · 3 places"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (Share(0, 0), ""),
        (Share(1, 0), "all"),
        (Share(0.0001, 0), "1%"),
        (Share(0.9999, 0), "99%"),
        (Share(0.125, 0.034), "12% + 3%?"),
        (Share(0, 1), "all?"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(share: Share, words: str) -> None:
    assert share.words == words


def test_a_map_too_large_says_what_it_leaves_out() -> None:
    places = [f"place-{number}" for number in range(COLUMNS + 2)]
    services = [f"service-{number}" for number in range(ROWS + 3)]
    blocked = [
        [(1 + (row * 31 + column * 7) % 89) / 90 for column in range(len(places))] for row in range(len(services))
    ]
    map = drawn(services, places, blocked)
    assert "more columns not drawn" in map.caption and "more lines not drawn" in map.caption
    assert len(map.picture.lines) == ROWS
    assert len(map.picture.columns) == COLUMNS


def test_nothing_blocked_is_said() -> None:
    assert "No guardrail blocks anything here." in drawn([], ["A"], []).dot


def test_the_starter_shows_where_a_service_is_touched(answer: Permissions) -> None:
    text = str(heatmap(answer))
    assert "cloudtrail\n  - Workloads/Production: 3% blocked" in text
    assert len(heatmap(answer, "account").picture.columns) == len(heatmap(answer).picture.columns)


@pytest.mark.usefixtures("needs_engine")
def test_it_shows_itself_in_a_notebook_and_is_saved(answer: Permissions, tmp_path: Path) -> None:
    map = heatmap(answer, title="What is stopped where")
    data, _ = map._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/svg+xml", "image/png"}
    root = ET.fromstring(map.save(tmp_path / "heat.svg").read_text("utf-8"))
    assert (root.get("aria-label") or "").startswith("What is stopped where. ")
    assert map.save(tmp_path / "heat.png").stat().st_size > 1_000


@pytest.mark.usefixtures("needs_engine")
@pytest.mark.parametrize("name", NASTY)
def test_names_mean_nothing_to_the_engine(name: str) -> None:
    ET.fromstring(drawn([name], [name, "other"], [[0.5, 0]]).svg())


def test_it_has_no_tree_to_write_as_mermaid(answer: Permissions, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.svg"):
        heatmap(answer).save(tmp_path / "heat.mmd")
    assert ".mmd" in Diagram.forms


def test_the_guardrails_view_counts_what_a_given_answer_blocks(answer: Permissions) -> None:
    cards = {card.title: card.note for card in draw(starter(), "guardrails", permissions=answer).picture.cards}
    blocked = len(answer.blocked("app-a-prod"))
    assert cards["Production"].startswith(f"{blocked} blocked, ")
    assert cards["Security"] == "0 blocked"
    assert cards["Workloads"] == ""  # no account stands right in it
