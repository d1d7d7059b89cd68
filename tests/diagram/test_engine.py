"""The engine is found in a fixed order, and what goes wrong with it is said with a mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orgkit.diagram import engine
from orgkit.errors import InputError, MissingExtra

Program = Callable[..., Path]


def test_the_override_comes_first_then_dot_then_the_wheel(
    bare: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = program(bare / "bin" / "graphviz-pure")
    assert engine.find() == str(wheel)
    on_path = program(bare / "path" / "dot")
    assert engine.find() == str(on_path)
    override = program(bare / "mine" / "my-dot")
    monkeypatch.setenv(engine.VARIABLE, str(override))
    assert engine.find() == str(override)


def test_windows_keeps_the_wheel_in_scripts(bare: Path, program: Program) -> None:
    wheel = program(bare / "bin" / "Scripts" / "graphviz-pure")
    assert engine.find() == str(wheel)


def test_without_an_engine_the_three_ways_to_get_one_are_named(bare: Path) -> None:
    with pytest.raises(MissingExtra) as caught:
        engine.render("digraph {}", "svg")
    for way in ("pip install", "`dot` is on PATH", engine.VARIABLE):
        assert way in str(caught.value)


def test_an_override_that_is_no_program_is_not_passed_over(
    bare: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare / "path" / "dot")
    monkeypatch.setenv(engine.VARIABLE, str(bare / "nowhere"))
    with pytest.raises(MissingExtra, match="nowhere"):
        engine.find()


def test_the_engine_reads_utf8_and_gets_the_form_and_the_options(bare: Path, program: Program) -> None:
    program(bare / "path" / "dot", "sys.stdout.buffer.write(repr(sys.argv[1:]).encode() + sys.stdin.buffer.read())")
    answer = engine.render("digraph { 日本 }", "svg", options=("-n2",)).decode()
    assert answer == "['-Tsvg', '-n2']digraph { 日本 }"


@pytest.mark.parametrize(
    ("code", "seconds", "error", "said"),
    [
        ("time.sleep(60)", 0.2, InputError, "longer than 0.2 s"),
        ("sys.exit('Format: \"pdf\" not recognized. Use one of: svg')", 60, InputError, "cannot write pdf"),
        ("sys.exit('syntax error in line 1')", 60, MissingExtra, "syntax error in line 1"),
        ("pass", 60, MissingExtra, "said nothing"),
    ],
    ids=["too slow", "a form it does not know", "it fails", "it writes nothing"],
)
def test_what_an_engine_does_wrong_is_said(
    bare: Path, program: Program, code: str, seconds: float, error: type[Exception], said: str
) -> None:
    program(bare / "path" / "dot", code)
    with pytest.raises(error, match=said):
        engine.render("digraph {}", "pdf", timeout=seconds)


def test_a_program_that_cannot_start_is_an_error_with_a_mend(bare: Path, program: Program) -> None:
    broken = program(bare / "path" / "dot")
    broken.write_text("#!/nowhere/interpreter\n", "utf-8")
    with pytest.raises(MissingExtra, match="does not run"):
        engine.render("digraph {}", "svg")
