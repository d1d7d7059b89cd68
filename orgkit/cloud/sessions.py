"""boto3 clients: those of AWS with the caller's credentials, and those of a sandbox, which cannot leave the machine."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from orgkit.cloud.wire import NoAnswer, Reply, Request, Unsupported
from orgkit.errors import CloudError, OrgkitError, TargetError, did_you_mean

ATTEMPTS = 5
FALLBACK_REGION = "us-east-1"
_NOWHERE = "http://127.0.0.1:9"
_RENEW = 600.0  # seconds before credentials of a role run out
Answer = Callable[[Request], Reply]


@dataclass(frozen=True, repr=False)
class Credentials:
    """Keys of an assumed role; never printed."""

    key: str
    secret: str
    token: str
    expires: float


# What a client of the sandbox or of an endpoint signs with: no real key can get near them.
DUMMY = Credentials("sandbox", "sandbox", "", float("inf"))


class Sessions:
    """Makes the clients of one target from one boto3 session.

    `answer` is the embedded AWS; with it every request of every client is answered here or refused.
    """

    def __init__(
        self,
        region: str | None,
        *,
        profile: str | None = None,
        endpoint: str | None = None,
        answer: Answer | None = None,
        attempts: int = ATTEMPTS,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._answer = answer
        self._attempts = attempts
        self._on_close = on_close
        self._real = endpoint is None and answer is None
        self._session = _real_session(profile, region) if self._real else _dummy_session(region)
        self.region: str = self._session.region_name or FALLBACK_REGION

    def client(self, service: str, region: str, credentials: Credentials | None = None, *, once: bool = False) -> Any:
        """Return a new client; `once` sends every request one time only."""
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        known = self._session.get_available_services()
        if service not in known:
            raise TargetError(f'AWS has no service "{service}"', mend=did_you_mean(service, known))
        options: dict[str, Any] = {
            "retries": {"mode": "standard", "total_max_attempts": 1 if once else self._attempts},
            "user_agent_extra": "orgkit",
        }
        if not self._real:
            # The environment of the person at the keyboard must not send a sandbox client anywhere else.
            credentials = credentials or DUMMY
            options |= {
                "ignore_configured_endpoint_urls": True,
                "use_dualstack_endpoint": False,
                "use_fips_endpoint": False,
                "s3": {"addressing_style": "path"},
                "parameter_validation": True,
            }
            options["proxies"] = {}
            if self._endpoint is not None:
                options["inject_host_prefix"] = False
            else:
                # What found a way around the gate would end here: nobody listens.
                options["proxies"] = {"http": _NOWHERE, "https": _NOWHERE}
        keys: dict[str, Any] = {}
        if credentials is not None:
            keys = {
                "aws_access_key_id": credentials.key,
                "aws_secret_access_key": credentials.secret,
                "aws_session_token": credentials.token or None,
            }
        try:
            client = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint, config=Config(**options), **keys
            )
        except BotoCoreError as error:
            raise TargetError(f"no client for {service} can be made: {error}") from None
        if self._endpoint is not None:
            client.meta.events.register_first("before-send.*", _Keep(self._endpoint))
        if self._answer is not None:
            client.meta.events.register_first("before-send.*", _Gate(self._answer))
        return client

    def assume(self, sts: Any, account: str, role: str) -> Credentials:
        """Return credentials of a role in an account."""
        from botocore.exceptions import BotoCoreError, ClientError

        arn = f"arn:aws:iam::{account}:role/{role}"
        try:
            keys = sts.assume_role(RoleArn=arn, RoleSessionName="orgkit")["Credentials"]
        except (BotoCoreError, ClientError) as error:
            raise CloudError(
                f"the role {role} of the account {account} cannot be used: {error}",
                mend="Check that the account is active, that the role exists and that it trusts the caller.",
            ) from None
        expires = keys["Expiration"].timestamp() - _RENEW if self._real else float("inf")
        return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], expires)

    def assume_root(self, sts: Any, account: str, task: str) -> Credentials:
        """Return credentials of a member account's root user that are good for one task, for 15 minutes.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
        """
        from botocore.exceptions import BotoCoreError, ClientError

        policy = {"arn": f"arn:aws:iam::aws:policy/root-task/{task}"}
        try:
            keys = sts.assume_root(TargetPrincipal=account, TaskPolicyArn=policy, DurationSeconds=900)["Credentials"]
        except (BotoCoreError, ClientError) as error:
            raise CloudError(
                f"there is no root session in the account {account}: {error}",
                mend="Check that central root access is on, and that the caller may use sts:AssumeRoot.",
            ) from None
        return Credentials(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], keys["Expiration"].timestamp() - 60
        )

    def close(self) -> None:
        """Let go of what the clients stand on."""
        if self._on_close is not None:
            self._on_close()


class _Keep:
    """Sends every request of a client to one address, also where AWS would put a prefix before the host."""

    def __init__(self, endpoint: str) -> None:
        self._parts = urlsplit(endpoint)

    def __call__(self, request: Any, **_: Any) -> None:
        parts = urlsplit(request.url)
        request.url = parts._replace(scheme=self._parts.scheme, netloc=self._parts.netloc).geturl()


class _Gate:
    """Answers every request of a client in this process; there is no way past it to the network."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: Any, event_name: str = "", **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from botocore.exceptions import ReadTimeoutError

        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        operation = event_name.rpartition(".")[2] or None
        asked = Request(request.method, request.url, headers, bytes(body or b""), operation)
        try:
            reply = self._answer(asked)
        except NoAnswer:
            raise ReadTimeoutError(endpoint_url=request.url) from None
        except Unsupported:
            raise CloudError(
                f"the embedded AWS cannot do {asked.service}:{asked.operation}",
                mend="`target.can(service, operation)` tells beforehand; use an aws target for this.",
            ) from None
        body = b"" if request.method == "HEAD" else reply.body
        return AWSResponse(request.url, reply.status, _headers(reply), _Raw(body))


