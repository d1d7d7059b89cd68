"""What every picture can do: be drawn by the engine, be saved, and show itself in a notebook."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final

from orgkit.diagram import engine
from orgkit.diagram.dot import AS_PLACED
from orgkit.diagram.svg import finish
from orgkit.errors import FileError, InputError, OrgkitError

DPI: Final = 144  # of a PNG: sharp on today's screens
SEEN: Final = 4_000_000  # square points; a notebook shows a larger picture as SVG only, as its PNG would take seconds
LONGEST: Final = 20_000  # pixels of a PNG's longer side; a taller picture is drawn coarser


Forms = Mapping[str, Callable[[Any], "str | bytes"]]


class Drawing(ABC):
    """What the engine draws from DOT: `.dot`, `.svg()`, `.png()`, `.save(path)`; `str()` is an outline as text.

    Shows itself in a notebook, as text only where there is no layout engine.
    """

    title: str
    caption: str
    forms: ClassVar[Forms]  # by ending

    @cached_property
    @abstractmethod
    def dot(self) -> str:
        """The DOT source; needs no layout engine."""

    @abstractmethod
    def __str__(self) -> str: ...

    @property
    @abstractmethod
    def size(self) -> tuple[float, float]:
        """About how wide and high the picture is, in points."""

    def svg(self) -> str:
        """The picture as SVG, with a title for screen readers; the same text for the same picture and engine."""
        return self._svg

    @cached_property
    def _svg(self) -> str:
        raw = engine.render(self.dot, "svg", options=AS_PLACED).decode("utf-8")
        return finish(raw, f"{self.title}. {self.caption}", str(self))

    def png(self) -> bytes:
        """The picture as PNG, at 144 dots an inch; coarser where it would be larger than 20,000 pixels."""
        return self._png

    @cached_property
    def _png(self) -> bytes:
        return engine.render(self.dot, "png", options=(*AS_PLACED, f"-Gdpi={self._dpi}"))

    @property
    def _dpi(self) -> int:
        return max(24, min(DPI, int(LONGEST * 72 / max(self.size))))

    def pdf(self) -> bytes:
        """The picture as PDF, where the engine writes it (Graphviz's `dot` does, `graphviz-pure` does not)."""
        return engine.render(self.dot, "pdf", options=AS_PLACED)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture in the form that the file's ending names; see `forms`. Returns the path."""
        path = Path(path)
        form = self.forms.get(path.suffix.lower())
        if form is None:
            raise InputError(
                f"a picture cannot be saved as {path.suffix or 'a file without an ending'}",
                where=str(path),
                mend=f"Endings: {', '.join(self.forms)}.",
            )
        content = form(self)
        try:
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        except OSError as error:
            raise FileError(
                f"cannot be written: {error.strerror}", where=str(path), mend="Name a folder that exists."
            ) from None
        return path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self.caption})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """The outline, and where there is a layout engine the picture as SVG and PNG; never raises for want of one."""
        data: dict[str, Any] = {"text/plain": str(self)}
        try:
            data["image/svg+xml"] = self.svg()
            if self.size[0] * self.size[1] > SEEN:
                return data, {}
            data["image/png"] = self.png()
        except OrgkitError as error:
            return {"text/plain": f"{self}\nNo picture: {error}\n"}, {}
        across, down = struct.unpack(">II", data["image/png"][16:24])
        return data, {"image/png": {"width": across * 72 // self._dpi, "height": down * 72 // self._dpi}}


DRAWN: Final[Forms] = MappingProxyType(
    {".svg": Drawing.svg, ".png": Drawing.png, ".dot": lambda drawing: drawing.dot, ".pdf": Drawing.pdf}
)
