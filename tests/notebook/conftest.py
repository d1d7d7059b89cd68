"""What the tests of the designer begin with."""

from __future__ import annotations

import pytest

from orgkit.notebook.designer import Controller
from tests.notebook.designs import small


@pytest.fixture
def controller() -> Controller:
    return Controller(small())
