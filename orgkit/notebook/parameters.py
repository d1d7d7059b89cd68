"""The parameters of a notebook: which there are, and whether the values given for them will do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orgkit.errors import FileError, InputError, did_you_mean

# Parameters with these names are paths: given relative to the caller's folder, not to the notebook's.
PATHS = frozenset({"design", "mends", "journal", "output"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of a notebook's `parameters` cell; type, default and comment are as written there."""

    name: str
    type: str
    default: str
    comment: str

    def __str__(self) -> str:
        return f"{self.name}: {self.type} = {self.default}" + (f"  # {self.comment}" if self.comment else "")


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters a notebook takes, by name, read from its cell tagged `parameters`."""
    from papermill import inspect_notebook

    try:
        found = inspect_notebook(str(notebook))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        # nbformat raises whatever it stumbled over, down to a missing kernel name.
        raise FileError(f"is not a notebook that can be run: {error}", where=str(notebook)) from None
    return {
        name: Parameter(name, entry["inferred_type_name"] or "Any", entry["default"], entry["help"] or "")
        for name, entry in found.items()
    }


def checked(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values to inject: known names only, of the written type, paths made absolute; else an InputError."""
    known = declared(notebook)
    values = {}
    for name, value in given.items():
        if name not in known:
            listed = "\n".join(f"    {parameter}" for parameter in known.values())
            raise InputError(
                f"there is no parameter {name!r}",
                where=notebook.name,
                mend=f"{did_you_mean(name, known)} It takes:\n{listed}".strip(),
            )
        values[name] = _absolute(name, _typed(notebook, known[name], value))
    return values


def _typed(notebook: Path, parameter: Parameter, value: Any) -> Any:
    kinds: Mapping[str, tuple[type, ...]] = {
        "str": (str,),
        "int": (int,),
        "float": (float, int),
        "bool": (bool,),
        "list": (list,),
        "dict": (dict,),
    }
    wanted = kinds.get(parameter.type.split("[")[0])
    if isinstance(value, Path):
        value = str(value)
    wrong_number = isinstance(value, bool) and parameter.type in ("int", "float")
    if wanted is None or (isinstance(value, wanted) and not wrong_number):
        return value
    raise InputError(
        f"parameter {parameter.name} is {parameter.type}, and {value!r} is not",
        where=notebook.name,
        mend=f"In the notebook: {parameter}",
    )


def _absolute(name: str, value: Any) -> Any:
    if not isinstance(value, str) or not value:
        return value
    kind, _, file = value.partition(":")
    if name == "target" and kind == "sandbox" and file:
        return f"sandbox:{Path(file).absolute()}"
    if name in PATHS and value != "starter":
        return str(Path(value).absolute())
    return value


def from_text(notebook: Path, name: str, text: str) -> Any:
    """A value typed on a command line, read as the notebook's parameter is typed: `3`, `true`, `[1, 2]`, plain text."""
    known = declared(notebook)
    if name not in known or known[name].type == "str":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
