"""Progress in a terminal, in a file, and in a notebook."""

from __future__ import annotations

import io

import pytest

import orgkit
from orgkit.notebook import Progress
from tests.notebook.test_run import write


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: Terminal) -> list[str]:
    """What was written over one another."""
    return stream.getvalue().split("\r\x1b[K")[1:]


@pytest.fixture(autouse=True)
def width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_a_terminal_gets_a_bar_that_is_written_over_and_cleared():
    stream = Terminal()
    with Progress("applying", stream=stream) as progress:
        progress("about 3 min left; create account shop", 3, 12)
        progress("create OU Production", 12, 12)
    first, last, cleared = lines(stream)
    assert first == "applying [======                  ] 3/12 about 3 min left; create account shop"
    assert last == f"applying [{'=' * 24}] 12/12 create OU Production"
    assert cleared == ""


def test_a_line_fits_its_terminal_and_a_narrow_one_has_no_bar(monkeypatch):
    stream = Terminal()
    with Progress("applying", stream=stream) as progress:
        progress("about 3 min left; " + "long " * 40, 3, 12)
        monkeypatch.setenv("COLUMNS", "30")
        progress("about 3 min left; create account", 3, 12)
    first, second, _ = lines(stream)
    assert len(first) == 79 and first.endswith("…") and "about 3 min left" in first
    assert second == "applying 3/12 about 3 min le…"


def test_without_a_known_end_a_terminal_counts():
    stream = Terminal()
    with Progress("reading", stream=stream) as progress:
        progress("policies", 1_234)
    assert lines(stream)[0] == "reading 1,234 policies"


def test_a_file_gets_a_line_for_every_tenth_and_nothing_where_the_end_is_not_known():
    stream = io.StringIO()
    with Progress("applying", stream=stream) as progress:
        for done in range(1, 1_001):
            progress("create", done, 1_000)
        progress("more", 5)
    told = stream.getvalue().splitlines()
    assert len(told) == 10 and told[0] == "applying 100/1,000 create" and told[-1] == "applying 1,000/1,000 create"


def test_a_notebook_keeps_a_line_of_text_and_no_widget(tmp_path):
    code = "from orgkit.notebook import Progress\nwith Progress('reading') as p:\n    p('accounts', 10, 10)"
    run = orgkit.run(write(tmp_path, "progress", code), {}, tmp_path / "out")
    saved = run.notebook.read_text("utf-8")
    assert "reading 10/10 accounts" in saved and "widget-view" not in saved
