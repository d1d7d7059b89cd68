"""The state file of a sandbox: one JSON line for every call that changed something, replayed when it is opened.

Lines are appended, and handed to the operating system before the reply goes out: the end of the process, by whatever
signal, loses none. They are forced to the disk when the file is closed; a power failure before that loses the last
ones, as if those calls had never been made. Forcing each of them would take most of the time of a run. Replacing the
whole file after every call would make a run of n calls write n² lines; an appended line that a crash tore off is the
last one and was never answered, so it is dropped. The file holds data only: nothing in it is executed.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from orgkit.cloud.clock import Clock
from orgkit.cloud.organizations import Fate
from orgkit.cloud.wire import Request
from orgkit.errors import FileError, TargetError

VERSION = 1
_WAIT = 0.05
_PATIENCE = 1.0  # seconds to wait for another process that has the file open


@dataclass(frozen=True)
class Entry:
    """One recorded call: an Organizations call by its parameters, any other one as its HTTP request."""

    at: float
    caller: str
    operation: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    fate: Fate = field(default_factory=Fate)
    request: Request | None = None
    line: int = 0

    @classmethod
    def of_organizations(cls, at: float, caller: str, operation: str, params: Mapping[str, Any], fate: Fate) -> Entry:
        """Return the entry of an Organizations call."""
        return cls(at, caller, operation, params, fate)

    @classmethod
    def of_http(cls, at: float, caller: str, request: Request) -> Entry:
        """Return the entry of another call, without credentials and signature."""
        scope = f"AWS4-HMAC-SHA256 Credential=sandbox/20260101/{request.region}/{request.service}/aws4_request"
        headers = {**request.kept_headers(), "authorization": scope}
        return cls(at, caller, request=Request(request.method, request.kept_url, headers, request.body))

    def to_json(self) -> dict[str, Any]:
        """Return the line as a plain object."""
        line: dict[str, Any] = {"at": self.at, "by": self.caller}
        if self.operation is not None:
            line |= {"organizations": self.operation, "params": dict(self.params)}
            if self.fate != Fate():
                line["fate"] = [self.fate.pending_polls, self.fate.failure]
        elif self.request is not None:
            line |= {
                "http": f"{self.request.method} {self.request.url}",
                "headers": dict(self.request.headers),
            }
            try:
                line["body"] = self.request.body.decode()
            except UnicodeDecodeError:
                line["base64"] = base64.b64encode(self.request.body).decode()
        return line

    @classmethod
    def from_json(cls, line: dict[str, Any], number: int) -> Entry:
        """Return the entry of a line; raises KeyError, TypeError or ValueError for what is no entry."""
        at, caller = float(line["at"]), str(line["by"])
        if "organizations" in line:
            polls, failure = line.get("fate", (0, None))
            params = line["params"]
            if not isinstance(params, dict):
                raise TypeError("params is not an object")
            return cls(at, caller, str(line["organizations"]), params, Fate(int(polls), failure), line=number)
        method, _, url = line["http"].partition(" ")
        body = base64.b64decode(line["base64"]) if "base64" in line else line["body"].encode()
        return cls(at, caller, request=Request(method, url, dict(line["headers"]), body), line=number)


class Record:
    """A state file, open and locked until `close`."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open or create the file.

        Raises TargetError while another process has it open, and FileError, with the file untouched, when it is not
        what it should be.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("r+b" if path.exists() else "x+b")
        except FileExistsError:  # made by somebody else in the meantime
            self._file = path.open("r+b")
        except OSError as error:
            raise FileError(f"the state file cannot be opened: {error.strerror}", where=str(path)) from None
        try:
            self._lock(clock)
            self.entries = self._read()
        except BaseException:
            self._file.close()
            raise

    def append(self, entry: Entry) -> None:
        """Add a call; from here on it outlives this process."""
        self._write(entry.to_json())

    def close(self) -> None:
        """Put the file on the disk, close it and let others open it."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()

    def _write(self, value: dict[str, Any]) -> None:
        self._file.write(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
        self._file.flush()

    def _lock(self, clock: Clock) -> None:
        waited = 0.0
        while not _try_lock(self._file):
            if waited >= _PATIENCE:
                raise TargetError(
                    "another process has this sandbox open",
                    where=str(self.path),
                    mend="Close the other target (or stop the other notebook's kernel), or use another file.",
                )
            clock.sleep(_WAIT)
            waited += _WAIT

    def _read(self) -> list[Entry]:
        data = self._file.read()
        whole = data.rfind(b"\n") + 1
        lines = data[:whole].splitlines()
        if not lines:
            if data and not data.startswith(b'{"orgkit_sandbox"'[: len(data)]):
                raise self._broken(1, "it does not begin like one")
            self._file.seek(0)
            self._file.truncate()
            self._write({"orgkit_sandbox": VERSION})
            return []
        entries = [entry for number, line in enumerate(lines, 1) if (entry := self._entry(line, number))]
        self._file.seek(whole)
        self._file.truncate()  # a torn last line was never answered
        return entries

    def _entry(self, line: bytes, number: int) -> Entry | None:
        try:
            value = json.loads(line)
            if number == 1:
                version = value["orgkit_sandbox"]
                if version != VERSION:
                    raise self._broken(1, f"it is of version {version}; this orgkit reads version {VERSION}")
                return None
            return Entry.from_json(value, number)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._broken(number, f"{type(error).__name__}: {error}") from None

    def _broken(self, line: int, why: str) -> FileError:
        return FileError(
            f"this is no state file of a sandbox: {why}",
            where=f"{self.path}:{line}",
            mend="Remove the line and those after it to go back to an earlier state, or use another file.",
        )


def _try_lock(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: lock one byte far beyond the end, so that the file stays readable
        return _try_lock_windows(file)
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _try_lock_windows(file: IO[bytes]) -> bool:
    import msvcrt

    locking: Any = getattr(msvcrt, "locking", None)
    try:
        file.seek(1 << 40)
        locking(file.fileno(), getattr(msvcrt, "LK_NBLCK", 2), 1)
    except OSError:
        return False
    finally:
        file.seek(0)
    return True
