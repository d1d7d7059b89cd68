"""Names made fit for a picture: on one line, without characters that XML forbids, and how wide they will be."""

from __future__ import annotations

import re
import unicodedata

# XML 1.0 allows no control characters but tab and line ends, no surrogates, no U+FFFE and U+FFFF. Marks that reverse
# the reading direction are left out too: a name could be made to look like another one.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")

_NARROW = frozenset("iljtfrI.,:;|!'`()[]{}/\\ -")
_WIDE = frozenset("mwMW@%")


def one_line(text: str, longest: int | None = None) -> str:
    """The text on one line, its middle left out where it has more than `longest` characters."""
    clean = _SPACE.sub(" ", _FORBIDDEN.sub("\ufffd", text)).strip()
    if longest is None or len(clean) <= longest:
        return clean
    ahead = longest * 2 // 3
    return f"{clean[:ahead].rstrip()}…{clean[ahead + 1 - longest :].lstrip()}"


def width(text: str, size: float, *, strong: bool = False) -> float:
    """About how many points wide a sans-serif face sets the text at `size` points.

    The engines know the widths of a few faces in Latin letters only, so cells are given a width by this measure.
    """
    ems = 0.0
    for letter in text:
        if unicodedata.combining(letter) or letter in "\u200d\ufe0f":
            continue
        if unicodedata.east_asian_width(letter) in "WF":
            ems += 1.05
        elif letter in _NARROW:
            ems += 0.32
        elif letter in _WIDE:
            ems += 0.9
        elif letter.isupper():
            ems += 0.7
        else:
            ems += 0.56
    return ems * size * (1.07 if strong else 1.0)


def count(number: int, thing: str) -> str:
    """`1 account`, `1,200 accounts`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
