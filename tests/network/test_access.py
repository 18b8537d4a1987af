"""Where plots open on the street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.network import access_points

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    Builder = Callable[..., gpd.GeoDataFrame]

STREET = "LINESTRING (-100 0, 100 0)"
CASES: dict[str, Any] = {
    # name: plot, streets, columns of the streets, street, frontage, offset, access point
    "in front": (shapely.box(0, 5, 20, 35), [STREET], {}, "s0", 20, 5, (10, 5)),
    "nearest of two": (
        shapely.box(0, 5, 20, 35),
        [STREET, "LINESTRING (-100 38, 100 38)"],
        {},
        "s1",
        20,
        3,
        (10, 35),
    ),
    "as near to two: the smallest id": (
        shapely.box(0, 5, 20, 35),
        ["LINESTRING (-100 40, 100 40)", STREET],
        {},
        "s0",
        20,
        5,
        (10, 35),
    ),
    "corner plot": (
        shapely.box(3, 5, 23, 35),
        [STREET, "LINESTRING (0 -90, 0 90)"],
        {},
        "s1",
        30,
        3,
        (3, 20),
    ),
    "facade set back by a porch": (
        shapely.from_wkt("POLYGON ((0 5, 8 5, 8 8, 20 8, 20 30, 0 30, 0 5))"),
        [STREET],
        {},
        "s0",
        20,
        8,
        (14, 8),
    ),
    "two fronts, a neighbour between": (
        shapely.from_wkt("POLYGON ((0 5, 8 5, 8 20, 15 20, 15 5, 25 5, 25 30, 0 30, 0 5))"),
        [STREET],
        {},
        "s0",
        18,
        5,
        (20, 5),
    ),
    "a corner on the street": (
        shapely.from_wkt("POLYGON ((0 5, 1 30, -1 30, 0 5))"),
        [STREET],
        {},
        "s0",
        0,
        5,
        (0, 5),
    ),
    "one of two parts": (
        shapely.MultiPolygon([shapely.box(0, 5, 20, 35), shapely.box(40, 60, 60, 90)]),
        [STREET],
        {},
        "s0",
        20,
        5,
        (10, 5),
    ),
    "street with a hole before the plot": (
        shapely.box(0, 5, 20, 35),
        ["MULTILINESTRING ((-100 0, 0 0), (20 0, 100 0))"],
        {},
        "s0",
        7.483 * 2,
        6.245,
        (3.742, 5),
    ),
    "street inside the plot": (
        shapely.box(-50, -10, 50, 40),
        ["LINESTRING (-20 0, 20 0)"],
        {},
        "s0",
        None,
        10,
        (0, -10),
    ),
    "street in the courtyard": (
        shapely.box(-50, -50, 50, 50) - shapely.box(-20, -4, 20, 4),
        ["LINESTRING (-5 0, 5 0)"],
        {},
        "s0",
        None,
        4,
        None,
    ),
    "crossed rather than surrounded": (
        shapely.box(-50, -10, 50, 40),
        ["LINESTRING (-20 5, 20 5)", "LINESTRING (0 20, 0 99)"],
        {},
        "s1",
        8,
        0,
        (0, 40),
    ),
    "not the bridge above": (
        shapely.box(0, 5, 20, 35),
        ["LINESTRING (-9 20, 99 20)", STREET],
        {"level": [1, 0]},
        "s1",
        20,
        5,
        (10, 5),
    ),
    "not the motorway beside": (
        shapely.box(0, 5, 20, 35),
        ["LINESTRING (-9 36, 99 36)", STREET],
        {"walk": [False, True]},
        "s1",
        20,
        5,
        (10, 5),
    ),
    "landlocked": (shapely.box(0, 61, 20, 90), [STREET], {}, None, None, None, None),
}


@pytest.mark.parametrize("case", CASES)
def test_each_plot_opens_on_its_street(
    streets: Builder, plots: Builder, put: Callable[[Any], Any], case: str
) -> None:
    plot, lines, columns, street, frontage, offset, point = CASES[case]
    site = plots([plot])
    found = access_points(site, streets(lines, **columns))
    if street is None:
        assert found.empty
        return
    row = found.iloc[0]
    assert row["street_id"] == street
    assert row["offset_m"] == pytest.approx(offset, abs=0.05)
    assert shapely.distance(row.geometry, site.geometry.iloc[0].boundary) < 1e-6
    if frontage is not None:
        assert row["frontage_m"] == pytest.approx(frontage, abs=0.05)
    if point is not None:
        assert shapely.distance(row.geometry, put(shapely.Point(point))) < 0.05


def test_reach_is_a_parameter(streets: Builder, plots: Builder) -> None:
    site = plots([shapely.box(0, 61, 20, 90)])
    assert len(access_points(site, streets([STREET]), reach_m=62)) == 1


def test_the_name_of_the_street_is_told(streets: Builder, plots: Builder) -> None:
    found = access_points(
        plots([shapely.box(0, 5, 20, 35)]), streets([STREET], name="Rue du Hocquet")
    )
    assert found["street_name"].tolist() == ["Rue du Hocquet"]


@pytest.mark.parametrize("empty", ["plots", "streets", "both"])
def test_empty_tables_give_an_empty_contract_table(
    streets: Builder, plots: Builder, empty: str
) -> None:
    sites = plots([] if empty != "streets" else [shapely.box(0, 5, 20, 35)])
    found = access_points(sites, streets([] if empty != "plots" else [STREET]))
    assert found.equals(schemas.ACCESS_POINTS.empty(sites.crs))
    assert found.crs == sites.crs


def town(streets: Builder, plots: Builder) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    lines = [STREET, "LINESTRING (-100 0, -40 70, 90 80)", "LINESTRING (31 0, 30 120)"]
    boxes = [shapely.box(x, 4 + x % 7, x + 17, 30 + x % 5) for x in range(-90, 80, 23)]
    return plots(boxes), streets(lines)


@settings(max_examples=20, deadline=None)
@given(turn=st.floats(0, 360), east=st.floats(-1e5, 1e5), seed=st.integers(0, 99))
def test_access_does_not_change_when_the_map_is_moved_turned_or_shuffled(
    streets: Builder, plots: Builder, turn: float, east: float, seed: int
) -> None:
    sites, ways = town(streets, plots)
    before = sites.copy(deep=True), ways.copy(deep=True)
    straight = access_points(sites, ways)
    moved = [
        table.set_geometry(
            table.rotate(turn, origin=(650_000, 6_977_000)).translate(east, 9.5)
        ).sample(frac=1, random_state=seed)
        for table in (sites, ways)
    ]
    turned = access_points(moved[0], moved[1])
    assert turned["street_id"].tolist() == straight["street_id"].tolist()
    assert np.allclose(turned["offset_m"], straight["offset_m"], atol=0.05)
    assert np.allclose(turned["frontage_m"], straight["frontage_m"], atol=0.1)
    back = turned.translate(-east, -9.5).rotate(-turn, origin=(650_000, 6_977_000))
    assert (shapely.distance(back.values, straight.geometry.values) < 0.1).all()
    assert sites.equals(before[0])
    assert ways.equals(before[1])


@settings(max_examples=10, deadline=None)
@given(at=st.integers(0, 8))
def test_splitting_the_plots_gives_the_same_rows(streets: Builder, plots: Builder, at: int) -> None:
    sites, ways = town(streets, plots)
    parts = [access_points(sites.iloc[:at], ways), access_points(sites.iloc[at:], ways)]
    assert pd.concat(parts, ignore_index=True).equals(access_points(sites, ways))
