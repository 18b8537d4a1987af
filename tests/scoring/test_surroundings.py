"""What surrounds a site: within the walk, counted once, never a name of a company."""

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
from foncier.schemas.results import NAF_SECTIONS, PARTNERS
from foncier.scoring import around, in_perimeters
from foncier.scoring.surroundings import DIVISIONS, WALK_M, naf_section

CRS = pyproj.CRS.from_epsg(2154)
OFF = np.array([False])


def sites(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    rows = {
        "opportunity_id": [f"S{n}" for n in range(len(shapes))],
        "kind": "friche",
        "perimeter": "parcelles",
        "sources": "essai",
    }
    index = range(len(shapes))
    return schemas.CANDIDATES.conform(
        gpd.GeoDataFrame(pd.DataFrame(rows, index=index), geometry=list(shapes), crs=CRS)
    )


def actors(*rows: tuple[str, str | None, float]) -> gpd.GeoDataFrame:
    """Build actors by category, name and distance to the east of the origin."""
    table = pd.DataFrame(rows, columns=["category", "name", "x"])
    points = shapely.points(table["x"].to_numpy(dtype=float), np.zeros(len(table)))
    return gpd.GeoDataFrame(table.assign(source="essai"), geometry=points, crs=CRS)


def perimeters(*rows: tuple[str, str | None, shapely.Geometry]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=["kind", "name", "geometry"])
    table["perimeter_id"] = [f"P{n}" for n in range(len(table))]
    return schemas.PERIMETERS.conform(gpd.GeoDataFrame(table, geometry="geometry", crs=CRS))


HERE = shapely.box(-10, -10, 0, 10)


def test_straight_distance_is_bounded_and_has_no_minutes() -> None:
    near = actors(("university", "A", 100), ("university", "B", WALK_M + 1), ("research", "C", 700))
    found = around(sites(HERE), near, None, OFF)
    assert found["name"].tolist() == ["A", "C"]
    assert found["distance_m"].tolist() == [100, 700]
    assert found["minutes"].isna().all()


def test_minutes_of_the_streets_come_before_the_straight_line() -> None:
    walks = pd.DataFrame({"opportunity_id": ["S0"], "point": [1], "minutes": [9.0]})
    near = actors(("university", "behind the river", 20), ("university", "over the bridge", 500))
    found = around(sites(HERE), near, walks, ~OFF)
    assert found["name"].tolist() == ["over the bridge"]
    assert found["minutes"].tolist() == [9.0]


def test_companies_are_counted_by_section_and_never_named() -> None:
    near = actors(*[("naf_C", "Boulangerie Dupont", 10.0 * n) for n in range(1, 8)])
    found = around(sites(HERE), near, None, OFF)
    assert found["number"].tolist() == [7]
    assert found["name"].isna().all()
    assert found["distance_m"].tolist() == [10]


def test_places_of_one_name_count_once_and_five_are_listed() -> None:
    rows: list[tuple[str, str | None, float]] = [("public_service", "Mairie", 50.0)] * 3
    rows += [("public_service", f"Poste {n}", 60.0 + n) for n in range(6)]
    rows += [("public_service", None, 40.0), ("public_service", None, 41.0)]
    found = around(sites(HERE), actors(*rows), None, OFF)
    assert set(found["number"]) == {9}
    assert len(found) == 5
    assert found["order"].tolist() == [1, 2, 3, 4, 5]
    assert found["name"].dropna().tolist() == ["Mairie", "Poste 0", "Poste 1"]


def test_nothing_around() -> None:
    assert around(sites(HERE), actors(), None, OFF).empty
    assert around(sites(), actors(("university", "A", 1)), None, OFF[:0]).empty


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*PARTNERS[:3], *NAF_SECTIONS[:3]]),
            st.sampled_from(["A", "B", None]),
            st.floats(1, 1500),
        ),
        max_size=20,
    )
)
def test_another_site_changes_nothing_and_nobody_is_farther_than_the_walk(
    rows: list[tuple[str, str | None, float]],
) -> None:
    alone = around(sites(HERE), actors(*rows), None, OFF)
    other = sites(HERE, shapely.box(400, 0, 410, 10))
    both = around(other, actors(*rows), None, np.array([False, False]))
    own = both[both["opportunity_id"] == "S0"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, own)
    assert (both["distance_m"] <= WALK_M).all()
    assert both.loc[both["category"].isin(NAF_SECTIONS), "name"].isna().all()
    backwards = around(sites(HERE), actors(*rows[::-1]), None, OFF)
    numbers = ["category", "number", "distance_m"]
    pd.testing.assert_frame_equal(alone[numbers], backwards[numbers])


def test_every_division_has_one_section() -> None:
    codes = pd.Series([f"NAF {n:02d}.10Z" for n in range(1, 100)])
    found = naf_section(codes)
    assert found.dropna().isin(NAF_SECTIONS).all()
    assert found.isna().sum() == 99 - sum(last - first + 1 for first, last in DIVISIONS.values())
    assert sorted(DIVISIONS) == [one.removeprefix("naf_") for one in NAF_SECTIONS]


SITE = shapely.box(0, 0, 100, 100)


@pytest.mark.parametrize(
    ("x", "distance", "name"),
    [(0, 0, "Nord"), (200, 100, "Nord"), (400, 300, "Nord"), (401, 301, None)],
)
def test_priority_districts(x: float, distance: float, name: str | None) -> None:
    table = perimeters(("qpv", "Nord", shapely.box(x, 0, x + 50, 100)))
    (row,) = in_perimeters(sites(SITE), table).to_dict("records")
    assert row["qpv_distance_m"] == distance
    assert (row["qpv"] == name) if name else pd.isna(row["qpv"])


@pytest.mark.parametrize(
    ("kind", "name", "share", "tag"),
    [
        ("zac", "Gare la Vallée", 1.0, "ZAC Gare la Vallée"),
        ("zac", "ZAC Gare la Vallée", 1.0, "ZAC Gare la Vallée"),
        ("acv", None, 0.5, "ACV P0"),
        ("other_perimeter", "Secteur test", 0.5, "Secteur test"),
        ("ort", "Centre", 0.05, None),
    ],
)
def test_tags(kind: str, name: str | None, share: float, tag: str | None) -> None:
    table = perimeters((kind, name, shapely.box(0, 0, 100 * share, 100)))
    (row,) = in_perimeters(sites(SITE), table).to_dict("records")
    assert (row["in_perimeters"] == tag) if tag else pd.isna(row["in_perimeters"])
    assert pd.isna(row["qpv_distance_m"])  # no priority district: unknown


def test_without_the_layer_nothing_is_known() -> None:
    found: Any = in_perimeters(sites(SITE), None)
    assert found[["qpv", "qpv_distance_m", "in_perimeters"]].isna().all(axis=None)
