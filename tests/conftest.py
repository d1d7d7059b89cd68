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


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of published configurations, or skip."""
    folder = Path(os.environ.get("ORGKIT_SAMPLES", ROOT.parent / "shared" / "samples"))
    if not folder.is_dir():
        pytest.skip("no folder of sample configurations; set ORGKIT_SAMPLES")
    return folder
