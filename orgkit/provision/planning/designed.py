"""The design that a plan was made from, as it was then: text that a person can read, and an organization again.

Its texts are those of the design's own files: `org.yaml`, and the JSON documents that stand in files beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from orgkit.design import Organization

_MAIN = "org.yaml"
# Nothing is read from or written to this folder: the reader gets every text handed to it.
_NOWHERE = Path("/design-as-applied")


class Designed:
    """A design at the moment this object is made; what is edited later is taken back from a copy when asked for."""

    def __init__(self, org: Organization) -> None:
        self._org = org
        self._revision = org.revision

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Designed:
        """The design that texts describe; they are read when asked for. Errors, then: FileError."""
        made = cls(Organization())
        made.__dict__["texts"] = dict(texts)
        made.__dict__.pop("_org")
        return made

    @cached_property
    def texts(self) -> dict[str, str]:
        """The texts by file name, `org.yaml` first."""
        return _texts(self.organization)

    @cached_property
    def organization(self) -> Organization:
        """The design as an organization of its own."""
        if "_org" not in self.__dict__:
            from orgkit.design.file.reader import read

            folder = _NOWHERE.resolve()
            overlay = {folder / name: text for name, text in self.texts.items()}
            return read(_NOWHERE / _MAIN, overlay).organization
        then = self._org.copy()
        then.build(*(change.inverse for change in reversed(self._org.changes(since=self._revision))))
        return then


def _texts(org: Organization) -> dict[str, str]:
    from orgkit.design.file.describe import Homes, describe
    from orgkit.design.file.yaml_text import entry

    said = describe(org, Homes())
    main = "\n".join("".join(f"{line}\n" for line in entry(key, value, 0)) for key, value in said.items())
    return {_MAIN: main, **dict(_documents(said))}


def _documents(said: Any) -> Iterator[tuple[str, str]]:
    """The JSON files that plain data names, with their texts."""
    if isinstance(said, dict | list):
        for value in said.values() if isinstance(said, dict) else said:
            yield from _documents(value)
    elif isinstance(content := getattr(said, "content", None), str):
        yield str(said), content
