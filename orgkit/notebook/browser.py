"""What every widget of orgkit shares: its module and styles, and following what cells do to the design."""

from __future__ import annotations

import sys
import weakref
from functools import cache
from pathlib import Path
from typing import Any, Final

from orgkit.errors import MissingExtra

STATIC: Final = Path(__file__).parent / "static"


def anywidget() -> tuple[Any, Any]:
    """The base class of widgets, and traitlets; MissingExtra where they are not installed."""
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise MissingExtra("the designer needs anywidget", mend='Install it: pip install "orgkit[notebook]"') from None
    return anywidget.AnyWidget, traitlets


@cache
def module(*parts: str) -> str:
    """One ES module of `dom.js` and further parts of `static/`, in this order; the last one exports.

    The parts are plain scripts over one another's names: a notebook loads a single module, and there is no bundler.
    """
    return "\n".join((STATIC / f"{part}.js").read_text("utf-8") for part in ("dom", *parts))


@cache
def styles() -> str:
    """The styles of all widgets."""
    return "\n".join((STATIC / name).read_text("utf-8") for name in ("designer.css", "panels.css"))


def in_notebook() -> Any:
    """IPython's shell where this runs in a kernel, else None."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None


def following_cells(widget: Any, method: str) -> None:
    """Call a method of the widget after every cell that is run, for as long as the widget lives."""
    shell = in_notebook()
    if shell is None:
        return
    reference = weakref.ref(widget)

    def after_cell(_: Any = None) -> None:
        living = reference()
        if living is not None:
            getattr(living, method)()

    shell.events.register("post_run_cell", after_cell)
    weakref.finalize(widget, shell.events.unregister, "post_run_cell", after_cell)
