"""Calls to AWS on behalf of a step: paced, journalled before and after, repeated where AWS means "again"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.secrets import external_id_to_send
from orgkit.errors import CloudError
from orgkit.provision.execution.control import Stop
from orgkit.provision.execution.journal import CALL, ERROR, REPLY, Entry, Journal
from orgkit.provision.execution.redaction import redacted
from orgkit.provision.execution.veil import Veil

if TYPE_CHECKING:
    from orgkit.cloud import Target

# Nothing was done, and the same request will do later. How botocore repeats does not matter: it sends once for us.
# https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html and each operation's errors.
AGAIN: Final = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "PriorRequestNotComplete",
        "SlowDown",
    }
)
# Limits on what is under way at one time, which pass by themselves.
AGAIN_REASONS: Final = frozenset(
    {
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
        "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
    }
)
# AWS failed, before or after it did what was asked: as uncertain as no answer at all.
_UNCERTAIN: Final = frozenset({"ServiceException", "InternalFailure", "InternalServiceError", "ServiceUnavailable"})
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
# Seconds: how long "again" is believed, how often an unanswered request is sent again, and the pauses between.
PATIENCE: Final = 900.0
LONG_PATIENCE: Final = 3600.0
_SLOW: Final = AGAIN_REASONS | {"FinalizingOrganizationException"}
UNANSWERED: Final = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
# A role of an account that was made a moment ago may not be there yet.
_NEW_ACCOUNT: Final = 120.0


class Stopped(Exception):
    """The run is to stop; the call in flight has ended."""


class NoReply(Exception):
    """AWS did not answer, or failed in itself, so nobody knows whether the call was carried out."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an interrupted run left of one operation of a step: the last reply, and whether the last call had none."""

    reply: Mapping[str, Any] | None = None
    unanswered: bool = False


