"""A request and a reply as they go over the wire, in-process and through the server alike."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_OLDER_KEY = re.compile(r"(?:^|&)AWSAccessKeyId=(\w+)")
_SIGNING = re.compile(r"x-amz-.*|AWSAccessKeyId|Signature|Expires", re.IGNORECASE)
_READING = re.compile(
    r"(Get|List|Describe|Head|BatchGet|Search|Lookup|Query|Scan|Select|Simulate|Validate|Detect|Decode|AssumeRo(?:le|ot))",
    re.IGNORECASE,
)
# Headers that say something about the call itself; credentials, tokens and dates are left out of a state file.
_KEPT = re.compile(r"content-type|content-md5|content-encoding|x-amz-(?!security-token|date).*")


class Unsupported(Exception):
    """The embedded AWS has no such operation."""


class NoAnswer(Exception):
    """The caller is to hear nothing: a timeout, or a reply that was lost."""


@dataclass(frozen=True)
class Request:
    """An HTTP request to AWS; header names are lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    named: str | None = None  # the operation, where the caller knows it

    @cached_property
    def _scope(self) -> tuple[str, str, str]:
        query = urlsplit(self.url).query
        found = _SCOPE.search(self.headers.get("authorization", "")) or _SCOPE.search(unquote(query))
        if found is None:  # S3 still takes addresses that were signed in advance in the older way
            older = _OLDER_KEY.search(query)
            return (older[1], "", "s3") if older else ("", "", "")
        return found[1], found[2], found[3].lower()

    @property
    def access_key(self) -> str:
        """The access key id that signed the request, or an empty string."""
        return self._scope[0]

    @property
    def region(self) -> str:
        """The region the request was signed for."""
        return self._scope[1] or "us-east-1"

    @property
    def service(self) -> str:
        """The service's signing name; unsigned requests are STS's, whose federation calls carry no signature."""
        return self._scope[2] or ("sts" if self.operation.startswith("AssumeRole") else "s3")

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of the query protocol."""
        if "x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            return {}
        return {name: values[0] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}

    @cached_property
    def operation(self) -> str:
        """The name of the operation, or of the method and the last part of the path where the protocol has none."""
        if self.named:
            return self.named
        target = self.headers.get("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        if "Action" in self.form:
            return self.form["Action"]
        last = urlsplit(self.url).path.rstrip("/").rpartition("/")[2]
        return last if "smithy-protocol" in self.headers else f"{self.method} {last}"

    @property
    def mutates(self) -> bool:
        """Whether the call may change something; a doubtful one counts as a change."""
        if self.method in ("GET", "HEAD", "OPTIONS"):
            return False
        return not _READING.match(self.operation.removeprefix(f"{self.method} "))

    @cached_property
    def params(self) -> dict[str, Any]:
        """The parameters of the JSON protocols; raises ValueError when the body is no JSON object."""
        value = json.loads(self.body or b"{}")
        if not isinstance(value, dict):
            raise ValueError("the body is not a JSON object")
        return value

    @property
    def kept_url(self) -> str:
        """The address as a state file keeps it, without the signature of one that was signed in advance."""
        parts = urlsplit(self.url)
        if "Signature=" not in parts.query:
            return self.url
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _SIGNING.fullmatch(pair[0])]
        return parts._replace(query=urlencode(kept)).geturl()

    def kept_headers(self) -> dict[str, str]:
        """Return the headers a state file keeps."""
        return {name: value for name, value in self.headers.items() if _KEPT.fullmatch(name)}


@dataclass(frozen=True)
class Reply:
    """An HTTP reply."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_reply(status: int, value: object, code: str | None = None) -> Reply:
    """Return a reply of the JSON 1.1 protocol."""
    headers = {"content-type": "application/x-amz-json-1.1"}
    if code:
        headers["x-amzn-errortype"] = code
    return Reply(status, headers, json.dumps(value).encode())


def error_reply(request: Request, status: int, code: str, message: str) -> Reply:
    """Return an error in the protocol of the request."""
    if request.form:
        error = f"<Type>Sender</Type><Code>{code}</Code><Message>{_xml(message)}</Message>"
        text = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
        if request.service == "ec2":
            text = f"<Response><Errors><Error>{error}</Error></Errors></Response>"
        return Reply(status, {"content-type": "text/xml"}, text.encode())
    if request.service in ("s3", "cloudfront", "route53"):
        text = f"<Error><Code>{code}</Code><Message>{_xml(message)}</Message></Error>"
        return Reply(status, {"content-type": "application/xml"}, text.encode())
    told = {"__type": code, "message": message, "Message": message}
    if "smithy-protocol" in request.headers:
        headers = {"content-type": "application/cbor", "smithy-protocol": request.headers["smithy-protocol"]}
        return Reply(status, headers, _cbor(told))
    return json_reply(status, told, code)


def _cbor(texts: Mapping[str, str]) -> bytes:
    """A map of texts: https://www.rfc-editor.org/rfc/rfc8949#section-3.1 (majors 5 and 3, lengths of four bytes)."""
    body = b"\xba" + len(texts).to_bytes(4, "big")
    for text in (part for pair in texts.items() for part in pair):
        encoded = text.encode()
        body += b"\x7a" + len(encoded).to_bytes(4, "big") + encoded
    return body


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
