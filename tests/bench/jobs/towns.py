"""Drawn towns that are no study: plots and houses of all sizes."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from tests.bench.jobs import Job, Place

from foncier import detect, schemas
from foncier.crs import legal_crs

if TYPE_CHECKING:
    from pathlib import Path


Town = tuple[np.ndarray, np.ndarray]


def draw(place: Place) -> Job:
    """Draw the town once for all that are measured on it: joining its houses takes longest."""
    file = _drawn(place)
    return Job(lambda: file.write_bytes(pickle.dumps(_town(place.size))), once=True)


def plots_and_houses(place: Place) -> Town:
    """Plots side by side, four houses for three of them, some astride two plots."""
    found: Town = pickle.loads(_drawn(place).read_bytes())  # noqa: S301 - written by `draw`
    return found


def _drawn(place: Place) -> Path:
    return place.scratch / f"town-{place.size}.pickle"


def _town(plots: int) -> Town:
    rng = np.random.default_rng(80021)
    buildings, side = plots * 41 // 30, int(np.ceil(np.sqrt(plots)))
    n = np.arange(plots)
    x, y = (n % side) * 20.0, (n // side) * 30.0
    home = rng.integers(0, plots, buildings)
    west, south = x[home] + rng.uniform(0, 14, buildings), y[home] + rng.uniform(0, 22, buildings)
    wide, deep = rng.uniform(3, 9, (2, buildings))
    houses = shapely.box(west, south, west + wide, south + deep)
    # One union first: real footprints touch and overlap little, drawn boxes would overlap much.
    return shapely.box(x, y, x + 20, y + 30), shapely.get_parts(shapely.union_all(houses))


def ground(place: Place) -> detect.SpatialContext:
    """Lay the same town out as tables, with a street between every other row of plots."""
    shapes, houses = plots_and_houses(place)
    side = int(np.ceil(np.sqrt(place.size)))
    ways = shapely.linestrings(
        [[(-20, y), (side * 20 + 20, y)] for y in np.arange(0, side + 1, 2) * 30.0]
    )

    def frame(contract: schemas.Table, rows: dict[str, Any], lines: Any) -> Any:
        ids = [f"{n:07}" for n in range(len(lines))]
        return contract.conform(
            gpd.GeoDataFrame({contract.key[0]: ids, **rows}, geometry=lines, crs=legal_crs("80021"))
        )

    return detect.SpatialContext(
        parcels=frame(schemas.PARCELS, {"area_m2": shapely.area(shapes)}, shapes),
        buildings=frame(
            schemas.BUILDINGS, {"kind": "hard", "area_m2": shapely.area(houses)}, houses
        ),
        streets=frame(
            schemas.STREETS,
            {"street_class": "residential", "level": 0, "walk": True, "bike": True, "drive": True},
            ways,
        ),
    )
