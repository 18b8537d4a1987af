"""The ground as it was: which buildings go, which plots were bare, and plots cut since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier.detect import Past, SpatialContext, as_one_piece, parcel_ids, past_ground

from .conftest import CRS, X, Y

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDE, DEEP = 20.0, 30.0
IDS = [f"80021000AB{n:04d}" for n in range(5)]


def plot(n: int) -> shapely.Geometry:
    return shapely.box(X + n * WIDE, Y, X + (n + 1) * WIDE, Y + DEEP)


def house(n: int, *, size: float = 10, dy: float = 5) -> shapely.Geometry:
    return shapely.box(X + n * WIDE + 5, Y + dy, X + n * WIDE + 5 + size, Y + dy + size)


def ground(houses: list[shapely.Geometry]) -> SpatialContext:
    """Five plots in a row, with houses; the street is left out."""
    plots = [plot(n) for n in range(5)]
    parcels = gpd.GeoDataFrame(
        {"parcel_id": IDS, "commune": "80021", "area_m2": WIDE * DEEP}, geometry=plots, crs=CRS
    )
    buildings = gpd.GeoDataFrame(
        {
            "building_id": [f"b{n}" for n in range(len(houses))],
            "kind": "hard",
            "area_m2": shapely.area(houses),
        },
        geometry=houses,
        crs=CRS,
    )
    return SpatialContext(parcels=parcels, buildings=buildings)


def years(rows: Sequence[tuple[Any, float, float, Any]]) -> gpd.GeoDataFrame:
    names = ("parcel_ids", "first", "last", "geometry")
    return gpd.GeoDataFrame(dict(zip(names, zip(*rows, strict=True), strict=True)), crs=CRS)


def past(rows: Sequence[tuple[Any, float, float, Any]], extra: Any = ()) -> Past:
    return past_ground(ground([house(n) for n in range(4)] + list(extra)), years(rows), 2010)


def test_a_plot_whose_oldest_premises_are_new_was_bare() -> None:
    found = past([(IDS[0], 2010, 2015, None), (IDS[1], 2009, 2009, None)])
    assert found.bare.tolist() == [True, False, False, False, True]
    assert found.since.tolist() == [True, False, False, False, False]
    assert found.dated.tolist() == [True, True, False, False, False]
    assert found.undated.tolist() == [False, False, True, True, False]
    assert not found.added.any()


def test_premises_of_both_times_count_as_built_then() -> None:
    found = past([(IDS[0], 1950, 2015, None)])
    assert not found.bare[0]
    assert found.mixed.tolist() == [True, False, False, False, False]


def test_an_annex_without_a_year_goes_with_the_house_it_came_with() -> None:
    shed = house(0, size=6, dy=20)
    assert past([(IDS[0], 2012, 2012, None)], [shed]).bare[0]
    found = past([(None, 2012, 2012, house(0))], [shed])
    assert found.bare[0]


def test_a_building_added_to_a_built_plot_is_no_bare_plot() -> None:
    second = house(0, dy=18)
    rows = [(None, 1960, 1960, house(0)), (None, 2014, 2014, second)]
    found = past(rows, [second])
    assert not found.bare[0]
    assert found.built[0]
    assert found.added.tolist() == [True, False, False, False, False]
    assert not found.mixed[0]


def test_the_oldest_of_several_years_counts() -> None:
    found = past([(IDS[0], 2012, 2012, None), (IDS[0], 1900, 1900, None)])
    assert not found.bare[0]


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [2, 0, 4, 1, 3]])
def test_the_order_of_the_parcels_changes_nothing(order: list[int]) -> None:
    context = ground([house(n) for n in range(4)])
    shuffled = SpatialContext(
        parcels=context.parcels.iloc[order].reset_index(drop=True),  # type: ignore[union-attr]
        buildings=context.buildings,
    )
    table = years([(IDS[0], 2012, 2012, None)])
    one, two = (past_ground(c, table, 2010) for c in (context, shuffled))
    assert one.bare[order].tolist() == two.bare.tolist()
    assert one.since[order].tolist() == two.since.tolist()


def test_bare_plots_side_by_side_are_one_piece() -> None:
    """Plots 3 (built since) and 4 (bare today) touch along 30 m; plot 0 stands apart."""
    found = past([(IDS[3], 2015, 2015, None), (IDS[0], 2015, 2015, None)])
    whole, piece_of = as_one_piece(found)
    assert len(whole.plots) == 4
    assert piece_of[3] == piece_of[4]
    assert len(np.unique(piece_of)) == 4
    assert parcel_ids(whole)[piece_of[3]] == IDS[3]
    areas = shapely.area(whole.plots)
    assert areas[piece_of[3]] == pytest.approx(2 * WIDE * DEEP)
    assert areas.sum() == pytest.approx(shapely.area(found.context.plots).sum())
    assert whole.parcels is not None
    assert whole.parcels["area_m2"].to_numpy() == pytest.approx(areas)


def test_without_any_new_building_the_ground_is_that_of_today() -> None:
    found = past([(IDS[0], 1990, 1990, None)])
    assert len(found.context.footprints) == 4
    assert not (found.since | found.added).any()
