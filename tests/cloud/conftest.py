"""Ways into an embedded AWS: in this process and through the server, each with clients that are made once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orgkit.cloud.embedded import EmbeddedAws
from orgkit.cloud.faults import Faults
from orgkit.cloud.front import Front
from orgkit.cloud.server import serve
from orgkit.cloud.sessions import Sessions
from tests.cloud.clocks import StillClock


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Nothing of the person who runs the tests is used, and nothing waits for a metadata service."""
    import os

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


class Way:
    """One way in; `begin` puts a new embedded AWS behind the same client."""

    def __init__(self, client: Any, front: Front) -> None:
        self.client = client
        self.front = front

    def begin(self, clock: StillClock, limits: dict[str, int] | None = None, faults: Faults | None = None) -> Any:
        self.front.replace(EmbeddedAws(clock, granted=limits), clock)
        self.front.set_faults(faults)
        return self.client


@pytest.fixture(scope="session")
def ways() -> Iterator[dict[str, Way]]:
    clock = StillClock()
    front = Front(EmbeddedAws(clock), clock)
    inside = Sessions("us-east-1", answer=front.answer, attempts=1)
    with serve(clock=clock) as server:
        outside = Sessions("us-east-1", endpoint=server.url, attempts=1)
        yield {
            "in-process": Way(inside.client("organizations", "us-east-1"), front),
            "server": Way(outside.client("organizations", "us-east-1"), server.front),
        }


@pytest.fixture(params=["in-process", "server"])
def way(request: pytest.FixtureRequest, ways: dict[str, Way]) -> Way:
    return ways[request.param]
