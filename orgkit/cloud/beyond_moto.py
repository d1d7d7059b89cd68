"""What the embedded AWS needs of other services and moto lacks, or does otherwise than AWS, in one table.

Each entry is a function from a call to the members of its reply; a refusal is an ApiError.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orgkit.cloud import protocols
from orgkit.cloud.beyond import account_names, billing, stack_sets
from orgkit.cloud.beyond.state import Beyond, Call, Operation
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.wire import Reply, Request, error_reply

__all__ = ["Beyond", "answer", "finds", "refusal"]


def finds(request: Request) -> bool:
    """Whether a request is answered here."""
    return request.service in _SERVICES and _key(request) in OPERATIONS


def answer(state: Beyond, request: Request, caller: str, seed: str) -> Reply:
    """Answer a request that is found here; `seed` decides the identifiers it makes."""
    try:
        call = Call(protocols.parameters(request), caller, request.region, seed)
        return protocols.reply(request, OPERATIONS[_key(request)](state, call))
    except ApiError as error:
        return error_reply(request, 400, error.code, error.message)
    except ValueError as error:
        return error_reply(request, 400, "SerializationException", str(error))


def refusal(state: Beyond, request: Request, caller: str) -> Reply | None:
    """What AWS says of an Account Management call for another account, where moto would let it pass."""
    if request.service != "account":
        return None
    try:
        account_names.account_of(state, request.params, caller)
    except (ApiError, ValueError) as error:
        return error_reply(
            request, 400, getattr(error, "code", "SerializationException"), getattr(error, "message", str(error))
        )
    return None


def _key(request: Request) -> str:
    return f"{request.service}:{protocols.operation_of(request)}"


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {**account_names.OPERATIONS, **billing.OPERATIONS, **stack_sets.OPERATIONS}
)
_SERVICES: Final = frozenset(name.partition(":")[0] for name in OPERATIONS)
