"""The command as a user types it: what it says, its exit codes, and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from foncier.cli import app

from .hamlet import X, Y, as_gpkg, degrees, feature, hamlet, parcels, write

Break = Callable[[Path], object]


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def foncier(*words: str | Path) -> Done:
    told = CliRunner().invoke(
        app, [str(word) for word in words], env={"COLUMNS": "200", "NO_COLOR": "1"}
    )
    stderr = told.stderr
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        stderr += "Traceback: " + repr(told.exception)
    return Done(told.exit_code, told.stdout, stderr)


def _study(text: str, new: str) -> Break:
    def change(folder: Path) -> None:
        file = folder / "study.toml"
        before = file.read_text(encoding="utf-8")
        assert text in before
        file.write_text(before.replace(text, new), encoding="utf-8")

    return change


def _truncated(folder: Path) -> None:
    file = folder / "parcelles.json.gz"
    file.write_bytes(file.read_bytes()[:-40])


def _frame() -> gpd.GeoDataFrame:
    shapes = [shapely.box(X + 30 * n, Y, X + 30 * n + 30, Y + 40) for n in range(4)]
    ids = [f"80021000AB{n:04}" for n in range(4)]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=shapes, crs=2154)


def _degrees_as_metres(folder: Path) -> None:
    as_gpkg(folder, _frame().to_crs(4326).set_crs(2154, allow_override=True))


def _swapped(folder: Path) -> None:
    rows = parcels()
    for row in rows:
        ring = row["geometry"]["coordinates"][0]
        row["geometry"]["coordinates"] = [[[y, x] for x, y in ring]]
    write(folder / "parcelles.json.gz", rows)


def _no_geometry(folder: Path) -> None:
    rows = [{**row, "geometry": None} for row in parcels()]
    write(folder / "parcelles.json.gz", rows)


def _wrong_columns(folder: Path) -> None:
    rows = parcels()
    for row in rows:
        row["properties"] = {"numero_par": "sans objet"}
    write(folder / "parcelles.json.gz", rows)


def _elsewhere(folder: Path) -> None:
    rows = parcels()
    for row in rows:
        row["properties"]["commune"] = "63148"
        row["properties"]["id"] = row["properties"]["id"].replace("80021", "63148")
    write(folder / "parcelles.json.gz", rows)


def _words_for_numbers(folder: Path) -> None:
    more = '[layers.population]\npath = "pop.geojson"\n'
    file = folder / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    point = degrees(shapely.Point(X, Y))
    write(folder / "pop.geojson", [feature(point, id="c1", residents="beaucoup")])


BROKEN: dict[str, tuple[Break, int, list[str]]] = {
    "missing file": (lambda f: (f / "parcelles.json.gz").unlink(), 3, ["parcelles.json.gz"]),
    "empty file": (lambda f: (f / "parcelles.json.gz").write_bytes(b""), 3, ["vide"]),
    "truncated gzip": (_truncated, 3, ["parcelles.json.gz", "tronqué"]),
    "not JSON": (lambda f: (f / "voies.geojson").write_text("<html>"), 3, ["voies.geojson"]),
    "degrees as metres": (_degrees_as_metres, 4, ["comme des degrés", "EPSG:4326"]),
    "swapped axes": (_swapped, 4, ["inversées", "longitude, latitude"]),
    "no geometry": (_no_geometry, 3, ["géométrie"]),
    "wrong columns": (_wrong_columns, 3, ["numero_par", "columns"]),
    "another commune": (_elsewhere, 2, ["63148"]),
    "words for numbers": (_words_for_numbers, 3, ["beaucoup", "residents"]),
    "unknown key": (_study("[layers.streets]", "colour = 'x'\n[layers.streets]"), 2, ["colour"]),
    "unknown format": (_study('"lines"', '"dwg"'), 2, ["dwg", "osm-xml"]),
    "unknown commune": (_study('"80021"', '"99999999"'), 2, ["code INSEE"]),
    "unknown variable": (_study('"voies', '"${NULLE_PART}/voies'), 2, ["NULLE_PART"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bad_input_is_one_clear_error_with_its_exit_code(tmp_path: Path, name: str) -> None:
    change, code, told = BROKEN[name]
    folder = hamlet(tmp_path / "hameau")
    change(folder)
    done = foncier("run", folder, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("Erreur")
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().count("\n") == 0
    for words in told:
        assert words in done.stderr
    assert not (tmp_path / "out").exists()
    assert "Traceback" in foncier("run", folder, "--out", tmp_path / "o", "-q", "--debug").stderr


def test_bad_geometries_are_repaired_dropped_and_counted(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "hameau")
    rows = parcels()
    bow_tie = [(0, 0), (30, 40), (30, 0), (0, 40)]
    rows[0]["geometry"] = shapely.geometry.mapping(
        degrees(shapely.Polygon([(X + x, Y + y + 100) for x, y in bow_tie]))
    )
    rows[1]["geometry"] = None
    write(folder / "parcelles.json.gz", rows)
    out = tmp_path / "out"
    assert foncier("run", folder, "--out", out, "--quiet").returncode == 0
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"][0]
    assert (told["rows_read"], told["rows_kept"]) == (12, 11)
    assert {note["effect"]: note["count"] for note in told["notes"]} == {
        "repaired": 1,
        "dropped": 1,
    }


def test_a_run_prints_what_it_found_and_where(tmp_path: Path) -> None:
    done = foncier("run", hamlet(tmp_path / "h"), "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Dents creuses" in done.stdout
    assert done.stdout.count("non cherché") == 2  # friches and buildings: no layer tells of them
    assert "opportunites.html" in done.stdout
    assert "Aucun zonage fourni" in done.stdout
    assert "DONNÉES FICTIVES" not in done.stdout
    files = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert files == [
        ".foncier.json",
        "manifest.json",
        "mesures.parquet",
        "metadonnees.xml",
        "opportunites.csv",
        "opportunites.gpkg",
        "opportunites.html",
        "opportunites.parquet",
        "saisies.gpkg",
        "stac.json",
    ]
    english = foncier("run", tmp_path / "h", "--out", tmp_path / "out", "--lang", "en")
    assert "Infill plots" in english.stdout
    assert foncier("run", tmp_path / "h", "--out", tmp_path / "out", "-q").stdout == ""


def test_two_runs_give_the_same_bytes_whatever_the_workers(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    found = []
    for n, workers in enumerate("14"):
        out = tmp_path / f"out{n}"
        done = foncier("run", folder, "--out", out, "--workers", workers, "-q")
        assert done.returncode == 0, done.stderr
        found.append({p.name: p.read_bytes() for p in out.iterdir() if p.name != "manifest.json"})
        told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        told.pop("run")
        found[-1]["manifest"] = json.dumps(told).encode()
    assert len(found[0]) == 10
    assert found[0] == found[1]


def test_check_lists_each_layer_and_the_effect_of_its_absence(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    done = foncier("check", folder)
    assert done.returncode == 0
    assert "12 lignes retenues sur 12" in done.stdout
    assert "Aucun inventaire de friches fourni" in done.stdout
    _truncated(folder)
    done = foncier("check", folder)
    assert done.returncode == 3
    assert "tronqué" in done.stdout
    assert "9 lignes retenues sur 9" in done.stdout  # the other layers are told all the same


def test_explain_gives_each_test_with_its_margin(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert foncier("run", hamlet(tmp_path / "h"), "--out", out, "-q").returncode == 0
    kept = foncier("explain", out, "DC-80021000AB0010").stdout
    assert "Surface d'un tenant" in kept
    assert "Score par critère" in kept
    lost = foncier("explain", out, "80021000AB0001").stdout
    assert "écartée" in lost
    assert "seuil" in lost
    assert "marge" in lost
    unknown = foncier("explain", out, "80021000AB9999")
    assert unknown.returncode == 2
    assert foncier("explain", tmp_path, "x").returncode == 2


def test_new_makes_a_study_that_check_reads(tmp_path: Path) -> None:
    done = foncier("new", "mon-etude", "--commune", "80021", "--in", tmp_path)
    assert done.returncode == 0
    bare = foncier("check", tmp_path / "mon-etude")
    assert (bare.returncode, "foncier fetch" in bare.stderr) == (2, True)
    again = foncier("new", "mon-etude", "--commune", "80021", "--in", tmp_path)
    assert (again.returncode, "existe déjà" in again.stderr) == (2, True)
    postal = foncier("new", "x", "--commune", "80000", "--in", tmp_path)
    assert (postal.returncode, "80021 Amiens" in postal.stderr) == (2, True)
    assert not (tmp_path / "x").exists()
    assert foncier("new", "../x", "--commune", "80021", "--in", tmp_path).returncode == 2


def test_help_and_version_answer() -> None:
    assert "opportunités" in foncier("--help").stdout
    assert foncier("--version").stdout.startswith("foncier ")
