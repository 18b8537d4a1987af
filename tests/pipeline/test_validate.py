"""The whole way: a result, its truths, the report; a plan that comes back; the demonstration."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio
import pytest

from foncier import demo, validation
from foncier.errors import ConfigError, FormatError
from foncier.export.validation_report import report
from foncier.pipeline import validate
from foncier.results import read_saved

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import Validation

TRUTH = demo.study_folder() / "verite.csv"


@pytest.fixture(scope="module")
def judged(demo_folder: Path) -> Validation:
    return validate.assess_result(demo_folder, TRUTH)


def copied(demo_folder: Path, tmp_path: Path) -> Path:
    """Result folder that a test may change."""
    folder = tmp_path / "resultat"
    folder.mkdir(parents=True)
    for name in ("manifest.json", "opportunites.gpkg"):
        shutil.copy(demo_folder / name, folder / name)
    return folder


def test_the_demonstration_keeps_its_promise(judged: Validation) -> None:
    table: Any = judged.by_kind.set_index("kind")
    for kind in ("friche", "batiment_non_affecte"):
        assert table.loc[kind, "precision"] >= 0.9, kind
        assert table.loc[kind, "recall"] >= 0.9, kind
        assert table.loc[kind, "wanted"] >= 20, kind
    assert judged.complete
    assert judged.counts["outside"] > 0
    assert judged.warnings == ()


def test_the_rules_beside_ours_are_in_one_table(judged: Validation) -> None:
    table: Any = judged.baselines.set_index(["baseline", "kind"])
    assert {name for name, _ in table.index} == {"nafu", "inventaire", "osm", "foncier"}
    ours, osm = (table.loc[(name, "batiment_non_affecte")] for name in ("foncier", "osm"))
    assert ours["recall"] > osm["recall"]
    assert (table["wanted"] > 0).all()


def test_the_report_gives_the_number_of_known_sites_and_their_limits(
    judged: Validation, tmp_path: Path
) -> None:
    validate.write(judged, tmp_path, lang="fr")
    text = (tmp_path / "rapport.md").read_text(encoding="utf-8")
    every: Any = judged.by_kind.iloc[-1]
    assert f"{judged.counts['truths']} observations de terrain lues dans verite.csv" in text
    assert f"{every['judged']} sites jugés sur les {every['found']} de la liste" in text
    assert "DONNÉES FICTIVES" in text
    assert "Règle NAFU seule" in text
    assert "![" in text
    told = json.loads((tmp_path / "validation.json").read_text(encoding="utf-8"))
    assert told["by_kind"][-1]["precision"] == pytest.approx(every["precision"])
    assert told["counts"] == judged.counts
    sites = pd.read_csv(tmp_path / "sites.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert len(sites) == every["found"]
    assert set(sites["holds"].dropna()) <= {"vrai", "faux"}
    assert (tmp_path / "fiabilite.png").read_bytes().startswith(b"\x89PNG")
    english = report(judged, picture="p.png", lang="en")
    assert "ground-truth records read in verite.csv" in english
    assert "NAFU rule alone" in english


def test_the_same_ground_truth_gives_the_same_bytes(
    judged: Validation, demo_folder: Path, tmp_path: Path
) -> None:
    validate.write(judged, tmp_path / "a", lang="fr")
    validate.write(validate.assess_result(demo_folder, TRUTH), tmp_path / "b", lang="fr")
    for name in ("rapport.md", "fiabilite.png", "validation.json", "sites.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    lines = [f"{site},{verdict},2026-02-03," for site, verdict in rows]
    path.write_text("\n".join(["opportunity_id,verdict,date,note", *lines]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "verdicts", "words"),
    [
        ("no truth", [], ["Aucun site jugé", "n'a de confiance"]),
        ("too few", ["friche_confirmee"] * 3, ["3 sites jugés : trop peu", "visites de plus"]),
        (
            "all true",
            ["friche_confirmee"] * 22,
            ["Précision 100 %, entre 96 % et 100 %", "Sans les natures"],
        ),
        ("all unknown", ["inaccessible"] * 5, ["Aucun site jugé"]),
        ("half", ["friche_confirmee", "occupe"] * 10, ["Précision 48 %, entre 40 % et 56 %"]),
    ],
)
def test_what_so_many_verdicts_permit_to_say(
    demo_folder: Path, tmp_path: Path, name: str, verdicts: list[str], words: list[str]
) -> None:
    sites = read_saved(demo_folder).table("opportunites")
    ids = sites.loc[sites["kind"] == "friche", "opportunity_id"].tolist()
    path = csv(tmp_path / "v.csv", list(zip(ids, verdicts, strict=False)))
    told = validate.assess_result(demo_folder, path)
    text = report(told, picture="p.png", lang="fr").replace("\u00a0", " ")
    for word in (*words, "Rappel inconnu"):
        assert word in text, name
    if not told.by_kind.iloc[-1]["judged"]:
        validate.write(told, tmp_path / "out", lang="fr")  # a picture with nothing to show


def test_ground_truth_that_matches_nothing(demo_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    rows = ["verdict,kind,lon,lat", "vrai,friche,2.28,49.88", "vrai,friche,2.35,49.92"]
    path.write_text("\n".join(rows), "utf-8")
    told = validate.assess_result(demo_folder, path)
    assert told.counts["outside"] == 2
    path.write_text("verdict,kind,lon,lat\nvrai,friche,2.30082,49.90433\n", "utf-8")
    told = validate.assess_result(demo_folder, path)
    assert told.by_kind.iloc[-1]["recall"] == 0


def test_a_filled_in_plan_is_ground_truth(demo_folder: Path, tmp_path: Path) -> None:
    result = copied(demo_folder, tmp_path / "result")
    planned = validate.visits(result, [], 12)
    validate.write_visits(planned, tmp_path, result=result, lang="fr")
    form = tmp_path / "visites.gpkg"
    rows = pyogrio.read_dataframe(form, layer="visites")
    assert len(rows) == 12
    assert rows["verdict"].isna().all()
    listed = pd.read_csv(tmp_path / "visites.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert listed.columns[:4].tolist() == ["opportunity_id", "verdict", "date", "note"]
    assert set(listed["opportunity_id"]) == set(rows["opportunity_id"])
    assert listed["reason"].str.startswith("Tirage au sort").all()
    # Not visited yet: nothing is known.
    assert validate.assess_result(demo_folder, form).by_kind.iloc[-1]["judged"] == 0
    filled = rows.assign(verdict="occupe", date=pd.Timestamp("2026-02-03"))
    filled.to_file(form, layer="visites")
    told = validate.assess_result(demo_folder, form)
    assert told.by_kind.iloc[-1][["judged", "true"]].tolist() == [12, 0]
    again = listed.assign(verdict="friche_confirmee", date="2026-02-03")
    again.to_csv(tmp_path / "rempli.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    told = validate.assess_result(demo_folder, tmp_path / "rempli.csv")
    assert told.by_kind.iloc[-1]["judged"] > 0
    # What is known is not visited again.
    more = validate.visits(demo_folder, [form], 12)
    assert not set(more.sites["opportunity_id"]) & set(rows["opportunity_id"])


def test_a_plan_is_the_same_twice(demo_folder: Path, tmp_path: Path) -> None:
    for name in "ab":
        result = copied(demo_folder, tmp_path / f"result_{name}")
        planned = validate.visits(result, [], 9)
        validate.write_visits(planned, tmp_path / name, result=result, lang="fr")
    for name in ("visites.csv", "visites.gpkg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("name", ["manifest.json", "opportunites.gpkg"])
def test_a_folder_without_result_is_refused(demo_folder: Path, tmp_path: Path, name: str) -> None:
    folder = copied(demo_folder, tmp_path)
    (folder / name).unlink()
    with pytest.raises(ConfigError, match="aucun résultat"):
        validate.assess_result(folder, TRUTH)


def test_a_result_that_cannot_be_read_is_an_error(demo_folder: Path, tmp_path: Path) -> None:
    folder = copied(demo_folder, tmp_path)
    (folder / "opportunites.gpkg").write_bytes(b"SQLite format 3\x00" + b"x" * 200)
    with pytest.raises(FormatError, match="illisible"):
        validate.assess_result(folder, TRUTH)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FormatError, match="illisible"):
        validate.assess_result(folder, TRUTH)


def test_a_mixed_result_and_one_without_area_have_a_warning(
    demo_folder: Path, tmp_path: Path
) -> None:
    folder = copied(demo_folder, tmp_path)
    path = folder / "manifest.json"
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    told["deliverables"]["opportunites.gpkg"] = "0" * 64
    told["contents"] = {}
    del told["study_area_wkt"]
    path.write_text(json.dumps(told), encoding="utf-8")
    found = validate.assess_result(folder, TRUTH)
    assert [w.fr[:12] for w in found.warnings] == ["Le résultat ", "Le GeoPackag"]
    assert found.counts["outside"] == 0
    assert found.warnings[0].en in report(found, picture="p", lang="en")


def test_bands_are_those_of_the_evidence(judged: Validation) -> None:
    sure = judged.calibration["told"].to_numpy()
    names = validation.metrics.BAND_NAMES
    assert [names.index(b) for b in judged.calibration["band"]] == sorted(
        names.index(b) for b in judged.calibration["band"]
    )
    assert (sure[1:] > sure[:-1]).all()
