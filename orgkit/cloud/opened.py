"""Sandboxes that are open in this process: connecting to the same file again shares the one that is open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from orgkit.cloud.clock import Clock
from orgkit.cloud.embedded import EmbeddedAws
from orgkit.cloud.record import Record

_LOCK = threading.Lock()
_OPEN: dict[Path, tuple[EmbeddedAws, int]] = {}


def open_embedded(
    file: Path | None, clock: Clock, granted: Mapping[str, int] | None
) -> tuple[EmbeddedAws, Callable[[], None]]:
    """Return an embedded AWS and what to call when it is no longer needed.

    Without a file it is new and empty. With a file it is the one that is open in this process (a notebook cell that
    runs twice), or it is read from the file, which stays locked against other processes.
    """
    if file is None:
        fresh = EmbeddedAws(clock, granted=granted)
        # Whoever read from it may look again; it goes when nobody refers to it any more.
        return fresh, fresh.moto.put_away
    path = file.expanduser().resolve()
    with _LOCK:
        if path in _OPEN:
            embedded, users = _OPEN[path]
        else:
            record = Record(path, clock)
            try:
                embedded, users = EmbeddedAws(clock, granted=granted, record=record), 0
            except BaseException:
                record.close()
                raise
        _OPEN[path] = (embedded, users + 1)
    return embedded, lambda: _let_go(path)


def _let_go(path: Path) -> None:
    with _LOCK:
        embedded, users = _OPEN[path]
        if users > 1:
            _OPEN[path] = (embedded, users - 1)
            return
        del _OPEN[path]
        embedded.close()
