"""From a spec such as `sandbox:FILE` to a target."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from orgkit.cloud.clock import Clock, SystemClock
from orgkit.cloud.faults import Faults
from orgkit.cloud.sessions import ATTEMPTS, FALLBACK_REGION, Sessions
from orgkit.cloud.target import Target
from orgkit.errors import CloudError, TargetError, did_you_mean

KINDS = ("sandbox", "endpoint", "aws")
_PLAIN_URL = re.compile(r"https?://(?:\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d+)?/?")
FORMS = "sandbox, sandbox:FILE, endpoint:URL, aws, aws:PROFILE"


def connect(
    spec: str = "sandbox",
    *,
    region: str | None = None,
    faults: Faults | None = None,
    clock: Clock | None = None,
    paced: bool | None = None,
    attempts: int = ATTEMPTS,
    limits: Mapping[str, int] | None = None,
) -> Target:
    """Return the target that a spec names: sandbox, sandbox:FILE, endpoint:URL, aws, aws:PROFILE.

    `faults` and `limits` (quotas by name, for example {"accounts": 10}) are for a sandbox. `paced` holds callers to
    AWS's published rates; by default on aws only. `attempts` is how often botocore sends a request at most; creating
    an account is sent once whatever it says. Without `region` it is the AWS profile's, or us-east-1.
    Errors: TargetError for a spec, a profile or credentials that are not there; FileError for a broken state file;
    CloudError where nobody answers at an endpoint; MissingExtra without moto.
    """
    kind, _, rest = spec.partition(":")
    if kind not in KINDS or (kind == "endpoint" and not rest):
        raise TargetError(f'"{spec}" is no target', mend=did_you_mean(kind, KINDS) + f" The forms are: {FORMS}")
    if kind != "sandbox" and (faults is not None or limits is not None):
        raise TargetError(f"faults and limits are for a sandbox, not for {spec}")
    clock = clock or SystemClock()
    if kind == "sandbox":
        sessions = _sandbox(rest, region or FALLBACK_REGION, faults, clock, attempts, limits)
    elif kind == "endpoint":
        sessions = Sessions(region or FALLBACK_REGION, endpoint=_loopback(rest), attempts=attempts)
    else:
        sessions = Sessions(region, profile=rest or None, attempts=attempts)
    return Target(spec, kind, sessions, clock, paced=kind == "aws" if paced is None else paced)


def _loopback(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    # Readers of URLs do not agree about what stands before an @ or a backslash; such a host may be another one.
    plain = _PLAIN_URL.fullmatch(url) is not None
    try:
        local = plain and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        local = False
    if not local:
        raise TargetError(
            f"endpoint:{url} is not an address of this machine",
            mend="Give a loopback address, for example endpoint:http://127.0.0.1:5000",
        )
    try:
        # Asked once here, since botocore and the reader would go on asking for a minute.
        socket.create_connection((host, parts.port or (443 if parts.scheme == "https" else 80)), timeout=5).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CloudError(
            f"nobody answers at {url}: {reason}", mend="Start an embedded AWS there: orgkit sandbox --port …"
        ) from None
    return url


def _sandbox(
    file: str,
    region: str,
    faults: Faults | None,
    clock: Clock,
    attempts: int,
    limits: Mapping[str, int] | None,
) -> Sessions:
    from orgkit.cloud.front import Front
    from orgkit.cloud.opened import open_embedded

    embedded, let_go = open_embedded(Path(file) if file else None, clock, limits)
    front = Front(embedded, clock, faults)
    return Sessions(region, answer=front.answer, attempts=attempts, on_close=let_go)
