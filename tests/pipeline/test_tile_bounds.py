"""What a tile has to see: its neighbours to their far end, and no more than it has to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from tests.conftest import LAMBERT_93, X, Y
from tests.pipeline.cities import found

from foncier import detect, schemas
from foncier.parallel import executors
from foncier.pipeline import convert, tiles
from foncier.pipeline.tile_bounds import halo
from foncier.readers import geoparquet
from foncier.study import published

if TYPE_CHECKING:
    from pathlib import Path

RULES = published("foncier")
LONG_M = 6_000.0


def parcels(shapes: list[shapely.Geometry]) -> Any:
    rows = {
        "parcel_id": [f"80021000AB{n:04}" for n in range(len(shapes))],
        "commune": "80021",
        "area_m2": [shape.area for shape in shapes],
    }
    return schemas.PARCELS.conform(gpd.GeoDataFrame(rows, geometry=shapes, crs=LAMBERT_93))


def test_a_long_neighbour_is_read_to_its_end_and_widens_no_patch(tmp_path: Path) -> None:
    plots = [shapely.box(X + 25 * n, Y, X + 25 * n + 25, Y + 40) for n in range(40)]
    river = shapely.box(X, Y + 40, X + LONG_M, Y + 60)
    path = tmp_path / "parcels.parquet"
    geoparquet.write_table(parcels([*plots, river]), path)
    around = halo(path, shapely.bounds(np.array(plots)), RULES)
    reach = detect.rules_radius_m(RULES)
    west, south, east, north = river.bounds
    holds = (around.others <= [west, south, np.inf, np.inf]) & (
        around.others >= [-np.inf, -np.inf, east, north]
    )
    assert holds.all(axis=1).sum() == 1  # what stands on the river is read, by one box of its own
    widths = np.sort(around.others[:, 2] - around.others[:, 0])
    assert widths[-1] >= LONG_M
    assert widths[-2] < LONG_M / 2
    # Parcels are read as far as the rules look around what an assembly may add, here the river.
    assert around.parcels[:, 0].min() <= X - reach
    assert around.parcels[:, 2].max() >= X + LONG_M + reach
    far = detect.fabric_radius_m(RULES)
    assert np.allclose(around.buildings, around.others + np.array([-far, -far, far, far]))


def test_a_study_without_a_parcel_has_no_tile_and_finds_nothing(tmp_path: Path) -> None:
    for name, contract in (("parcels", schemas.PARCELS), ("buildings", schemas.BUILDINGS)):
        geoparquet.write_table(contract.empty(LAMBERT_93), tmp_path / f"{name}.parquet")
    index = {"fingerprint": "none", "layers": ["parcels", "buildings"], "reports": []}
    (tmp_path / convert.INDEX).write_text(json.dumps(index), encoding="utf-8")
    for by in ("auto", "4", "commune"):
        nothing = found(tmp_path, tiles.Tiling(by, executors.serial(), tmp_path / "work"))
        assert nothing.candidates.empty
        assert nothing.rejections.crs == LAMBERT_93
