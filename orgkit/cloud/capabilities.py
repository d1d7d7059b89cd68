"""What a target can do; where the embedded AWS falls short of AWS, it says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether something can be done, and what is to be known about it; true or false as a condition."""

    service: str
    operation: str | None
    supported: bool
    note: str = ""

    def __bool__(self) -> bool:
        return self.supported

    @property
    def name(self) -> str:
        """The service, with the operation where it is about one: `sts:AssumeRole`."""
        return f"{self.service}:{self.operation}" if self.operation else self.service

    def __str__(self) -> str:
        verdict = "can be done" if self.supported else "cannot be done"
        return f"{self.name} {verdict}" + (f": {self.note}" if self.note else "")

    def to_json(self) -> dict[str, Any]:
        """Return it as a plain object."""
        return {
            "service": self.service,
            "operation": self.operation,
            "supported": self.supported,
            "note": self.note,
        }


def capability(kind: str, service: str, operation: str | None = None) -> Capability:
    """Return what a target of this kind can do; `operation` is in AWS's spelling, for example CreateStackSet.

    For cloudformation it may be a type of resource, AWS::IAM::Role.
    """
    if kind == "aws":
        return Capability(service, operation, True)
    note = _notes().get(f"{service}:{operation}", "") or _notes().get(service, "")
    if service == "organizations":
        from orgkit.cloud.organizations import SUPPORTED

        supported = operation is None or operation in SUPPORTED
    else:
        from orgkit.cloud.beyond_moto import OPERATIONS

        signed = {"sso-admin": "sso"}.get(service, service)
        if service == "cloudformation":
            offered = _stacks()["types" if operation and "::" in operation else "operations"]
        else:
            offered = _offered(service)
        supported = (
            bool(offered) if operation is None else operation in offered or f"{signed}:{operation}" in OPERATIONS
        )
    if not supported and not note:
        note = "the embedded AWS does not have it"
    return Capability(service, operation, supported, note)


def gaps() -> tuple[Capability, ...]:
    """Return everything the embedded AWS is known to do otherwise than AWS, or not at all."""
    return tuple(capability("sandbox", *_split(name)) for name in _notes())


def _split(name: str) -> tuple[str, str | None]:
    service, _, operation = name.partition(":")
    return service, operation or None


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files("orgkit.cloud").joinpath("capabilities.json").read_text("utf-8"))
    return table


def _notes() -> dict[str, str]:
    notes: dict[str, str] = _table()["notes"]
    return notes


@cache
def _stacks() -> Mapping[str, frozenset[str]]:
    """Return the operations of moto's CloudFormation and the types of resources that its stacks make something of.

    Asking it imports some thirty services, which the first plan of a design would wait for; so the table has them for
    one version of moto, and another one is asked.
    """
    listed = _table()["stacks"]
    if _installed() == listed["moto"]:
        return {key: frozenset(listed[key]) for key in ("operations", "types")}
    return moto_stacks()


def moto_stacks() -> Mapping[str, frozenset[str]]:
    """Return the same from moto itself, of whatever version."""
    from moto.cloudformation.parsing import get_model_map

    types = {name for name in get_model_map() if name.startswith("AWS::")}
    return {"operations": _offered("cloudformation"), "types": frozenset(types - {"AWS::SERVICE::RESOURCE"})}


def _installed() -> str | None:
    """Return the version of moto, None where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("moto")
    except PackageNotFoundError:
        return None


@cache
def _offered(service: str) -> frozenset[str]:
    """Return the operations that moto's module of a service implements, in AWS's spelling."""
    from importlib import import_module

    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader
    from moto.core.responses import BaseResponse
    from moto.core.utils import camelcase_to_underscores

    try:
        model = Loader().load_service_model(service, "service-2")
        module: Any = import_module(f"moto.{service.replace('-', '')}.responses")
    except (UnknownServiceError, ImportError):
        return frozenset()
    methods: set[str] = set()
    for entry in vars(module).values():
        if isinstance(entry, type) and issubclass(entry, BaseResponse) and entry is not BaseResponse:
            methods.update(name for name in dir(entry) if not name.startswith("_"))
    methods.difference_update(dir(BaseResponse))
    # moto's S3 answers some operations within the methods of others.
    inside = _table()["as_well"].get(service, ())
    return frozenset(
        name for name in model["operations"] if camelcase_to_underscores(name) in methods or name in inside
    )
