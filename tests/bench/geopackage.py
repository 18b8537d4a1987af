"""How long a million rejected parcels take to a GeoPackage, and how much memory.

Usage: python tests/bench/geopackage.py [ROWS]; prints one line of a Markdown table.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from foncier import tables
from foncier.export.geopackage import write_geopackage
from foncier.records import Background, Profile, Result, Text

CRS = pyproj.CRS.from_epsg(2154)
REASON = "Surface 150 m², il faut 400 m² (il manque 250 m²)"


def rejections(rows: int) -> gpd.GeoDataFrame:
    """Parcels of 15 m by 10 m on a grid, each with its reason."""
    side = int(np.ceil(np.sqrt(rows)))
    x, y = 600_000.0 + 16 * (np.arange(rows) % side), 6_900_000.0 + 11 * (np.arange(rows) // side)
    ids = np.char.add("80021000", np.char.zfill(np.arange(rows).astype(str), 6))
    table = pd.DataFrame({
        "parcel_id": ids, "area_m2": 150.0, "kind": "dent_creuse", "rule": "area", "value": 150.0,
        "threshold": 400.0, "margin": -250.0, "unit": "m²", "detail": None, "reason_fr": REASON,
        "reason_en": "Area 150 m², 400 m² needed (250 m² short)",
    })  # fmt: skip
    shapes = shapely.box(x, y, x + 15, y + 10)
    found: gpd.GeoDataFrame = tables.REJECTIONS.conform(
        gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)
    )
    return found


def result(rejected: gpd.GeoDataFrame) -> Result:
    """A result that holds nothing but rejected parcels."""
    back = Background(*(t.empty(CRS) for t in (
        tables.STREETS, tables.BUILDINGS, tables.CONSTRAINTS, tables.PLACES
    )))  # fmt: skip
    stops = gpd.GeoDataFrame({"order": [], "name": []}, geometry=[], crs=CRS)
    return Result(
        title="Banc d'essai", communes=("80021",), edition=date(2026, 1, 1), demo=True,
        candidates=tables.CANDIDATES.empty(CRS), evidence=tables.EVIDENCE.empty(),
        tests=tables.TESTS.empty(), rejections=rejected,
        access_points=tables.ACCESS_POINTS.empty(CRS), access=tables.ACCESS.empty(),
        scores=tables.SCORES.empty(), lines=tables.LINES.empty(CRS), stops=stops,
        area=shapely.box(*rejected.total_bounds), background=back, criteria=(),
        profile=Profile("foncier", Text("foncier", "foncier"), "", {}), targets={}, reports=(),
        missing=(), credits=(),
    )  # fmt: skip


def main(rows: int = 1_000_000) -> None:
    """Write once; tell seconds, megabytes of the file, and the memory that writing took."""
    made = result(rejections(rows))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "opportunites.gpkg"
        start, worked = time.perf_counter(), time.process_time()
        write_geopackage(made, path)
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
        size = path.stat().st_size / 1e6
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
    print(f"| GeoPackage, {rows:,} rejected parcels | {seconds:.1f} s "
          f"({worked:.1f} s of processor) | {size:.0f} MB "
          f"| +{more:.0f} MB above the peak of the table itself |")  # fmt: skip


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
