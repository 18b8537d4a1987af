"""Built area of each parcel under all buildings, from geometries in memory to one array."""

from __future__ import annotations

import os
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from tests.bench.jobs import Job, Place
from tests.bench.jobs.towns import plots_and_houses

from foncier import geometry

if TYPE_CHECKING:
    from collections.abc import Callable

CRS = 2154
QUERY = """
WITH parcel AS (SELECT n, ST_GeomFromWKB(wkb) AS shape FROM parcels),
     house AS (SELECT ST_GeomFromWKB(wkb) AS shape FROM houses)
SELECT parcel.n AS n, SUM(ST_Area(ST_Intersection(parcel.shape, house.shape))) AS area
FROM parcel JOIN house ON ST_Intersects(parcel.shape, house.shape)
GROUP BY parcel.n
"""


def _job(place: Place, measure: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Job:
    plots, houses = plots_and_houses(place)
    return Job(lambda: measure(plots, houses), _told)


def _told(areas: np.ndarray) -> float:
    """One figure that changes when the areas of two parcels change places."""
    return float(areas @ np.sqrt(np.arange(1, len(areas) + 1)))


def ours(place: Place) -> Job:
    """As every run of foncier measures it."""
    return _job(place, geometry.covered_area_m2)


def overlay(place: Place) -> Job:
    """By `geopandas.overlay`."""

    def measure(plots: np.ndarray, houses: np.ndarray) -> np.ndarray:
        left = gpd.GeoDataFrame({"plot": np.arange(len(plots))}, geometry=plots, crs=CRS)
        right = gpd.GeoDataFrame(geometry=houses, crs=CRS)
        cut = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
        return np.bincount(cut["plot"], cut.area, minlength=len(plots))

    return _job(place, measure)


def sjoin(place: Place) -> Job:
    """By `geopandas.sjoin`, then an intersection for each pair."""

    def measure(plots: np.ndarray, houses: np.ndarray) -> np.ndarray:
        left = gpd.GeoDataFrame({"plot": np.arange(len(plots))}, geometry=plots, crs=CRS)
        right = gpd.GeoDataFrame(geometry=houses, crs=CRS)
        pairs = gpd.sjoin(left, right, predicate="intersects")
        others = right.geometry.loc[pairs["index_right"]]
        area = pairs.geometry.intersection(others, align=False).area
        return np.bincount(pairs["plot"], area, minlength=len(plots))

    return _job(place, measure)


def duckdb(place: Place) -> Job:
    """By DuckDB's spatial extension, whose signed file a wheel brings: no server is asked."""
    wheel = resources.files(import_module("duckdb_extension_spatial"))
    engine = import_module("duckdb")
    file = wheel / "extensions" / f"v{engine.__version__}" / "spatial.duckdb_extension"
    base = engine.connect(config={"threads": os.cpu_count()})
    base.execute(f"LOAD '{file}'")

    def measure(plots: np.ndarray, houses: np.ndarray) -> np.ndarray:
        base.register("parcels", _table(plots))
        base.register("houses", _table(houses))
        found = base.sql(QUERY).fetchnumpy()
        return _filled(len(plots), found["n"], found["area"])

    return _job(place, measure)


def sedonadb(place: Place) -> Job:
    """By SedonaDB, the same query."""
    base = import_module("sedonadb").connect()

    def measure(plots: np.ndarray, houses: np.ndarray) -> np.ndarray:
        base.create_data_frame(_table(plots)).to_view("parcels", overwrite=True)
        base.create_data_frame(_table(houses)).to_view("houses", overwrite=True)
        found = pa.table(base.sql(QUERY))
        return _filled(len(plots), found["n"].to_numpy(), found["area"].to_numpy())

    return _job(place, measure)


def _table(shapes: np.ndarray) -> pa.Table:
    """Numbers and shapes as both engines take them in: WKB in Arrow."""
    return pa.table({"n": np.arange(len(shapes)), "wkb": pa.array(shapely.to_wkb(shapes))})


def _filled(size: int, at: Any, values: Any) -> np.ndarray:
    areas = np.zeros(size)
    areas[at] = values
    return areas
