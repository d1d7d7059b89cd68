"""What a request asks for: the action by which IAM knows it, and its parameters as far as they are plain."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from orgkit.cloud import rest
from orgkit.cloud.wire import Request
from orgkit.policy.catalogue import load_catalogue

_S3_CONTROL = "/v20180820/"
_FORM_TAG = re.compile(r"(.*?)(?:Tags?|TagList)\.(?:member\.|Tag\.)?(\d+)\.Key")
_TAG_NAMES = ("key", "tagkey"), ("value", "tagvalue")


@dataclass(frozen=True)
class Asking:
    """One request, as authorization sees it."""

    request: Request

    @cached_property
    def service(self) -> str:
        """The prefix that IAM has for the service."""
        return str(_table()["prefixes"].get(self.request.service, self.request.service))

    @cached_property
    def _rest(self) -> rest.Match | None:
        request = self.request
        if request.form or "x-amz-target" in request.headers or "smithy-protocol" in request.headers:
            return None
        return rest.match(request.service, request.method, request.url, request.headers)

    @cached_property
    def action(self) -> str:
        """The action, or a pattern for all of the service's where it is not known which."""
        found = self._rest
        model = found.model if found is not None else self.service
        operation = found.operation if found is not None else self.request.operation
        table = _table()["actions"]
        named = table.get(f"{model}:{operation}", table.get(self.service, f"{self.service}:{operation}"))
        if named is not None:
            named = named.format(method=self.request.method)
            place = load_catalogue().index.get(named.lower())
            if place is not None:
                return load_catalogue().actions[place]
        return f"{self.service}:*"

    @property
    def free(self) -> bool:
        """Whether AWS answers it to everybody, whatever a policy says."""
        return self.action in _table()["free"]

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters at the top, by lower-case name; XML bodies are not looked into."""
        request = self.request
        if request.form:
            return _lower(request.form)
        found = dict(self._rest.parameters) if self._rest is not None else {}
        return _lower({**found, **self._body()})

    def _body(self) -> dict[str, Any]:
        request = self.request
        try:
            if "smithy-protocol" in request.headers:
                from botocore.parsers import RpcV2CBORParser

                read = RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(request.body)))
            elif "json" in request.headers.get("content-type", "") or request.body[:1] == b"{":
                read = json.loads(request.body or b"{}")
            else:
                return {}
        except (ValueError, KeyError, EOFError):
            return {}  # the service itself says what it thinks of such a body
        return read if isinstance(read, dict) else {}

    @cached_property
    def tags(self) -> Mapping[str, str] | None:
        """The tags that the request brings; None where it cannot be told."""
        if self.request.form:
            return _tags_of_form(self.request.form)
        if self._rest is not None and "json" not in self.request.headers.get("content-type", ""):
            return None
        for name, value in self.parameters.items():
            if name in ("tags", "taglist"):
                return dict(_pairs(value))
            if "tag" in name:
                return None
        return {}


def _lower(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({name.lower(): value for name, value in parameters.items()})


def _tags_of_form(form: Mapping[str, str]) -> Mapping[str, str] | None:
    """The tags of the query protocols; several resources with different tags cannot be told apart here."""
    groups: dict[str, dict[str, str]] = {}
    for name, value in form.items():
        found = _FORM_TAG.fullmatch(name)
        if found is not None:
            groups.setdefault(found[1], {})[value] = form.get(name.removesuffix("Key") + "Value", "")
    if not groups:
        return None if any("tag" in name.lower() for name in form) else {}
    first, *others = groups.values()
    return first if all(one == first for one in others) else None


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield from ((str(key), str(text)) for key, text in value.items())
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            named = {name.lower(): text for name, text in one.items()}
            key, text = (next((named[name] for name in names if name in named), None) for names in _TAG_NAMES)
            if key is not None:
                yield str(key), str(text or "")


@cache
def _table() -> Mapping[str, Any]:
    table: dict[str, Any] = json.loads(files(__package__).joinpath("operations.json").read_text("utf-8"))
    return table
