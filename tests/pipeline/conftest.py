"""Cities that several files of tests read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.once import once, shared
from tests.pipeline.cities import City, drawn

from foncier.readers import geoparquet

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    """6 500 parcels, in groups of rows so small that a damaged one spoils a few tiles only."""
    where = shared(tmp_path_factory)

    def draw() -> City:
        layers: Path = where / "town"
        layers.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(geoparquet, "GROUP_ROWS", 100)
            return drawn(6_500, layers)

    made: City = once(where / "town.pickle", draw)
    return made
