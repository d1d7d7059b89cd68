"""The journal of a run: SQLite, one row before and one after every call, so that a crash at any point can be resumed.

It records what one run did, the plan it carried out and the design that plan was made from. Planning never consults it:
the live organization is the only state. A row is with the operating system before the call is made, so the end of the
process, by whatever signal, loses none. Rows are not forced to the disk one by one, which would take most of the time
of a run: a power failure can lose the last ones, and resuming then finds out from AWS what was done.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from orgkit.errors import FileError
from orgkit.provision.planning.plan import Plan

VERSION: Final = 1
# "orgk" in the header of the file tells a journal from any other database.
_APPLICATION: Final = 0x6F72676B
_PATIENCE: Final = 1.0  # seconds to wait for another process that has the file open
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, target TEXT NOT NULL, organization TEXT, digest TEXT NOT NULL,
    plan TEXT NOT NULL, design TEXT, outcome TEXT
);
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id), at REAL NOT NULL, step TEXT NOT NULL,
    event TEXT NOT NULL, operation TEXT, account TEXT, data TEXT
);
CREATE INDEX IF NOT EXISTS entries_of_run ON entries(run);
"""
# What can happen to a step: begun; a call sent, answered or refused; its end. A run itself can be taken up again.
STARTED, CALL, REPLY, ERROR = "started", "call", "reply", "error"
DONE, FAILED, SKIPPED = "done", "failed", "skipped"
RESUMED = "resumed"
FINISHED, INCOMPLETE, INTERRUPTED = "finished", "incomplete", "interrupted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: what happened in a step; `data` is JSON, without secrets."""

    at: float
    step: str
    event: str
    operation: str | None
    account: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class Past:
    """A run that a journal has: its plan, the ids made by steps that are done, and the rows of steps that are not.

    `outcome` is finished, incomplete or interrupted; None where the process ended before it could say.
    `organization` is the id the organization had when it began, or has been given since.
    """

    run: int
    at: float
    target: str
    organization: str | None
    plan: Plan
    outcome: str | None
    done: Mapping[str, tuple[str, ...]]
    begun: Mapping[str, tuple[Entry, ...]]

    @property
    def finished(self) -> bool:
        return self.outcome == FINISHED


