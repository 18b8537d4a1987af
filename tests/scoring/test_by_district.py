"""Districts and the outside sum to the opportunities."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.geometry import counted_once_m2
from foncier.schemas import results
from foncier.scoring import by_district
from foncier.scoring.by_district import OUTSIDE_ID

CRS = pyproj.CRS.from_epsg(2154)
KINDS = results.KINDS[:2]


def sites(boxes: list[shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    n = len(boxes)
    rows = pd.DataFrame(
        {
            "opportunity_id": [f"S{i}" for i in range(n)],
            "kind": [KINDS[i % 2] for i in range(n)],
            "perimeter": "parcelles",
            "sources": "essai",
            "counted_area_m2": counted_once_m2(np.array(boxes, dtype=object)) if n else [],
            **columns,
        },
        index=range(n),
    )
    if not n:
        return schemas.CANDIDATES.empty(CRS)
    return schemas.CANDIDATES.conform(gpd.GeoDataFrame(rows, geometry=boxes, crs=CRS))


def scores(found: gpd.GeoDataFrame, values: list[float] | None = None) -> pd.DataFrame:
    n = len(found)
    return pd.DataFrame(
        {
            "opportunity_id": found["opportunity_id"],
            "score": values or [0.5] * n,
        }
    )


def districts(boxes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    if not boxes:
        return schemas.DISTRICT_OUTLINES.empty(CRS)
    rows = {"quarter_id": [f"Q{i}" for i in range(len(boxes))], "name": ["<b>"] * len(boxes)}
    return schemas.DISTRICT_OUTLINES.conform(gpd.GeoDataFrame(rows, geometry=boxes, crs=CRS))


def cell(table: gpd.GeoDataFrame, quarter: str, kind: str = schemas.ALL_KINDS) -> Any:
    return table.set_index(["quarter_id", "kind"]).loc[(quarter, kind)]


def test_a_site_in_two_districts_counts_by_its_shares() -> None:
    found = sites([shapely.box(0, 0, 40, 10)], yield_low=[8.0], yield_high=[None])
    table = by_district(found, scores(found), districts([shapely.box(0, 0, 10, 10)]))
    inside, outside = cell(table, "Q0"), cell(table, OUTSIDE_ID)
    assert (inside["number"], inside["area_m2"], inside["yield_low"]) == pytest.approx(
        (0.25, 100, 2)
    )
    assert (outside["number"], outside["area_m2"]) == pytest.approx((0.75, 300))
    assert np.isnan(inside["yield_high"])


def test_a_disc_counts_its_declared_area_and_a_taken_site_offers_none() -> None:
    discs = [shapely.Point(x, 0).buffer(56.4) for x in (0, 65)]
    found = sites(
        discs,
        counted_area_m2=[10_000.0, 10_000.0],
        availability_class=["pris", "a_confirmer"],
    )
    table = by_district(found, scores(found), districts([shapely.box(-200, -200, 200, 200)]))
    whole = cell(table, "Q0")
    assert (whole["area_m2"], whole["offered_area_m2"]) == (20_000.0, 10_000.0)


def test_land_of_two_sites_is_counted_once_and_means_are_weighted_by_share() -> None:
    found = sites(
        [shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)],
        confidence=[0.2, None, 0.8],
    )
    table = by_district(
        found, scores(found, [0.2, 0.4, np.nan]), districts([shapely.box(0, 0, 10, 10)])
    )
    inside = cell(table, "Q0")
    # The third site counts 50 m², of which its share of the district, a half.
    assert inside["area_m2"] == pytest.approx(125)
    assert table["area_m2"].sum() == pytest.approx(2 * found.union_all().area)  # and all kinds
    assert inside["number"] == pytest.approx(2.5)
    assert inside["mean_score"] == pytest.approx(0.3)
    assert inside["mean_confidence"] == pytest.approx((0.2 + 0.5 * 0.8) / 1.5)


def test_a_district_without_a_site_has_a_row_and_no_mean() -> None:
    found = sites([shapely.box(0, 0, 10, 10)])
    table = by_district(
        found, scores(found), districts([shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10)])
    )
    empty = cell(table, "Q1")
    assert (empty["number"], empty["area_m2"]) == (0, 0)
    assert np.isnan(empty["mean_score"])
    assert OUTSIDE_ID not in set(table["quarter_id"])


@pytest.mark.parametrize("two_districts", [[], [shapely.box(0, 0, 1, 1)]])
def test_nothing_found(two_districts: list[shapely.Geometry]) -> None:
    none = sites([])
    table = by_district(none, scores(none), districts(two_districts))
    assert list(table.columns) == schemas.DISTRICTS.names
    assert table["number"].sum() == 0


side = st.integers(0, 60)
rectangle = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    side,
    side,
    st.integers(1, 30),
    st.integers(1, 30),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(rectangle, min_size=1, max_size=6), st.lists(rectangle, max_size=5))
def test_districts_and_the_outside_sum_to_the_total(
    shapes: list[shapely.Geometry], grounds: list[shapely.Geometry]
) -> None:
    found = sites(shapes, yield_low=[float(i) for i in range(len(shapes))])
    before = found.copy()
    table = by_district(found, scores(found), districts(grounds))
    by_kind = table.groupby("kind")[["number", "area_m2", "yield_low"]].sum()
    for kind in (schemas.ALL_KINDS, *KINDS):
        own = found if kind == schemas.ALL_KINDS else found[found["kind"] == kind]
        if own.empty:
            continue
        assert by_kind.loc[kind, "number"] == pytest.approx(len(own))
        assert by_kind.loc[kind, "area_m2"] == pytest.approx(own["counted_area_m2"].sum())
        assert by_kind.loc[kind, "yield_low"] == pytest.approx(own["yield_low"].sum())
    assert not table.duplicated(["quarter_id", "kind"]).any()
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(before))
    turned = by_district(found.iloc[::-1], scores(found), districts(grounds).iloc[::-1])
    pd.testing.assert_frame_equal(
        pd.DataFrame(turned.drop(columns="geometry")), pd.DataFrame(table.drop(columns="geometry"))
    )
