"""Keeping secrets that AWS shows out of what is written down; those that a step names are behind a veil already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "***"
# Members of requests and replies that are secrets whatever their value. An external id is one by the house's rule.
_SECRET_MEMBERS: Final = frozenset(
    {
        "externalid",
        "sts:externalid",
        "secretaccesskey",
        "sessiontoken",
        "secretstring",
        "secretbinary",
        "password",
        "newpassword",
        "oldpassword",
        "otp",
        "clientsecret",
        "privatekey",
    }
)
# The same condition key in a policy that stands in a text: as JSON, as JSON within JSON, percent-encoded.
_EXTERNAL_ID = re.compile(
    r"""(sts(?::|%3A)ExternalId(?:\\*"|%22)(?:\s|%20|%0A)*(?::|%3A)(?:\s|%20|%0A)*)"""
    r"""(\[.*?\]|%5B.*?%5D|\\*".*?(?<!\\)\\*"|%22.*?%22)""",
    re.IGNORECASE | re.DOTALL,
)


def redacted(value: Any) -> Any:
    """The same JSON value with secrets replaced."""
    if isinstance(value, str):
        if "externalid" not in value.casefold():
            return value
        return _EXTERNAL_ID.sub(lambda found: f"{found[1]}{HIDDEN}", value)
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if str(key).casefold() in _SECRET_MEMBERS and inner is not None else redacted(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(inner) for inner in value]
    return value
