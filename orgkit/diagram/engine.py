"""The one place that runs a layout engine.

It is looked for in this order: what the environment variable ORGKIT_DOT names, `dot` on PATH, and `graphviz-pure`
beside the Python interpreter (a wheel: `pip install "orgkit[diagrams]"`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from orgkit.errors import InputError, MissingExtra

VARIABLE: Final = "ORGKIT_DOT"
TIMEOUT: Final = 60.0  # seconds

_MEND: Final = (
    'Mend it in one of three ways: pip install "orgkit[diagrams]" (no system package needed), '
    f"install Graphviz so that `dot` is on PATH, or set {VARIABLE} to a dot executable."
)


def find() -> str:
    """The engine's executable; MissingExtra names the three ways to get one."""
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise MissingExtra(f"{VARIABLE} is {named!r}, which is no executable", mend=_MEND)
        return found
    on_path = shutil.which("dot")
    if on_path:
        return on_path
    folder = Path(sys.executable).parent
    for place in (folder, folder / "Scripts"):
        beside = shutil.which("graphviz-pure", path=str(place))
        if beside:
            return beside
    raise MissingExtra("no layout engine was found, so there is no picture", mend=_MEND)


def render(source: str, form: str, *, timeout: float = TIMEOUT, options: tuple[str, ...] = ()) -> bytes:
    """Lay DOT out and return it as `form` (svg, png, plain, pdf).

    The same source gives the same bytes from the same engine. InputError where the engine takes longer than `timeout`
    seconds or cannot write this form; MissingExtra where there is no engine that runs.
    """
    engine = find()
    try:
        done = subprocess.run(
            [engine, f"-T{form}", *options],
            input=source.encode("utf-8"),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise MissingExtra(f"the layout engine {engine} does not run: {error}", mend=_MEND) from None
    except subprocess.TimeoutExpired:
        raise InputError(
            f"the picture took longer than {timeout:g} s to lay out",
            mend='Draw less: under="AN/OU", or collapse="always".',
        ) from None
    if done.returncode == 0 and done.stdout:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip()
    if re.search(r"format.*not recognized", said, re.IGNORECASE):
        raise InputError(
            f"the layout engine {engine} cannot write {form}",
            mend=f"Save as .svg or .png, or set {VARIABLE} to a Graphviz `dot` that can.",
        )
    raise MissingExtra(
        f"the layout engine {engine} failed (exit code {done.returncode}): {said[:500] or 'it said nothing'}",
        mend=_MEND,
    )
