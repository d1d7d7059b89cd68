"""How far long work is: a bar in a notebook, a line in a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, TextIO


class Progress:
    """Called as `progress(text, done, total)` while work goes on.

    In a notebook it is an ipywidgets bar that leaves a line of text behind, in a terminal a line that is written over,
    with the output going to a file nothing. `total` None means that the end is not known.
    """

    def __init__(self, label: str = "", *, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = stream or sys.stderr
        self._bar: Any
        self._display: Any
        self._bar, self._display = _widget(label) if stream is None else (None, None)
        self._last = ""

    def __call__(self, text: str, done: int, total: int | None = None) -> None:
        count = f"{done}/{total}" if total else str(done)
        self._last = f"{self._label} {count} {text}".strip()
        if self._bar is not None:
            self._bar.max = max(total or 0, done, 1)
            self._bar.value = done
            self._bar.description = count
        elif self._stream.isatty():
            self._stream.write(f"\r\x1b[K{self._last[:110]}")
            self._stream.flush()

    def close(self) -> None:
        """Leave the last state as an ordinary line."""
        if self._bar is not None:
            # What stays in the saved notebook is text: a widget without its kernel shows nothing.
            self._display.update({"text/plain": self._last or self._label}, raw=True)
            self._bar.close()
        elif self._stream.isatty() and self._last:
            self._stream.write("\r\x1b[K")
        self._bar = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _widget(label: str) -> tuple[Any, Any]:
    """A bar and the output it stands in, where there is a notebook."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if running is None or not hasattr(running, "kernel"):
        return None, None
    try:
        from ipywidgets import IntProgress
    except ImportError:
        return None, None
    from IPython import display

    bar = IntProgress(description=label)
    return bar, display.display(bar, display_id=True)
