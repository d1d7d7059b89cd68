"""Progress in a terminal, in a file, and in a notebook."""

from __future__ import annotations

import io

import orgkit
from orgkit.notebook import Progress
from tests.notebook.test_run import write


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_is_written_over_and_cleared():
    stream = Terminal()
    with Progress("reading", stream=stream) as progress:
        progress("accounts", 3, 10)
        progress("policies", 4)
    assert stream.getvalue() == "\r\x1b[Kreading 3/10 accounts\r\x1b[Kreading 4 policies\r\x1b[K"


def test_a_file_gets_nothing():
    stream = io.StringIO()
    with Progress("reading", stream=stream) as progress:
        progress("accounts", 3, 10)
    assert stream.getvalue() == ""


def test_a_notebook_keeps_a_line_of_text_and_no_widget(tmp_path):
    code = "from orgkit.notebook import Progress\nwith Progress('reading') as p:\n    p('accounts', 10, 10)"
    run = orgkit.run(write(tmp_path, "progress", code), {}, tmp_path / "out")
    saved = run.notebook.read_text("utf-8")
    assert "reading 10/10 accounts" in saved and "widget-view" not in saved
