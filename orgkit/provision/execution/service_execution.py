"""Carrying out steps that are one call to a service other than Organizations, by their table."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls
from orgkit.provision.execution.service_calls import SERVICE_CALLS, ServiceCall


def _one(call: ServiceCall) -> Callable[[Calls, dict[str, Any]], tuple[str, ...]]:
    def run(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
        region = parameters.pop("Region", None)
        reply = calls.settle(
            call.operation,
            parameters,
            service=call.client,
            region=region,
            done=(*call.done, *call.existing),
            again=call.again,
        )
        if reply is None and call.existing and not calls.uncertain:
            raise CloudError("somebody else made it meanwhile", mend="Plan again, which compares it.")
        return ()

    return run


EXECUTORS: Final = MappingProxyType({kind: _one(call) for kind, call in SERVICE_CALLS.items()})
