"""The embedded AWS as an HTTP server on this machine, for the AWS CLI, Terraform, boto3 and other processes.

python -m orgkit.cloud.server --port 5000 --state company.sandbox
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from orgkit.cloud import rest
from orgkit.cloud.clock import Clock, SystemClock
from orgkit.cloud.faults import Faults
from orgkit.cloud.front import Front
from orgkit.cloud.opened import open_embedded
from orgkit.cloud.wire import NoAnswer, Reply, Request, Unsupported, error_reply, json_reply
from orgkit.errors import InputError, OrgkitError, TargetError

ADDRESS = "127.0.0.1"  # never another one: whoever reaches the server may do everything in it
CONTROL = "/_orgkit"
# Global services have no region in their host name.
_GLOBAL = {"budgets", "cloudfront", "iam", "route53", "globalaccelerator"}


class SandboxServer:
    """A running server; a context manager, or call `stop`."""

    def __init__(
        self,
        port: int,
        state: Path | None,
        faults: Faults | None,
        limits: Mapping[str, int] | None,
        clock: Clock,
        control: bool,
    ) -> None:
        embedded, self._let_go = open_embedded(state, clock, limits)
        self.front = Front(embedded, clock, faults)
        handler = type("Handler", (_Handler,), {"front": self.front, "control": control})
        try:
            self._server = _Server((ADDRESS, port), handler)
        except OSError as error:
            self._let_go()
            raise TargetError(
                f"port {port} cannot be used: {error.strerror}", mend="Use another port, or 0 for any free one."
            ) from None
        self.url = f"http://{ADDRESS}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and let go of the state file."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._let_go()

    def wait(self) -> None:
        """Serve until another thread stops it."""
        self._thread.join()

    def __enter__(self) -> SandboxServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    port: int = 0,
    state: str | Path | None = None,
    *,
    faults: Faults | None = None,
    limits: Mapping[str, int] | None = None,
    clock: Clock | None = None,
    control: bool = False,
) -> SandboxServer:
    """Start the embedded AWS on a port of this machine (0: any free one) and return it; `url` is where it is.

    With `state` it keeps what it has in a file, as `sandbox:FILE` does. With `control` a GET of `/_orgkit` tells the
    calls made and a PUT of a JSON object there sets the faults. A timeout or a lost reply shows as a closed connection.
    Errors: TargetError when the port or the state file is in use, FileError for a broken file, MissingExtra.
    """
    path = Path(state) if state is not None else None
    return SandboxServer(port, path, faults, limits, clock or SystemClock(), control)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle of a call is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # the head and the body of a reply in one packet
    front: Front
    control: bool

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body(headers)
        if urlsplit(f"//{headers.get('host', '')}").hostname not in (ADDRESS, "localhost"):
            self._send(json_reply(403, {"message": "this server answers to 127.0.0.1 only"}))
            return
        if self.control and self.path == CONTROL:
            self._send(self._controlled(body))
            return
        request = Request(self.command, self.path, headers, body)
        found = rest.match(request.service, self.command, self.path, headers) if " " in request.operation else None
        request = Request(self.command, _aws_url(request), headers, body, found.operation if found else None)
        try:
            reply = self.front.answer(request)
        except NoAnswer:
            self.close_connection = True
            return
        except Unsupported:
            # 501: botocore sends a 500 again and again.
            message = f"The embedded AWS cannot do {request.service}:{request.operation}."
            reply = error_reply(request, 501, "NotImplemented", message)
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer

    def _controlled(self, body: bytes) -> Reply:
        if self.command == "PUT":
            try:
                self.front.set_faults(faults_from_json(json.loads(body or b"null")))
            except (ValueError, OrgkitError) as error:
                return json_reply(400, {"message": str(error)})
        return json_reply(200, {"calls": dict(self.front.calls)})

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" not in headers.get("transfer-encoding", ""):
            return self._whole(int(headers.get("content-length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            chunks.append(self._whole(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(chunks)

    def _whole(self, size: int) -> bytes:
        """So many bytes of a body; what a client began to send and did not end, as it ended itself, is no request."""
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionAbortedError
        return body

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name not in ("content-length", "date", "server", "connection", "transfer-encoding"):
                self.send_header(name, value)
        length = reply.headers.get("content-length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal quiet."""


def _aws_url(request: Request) -> str:
    """Return the address the request would have had at AWS, which is how moto finds the service."""
    service = request.service
    if service == "s3" and urlsplit(request.url).path.startswith("/v20180820/"):
        account = request.headers.get("x-amz-account-id", "control")
        return f"https://{account}.s3-control.{request.region}.amazonaws.com{request.url}"
    host = service if service in _GLOBAL else f"{service}.{request.region}"
    return f"https://{host}.amazonaws.com{request.url}"


def faults_from_json(value: Any) -> Faults | None:
    """Return faults from a JSON object with the names of `Faults`, `failures` being an object; None for null."""
    if value is None:
        return None
    known = asdict(Faults())
    if not isinstance(value, dict) or not value.keys() <= known.keys():
        raise InputError("these are no faults", mend=f"Give an object with some of: {', '.join(known)}")
    failures = tuple(dict(value.get("failures", {})).items())
    return Faults(**{**value, "failures": failures})


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; prints the URL on a line of its own."""
    parser = argparse.ArgumentParser("orgkit.cloud.server", description="An embedded AWS on this machine.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="keep the state in this file")
    parser.add_argument("--faults", type=json.loads, help='a JSON object, for example {"throttle": 0.1}')
    parser.add_argument("--limits", type=json.loads, help='a JSON object, for example {"accounts": 10}')
    parser.add_argument("--control", action="store_true", help=f"answer at {CONTROL}")
    chosen = parser.parse_args(arguments)
    try:
        faults = faults_from_json(chosen.faults)
        server = serve(chosen.port, chosen.state, faults=faults, limits=chosen.limits, control=chosen.control)
    except OrgkitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    try:
        server.wait()
    except KeyboardInterrupt:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
