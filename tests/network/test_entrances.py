"""Entrances: a plot that faces two streets has two and uses the better one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier import schemas
from foncier.network import (
    access_points,
    build_graph,
    entrances,
    entrances_by_mode,
    main_entrances,
    routes,
    travel_time_table,
)
from foncier.network.access import CLOSE_M
from foncier.network.entrances import neighbour_land_m

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Builder = Callable[..., gpd.GeoDataFrame]

FRONT, BACK = "LINESTRING (-400 0, 400 0)", "LINESTRING (-400 40, 400 40)"
PLOT = shapely.box(0, 4, 20, 34)  # 4 m from the front street, 6 m from the back street


def parcels(put: Callable[[Any], Any], shapes: Sequence[Any]) -> Any:
    rows = {"parcel_id": [str(n) for n in range(len(shapes))], "area_m2": 1.0}
    frame = gpd.GeoDataFrame(rows, geometry=[put(s) for s in shapes], crs=2154)
    return schemas.PARCELS.conform(frame)


CASES: dict[str, Any] = {
    # name: streets, columns of the streets, other parcels, streets of the doors in order
    "between two streets": ([FRONT, BACK], {}, [], ["s0", "s1"]),
    "one street": ([FRONT], {}, [], ["s0"]),
    "second street too far": ([FRONT, "LINESTRING (-400 50, 400 50)"], {}, [], ["s0"]),
    "corner": ([FRONT, "LINESTRING (27 -90, 27 90)"], {}, [], ["s0", "s1"]),
    "dead end at the back": ([FRONT, "LINESTRING (10 38, 10 300)"], {}, [], ["s0", "s1"]),
    "bridge behind": ([FRONT, BACK], {"level": [0, 1]}, [], ["s0"]),
    "motorway behind": ([FRONT, BACK], {"walk": [True, False]}, [], ["s0"]),
    "neighbour behind": ([FRONT, BACK], {}, [shapely.box(-9, 34, 30, 39)], ["s0"]),
    "neighbour in front": ([FRONT, BACK], {}, [shapely.box(-9, 0.5, 30, 4)], ["s1"]),
    "blocked on both sides": (
        [FRONT, BACK],
        {},
        [shapely.box(-9, 0.5, 30, 4), shapely.box(-9, 34, 30, 39)],
        ["s0"],
    ),
    "landlocked": (["LINESTRING (-400 -99, 400 -99)"], {}, [], []),
}


@pytest.mark.parametrize("case", CASES)
def test_the_entrances_of_a_plot(
    streets: Builder, plots: Builder, put: Callable[[Any], Any], case: str
) -> None:
    lines, columns, others, expected = CASES[case]
    sites, ways = plots([PLOT]), streets(lines, **columns)
    land = parcels(put, [PLOT, *others])
    before = [table.copy(deep=True) for table in (sites, ways, land)]
    found = entrances(sites, ways, land)
    assert found["street_id"].tolist() == expected
    assert all(a.equals(b) for a, b in zip(before, (sites, ways, land), strict=True))
    points = main_entrances(found) if expected else found
    assert len(points) == min(len(expected), 1)


def test_without_parcels_no_neighbour_is_known(streets: Builder, plots: Builder) -> None:
    sites, ways = plots([PLOT, shapely.box(90, 4, 99, 12)]), streets([FRONT, BACK])
    found = entrances(sites, ways)
    assert found["street_id"].tolist() == ["s0", "s1", "s0"]
    assert found["over_m"].isna().all()
    assert main_entrances(found).equals(access_points(sites, ways))


def test_an_estimated_outline_has_one_entrance(streets: Builder, plots: Builder) -> None:
    ways = streets([FRONT, BACK])
    for perimeter, count in (("trace", 2), ("emprise_approximative", 1), ("point_seul", 1)):
        assert len(entrances(plots([PLOT], perimeter=perimeter), ways)) == count


def test_the_best_entrance_is_used_for_each_destination(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    """The back street leads to the station, the front one to the loop; they are not connected."""
    sites, ways = plots([PLOT], opportunity_id=["a"]), streets([FRONT, BACK], name=["Av", "Ar"])
    graph, destinations = build_graph(ways), {"station": places({"Gare": (110, 40)})}
    loop = put("LINESTRING (-100 0, -90 0)")
    both = entrances(sites, ways)
    found = travel_time_table(both, sites, graph, destinations, loop).set_index("target")
    assert found["leaves_by"].to_dict() == {"loop": "Av", "station": "Ar"}
    assert found.loc["station", "distance_m"] == pytest.approx(6 + 100, abs=1e-3)
    assert found.loc["loop", "distance_m"] == pytest.approx(4 + 100, abs=1e-3)
    assert found.loc["station", "straight_m"] == pytest.approx(np.hypot(100, 6), abs=1e-3)
    drawn = routes(both, graph, destinations, loop)
    assert drawn.length.tolist() == pytest.approx([104, 106], abs=1e-3)
    alone = travel_time_table(main_entrances(both), sites, graph, destinations, loop).set_index(
        "target"
    )
    assert alone["distance_m"].isna()["station"]


def test_a_second_entrance_never_lengthens_a_path(
    streets: Builder, plots: Builder, places: Builder
) -> None:
    ways = streets([FRONT, BACK, "LINESTRING (400 0, 400 40)", "LINESTRING (-300 0, -300 40)"])
    sites = plots([shapely.box(x, 4, x + 20, 34) for x in range(-390, 380, 40)])
    graph = build_graph(ways)
    destinations = {"a": places({"A": (380, 40)}), "b": places({"B": (-390, 40), "C": (0, 0)})}
    both = entrances(sites, ways)
    assert len(both) >= 2 * len(sites)
    one = travel_time_table(main_entrances(both), sites, graph, destinations)
    two = travel_time_table(both, sites, graph, destinations)
    reached = one["time_min"].notna()
    assert reached.sum() > len(sites)
    assert (two["time_min"] <= one["time_min"] + 1e-9)[reached].all()
    assert (two["time_min"] < one["time_min"] - 0.1).any()


def test_empty_tables(streets: Builder, plots: Builder) -> None:
    assert entrances(plots([]), streets([FRONT])).empty
    assert entrances(plots([PLOT]), streets([])).empty


def test_several_modes_at_once_equal_one_mode_at_a_time(
    streets: Builder, plots: Builder, put: Callable[[Any], Any]
) -> None:
    """Streets closed to one mode, plots with an access for one mode, other parcels."""
    lines = [FRONT, BACK, "LINESTRING (-400 120, 400 120)", "LINESTRING (27 -90, 27 90)"]
    ways = streets(lines, walk=[True, True, False, True], bike=[True, False, True, False])
    shapes = [shapely.box(x, 4, x + 20, y) for x, y in ((-60, 34), (0, 34), (29, 38), (90, 20))]
    sites = plots([*shapes, shapely.box(0, 112, 20, 116), shapely.box(200, 170, 220, 178)])
    land = parcels(put, [*shapes, shapely.box(-9, 34, 30, 39)])
    together = entrances_by_mode(sites, ways, land)
    assert together["walk"]["street_id"].nunique() > 2
    assert not together["walk"].equals(together["bike"])
    for mode, found in together.items():
        assert found.equals(entrances(sites, ways, land, mode=mode))


@pytest.mark.parametrize("back_m", [CLOSE_M - 0.002, CLOSE_M - 0.0005, CLOSE_M + 0.0005, 40.0])
@pytest.mark.parametrize("more_m", [0.0005, 0.002])
def test_the_nearest_street_is_the_nearest_however_far(
    streets: Builder, plots: Builder, back_m: float, more_m: float
) -> None:
    """Half a millimetre is a tie, resolved by the smallest id; two millimetres are not."""
    plot = shapely.box(0, 0, 20, 20)
    far, near = -back_m - more_m, 20 + back_m
    ways = streets([f"LINESTRING (-90 {far}, 90 {far})", f"LINESTRING (-90 {near}, 90 {near})"])
    found = access_points(plots([plot]), ways)
    assert found["street_id"].tolist() == ["s0" if more_m < 1e-3 else "s1"]


def test_neighbour_land_is_the_line_to_the_street_minus_the_plot(
    streets: Builder, plots: Builder, put: Callable[[Any], Any]
) -> None:
    """Lines that only touch a parcel cross nothing; others count the parcels between."""
    ways = streets(["LINESTRING (-400 0, 400 0)"])
    sites = plots([shapely.box(x, 5 + x / 20, x + 15, 40) for x in range(0, 200, 20)])
    lots = [shapely.box(x, 3, x + 11, 40) for x in range(0, 200, 7)]
    land = parcels(put, [*lots, *[shapely.box(x - 5, -9, x, 50) for x in (100, 160)]])
    points = access_points(sites, ways)
    at, own = points.geometry.to_numpy(), sites.geometry.to_numpy()
    street = np.repeat(ways.geometry.to_numpy()[:1], len(at))
    found = neighbour_land_m(at, street, own, land)
    between = shapely.difference(shapely.shortest_line(at, street), own)
    pieces = shapely.intersection(between[:, None], land.geometry.to_numpy()[None])
    assert found == pytest.approx(shapely.length(pieces).sum(axis=1), abs=1e-3)
    assert (found > 1).any()
