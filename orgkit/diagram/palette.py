"""The colours, by tone. Quiet grounds under dark text (at least 4.5 : 1), borders that differ in grey print too.

Hues keep to blue, orange and purple, which people with red-green blindness tell apart, and no meaning rests on a
colour alone: each badge says in words what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Tone:
    """Ground, line and text colour, as `#rrggbb`."""

    ground: str
    line: str
    text: str = "#1f2933"
    dashed: bool = False


TONES: Final[Mapping[str, Tone]] = MappingProxyType(
    {
        "root": Tone("#34495e", "#34495e", "#ffffff"),
        "ou": Tone("#dce6ef", "#5b7083"),
        "account": Tone("#ffffff", "#dfe5ea"),
        "folded": Tone("#f2f4f6", "#dfe5ea", "#4a5763"),
        "management": Tone("#fff3cd", "#8a6d00"),
        "scp": Tone("#fde8d4", "#a85a12"),
        "rcp": Tone("#e7e1f5", "#6a4fa3"),
        "policy": Tone("#e8edf0", "#5b7083"),
        "inherited": Tone("#ffffff", "#8b98a5", "#4a5763", dashed=True),
        "warning": Tone("#ffffff", "#8c1d18", "#8c1d18"),
        "added": Tone("#dff0ea", "#0f6b50"),
        "removed": Tone("#f3e3e1", "#8c1d18", dashed=True),
        "moved": Tone("#dbe8fa", "#1f4e9c"),
        "changed": Tone("#fff3cd", "#8a6d00"),
    }
)
PAGE: Final = "#ffffff"
QUIET: Final = "#52606d"  # captions and notes
EDGE: Final = "#8b98a5"
HIGHLIGHT: Final = "#c2410c"

_LIGHT = (0xFF, 0xFF, 0xFF)
_DARK = (0x6B, 0xA3, 0xD0)  # dark text stays legible on it


def shaded(share: float) -> str:
    """A blue ground, from white for 0 to the darkest for 1; small shares are still told apart."""
    part = max(0.0, min(1.0, share)) ** 0.6
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(_LIGHT, _DARK, strict=True))
