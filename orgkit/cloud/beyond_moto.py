"""What the embedded AWS needs of other services and moto lacks, or does otherwise than AWS, in one table.

Each entry is a function from a call to the members of its reply; a refusal is an ApiError.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orgkit.cloud import protocols
from orgkit.cloud.beyond import account_names, billing, guardduty, identity_center, root_access, stack_sets
from orgkit.cloud.beyond.state import Beyond, Call, Operation
from orgkit.cloud.organizations.errors import ApiError
from orgkit.cloud.wire import Reply, Request, error_reply

if TYPE_CHECKING:
    from orgkit.cloud.authorization import Caller

__all__ = ["Beyond", "answer", "finds", "refusal"]


def finds(request: Request) -> bool:
    """Whether a request is answered here."""
    if request.service not in _SERVICES or _key(request) not in OPERATIONS:
        return False
    # Where a user is named, moto answers.
    own = request.service == "iam" and protocols.operation_of(request) in root_access.OWN
    return not own or "UserName" not in request.form


def answer(state: Beyond, request: Request, caller: str, seed: str, *, root: bool = False) -> Reply:
    """Answer a request that is found here; `seed` decides the identifiers it makes, `root` says that root asks."""
    try:
        call = Call(protocols.parameters(request), caller, request.region, seed, root)
        return protocols.reply(request, OPERATIONS[_key(request)](state, call))
    except ApiError as error:
        return error_reply(request, 400, error.code, error.message)
    except ValueError as error:
        return error_reply(request, 400, "SerializationException", str(error))


def refusal(state: Beyond, request: Request, who: Caller) -> Reply | None:
    """What AWS says where moto would let a call pass: to a privileged session that leaves its task, and to Account
    Management for another account.
    """
    if who.task is not None:
        return root_access.refusal(request, who, protocols.operation_of(request))
    if request.service != "account":
        return None
    try:
        account_names.account_of(state, request.params, who.account)
    except (ApiError, ValueError) as error:
        return error_reply(
            request, 400, getattr(error, "code", "SerializationException"), getattr(error, "message", str(error))
        )
    return None


def _key(request: Request) -> str:
    return f"{request.service}:{protocols.operation_of(request)}"


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        **account_names.OPERATIONS,
        **billing.OPERATIONS,
        **guardduty.OPERATIONS,
        **identity_center.OPERATIONS,
        **root_access.OPERATIONS,
        **stack_sets.OPERATIONS,
    }
)
_SERVICES: Final = frozenset(name.partition(":")[0] for name in OPERATIONS)
