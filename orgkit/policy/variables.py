"""Policy variables: `${key}`, `${key, 'default'}`, and the three literals `${*}`, `${?}`, `${$}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orgkit.policy.context import UNKNOWN, Unknown, View
from orgkit.policy.patterns import LITERAL_MARK, LITERAL_STAR, literal

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_BODY = re.compile(r"\s*([^,'\s](?:[^,']*[^,'\s])?)\s*(?:,\s*'([^']*)'\s*)?", re.DOTALL)
_SPECIAL = {"*": LITERAL_STAR, "?": LITERAL_MARK, "$": "$"}


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to a context key, with the text to take where the key is absent."""

    key: str
    default: str | None = None


Template = tuple[str | Variable, ...]


def read_template(text: str, *, variables: bool = True, arn: bool = False) -> str | Template:
    """Return the text as a pattern, or as a template where it refers to context keys.

    `variables` is False for Version 2008-10-17, which has none. With `arn`, variables count only after the fifth
    colon; before it they are ordinary text.
    """
    if not variables or "${" not in text:
        return text
    parts: list[str | Variable] = []
    colons, at = 0, 0
    for found in _VARIABLE.finditer(text):
        before = text[at : found.start()]
        colons += before.count(":")
        parts.append(before)
        at = found.end()
        body = found[1]
        if arn and colons < 5:
            parts.append(found[0])
            colons += body.count(":")
        elif body in _SPECIAL:
            parts.append(_SPECIAL[body])
        elif named := _BODY.fullmatch(body):
            parts.append(Variable(named[1], named[2]))
        else:
            parts.append(found[0])
    parts.append(text[at:])
    joined = tuple(_joined(parts))
    if all(isinstance(part, str) for part in joined):
        return "".join(str(part) for part in joined)
    return joined


def _joined(parts: list[str | Variable]) -> Iterator[str | Variable]:
    held = ""
    for part in parts:
        if isinstance(part, str):
            held += part
        else:
            if held:
                yield held
            held = ""
            yield part
    if held:
        yield held


def expand(template: Template, view: View) -> str | Unknown | None:
    """Return the pattern that the template stands for; None where a variable has no value, UNKNOWN where it is open.

    A key with several values cannot be a variable, so it counts as having none. Stars in a value are literal.
    """
    out = []
    unknown = False
    for part in template:
        if isinstance(part, str):
            out.append(part)
            continue
        values = view[part.key.lower()]
        if isinstance(values, Unknown):
            unknown = True
        elif values is None:
            if part.default is None:
                return None
            out.append(literal(part.default))
        elif len(values) != 1:
            return None
        else:
            out.append(literal(values[0]))
    return UNKNOWN if unknown else "".join(out)


def read_templates(texts: Iterable[str], *, variables: bool, arn: bool = False) -> tuple[str | Template, ...]:
    """Read several texts, leaving out those that can never match: a variable in them can never have a value.

    Every context key has a prefix, so `${Account}`, a placeholder that somebody forgot to fill in, has no value.
    """
    read = (read_template(text, variables=variables, arn=arn) for text in texts)
    return tuple(one for one in read if isinstance(one, str) or not any(map(_never, one)))


def _never(part: str | Variable) -> bool:
    return isinstance(part, Variable) and part.default is None and ":" not in part.key


def keys_of(template: str | Template) -> tuple[str, ...]:
    """Return the keys that a template refers to, as written."""
    if isinstance(template, str):
        return ()
    return tuple(part.key for part in template if isinstance(part, Variable))


def placeholders(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the `${…}` in some texts that never have a value, as written: somebody forgot to fill them in."""
    found = (one for text in texts for one in _VARIABLE.finditer(text))
    return tuple(one[0] for one in found if ":" not in one[1] and one[1] not in _SPECIAL)
