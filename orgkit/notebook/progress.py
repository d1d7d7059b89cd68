"""How far long work is: a bar in a notebook and in a terminal, a line now and then in a file."""

from __future__ import annotations

import shutil
import sys
from types import TracebackType
from typing import Any, Final, TextIO

from orgkit.notebook.browser import in_notebook

_BAR: Final = 24  # characters
_LINES: Final = 10  # in a file, over the whole of the work
_NARROW: Final = 60  # columns below which a terminal has no bar


class Progress:
    """Called as `progress(text, done, total)` while work goes on.

    In a notebook it is an ipywidgets bar that leaves a line of text behind, in a terminal a bar that is written over.
    With the output going to a file it is a plain line whenever another tenth is done. `total` None means that the end
    is not known: a terminal then counts, and a file gets nothing.
    """

    def __init__(self, label: str = "", *, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = stream or sys.stderr
        self._bar: Any
        self._display: Any
        self._bar, self._display = _widget(label) if stream is None else (None, None)
        self._last = ""
        self._tenths = 0

    def __call__(self, text: str, done: int, total: int | None = None) -> None:
        count = f"{done:,}/{total:,}" if total else f"{done:,}"
        self._last = f"{self._label} {count} {text}".strip()
        if self._bar is not None:
            self._bar.max = max(total or 0, done, 1)
            self._bar.value = done
            self._bar.description = count
        elif self._stream.isatty():
            self._stream.write(f"\r\x1b[K{self._line(text, count, done, total)}")
            self._stream.flush()
        elif total and (tenths := _LINES * done // total) > self._tenths:
            self._tenths = tenths
            self._stream.write(f"{self._last}\n")
            self._stream.flush()

    def _line(self, text: str, count: str, done: int, total: int | None) -> str:
        """One line that fits the terminal, the bar before the words."""
        width = shutil.get_terminal_size().columns - 1
        full = _BAR * min(done, total) // total if total else 0
        drawn = f"[{'=' * full}{' ' * (_BAR - full)}]" if total and width >= _NARROW else ""
        line = " ".join(filter(None, (self._label, drawn, count, text)))
        return line if len(line) <= width else f"{line[: width - 1]}…"

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
    if in_notebook() is None:
        return None, None
    try:
        from ipywidgets import IntProgress
    except ImportError:
        return None, None
    from IPython import display

    bar = IntProgress(description=label)
    return bar, display.display(bar, display_id=True)
