"""The starter organization: `org.yaml`, its policies and templates, and the notebooks that go with it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from orgkit.errors import InputError

if TYPE_CHECKING:
    from orgkit.design import Organization

_HERE = Path(__file__).parent
_PARTS = ("org.yaml", "policies", "templates")


def design() -> Path:
    """The starter's `org.yaml`."""
    return _HERE / "org.yaml"


def mended(org: Organization) -> Organization:
    """A copy of a design with the starter's policies, where it has them, as they should read.

    The starter's documents are those that many organizations copied; `orgkit check` says what is wrong with them.
    """
    copy = org.copy()
    logging = copy.settings.logging
    for file in sorted((_HERE / "mends").glob("*.json")):
        text = file.read_text("utf-8")
        if f"policy:{file.stem}" in copy:
            copy.set(file.stem, content=text)
        elif logging and logging.bucket_policy and logging.bucket_policy.file == f"policies/{file.name}":
            policy = replace(logging.bucket_policy, content=text)
            copy.configure(logging=replace(logging, bucket_policy=policy))
    return copy


def notebooks() -> list[Path]:
    """The notebooks in the order of the work: in an installed package beside this file, in a checkout at its top."""
    inside = _HERE / "notebooks"
    folder = inside if inside.is_dir() else _HERE.parents[1] / "notebooks"
    return sorted(folder.glob("[0-9]-*.ipynb"))


def write(folder: str | PathLike[str], *, mended: bool = False) -> list[Path]:
    """Copy the starter and its notebooks into `folder`, which may exist; a file already there is an InputError.

    `mended` writes the starter's policies as they should read.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file, not a folder", where=str(folder), mend="Name a folder, new or empty.")
    sources = {
        folder / source.relative_to(_HERE): source
        for part in _PARTS
        for source in ([_HERE / part] if (_HERE / part).is_file() else sorted((_HERE / part).iterdir()))
    }
    if mended:
        sources |= {folder / "policies" / source.name: source for source in sorted((_HERE / "mends").glob("*.json"))}
    sources |= {folder / "notebooks" / source.name: source for source in notebooks()}
    taken = [path for path in sources if path.exists()]
    if taken:
        raise InputError(
            f"{len(taken)} of the files to write are there already, and nothing is overwritten",
            where=str(taken[0]),
            mend="Name a new or empty folder.",
        )
    for path, source in sources.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".ipynb":
            path.write_text(_for_own_design(source), "utf-8")
        else:
            shutil.copyfile(source, path)
    return list(sources)


def _for_own_design(notebook: Path) -> str:
    """The notebook reading the `org.yaml` beside its folder, not the one that ships with orgkit."""
    content = json.loads(notebook.read_text("utf-8"))
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            cell["source"] = [
                line.replace('design: str = "starter"', 'design: str = "../org.yaml"') for line in cell["source"]
            ]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
