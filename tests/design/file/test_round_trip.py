"""Whatever is edited: what is saved is what is read back, and saving it again changes nothing."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.design import diff, load, save
from orgkit.design.comparison import difference
from orgkit.errors import InputError
from orgkit.starter import design
from tests.design.file.saving import FILES, VERBS, Pick, starter

EDITS = st.lists(
    st.tuples(st.sampled_from(range(len(VERBS))), st.lists(st.integers(0, 40), min_size=8, max_size=8), st.booleans()),
    min_size=1,
    max_size=7,
)


@pytest.mark.parametrize("file", FILES)
@settings(max_examples=60)
@given(edits=EDITS)
def test_what_is_saved_is_what_is_read_back(file: str, edits: list[tuple[int, list[int], bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = FILES[file](Path(folder) / "design")
        org = load(path)
        for number, (verb, numbers, also_save) in enumerate(edits):
            with suppress(InputError):  # an organization cannot be edited so; try the next
                VERBS[verb](Pick(org, number, list(numbers)))
            if also_save:
                save(org, path)
        save(org, path)
        assert difference(org, load(path)) is None
        assert diff(org, path) == ""


@pytest.mark.parametrize("file", FILES)
def test_saving_what_was_read_leaves_every_byte(file: str, tmp_path: Path) -> None:
    path = FILES[file](tmp_path / "design")
    before = {each: each.read_bytes() for each in path.parent.rglob("*") if each.is_file()}
    assert save(load(path), path) == ""
    assert {each: each.read_bytes() for each in path.parent.rglob("*") if each.is_file()} == before


def changed_lines(path: Path, before: list[str]) -> tuple[list[str], list[str]]:
    """The lines that went and the lines that came; all others are there, in their order."""
    after = path.read_text("utf-8").splitlines()
    went: list[str] = []
    came: list[str] = []
    for verb, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if verb != "equal":
            went += before[a:b]
            came += after[c:d]
    return went, came


ACCOUNTS = [account.handle for account in load(design()).accounts() if not account.management]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_edit_of_one_account_concerns_one_line(account: str, tmp_path: Path) -> None:
    path = starter(tmp_path)
    before = path.read_text("utf-8").splitlines()
    (line,) = [line for line in before if line.strip().startswith(f"{account}:")]

    org = load(path)
    org.set(account, tags={"Environment": "other"})
    save(org, path)
    went, came = changed_lines(path, before)
    assert went == [line]
    assert len(came) == 1 and "tags: {Environment: other}" in came[0]

    org.undo()
    save(org, path)
    assert changed_lines(path, before) == ([], [])

    org.add_account("newcomer", org.path(org.parent(f"account:{account}") or ""), email="new@example.com")
    save(org, path)
    went, came = changed_lines(path, before)
    assert went == []
    assert [each.strip() for each in came] == ["newcomer: {email: new@example.com}"]

    org.undo()
    org.move(account, "Workloads")
    save(org, path)
    went, came = changed_lines(path, before)
    assert went[0] == line
    assert [each.strip() for each in came if account in each] == [line.strip()]


@settings(max_examples=200)
@given(verb=st.sampled_from(range(len(VERBS) - 1)), numbers=st.lists(st.integers(0, 40), min_size=8, max_size=8))
def test_the_comparison_behind_saving_sees_every_edit(verb: int, numbers: list[int]) -> None:
    before = load(design())
    org = before.copy()
    assert difference(before, org) is None
    with suppress(InputError):
        VERBS[verb](Pick(org, 7, numbers))
    if org != before:
        assert difference(before, org) is not None
        org.undo()
    assert difference(before, org) is None
