"""Perimeters of public policies: what their file calls them, and the real priority districts."""

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
GROUND = shapely.box(650_000, 6_977_000, 650_500, 6_977_500)


@pytest.mark.parametrize(
    ("columns", "constants", "kind", "name"),
    [
        ({"code_qp": "QN08001M", "lib_qp": "Etouvie"}, {}, "qpv", "Etouvie"),
        ({"nom": "Centre", "nature": "Action cœur de ville"}, {}, "acv", "Centre"),
        ({"nom": "Vallée", "type": " ZAC "}, {}, "zac", "Vallée"),
        ({"nom": "Vallée"}, {"kind": "ort"}, "ort", "Vallée"),
        ({"nom": "Autre", "type": "PSMV"}, {}, "other_perimeter", "Autre"),
        ({"nom": "Sans type"}, {}, "other_perimeter", "Sans type"),
    ],
)
def test_kinds(
    tmp_path: Path, columns: dict[str, str], constants: dict[str, str], kind: str, name: str
) -> None:
    path = tmp_path / "perimetres.gpkg"
    rows = {column: [value] for column, value in columns.items()}
    gpd.GeoDataFrame(rows, geometry=[GROUND], crs=CRS).to_file(path)
    file = LayerFile("perimeters", path, path.name, "vector", constants=constants)
    table, report = read(file, crs=CRS, communes=("80021",))
    assert table[["kind", "name"]].to_numpy().tolist() == [[kind, name]]
    assert bool(report.notes) == (kind == "other_perimeter")


@pytest.mark.real
def test_the_priority_districts_of_amiens(real_data: Path) -> None:
    path = real_data / "services" / "qpv" / "qpv-2024-amiens.geojson"
    file = LayerFile("perimeters", path, path.name, "vector")
    table, report = read(file, crs=CRS, communes=("80021",))
    assert (len(table), report.rows_read) == (7, 7)
    assert set(table["kind"]) == {"qpv"}
    assert "Etouvie" in set(table["name"])
