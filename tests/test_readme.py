"""What the README shows runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orgkit import cli

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_ten_lines_run_and_leave_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "org.svg").exists()
    assert "nothing to do" in capsys.readouterr().out


def test_every_verb_is_named(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    verbs = re.findall(r"^    (\w+)", capsys.readouterr().out, re.M)
    (listed,) = re.findall(r"`orgkit ((?:\w+ \| )+\w+)`", README)
    assert listed.split(" | ") == verbs


def test_every_file_it_points_to_is_there():
    root = Path(__file__).parents[1]
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert [t for t in targets if not t.startswith("http") and not (root / t).exists()] == []
