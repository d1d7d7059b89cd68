"""References: `{{account.log-archive.id}}`, `{{organization.id}}` … stand for ids that AWS gives only later.

Accounts and policies are named by handle, OUs by the design's path. What only the live organization has is named so
that it cannot be mistaken: an OU by `/its/path`, a policy by `TYPE/name`, an account by email.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orgkit.errors import DesignError, did_you_mean

_ONE = "organization|root|management|identity_center|identity_store"
_NAMED = "account|ou|policy|permission_set|group"
_REFERENCE = re.compile(rf"\{{\{{((?:{_ONE}|(?:{_NAMED})\.[^{{}}]+)\.id)\}}\}}")

ORGANIZATION = "organization.id"
ROOT = "root.id"
INSTANCE = "identity_center.id"
STORE = "identity_store.id"


def ou(path: str) -> str:
    return f"ou.{path}.id"


def account(handle: str) -> str:
    return f"account.{handle}.id"


def policy(handle: str) -> str:
    return f"policy.{handle}.id"


def permission_set(name: str) -> str:
    return f"permission_set.{name}.id"


def group(name: str) -> str:
    return f"group.{name}.id"


def written(name: str) -> str:
    """The reference as it stands in a text."""
    return "{{" + name + "}}"


def named_in(value: Any) -> list[str]:
    """Every reference in a text, or in the texts of a JSON value, in their order."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "{{" in one:
                found += _REFERENCE.findall(one)
        elif isinstance(one, list | tuple):
            waiting += reversed(one)
        elif isinstance(one, dict | Mapping):  # a plain dict is told at once, other maps take longer
            waiting += reversed(list(one.values()))
    return found


def bind(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with every reference replaced by its id; a reference that nothing has bound is a DesignError."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _look_up(match[1], ids), value) if "{{" in value else value
    if isinstance(value, Mapping):
        return {key: bind(inner, ids) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [bind(inner, ids) for inner in value]
    return value


def bind_known(text: str, ids: Mapping[str, str]) -> str:
    """The text with those references replaced whose ids are known; the others stay."""
    if "{{" not in text:
        return text
    return _REFERENCE.sub(lambda match: ids.get(match[1], match[0]), text)


def _look_up(name: str, ids: Mapping[str, str]) -> str:
    try:
        return ids[name]
    except KeyError:
        raise DesignError(f"nothing is known as {written(name)}", mend=did_you_mean(name, ids)) from None
