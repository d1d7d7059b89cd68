"""A Diagram: one picture in all its forms, which shows itself in a notebook."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from orgkit.diagram import dot, drawio, engine, mermaid
from orgkit.diagram.layout import Layout, arrange
from orgkit.diagram.picture import Picture, outline
from orgkit.diagram.svg import finish
from orgkit.errors import FileError, InputError, OrgkitError, did_you_mean

DPI: Final = 144  # of a PNG: sharp on today's screens
SEEN: Final = 4_000_000  # square points; a notebook shows a larger picture as SVG only, as its PNG would take seconds
LONGEST: Final = 20_000  # pixels of a PNG's longer side; a taller picture is drawn coarser


class Diagram:
    """A picture of an organization: `.dot`, `.svg()`, `.png()`, `.mermaid()`, `.drawio()`, `.save(path)`.

    `str()` is an indented outline, which needs no layout engine, as `.dot`, `.mermaid()` and `.drawio()` need none.
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @cached_property
    def layout(self) -> Layout:
        """Where each card stands, in points."""
        return arrange(self.picture)

    @cached_property
    def dot(self) -> str:
        """The DOT source."""
        return str(dot.digraph(self.picture, self.layout).source)

    def svg(self) -> str:
        """The picture as SVG, with a title for screen readers; the same text for the same picture and engine."""
        return self._svg

    @cached_property
    def _svg(self) -> str:
        raw = engine.render(self.dot, "svg", options=dot.AS_PLACED).decode("utf-8")
        return finish(raw, f"{self.picture.title}. {self.picture.caption}", str(self))

    def png(self) -> bytes:
        """The picture as PNG, at 144 dots an inch; coarser where it would be larger than 20,000 pixels."""
        return self._png

    @cached_property
    def _png(self) -> bytes:
        return engine.render(self.dot, "png", options=(*dot.AS_PLACED, f"-Gdpi={self._dpi}"))

    @property
    def _dpi(self) -> int:
        return max(24, min(DPI, int(LONGEST * 72 / max(self.layout.width, self.layout.height))))

    def pdf(self) -> bytes:
        """The picture as PDF, where the engine writes it (Graphviz's `dot` does, `graphviz-pure` does not)."""
        return engine.render(self.dot, "pdf", options=dot.AS_PLACED)

    def mermaid(self) -> str:
        """The picture as Mermaid source, which Git hosts and wikis draw; needs no layout engine."""
        return mermaid.flowchart(self.picture, self.layout.direction)

    def drawio(self) -> str:
        """The picture as the XML of a draw.io file, open to editing there; needs no layout engine."""
        return drawio.mxfile(self.picture, self.layout)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture in the form that the file's ending names; see FORMS. Returns the path."""
        path = Path(path)
        form = FORMS.get(path.suffix.lower())
        if form is None:
            raise InputError(
                f"a diagram cannot be saved as {path.suffix or 'a file without an ending'}",
                where=str(path),
                mend=did_you_mean(path.suffix, FORMS) or f"Endings: {', '.join(FORMS)}.",
            )
        content = form(self)
        try:
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        except OSError as error:
            raise FileError(
                f"cannot be written: {error.strerror}", where=str(path), mend="Name a folder that exists."
            ) from None
        return path

    def __str__(self) -> str:
        return outline(self.picture)

    def __repr__(self) -> str:
        return f"Diagram({self.picture.title!r}, {self.picture.caption})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """The outline, and where there is a layout engine the picture as SVG and PNG; never raises for want of one."""
        data: dict[str, Any] = {"text/plain": str(self)}
        try:
            data["image/svg+xml"] = self.svg()
            if self.layout.width * self.layout.height > SEEN:
                return data, {}
            data["image/png"] = self.png()
        except OrgkitError as error:
            return {"text/plain": f"{self}\nNo picture: {error}\n"}, {}
        across, down = struct.unpack(">II", data["image/png"][16:24])
        return data, {"image/png": {"width": across * 72 // self._dpi, "height": down * 72 // self._dpi}}


FORMS: Final[Mapping[str, Callable[[Diagram], str | bytes]]] = MappingProxyType(
    {
        ".svg": Diagram.svg,
        ".png": Diagram.png,
        ".mmd": Diagram.mermaid,
        ".drawio": Diagram.drawio,
        ".dot": lambda diagram: diagram.dot,
        ".pdf": Diagram.pdf,
    }
)