class Journal:
    """An open journal; without a path it lives in memory. Safe for threads; nobody else can open it meanwhile.

    Errors: FileError where the file is no journal, is broken, or is in use.
    """

    def __init__(self, path: str | PathLike[str] | None = None, *, create: bool = True) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._run = 0
        if path is not None and not create and not Path(path).is_file():
            raise FileError("there is no journal", where=str(path), mend="Name the journal of a run.")
        with self._plain_errors():
            self._db = sqlite3.connect(
                ":memory:" if path is None else Path(path), check_same_thread=False, timeout=_PATIENCE
            )
        try:
            with self._plain_errors():
                self._open()
        except FileError:
            self._db.close()
            raise

    def _open(self) -> None:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if tables and application != _APPLICATION:
            raise self._error("this is a database of something else", "Name another file; nothing in it was changed.")
        if tables and version != VERSION:
            raise self._error(f"this journal has version {version}, not {VERSION}", "Name another file.")
        # One writer, and no shared memory beside the file: a second run in the same journal is refused.
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        if not tables:
            self._db.execute(f"PRAGMA application_id={_APPLICATION}")
            self._db.execute(f"PRAGMA user_version={VERSION}")
        self._db.executescript(_SCHEMA)

    # ---- writing ---------------------------------------------------------------------------------

    def begin(self, plan: Plan, target: str, at: float) -> None:
        """Start a new run of a plan."""
        whole = plan.to_json()
        design = whole.pop("design")
        self._run = self._write(
            "INSERT INTO runs(at, target, organization, digest, plan, design) VALUES (?, ?, ?, ?, ?, ?)",
            (at, target, plan.organization_id, plan.digest, _text(whole), None if design is None else _text(design)),
        )

    def take_up(self, past: Past, at: float) -> None:
        """Go on with a run: what is written from here on is added to it."""
        self._run = past.run
        self._write("UPDATE runs SET outcome = NULL WHERE id = ?", (past.run,))
        self.write(at, "", RESUMED)

    def write(
        self,
        at: float,
        step: str,
        event: str,
        operation: str | None = None,
        account: str | None = None,
        data: Any = None,
    ) -> None:
        """Add a row to the run."""
        self._write(
            "INSERT INTO entries(run, at, step, event, operation, account, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self._run, at, step, event, operation, account, None if data is None else _text(data)),
        )

    def belongs_to(self, organization: str) -> None:
        """Note the id of an organization that the run has made."""
        self._write("UPDATE runs SET organization = ? WHERE id = ?", (organization, self._run))

    def end(self, outcome: str) -> None:
        """Say how the run ended."""
        self._write("UPDATE runs SET outcome = ? WHERE id = ?", (outcome, self._run))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # ---- reading ---------------------------------------------------------------------------------

    def last(self) -> Past | None:
        """The latest run, or None in a new journal."""
        return self._latest("")

    def last_of_design(self) -> Past | None:
        """The latest run of a plan that was made for a whole design, or None."""
        return self._latest("WHERE design IS NOT NULL")

    def _latest(self, where: str) -> Past | None:
        columns = "id, at, target, organization, plan, design, outcome"
        rows = self._rows(f"SELECT {columns} FROM runs {where} ORDER BY id DESC LIMIT 1")
        return self._past(rows[0]) if rows else None

    def entries(self, run: int | None = None) -> Iterator[Entry]:
        """The rows of a run, by default the one that is written, oldest first."""
        query = "SELECT at, step, event, operation, account, data FROM entries WHERE run = ? ORDER BY id"
        for at, step, event, operation, account, data in self._rows(query, (run or self._run,)):
            yield Entry(at, step, event, operation, account, None if data is None else self._json(data))

    def _past(self, row: tuple[Any, ...]) -> Past:
        run, at, target, organization, plan, design, outcome = row
        done: dict[str, tuple[str, ...]] = {}
        begun: dict[str, list[Entry]] = {}
        for entry in self.entries(run):
            if entry.event == DONE:
                done[entry.step] = tuple(entry.data or ())
                begun.pop(entry.step, None)
            elif entry.event not in (RESUMED, SKIPPED):
                begun.setdefault(entry.step, []).append(entry)
        try:
            made = Plan.from_json(self._json(plan) | {"design": None if design is None else self._json(design)})
        except FileError as error:
            raise self._error(f"the plan in this journal cannot be used: {error.what}", error.mend or "") from None
        return Past(
            run, at, target, organization, made, outcome, done, {step: tuple(rows) for step, rows in begun.items()}
        )

    # ---- the database ----------------------------------------------------------------------------

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._plain_errors(), self._lock:
            return self._db.execute(query, values).fetchall()

    def _write(self, statement: str, values: tuple[Any, ...]) -> int:
        with self._plain_errors(), self._lock, self._db:
            return int(self._db.execute(statement, values).lastrowid or 0)

    def _json(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise self._error(f"this journal is broken: {error}", "Plan again, and name another journal.") from None

    def _error(self, what: str, mend: str) -> FileError:
        return FileError(what, where=str(self.path), mend=mend)

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise self._error("another run is writing to this journal", "Wait for it, or stop it first.") from None
            raise self._error(f"the journal cannot be used: {error}", "Mend that, or name another file.") from None
        except sqlite3.DatabaseError as error:
            raise self._error(
                f"this is no journal, or a broken one: {error}", "Name another file, and plan again."
            ) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def last_run(path: str | PathLike[str]) -> Past | None:
    """The latest run in the journal of this name; None where it has none. Errors: FileError."""
    with Journal(path, create=False) as journal:
        return journal.last()


def last_design(path: str | PathLike[str]) -> Past | None:
    """The latest run in the journal that was made for a whole design; None where it has none. Errors: FileError."""
    with Journal(path, create=False) as journal:
        return journal.last_of_design()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
