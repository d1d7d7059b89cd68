"""A Diagram: one view of an organization in all its forms. A Heatmap: what guardrails stop, by service and place."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from orgkit.diagram import dot, drawio, heat, mermaid
from orgkit.diagram.drawing import DRAWN, Drawing, Forms
from orgkit.diagram.layout import Layout, arrange
from orgkit.diagram.picture import Picture, outline

if TYPE_CHECKING:
    from orgkit.guardrails import Permissions


class Diagram(Drawing):
    """An organization's tree as a picture; besides the forms of every Drawing `.mermaid()` and `.drawio()`."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.title, self.caption = picture.title, picture.caption

    @cached_property
    def layout(self) -> Layout:
        """Where each card stands, in points."""
        return arrange(self.picture)

    @property
    def size(self) -> tuple[float, float]:
        return self.layout.width, self.layout.height

    @cached_property
    def dot(self) -> str:
        return str(dot.digraph(self.picture, self.layout).source)

    def __str__(self) -> str:
        return outline(self.picture)

    def mermaid(self) -> str:
        """The picture as Mermaid source, which Git hosts and wikis draw; needs no layout engine."""
        return mermaid.flowchart(self.picture, self.layout.direction)

    def drawio(self) -> str:
        """The picture as the XML of a draw.io file, open to editing there; needs no layout engine."""
        return drawio.mxfile(self.picture, self.layout)

    forms: ClassVar[Forms] = MappingProxyType({**DRAWN, ".mmd": mermaid, ".drawio": drawio})


class Heatmap(Drawing):
    """A heat map as a picture."""

    forms: ClassVar[Forms] = DRAWN

    def __init__(self, picture: heat.Heat) -> None:
        self.picture = picture
        self.title, self.caption = picture.title, picture.caption

    @property
    def size(self) -> tuple[float, float]:
        return heat.size(self.picture)

    @cached_property
    def dot(self) -> str:
        return str(dot.lone(heat.heat_table(self.picture)).source)

    def __str__(self) -> str:
        return heat.outline(self.picture)


def heatmap(
    permissions: Permissions, by: Literal["ou", "account"] = "ou", *, title: str = "Guardrails by service"
) -> Heatmap:
    """Draw how much of each service the guardrails stop in each OU (or account), from `orgkit.permissions(org)`.

    Places that are alike share a column, services that are alike a line; what no guardrail touches is left out.
    """
    return Heatmap(heat.heat(permissions.heatmap(by), title=title))
