"""Saving from the designer: shown first, and written as it was shown."""

from __future__ import annotations

import orgkit
from orgkit.notebook.designer import Controller
from tests.notebook.designs import MOVE, small


def test_saving_shows_first_and_writes_what_was_shown(tmp_path):
    file = tmp_path / "org.yaml"
    orgkit.save(small(), file)
    text = file.read_text().replace("root:", "# mine\nroot:", 1)
    file.write_text(text)
    controller = Controller(orgkit.load(file))
    controller.handle(MOVE)
    answer = controller.handle({"type": "save"})
    assert file.read_text() == text and "press again" in answer["said"]
    diff = next(block for block in answer["panel"]["blocks"] if block["kind"] == "diff")["text"]
    assert "shop@x.com" in diff
    controller.handle({"type": "move", "node": "bank", "to": "Sandbox"})
    controller.handle({"type": "save"})
    assert file.read_text() == text  # what would be written is not what was shown
    answer = controller.handle({"type": "save"})
    assert "Saved" in answer["said"]
    assert orgkit.load(file) == controller.org
    assert "# mine" in file.read_text()


def test_the_starter_is_never_offered_to_be_written_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    controller = Controller(orgkit.load("starter"))
    assert str(controller.saving.path) == "org.yaml"


def test_a_file_that_cannot_be_written_is_an_answer_in_words(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    controller = Controller(small(), path=tmp_path / "file" / "org.yaml")
    answers = [controller.handle({"type": "save"}) for _ in range(2)]
    assert "nothing was saved" in answers[-1]["error"]
    assert not any("Saved" in answer.get("said", "") for answer in answers)
