"""The designer's still forms, and notebooks meant to be read."""

from __future__ import annotations

import json

import pytest

import orgkit
from orgkit.notebook import freeze, still
from tests.notebook.designs import ODD, many, small

VIEW = "application/vnd.jupyter.widget-view+json"


def shown(designer):
    return designer._repr_mimebundle_()[0]


def test_beside_the_widget_stands_its_picture():
    data = shown(orgkit.Designer(small(), interactive=True))
    assert {VIEW, "text/plain", "image/svg+xml", "image/png"} <= data.keys()
    assert "Workloads" in data["text/plain"] and "shop" in data["image/svg+xml"]


def test_without_a_person_there_is_the_picture_only(monkeypatch):
    assert VIEW not in shown(orgkit.Designer(small(), interactive=False))
    monkeypatch.setenv(still.HEADLESS, "1")
    data = shown(orgkit.Designer(small()))
    assert VIEW not in data and "image/png" in data


def test_the_picture_of_a_large_design_does_not_hold_the_widget_up():
    designer = orgkit.Designer(many(1_500), interactive=True)
    data = shown(designer)
    assert VIEW in data and "image/svg+xml" not in data
    assert data["text/plain"].startswith("Organization(") and len(data["text/plain"].splitlines()) < 250
    assert str(designer) == data["text/plain"]


def test_the_widget_is_made_once_and_its_state_is_that_of_the_moment():
    designer = orgkit.Designer(small(), interactive=True)
    assert designer.widget is designer.widget
    designer.org.move("shop", "Sandbox")
    state = designer.widget.get_state("state")["state"]
    places = {row[0]: row[4] for row in state["rows"]}
    ids = [row[0] for row in state["rows"]]
    assert ids[places["account:shop"]] == "ou:Sandbox"


def test_the_widget_answers_what_the_browser_says(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    designer = orgkit.Designer(small(), interactive=True)
    sent = []
    monkeypatch.setattr(designer.widget, "send", sent.append)
    designer.widget._handle_custom_msg({"type": "move", "node": "shop", "to": "Sandbox", "number": 7}, [])
    assert sent[0]["answers"] == 7 and "patch" in sent[0]
    designer.org.undo()
    designer.widget.follow()
    assert designer.org.path("account:shop") in ("Workloads/Production/shop",) and "patch" in sent[1]
    designer.widget.follow()
    assert len(sent) == 2


def notebook(*outputs):
    cell = {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 1, "outputs": list(outputs)}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"widgets": {"x": 1}, "k": 2}, "cells": [cell]}
    return json.dumps(content, ensure_ascii=False)


def test_freezing_leaves_pictures_and_texts_and_takes_widgets_out(tmp_path):
    both = {"output_type": "display_data", "metadata": {VIEW: {}}, "data": {VIEW: {"model_id": "1"}, "text/plain": ODD}}
    alone = {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": "2"}}}
    words = {"output_type": "stream", "name": "stdout", "text": "said"}
    file = tmp_path / "n.ipynb"
    file.write_text(notebook(both, alone, words), "utf-8")
    other = freeze(file, tmp_path / "read.ipynb")
    content = json.loads(other.read_text("utf-8"))
    assert content["metadata"] == {"k": 2}
    assert content["cells"][0]["outputs"] == [{**both, "metadata": {}, "data": {"text/plain": ODD}}, words]
    assert VIEW in file.read_text("utf-8")
    assert freeze(file) == file and VIEW not in file.read_text("utf-8")


@pytest.mark.parametrize("text", ["", "[]", '{"cells"', "{}"])
def test_freezing_what_is_no_notebook_is_refused(tmp_path, text):
    file = tmp_path / "n.ipynb"
    file.write_text(text)
    with pytest.raises(orgkit.errors.FileError, match="not a notebook"):
        freeze(file)
    with pytest.raises(orgkit.errors.FileError, match="cannot be read"):
        freeze(tmp_path / "none.ipynb")
