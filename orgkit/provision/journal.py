"""The journal of a run: SQLite, one row before and one after every call, so that a crash at any point can be resumed.

It records what one run did and the plan it carried out. The plan never consults it: the live organization is the only
state.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from orgkit.errors import FileError, InputError
from orgkit.provision.plan import Plan

VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, target TEXT NOT NULL, digest TEXT NOT NULL, plan TEXT NOT NULL,
    outcome TEXT
);
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id), at REAL NOT NULL, step TEXT NOT NULL,
    event TEXT NOT NULL, operation TEXT, data TEXT
);
CREATE INDEX IF NOT EXISTS entries_of_run ON entries(run);
"""
# What can happen to a step: begun; a call sent, answered or refused; its end.
STARTED, CALL, REPLY, ERROR = "started", "call", "reply", "error"
DONE, FAILED, SKIPPED = "done", "failed", "skipped"
ENDS = (DONE, FAILED, SKIPPED)
FINISHED, INCOMPLETE, INTERRUPTED = "finished", "incomplete", "interrupted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: what happened in a step; `data` is JSON."""

    at: float
    step: str
    event: str
    operation: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier run left: the ids of steps that are done, and the steps that were begun and not ended."""

    run: int
    plan: Plan
    done: Mapping[str, tuple[str, ...]]
    begun: frozenset[str]


class Journal:
    """An open journal; without a path it lives in memory. Safe for threads; a row is on disk before the next call."""

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(":memory:" if path is None else Path(path), check_same_thread=False)
            if path is not None:
                self._db.execute("PRAGMA journal_mode=WAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise FileError(
                    f"this journal has version {version}, not {VERSION}", where=str(path), mend="Name another file."
                )
            self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA user_version={VERSION}")
        except sqlite3.Error as error:
            raise FileError(
                f"the journal cannot be used: {error}", where=str(path), mend="Name another file."
            ) from None
        self._run = 0

    def begin(self, plan: Plan, target: str, at: float) -> None:
        """Start a new run of a plan."""
        text = json.dumps(plan.to_json(), ensure_ascii=False)
        self._run = self._write(
            "INSERT INTO runs(at, target, digest, plan) VALUES (?, ?, ?, ?)", (at, target, plan.digest, text)
        )

    def past(self) -> Past | None:
        """The latest run, if it did not finish; entries that follow are added to it."""
        with self._lock:
            row = self._db.execute("SELECT id, plan, outcome FROM runs ORDER BY id DESC LIMIT 1").fetchone()
        if row is None or row[2] == FINISHED:
            return None
        self._run = row[0]
        done: dict[str, tuple[str, ...]] = {}
        begun: set[str] = set()
        for entry in self.entries():
            if entry.event == DONE:
                done[entry.step] = tuple(entry.data or ())
            begun.add(entry.step)
        return Past(row[0], Plan.from_json(json.loads(row[1])), done, frozenset(begun - done.keys()))

    def write(self, at: float, step: str, event: str, operation: str | None = None, data: Any = None) -> None:
        """Add a row to the run."""
        text = None if data is None else json.dumps(data, ensure_ascii=False, default=str)
        self._write(
            "INSERT INTO entries(run, at, step, event, operation, data) VALUES (?, ?, ?, ?, ?, ?)",
            (self._run, at, step, event, operation, text),
        )

    def end(self, outcome: str) -> None:
        """Say how the run ended."""
        self._write("UPDATE runs SET outcome = ? WHERE id = ?", (outcome, self._run))

    def entries(self) -> Iterator[Entry]:
        """The rows of the run, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT at, step, event, operation, data FROM entries WHERE run = ? ORDER BY id", (self._run,)
            ).fetchall()
        for at, step, event, operation, data in rows:
            yield Entry(at, step, event, operation, None if data is None else json.loads(data))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _write(self, statement: str, values: tuple[Any, ...]) -> int:
        with self._lock, self._db:
            return int(self._db.execute(statement, values).lastrowid or 0)


def last_plan(path: str | PathLike[str]) -> Plan:
    """The plan of the latest run in a journal; InputError where there is none."""
    if not Path(path).is_file():
        raise InputError("there is no journal", where=str(path), mend="Name the journal of the run to resume.")
    with closing(Journal(path)) as journal:
        row = journal._db.execute("SELECT plan FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    if row is None:
        raise InputError("the journal has no run", where=str(path))
    return Plan.from_json(json.loads(row[0]))
