"""The cadastre as DGFiP delivers it, and plots by unité foncière, through the whole funnel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier.pipeline.run import run as pipeline_run
from foncier.study import read_study

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.real
STUDIES = Path(__file__).resolve().parents[1] / "studies"
LUXIOL = {"communes": ("25354",)}


def run(name: str, real_data: Path, monkeypatch: pytest.MonkeyPatch) -> ResultTables:
    monkeypatch.setenv("FONCIER_REAL_DATA", str(real_data))
    return pipeline_run(read_study(STUDIES / name))


def test_the_eight_sheets_of_luxiol(real_data: Path, read: Callable[..., Any]) -> None:
    folder = real_data / "edigeo-25354"
    parcels, report = read("parcels", "edigeo", folder, **LUXIOL)
    assert (len(parcels), report.rows_read, report.crs) == (511, 511, "EPSG:2154")
    assert [n.text.fr for n in report.notes] == [
        "feuilles de dates différentes, du 17/03/2014 au 09/03/2019"
    ]
    assert parcels["parcel_id"].str.fullmatch("25354000(AB|AK|Z[BCDEHI])[0-9]{4}").all()
    assert set(parcels["parcel_id"].str[8:10]) == {"AB", "AK", "ZB", "ZC", "ZD", "ZE", "ZH", "ZI"}
    ground = shapely.union_all(parcels.geometry.to_numpy())
    assert ground.area == pytest.approx(parcels["area_m2"].sum(), abs=1)  # none twice
    buildings, report = read("buildings", "edigeo", folder, **LUXIOL)
    assert (len(buildings), len(report.notes)) == (252, 1)
    assert buildings["kind"].value_counts().to_dict() == {"hard": 161, "light": 91}
    assert shapely.intersects(ground, buildings.geometry.to_numpy()).all()


def test_ways_on_two_sheets_are_kept_once(real_data: Path, read: Callable[..., Any]) -> None:
    folder = real_data / "edigeo-25354"
    streets, report = read("streets", "edigeo", folder, **LUXIOL)
    assert (report.rows_read, len(streets)) == (74, 52)
    assert (report.notes[1].effect, report.notes[1].count) == ("dropped", 22)
    assert {"Rue de la Forge", "Route de Baume", "Chemin rural dit du Crouvot"} <= set(
        streets["name"]
    )
    assert streets["street_class"].value_counts().to_dict() == {
        "chemin rural": 26,
        "voie": 24,
        "autoroute": 2,
    }
    waters, _ = read("constraints", "edigeo", folder, **LUXIOL)
    assert (len(waters), set(waters["kind"])) == (14, {"water"})
    assert (waters["label"] == "Fossé").sum() == 6


def test_one_archive_alone_reads_like_the_folder(real_data: Path, read: Callable[..., Any]) -> None:
    folder = real_data / "edigeo-25354"
    alone, _ = read("parcels", "edigeo", folder / "edigeo-25354000AK01.tar.bz2", **LUXIOL)
    whole, _ = read("parcels", "edigeo", folder, **LUXIOL)
    same = whole[whole["parcel_id"].isin(alone["parcel_id"])].reset_index(drop=True)
    assert len(alone) == 142
    assert same.equals(alone)


def test_run_of_a_study_on_sheets(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("edigeo", real_data, monkeypatch)
    found = result.candidates["kind"].value_counts().to_dict()
    # No zoning comes with the cadastre: fields count as plots, which the study is told.
    assert found == {"dent_creuse": 239, "terrain_divisible": 22}
    assert "zones" in {gap.what for gap in result.missing}
    assert len(result.candidates) + result.rejections["parcel_id"].nunique() == 511
    assert len(result.access_points) > 0


def test_ennezat_by_unite_fonciere(
    real_data: Path, read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures of docs/unites-foncieres.md."""
    units, report = read(
        "parcels",
        "vector",
        real_data / "ennezat" / "ennezat.gpkg",
        sublayer="unites_foncieres",
        columns={"parcel_id": "id_uf"},
        communes=("63148",),
    )
    assert (len(units), units["parcel_id"].nunique()) == (1680, 1680)
    assert [(n.effect, n.count) for n in report.notes] == [("kept", 1680), ("assumed", 1680)]
    result = run("ennezat-uf", real_data, monkeypatch)
    found = result.candidates["kind"].value_counts().to_dict()
    assert found == {"dent_creuse": 28, "terrain_divisible": 88}
    assert len(result.candidates) + result.rejections["parcel_id"].nunique() == 1680
    plots = result.candidates.set_index("parcel_ids")["kind"]
    # Two unbuilt parcels; an unbuilt and a built one; land that is no parcel at all.
    assert plots[["134", "201", "86"]].tolist() == [
        "dent_creuse",
        "terrain_divisible",
        "dent_creuse",
    ]
