"""What the tests of this room share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the starter's role for the delivery pipeline refers to."""
    monkeypatch.setenv("CICD_EXTERNAL_ID", "a-secret-of-these-tests")
