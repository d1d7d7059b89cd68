"""The journal: what stands in it, what never does, and files that are none."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import orgkit
from orgkit import plan
from orgkit.cloud import connect, read
from orgkit.design.comparison import difference
from orgkit.errors import FileError
from orgkit.provision import Plan, apply
from orgkit.provision.execution.journal import CALL, ERROR, REPLY, Journal, last_design, last_run
from orgkit.provision.execution.redaction import HIDDEN, redacted
from orgkit.starter import mended
from tests.provision import designs

SECRET = "an-external-id-that-nobody-may-read-4711"


@pytest.fixture
def applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Plan]:
    """The journal of an apply of the starter, and its plan."""
    monkeypatch.setenv("CICD_EXTERNAL_ID", SECRET)
    design = mended(orgkit.load("starter"))
    with connect("sandbox") as target:
        made = plan(design, read(target, design=design))
        apply(made, target, approve=made.digest, journal=tmp_path / "apply.journal")
    return tmp_path / "apply.journal", made


def test_it_has_the_plan_the_digest_and_the_design_that_were_applied(applied: tuple[Path, Plan]) -> None:
    journal, made = applied
    past = last_design(journal)
    assert past is not None and past.finished
    assert past.plan.digest == made.digest
    assert past.plan.design is not None
    assert difference(past.plan.design.organization, mended(orgkit.load("starter"))) is None
    with closing(sqlite3.connect(journal)) as db:
        (text,) = db.execute("SELECT design FROM runs").fetchone()
    assert json.loads(text)["org.yaml"].startswith("orgkit: 1\n")


def test_it_has_no_secret_and_no_credential(applied: tuple[Path, Plan], tmp_path: Path) -> None:
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        for word in (SECRET, quote(SECRET), "SecretAccessKey", "SessionToken"):
            assert word.encode() not in content, file.name
    assert b"CICD_EXTERNAL_ID" in applied[0].read_bytes()  # where the secret is kept may be known


def test_every_call_has_a_row_before_and_one_after_it(applied: tuple[Path, Plan]) -> None:
    journal, made = applied
    with Journal(journal) as book:
        rows = [row for row in book.entries(1) if row.event in (CALL, REPLY, ERROR)]
    assert len(rows) >= 2 * len(made)
    for before, after in zip(rows[::2], rows[1::2], strict=True):
        assert before.event == CALL
        assert after.event in (REPLY, ERROR)
        assert (before.step, before.operation) == (after.step, after.operation)


def test_the_design_is_the_one_planned_though_it_was_edited_since(tmp_path: Path) -> None:
    design = designs.starter()
    with connect("sandbox") as target:
        made = plan(design, read(target))
        design.add_ou("Later")
        design.detach("sandbox-limits", "Sandbox")
        apply(made, target, approve=made.digest, journal=tmp_path / "journal")
    past = last_design(tmp_path / "journal")
    assert past is not None and past.plan.design is not None
    assert difference(past.plan.design.organization, designs.starter()) is None


def test_a_run_of_part_of_a_plan_leaves_the_design_of_the_run_before(tmp_path: Path) -> None:
    design = designs.starter()
    with connect("sandbox") as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest, journal=tmp_path / "journal")
        design.add_ou("One")
        design.add_ou("Two")
        part = plan(design, read(target), only=["create_ou:One"])
        assert [step.place for step in part.steps] == ["One"]
        apply(part, target, approve=part.digest, journal=tmp_path / "journal")
    last, whole = last_run(tmp_path / "journal"), last_design(tmp_path / "journal")
    assert last is not None and whole is not None
    assert last.plan.digest == part.digest
    assert whole.plan.digest == made.digest


def broken(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)


def text(path: Path) -> None:
    path.write_text("not a database, and long enough to look like something else" * 20)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE places (name TEXT)")
        db.commit()


def newer(path: Path) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
        db.commit()


def cut(path: Path) -> None:
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        apply(made, target, approve=made.digest, journal=path)
    path.write_bytes(path.read_bytes()[:9000])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (broken, "no journal, or a broken one"),
        (text, "no journal, or a broken one"),
        (foreign, "a database of something else"),
        (newer, "version 99"),
        (cut, "broken"),
    ],
)
def test_a_file_that_is_no_journal_is_refused_in_words_and_left_as_it_is(tmp_path: Path, make: Any, words: str) -> None:
    path = tmp_path / "journal"
    make(path)
    before = path.read_bytes()
    with pytest.raises(FileError, match=words) as caught:
        last_run(path)
    assert str(path) in str(caught.value)
    with connect("sandbox") as target:
        made = plan(designs.starter(), read(target))
        with pytest.raises(FileError):
            apply(made, target, approve=made.digest, journal=path)
        assert read(target).settings.organization_id is None
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be used"):
        Journal(tmp_path / "nowhere" / "journal")


def test_two_runs_cannot_write_one_journal_at_a_time(tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "journal") as first,
        pytest.raises(FileError, match="another run is writing"),
    ):
        first.write(0.0, "step", "started")
        Journal(tmp_path / "journal")


TRUST = {"Statement": [{"Condition": {"StringEquals": {"sts:ExternalId": SECRET}}}]}


@pytest.mark.parametrize(
    "value",
    [
        TRUST,
        json.dumps(TRUST),
        json.dumps({"AssumeRolePolicyDocument": json.dumps(TRUST)}),
        json.dumps(TRUST, indent=2),
        quote(json.dumps(TRUST)),
        quote(json.dumps(TRUST), safe=""),
        {"Role": {"AssumeRolePolicyDocument": json.dumps({"C": {"sts:externalid": ["another", SECRET]}})}},
        {"Credentials": {"SecretAccessKey": SECRET, "SessionToken": SECRET}},
        {"ExternalId": SECRET},
    ],
)
def test_secrets_that_aws_shows_are_hidden_in_whatever_form(value: Any) -> None:
    hidden = json.dumps(redacted(value))
    assert SECRET not in hidden
    assert HIDDEN in hidden


def test_what_is_no_secret_stays() -> None:
    value = {"Policy": json.dumps({"Statement": [{"Action": "s3:*"}]}), "Id": "p-1", "Tags": [{"Key": "a"}], "N": None}
    assert redacted(value) == value
