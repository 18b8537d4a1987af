"""Drawn towns that are no study: plots and houses of all sizes."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from foncier import detect, tables
from foncier.crs import legal_crs


def plots_and_houses(plots: int) -> tuple[np.ndarray, np.ndarray]:
    """Plots side by side, four houses for three of them, some astride two plots."""
    draw = np.random.default_rng(80021)
    buildings, side = plots * 41 // 30, int(np.ceil(np.sqrt(plots)))
    n = np.arange(plots)
    x, y = (n % side) * 20.0, (n // side) * 30.0
    home = draw.integers(0, plots, buildings)
    west, south = x[home] + draw.uniform(0, 14, buildings), y[home] + draw.uniform(0, 22, buildings)
    wide, deep = draw.uniform(3, 9, (2, buildings))
    houses = shapely.box(west, south, west + wide, south + deep)
    # One union first: real footprints touch and overlap little, drawn boxes would overlap much.
    return shapely.box(x, y, x + 20, y + 30), shapely.get_parts(shapely.union_all(houses))


def ground(plots: int) -> detect.Ground:
    """Lay the same town out as tables, with a street between every other row of plots."""
    shapes, houses = plots_and_houses(plots)
    side = int(np.ceil(np.sqrt(plots)))
    ways = shapely.linestrings(
        [[(-20, y), (side * 20 + 20, y)] for y in np.arange(0, side + 1, 2) * 30.0]
    )

    def frame(contract: tables.Table, rows: dict[str, Any], lines: Any) -> Any:
        ids = [f"{n:07}" for n in range(len(lines))]
        return contract.conform(
            gpd.GeoDataFrame({contract.key[0]: ids, **rows}, geometry=lines, crs=legal_crs("80021"))
        )

    return detect.Ground(
        parcels=frame(tables.PARCELS, {"area_m2": shapely.area(shapes)}, shapes),
        buildings=frame(
            tables.BUILDINGS, {"kind": "hard", "area_m2": shapely.area(houses)}, houses
        ),
        streets=frame(
            tables.STREETS,
            {"street_class": "residential", "level": 0, "walk": True, "bike": True, "drive": True},
            ways,
        ),
    )
