"""Permits of Sitadel and prescriptions of planning documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.readers.test_registers import IDS, PLOTS
from tests.readers.test_registers import read as read_register

from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Any]

# Names of columns as public clients of 2026 read them; all values are invented.
HEADER = (
    "COMM;TYPE_DAU;NUM_DAU;ETAT_DAU;DATE_REELLE_AUTORISATION;DATE_REELLE_DOC;DATE_REELLE_DAACT;"
    "DENOM_DEM;NATURE_PROJET_COMPLETEE;NB_LGT_TOT_CREES;SURF_HAB_CREEE;SURF_LOC_CREEE;"
    "SEC_CADASTRE1;NUM_CADASTRE1;SEC_CADASTRE2;NUM_CADASTRE2;SEC_CADASTRE3;NUM_CADASTRE3\n"
)
PERMITS = HEADER + (
    "80021;PC;PC1;2;2025-03-02;;;SCI INVENTÉE;1;12;900;;AB;160;AB;0161;;\n"
    "80021;PC;PC1;2;2025-03-02;;;SCI INVENTÉE;1;;;150;AB;160;AB;0161;;\n"
    "80021;PD;PD1;5;2024-01-10;2024-02-01;;;2;;;;AB;163;;;;\n"
    "80021;DP;DP1;7;2024-01-10;;;;;-3;;;AB;163;;;;\n"
    "80021;PC;PC2;2;2024-01-10;;;;1;1;;;ZZ;9;;;;\n"
    "80021;XX;XX1;2;2024-01-10;;;;1;1;;;AB;163;;;;\n"
    "63148;PC;PC3;2;2024-01-10;;;;1;1;;;AB;160;;;;\n"
)


def test_permits_lie_on_the_parcels_that_they_name(tmp_path: Path) -> None:
    table, report = read_register(tmp_path / "s.csv", PERMITS, "sitadel", "permits")
    found = table.set_index("permit_id")
    assert list(found.index) == ["DP1", "PC1", "PD1"]
    assert found.loc["PC1", "parcel_ids"] == "|".join(IDS[:2])
    assert found.loc["PC1"].geometry.area == pytest.approx(PLOTS[0].area + PLOTS[1].area)
    assert found["kind"].tolist() == ["declaration", "build", "demolish"]
    assert found["state"].fillna("?").tolist() == ["?", "authorised", "started"]
    assert found["nature"].fillna("?").tolist() == ["?", "new", "works"]
    assert found.loc["PC1", "dwellings"] == 12
    assert found.loc["PC1", "floor_area_m2"] == 900
    assert pd.isna(found.loc["DP1", "dwellings"])
    assert found.loc["PD1", "started_on"] == pd.Timestamp("2024-02-01")
    assert "INVENTÉE" not in table.to_csv()
    # Another commune, another kind, a permit in several rows, parcels that are gone.
    assert [note.count for note in report.notes] == [1, 1, 1, 1]


def features(folder: Path, rows: list[dict[str, Any]]) -> Path:
    shapes = [
        {
            "type": "Polygon",
            "coordinates": [[[2.3, 49.9], [2.31, 49.9], [2.3, 49.91], [2.3, 49.9]]],
        },
        {"type": "LineString", "coordinates": [[2.3, 49.9], [2.31, 49.9]]},
        {"type": "Point", "coordinates": [2.3, 49.9]},
    ]
    listed = [
        {"type": "Feature", "properties": row, "geometry": shapes[n % 3]}
        for n, row in enumerate(rows)
    ]
    file = folder / "p.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))
    return file


def test_prescriptions_and_informations_of_all_three_geometries(read: Read, tmp_path: Path) -> None:
    rows = [
        {"gid": 1, "typepsc": "01", "stypepsc": "00", "libelle": "EBC", "datvalid": "20240131"},
        {"gid": 2, "typepsc": "5", "stypepsc": "1", "urlfic": "C:/plan.pdf", "txt": "ER 12"},
        {"gid": 3, "typeinf": "02", "stypeinf": None, "libelle": "ZAC", "urlfic": "https://a.fr/b"},
        {"gid": 4, "libelle": "sans code"},
    ]
    table, report = read("prescriptions", "vector", features(tmp_path, rows))
    found = table.set_index("prescription_id")
    assert found["family"].tolist() == ["prescription", "prescription", "information"]
    assert found["code"].tolist() == ["01", "05", "02"]
    assert found["subcode"].fillna("?").tolist() == ["00", "01", "?"]
    assert found["url"].fillna("?").tolist() == ["?", "?", "https://a.fr/b"]
    assert found.loc["1", "validated_on"] == pd.Timestamp("2024-01-31")
    assert found.loc["2", "text"] == "ER 12"
    assert found.geom_type.tolist() == ["Polygon", "LineString", "Point"]
    assert [note.count for note in report.notes] == [1]


def test_a_layer_without_any_code_is_refused(read: Read, tmp_path: Path) -> None:
    path = features(tmp_path, [{"libelle": "UA", "typezone": "U"}])
    with pytest.raises(FormatError, match="typepsc"):
        read("prescriptions", "vector", path)
