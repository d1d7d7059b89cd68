"""The one place that touches moto: many worlds in one process, with ids and times that come out the same again.

moto keeps its state in the process, once. Here a world's state is put in place before a call, and put away when another
world is called; so two sandboxes never see each other, and closing one leaves nothing behind.
A process that also uses moto by itself, with `mock_aws`, resets whichever world was called last: do not mix the two.
"""

from __future__ import annotations

import datetime
import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from orgkit.cloud.wire import Reply, Request, Unsupported
from orgkit.errors import MissingExtra

# moto is neither re-entrant nor made for threads: one call at a time in the whole process.
LOCK = threading.RLock()

_current: Moto | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """A role or a user; `trust` is a role's trust policy."""

    arn: str
    tags: Mapping[str, str]
    trust: str = ""


class Moto:
    """moto's state of one world."""

    def __init__(self) -> None:
        try:
            import moto.backends
            import moto.core.base_backend  # noqa: F401
        except ImportError as error:
            raise MissingExtra("the sandbox needs moto", mend='pip install "orgkit[sandbox]"') from error
        self._put_away: list[tuple[Any, dict[str, Any], dict[str, Any]]] = []
        self._org_configs: dict[str, Any] = {}
        self.now = 0.0

    def call(self, request: Request, account: str, seed: str) -> Reply:
        """Let moto carry out a request in an account; raises Unsupported where it cannot.

        `seed` decides the identifiers it makes.
        """
        from botocore.awsrequest import AWSPreparedRequest, HeadersDict
        from moto.core.botocore_stubber import BotocoreStubber

        headers: Any = HeadersDict({**request.headers, "x-moto-account-id": account})
        prepared = AWSPreparedRequest(request.method, request.url, headers, request.body, False)
        skipping = skipping_resources() if request.service == "cloudformation" else nullcontext()
        with self.active(seed), skipping:
            try:
                answer = BotocoreStubber().process_request(prepared)
            except NotImplementedError as error:
                raise Unsupported(str(error)) from None
            except Exception as error:  # moto stumbles over some requests that it did not expect
                raise Unsupported(f"moto: {error!r}") from error
        if answer is None or (answer[0] == 404 and answer[2] == "Not yet implemented"):
            raise Unsupported(request.url)
        status, reply_headers, body = answer
        return Reply(
            int(status),
            {str(name).lower(): str(value) for name, value in reply_headers.items()},
            body.encode() if isinstance(body, str) else body,
        )

    @contextmanager
    def active(self, seed: str) -> Iterator[None]:
        """Put this world's state in place, with its time and its identifiers."""
        global _current  # noqa: PLW0603 - moto's state is global, so which world owns it is too
        from moto.moto_api._internal import mock_random

        with LOCK:
            if _current is not self:
                if _current is not None:
                    _current._leave()
                self._enter()
                _current = self
            with _time(lambda: self.now), _seeded_backends(), _no_images():
                mock_random.seed(seed)
                yield

    def put_away(self) -> None:
        """Take this world out of moto; its state stays as long as somebody refers to it."""
        global _current  # noqa: PLW0603
        with LOCK:
            if _current is self:
                self._leave()
                _current = None

    def close(self) -> None:
        """Forget this world's state."""
        global _current  # noqa: PLW0603
        with LOCK:
            if _current is self:
                self._leave()
                _current = None
            self._put_away.clear()

    def _leave(self) -> None:
        instances = _instances()
        self._put_away = []
        for backends in list(instances):
            extra = {
                name: value
                for name, value in vars(backends).items()
                if isinstance(value, dict)  # S3's bucket names, the organizations' members
            }
            self._put_away.append((backends, dict(backends.items()), extra))
            dict.clear(backends)
            for name in extra:
                setattr(backends, name, {})
        instances.clear()
        self._org_configs = _swap_org_configs({})

    def _enter(self) -> None:
        instances = _instances()
        for backends, content, extra in self._put_away:
            dict.update(backends, content)
            vars(backends).update(extra)
            instances.append(backends)
        self._put_away = []
        _swap_org_configs(self._org_configs)

    def ensure_role(self, account: str, role: str, management: str, seed: str) -> None:
        """Make the role that AWS puts into a created account, unless it is there."""
        from moto.iam.models import iam_backends

        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{management}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        everything = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }
        with self.active(seed):
            iam = iam_backends[account]["aws"]
            iam.create_role(
                role_name=role,
                assume_role_policy_document=json.dumps(trust),
                path="/",
                permissions_boundary=None,
                description="",
                tags=[],
                max_session_duration="3600",
            )
            # AWS attaches AdministratorAccess; moto has the managed policies only at 31 MB an account.
            iam.put_role_policy(role, "AdministratorAccess", json.dumps(everything))

    def principal(self, account: str, kind: str, name: str) -> Principal | None:
        """Return a role or a user ("role", "user") of an account by its name, or None."""
        from moto.iam.models import iam_backends

        with self.active("look"):
            iam = iam_backends[account]["aws"]
            entries = iam.roles if kind == "role" else iam.users
            found = next((entry for entry in entries.values() if entry.name == name), None)
            if found is None:
                return None
            trust: Any = getattr(found, "assume_role_policy_document", "")
            text = trust if isinstance(trust, str) else json.dumps(trust)  # a stack gives it as an object
            return Principal(found.arn, {tag["Key"]: tag["Value"] for tag in found.tags or ()}, text)

    def bucket_owner(self, bucket: str) -> str | None:
        """Return the account that a bucket belongs to, or None where there is no such bucket."""
        from moto.s3.models import s3_backends

        with self.active("look"):
            return s3_backends.bucket_accounts.get(bucket, (None, None))[1]


