"""What every test shares: a deterministic hypothesis, and the folder of real configurations where there is one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "orgkit", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("orgkit")

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def external_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret that the starter's deploy role refers to: without it, applying the starter is refused."""
    monkeypatch.setenv("CICD_EXTERNAL_ID", "external-id-of-the-tests")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of published configurations, or skip."""
    folder = Path(os.environ.get("ORGKIT_SAMPLES", ROOT.parent / "shared" / "samples"))
    if not folder.is_dir():
        pytest.skip("no folder of sample configurations; set ORGKIT_SAMPLES")
    return folder
