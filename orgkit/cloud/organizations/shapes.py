"""Parameters checked against AWS's own service model: required members, lengths, patterns, enumerations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from orgkit.cloud.organizations.errors import ApiError, invalid

# Members whose pattern has a Reason of its own.
PATTERN_REASONS = {"RoleName": "INVALID_ROLE_NAME", "TargetId": "INVALID_PATTERN_TARGET_ID"}


@cache
def service_model() -> Any:
    """Return botocore's model of the Organizations API (loaded once; botocore ships it)."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model("organizations", "service-2"), "organizations")


@cache
def errors_of(operation: str) -> frozenset[str]:
    """Return the error codes that the service model lists for an operation."""
    return frozenset(shape.name for shape in service_model().operation_model(operation).error_shapes)


def check(operation: str, params: Mapping[str, Any]) -> None:
    """Raise InvalidInputException, with AWS's Reason, for a parameter that the service model does not allow."""
    shape = service_model().operation_model(operation).input_shape
    if shape is not None:
        _structure(shape, params, "")


def _structure(shape: Any, value: Mapping[str, Any], where: str) -> None:
    if not isinstance(value, Mapping):
        raise ApiError("SerializationException", f"{where or 'the request'} must be a structure")
    for name in shape.required_members:
        if value.get(name) is None:
            raise invalid("INPUT_REQUIRED", f"{where}{name} is required.")
    for name, member in value.items():
        if name not in shape.members:
            raise ApiError("SerializationException", f"{where}{name} is not a parameter of this operation.")
        if member is not None:
            _value(shape.members[name], member, f"{where}{name}", name)


def _value(shape: Any, value: Any, where: str, name: str) -> None:
    if shape.type_name == "structure":
        _structure(shape, value, f"{where}.")
    elif shape.type_name == "list":
        if not isinstance(value, list):
            raise ApiError("SerializationException", f"{where} must be a list.")
        for index, item in enumerate(value):
            _value(shape.member, item, f"{where}[{index}]", name)
    elif shape.type_name == "string":
        _string(shape, value, where, name)
    elif shape.type_name in ("integer", "long"):
        if not isinstance(value, int):
            raise ApiError("SerializationException", f"{where} must be a whole number.")
        if value < shape.metadata.get("min", value):
            raise invalid("MIN_VALUE_EXCEEDED", f"{where} must be at least {shape.metadata['min']}.")
        if value > shape.metadata.get("max", value):
            raise invalid("MAX_VALUE_EXCEEDED", f"{where} must be at most {shape.metadata['max']}.")


def _string(shape: Any, value: Any, where: str, name: str) -> None:
    if not isinstance(value, str):
        raise ApiError("SerializationException", f"{where} must be a string.")
    rules = shape.metadata
    if shape.enum and value not in shape.enum:
        reason = "INVALID_ENUM_POLICY_TYPE" if "PolicyType" in shape.name else "INVALID_ENUM"
        raise invalid(reason, f"{where} must be one of {', '.join(shape.enum)}, not {value}.")
    if len(value) < rules.get("min", 0):
        raise invalid("MIN_LENGTH_EXCEEDED", f"{where} must have at least {rules['min']} characters.")
    if len(value) > rules.get("max", len(value)):
        raise invalid("MAX_LENGTH_EXCEEDED", f"{where} may have at most {rules['max']} characters.")
    if "pattern" in rules and not _pattern(rules["pattern"]).fullmatch(value):
        reason = PATTERN_REASONS.get(name, "INVALID_PATTERN")
        raise invalid(reason, f"{where} does not match the required pattern: {value!r}")


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """Return AWS's pattern for Python: anchors go (the whole value must match), Unicode classes become Python's."""
    if r"\p{" in pattern:
        # Letters, separators and digits of any script; `\w` also allows the underscore, which AWS lists anyway.
        unicode = pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d")
        return re.compile(_bare(unicode))
    return re.compile(_bare(pattern), re.ASCII)


def _bare(pattern: str) -> str:
    # `^(a)|(b)$` anchors only the outer alternatives, where AWS means all of them.
    return re.sub(r"(?<![\\\[])\^|(?<!\\)\$", "", pattern)
