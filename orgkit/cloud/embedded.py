"""One embedded AWS: AWS's rules for Organizations, moto for everything else, and a record of every change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

from orgkit.cloud import beyond_moto
from orgkit.cloud.authorization import Authorization, Caller, Callers
from orgkit.cloud.clock import Clock
from orgkit.cloud.motoland import LOCK, Moto
from orgkit.cloud.organizations import ApiError, Call, Fate, Organizations
from orgkit.cloud.organizations.limits import Unlimited, limits
from orgkit.cloud.organizations_mirror import mirror
from orgkit.cloud.record import Entry, Record
from orgkit.cloud.wire import Reply, Request, Unsupported, json_reply
from orgkit.errors import FileError

MANAGEMENT_ACCOUNT = "123456789012"
# Services of moto that look accounts and OUs up for themselves.
_LOOK_UP_ACCOUNTS = {"cloudformation", "ram", "securityhub"}
_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/.+")


class EmbeddedAws:
    """An AWS of its own, which begins with one account and no organization.

    Identifiers follow from the record of calls alone, so the same calls make the same ids; in a notebook that runs
    again, and when a state file is opened again.
    """

    def __init__(self, clock: Clock, *, granted: Mapping[str, int] | None = None, record: Record | None = None) -> None:
        self.clock = clock
        self.limits = limits(granted)
        self.organizations = Organizations(MANAGEMENT_ACCOUNT)
        self.moto = Moto()
        self._beyond = beyond_moto.Beyond(self.organizations, self.moto)
        self._record = record
        self._changes = 0
        self._reads = 0
        self._callers = Callers(MANAGEMENT_ACCOUNT, self.moto)
        self._authorization = Authorization(self.organizations, self.moto)
        self._furnished: set[str] = set()
        try:
            for entry in record.entries if record is not None else ():
                self._replay(entry)
        except BaseException:
            self.moto.close()
            raise

    def handle(self, request: Request, fate: Fate | None = None) -> Reply:
        """Answer a request; raises Unsupported for what the embedded AWS cannot do.

        A change is in the state file before the answer goes out.
        """
        with LOCK:
            now = self.clock.time()
            who = self._callers.of(request)
            caller = who.account
            self._settle(caller, now)
            refusal = self._authorization.refusal(request, who, now)
            if refusal is not None:
                return refusal
            if request.service == "organizations":
                return self._call_organizations(request, caller, now, fate or Fate())
            refusal = beyond_moto.refusal(self._beyond, request, who)
            if refusal is not None:
                return refusal
            if beyond_moto.finds(request):
                return self._call_beyond(request, who, now)
            return self._call_moto(request, who, now)

    def close(self) -> None:
        """Forget everything; a state file keeps what it has."""
        self.moto.close()
        if self._record is not None:
            self._record.close()

    # Organizations ------------------------------------------------------------------------------------------------

    def _call_organizations(self, request: Request, caller: str, now: float, fate: Fate) -> Reply:
        try:
            params = request.params
        except ValueError as error:
            return json_reply(400, {"__type": "SerializationException", "Message": str(error)})
        call = self._new_call(request.operation, params, caller, now, fate)
        try:
            reply = self.organizations.call(call)
        except ApiError as error:
            if error.code == "UnsupportedOperation":
                raise Unsupported(error.message) from None
            return json_reply(400, error.to_json(), error.code)
        if call.changed:
            self._changed(Entry.of_organizations(now, caller, call.operation, dict(call.params), fate))
        return json_reply(200, reply)

    def _new_call(self, operation: str, params: dict[str, Any], caller: str, now: float, fate: Fate) -> Call:
        ids = Random(f"organizations/{self._changes}")
        return Call(operation, params, caller, now, ids, self.limits, fate)

    def _settle(self, caller: str, now: float) -> None:
        """Other services see the organization as it is now, also when the calls are carried out again."""
        self.organizations.settle(self._new_call("", {}, caller, now, Fate()))

    def _call_beyond(self, request: Request, who: Caller, now: float) -> Reply:
        self.moto.now = now
        if request.mutates:
            seed = f"change/{self._changes}"
        else:
            self._reads += 1
            seed = f"read/{self._changes}/{self._reads}"
        reply = beyond_moto.answer(self._beyond, request, who.account, seed, root=who.task is not None)
        self._callers.learn(request, reply, who.account)
        if request.mutates and reply.status < 400:
            self._changed(Entry.of_http(now, who.account, request))
        return reply

    # Everything else ----------------------------------------------------------------------------------------------

    def _call_moto(self, request: Request, who: Caller, now: float) -> Reply:
        caller = who.account
        self._furnish(caller)
        assumed: str | None = None
        if request.service == "sts" and request.operation.startswith("AssumeRole"):
            assumed, refusal = self._check_assume_role(request, who, now)
            if refusal is not None:
                return refusal
        if request.service in _LOOK_UP_ACCOUNTS:
            with self.moto.active("mirror"):
                mirror(self.organizations)
        self.moto.now = now
        mutates = request.mutates
        if mutates:
            seed = f"change/{self._changes}"
        else:
            self._reads += 1
            seed = f"read/{self._changes}/{self._reads}"
        reply = self.moto.call(request, caller, seed)
        self._callers.learn(request, reply, assumed or caller)
        if mutates and reply.status < 400:
            self._changed(Entry.of_http(now, caller, request))
        return reply

    def _furnish(self, account: str) -> None:
        """Put the access role into a created account when somebody first goes there: it costs too much for all."""
        org = self.organizations.organization
        if account in self._furnished or org is None or account not in org.accounts:
            return
        self._furnished.add(account)
        entry = org.accounts[account]
        if entry.role is not None:
            self.moto.now = entry.joined
            self.moto.ensure_role(account, entry.role, org.management_id, f"role/{account}")

    def _check_assume_role(self, request: Request, who: Caller, now: float) -> tuple[str | None, Reply | None]:
        """Return the account of the role, or AWS's refusal when there is no such account or role, or it trusts others.

        What the form of the request is worth, moto says.
        """
        found = _ROLE_ARN.fullmatch(request.form.get("RoleArn", ""))
        if found is None:
            return None, None
        self._furnish(found[1])
        return found[1], self._authorization.untrusted(request, who, now)

    # The record ---------------------------------------------------------------------------------------------------

    def _changed(self, entry: Entry) -> None:
        self._changes += 1
        if self._record is not None:
            self._record.append(entry)

    def _replay(self, entry: Entry) -> None:
        if entry.operation is not None:
            call = self._new_call(entry.operation, dict(entry.params), entry.caller, entry.at, entry.fate)
            call.limits, call.recorded = Unlimited(), True
            try:
                self.organizations.call(call)
            except ApiError as error:
                raise self._stale(entry, str(error)) from None
        else:
            assert entry.request is not None
            self._settle(entry.caller, entry.at)
            self._furnish(entry.caller)
            if entry.request.service in _LOOK_UP_ACCOUNTS:
                with self.moto.active("mirror"):
                    mirror(self.organizations)
            self.moto.now = entry.at
            try:
                if beyond_moto.finds(entry.request):
                    seed = f"change/{self._changes}"
                    reply = beyond_moto.answer(self._beyond, entry.request, entry.caller, seed, root=True)
                else:
                    reply = self.moto.call(entry.request, entry.caller, f"change/{self._changes}")
            except Unsupported as error:
                raise self._stale(entry, str(error)) from None
            if reply.status >= 400:
                raise self._stale(entry, reply.body.decode("utf-8", "replace")[:200])
            self._callers.learn(entry.request, reply, entry.caller)
        self._changes += 1

    def _stale(self, entry: Entry, why: str) -> FileError:
        return FileError(
            f"this call cannot be carried out again: {why}",
            where=f"{self._record.path}:{entry.line}" if self._record else None,
            mend="Open it with the version of orgkit and moto that wrote it, or begin a new file.",
        )
