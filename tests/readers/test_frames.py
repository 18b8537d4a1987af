"""Tables in memory as the rows of a layer."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier.errors import ConfigError, CrsError
from foncier.model import LayerFile
from foncier.readers import frames
from foncier.readers.report import Journal


def layer(frame: pd.DataFrame, format_: str = "vector", crs: str | None = None) -> LayerFile:
    return LayerFile("parcels", Path(), "<table>", format_, crs=crs, frame=frame)


def squares(count: int = 3) -> gpd.GeoDataFrame:
    shapes = [shapely.box(n, 0, n + 1, 1) for n in range(count)]
    return gpd.GeoDataFrame({"a": range(count)}, geometry=shapes, crs=2154)


def test_cells_are_written_as_a_csv_file_has_them() -> None:
    table = pd.DataFrame(
        {
            "code": [1001.0, None],
            "share": [0.5, np.nan],
            "day": [pd.Timestamp("2026-01-15"), pd.NaT],
            "on": [dt.date(2026, 1, 15), None],
            "text": ["a", pd.NA],
            "coded": pd.Categorical(["x", None]),
            7: [7, 8],
        }
    )
    rows = frames.rows(layer(table, "lovac"), Journal())
    assert rows.to_dict("list") == {
        "code": ["1001", ""],
        "share": ["0.5", ""],
        "day": ["2026-01-15", ""],
        "on": ["2026-01-15", ""],
        "text": ["a", ""],
        "coded": ["x", ""],
        "7": ["7", "8"],
    }
    assert (rows.dtypes == "str").all()


def test_shapes_become_wkt_where_the_format_has_it_and_the_table_has_not() -> None:
    table = squares(2).to_crs(4326)
    names = ("surface", "point")
    rows = frames.rows(layer(table, "cnig"), Journal(), wkt=names)
    surfaces = gpd.GeoSeries.from_wkt(rows["surface"])
    assert surfaces.geom_equals_exact(table.geometry.set_crs(None, allow_override=True), 0).all()
    assert rows["point"].str.startswith("POINT").all()
    own = frames.rows(layer(table.assign(surface="POINT (0 0)"), "cnig"), Journal(), wkt=names)
    assert own["surface"].unique().tolist() == ["POINT (0 0)"]


def test_an_index_with_a_name_is_a_column() -> None:
    table = squares().rename_axis("osmid").rename_geometry("shape")
    read = frames.vector(layer(table))
    assert list(read.columns) == ["osmid", "a", "geometry"]
    assert list(frames.vector(layer(squares().set_index([[5, 5, 5]]))).columns) == ["a", "geometry"]
    assert list(table.columns) == ["a", "shape"]


def test_the_crs_is_the_table_s_or_what_the_layer_says() -> None:
    bare = squares().set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match="<table>"):
        frames.vector(layer(bare))
    assert frames.vector(layer(bare, crs="EPSG:2154")).crs.to_epsg() == 2154
    assert frames.vector(layer(squares(), crs="EPSG:2975")).crs.to_epsg() == 2975


@pytest.mark.parametrize("format_", sorted(frames.FILE_FORMATS))
def test_a_format_of_files_alone_refuses_a_table(format_: str) -> None:
    with pytest.raises(ConfigError, match=format_):
        frames.check_format(layer(squares(), format_))
    frames.check_format(LayerFile("parcels", Path("a"), "a", format_))


def test_the_fingerprint_tells_any_change_of_content() -> None:
    whole = squares().assign(tags=[["a"], ["a", "b"], None], day=pd.Timestamp("2026-01-15"))
    print_ = frames.fingerprint(whole)
    assert print_ == frames.fingerprint(whole.copy().set_index(pd.Index([3, 4, 5])))
    moved = whole.set_geometry(whole.translate(1e-9))
    for other in (
        whole.iloc[::-1],
        whole.rename(columns={"a": "b"}),
        whole.assign(a=[0, 1, 3]),
        whole.assign(tags=[["a"], ["a", "c"], None]),
        whole.set_crs(2975, allow_override=True),
        moved,
    ):
        assert frames.fingerprint(other) != print_