class Calls:
    """Makes the calls of one step.

    `account` is the id of the member account that calls of other services than Organizations go to, through its access
    role or `role`; without it they are made in the caller's own account.
    """

    def __init__(
        self,
        step: str,
        target: Target,
        journal: Journal,
        stop: Stop,
        *,
        account: str | None = None,
        role: str | None = None,
        seed: str = "",
        earlier: Iterable[Entry] = (),
        resumed: bool = False,
        new_accounts: Collection[str] = (),
    ) -> None:
        self.step = step
        self.resumed = resumed  # the run goes on after an interruption
        self._target = target
        self._journal = journal
        self._stop = stop
        self._seed = seed
        self._earlier = tuple(earlier)
        self._unanswered = False
        self._new_accounts = new_accounts
        self._account, self._role = account, role
        self._pauses = 0
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        """Have a line stand beside the step's result: what a long operation came to, one by one."""
        self.told.append(redacted(text))

    @property
    def uncertain(self) -> bool:
        """Whether part of this step may have been done already: by an interrupted run, or by an unanswered call.

        Only then may "it exists already" be taken as this step's own work.
        """
        return self._unanswered or bool(self._earlier)

    def earlier(self, operation: str, *, service: str = "organizations") -> Earlier:
        """What the journal has of an operation that an interrupted run called in this step."""
        found = Earlier()
        for entry in self._earlier:
            if entry.operation != f"{service}:{operation}":
                continue
            if entry.event == CALL:
                found = Earlier(found.reply, unanswered=True)
            elif entry.event == REPLY:
                found = Earlier(entry.data or {})
            elif entry.data and "code" in entry.data:
                found = Earlier(found.reply)
        return found

    def call(
        self,
        operation: str,
        parameters: dict[str, Any],
        *,
        service: str = "organizations",
        account: str | None = None,
        region: str | None = None,
        root_task: str | None = None,
        done: Collection[str] = (),
        again: Collection[str] = (),
    ) -> dict[str, Any] | None:
        """Make one call and return its reply, or None where AWS answers with a code of `done`: it is so already.

        `account` is another account than the step's own to make the call in, by id; with `root_task` as its root user,
        who may do that task and nothing else. `again` are further codes that mean "later". What stands for a secret in
        the parameters is put in here, and taken out of what is written down.
        Raises CloudError where AWS refuses, NoReply where it does not answer, Stopped before a call when asked to stop.
        """
        from botocore import xform_name
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            ConnectionError,
            HTTPClientError,
            IncompleteReadError,
        )
        from botocore.parsers import ResponseParserError

        name = f"{service}:{operation}"
        veil = Veil(operation, parameters, lambda reference: external_id_to_send(reference, self._target))
        if service != "organizations":
            account = account or self._account
        waited = 0.0
        while True:
            client = self._client(service, account, region, root_task)
            if service == "organizations":
                self.pause(self._target.pace.reserve(operation))
            if self._stop.is_set():
                raise Stopped
            self._note(CALL, name, account, parameters)
            try:
                reply: dict[str, Any] = getattr(client, xform_name(operation))(**veil.lift())
            except ClientError as error:
                code = error.response["Error"]["Code"]
                reason = error.response.get("Reason")
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
                if status != 501 and (status >= 500 or code in _UNCERTAIN) and code not in AGAIN:
                    raise self._no_reply(name, account, veil.hide(str(error))) from None
                failure = {"code": code, "reason": reason, "message": veil.hide(str(error))}
                self._note(ERROR, name, account, failure)
                if code in done:
                    return None
                later = code in AGAIN or code in again or reason in AGAIN_REASONS
                slow = code in _SLOW or reason in _SLOW
                if later and waited < (LONG_PATIENCE if slow else PATIENCE):
                    waited += self.back_off(slow=slow)
                    continue
                message = redacted(veil.hide(error.response["Error"].get("Message") or code))
                raise CloudError(
                    f"{operation}: {message}" + (f", and so for {waited / 60:.0f} min" if later else ""),
                    where=f"{code}{f' {reason}' if reason else ''}",
                    mend=_mend(name, code, later),
                ) from None
            except (HTTPClientError, ConnectionError, IncompleteReadError, ResponseParserError) as error:
                raise self._no_reply(name, account, veil.hide(str(error))) from None
            except BotoCoreError as error:
                message = redacted(veil.hide(str(error)))
                self._note(ERROR, name, account, {"code": type(error).__name__, "message": message})
                raise CloudError(f"{operation}: {message}") from None
            reply.pop("ResponseMetadata", None)
            self._note(REPLY, name, account, veil.hide(reply))
            return reply

    def settle(self, operation: str, parameters: dict[str, Any], **where: Any) -> dict[str, Any] | None:
        """`call`, with the same arguments, for operations that may safely be sent again when no reply came."""
        for attempt in range(UNANSWERED):
            try:
                return self.call(operation, parameters, **where)
            except NoReply as error:
                if attempt + 1 == UNANSWERED:
                    raise CloudError(
                        f"{operation}: AWS did not answer {UNANSWERED} times: {error}",
                        mend="Look at the connection, then resume.",
                    ) from None
                self.back_off()
        raise AssertionError("the last attempt returns or raises")

    def pages(
        self,
        operation: str,
        key: str,
        parameters: dict[str, Any] | None = None,
        *,
        token: str = "NextToken",
        **where: Any,
    ) -> list[dict[str, Any]]:
        """Every item of a list; `token` is what the next page is asked for with (`Marker` in IAM)."""
        items: list[dict[str, Any]] = []
        asked = dict(parameters or {})
        while True:
            reply = self.settle(operation, asked, **where) or {}
            items += reply.get(key) or []
            if reply.get(token) is None:
                return items
            asked[token] = reply[token]

    def back_off(self, *, slow: bool = False) -> float:
        """Wait before the next attempt, longer each time, by chance that the plan seeds; returns the seconds."""
        self._pauses += 1
        longest = LONGEST_PAUSE * 3 if slow else LONGEST_PAUSE
        most = min(longest, FIRST_PAUSE * 2 ** min(self._pauses, 10))
        seconds: float = most * (0.5 + Random(f"{self._seed}/{self.step}/{self._pauses}").random() / 2)
        self.pause(seconds)
        return seconds

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

    def _client(self, service: str, account: str | None, region: str | None, root_task: str | None) -> Any:
        place: dict[str, Any] = {"account": account} if account is not None else {}
        if root_task is not None:
            place["root_task"] = root_task
        if self._role is not None and account is not None and account == self._account:
            place["role"] = self._role
        waited = 0.0
        while True:
            try:
                return self._target.client(service, region=region, once=True, **place)
            except CloudError:
                if account not in self._new_accounts or waited >= _NEW_ACCOUNT:
                    raise
                waited += self.back_off()

    def _no_reply(self, name: str, account: str | None, message: str) -> NoReply:
        self._unanswered = True
        self._note(ERROR, name, account, {"message": message})
        return NoReply(redacted(message))

    def _note(self, event: str, operation: str, account: str | None, data: Any) -> None:
        self._journal.write(self.now(), self.step, event, operation, account, redacted(data))


def _mend(name: str, code: str, later: bool) -> str | None:
    if code in _DENIED:
        return f"Allow {name} to the caller, in its own policies and in the guardrails; then resume."
    return "Resume later." if later else None
