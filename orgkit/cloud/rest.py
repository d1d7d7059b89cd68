"""Which operation a request of a REST protocol names: AWS's own service models tell by method, path and query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

# Signing name → service models, where the two differ; a request is looked for in each.
_MODELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "apigateway": ("apigatewayv2", "apigateway"),
        "elasticfilesystem": ("efs",),
        "email": ("sesv2",),
        "es": ("opensearch", "es"),
        "iotdata": ("iot-data",),
        "mobiletargeting": ("pinpoint",),
        "s3": ("s3control", "s3"),
        "ses": ("sesv2",),
    }
)
_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...]  # what stands in the query
    query: frozenset[str]  # parameters that must be in the query
    headers: frozenset[str]

    @property
    def weight(self) -> int:
        return 2 * len(self.fixed) + len(self.query) + len(self.headers)


@dataclass(frozen=True, slots=True)
class Match:
    """An operation of a service model, and what path and query say, by name."""

    model: str
    operation: str
    parameters: Mapping[str, str]


def match(service: str, method: str, url: str, headers: Mapping[str, str]) -> Match | None:
    """Return the operation that a request names; None where no model has such a request.

    `service` is a signing name. Where several operations fit, the one that asks for most is meant.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    path = parts.path if parts.path == "/" else parts.path.rstrip("/")
    for model in _MODELS.get(service, (service,)):
        found: list[tuple[int, _Route, dict[str, str]]] = []
        for route in _routes(model):
            hit = route.path.fullmatch(path) if route.method == method else None
            if (
                hit
                and all(query.get(name) == value for name, value in route.fixed)
                and route.query <= query.keys()
                and route.headers <= headers.keys()
            ):
                found.append((route.weight, route, dict(zip(route.labels, map(unquote, hit.groups()), strict=True))))
        if found:
            _, route, labels = max(found, key=lambda entry: entry[0])
            return Match(model, route.operation, {**query, **labels})
    return None


@cache
def _routes(model: str) -> tuple[_Route, ...]:
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    try:
        described = Loader().load_service_model(model, "service-2")
    except UnknownServiceError:
        return ()
    if not described["metadata"].get("protocol", "").startswith("rest"):
        return ()
    return tuple(_read(described))


def _read(described: Any) -> Iterator[_Route]:
    for name, operation in described["operations"].items():
        path, _, query = operation["http"]["requestUri"].partition("?")
        pattern, labels, end = "", [], 0
        for label in _LABEL.finditer(path):
            pattern += re.escape(path[end : label.start()]) + ("(.+)" if label[2] else "([^/]+)")
            labels.append(label[1])
            end = label.end()
        shape = described["shapes"].get(operation.get("input", {}).get("shape"), {})
        members = [shape["members"][member] for member in shape.get("required", ())]
        yield _Route(
            name,
            operation["http"]["method"],
            re.compile((pattern + re.escape(path[end:])).rstrip("/") or "/", re.DOTALL),
            tuple(labels),
            tuple(parse_qsl(query, keep_blank_values=True)),
            frozenset(one["locationName"] for one in members if one.get("location") == "querystring"),
            frozenset(one["locationName"].lower() for one in members if one.get("location") == "header"),
        )
