"""What a CloudFormation template says, as far as a design needs it: its resources' types, its parameters, and lines.

Templates are data: YAML's tags, such as `!Sub`, are read as what they stand on, and nothing is executed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import yaml

from orgkit.design.sections import Baseline
from orgkit.errors import DesignError


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template: its type, the condition that decides whether it is made, a role's name, and the
    names of the properties that are set.
    """

    type: str
    condition: str | None = None
    role_name: str | None = None
    properties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Template:
    """The resources by logical id, and the parameters with their defaults; None where one has to be given."""

    resources: Mapping[str, Resource] = field(default_factory=dict)
    parameters: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def types(self) -> tuple[str, ...]:
        """The types of resources, each once."""
        return tuple(dict.fromkeys(resource.type for resource in self.resources.values()))


class _Loader(yaml.SafeLoader):
    """YAML whose tags mean nothing here."""


def _plain(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _plain)


@lru_cache(maxsize=32)
def read_template(text: str) -> Template:
    """What a template, YAML or JSON, says. Errors: DesignError where it is neither, or has no resources."""
    try:
        said = yaml.load(text, Loader=_Loader)  # a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark is not None else ""
        raise DesignError(f"is not a template: it cannot be read as YAML{place}", mend="Mend the text.") from None
    resources = said.get("Resources") if isinstance(said, dict) else None
    if not isinstance(resources, dict) or not resources:
        raise DesignError("is not a template: it has no Resources", mend="Give it a Resources section.")
    parameters = said.get("Parameters") or {}
    return Template(
        MappingProxyType(
            {
                str(name): Resource(
                    str(body.get("Type", "")), body.get("Condition"), _role_name(body), _properties(body)
                )
                for name, body in resources.items()
                if isinstance(body, dict)
            }
        ),
        MappingProxyType({str(name): _default(body) for name, body in parameters.items()}),
    )


def _role_name(body: Mapping[str, Any]) -> str | None:
    properties = body.get("Properties")
    name = properties.get("RoleName") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else None


def _properties(body: Mapping[str, Any]) -> frozenset[str]:
    properties = body.get("Properties")
    return frozenset(map(str, properties)) if isinstance(properties, dict) else frozenset()


def _default(body: Any) -> str | None:
    default = body.get("Default") if isinstance(body, dict) else None
    return None if default is None else str(default)


def types_of(baseline: Baseline) -> tuple[str, ...]:
    """The types of resources in a baseline's template; none where it cannot be read, which the plan says."""
    text = getattr(baseline.template, "content", None)
    try:
        return read_template(text).types if text else ()
    except DesignError:
        return ()