def _instances() -> list[Any]:
    """Return moto's list of the services that hold anything."""
    from moto.core.base_backend import BackendDict

    kept: Any = BackendDict
    instances: list[Any] = kept._instances
    return instances


def _swap_org_configs(value: dict[str, Any]) -> dict[str, Any]:
    # Security Hub keeps what is delegated per organization on its class, outside of the backends.
    from moto.securityhub.models import SecurityHubBackend

    before: dict[str, Any] = SecurityHubBackend._org_configs
    SecurityHubBackend._org_configs = value
    return before


@contextmanager
def _seeded_backends() -> Iterator[None]:
    """Let what moto makes up when an account first uses a service depend on the account, the service and the region.

    A read may be first, and reads are not replayed: the identity store's id must come out the same all the same.
    """
    from moto.core.base_backend import AccountSpecificBackend
    from moto.moto_api._internal import mock_random

    kind: Any = AccountSpecificBackend
    original = kind.__getitem__

    def get(self: Any, region: str) -> Any:
        if dict.__contains__(self, region):
            return original(self, region)
        state = mock_random.getstate()
        mock_random.seed(f"backend/{self.service_name}/{self.account_id}/{region}")
        try:
            return original(self, region)
        finally:
            mock_random.setstate(state)

    kind.__getitem__ = get
    try:
        yield
    finally:
        kind.__getitem__ = original


@contextmanager
def _no_images() -> Iterator[None]:
    """Let moto's EC2 begin without machine images: loading them takes 0.3 s for every account that is entered."""
    from moto import settings

    original = settings.ec2_load_default_amis
    settings.ec2_load_default_amis = lambda: False
    try:
        yield
    finally:
        settings.ec2_load_default_amis = original


@contextmanager
def skipping_resources() -> Iterator[None]:
    """Let moto skip the resources of a template that it cannot make without a word: a plan names them beforehand."""
    log = logging.getLogger("moto")
    about = "No Moto CloudFormation support"

    def others(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(about)

    log.addFilter(others)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Tried to parse .* not supported by moto", category=UserWarning)
            yield
    finally:
        log.removeFilter(others)


@contextmanager
def _time(now: Callable[[], float]) -> Iterator[None]:
    """Let moto's own clock (`utcnow`, which nearly all of its services use) show the world's time."""
    import moto.core.utils

    utils: Any = moto.core.utils

    class WorldTime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
            return datetime.datetime.fromtimestamp(now(), tz)

    names = {**vars(datetime), "datetime": WorldTime}
    utils.datetime = SimpleNamespace(**names)
    try:
        yield
    finally:
        utils.datetime = datetime
