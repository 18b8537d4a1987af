"""Years of construction: tax data, BDNB, plain tables; nothing about owners is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import readers
from foncier.errors import FormatError
from foncier.model import LayerFile

from ..conftest import LAMBERT_93, X, Y

if TYPE_CHECKING:
    from pathlib import Path

FORMS = {
    "tax data": "idpar;jannatmin;jannatmax;ddenom\n80021000AB0001;1950;2015;DUPONT\n",
    "tax data, blank for a zero": "idpar;jannatmin;jannatmax\n80021   AB0001;1950;2015\n",
    "plain": "parcelle,annee\n80021000ab0001,1950\n",
    "BDNB": 'l_parcelle_id;annee_construction\n"[""80021000AB0001"",""80021000AB0002""]";1950\n',
}


def read(path: Path) -> tuple[gpd.GeoDataFrame, list[int]]:
    file = LayerFile("observations", path, path.name, "years")
    rows, notes = readers.read_construction_years(file, crs=LAMBERT_93)
    return rows, [note.count for note in notes]


@pytest.mark.parametrize("form", FORMS)
def test_forms(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(FORMS[form], encoding="utf-8")
    rows, notes = read(path)
    ids = "80021000AB0001" + "|80021000AB0002" * (form == "BDNB")
    assert rows["parcel_ids"].tolist() == [ids]
    last = 2015 if "tax" in form else 1950
    assert rows[["first", "last"]].to_numpy().tolist() == [[1950, last]]
    assert rows.columns.tolist() == ["parcel_ids", "first", "last", "geometry"]
    assert notes == []


def test_outlines_of_buildings_are_moved_to_the_legal_crs(tmp_path: Path) -> None:
    shape = shapely.box(X, Y, X + 10, Y + 10)
    frame = gpd.GeoDataFrame({"annee_construction": [1999]}, geometry=[shape], crs=2154)
    frame.to_crs(4326).to_file(tmp_path / "bdnb.gpkg")
    rows, _ = read(tmp_path / "bdnb.gpkg")
    assert rows.geometry.iloc[0].area == pytest.approx(100, abs=0.1)
    assert rows["parcel_ids"].isna().all()


def test_rows_without_year_or_place_are_dropped_and_counted(tmp_path: Path) -> None:
    text = "idpar;jannatmin\n80021000AB0001;0\n80021000AB0002;\n;1990\n80021000AB0003;1990\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    rows, notes = read(tmp_path / "a.csv")
    assert rows["parcel_ids"].tolist() == ["80021000AB0003"]
    assert notes == [2, 1]


def test_a_file_without_years_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"idpar": ["80021000AB0001"]}).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(FormatError, match="jannatmin"):
        read(tmp_path / "a.csv")


def test_years_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("parcelle,annee\n80021000AB0001,1 950\n", encoding="utf-8")
    assert np.array_equal(read(tmp_path / "a.csv")[0]["first"], [1950.0])
