"""Who calls: an account, and as far as it is known the principal behind an access key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orgkit.cloud.wire import Reply, Request

if TYPE_CHECKING:
    from orgkit.cloud.motoland import Moto

_ACCESS_KEY = re.compile(r"<AccessKeyId>(\w+)</AccessKeyId>")
_SESSION = re.compile(r"<Arn>(arn:[^<]+:assumed-role/[^<]+)</Arn>")
_SESSION_TAG = re.compile(r"Tags\.member\.\d+\.Key")
_TRANSITIVE = re.compile(r"TransitiveTagKeys\.member\.\d+")
_USER = re.compile(r"<UserName>([^<]+)</UserName>")


@dataclass(frozen=True, slots=True)
class Caller:
    """An account and its principal: `arn` is what `aws:PrincipalArn` holds, None where any principal may be meant.

    `session` is the ARN by which messages name a role that was assumed; `tags` are the principal's, None if unknown;
    `transitive` are the keys of those that go on to the next session. `task` is what a privileged session as the
    account's root user is for.
    """

    account: str
    arn: str | None = None
    session: str | None = None
    tags: Mapping[str, str] | None = None
    task: str | None = None
    transitive: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.session or self.arn or f"arn:aws:iam::{self.account}:root"


# Who shows a token instead of signing: of no account.
NOBODY: Final = Caller("", session="anonymous")


@dataclass(slots=True)
class Callers:
    """The access keys that this AWS has given out, and whose they are; another key is the management account's."""

    management: str
    moto: Moto
    keys: dict[str, Caller] = field(default_factory=dict)

    def of(self, request: Request) -> Caller:
        """Return who made a request."""
        named = request.headers.get("x-moto-account-id")
        if named:
            return Caller(named)
        return self.keys.get(request.access_key) or Caller(self.management)

    def learn(self, request: Request, reply: Reply, account: str) -> None:
        """Remember the key that a reply gives out; `account` is where it works."""
        if request.service not in ("iam", "sts") or reply.status >= 400:
            return
        text = reply.body.decode("utf-8", "replace")
        key = _ACCESS_KEY.search(text)
        if key is None:
            return
        if request.service == "iam":
            user = _USER.search(text)
            self.keys[key[1]] = self._user(account, user[1] if user else "")
            return
        if request.form.get("Action") == "AssumeRoot":
            member, task = request.form["TargetPrincipal"], request.form["TaskPolicyArn.arn"].rpartition("/")[2]
            self.keys[key[1]] = Caller(member, f"arn:aws:iam::{member}:root", task=task)
            return
        session = _SESSION.search(text)
        self.keys[key[1]] = self._role(account, request, session[1]) if session else self.of(request)

    def _user(self, account: str, name: str) -> Caller:
        found = self.moto.principal(account, "user", name)
        return Caller(account, found.arn, tags=found.tags) if found is not None else Caller(account)

    def _role(self, account: str, request: Request, session: str) -> Caller:
        form = request.form
        asked = form.get("RoleArn", "")
        found = self.moto.principal(account, "role", asked.rpartition("/")[2])
        if found is None:
            return Caller(account, asked, session)
        if form.get("Action") != "AssumeRole":  # what an identity provider says of people is not looked into
            return Caller(account, found.arn, session)
        mine = {form[name]: form.get(f"{name[:-3]}Value", "") for name in form if _SESSION_TAG.fullmatch(name)}
        before = self.of(request)
        kept = {key: value for key, value in (before.tags or {}).items() if key in before.transitive}
        going = before.transitive.union(form[name] for name in form if _TRANSITIVE.fullmatch(name))
        return Caller(account, found.arn, session, {**found.tags, **mine, **kept}, transitive=going)
