"""Pages of a list, with tokens that belong to one operation and its parameters."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Collection
from itertools import islice
from typing import Any, TypeVar

from orgkit.cloud.organizations.call import Call, Reply
from orgkit.cloud.organizations.errors import invalid

Item = TypeVar("Item")
LONGEST_PAGE = 20  # what AWS returns at most, and without MaxResults (service model, `MaxResults`)


def page(
    call: Call, key: str, items: Collection[Item], show: Callable[[Item], Any], longest: int = LONGEST_PAGE
) -> Reply:
    """Return one page of the items under `key`, and a NextToken while there are more.

    A token of another operation, of other parameters or of no kind at all is refused with INVALID_NEXT_TOKEN.
    """
    start = _start(call)
    end = start + min(call.params.get("MaxResults", longest), longest)
    reply: Reply = {key: [show(item) for item in islice(items, start, end)]}
    if end < len(items):
        reply["NextToken"] = base64.urlsafe_b64encode(f"{_seal(call)}:{end}".encode()).decode()
    return reply


def _start(call: Call) -> int:
    token = call.params.get("NextToken")
    if token is None:
        return 0
    try:
        seal, _, start = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if seal == _seal(call):
            return int(start)
    except ValueError:
        pass  # not a token of ours; the answer is the same
    raise invalid("INVALID_NEXT_TOKEN", "Get the value of NextToken from the reply to the previous call.")


def _seal(call: Call) -> str:
    asked = {name: value for name, value in call.params.items() if name not in ("NextToken", "MaxResults")}
    return hashlib.sha256(json.dumps([call.operation, asked], sort_keys=True).encode()).hexdigest()[:12]
