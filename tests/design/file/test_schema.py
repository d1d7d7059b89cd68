"""The JSON Schema that editors use."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from orgkit.design import schema
from orgkit.design.file import layout


class AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2, near enough: a date is text."""


AsEditorsRead.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def problems(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema())
    data: Any = yaml.load(text, AsEditorsRead)
    return [error.message for error in validator.iter_errors(data)]


def test_the_shipped_schema_is_the_one_the_shape_gives() -> None:
    shipped = json.loads(files("orgkit.design.file").joinpath("org.schema.json").read_text("utf-8"))
    assert shipped == schema(), "write it anew: make schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_starter_is_valid() -> None:
    assert problems(files("orgkit.starter").joinpath("org.yaml").read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "organization: {}",
        "orgkit: 1\norganisation: {}",
        "orgkit: 1\nroot: {budget: lots}",
        "orgkit: 1\nroot: {accounts: {a: {}}}",
        "orgkit: 1\norganization: {limits: {acounts: 3}}",
        "orgkit: 1\naccess: {roles: {deploy: {to: root, external_id: hunter2}}}",
        "orgkit: 1\nroot: {ous: {A: {ous: {B: {colour: red}}}}}",
    ],
)
def test_what_the_reader_refuses_for_its_shape_editors_underline(text: str) -> None:
    assert problems(text)


def test_every_key_is_described() -> None:
    found = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            for name, inner in part.get("properties", {}).items():
                if "description" not in inner and name not in layout.ORGANIZATION.by_name["limits"].shape.known:
                    found.append(name)
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(schema())
    assert found == []
