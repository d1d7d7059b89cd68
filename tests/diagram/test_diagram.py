"""A Diagram in its forms: outline, DOT, SVG, PNG, Mermaid, draw.io; in a notebook; on a machine without an engine."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from orgkit.design import Organization
from orgkit.diagram import VIEWS, Diagram, draw
from orgkit.errors import FileError, InputError, MissingExtra, UnknownName
from tests.diagram.examples import large, starter

OUTLINE = """\
Structure
6 OUs, 11 accounts · 2 policies

Root
  - management [management]
  Security
    - security-audit
    - log-archive
  Infrastructure
    - shared-services
    - networking
  Workloads
    Production [SCP production-guardrails]
      - app-a-prod
      - app-b-prod
    Non-Production
      - app-a-dev
      - app-a-staging
  Sandbox [SCP sandbox-limits]
    - developer-sandbox-1
    - developer-sandbox-2
"""


@pytest.fixture(scope="module")
def org() -> Organization:
    return starter()


def test_its_text_is_an_outline(org: Organization) -> None:
    assert str(draw(org)) == OUTLINE


def test_the_dot_source_has_a_node_a_card_and_an_edge_to_each_below(org: Organization) -> None:
    source = draw(org).dot
    assert source.count(" [label=<") == 7
    assert source.count(" -> ") == 6
    assert source.startswith("digraph")


@pytest.mark.usefixtures("needs_engine")
class TestWithAnEngine:
    def test_the_svg_says_aloud_what_it_shows(self, org: Organization) -> None:
        root = ET.fromstring(draw(org, title="For review").svg())
        assert root.get("role") == "img"
        assert root.get("aria-label") == "For review. 6 OUs, 11 accounts · 2 policies"
        title, description = root[0], root[1]
        assert (title.tag.endswith("title"), title.text) == (True, root.get("aria-label"))
        assert description.text is not None and "app-a-prod" in description.text

    def test_the_svg_is_the_same_each_time_and_names_no_version(self, org: Organization) -> None:
        first = draw(org).svg()
        assert draw(org.copy()).svg() == first
        assert "<!--" not in first
        assert "raphviz version" not in first

    def test_plain_faces_stand_behind_the_first_choice(self, org: Organization) -> None:
        faces = {text.get("font-family", "") for text in ET.fromstring(draw(org).svg()).iter() if text.text}
        assert all(face.endswith("sans-serif") for face in faces if face)

    def test_cards_stand_where_the_layout_says(self, org: Organization) -> None:
        from orgkit.diagram import dot, engine

        diagram = draw(org)
        lines = engine.render(diagram.dot, "plain", options=dot.AS_PLACED).decode().splitlines()
        found = [[float(part) * 72 for part in line.split()[2:6]] for line in lines if line.startswith("node n")]
        spots = list(diagram.layout.spots.values())
        offset = found[0][0] - spots[0].x - spots[0].size.width / 2
        for spot, (x, _, width, height) in zip(spots, found, strict=True):
            assert x - offset == pytest.approx(spot.x + spot.size.width / 2, abs=1)
            assert width == pytest.approx(spot.size.width, abs=3)
            assert height == pytest.approx(spot.size.height, abs=6)

    def test_the_png_is_sharp(self, org: Organization) -> None:
        content = draw(org).png()
        assert content.startswith(b"\x89PNG")
        across, _ = struct.unpack(">II", content[16:24])
        assert across > draw(org).layout.width * 2

    def test_a_notebook_gets_text_svg_and_png(self, org: Organization) -> None:
        data, metadata = draw(org)._repr_mimebundle_()
        assert set(data) == {"text/plain", "image/svg+xml", "image/png"}
        assert metadata["image/png"]["width"] == pytest.approx(draw(org).layout.width, abs=40)

    def test_a_notebook_gets_no_png_of_a_picture_too_large_to_look_at(self) -> None:
        data, _ = draw(large(2000, 100), collapse="never")._repr_mimebundle_()
        assert set(data) == {"text/plain", "image/svg+xml"}

    @pytest.mark.parametrize("view", [name for name in VIEWS if name != "changes"])
    def test_every_view_draws_ten_thousand_accounts_folded(self, view: str) -> None:
        diagram = draw(large(10_000, 1_500), view)
        assert len(diagram.svg()) < 1_500_000
        assert "counted, not drawn: 9,9" in diagram.svg()

    def test_every_form_is_written(self, org: Organization, tmp_path: Path) -> None:
        for ending in Diagram.forms:
            if ending != ".pdf":  # not every engine has it
                assert draw(org).save(tmp_path / f"org{ending}").stat().st_size > 500
        assert draw(org).save(tmp_path / "again.SVG").read_text("utf-8") == draw(org).svg()


def test_without_an_engine_a_notebook_shows_the_outline_and_a_sentence(org: Organization, bare: Path) -> None:
    data, metadata = draw(org)._repr_mimebundle_()
    assert set(data) == {"text/plain"}
    assert metadata == {}
    assert data["text/plain"].startswith(OUTLINE)
    assert "pip install" in data["text/plain"]


def test_without_an_engine_a_picture_is_an_error_and_the_other_forms_are_written(
    org: Organization, bare: Path, tmp_path: Path
) -> None:
    with pytest.raises(MissingExtra):
        draw(org).svg()
    for ending in (".dot", ".mmd", ".drawio"):
        draw(org).save(tmp_path / f"org{ending}")


@pytest.mark.parametrize("name", ["org.gif", "org", "org.svgz"])
def test_an_unknown_ending_is_refused_with_the_known_ones(org: Organization, name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.svg") as caught:
        draw(org).save(tmp_path / name)
    assert name in str(caught.value)


def test_a_folder_that_is_not_there_is_said(org: Organization, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        draw(org).save(tmp_path / "nowhere" / "org.dot")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"view": "structur"}, InputError, 'did you mean "structure"'),
        ({"collapse": "alway"}, InputError, 'did you mean "always"'),
        ({"direction": "RL"}, InputError, "TB"),
        ({"under": "Workload"}, UnknownName, "Workloads"),
        ({"highlight": "app-a-prd"}, UnknownName, "app-a-prod"),
        ({"view": "changes"}, InputError, "before="),
        ({"before": Organization()}, InputError, "changes"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_one(
    org: Organization, options: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        draw(org, **options)  # type: ignore[arg-type]


class TestDrawio:
    def test_cards_hold_their_accounts_at_their_places(self, org: Organization) -> None:
        diagram = draw(org)
        root = ET.fromstring(diagram.drawio())
        cells = {(cell.get("id") or ""): cell for cell in root.iter("UserObject")}
        by_label = {cell.get("label"): cell for cell in cells.values()}
        app, production = by_label["app-a-prod"], by_label["Production"]
        assert app[0].get("parent") == production.get("id")
        assert len(by_label) == len({*by_label, "Root"})
        boxes = []
        for name, cell in cells.items():
            if name.startswith("card") and name[4:].isdigit():
                place = cell[0][0]
                x, y, w, h = (float(place.get(key, "nan")) for key in ("x", "y", "width", "height"))
                boxes.append((x, y, x + w, y + h))
        assert len(boxes) == 7
        assert not any(_overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])

    def test_every_edge_joins_two_cards(self, org: Organization) -> None:
        root = ET.fromstring(draw(org).drawio())
        ids = {cell.get("id") for cell in root.iter("UserObject")}
        edges = [cell for cell in root.iter("mxCell") if cell.get("edge")]
        assert len(edges) == 6
        assert all({edge.get("source"), edge.get("target")} <= ids for edge in edges)

    def test_ids_are_unique(self, org: Organization) -> None:
        root = ET.fromstring(draw(org, "guardrails").drawio())
        ids = [cell.get("id") for cell in root.iter() if cell.get("id")]
        assert len(ids) == len(set(ids))


def test_the_tree_reads_from_left_to_right_where_it_is_too_wide(org: Organization) -> None:
    assert draw(org).layout.direction == "TB"
    assert draw(large(40, 30)).layout.direction == "LR"
    assert "\nflowchart LR\n" in draw(org, direction="LR").mermaid()


def test_what_is_highlighted_is_marked_in_every_form(org: Organization) -> None:
    plain, marked = draw(org), draw(org, highlight=["Sandbox", "app-a-prod", "production-guardrails"])
    assert plain.picture.cards != marked.picture.cards
    for form in (Diagram.drawio, lambda diagram: diagram.dot):
        assert form(marked).count("#c2410c") >= form(plain).count("#c2410c") + 3
    assert "highlight" in marked.mermaid()


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
