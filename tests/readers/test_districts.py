"""Quarters of any vector file: the names that INSEE and the ANCT give their columns are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pyproj
import pytest
import shapely

from foncier.model import LayerFile
from foncier.readers.registry import read

if TYPE_CHECKING:
    from pathlib import Path

CRS = pyproj.CRS.from_epsg(2154)


@pytest.mark.parametrize(
    ("columns", "ids", "names"),
    [
        ({"code_iris": ["800210102"], "nom_iris": ["Saint-Leu"]}, ["800210102"], ["Saint-Leu"]),
        ({"CODE_QP": ["QP080001"], "NOM_QP": ["Amiens Nord"]}, ["QP080001"], ["Amiens Nord"]),
        ({"nom": ["Gare <la> Vallée"]}, None, ["Gare <la> Vallée"]),
    ],
)
def test_columns_are_known(
    tmp_path: Path, columns: dict[str, list[str]], ids: list[str] | None, names: list[str]
) -> None:
    path = tmp_path / "quartiers.gpkg"
    ground = shapely.box(650_000, 6_977_000, 650_500, 6_977_500)
    gpd.GeoDataFrame(columns, geometry=[ground], crs=CRS).to_file(path)
    file = LayerFile("districts", path, path.name, "vector")
    table, report = read(file, crs=CRS, communes=("80021",))
    assert table["quarter_id"].notna().all()
    assert ids is None or table["quarter_id"].tolist() == ids
    assert table["name"].tolist() == names
    assert (report.rows_read, report.rows_kept) == (1, 1)
