"""Requests and replies in the protocols of AWS's services, by botocore's own models of them.

moto has readers and writers for each protocol; what the embedded AWS does beyond moto speaks through the same ones.
https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from orgkit.cloud.rest import Match, match
from orgkit.cloud.wire import Reply, Request


def operation_of(request: Request) -> str:
    """The operation's name in AWS's spelling, as the header, the form or the path says it."""
    if request.named:
        return request.named
    found = _found(request) if _speaks_rest(request.service) else None
    return found.operation if found else request.operation


def parameters(request: Request) -> dict[str, Any]:
    """The parameters of a request by the names that clients use; ValueError where the body cannot be read."""
    from moto.core.parse import PROTOCOL_PARSERS
    from werkzeug.datastructures import MultiDict

    model = _model(request.service)
    if model.protocol == "json":
        return request.params
    parts = urlsplit(request.url)
    values: Any = MultiDict(parse_qsl(parts.query))
    values.update(request.form)
    name = operation_of(request)
    found = _found(request) if _speaks_rest(request.service) else None
    parsed: dict[str, Any] = PROTOCOL_PARSERS[model.protocol](model.operation_model(name)).parse(
        {
            "method": request.method,
            "values": values,
            "headers": dict(request.headers),  # type: ignore[typeddict-item]
            "body": request.body,
            "url_path": parts.path,
            "url_params": dict(found.parameters) if found else {},
        }
    )
    return {name: value for name, value in parsed.items() if value is not None}


def reply(request: Request, result: dict[str, Any]) -> Reply:
    """The reply with this result."""
    from moto.core.serialize import SerializationContext, get_serializer_class

    model = _model(request.service)
    operation = model.operation_model(operation_of(request))
    serializer = get_serializer_class(model.service_name, model.protocol)
    said = serializer(operation, context=SerializationContext("orgkit")).serialize(result)
    body = said["body"]
    return Reply(
        int(said["status_code"]),
        {name.lower(): value for name, value in said["headers"].items()},
        body.encode() if isinstance(body, str) else body,
    )


def _found(request: Request) -> Match | None:
    return match(request.service, request.method, request.url, request.headers)


def _speaks_rest(service: str) -> bool:
    return str(_model(service).protocol).startswith("rest-")


@cache
def _model(service: str) -> Any:
    """The model of a service by its signing name, which one service of the table does not share with its client."""
    from moto.core.utils import get_service_model

    return get_service_model({"sso": "sso-admin"}.get(service, service))
