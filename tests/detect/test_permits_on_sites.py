"""Permits on sites: which take the site, which have lapsed, and demolitions as evidence."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from tests.detect.test_owners import A, B, sites

from foncier import schemas
from foncier.detect import demolition_observations, permit_columns, permit_evidence, permits_on
from foncier.study import land_rules

RULES = land_rules().permits
ON = dt.date(2026, 1, 15)


def permits(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """PERMITS, each on parcel A unless it says otherwise."""
    table = [
        {"permit_id": f"PC{n}", "kind": "build", "parcel_ids": A, "source": "Sitadel", **row}
        for n, row in enumerate(rows)
    ]
    for row in table:
        for name in ("authorised_on", "started_on", "completed_on"):
            row[name] = pd.Timestamp(row[name]) if name in row else pd.NaT
    boxes = [shapely.box(0, 0, 20, 20)] * len(table)
    frame: gpd.GeoDataFrame = schemas.PERMITS.conform(
        gpd.GeoDataFrame(table, geometry=boxes, crs="EPSG:2154")
    )
    return frame


def taken(row: dict[str, Any], site: str = "dent_creuse", on: dt.date | None = ON) -> str | None:
    """Kind of the permit that takes a site of parcel A; None where none does."""
    found = sites(A, kind=site)
    located = permits_on(found, permits(row), RULES, on)
    value = permit_columns(found, located)["permit_kind"].iloc[0]
    return None if pd.isna(value) else str(value)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"state": "authorised", "authorised_on": "2025-06-12"}, "build"),
        ({"state": "started", "authorised_on": "2020-02-01", "started_on": "2021-02-01"}, "build"),
        ({"state": "completed", "completed_on": "2025-02-01"}, "build"),
        ({"state": "cancelled", "authorised_on": "2025-06-12"}, None),
        ({"state": "authorised", "authorised_on": "2022-04-11"}, None),  # lapsed unless extended
        ({"state": "authorised", "authorised_on": "2018-03-14"}, None),
        ({"state": "started", "started_on": "2014-01-01"}, None),
        ({"state": "completed", "completed_on": "2019-01-01"}, None),
        ({"state": "authorised", "authorised_on": "2025-06-12", "kind": "layout"}, "layout"),
        ({"state": "authorised", "authorised_on": "2025-06-12", "kind": "demolish"}, None),
        ({"state": "authorised", "authorised_on": "2025-06-12", "nature": "works"}, None),
        ({"kind": "declaration", "nature": "works", "authorised_on": "2025-06-12"}, None),
        ({"kind": "declaration", "nature": "new", "authorised_on": "2025-06-12"}, "declaration"),
        ({"authorised_on": "2025-06-12"}, "build"),  # of unknown state: granted
        ({"authorised_on": "2025-06-12", "parcel_ids": B}, None),
    ],
)
def test_which_permits_take_a_bare_plot(row: dict[str, Any], expected: str | None) -> None:
    assert taken(row) == expected


def test_works_on_a_building_take_a_friche_and_no_bare_plot() -> None:
    row = {"authorised_on": "2025-06-12", "nature": "works"}
    assert taken(row, "friche") == "build"
    assert taken(row, "terrain_divisible") is None


def test_without_a_date_of_the_study_nothing_lapses() -> None:
    row = {"state": "authorised", "authorised_on": "2001-01-01"}
    assert taken(row, on=None) == "build"


def test_the_latest_permit_that_takes_the_site_is_stated() -> None:
    found = sites(A)
    located = permits_on(
        found,
        permits(
            {"state": "authorised", "authorised_on": "2024-01-01"},
            {"state": "started", "authorised_on": "2023-05-01", "started_on": "2025-03-01"},
            {"state": "cancelled", "authorised_on": "2025-12-01"},
        ),
        RULES,
        ON,
    )
    row = permit_columns(found, located).iloc[0]
    assert (row["permit_state"], row["permit_on"].date()) == ("started", dt.date(2025, 3, 1))
    assert row["warnings"] == "permis de construire, travaux commencés le 01/03/2025"
    texts = permit_evidence(located)["text_fr"]
    assert len(texts) == 3
    assert texts.str.contains("annulé").sum() == 1


def test_a_permit_that_may_have_lapsed_is_flagged() -> None:
    found = sites(A)
    row = {"state": "authorised", "authorised_on": "2022-04-11"}
    flagged = permit_columns(found, permits_on(found, permits(row), RULES, ON)).iloc[0]
    assert pd.isna(flagged["permit_kind"])
    assert flagged["warnings"].endswith("périmé sauf prorogation")


def test_a_site_without_parcels_is_joined_by_its_ground() -> None:
    found = sites(None, None)
    located = permits_on(found, permits({"authorised_on": "2025-06-12"}), RULES, ON)
    assert located["opportunity_id"].tolist() == ["DC-0"]


def test_demolitions_that_stand_are_evidence() -> None:
    rows = demolition_observations(
        permits(
            {"kind": "demolish", "authorised_on": "2025-03-01"},
            {"kind": "demolish", "state": "cancelled"},
            {"kind": "build"},
        )
    )
    assert rows["signal"].tolist() == ["permit_demolish"]
    assert rows["subject"].tolist() == ["parcel"]
