"""What the tests of this room share."""

from __future__ import annotations

import pytest

from orgkit.design import Organization
from tests.provision import designs
from tests.provision.live import as_live


@pytest.fixture
def design() -> Organization:
    return designs.starter()


@pytest.fixture
def live(design: Organization) -> Organization:
    """The design as it stands once it was applied."""
    return as_live(design)
