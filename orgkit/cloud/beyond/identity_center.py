"""Identity Center: what bounds a permission set, and groups that change.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutPermissionsBoundaryToPermissionSet.html
https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_UpdateGroup.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.cloud.beyond.state import Beyond, Call, Operation
from orgkit.cloud.organizations.errors import ApiError

_FIELDS: Final = {"description": "Description", "displayname": "DisplayName"}


def _permission_set(call: Call) -> Any:
    from moto.ssoadmin.exceptions import ResourceNotFoundException
    from moto.ssoadmin.models import ssoadmin_backends

    try:
        backend: Any = ssoadmin_backends[call.caller][call.region]
        return backend._find_permission_set(call.params["InstanceArn"], call.params["PermissionSetArn"])
    except ResourceNotFoundException as error:
        raise ApiError("ResourceNotFoundException", str(error.message)) from error


def _put(state: Beyond, call: Call) -> dict[str, Any]:
    boundary = call.params["PermissionsBoundary"]
    if len(boundary) != 1:
        raise ApiError("ValidationException", "Give one of ManagedPolicyArn and CustomerManagedPolicyReference.")
    with state.moto.active("look"):
        _permission_set(call).boundary = dict(boundary)
    return {}


def _get(state: Beyond, call: Call) -> dict[str, Any]:
    with state.moto.active("look"):
        boundary = getattr(_permission_set(call), "boundary", None)
    if boundary is None:
        raise ApiError("ResourceNotFoundException", "The permission set has no permissions boundary.")
    return {"PermissionsBoundary": boundary}


def _delete(state: Beyond, call: Call) -> dict[str, Any]:
    _get(state, call)
    with state.moto.active("look"):
        _permission_set(call).boundary = None
    return {}


def _update_group(state: Beyond, call: Call) -> dict[str, Any]:
    from moto.identitystore.models import identitystore_backends

    with state.moto.active("look"):
        store = identitystore_backends[call.caller][call.region].identity_stores.get(call.params["IdentityStoreId"])
        group: Any = store.groups.get(call.params["GroupId"]) if store is not None else None
        if store is None or group is None:
            raise ApiError("ResourceNotFoundException", f"There is no group {call.params['GroupId']}.")
        for change in call.params["Operations"]:
            path = str(change["AttributePath"])
            if path.casefold() not in _FIELDS:
                raise ApiError("ValidationException", f"{path} is no attribute of a group that can be changed.")
            group = group._replace(**{_FIELDS[path.casefold()]: change.get("AttributeValue", "")})
        store.groups[group.GroupId] = group
    return {}


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "sso:PutPermissionsBoundaryToPermissionSet": _put,
        "sso:GetPermissionsBoundaryForPermissionSet": _get,
        "sso:DeletePermissionsBoundaryFromPermissionSet": _delete,
        "identitystore:UpdateGroup": _update_group,
    }
)
