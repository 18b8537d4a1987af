"""Truths in every form that they come in, and what is wrong with them said plainly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from foncier import demo, readers
from foncier.errors import (
    ConfigError,
    CrsError,
    FormatError,
    SourceError,
)
from foncier.model import LayerFile, ResultTables
from foncier.readers.ground_truth import no_truth

from ..conftest import LAMBERT_93, X, Y

if TYPE_CHECKING:
    from pathlib import Path

POINT = shapely.Point(X, Y)
DEGREES = gpd.GeoSeries([POINT], crs=LAMBERT_93).to_crs(4326).iloc[0]
LON, LAT = f"{DEGREES.x:.6f}", f"{DEGREES.y:.6f}"
COMMA = (LON.replace(".", ","), LAT.replace(".", ","))

FORMS = {
    "visits of the map": "opportunity_id,verdict,date,note\nFR-1,occupe,2026-01-15,rien\n",
    "visits, semicolon": "opportunity_id;verdict;date;note\nFR-1;occupe;2026-01-15;rien\n",
    "point": f"verdict,lon,lat,date,note\nOccupé,{LON},{LAT},2026-01-15,rien\n",
    "decimal comma": f"verdict;lon;lat;date;note\nOccupé;{COMMA[0]};{COMMA[1]};2026-01-15;rien\n",
    "WKT": f"verdict;wkt;date;note\noccupe;POINT ({LON} {LAT});2026-01-15;rien\n",
    "parcels": "verdict;parcelles;date;note\noccupe;80021000AB0002 80021000AB0001;2026-01-15;rien",
}


def read(path: Path) -> gpd.GeoDataFrame:
    return readers.read_truth(path, crs=LAMBERT_93)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
@pytest.mark.parametrize("form", FORMS)
def test_forms_and_encodings(tmp_path: Path, form: str, encoding: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(FORMS[form].replace("rien", "fermé"), encoding=encoding)
    rows = read(path)
    assert rows["verdict"].tolist() == ["occupe"]
    assert rows["observed_on"].tolist() == [pd.Timestamp("2026-01-15")]
    assert rows["note"].tolist() == ["fermé"]
    if "visits" in form:
        assert rows["opportunity_id"].tolist() == ["FR-1"]
    elif form == "parcels":
        assert rows["parcel_ids"].tolist() == ["80021000AB0001|80021000AB0002"]
    else:
        assert rows.geometry.iloc[0].distance(POINT) < 0.2


@pytest.mark.parametrize("name", ["v.gpkg", "v.geojson"])
def test_vector_files(tmp_path: Path, name: str) -> None:
    frame = gpd.GeoDataFrame(
        {"verdict": ["Friche confirmée", None], "nature": ["friche", None]},
        geometry=[shapely.box(X, Y, X + 9, Y + 9), POINT],
        crs=LAMBERT_93,
    )
    frame = frame if name.endswith("gpkg") else frame.to_crs(4326)
    frame.to_file(tmp_path / name)
    rows, notes, complete = readers.read_truth(tmp_path / name, crs=LAMBERT_93)
    assert rows["verdict"].tolist() == ["friche_confirmee"]
    assert rows["kind"].tolist() == ["friche"]
    assert rows.geometry.iloc[0].area == pytest.approx(81, abs=0.5)
    assert [(n.effect, n.count) for n in notes] == [("dropped", 1)]
    assert not complete


def test_the_truth_of_the_demonstration() -> None:
    path = demo.study_folder() / "verite.csv"
    rows, _, complete = readers.read_truth(path, crs=LAMBERT_93)
    written = pd.read_csv(path, sep=";", dtype=str)
    assert complete
    assert len(rows) == len(written)
    # A parcel may be there twice: a site of one kind, and a trap or a site of another kind.
    verdict = written["expected"].map({"found": "vrai", "rejected": "faux", "flagged": "inconnu"})
    of_trap = written["subject"].map({"building": "batiment_non_affecte", "site": "friche"})
    kind = written["kind"].where(written["kind"] != "trap", of_trap.fillna(""))
    expected = sorted(zip(written["id"], kind, verdict, strict=True))
    read_kind = rows["kind"].fillna("")
    assert sorted(zip(rows["truth_id"], read_kind, rows["verdict"], strict=True)) == expected
    assert {"friche", "batiment_non_affecte"} <= set(read_kind)


BROKEN = {
    "no verdict column": ("a,b\n1,2\n", FormatError, ["verdict", "« a »", "friche_confirmee"]),
    "unknown words": (
        "opportunity_id,verdict\nFR-1,peut-être\nFR-2,vacant ?\n",
        FormatError,
        ["2 verdict", "« peut-être »", "« vacant ? »", "a_revoir"],
    ),
    "unknown kind": ("opportunity_id,verdict,kind\nFR-1,vrai,usine\n", FormatError, ["usine"]),
    "letters for degrees": ("verdict,lon,lat\nvrai,ici,là\n", FormatError, ["lon", "ici"]),
    "no WKT": ("verdict,wkt\nvrai,PONT (1 2)\n", FormatError, ["WKT", "PONT (1 2)"]),
    "swapped axes": (f"verdict,lon,lat\nvrai,{LAT},{LON}\n", CrsError, ["longitude"]),
    "empty": ("", FormatError, ["vide"]),
    "ragged": ("opportunity_id,verdict\nFR-1,vrai,x,y\n", FormatError, ["cellules"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_error_names_the_cause(tmp_path: Path, name: str) -> None:
    text, error, words = BROKEN[name]
    path = tmp_path / "v.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error) as told:
        read(path)
    for word in words:
        assert word in str(told.value).replace("\u00a0", " ")


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"v\.csv"):
        read(tmp_path / "v.csv")


def test_rows_without_location_or_verdict_are_dropped_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("opportunity_id,verdict\n,vrai\nFR-1,\nFR-2,faux\n", encoding="utf-8")
    rows, notes, _ = readers.read_truth(path, crs=LAMBERT_93)
    assert rows["opportunity_id"].tolist() == ["FR-2"]
    assert [n.count for n in notes] == [1, 1]
    path.write_text("opportunity_id,verdict\n", encoding="utf-8")
    assert read(path).empty
    assert list(read(path).columns) == list(no_truth(LAMBERT_93).columns)


def visits(path: Path, **constants: str) -> tuple[gpd.GeoDataFrame, list[int]]:
    file = LayerFile("observations", path, path.name, "visits", constants=constants)
    frame, report = readers.read(file, crs=LAMBERT_93, communes=("80021",))
    return frame, [note.count for note in report.notes]


def study(path: Path, result: ResultTables, verdicts: list[str | None]) -> Path:
    """A plan of visits as QGIS gives it back."""
    own = result.candidates[["opportunity_id", "kind", "geometry"]].iloc[: len(verdicts)]
    own = own.assign(verdict=verdicts, date=pd.Timestamp("2026-02-03"), note="vu")
    own.to_file(path, layer="visites")
    pd.DataFrame({"x": [1]}).pipe(gpd.GeoDataFrame).to_file(path, layer="layer_styles", mode="a")
    return path


def test_plan_of_visits_is_read_as_evidence(tmp_path: Path, small_result: ResultTables) -> None:
    path = study(tmp_path / "p.gpkg", small_result, ["occupe", "occupe", "batiment_vacant"])
    rows, notes = visits(path)
    by = rows.set_index("opportunity_id")
    ids = small_result.candidates["opportunity_id"]
    assert by.loc[ids[0], "signal"] == "visit_occupe"
    assert by.loc[ids[0], "subject"] == "site"
    assert by.loc[ids[0]].geometry.geom_type == "Point"
    assert by.loc[ids[2], "signal"] == "visit_batiment_vacant"
    assert by.loc[ids[2], "subject"] == "building"
    assert by.loc[ids[2]].geometry.area == pytest.approx(300, abs=1)
    assert set(rows["observed_on"]) == {pd.Timestamp("2026-02-03")}
    assert notes == [1]  # the verdict on a plot tells nothing of use or vacancy
    assert ids[1] not in by.index


def test_verdicts_without_information_are_no_evidence(
    tmp_path: Path, small_result: ResultTables
) -> None:
    path = study(tmp_path / "p.gpkg", small_result, ["inaccessible", "a_revoir", None])
    rows, notes = visits(path)
    assert rows.empty
    assert notes == [1, 2]


def test_a_csv_needs_the_result_that_was_visited(
    tmp_path: Path, small_result: ResultTables
) -> None:
    from foncier.export.geopackage.write import write_geopackage

    write_geopackage(small_result, tmp_path / "opportunites.gpkg")
    path = tmp_path / "visites.csv"
    friche = small_result.candidates["opportunity_id"].iloc[0]
    path.write_text(
        f"opportunity_id,verdict,date,note\n{friche},partiel,2026-02-03,\nFR-9,occupe,,\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="result"):
        visits(path)
    rows, notes = visits(path, result="opportunites.gpkg")
    assert rows["signal"].tolist() == ["visit_partiel"]
    assert rows["subject"].tolist() == ["site"]
    assert notes == [1]  # FR-9 is in no result
    with pytest.raises(SourceError, match=r"ailleurs\.gpkg"):
        visits(path, result="ailleurs.gpkg")


def test_entries_on_sites_that_are_gone_stop_no_run(tmp_path: Path) -> None:
    entries = gpd.GeoDataFrame(
        {"opportunity_id": ["DC-gone"], "verdict": ["occupe"], "note": ["vu"]},
        geometry=[None],
        crs=LAMBERT_93,
    )
    entries.to_file(tmp_path / "saisies.gpkg", layer="visites")
    rows, notes = visits(tmp_path / "saisies.gpkg")
    assert rows.empty
    assert notes == [1]
    entries.to_file(tmp_path / "autre.gpkg", layer="visites")
    with pytest.raises(ConfigError, match="result"):
        visits(tmp_path / "autre.gpkg")
