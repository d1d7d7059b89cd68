"""What is done to the engine's SVG: the same text for the same picture, readable aloud, with faces to fall back on."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from orgkit.diagram.text import one_line

# All about as wide as Helvetica, by whose widths the engine set the text.
_FACES: Final = "Helvetica, Arial, Liberation Sans, Nimbus Sans, DejaVu Sans Condensed, sans-serif"
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)  # the engine's version, and names of nodes
_NODE_TITLE = re.compile(r"<title>(?:n\d+(?:(?::\w+)?&#45;&gt;n\d+(?::\w+)?)?|organization)</title>\s*")
_FACE = re.compile(r'font-family="Helvetica[^"]*"')
_OPENING = re.compile(r"<svg\b[^>]*>")


def finish(svg: str, title: str, description: str) -> str:
    """The SVG with a title, a description and a role for screen readers, and without what differs between versions."""
    svg = _FACE.sub(f'font-family="{_FACES}"', _NODE_TITLE.sub("", _COMMENT.sub("", svg)))
    svg = svg.replace('xlink:href=" " ', "")
    opening = _OPENING.search(svg)
    if opening is None:
        return svg
    label = escape(one_line(title))
    said = escape(description)
    head = f'{opening[0][:-1]} role="img" aria-label="{label}">\n<title>{label}</title>\n<desc>{said}</desc>'
    return svg[: opening.start()] + head + svg[opening.end() :]
