"""A notebook meant to be read: without widgets, which show nothing where no kernel runs, and with their still forms."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any, Final

from orgkit.errors import FileError

_VIEW: Final = "application/vnd.jupyter.widget-view+json"


def freeze(notebook: str | PathLike[str], to: str | PathLike[str] | None = None) -> Path:
    """Take widget views and the widgets' kept state out of a notebook; returns the path written, by default the same.

    Text and pictures that stand beside a widget stay and show everywhere, also where the notebook is not trusted. An
    output that has nothing but a widget is left out. FileError where the file is no notebook.
    """
    source = Path(notebook)
    try:
        content = json.loads(source.read_text("utf-8"))
        cells = content["cells"]
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(source)) from None
    except (ValueError, KeyError, TypeError):
        raise FileError("is not a notebook", where=str(source), mend="Name an .ipynb file.") from None
    for cell in cells:
        if "outputs" in cell:
            cell["outputs"] = [output for output in map(_frozen, cell["outputs"]) if output is not None]
    content.get("metadata", {}).pop("widgets", None)
    target = source if to is None else Path(to)
    target.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return target


def _frozen(output: dict[str, Any]) -> dict[str, Any] | None:
    data = output.get("data")
    if not data or _VIEW not in data:
        return output
    rest = {kind: content for kind, content in data.items() if kind != _VIEW}
    metadata = {kind: about for kind, about in output.get("metadata", {}).items() if kind != _VIEW}
    return {**output, "data": rest, "metadata": metadata} if rest else None
