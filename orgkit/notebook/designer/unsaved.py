"""Edits that stand in no file yet: kept beside the design until it is saved, so that no kernel takes them along.

They are kept as the intents they were made by, in `.org.yaml.draft` beside `org.yaml`. Whoever opens the design anew is
offered them; nothing is done again by itself.
"""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from orgkit.design import Edit, Organization
from orgkit.notebook.designer.drafting import DRAFTED, Intent


@dataclass(frozen=True, slots=True)
class Offered:
    """An edit of an earlier kernel that was never saved."""

    label: str
    intent: Intent


class Unsaved:
    """The unsaved edits of one design; without a file they are not kept.

    `trouble` says why they cannot be kept, where they cannot.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.trouble = ""
        self.offered, self.since = _read(file) if file is not None else ((), "")
        self._made: list[tuple[Edit, Intent]] = []

    def made(self, edit: Edit, intent: Intent) -> None:
        """An edit was made by this intent."""
        self._made.append((edit, {key: value for key, value in intent.items() if key != "number"}))

    def keep(self, org: Organization) -> None:
        """Write down those that stand, after those that are still offered."""
        if self.file is None:
            return
        standing = {id(edit) for edit in org.history}
        kept = [(one.label, one.intent) for one in self.offered]
        kept += [(edit.label, intent) for edit, intent in self._made if id(edit) in standing]
        kept = [one for one, _ in groupby(kept)]  # offered, and made by hand instead
        try:
            if kept:
                _write(self.file, [{"label": label, "intent": intent} for label, intent in kept])
            else:
                self.file.unlink(missing_ok=True)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"unsaved edits cannot be kept beside the file: {error.strerror}"

    def settle(self, org: Organization) -> None:
        """What was offered was made again, or is not wanted."""
        self.offered = ()
        self.keep(org)

    def saved(self, org: Organization) -> None:
        """A file has them now."""
        self._made.clear()
        self.keep(org)


_KEPT: Final[dict[int, Unsaved]] = {}


def unsaved_of(org: Organization, path: Path) -> Unsaved:
    """The unsaved edits of a design; two designers over one design share them."""
    found = _KEPT.get(id(org))
    if found is None:
        found = _KEPT[id(org)] = Unsaved(path.with_name(f".{path.name}.draft"))
        weakref.finalize(org, _KEPT.pop, id(org), None)
    return found


def _read(file: Path) -> tuple[tuple[Offered, ...], str]:
    """What stands in the file and when it was written; nothing where it is none of ours."""
    try:
        content = json.loads(file.read_text("utf-8"))
        written = time.strftime("%d %B, %H:%M", time.localtime(file.stat().st_mtime))
        offered = tuple(Offered(str(one["label"]), one["intent"]) for one in content["edits"])
    except (OSError, ValueError, KeyError, TypeError):
        return (), ""
    return tuple(one for one in offered if _is_edit(one.intent)), written


def _is_edit(intent: Any) -> bool:
    return isinstance(intent, Mapping) and isinstance(kind := intent.get("type"), str) and kind in DRAFTED


def _write(file: Path, edits: list[dict[str, Any]]) -> None:
    """Whole or not at all: a kernel may die at any moment."""
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_text(json.dumps({"orgkit": 1, "edits": edits}, ensure_ascii=False, indent=1) + "\n", "utf-8")
        beside.replace(file)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
