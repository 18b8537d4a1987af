"""Builders of small street networks near the station of Amiens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyproj
import pytest
import shapely
from shapely import affinity

from foncier import schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Builder = Callable[..., gpd.GeoDataFrame]

LAMBERT_93 = pyproj.CRS.from_epsg(2154)
ORIGIN = (650_000.0, 6_977_000.0)


def _frame(table: Any) -> gpd.GeoDataFrame:
    assert isinstance(table, gpd.GeoDataFrame)
    return table


def placed(geometry: Any) -> Any:
    """Put a geometry, given as WKT or not, near the station."""
    shape = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
    return affinity.translate(shape, *ORIGIN)


@pytest.fixture(scope="session")
def streets() -> Builder:
    """Streets s0, s1… from lines, with the columns that differ from an ordinary street."""

    def build(lines: Sequence[Any], **columns: Any) -> gpd.GeoDataFrame:
        data = {
            "street_id": [f"s{i}" for i in range(len(lines))],
            "name": None,
            "street_class": "residential",
            "level": 0,
            "walk": True,
            "bike": True,
            "drive": True,
        } | columns
        shapes = [placed(line) for line in lines]
        if not shapes:
            return _frame(schemas.STREETS.empty(LAMBERT_93))
        frame = gpd.GeoDataFrame(data, geometry=shapes, crs=LAMBERT_93)
        return _frame(schemas.STREETS.conform(frame))

    return build


@pytest.fixture(scope="session")
def plots() -> Builder:
    """Candidates p0, p1… from polygons."""

    def build(polygons: Sequence[Any], **columns: Any) -> gpd.GeoDataFrame:
        data = {
            "opportunity_id": [f"p{i}" for i in range(len(polygons))],
            "kind": "dent_creuse",
            "perimeter": "parcelles",
            "sources": "Cadastre",
        } | columns
        shapes = [placed(polygon) for polygon in polygons]
        if not shapes:
            return _frame(schemas.CANDIDATES.empty(LAMBERT_93))
        frame = gpd.GeoDataFrame(data, geometry=shapes, crs=LAMBERT_93)
        return _frame(schemas.CANDIDATES.conform(frame))

    return build


@pytest.fixture(scope="session")
def places() -> Builder:
    """Places from a mapping of names to (x, y); also used as ordered waypoints."""

    def build(where: dict[str, tuple[float, float]]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {"place_id": list(where), "name": list(where), "order": range(1, len(where) + 1)},
            geometry=[placed(shapely.Point(xy)) for xy in where.values()],
            crs=LAMBERT_93,
        )

    return build


@pytest.fixture(scope="session")
def put() -> Callable[[Any], Any]:
    """Translate a geometry to the position of these networks."""
    return placed
