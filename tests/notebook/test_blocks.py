"""Blocks as words and as HTML."""

from __future__ import annotations

import pytest

from orgkit.notebook import blocks as b
from orgkit.notebook.blocks_html import html
from orgkit.notebook.outline import Branch, Outline
from tests.notebook.designs import ODD


def grid(head: tuple[str, ...] = ()) -> b.Json:
    inside = [Branch(id="2", cells=[b.cell(ODD, "error"), "7"], note="a note", sign="✓")]
    return Outline("g", "Grid", head, opened=["1"]).block([Branch(id="1", cells=["one", "9"], below=lambda: inside)])


CASES = {
    "title": (b.title("Head", "quiet"), "Head quiet"),
    "text": (b.text("two\nlines", "good", mono=True), "two\nlines"),
    "table": (b.table([["a", b.cell("1", number=True)], ["longer", "2"]], ("name", "n")), "name    n\na       1"),
    "buttons": (b.buttons(b.button("Go", {}), b.button("Stop", {})), "Go · Stop"),
    "items": (b.items([b.item("said", "why", sign="!", does=[b.button("Mend", {})])]), "! said [Mend]\n    why"),
    "form": (b.form("k", {}, [b.field("name", "Name", "x")], "Ask"), "Name x\nAsk"),
    "bars": (b.bars([("s3", 0.5, 0.1, "half")], "legend"), "legend\ns3  half"),
    "gauge": (b.gauge(3, 10, "3 of 10"), "3 of 10"),
    "fold": (b.fold("More", b.text("inside")), "More\n  inside"),
    "diff": (b.diff("+ a"), "+ a"),
    "tree": (grid(), f"one  (9)\n  ✓ {ODD}  (7)\n      a note"),
    "columns": (grid(("name", "n")), "name"),
}


@pytest.mark.parametrize("kind", CASES)
def test_every_block_has_words_and_html(kind):
    block, words = CASES[kind]
    assert b.plain([block]).startswith(words)
    page = html([block])
    assert page.startswith("<div>") and "onerror=" not in page.replace("onerror=&quot;", "")
    assert kind == "buttons" or len(page) > len("<div></div>")


def test_a_tree_folds_in_html_without_a_script():
    page = html([grid()])
    assert page.count("<details") == page.count("</details>") == 1 and "<script" not in page
    assert "<td" in html([grid(("name", "n"))])
