"""Functions that need no study: the plots and the times of a run, from tables."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import foncier as fo
from foncier.detect import measures
from foncier.errors import ConfigError, CrsError
from foncier.study import rulesets


def test_infill_is_what_a_run_finds_on_the_same_tables(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, streets: gpd.GeoDataFrame
) -> None:
    layers = (parcels, buildings, streets)
    run = fo.run(fo.Study("80021", *layers, rules="parcel-manager")).opportunities
    found = fo.find_infill(*layers, rules="parcel-manager")
    ids = run["opportunity_id"].sort_values()
    assert found["opportunity_id"].tolist() == ids.tolist()
    assert found.attrs["rules"] == "parcel-manager"
    assert set(found.attrs["unknown"]) == {"zones", "constraints"}
    assert sum(found.attrs["rejected"].values()) == len(parcels) - found["parcel_ids"].nunique()


def test_infill_overseas_is_in_the_legal_system_of_its_territory() -> None:
    plots = [shapely.box(340000 + 60 * n, 7_650_000, 340050 + 60 * n, 7_650_040) for n in range(4)]
    houses = [plot.buffer(-12) for plot in plots[:3]]
    parcels = gpd.GeoDataFrame(
        {"id": [f"97411000AB000{n}" for n in range(4)]}, geometry=plots, crs=2975
    )
    buildings = gpd.GeoDataFrame(geometry=houses, crs=2975)
    found = fo.find_infill(parcels.to_crs(4326), buildings, rules="foncier-api")
    assert found.crs.to_epsg() == 2975
    assert found["parcel_ids"].tolist() == ["97411000AB0003"]


def test_infill_refuses_what_it_cannot_place(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame
) -> None:
    with pytest.raises(ConfigError, match="foncier"):
        fo.find_infill(parcels, buildings, rules="fonciers")
    with pytest.raises(CrsError, match="territoire"):
        fo.find_infill(
            parcels.translate(40, 0).to_frame("geometry").assign(id=parcels["id"]), buildings
        )


def test_times_are_those_of_a_run(public_result: fo.Result) -> None:
    """From plots, which start at their entrances, on flat ground."""
    layers = fo.read_study(fo.demo_study()).read_layers()
    stations = layers["places"].query("category == 'station'").set_index("place_id")
    plots = public_result.opportunities.set_index("opportunity_id")
    plots = plots[plots["perimeter"] != "piece"]  # a part of a parcel is entered by its front
    times = fo.travel_times(plots, layers["streets"], stations)
    nearest = times.groupby("from_id")["travel_time"].min()
    gap = plots["station_min"] - nearest
    # A run knows the parcels: it does not leave over a neighbour's land.
    assert gap.min() > -1e-6
    assert (gap < 1e-6).mean() > 0.9


def grid() -> gpd.GeoDataFrame:
    """Four streets along a square of 100 m."""
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    at = [(x + 650_000, y + 6_977_000) for x, y in ring]
    lines = [shapely.LineString(pair) for pair in pairwise(at)]
    return gpd.GeoDataFrame({"id": list("abcd"), "class": "residential"}, geometry=lines, crs=2154)


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(650_000 + x, 6_977_000 + y)


@given(x=st.floats(0, 100), y=st.floats(0, 100))
def test_a_way_enters_its_street_inside_an_edge(x: float, y: float) -> None:
    origin = gpd.GeoDataFrame(geometry=[point(x, -3)], crs=2154)
    end = gpd.GeoDataFrame(geometry=[point(0, y)], crs=2154)
    row = fo.travel_times(origin, grid(), end).iloc[0]
    assert row["distance_m"] == pytest.approx(3 + min(x + y, 300 - x - y + 100), abs=1e-3)
    assert row["travel_time"] == pytest.approx(row["distance_m"] / 75)  # 4.5 km/h


def test_ids_orders_and_unknown_ways() -> None:
    shapes = [point(50, 0), None, point(0, 5000), shapely.Point()]
    origins = gpd.GeoDataFrame({"id": ["z", "y", "x", "w"]}, geometry=shapes, crs=2154)
    ends = gpd.GeoDataFrame(geometry=[point(100, 0), point(0, 0)], crs=2154, index=[7, 3])
    table = fo.travel_times(origins.to_crs(4326), grid(), ends, mode="bike")
    assert table["from_id"].tolist() == ["z", "z", "y", "y", "x", "x", "w", "w"]
    assert table["to_id"].tolist() == [7, 3] * 4
    assert table["distance_m"].head(2).tolist() == pytest.approx([50, 50], abs=1e-3)
    assert table.loc[2:, ["travel_time", "distance_m"]].isna().all(axis=None)
    none = fo.travel_times(origins.iloc[:0], grid(), ends)
    assert none.empty
    assert list(none.columns) == list(table.columns)


def test_a_plot_starts_at_its_entrance() -> None:
    plot = gpd.GeoDataFrame(
        geometry=[shapely.box(650_020, 6_976_960, 650_040, 6_976_995)], crs=2154
    )
    end = gpd.GeoDataFrame(geometry=[point(100, 0)], crs=2154)
    row = fo.travel_times(plot, grid(), end).iloc[0]
    assert row["distance_m"] == pytest.approx(5 + 70, abs=1.0)  # from the middle of its front


def test_wrong_origins_and_modes_are_refused() -> None:
    ends = gpd.GeoDataFrame(geometry=[point(100, 0)], crs=2154)
    with pytest.raises(ConfigError, match="walk"):
        fo.travel_times(ends, grid(), ends, mode="drive")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="GeoDataFrame"):
        fo.travel_times(pd.DataFrame(), grid(), ends)
    with pytest.raises(CrsError, match="set_crs"):
        fo.travel_times(ends.set_crs(None, allow_override=True), grid(), ends)
    assert np.isfinite(fo.travel_times(ends, grid(), ends)["travel_time"]).all()


def test_a_measure_of_ones_own_serves_a_rule_of_ones_own(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulesets, "_registered", {})
    monkeypatch.setattr(measures, "_MEASURES", dict(measures._MEASURES))

    def size(context: Any, rows: Any, params: Any) -> tuple[Any, Any]:
        return shapely.area(context.plots[rows]), np.full(len(rows), None, dtype=object)

    fo.register_measure("test_size_m2", fo.Measure(size))
    rule = {"name": "small", "measure": "test_size_m2", "below": 900.0, "unit": "m²", "fr": "Petit"}
    words = {"name": "test_small", "fr": "Petits terrains"}
    rules = {"dent_creuse": [rule], "terrain_divisible": [rule | {"below": 0.0}]}
    fo.register_rule_set("test_small", words | rules)
    plots = fo.find_infill(parcels, buildings, rules="test_small")
    assert len(plots)
    assert plots.area.max() < 900
