"""Running notebooks without a person."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

import orgkit
from orgkit.errors import FileError, Incomplete, InputError
from orgkit.notebook import write_index

PARAMETERS = """\
count: int = 3  # how many
name: str = "x"  # whose
output: str = "../out"  # where results go
"""


def write(folder: Path, name: str, *code: str) -> Path:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(metadata=kernel)
    first = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    notebook.cells = [first, *map(nbformat.v4.new_code_cell, code)]
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def test_results_are_files_in_the_output_folder(tmp_path: Path):
    source = write(tmp_path, "writes", "open(f'{output}/result.txt', 'w').write(name * count)")
    run = orgkit.run(source, {"count": 2, "name": "ab"}, tmp_path / "out")
    assert [path.name for path in run.results] == ["result.txt"]
    assert (tmp_path / "out" / "result.txt").read_text() == "abab"
    assert run.notebook.name == "writes.ipynb" and run.page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_the_page_asks_the_network_for_no_widget(tmp_path: Path):
    source = write(tmp_path, "widget", "import ipywidgets; ipywidgets.IntSlider()")
    page = orgkit.run(source, {}, tmp_path / "out").page.read_text("utf-8")
    assert "application/vnd.jupyter.widget-state+json" not in page


def test_an_unknown_parameter_is_refused_and_the_valid_ones_are_named(tmp_path: Path):
    source = write(tmp_path, "plain", "1")
    with pytest.raises(InputError) as error:
        orgkit.run(source, {"cuont": 2}, tmp_path / "out")
    message = str(error.value)
    assert 'did you mean "count"?' in message and "count: int = 3  # how many" in message
    assert not (tmp_path / "out").exists()


def test_a_value_of_another_type_is_refused(tmp_path: Path):
    source = write(tmp_path, "plain", "1")
    with pytest.raises(InputError, match="parameter count is int, and 'two' is not"):
        orgkit.run(source, {"count": "two"}, tmp_path / "out")


def test_a_notebook_that_is_not_there_is_a_file_error(tmp_path: Path):
    with pytest.raises(FileError, match="no such notebook"):
        orgkit.run(tmp_path / "nothing.ipynb", {}, tmp_path / "out")


def test_a_file_that_is_no_notebook_is_a_file_error(tmp_path: Path):
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    with pytest.raises(FileError, match="is not a notebook"):
        orgkit.run(broken, {}, tmp_path / "out")


def test_a_failing_cell_is_named_and_the_copy_shows_it(tmp_path: Path):
    source = write(tmp_path, "fails", "1 / 0")
    with pytest.raises(Incomplete) as error:
        orgkit.run(source, {}, tmp_path / "out")
    assert str(error.value).startswith("fails.ipynb, cell 3: ZeroDivisionError: division by zero")
    assert "ZeroDivisionError" in (tmp_path / "out" / "fails.ipynb").read_text("utf-8")


def test_an_error_of_ours_keeps_its_kind_and_its_mend(tmp_path: Path):
    source = write(tmp_path, "ours", "import orgkit; orgkit.load('nothing.yaml')")
    with pytest.raises(FileError, match=r"nothing\.yaml"):
        orgkit.run(source, {}, tmp_path / "out")


def test_the_index_lists_the_results_of_this_run_and_of_earlier_ones(tmp_path: Path):
    out = tmp_path / "out"
    first = orgkit.run(write(tmp_path, "1-a", "open(f'{output}/a.svg', 'w').write('<svg/>')"), {}, out)
    write_index([first], out)
    second = orgkit.run(write(tmp_path, "2-b", "open(f'{output}/b & c.txt', 'w').write('b')"), {}, out)
    page = write_index([second], out).read_text("utf-8")
    assert "<img src='a.svg'" in page and "b%20%26%20c.txt" in page and "b &amp; c.txt" in page
    assert json.loads((out / "index.json").read_text())["1-a"]["results"] == ["a.svg"]
