"""Footbridges: connected to the streets, which keep their ids and geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier.errors import ContractError
from foncier.network import (
    access_points,
    add_crossing,
    build_graph,
    travel_time_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    Builder = Callable[..., gpd.GeoDataFrame]

# A quay on each bank of a river 60 m wide; one bridge far to the west joins them.
BANKS = ["LINESTRING (0 0, 1000 0)", "LINESTRING (0 60, 1000 60)", "LINESTRING (0 0, 0 60)"]
PLOT = "POLYGON ((790 -30, 810 -30, 810 -3, 790 -3, 790 -30))"
STATION = {"Gare": (800.0, 62.0)}


def metres(table: gpd.GeoDataFrame, plots: Builder, places: Builder) -> Any:
    sites = plots([PLOT])
    points = access_points(sites, table)
    return travel_time_table(points, sites, build_graph(table), {"station": places(STATION)}, None)[
        "distance_m"
    ].iloc[0]


def test_a_footbridge_shortens_the_way(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    before = streets(BANKS)
    kept = before.copy(deep=True)
    after = add_crossing(before, put(shapely.LineString([(800, 8), (800, 55)])), name="Passerelle")
    assert before.equals(kept)
    assert metres(before, plots, places) == pytest.approx(3 + 800 + 60 + 800 + 2, abs=0.1)
    assert metres(after, plots, places) == pytest.approx(3 + 60 + 2, abs=0.1)
    assert set(before["street_id"]) < set(after["street_id"])
    lengths = after.set_index("street_id").length
    assert lengths[before["street_id"]].to_numpy() == pytest.approx(before.length.to_numpy())
    assert lengths["+Passerelle"] == pytest.approx(60)


def test_a_footbridge_opens_a_path_to_the_other_bank(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    apart = streets(BANKS[:2])
    joined = add_crossing(apart, put(shapely.LineString([(500, 0), (500, 60)])), name="P")
    assert metres(apart, plots, places) != metres(apart, plots, places), "NaN: no way"
    assert metres(joined, plots, places) == pytest.approx(3 + 300 + 60 + 300 + 2, abs=0.1)


WRONG = {
    "an end in the middle of the river": ([(500, 0), (500, -400)], "last_end_far"),
    "nowhere": ([(500, 900), (500, 800)], "first_end_far"),
    "the same place twice": ([(500, 2), (500, 9)], "same_place"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_crossing_that_connects_no_streets_is_refused(
    streets: Builder, put: Callable[[Any], Any], case: str
) -> None:
    course, message = WRONG[case]
    with pytest.raises(ContractError) as refused:
        add_crossing(streets(BANKS), put(shapely.LineString(course)), name="Passerelle")
    assert refused.value.id == f"network.crossing.{message}"
