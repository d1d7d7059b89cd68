"""Which accounts a policy can tell apart: most cannot, so that accounts with the same chain share one answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from orgkit.guardrails.inheritance import Texts, document
from orgkit.policy import Statement

_PLACES = 6
_ID = re.compile(r"\d{12}|\{\{[^{}]*\}\}")
_OF_ACCOUNT = frozenset({"aws:principalaccount", "aws:resourceaccount", "aws:userid"})
_OF_ARN = frozenset({"aws:principalarn", "aws:sourcearn"})
_OF_PATH = frozenset({"aws:principalorgpaths", "aws:resourceorgpaths"})


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a set of policies looks at: `ids` written in them, whether `any_id` matters, whether the path does."""

    ids: frozenset[str] = frozenset()
    any_id: bool = False
    path: bool = False

    def __or__(self, other: Sensitivity) -> Sensitivity:
        return Sensitivity(self.ids | other.ids, self.any_id or other.any_id, self.path or other.path)

    def __bool__(self) -> bool:
        return bool(self.ids) or self.any_id or self.path

    def token(self, account_id: str, parent: str) -> tuple[str, str]:
        """What the policies see of an account; two accounts with the same token are the same to them."""
        seen = account_id if self.any_id or account_id in self.ids else ""
        return seen, parent if self.path else ""


@lru_cache(maxsize=20_000)
def sensitivity(texts: Texts, type: str) -> Sensitivity:
    """What the policies of one level look at."""
    found = Sensitivity()
    for name, text in texts:
        for statement in document(text, type, name).statements:
            for one in _of(statement):
                found |= one
    return found


def _of(statement: Statement) -> Iterator[Sensitivity]:
    for condition in statement.conditions:
        keys = {key.lower() for key in condition.keys}
        if keys & _OF_PATH:
            yield Sensitivity(path=True)
        if keys & _OF_ACCOUNT:
            yield _ids(condition.values, open_ended=len(condition.keys) > 1)
        if keys & _OF_ARN:
            yield _ids([_account_part(value) for value in condition.values], open_ended=len(condition.keys) > 1)
    if not statement.every_resource:
        parts = [_account_part(value) for value in statement.resources]
        yield _ids(parts, open_ended=bool(statement.resource_keys))


def _account_part(arn: str) -> str:
    parts = arn.split(":", _PLACES - 1)
    return parts[4] if len(parts) == _PLACES else ""


def _ids(values: tuple[str, ...] | list[str], *, open_ended: bool) -> Sensitivity:
    """The ids in the values; a pattern that covers some accounts, or a variable, may tell any two apart."""
    wild = any(("*" in value or "?" in value) and value.strip("*") for value in values)
    return Sensitivity(
        ids=frozenset(found for value in values for found in _ID.findall(value)), any_id=wild or open_ended
    )
