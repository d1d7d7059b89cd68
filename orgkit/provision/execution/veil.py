"""Secrets in a step: a placeholder in plan and journal, the value only in the call itself.

`{{secret.env.NAME}}` stands in a step's parameters for the secret that the environment variable NAME holds. What is
sent has the value; whatever is written down afterwards, a reply or an error too, has the placeholder again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from orgkit.design.sections import SecretReference

# The parameters that may hold a secret, by operation: orgkit writes them whole. A policy that a person hands over is
# sent as it is, whatever it says, or it could have any secret of the environment sent to AWS.
CARRIERS: Final = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}
_PLACEHOLDER = re.compile(r"\{\{secret\.(env|file|secretsmanager)\.([^{}]+)\}\}")


def placeholder(reference: SecretReference) -> str:
    """What stands for a secret in a plan."""
    return "{{" + f"secret.{reference.source}.{reference.name}" + "}}"


def secrets_in(operation: str, parameters: Mapping[str, Any]) -> Iterator[SecretReference]:
    """Every secret that the parameters of an operation, named without its service, ask for."""
    for found in _PLACEHOLDER.finditer(parameters.get(CARRIERS.get(operation, ""), "")):
        yield SecretReference(source=found[1], name=found[2])


class Veil:
    """The secrets of one call, to put in before it and to take out of what comes back."""

    def __init__(
        self, operation: str, parameters: Mapping[str, Any], look_up: Callable[[SecretReference], str]
    ) -> None:
        self._carrier = CARRIERS.get(operation)
        self._parameters = parameters
        self._values = {placeholder(one): look_up(one) for one in secrets_in(operation, parameters)}

    def lift(self) -> dict[str, Any]:
        """The parameters with every placeholder replaced by its secret."""
        words = {name: json.dumps(secret)[1:-1] for name, secret in self._values.items()}
        return {
            key: _exchanged(value, words) if key == self._carrier else value for key, value in self._parameters.items()
        }

    def hide(self, value: Any) -> Any:
        """The value with every secret replaced by its placeholder, also where it is percent-encoded."""
        hidden: dict[str, str] = {}
        for name, secret in self._values.items():
            hidden |= dict.fromkeys((secret, quote(secret, safe=""), quote(secret)), name)
        return _exchanged(value, hidden) if hidden else value


def _exchanged(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in words.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, Mapping):
        return {key: _exchanged(inner, words) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_exchanged(inner, words) for inner in value]
    return value
