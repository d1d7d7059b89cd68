"""Refusals in AWS's words, with the code and the form of each service's protocol.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orgkit.cloud.wire import Reply, Request, error_reply
from orgkit.policy import Reason

_CODES: Final[Mapping[str, str]] = MappingProxyType({"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"})
_WORDS: Final[Mapping[str, str]] = MappingProxyType({"SCP": "service control policy", "RCP": "resource control policy"})


def refused(request: Request, who: str, action: str, resource: str | None, by: Reason) -> Reply:
    """Return the refusal of a request that a guardrail stops."""
    policy = _WORDS[by.kind]
    about = f" on resource: {resource}" if resource is not None else ""
    what = f"User: {who} is not authorized to perform: {action}{about}"
    if by.effect == "Deny":
        return denial(request, f"{what} with an explicit deny in a {policy}")
    return denial(request, f"{what} because no {policy} allows the {action} action")


def denial(request: Request, message: str) -> Reply:
    """Return an access denied error with these words."""
    xml = bool(request.form) or request.service in ("s3", "cloudfront", "route53")
    code = _CODES.get(request.service, "AccessDenied" if xml else "AccessDeniedException")
    bare = "x-amz-target" in request.headers or "smithy-protocol" in request.headers  # no meaning in their status
    return error_reply(request, 400 if bare else 403, code, message)
