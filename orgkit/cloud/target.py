"""A target: an embedded AWS, an endpoint on this machine, or AWS, and the clients to work with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from orgkit.cloud.capabilities import Capability, capability
from orgkit.cloud.clock import Clock
from orgkit.cloud.pacing import Pacer, Rate
from orgkit.cloud.sessions import Credentials, Sessions
from orgkit.errors import AmbiguousName, CloudError, TargetError, UnknownName, did_you_mean

ACCESS_ROLE = "OrganizationAccountAccessRole"
# AWS has no idempotency token here: a request that is sent again after a lost reply makes a second account.
ONCE_ONLY = {"organizations": ("create_account", "create_gov_cloud_account")}


class Target:
    """Where an organization lives. Use it as a context manager, or call `close`.

    `kind` is "sandbox", "endpoint" or "aws"; `pace` holds callers to AWS's published rates on "aws" and to none
    elsewhere, unless asked.
    """

    def __init__(self, spec: str, kind: str, sessions: Sessions, clock: Clock, *, paced: bool) -> None:
        self.spec = spec
        self.kind = kind
        self.clock = clock
        self.region = sessions.region
        no_rates: Mapping[str, Rate] = {}
        self.pace = Pacer(clock, None if paced else no_rates)
        self._sessions = sessions
        self._clients: dict[tuple[str, str, str, str, bool], tuple[Any, float]] = {}
        self._assumed: dict[tuple[str, str], Credentials] = {}  # account, role or root task
        self._lock = threading.RLock()
        self._identity: tuple[str, str] | None = None  # the account and the ARN of the caller
        self._closed = False

    def client(
        self,
        service: str,
        account: str | None = None,
        region: str | None = None,
        role: str = ACCESS_ROLE,
        *,
        once: bool = False,
        root_task: str | None = None,
    ) -> Any:
        """Return a boto3 client in the caller's own account, or in a member account through one of its roles.

        `account` is an id, or a name or email that one account has. `once` sends every request one time only, for
        callers that repeat by themselves. `root_task` is AWS's name of a task that a privileged session as the member
        account's root user is for, such as IAMDeleteRootUserCredentials. Clients are kept and shared between threads;
        one for a member account lives as long as its credentials, so ask again for every step.
        Errors: UnknownName, AmbiguousName, TargetError (closed, unknown service), CloudError (the role said no).
        """
        if self._closed:
            raise TargetError(f"the target {self.spec} is closed", mend="Call orgkit.connect again.")
        where = region or self.region
        with self._lock:
            account_id = "" if account is None else self.account(account)
            if self._identity is not None and account_id == self._identity[0]:
                account_id = ""
            through = root_task or role if account_id else ""
            key = (service, account_id, where, through, once)
            kept = self._clients.get(key)
            if kept is not None and kept[1] > self.clock.time():
                return kept[0]
            credentials = self._credentials(account_id, where, role, root_task) if account_id else None
            client = self._sessions.client(service, where, credentials, once=once)
            for method in () if once else ONCE_ONLY.get(service, ()):
                single = self._sessions.client(service, where, credentials, once=True)
                setattr(client, method, getattr(single, method))
            self._clients[key] = (client, credentials.expires if credentials else float("inf"))
            return client

    def _credentials(self, account: str, region: str, role: str, root_task: str | None) -> Credentials:
        """Those of a role, assumed once for the clients of all services and regions, until they run out."""
        kept = self._assumed.get((account, root_task or role))
        if kept is not None and kept.expires > self.clock.time():
            return kept
        if root_task is None:
            new = self._sessions.assume(self._sts(), account, role)
        else:
            new = self._sessions.assume_root(self.client("sts", region=region), account, root_task)
        self._assumed[account, root_task or role] = new
        return new

    @property
    def account_id(self) -> str:
        """The account the target's own credentials belong to; as a rule the management account."""
        return self._who()[0]

    @property
    def caller(self) -> str:
        """The ARN that the target's own credentials belong to."""
        return self._who()[1]

    def _who(self) -> tuple[str, str]:
        if self._identity is None:
            with _plain_errors(self):
                said = self._sts().get_caller_identity()
                self._identity = (str(said["Account"]), str(said["Arn"]))
        return self._identity

    def account(self, reference: str) -> str:
        """Return the id of the account with this id, name or email."""
        if len(reference) == 12 and reference.isdigit():
            return reference
        with _plain_errors(self):
            pages = self.client("organizations").get_paginator("list_accounts").paginate()
            accounts = [account for page in pages for account in page["Accounts"]]
        wanted = reference.casefold()
        found = [a for a in accounts if a["Email"].casefold() == wanted] or [
            a for a in accounts if a["Name"] == reference
        ]
        if not found:
            known = [a["Name"] for a in accounts]
            raise UnknownName(f'no account is called "{reference}"', mend=did_you_mean(reference, known))
        if len(found) > 1:
            ids = ", ".join(a["Id"] for a in found)
            raise AmbiguousName(f'several accounts are called "{reference}": {ids}', mend="Name one by its id.")
        return str(found[0]["Id"])

    def can(self, service: str, operation: str | None = None) -> Capability:
        """Say whether the target can do a service or an operation; what it cannot, it says in words."""
        return capability(self.kind, service, operation)

    @contextmanager
    def again(self) -> Iterator[Target]:
        """This target, or the same place opened once more where it is closed: for a late look at what was read."""
        if not self._closed:
            yield self
            return
        from orgkit.cloud.connect import connect

        nameless = self.spec == "sandbox"
        same = Target(self.spec, self.kind, self._sessions, self.clock, paced=False) if nameless else None
        with same or connect(self.spec, region=self.region, clock=self.clock) as target:
            yield target

    def close(self) -> None:
        """Let go of the clients and, for a sandbox with a file, of the file."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._clients.clear()
                self._assumed.clear()
                self._sessions.close()

    def __enter__(self) -> Target:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Target({self.spec!r})"

    def _sts(self) -> Any:
        return self.client("sts")


class _plain_errors:
    """Turn what botocore raises into the errors of the house."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from orgkit.cloud.sessions import plain

        if error is not None and not isinstance(error, CloudError):
            told = plain(error, self._target.spec)
            if told is not None:
                raise told from None
