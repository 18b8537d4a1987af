"""Schemas: labels of every column, and errors of a table that does not conform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from foncier import schemas
from foncier.errors import ContractError, CrsError
from foncier.export.diff import DIFFERENCES
from foncier.export.layers import LAYER_TABLES
from foncier.export.visits import VISITS
from foncier.i18n.catalog import messages
from foncier.model.entries import STATUS_ENTRIES, VISIT_ENTRIES
from foncier.results.layers import ROUTES

if TYPE_CHECKING:
    from typing import Any

ENTRY_TABLES = (VISIT_ENTRIES, STATUS_ENTRIES)
TABLES = (
    *schemas.INPUTS,
    *schemas.RESULTS,
    *LAYER_TABLES,
    ROUTES,
    DIFFERENCES,
    VISITS,
    *ENTRY_TABLES,
)
COLUMNS = [column for table in TABLES for column in table.columns]


def plots(**changes: Any) -> gpd.GeoDataFrame:
    rows = {"parcel_id": ["A", "B"], "area_m2": [100.0, 100.0]} | changes
    geometry = [box(0, 0, 10, 10), box(20, 0, 30, 10)]
    return gpd.GeoDataFrame(rows, geometry=geometry, crs="EPSG:2154")


@pytest.mark.parametrize("family", ["columns", "tables"])
def test_every_label_is_used(family: str) -> None:
    used = {
        "columns": {column.label_id or column.name for column in COLUMNS} | {"donnees"},
        "tables": {table.name for table in TABLES},
    }
    prefix = f"schemas.{family}."
    in_catalogue = {one.removeprefix(prefix) for one in messages("fr") if one.startswith(prefix)}
    assert in_catalogue == used[family]


def test_two_names_are_needed_for_two_labels() -> None:
    labels = {column.label_id or column.name: column.label for column in COLUMNS}
    twice = [c.label_id for c in COLUMNS if c.label_id and labels.get(c.name) == c.label]
    assert twice == []


def test_table_conforms_and_gains_its_optional_columns() -> None:
    table = schemas.PARCELS.conform(plots())
    assert table.columns.tolist() == schemas.PARCELS.names
    assert table["commune"].isna().all()


@pytest.mark.parametrize(
    ("frame", "error", "message_id"),
    [
        (plots().drop(columns="area_m2"), ContractError, "schemas.missing_columns"),
        (pd.DataFrame(plots().drop(columns="geometry")), ContractError, "schemas.missing_columns"),
        (plots(area_m2=["large", "10"]), ContractError, "schemas.wrong_type"),
        (plots(area_m2=[-1.0, 10.0]), ContractError, "schemas.rule_broken"),
        (plots(parcel_id=["A", "A"]), ContractError, "schemas.rule_broken"),
        (plots().to_crs(4326), CrsError, "schemas.not_metric"),
        (plots().set_crs(None, allow_override=True), CrsError, "schemas.no_crs"),
        (
            plots().set_geometry([Point(0, 0)] * 2, crs=2154),
            ContractError,
            "schemas.wrong_geometry",
        ),
    ],
)
def test_error_of_a_table_that_does_not_conform(
    frame: pd.DataFrame, error: type[ContractError | CrsError], message_id: str
) -> None:
    with pytest.raises(error) as caught:
        schemas.PARCELS.conform(frame)
    assert caught.value.id == message_id
    assert "parcels" in caught.value.message("fr")
