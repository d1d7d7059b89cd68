"""Edits that no file has yet: kept beside the design, and offered to whoever opens it anew."""

from __future__ import annotations

import json

import pytest

import orgkit
from orgkit.notebook import blocks
from orgkit.notebook.designer import Controller
from tests.notebook.designs import MOVE, ODD, shown, small, strip

RENAME = {"type": "rename", "node": "bank", "name": ODD}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "org.yaml"
    orgkit.save(small(), path)
    return path


@pytest.fixture
def draft(file):
    return file.with_name(".org.yaml.draft")


def opened(file):
    """As a kernel opens it that knows of no earlier one."""
    return Controller(orgkit.load(file), keep=True)


def test_what_was_not_saved_is_offered_and_made_again(file, draft):
    before = opened(file)
    for intent in (MOVE, RENAME, {"type": "remove", "node": "play"}, {"type": "undo"}):
        before.handle(intent)
    assert [one["label"] for one in json.loads(draft.read_text("utf-8"))["edits"]] == [
        edit.label for edit in before.org.history
    ]
    after = opened(file)
    words = blocks.plain(after.state()["strip"])
    assert "2 edits were not saved" in words and "move Workloads/Production/shop to Sandbox" in words
    assert after.org != before.org
    answer = after.handle({"type": "make_again"})
    assert "error" not in answer and "not saved" not in strip(answer)
    assert after.org == before.org
    assert {row[0] for row in answer["patch"]["rows"]} >= {"account:shop", "account:bank"}
    assert "2 edits were not saved" in blocks.plain(opened(file).state()["strip"])


def test_once_saved_or_taken_back_nothing_is_offered(file, draft):
    controller = opened(file)
    controller.handle(MOVE)
    assert draft.exists()
    controller.handle({"type": "undo"})
    assert not draft.exists()
    controller.handle({"type": "redo"})
    assert draft.exists()
    for _ in range(2):
        controller.handle({"type": "save"})
    assert orgkit.load(file).path("account:shop") == "Sandbox/shop" and not draft.exists()
    controller.handle(RENAME)
    assert [one["label"] for one in json.loads(draft.read_text("utf-8"))["edits"]] == [controller.org.history[-1].label]


def test_what_is_not_wanted_is_forgotten(file, draft):
    opened(file).handle(MOVE)
    controller = opened(file)
    assert "not saved" not in strip(controller.handle({"type": "forget"}))
    assert not draft.exists() and controller.org.history == ()


def test_new_edits_do_not_push_aside_what_is_still_offered(file):
    opened(file).handle(MOVE)
    opened(file).handle(RENAME)
    third = opened(file)
    third.handle({"type": "make_again"})
    assert third.org.path("account:shop") == "Sandbox/shop" and third.org.account("bank").name == ODD


def test_what_is_made_by_hand_instead_is_kept_once(file, draft):
    for _ in range(3):
        opened(file).handle(MOVE)
    assert len(json.loads(draft.read_text("utf-8"))["edits"]) == 1


def test_what_is_refused_by_now_is_told_and_the_rest_is_made(file):
    before = opened(file)
    before.handle(MOVE)
    before.handle(RENAME)
    org = orgkit.load(file)
    org.remove("shop")
    orgkit.save(org, file)
    after = opened(file)
    answer = after.handle({"type": "make_again"})
    assert "not made again: move Workloads/Production/shop to Sandbox" in answer["error"]
    assert after.org.account("bank").name == ODD


def test_a_second_designer_over_the_same_design_shares_them(file, draft):
    org = orgkit.load(file)
    Controller(org, keep=True).handle(MOVE)
    second = Controller(org, keep=True)
    assert "not saved" not in blocks.plain(second.state()["strip"])
    second.handle(RENAME)
    assert len(json.loads(draft.read_text("utf-8"))["edits"]) == 2


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"edits": 3}',
        '{"edits": [{"label": "x"}]}',
        '{"edits": [{"label": "x", "intent": {"type": "save"}}]}',
    ],
)
def test_a_draft_that_is_none_offers_nothing(file, draft, content):
    draft.write_text(content)
    assert "not saved" not in blocks.plain(opened(file).state()["strip"])


def test_where_they_cannot_be_kept_the_panel_that_saves_says_so(tmp_path):
    controller = Controller(small(), path=tmp_path / "no" / "folder" / "org.yaml", keep=True)
    assert "error" not in controller.handle(MOVE)
    assert "unsaved edits cannot be kept" in shown(controller.handle({"type": "show", "panel": "save"}))


def test_without_keeping_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Controller(small()).handle(MOVE)
    assert list(tmp_path.iterdir()) == []
