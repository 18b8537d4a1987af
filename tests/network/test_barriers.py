"""Barriers behind detours: rivers and railways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier import schemas
from foncier.network import build_graph, entrances, travel_time_table
from foncier.network.barriers import barrier_layer, crossed_barriers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Builder = Callable[..., gpd.GeoDataFrame]

RIVER, RAILS = shapely.box(-500, 40, 500, 60), shapely.LineString([(-500, 70), (500, 70)])
DITCH, POND = shapely.box(-500, 40, 500, 42), shapely.box(300, 40, 320, 60)
CASES: dict[str, Any] = {
    # name: (kind, label, shape) of the constraints, detour, kind and name of the barrier
    "river": ([("water", "La Somme", RIVER), ("railway", None, POND)], 3.0, "water", "La Somme"),
    "river without a name": ([("water", None, RIVER)], 3.0, "water", None),
    "railway drawn as a line": ([("railway", "Ligne", RAILS)], 3.0, "railway", "Ligne"),
    "both, named by the widest": (
        [("railway", "Ligne", RAILS), ("water", "La Somme", RIVER)],
        3.0,
        "water_railway",
        "La Somme",
    ),
    "named before wide": (
        [("railway", "Ligne", RAILS), ("water", None, RIVER)],
        3.0,
        "water_railway",
        "Ligne",
    ),
    "no detour": ([("water", "La Somme", RIVER)], 1.2, "none", None),
    "the diagonal of a square": ([("water", "La Somme", RIVER)], 1.41, "none", None),
    "nothing crossed, both kinds mapped": (
        [("water", None, POND), ("railway", None, POND)],
        3.0,
        "none",
        None,
    ),
    "nothing crossed, railways not mapped": ([("water", None, POND)], 3.0, None, None),
    "a ditch": ([("water", None, DITCH)], 3.0, None, None),
    "a park": ([("park", None, RIVER)], 3.0, None, None),
    "nothing known": ([], 3.0, None, None),
    "unknown way": ([("water", None, RIVER)], np.nan, None, None),
    "the end lies in it": (
        [("railway", None, shapely.box(-9, 90, 9, 130)), ("water", None, POND)],
        3.0,
        "none",
        None,
    ),
}


def constraints(put: Callable[[Any], Any], rows: Sequence[Any]) -> Any:
    if not rows:
        return None
    data = [
        {"constraint_id": str(n), "kind": kind, "label": label, "effect": "context"}
        for n, (kind, label, _) in enumerate(rows)
    ]
    shapes = [put(shape) for _, _, shape in rows]
    return schemas.CONSTRAINTS.conform(gpd.GeoDataFrame(data, geometry=shapes, crs=2154))


@pytest.mark.parametrize("case", CASES)
def test_barriers_on_the_straight_line(put: Callable[[Any], Any], case: str) -> None:
    rows, detour, kind, name = CASES[case]
    start, end = (np.array([put(shapely.Point(0, y))]) for y in (0, 100))
    found = crossed_barriers(start, end, np.array([detour]), barrier_layer(constraints(put, rows)))
    assert [one[0] for one in found] == [kind, name]


def test_the_table_of_access_names_the_river(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    """Two banks and one bridge 400 m away; a second river beyond the destination."""
    ways = streets(
        ["LINESTRING (0 0, 400 0)", "LINESTRING (0 100, 400 100)", "LINESTRING (400 0, 400 100)"],
        level=[0, 0, 1],
    )
    sites = plots([shapely.box(0, 4, 20, 14), shapely.box(900, 4, 920, 14)])
    destinations = {"station": places({"Gare": (10, 100)}), "stop": places({"Arrêt": (60, 0)})}
    river = constraints(put, [("water", "La Somme", RIVER)])
    graph = build_graph(ways)
    found = travel_time_table(entrances(sites, ways), sites, graph, destinations, constraints=river)
    keyed: Any = found.set_index(["opportunity_id", "target"])
    assert keyed.loc[("p0", "station"), ["barrier", "barrier_name"]].tolist() == [
        "water",
        "La Somme",
    ]
    assert keyed.loc[("p0", "stop"), "barrier"] == "none"
    assert keyed.loc["p1", ["barrier", "barrier_name"]].isna().all(axis=None)
    unknown = travel_time_table(entrances(sites, ways), sites, graph, destinations)
    assert unknown["barrier"].isna().all()
    same = ["distance_m", "time_min", "straight_m"]
    assert unknown[same].equals(found[same])


def test_no_line_no_barrier() -> None:
    nothing = np.empty(0, dtype=object)
    kinds, names = crossed_barriers(nothing, nothing, np.empty(0), None)
    assert (len(kinds), len(names)) == (0, 0)
