"""``foncier compare-profiles`` as a user types it: table, files, exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyogrio
from tests.hamlet import hamlet
from tests.test_cli import foncier

from foncier.study import profiles

if TYPE_CHECKING:
    from pathlib import Path


def test_the_table_and_the_files(tmp_path: Path) -> None:
    folder, out = hamlet(tmp_path / "h"), tmp_path / "out"
    done = foncier("compare-profiles", folder, "--out", out)
    assert done.returncode == 0, done.stderr
    for words in (*profiles(), "Dents creuses", "Terrains divisibles", "qui les trouvent"):
        assert words in done.stdout
    assert "en écarte" in done.stdout
    assert {p.name for p in out.iterdir()} >= {"comparaison.gpkg", "accord.png"}
    assert len(pyogrio.list_layers(out / "comparaison.gpkg")) == len(profiles()) + 1
    picture = (out / "accord.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert foncier("compare-profiles", folder, "--out", out).returncode == 0
    assert (out / "accord.png").read_bytes() == picture


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    before = sorted(tmp_path.rglob("*"))
    done = foncier("compare-profiles", folder)
    assert done.returncode == 0
    assert "GeoPackage" not in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_what_cannot_be_compared_is_an_error_with_its_exit_code(tmp_path: Path) -> None:
    missing = foncier("compare-profiles", tmp_path / "nowhere")
    assert missing.returncode == 2
    assert "introuvable" in missing.stderr
    folder = hamlet(tmp_path / "h")
    (folder / "batiments.json.gz").unlink()
    unread = foncier("compare-profiles", folder)
    assert unread.returncode == 3
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    begin, end = text.index("[layers.buildings]"), text.index("[layers.streets]")
    file.write_text(text[:begin] + text[end:], encoding="utf-8")
    bare = foncier("compare-profiles", folder)
    assert bare.returncode == 2
    assert "[layers.buildings]" in bare.stderr
    for told in (missing, unread, bare):
        assert "Traceback" not in told.stderr


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    taken = tmp_path / "out"
    taken.write_text("a file stands here", encoding="utf-8")
    done = foncier("compare-profiles", hamlet(tmp_path / "h"), "--out", taken)
    assert done.returncode == 5
    assert taken.read_text(encoding="utf-8") == "a file stands here"


def test_parcels_read_on_plans_give_figures_and_reasons(tmp_path: Path) -> None:
    folder, out = hamlet(tmp_path / "h"), tmp_path / "out"
    assert foncier("compare-profiles", folder, "--out", out).returncode == 0
    layer = pyogrio.read_dataframe(out / "comparaison.gpkg", layer="accord", read_geometry=False)
    bare = layer[layer["kind"] == "dent_creuse"].iloc[0]
    truth = tmp_path / "lecture.csv"
    truth.write_text(f"parcel_id,verdict\n{bare['parcel_id']},faux\n", encoding="utf-8")
    done = foncier("compare-profiles", folder, "--truth", truth, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "F1" in done.stdout
    assert "à tort" in done.stdout
    errors = (out / "erreurs.csv").read_text(encoding="utf-8-sig")
    assert errors.count(bare["parcel_id"]) == bare["found_by"]
    assert (out / "lectures.csv").exists()
    truth.write_text("parcel_id,verdict\n99999000AA0001,faux\n", encoding="utf-8")
    elsewhere = foncier("compare-profiles", folder, "--truth", truth)
    assert elsewhere.returncode == 2
    assert "lecture.csv" in elsewhere.stderr
