"""The words of the search box: `prod owner:app-a tag:Team=web policy:guard problem kind:ou`; all have to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from orgkit.design import Account, Organization, Problem, Target
from orgkit.errors import InputError, did_you_mean

Test = Callable[[Target], bool]
KEYS: Final = ("tag", "owner", "policy", "problem", "kind", "email", "mark")
_KINDS: Final = ("root", "ou", "account")


def matching(
    org: Organization, words: str, problems: Mapping[str, Iterable[Problem]], marks: Mapping[str, str]
) -> list[str]:
    """Ids of the nodes for which every word holds, in the order of the tree; InputError for a key there is not.

    A bare word is looked for in names, handles, emails and AWS ids. Case does not matter; quotes keep blanks together.
    """
    tests = [_test(org, word, problems, marks) for word in split(words)]
    return [target.id for target, _ in org.tree() if all(test(target) for test in tests)]


def split(words: str) -> list[str]:
    """Parts between blanks; what stands in double quotes is one part, an open quote ends with the text."""
    parts: list[str] = []
    part, quoted, begun = "", False, False
    for letter in words:
        if letter == '"':
            quoted, begun = not quoted, True
        elif letter.isspace() and not quoted:
            if part or begun:
                parts.append(part)
            part, begun = "", False
        else:
            part += letter
    return [*parts, part] if part else parts


def _test(org: Organization, word: str, problems: Mapping[str, Iterable[Problem]], marks: Mapping[str, str]) -> Test:
    key, colon, value = word.partition(":")
    key, value = key.casefold(), value.casefold()
    if key == "problem":
        return lambda target: any(value in problem.code for problem in problems.get(target.id, ()))
    if not colon or not key.isalpha():
        sought = word.casefold()
        return lambda target: any(sought in name.casefold() for name in _names(target))
    match key:
        case "tag":
            name, equals, content = value.partition("=")
            return lambda target: any(
                k.casefold() == name and (content in v.casefold() if equals else True) for k, v in target.tags.items()
            )
        case "owner":
            return lambda target: value in (target.owner or "").casefold() if value else not target.owner
        case "policy":
            return lambda target: any(value in p.handle.casefold() for p in org.attached(target.id, implied=False))
        case "kind":
            if value not in _KINDS:
                raise InputError(f"there is no kind {value!r}", mend=f"Kinds: {', '.join(_KINDS)}.")
            return lambda target: target.kind == value
        case "email":
            return lambda target: isinstance(target, Account) and value in target.email.casefold()
        case "mark":
            return lambda target: value in marks.get(target.id, "").casefold() if target.id in marks else False
    raise InputError(f"nothing can be looked for by {key!r}", mend=did_you_mean(key, KEYS) or f"By: {', '.join(KEYS)}.")


def _names(target: Target) -> tuple[str, ...]:
    email = target.email if isinstance(target, Account) else ""
    return target.name, target.handle, email, target.aws_id or ""
