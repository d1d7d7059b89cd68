"""Calls to AWS on behalf of a step: paced, journalled before and after, repeated where AWS means "again"."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Protocol

from orgkit.cloud.secrets import external_id
from orgkit.errors import CloudError
from orgkit.provision.journal import CALL, ERROR, REPLY, Journal
from orgkit.provision.veil import Veil

if TYPE_CHECKING:
    from orgkit.cloud import Target

# botocore repeats throttling by itself; none of the others.
AGAIN = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
        "TooManyRequestsException",
        "ServiceException",
        "InternalFailure",
        "ServiceUnavailable",
    }
)
# Limits on what is under way at one time, which pass by themselves.
AGAIN_REASONS = frozenset({"ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED"})
ATTEMPTS = 12
LONGEST_PAUSE = 20.0


class Stop(Protocol):
    """A cancellation token, such as threading.Event."""

    def is_set(self) -> bool: ...


class Stopped(Exception):
    """The run is to stop; the call in flight has ended."""


class NoReply(Exception):
    """AWS did not answer, so nobody knows whether the call was carried out."""


class Calls:
    """Makes the calls of one step."""

    def __init__(
        self,
        step: str,
        target: Target,
        journal: Journal,
        stop: Stop,
        *,
        doubtful: bool = False,
        account: str | None = None,
        role: str | None = None,
    ) -> None:
        self.step = step
        self.doubtful = doubtful  # an earlier run began this step and did not end it
        self._place: dict[str, Any] = {"account": account} | ({} if role is None else {"role": role})
        self._target = target
        self._journal = journal
        self._stop = stop

    def call(
        self, operation: str, parameters: dict[str, Any], *, service: str = "organizations", done: Collection[str] = ()
    ) -> dict[str, Any] | None:
        """Make one call and return its reply, or None where AWS answers with a code of `done`: it is so already.

        Raises CloudError where AWS refuses, NoReply where it does not answer, Stopped before a call when asked to stop.
        """
        from botocore import xform_name
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            ConnectionClosedError,
            ConnectTimeoutError,
            EndpointConnectionError,
            ReadTimeoutError,
        )

        veil = Veil(parameters, lambda reference: external_id(reference, self._target))
        client = self._target.client(service, **({} if service == "organizations" else self._place))
        for attempt in range(ATTEMPTS):
            if self._stop.is_set():
                raise Stopped
            self._target.pace.wait(operation)
            self._note(CALL, operation, parameters)
            try:
                reply: dict[str, Any] = getattr(client, xform_name(operation))(**veil.lift())
            except ClientError as error:
                code = error.response["Error"]["Code"]
                reason = error.response.get("Reason")
                self._note(ERROR, operation, {"code": code, "reason": reason, "message": veil.hide(str(error))})
                if code in done:
                    return None
                if (code in AGAIN or reason in AGAIN_REASONS) and attempt + 1 < ATTEMPTS:
                    self.pause(min(LONGEST_PAUSE, 0.5 * 2**attempt))
                    continue
                raise CloudError(
                    f"{operation}: {veil.hide(error.response['Error'].get('Message') or code)}",
                    where=f"{code}{f' {reason}' if reason else ''}",
                ) from None
            except (ReadTimeoutError, ConnectTimeoutError, ConnectionClosedError, EndpointConnectionError) as error:
                self._note(ERROR, operation, {"message": str(error)})
                raise NoReply(str(error)) from None
            except BotoCoreError as error:
                message = veil.hide(str(error))
                self._note(ERROR, operation, {"message": message})
                raise CloudError(f"{operation}: {message}") from None
            reply.pop("ResponseMetadata", None)
            self._note(REPLY, operation, veil.hide(reply))
            return reply
        raise AssertionError("the last attempt returns or raises")

    def settle(
        self, operation: str, parameters: dict[str, Any], *, service: str = "organizations", done: Collection[str] = ()
    ) -> dict[str, Any] | None:
        """`call` for operations that may safely be sent again when no reply came."""
        for attempt in range(ATTEMPTS):
            try:
                return self.call(operation, parameters, service=service, done=done)
            except NoReply as error:
                if attempt + 1 == ATTEMPTS:
                    raise CloudError(f"{operation}: AWS did not answer: {error}") from None
                self.pause(min(LONGEST_PAUSE, 0.5 * 2**attempt))
        raise AssertionError("the last attempt returns or raises")

    def pages(self, operation: str, key: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every item of a list."""
        items: list[dict[str, Any]] = []
        asked = dict(parameters or {})
        while True:
            reply = self.settle(operation, asked) or {}
            items += reply[key]
            if reply.get("NextToken") is None:
                return items
            asked["NextToken"] = reply["NextToken"]

    def pause(self, seconds: float) -> None:
        """Wait by the target's clock, a second at a time, so that a stop is heard."""
        while seconds > 0:
            if self._stop.is_set():
                raise Stopped
            slice_ = min(1.0, seconds)
            self._target.clock.sleep(slice_)
            seconds -= slice_

    def now(self) -> float:
        """The target's time, in seconds since 1970."""
        return self._target.clock.time()

    def _note(self, event: str, operation: str, data: Any) -> None:
        self._journal.write(self.now(), self.step, event, operation, data)
