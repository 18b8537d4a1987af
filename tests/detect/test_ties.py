"""Which of several candidates is chosen, by rules that order equal ones."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier.detect.deduplicate import Outlines
from foncier.detect.fabric import CLASSES, plot_classes
from foncier.detect.measures.parcel import largest
from foncier.detect.site_evidence import assign_to_site, merge_repeated
from foncier.geometry import overlaps
from foncier.model import Fabric

from .conftest import CRS, at

PARAMS = Fabric()
DENSE, GROUPED, DIFFUSE, ISOLATED = (
    CLASSES.index(n) for n in ("dense", "groupee", "diffuse", "isolee")
)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_of_the_uses_of_a_parcel_the_largest_is_named_and_the_first_of_equals(
    order: list[int],
) -> None:
    plots = np.array([shapely.box(0, 0, 20, 10), shapely.box(0, 0, 10, 10), at(900, 0, 1, 1)])
    covers = np.array([shapely.box(0, 0, 9, 10), shapely.box(9, 0, 20, 10)])[order]
    found = largest(overlaps(plots, shapely.STRtree(covers)), len(plots))
    assert found.tolist() == [order.index(1), order.index(0), -1]
    halves = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])[order]
    assert largest(overlaps(plots[:1], shapely.STRtree(halves)), 1).tolist() == [0]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_a_plot_has_the_densest_class_of_the_buildings_equally_near(order: list[int]) -> None:
    """One on each side at 10 m, and a dense one at 11 m, which does not count."""
    buildings = np.array(
        [shapely.box(-20, 0, -10, 10), shapely.box(20, 0, 30, 10), shapely.box(0, 21, 10, 30)]
    )[order]
    classes = np.array([DIFFUSE, GROUPED, DENSE])[order]
    plot = np.array([shapely.box(0, 0, 10, 10)])
    assert plot_classes(plot, shapely.STRtree(buildings), classes, PARAMS).tolist() == [GROUPED]


def observations(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {
        "opportunity_id": "a",
        "signal": "s",
        "source": "x",
        "weight": 1.0,
        "distance_m": 0.0,
        "observed_on": pd.Timestamp("2025-01-01"),
        "detail": None,
        "detail_en": None,
    }
    return pd.DataFrame([base | row for row in rows])


@pytest.mark.parametrize(
    ("kept", "other"),
    [
        ({"weight": -2.0, "distance_m": 9.0}, {"weight": 1.0}),
        ({"distance_m": 3.0, "observed_on": pd.Timestamp("2020-01-01")}, {"distance_m": 4.0}),
        ({"detail": "z"}, {"observed_on": pd.Timestamp("2024-01-01"), "detail": "a"}),
        ({"detail": "a"}, {"detail": "b"}),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_of_repeated_rows_the_strongest_stays_then_the_nearest_then_the_latest(
    kept: dict[str, Any], other: dict[str, Any], order: int
) -> None:
    frame = observations(*[{**kept, "mark": 1}, {**other, "mark": 0}][::order])
    found = merge_repeated(frame)
    assert found["mark"].tolist() == [1]
    words = kept.get("detail")
    assert found["detail"].tolist() == [f"{words} × 2" if words else "× 2"]
    assert found["detail_en"].tolist() == found["detail"].tolist()


def test_rows_of_another_site_signal_or_source_are_not_merged() -> None:
    frame = observations({}, {"opportunity_id": "b"}, {"signal": "t"}, {"source": "y"})
    found = merge_repeated(frame)
    assert len(found) == 4
    assert found["detail"].isna().all()


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_a_record_of_a_register_is_assigned_to_the_smallest_site_that_contains_it(
    order: list[int],
) -> None:
    """A small site lies in a large one; the record lies in both."""
    shapes = np.array([at(0, 0, 100, 100), at(10, 10, 20, 20), at(15, 15, 1, 1)])[order]
    rows = gpd.GeoDataFrame(
        {"site_id": [str(n) for n in order], "parcel_ids": [None] * 3}, geometry=shapes, crs=CRS
    )
    register = np.array([n == 2 for n in order])
    groups = np.array(order)
    origin, nothing = np.full(3, "parcelles", dtype=object), np.full(3, "", dtype=object)
    outline = Outlines(shapes, origin, np.zeros(3, dtype=np.intp), nothing)
    assert assign_to_site(rows, outline, groups, register)[order.index(2)] == 1
