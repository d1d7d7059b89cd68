"""Text files beside each other: read with one clear message when they cannot be, and replaced all or none."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from orgkit.errors import FileError

BOM: Final = "\ufeff"
LARGEST: Final = 64 * 1024 * 1024  # bytes; an organization of 50,000 accounts takes about 12 MB
# What YAML calls printable, which is also all that JSON and CloudFormation files hold.
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_LONGEST_NAME: Final = 60  # of a file, made from a handle
# File names that Windows keeps for itself, whatever their ending.
_DEVICES: Final = {"con", "prn", "aux", "nul"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)
}


def file_stem(handle: str) -> str:
    """A handle as part of a file name that every system takes."""
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in handle)
    kept = kept[:_LONGEST_NAME].strip(".-") or "unnamed"
    return f"{kept}-" if kept.partition(".")[0].casefold() in _DEVICES else kept


def read_text(path: Path, shown: str, *, missing: str = "Check the path.") -> str:
    """The text of a file, with its byte order mark and line endings as they are.

    `shown` is its name in messages, `missing` says how to mend that there is none.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise FileError(f"{shown} is a folder, not a file", mend="Name the file in it, as in org.yaml.")
        if not stat.S_ISREG(found.st_mode):
            raise FileError(f"{shown} is not a regular file")
        if found.st_size > LARGEST:
            raise FileError(
                f"{shown} has {found.st_size:,} bytes; orgkit reads files of up to {LARGEST:,}",
                mend="Split a large organization with include:, one file for each OU.",
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"there is no file {shown}", mend=missing) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{shown} cannot be read: {reason}") from None
    return _decode(data, shown)


def _decode(data: bytes, shown: str) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise FileError(
            f"the file is not UTF-8 text: byte 0x{data[error.start]:02x} cannot stand here",
            where=f"{shown}:{line}:{column}",
            mend="Save it as UTF-8.",
        ) from None
    wrong = _UNPRINTABLE.search(text, 1 if text.startswith(BOM) else 0)
    if wrong:
        name = "a NUL character" if wrong[0] == "\0" else f"the control character U+{ord(wrong[0]):04X}"
        raise FileError(
            f"{name} cannot stand in a text file",
            where=f"{shown}:{place(text, wrong.start())}",
            mend="Is this the right file? If so, delete the character.",
        )
    return text


def digest(text: str) -> str:
    """What tells one text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def place(text: str, index: int) -> str:
    """`line:column` of a character, both from 1."""
    line = text.count("\n", 0, index) + 1
    return f"{line}:{index - (text.rfind(chr(10), 0, index) + 1) + 1}"


def inside(folder: Path, written: str, where: str) -> Path:
    """The path of a file named in `org.yaml`, which lies in the folder of `org.yaml`, links followed."""
    mend = "Give a path from the folder of org.yaml downwards, with slashes, as in policies/production.json."
    pure = PurePosixPath(written)
    if pure.is_absolute() or ".." in pure.parts or "\\" in written or ":" in written or not pure.parts:
        raise FileError(f"{written!r} does not lie below the folder of org.yaml", where=where, mend=mend)
    path = folder.joinpath(*pure.parts)
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        raise FileError(f"{written!r} is a link that leads nowhere", where=where, mend=mend) from None
    if not real.is_relative_to(folder.resolve()):
        raise FileError(f"{written!r} is a link that leads out of the folder of org.yaml", where=where, mend=mend)
    return path


def write_all(texts: Mapping[Path, str]) -> None:
    """Replace every file by its new text: all are written beside their targets first, then put in place.

    What was put in place is put back when a later one fails.
    """
    staged: list[tuple[Path, Path, bytes | None]] = []
    done: list[tuple[Path, bytes | None]] = []
    try:
        for path, text in texts.items():
            target = path.resolve()
            target.parent.mkdir(parents=True, exist_ok=True)
            before = target.read_bytes() if target.exists() else None
            staged.append((_stage(target, text.encode("utf-8")), target, before))
        for temporary, target, before in staged:
            temporary.replace(target)
            done.append((target, before))
    except (OSError, UnicodeEncodeError) as error:
        for target, before in reversed(done):
            _put_back(target, before)
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(
            f"nothing was saved: {getattr(error, 'filename', None) or 'a file'} cannot be written: {reason}"
        ) from None
    finally:
        for temporary, _, _ in staged:
            temporary.unlink(missing_ok=True)


def _stage(target: Path, data: bytes) -> Path:
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    # Not `tempfile`: a new file shall have the permissions that any other program gives it.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _put_back(target: Path, before: bytes | None) -> None:
    with contextlib.suppress(OSError):  # the error that made this necessary is the one to report
        if before is None:
            target.unlink()
        else:
            target.write_bytes(before)
