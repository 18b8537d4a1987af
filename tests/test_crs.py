"""Legal CRS of a territory, and checks for degrees, metres and swapped axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier.crs import Transformation, in_territory, legal_crs
from foncier.errors import ConfigError, CrsError

if TYPE_CHECKING:
    import pyproj

LAMBERT_93 = legal_crs("80021")
AMIENS = shapely.Point(2.3, 49.9)
METRES = shapely.Point(650_000, 6_977_000)


def frame(*points: shapely.Geometry | None, crs: int | None = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(points), crs=crs)


def to_legal(given: gpd.GeoDataFrame, crs: pyproj.CRS, *, where: str) -> gpd.GeoSeries:
    """Transform row by row: the check needs all blocks."""
    transformation = Transformation(given.crs, crs, where=where)
    pieces = [transformation.transform(given.geometry.iloc[n : n + 1]) for n in range(len(given))]
    transformation.check()
    return pd.concat(pieces) if pieces else transformation.transform(given.geometry)


def swap(point: shapely.Point) -> shapely.Point:
    return shapely.Point(point.y, point.x)


@pytest.mark.parametrize(
    ("insee", "epsg"),
    [
        ("80021", 2154),
        ("2A004", 2154),
        ("97105", 5490),
        ("97209", 5490),
        ("97302", 2972),
        ("97411", 2975),
        ("97608", 4471),
        ("97801", 5490),
    ],
)
def test_each_territory_has_its_legal_crs(insee: str, epsg: int) -> None:
    assert legal_crs(insee).to_epsg() == epsg


@pytest.mark.parametrize(
    "insee", ["", "8002", "800210", "ABCDE", "2C004", "8002a", "98735", "97501", "８００２１"]
)
def test_invalid_insee_codes(insee: str) -> None:
    with pytest.raises(ConfigError, match="INSEE"):
        legal_crs(insee)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (frame(AMIENS, crs=None), "n'annonce aucun système"),
        (frame(AMIENS, crs=2154), "comme des degrés"),
        (frame(METRES, crs=4326), "comme des mètres"),
        (frame(swap(AMIENS)), "longitude sont inversées"),
        (frame(swap(METRES), crs=2154), "deux axes sont inversés"),
        (frame(shapely.Point(55.5, -21)), "hors du territoire"),
        (frame(shapely.Point(2e5, 7.6e6), crs=2975), "hors du territoire"),
    ],
)
def test_coordinates_that_do_not_fit_the_crs(given: gpd.GeoDataFrame, words: str) -> None:
    with pytest.raises(CrsError, match=words) as caught:
        to_legal(given, LAMBERT_93, where="a.gpkg")
    assert str(caught.value).startswith("a.gpkg")


def test_swapped_axes_overseas() -> None:
    reunion = legal_crs("97411")
    place = shapely.Point(55.45, -20.88)
    assert to_legal(frame(place), reunion, where="x").crs == reunion
    with pytest.raises(CrsError, match="inversées"):
        to_legal(frame(swap(place)), reunion, where="x")


def test_a_few_wrong_coordinates_are_allowed() -> None:
    wild = [None, shapely.Point(), shapely.Point(0, 0), shapely.Point(np.inf, 0)]
    moved = to_legal(frame(AMIENS, AMIENS, AMIENS, *wild), LAMBERT_93, where="x")
    assert len(moved) == 7
    inside = in_territory(shapely.bounds(moved.to_numpy())[:, :2], LAMBERT_93)
    assert inside.tolist() == [True, True, True, False, False, False, False]


def test_a_layer_in_its_legal_crs_is_unchanged() -> None:
    given = frame(METRES, crs=2154)
    moved = to_legal(given, LAMBERT_93, where="x")
    assert moved[0] == METRES
    assert len(to_legal(given.iloc[:0], LAMBERT_93, where="x")) == 0
