"""Numbers, dates, addresses and binary values, as condition operators read them.

What cannot be read matches nothing, so "10abc" is never 10.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
import reprlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

_NUMBER = re.compile(r"[+-]?(\d{1,64}(\.\d{0,64})?|\.\d{1,64})([eE][+-]?\d{1,3})?", re.ASCII)
_EPOCH = re.compile(r"[+-]?\d{1,64}(\.\d{1,64})?", re.ASCII)
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def as_text(given: object) -> str | None:
    """Return a text, number or boolean as AWS reads it in quotes, or None for anything else."""
    if isinstance(given, str):
        return given
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, (int, float, Decimal)):
        try:
            return str(given)
        except ValueError:
            # Python writes no integer of more than 4,300 digits.
            return None
    return None


def shown(given: object) -> str:
    """Return a wrong value as a message shows it: cut short, however large or deeply nested it is."""
    try:
        return reprlib.repr(given)
    except ValueError:
        return f"a very long {type(given).__name__}"


@lru_cache(maxsize=16_384)
def read_number(text: str) -> Decimal | None:
    """Return a number, or None where the whole text is not one."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=16_384)
def read_date(text: str) -> Decimal | None:
    """Return a date as seconds since 1970, or None.

    ISO 8601 in the forms of the W3C note, UTC where no zone is written; or epoch seconds, never milliseconds. Four
    digits alone are a year.
    """
    if len(text) != 4 and _EPOCH.fullmatch(text):
        return Decimal(text)
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    zone = (zone or "Z").upper()
    if zone != "Z" and ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:] or '00'}"
    try:
        moment = datetime.fromisoformat(
            f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
            f"{'+00:00' if zone == 'Z' else zone}"
        )
        whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return Decimal(int(whole)) + Decimal(f"0.{fraction or 0}")


@lru_cache(maxsize=16_384)
def read_network(text: str) -> IPv4Network | IPv6Network | None:
    """Return an address or a range, IPv4 or IPv6 in any spelling; an address is a range of one."""
    if "%" in text or not text.isascii():
        return None
    _, slash, length = text.partition("/")
    if slash and not (length.isdigit() and len(length) <= 3):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=16_384)
def read_binary(text: str) -> bytes | str:
    """Return the bytes that a base64 text stands for, or the text itself where it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text


def within(texts: list[str]) -> Callable[[str], object]:
    """Return a function that tells whether an address lies in one of the ranges."""
    ranges = [found for found in map(read_network, texts) if found is not None]

    @lru_cache(maxsize=1024)
    def match(value: str) -> bool:
        asked = read_network(value)
        if asked is None:
            return False
        return any(type(asked) is type(one) and asked.subnet_of(one) for one in ranges)  # type: ignore[arg-type]

    return match


def compared(family: str, texts: list[str]) -> Callable[[str], object]:
    """Return the matcher of a Numeric or Date operator: the value stands in the relation to one of the texts."""
    kind = "Numeric" if family.startswith("Numeric") else "Date"
    read = read_number if kind == "Numeric" else read_date
    relation = _COMPARE[family.removeprefix(kind)]
    bounds = [found for found in map(read, texts) if found is not None]

    def match(value: str) -> bool:
        found = read(value)
        return found is not None and any(relation(found, bound) for bound in bounds)

    return match