def _headers(reply: Reply) -> Any:
    from botocore.awsrequest import HeadersDict

    return HeadersDict(reply.headers)


class _Raw:
    """A reply's body, as urllib3 would hand it over."""

    def __init__(self, body: bytes) -> None:
        self._buffer = io.BytesIO(body)

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        return self._buffer.read(-1 if amount is None else amount)

    def stream(self, amount: int = 65536, **_: Any) -> Any:
        while chunk := self._buffer.read(amount):
            yield chunk

    def close(self) -> None:
        self._buffer.close()

    def release_conn(self) -> None:
        return None


def _dummy_session(region: str | None) -> Any:
    """Return a session that reads neither the user's configuration nor the user's credentials."""
    import boto3
    import botocore.session

    nothing = (None, None, None, None)
    core = botocore.session.Session(
        session_vars={
            "profile": nothing,
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
            "ca_bundle": nothing,
        }
    )
    core.set_credentials(DUMMY.key, DUMMY.secret)
    return boto3.Session(botocore_session=core, region_name=region)


def _real_session(profile: str | None, region: str | None) -> Any:
    """Return a session with the caller's own credentials, or say what is missing."""
    import boto3
    from botocore.exceptions import BotoCoreError, ProfileNotFound

    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        found = session.get_credentials()
    except ProfileNotFound:
        known = boto3.Session().available_profiles if not os.environ.get("AWS_PROFILE") else []
        name = profile or os.environ.get("AWS_PROFILE", "")
        raise TargetError(
            f'there is no AWS profile "{name}"',
            mend=did_you_mean(name, known) or f"Run: aws configure sso --profile {name}",
        ) from None
    except BotoCoreError as error:
        raise TargetError(f"the AWS credentials cannot be read: {error}") from None
    if found is None:
        raise TargetError(
            "there are no AWS credentials",
            mend="Set AWS_PROFILE, run `aws sso login`, or name a profile: aws:PROFILE. "
            'To try things out without AWS use "sandbox".',
        )
    return session


def plain(error: BaseException, spec: str) -> OrgkitError | None:
    """Return botocore's errors in the house's words, or None for an error that is not botocore's."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    if isinstance(error, NoCredentialsError):
        return TargetError("there are no AWS credentials", where=spec, mend="Run `aws sso login`.")
    if isinstance(error, ClientError | BotoCoreError):
        return CloudError(str(error), where=spec)
    return None
