"""Running a notebook without a person: papermill, with parameters that are checked first and results that are files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from orgkit import errors
from orgkit.errors import FileError, Incomplete, MissingExtra, OrgkitError
from orgkit.notebook.parameters import checked, declared
from orgkit.notebook.still import HEADLESS

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Run:
    """A notebook that ran: the executed copy, the page made of it, and the files it left."""

    notebook: Path
    page: Path
    results: tuple[Path, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.notebook.stem}: {self.page}", *(f"    {path}" for path in self.results)])

    def to_json(self) -> dict[str, Any]:
        return {
            "notebook": str(self.notebook),
            "page": str(self.page),
            "results": [str(path) for path in self.results],
        }


def run(
    notebook: str | PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    output_dir: str | PathLike[str] = "out",
    *,
    progress: bool = False,
) -> Run:
    """Execute `notebook`; the executed copy, an HTML page of it and its results stand in `output_dir` afterwards.

    The notebook's parameter `output`, where it has one, is `output_dir`. Raises InputError for a parameter it does not
    take, and what the notebook itself raised, or Incomplete, where a cell failed; the copy then shows the failure.
    """
    try:
        import papermill
    except ImportError:
        raise MissingExtra(
            "running notebooks needs papermill", mend='Install it: pip install "orgkit[notebook]"'
        ) from None
    source = Path(notebook).absolute()
    if not source.is_file():
        raise FileError("there is no such notebook", where=str(notebook), mend="Name an .ipynb file.")
    output = Path(output_dir).absolute()
    values = checked(source, parameters or {})
    if "output" in declared(source):
        values["output"] = str(output)
    output.mkdir(parents=True, exist_ok=True)
    copy = output / source.name
    before = _files(output)
    outside = os.environ.get(HEADLESS)
    os.environ[HEADLESS] = "1"  # the kernel inherits it, and shows still forms instead of widgets
    try:
        papermill.execute_notebook(
            str(source),
            str(copy),
            parameters=values,
            cwd=str(source.parent),
            kernel_name="python3",
            progress_bar=progress,
            config=_over_sockets(),
            # The kernel reports being told to stop as an error of its own.
            extra_arguments=["--log-level=CRITICAL"],
            # Kept widget state makes a page that asks the network for its scripts; without it the still form shows.
            store_widget_state=False,
        )
    except papermill.PapermillExecutionError as failure:
        raise _failure(source, copy, failure) from None
    finally:
        os.environ.pop(HEADLESS)
        if outside is not None:
            os.environ[HEADLESS] = outside
    page = _page(copy)
    after = _files(output)
    results = [path for path in sorted(after) if after[path] != before.get(path) and path not in (copy, page)]
    return Run(copy, page, tuple(path for path in results if path.name not in ("index.html", "index.json")))


def _over_sockets() -> Any:
    """Talk to the kernel through sockets of the file system, where there are such: nobody else can listen in."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport": "tcp" if os.name == "nt" else "ipc"}})


def _failure(source: Path, copy: Path, failure: Any) -> OrgkitError:
    """The error that the notebook's own cell raised, with the cell as its place, or Incomplete for any other."""
    kind = getattr(errors, failure.ename, None)
    where = f"{source.name}, cell {failure.exec_count}"
    mend = f"The executed copy shows where: {copy}"
    message = _COLOURS.sub("", failure.evalue)
    if isinstance(kind, type) and issubclass(kind, OrgkitError):
        return kind(message, where=where, mend=mend)
    return Incomplete(f"{failure.ename}: {message}", where=where, mend=mend)


def _page(notebook: Path) -> Path:
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(exclude_input_prompt=True, exclude_output_prompt=True).from_filename(str(notebook))
    page = notebook.with_suffix(".html")
    page.write_text(body, "utf-8")
    return page


def _files(folder: Path) -> dict[Path, tuple[int, int]]:
    return {
        Path(parent) / name: ((status := (Path(parent) / name).stat()).st_mtime_ns, status.st_size)
        for parent, _, names in os.walk(folder)
        for name in names
    }
