"""The demonstration city, drawn once for all its tests."""

from __future__ import annotations

import pytest
from tests.demo_city.city import City, generate


@pytest.fixture(scope="session")
def city() -> City:
    """Return the default city."""
    return generate()
