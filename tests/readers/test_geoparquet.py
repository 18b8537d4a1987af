"""Tables on disk: what was written, whole or within bounds, and one error when damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import LAMBERT_93, X, Y

from foncier import schemas
from foncier.errors import FormatError, SourceError
from foncier.readers import geoparquet

if TYPE_CHECKING:
    from pathlib import Path


def parcels(corners: list[tuple[float, float]]) -> Any:
    shapes = [shapely.box(X + x, Y + y, X + x + 7.3, Y + y + 11.9) for x, y in corners]
    rows = {
        "parcel_id": [f"80021000AB{n:04}" for n in range(len(shapes))],
        "commune": [None if n % 3 == 0 else "80021" for n in range(len(shapes))],
        "area_m2": [shape.area for shape in shapes],
    }
    return schemas.PARCELS.conform(gpd.GeoDataFrame(rows, geometry=shapes, crs=LAMBERT_93))


places = st.lists(st.tuples(st.floats(-5e4, 5e4), st.floats(-5e4, 5e4)), min_size=1, max_size=30)


@settings(max_examples=30, deadline=None)
@given(corners=places, frame=st.tuples(*[st.floats(-5e4, 5e4)] * 2))
def test_table_is_read_completely_and_within_bounds(
    tmp_path_factory: pytest.TempPathFactory,
    corners: list[tuple[float, float]],
    frame: tuple[float, float],
) -> None:
    table, path = parcels(corners), tmp_path_factory.mktemp("store") / "parcels.parquet"
    geoparquet.write_table(table, path)
    pd.testing.assert_frame_equal(geoparquet.read_table(path, schemas.PARCELS), table)
    everywhere = np.array([[-1e9, -1e9, 1e9, 1e9]])
    assert_geodataframe_equal(geoparquet.read_table(path, schemas.PARCELS, everywhere), table)
    west, south = X + frame[0], Y + frame[1]
    bounds = (west, south, west + 3e4, south + 3e4)
    # Bounds are kept in single precision, rounded outwards by less than a metre here.
    close = shapely.dwithin(shapely.box(*bounds), table.geometry.array, 1.0)
    sure = shapely.intersects(shapely.box(*bounds), table.geometry.array)
    boxes = np.array([bounds, bounds])
    found = geoparquet.read_table(path, schemas.PARCELS, boxes)["parcel_id"]
    assert set(table["parcel_id"][sure]) <= set(found) <= set(table["parcel_id"][close])
    assert table["parcel_id"].iloc[
        np.sort(geoparquet.read_bounds_near(path, boxes)[0])
    ].tolist() == [*found]


def test_of_a_layer_without_a_row_nothing_is_near(tmp_path: Path) -> None:
    path = tmp_path / "parcels.parquet"
    geoparquet.write_table(schemas.PARCELS.empty(parcels([(0.0, 0)]).crs), path)
    everywhere = np.array([[-1e9, -1e9, 1e9, 1e9]])
    assert_geodataframe_equal(
        geoparquet.read_table(path, schemas.PARCELS, everywhere),
        geoparquet.read_table(path, schemas.PARCELS),
    )
    assert len(geoparquet.read_bounds_near(path, everywhere)[0]) == 0


def test_rows_come_back_in_the_order_in_which_they_lay_and_the_bytes_are_the_same(
    tmp_path: Path,
) -> None:
    table = parcels([(400.0, 0), (0.0, 0), (200.0, 0)])
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    geoparquet.write_table(table, one)
    geoparquet.write_table(table, other)
    assert one.read_bytes() == other.read_bytes()
    places, boxes = geoparquet.read_bounds(one)
    assert sorted(places) == [0, 1, 2]
    assert np.allclose(boxes[:, 0] - X, table.geometry.bounds["minx"].iloc[places] - X, atol=0.1)
    assert geoparquet.read_table(one, schemas.PARCELS)["parcel_id"].tolist() == [
        *table["parcel_id"]
    ]


def test_runs_of_rows_along_the_curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoparquet, "GROUP_ROWS", 4)
    path = tmp_path / "parcels.parquet"
    geoparquet.write_table(parcels([(30.0 * n, 20.0 * (n % 3)) for n in range(11)]), path)
    every, boxes = geoparquet.read_bounds(path)
    assert geoparquet.count_rows(path) == 11
    for first, last in ((0, 11), (3, 5), (4, 8), (9, 11), (5, 5)):
        run, bounds = geoparquet.read_bounds_slice(path, first, last)
        assert run.tolist() == every[first:last].tolist()
        assert bounds.tolist() == boxes[first:last].tolist()
    assert geoparquet.read_distinct(path, "commune") == ["80021", None]


def test_plain_and_empty_tables(tmp_path: Path) -> None:
    rates = schemas.VACANCY_RATES.conform(
        pd.DataFrame({"commune": ["80021"], "rate_share": [0.03]})
    )
    for contract, table in (
        (schemas.VACANCY_RATES, rates),
        (schemas.PARCELS, schemas.PARCELS.empty(LAMBERT_93)),
    ):
        geoparquet.write_table(table, tmp_path / "table.parquet")
        back = geoparquet.read_table(tmp_path / "table.parquet", contract)
        pd.testing.assert_frame_equal(back, table)


def test_missing_or_damaged_file_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "parcels.parquet"
    geoparquet.write_table(parcels([(0, 0), (50, 0)]), path)
    whole = path.read_bytes()
    for content in (whole[:-9], whole[:40] + whole[400:], b""):
        path.write_bytes(content)
        with pytest.raises(FormatError, match="Supprimez le dossier"):
            geoparquet.read_table(path, schemas.PARCELS)
        with pytest.raises(FormatError):
            geoparquet.read_bounds(path)
    path.unlink()
    with pytest.raises(SourceError, match="disparu"):
        geoparquet.read_table(path, schemas.PARCELS)
