"""No name can mean anything to a format, and every name is found again in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.diagram import VIEWS, Diagram, draw
from orgkit.diagram.mermaid import quoted
from orgkit.diagram.picture import LONGEST
from orgkit.diagram.text import one_line, width
from tests.diagram.examples import NASTY, named

SVG = "{http://www.w3.org/2000/svg}"
# What people type, and what breaks formats, more often than chance would have it.
names = st.text(st.one_of(st.sampled_from("\"'<>&\\{}[]|;:#%`-. \n\tN"), st.characters()), min_size=1, max_size=60)


def drawn(name: str) -> Diagram:
    return draw(named(name), title=name)


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()).strip() for text in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.usefixtures("needs_engine")
@pytest.mark.parametrize("name", NASTY)
def test_the_engine_takes_the_name_and_shows_it_as_it_is(name: str) -> None:
    shown = texts(drawn(name).svg())
    label = one_line(name, LONGEST)
    assert shown.count(label) >= 2  # the OU and the account
    assert f"SCP {label}".strip() in shown


@pytest.mark.usefixtures("needs_engine")
@settings(max_examples=60)
@given(names)
def test_any_name_gives_an_svg_that_parses(name: str) -> None:
    svg = drawn(name).svg()
    assert texts(svg).count(one_line(name, LONGEST)) >= 2 or not one_line(name)
    allowed = {"svg", "title", "desc", "g", "a", "text", "polygon", "path", "polyline"}
    assert {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()} <= allowed


@given(names)
def test_any_name_is_found_again_in_the_drawio_file(name: str) -> None:
    for view in ("structure", "guardrails"):
        root = ET.fromstring(draw(named(name), view, title=name).drawio())
        labels = [cell.get("label") for cell in root.iter("UserObject")]
        assert labels.count(one_line(name, LONGEST)) >= 2
        assert all("html=0;" in cell.get("style", "") for cell in root.iter("mxCell") if cell.get("vertex"))


@given(names)
def test_any_name_keeps_mermaid_to_one_statement_a_line(name: str) -> None:
    card = r'n\d+\["(?:[^"<>]|</?[bi]>|<br>)*"\]:::\w+'
    rest = r"n\d+ --- n\d+|accTitle: [^#;{}]*|accDescr: [^#;{}]*|(?:classDef|linkStyle) [\w #:,-]+"
    head, title, *settings, close, kind = drawn(name).mermaid().split("\n")[:7]
    lines = drawn(name).mermaid().rstrip("\n").split("\n")[7:]
    assert (head, close, kind) == ("---", "---", "flowchart TB")
    assert settings == ["config:", "  flowchart:", "    wrappingWidth: 400"]
    assert title.startswith('title: "')
    for line in lines:
        assert re.fullmatch(f"  (?:{card}|{rest})", line), line


@given(names)
def test_mermaid_codes_say_the_same_text(name: str) -> None:
    plain = one_line(name)
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), quoted(plain)) == plain


@given(st.text(), st.integers(8, 50))
def test_a_name_on_one_line_is_short_and_free_of_what_xml_forbids(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest
    assert "\n" not in line
    ET.fromstring(f"<a>{line.replace('&', '').replace('<', '')}</a>")
    assert one_line(line, longest) == line


def test_wide_letters_are_given_more_room() -> None:
    assert width("WWW", 10) > width("iii", 10)
    assert width("日本", 10) > width("ab", 10)
    assert width("e\u0301", 10) == width("e", 10)


@pytest.mark.parametrize("name", NASTY)
def test_the_outline_has_each_name_on_a_line_of_its_own(name: str) -> None:
    outline = str(drawn(name))
    assert len(outline.splitlines()) == 6
    assert one_line(name, LONGEST) in outline


def test_there_is_a_sentence_for_each_view() -> None:
    assert all(view.says for view in VIEWS.values())
