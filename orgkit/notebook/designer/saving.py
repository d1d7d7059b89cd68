"""Where a design is saved to, and what a person was shown of it before."""

from __future__ import annotations

from pathlib import Path

from orgkit.design import Organization
from orgkit.starter import design as starter_design


class Saving:
    """Holds the path and the diff that was shown; saving writes nothing that was not shown first."""

    def __init__(self, org: Organization, path: str | Path | None) -> None:
        self.path = Path(path) if path is not None else _own_file(org)
        self.shown: str | None = None
        self.saved = False

    def to(self, path: str) -> None:
        """Save elsewhere; what was shown was for another file."""
        if Path(path) != self.path:
            self.path, self.shown, self.saved = Path(path), None, False

    def show(self, diff: str) -> None:
        """Remember what a person sees."""
        self.saved = self.saved and not diff
        self.shown = diff

    def done(self) -> None:
        """The file says what the design says."""
        self.shown, self.saved = "", True


def _own_file(org: Organization) -> Path:
    """The file the design was read from; the starter, which ships with orgkit, is not written over."""
    mark, main = org.marks.get("orgkit"), next(iter(org.sources), None)
    if mark is None or main is None or Path(main) == starter_design().resolve():
        return Path("org.yaml")
    shown = Path(mark.file)
    return shown if shown.resolve() == Path(main) else Path(main)
