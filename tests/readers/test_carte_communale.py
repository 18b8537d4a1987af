"""Sectors of a carte communale: buildable, not buildable, unknown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier import readers, schemas
from foncier.crs import legal_crs
from foncier.detect.measures.parcel import zone_at
from foncier.errors import FormatError
from foncier.model import LayerFile

if TYPE_CHECKING:
    from pathlib import Path

CRS = legal_crs("80021")
CODES = ["01", "02", "03", "99"]


def write(folder: Path, name: str, codes: list[Any]) -> Path:
    squares = [shapely.box(100 * n, 0, 100 * n + 100, 100) for n in range(len(codes))]
    moved = gpd.GeoSeries(squares, crs=CRS).translate(650_000, 6_977_000).to_crs(4326)
    rows = [
        {
            "type": "Feature",
            "properties": {name: code},
            "geometry": json.loads(shapely.to_geojson(s)),
        }
        for code, s in zip(codes, moved, strict=True)
    ]
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    return path


def read(path: Path, **given: Any) -> Any:
    file = LayerFile("zones", path, path.name, "vector", **given)
    zones = readers.read(file, crs=CRS, communes=())[0]
    return zones.iloc[zones.bounds["minx"].argsort()]


@pytest.mark.parametrize(
    ("column", "codes", "given"),
    [
        ("typesect", CODES, {}),
        ("TYPESECT", CODES, {}),
        ("typesect", [1, 2, 3, 99], {}),
        ("typesect", ["ZC", "ZCa", "ZnC", "99"], {}),  # the standard of 2012
        ("typesect", CODES, {"columns": {"zone_type": "typesect"}}),
        ("sorte", CODES, {"columns": {"zone_type": "sorte"}}),
    ],
)
def test_sectors_are_zones(
    column: str, codes: list[Any], given: dict[str, Any], tmp_path: Path
) -> None:
    zones = read(write(tmp_path, column, codes), **given)
    assert zones["zone_type"].tolist() == ["U", "U", "N", schemas.UNKNOWN_ZONE]


def test_types_of_a_local_plan_are_as_they_were(tmp_path: Path) -> None:
    zones = read(write(tmp_path, "typezone", ["U", "1AU", "AUc", "A"]))
    assert zones["zone_type"].tolist() == ["U", "1AU", "AUc", "A"]


def test_a_file_without_zones_nor_sectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="zone_type"):
        read(write(tmp_path, "autre", CODES))


def test_a_sector_of_another_kind_is_unknown_and_outside_is_not(tmp_path: Path) -> None:
    zones = read(write(tmp_path, "typesect", CODES))
    points = shapely.points(np.array([50, 250, 350, 900]) + 650_000, 6_977_050)
    inside, _ = zone_at(zones, points, ("U",))
    np.testing.assert_array_equal(inside, [1, 0, np.nan, 0])


@pytest.mark.parametrize("empty", [None, "", " ", "NA"])
def test_a_zone_without_a_type_is_unknown_and_is_said(empty: str | None, tmp_path: Path) -> None:
    """It is a hole in what is known: its plots are neither in a wanted zone nor outside."""
    path = write(tmp_path, "typezone", ["U", empty, "N"])
    zones, report = readers.read(
        LayerFile("zones", path, path.name, "vector"), crs=CRS, communes=()
    )
    assert sorted(zones["zone_type"]) == ["N", "U", schemas.UNKNOWN_ZONE]
    [note] = [one for one in report.notes if "sans type" in one.text.fr]
    assert (note.effect, note.count) == ("kept", 1)
    points = shapely.points(np.array([50, 150, 250]) + 650_000, 6_977_050)
    np.testing.assert_array_equal(zone_at(zones, points, ("U",))[0], [1, np.nan, 0])


def test_a_zone_without_a_type_under_one_with_a_type_says_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "typezone", ["U", "N"])
    rows = json.loads(path.read_text(encoding="utf-8"))
    below = {**rows["features"][1], "properties": {"typezone": None, "libelle": "secteur"}}
    rows["features"].insert(0, below)
    path.write_text(json.dumps(rows), encoding="utf-8")
    zones, report = readers.read(
        LayerFile("zones", path, path.name, "vector"), crs=CRS, communes=()
    )
    assert sorted(zones["zone_type"]) == ["N", "U"]
    assert [one.count for one in report.notes if "sans type" in one.text.fr] == [1]
