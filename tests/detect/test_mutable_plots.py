"""Mutable built plots: footprint under a part of what the plan allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.detect.test_planning import prescriptions

from foncier import schemas
from foncier.detect import SpatialContext, mutable_plots, with_sites
from foncier.study import Densification, land_rules, mutable_rules
from foncier.study.rulesets import published

CRS = "EPSG:2154"
RULES = mutable_rules(Densification.model_validate({}), published("foncier"))
PLANNING = land_rules().planning
AREA = shapely.box(-1000, -1000, 1000, 1000)
SIDE = 40.0  # 1 600 m²


def context(*covered: float, side: float = SIDE, **layers: Any) -> SpatialContext:
    """Parcels in a row, each with a building over a share of it."""
    parcels, buildings = [], []
    for n, share in enumerate(covered):
        x = n * 2 * side
        parcels.append((f"8002100000{n:04d}", shapely.box(x, 0, x + side, side)))
        if share:
            buildings.append((f"b{n}", shapely.box(x, 0, x + side * share, side)))
    return SpatialContext(
        parcels=schemas.PARCELS.conform(
            gpd.GeoDataFrame(
                {
                    "parcel_id": [i for i, _ in parcels],
                    "commune": "80021",
                    "area_m2": side * side,
                },
                geometry=[shape for _, shape in parcels],
                crs=CRS,
            )
        ),
        buildings=schemas.BUILDINGS.conform(
            gpd.GeoDataFrame(
                {
                    "building_id": [i for i, _ in buildings],
                    "kind": "hard",
                    "area_m2": [shape.area for _, shape in buildings],
                },
                geometry=[shape for _, shape in buildings],
                crs=CRS,
            )
        ),
        **layers,
    )


def found(ground: SpatialContext, **rules: Any) -> list[str]:
    table = mutable_plots(ground, AREA, replace(RULES, **rules), PLANNING)
    return [parcel[-1] for parcel in table["parcel_id"]]


def test_under_half_of_the_allowed_footprint() -> None:
    # Allowed: 40 %. Bare, nearly bare, just under half, just over, built up.
    assert found(context(0.0, 0.1, 0.19, 0.21, 0.6)) == ["1", "2"]


def test_a_bare_parcel_is_no_built_plot_and_a_shed_no_building() -> None:
    assert found(context(0.0, 0.01)) == []  # 16 m²: an annexe


def test_buildings_count_as_in_the_rule_set() -> None:
    """The wall of a neighbour, drawn over the limit, is no building of the parcel."""
    ground = context(0.0, 0.1)
    wall = shapely.box(SIDE - 0.9, 0, SIDE + 5, SIDE)  # 36 m² of the first parcel
    assert ground.buildings is not None
    row = {"building_id": "wall", "kind": "hard", "area_m2": wall.area, "geometry": wall}
    ground.buildings.loc[len(ground.buildings), list(row)] = list(row.values())
    assert found(ground) == ["1"]
    assert found(ground, built={}) == ["0", "1"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"part": 1.0}, ["0", "1"]),
        ({"built_share": 0.8}, ["0", "1"]),
        ({"least_m2": 1700.0}, []),
        ({}, ["0"]),
    ],
)
def test_each_figure_of_the_study_counts(rules: dict[str, Any], expected: list[str]) -> None:
    assert found(context(0.1, 0.3), **rules) == expected


def test_a_prescription_states_what_is_allowed() -> None:
    stated = prescriptions(
        {
            "code": "38",
            "text": "emprise au sol maximale de 80 %",
            "geometry": shapely.box(-10, -10, SIDE + 10, SIDE + 10),
        }
    )
    table = mutable_plots(context(0.3, 0.3, prescriptions=stated), AREA, RULES, PLANNING)
    assert table["parcel_id"].str[-1].tolist() == ["0"]
    assert table[["allowed_share", "allowed_by"]].to_numpy().tolist() == [[0.8, "prescription"]]


def test_without_buildings_nothing_is_known() -> None:
    ground = replace(context(0.1), buildings=None)
    assert mutable_plots(ground, AREA, RULES, PLANNING).empty


def test_sites_on_a_plot_are_named_by_what_they_are() -> None:
    plots = mutable_plots(context(0.1, 0.1, 0.1), AREA, RULES, PLANNING)
    ids = plots["parcel_id"].tolist()
    sites = pd.DataFrame(
        {
            "opportunity_id": ["BV-1", "TD-2", "FR-3"],
            "kind": ["batiment_non_affecte", "terrain_divisible", "friche"],
            "parcel_ids": [ids[0], ids[1], f"{ids[1]}|{ids[2]}"],
        }
    )
    named = with_sites(plots, sites)
    assert named["vacant_ids"].fillna("").tolist() == ["BV-1", "", ""]
    assert named["listed_ids"].fillna("").tolist() == ["", "FR-3|TD-2", "FR-3"]


@given(st.lists(st.floats(0.05, 0.95), min_size=1, max_size=6), st.floats(0.1, 1.0))
def test_a_larger_part_only_adds_plots(covered: list[float], part: float) -> None:
    ground = context(*covered)
    assert set(found(ground, part=part * 0.7)) <= set(found(ground, part=part))
