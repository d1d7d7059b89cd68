"""An engine for the tests that need one; a folder that stands for a machine without any."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orgkit.diagram import engine
from orgkit.errors import MissingExtra

INTERPRETER = sys.executable  # before a test says it is elsewhere


@pytest.fixture
def needs_engine() -> None:
    """Skip where no layout engine is installed."""
    try:
        engine.find()
    except MissingExtra:
        pytest.skip("no layout engine; install orgkit[diagrams]")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without an engine: nothing on PATH, an interpreter with nothing beside it. Returns its folder."""
    (tmp_path / "path").mkdir()
    (tmp_path / "bin").mkdir()
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    return tmp_path


@pytest.fixture
def program() -> Callable[[Path, str], Path]:
    """Write a program into a folder; `code` is Python."""
    if sys.platform == "win32":
        pytest.skip("programs are written as scripts with a first line that names the interpreter")

    def write(path: Path, code: str = "pass") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{INTERPRETER}\nimport sys, time\n{code}\n", "utf-8")
        path.chmod(0o755)
        return path

    return write
