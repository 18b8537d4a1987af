"""Which zone of a point counts where several overlap, and where there is none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier.detect import SpatialContext
from foncier.detect.measures.ground import zone_of
from foncier.detect.measures.parcel import in_zone, zone_at
from foncier.i18n.arrays import word_values

from .conftest import CRS, at

# Overlapping zones, in the order of the table; U alone lies on the left, A alone on the right.
TYPES = ["U", "AUc", "N", "A"]
SHAPES = [at(0, 0, 30, 10), at(10, 0, 30, 10), at(20, 0, 30, 10), at(30, 0, 30, 10)]
POINTS = shapely.centroid(np.array([at(x, 0, 10, 10) for x in (0, 10, 20, 30, 40, 50, 90)]))


def zones(order: list[int]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"zone_id": [str(n) for n in order], "zone_type": [TYPES[n] for n in order]},
        geometry=[SHAPES[n] for n in order],
        crs=CRS,
    )


@pytest.mark.parametrize(
    ("order", "types"),
    [
        ([0, 1, 2, 3], ["U", "U", "U", "AUc", "N", "A", "hors zonage"]),
        ([3, 2, 1, 0], ["U", "AUc", "N", "A", "A", "A", "hors zonage"]),
        ([2, 0, 3, 1], ["U", "U", "N", "N", "N", "A", "hors zonage"]),
    ],
)
def test_of_several_zones_the_first_in_the_table_wins(order: list[int], types: list[str]) -> None:
    inside, found = zone_at(zones(order), POINTS, ())
    assert word_values(found, "fr").tolist() == types
    assert inside.tolist() == [0] * 7


def test_a_wanted_zone_wins_over_those_before_it() -> None:
    inside, found = zone_at(zones([0, 1, 2, 3]), POINTS, ("AUc", "N"))
    assert word_values(found, "fr").tolist() == ["U", "AUc", "AUc", "AUc", "N", "A", "hors zonage"]
    assert inside.tolist() == [0, 1, 1, 1, 1, 0, 0]
    inside, found = zone_at(zones([3, 2, 1, 0]), POINTS, ("AUc", "N"))
    assert word_values(found, "fr").tolist() == ["U", "AUc", "N", "N", "N", "A", "hors zonage"]


def test_the_zone_of_a_parcel_is_that_at_its_centre() -> None:
    """The parcel crosses all four zones; its centre, at x = 41 m, lies in N and in A."""
    parcels = gpd.GeoDataFrame(
        {"parcel_id": ["p"], "commune": ["80021"]}, geometry=[at(26, 0, 30, 10)], crs=CRS
    )
    context = SpatialContext(parcels=parcels, zones=zones([3, 2, 1, 0]))
    rows = np.array([0])
    inside, detail = in_zone(context, rows, {"zones": ["N"]})
    assert detail is not None
    assert (inside.tolist(), detail.tolist()) == ([1], ["N"])
    assert in_zone(context, rows, {"zones": ["U"]})[0].tolist() == [0]
    assert in_zone(context, rows, {"zones": ["U", "A"]})[0].tolist() == [1]


def test_where_the_zoning_does_not_cover_a_commune_its_zone_is_unknown() -> None:
    communes = ["80021"] * 6 + ["80022"]
    assert zone_of(SpatialContext(), POINTS, communes).tolist() == [None] * 7
    context = SpatialContext(zones=zones([0, 1, 2, 3]))
    assert zone_of(context, POINTS, communes)[-1] == "hors zonage"
    partial = context.with_uncovered({"zones": frozenset({"80022"})})
    assert zone_of(partial, POINTS, communes).tolist() == ["U", "U", "U", "AUc", "N", "A", None]
