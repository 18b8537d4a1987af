"""Every command that writes: never over what it reads, nor over the files of somebody else."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely
from tests.hamlet import X, Y, degrees, feature, hamlet, write
from tests.test_cli import foncier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INVENTORY = """
[layers.inventory]
path = "friches-cnig.csv"
format = "cnig"

[loop]
name = "Boucle"
file = "boucle.geojson"
"""
TRUTH = "lon,lat,verdict\n2.29,49.9,friche_confirmee\n"
NEEDS = 'name = "Atelier"\n[area_m2]\nmin = 2000\n'


@pytest.fixture
def place(tmp_path: Path, demo_folder: Path) -> Path:
    """A study with an inventory and a loop, and a result with the files that commands ask for."""
    study = hamlet(tmp_path / "etude")
    with (study / "study.toml").open("a", encoding="utf-8") as file:
        file.write(INVENTORY)
    shutil.copy(demo_folder / "friches-cnig.csv", study)
    for name, y in (("boucle", -60), ("autre", -5)):
        line = shapely.LineString([(X - 50, Y + y), (X + 400, Y + y)])
        write(study / f"{name}.geojson", [feature(degrees(line))])
    streets = [shapely.LineString([(X - 50, Y + y), (X + 400, Y + y)]) for y in (-5, -60)]
    streets.append(shapely.LineString([(X - 50, Y - 5), (X - 50, Y - 60)]))
    write(study / "voies.geojson", [feature(degrees(one), roadClass="minor") for one in streets])
    shutil.copytree(demo_folder, tmp_path / "resultat")
    (tmp_path / "verite.csv").write_text(TRUTH, encoding="utf-8")
    (tmp_path / "besoin.toml").write_text(NEEDS, encoding="utf-8")
    return tmp_path


# Command, one of the files that it writes, and where.
COMMANDS: dict[str, tuple[Callable[[Path, Path], list[str | Path]], str]] = {
    "run": (lambda p, out: ["run", p / "etude", "-q", "--out", out], "opportunites.csv"),
    "match": (
        lambda p, out: ["match", p / "resultat", p / "besoin.toml", "--out", out / "b.csv"],
        "b.csv",
    ),
    "export": (
        lambda p, out: ["export", p / "resultat", "--to", "geojson", "--out", out],
        "geojson/opportunites.geojson",
    ),
    "sheets": (
        lambda p, out: ["sheets", p / "resultat", "--top", "0", "--out", out],
        "plaquette.pdf",
    ),
    "diff": (
        lambda p, out: ["diff", p / "resultat", p / "resultat", "--out", out],
        "differences.csv",
    ),
    "what-if": (
        lambda p, out: [
            "what-if",
            p / "etude",
            "--loop",
            p / "etude" / "autre.geojson",
            "--out",
            out,
        ],
        "scenarios.csv",
    ),
    "validate": (
        lambda p, out: ["validate", p / "resultat", "--plan", "3", "--out", out],
        "visites.csv",
    ),
    "compare-profiles": (
        lambda p, out: ["compare-profiles", p / "etude", "--out", out],
        "comparaison.gpkg",
    ),
    "convert": (lambda p, out: ["convert", p / "etude", "--to", out], "convertis/notes.txt"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_of_somebody_else_is_replaced_on_request_alone(command: str, place: Path) -> None:
    words, name = COMMANDS[command]
    out = place / "out"
    (out / name).parent.mkdir(parents=True)
    (out / name).write_text("mes notes", encoding="utf-8")
    refused = foncier(*words(place, out))
    assert refused.returncode == 2, refused.stdout
    assert "Traceback" not in refused.stderr
    assert "n'est pas foncier" in refused.stderr
    assert "--replace" in refused.stderr
    assert [path for path in out.rglob("*") if path.is_file()] == [out / name]
    assert (out / name).read_text(encoding="utf-8") == "mes notes"
    done = foncier(*words(place, out), "--replace")
    assert done.returncode == 0, done.stderr
    assert not (out / name).exists() or (out / name).read_bytes() != b"mes notes"
    again = foncier(*words(place, out))
    assert again.returncode == 0, again.stderr


def test_a_run_never_replaces_a_source(place: Path) -> None:
    study = place / "etude"
    before = (study / "friches-cnig.csv").read_bytes()
    for more in ((), ("--replace",)):
        done = foncier("run", study, "--out", study, "-q", *more)
        assert done.returncode == 2
        assert "friches-cnig.csv" in done.stderr
        assert "jamais remplacé" in done.stderr
    (place / "lien").symlink_to(study, target_is_directory=True)
    assert foncier("run", study, "--out", place / "lien", "-q", "--replace").returncode == 2
    assert (study / "friches-cnig.csv").read_bytes() == before
    assert not (study / "manifest.json").exists()


def test_the_result_of_another_command_is_not_replaced(place: Path) -> None:
    result = place / "resultat"
    before = {path.name: path.read_bytes() for path in result.iterdir() if path.is_file()}
    refused: dict[str, list[tuple[str | Path, ...]]] = {
        "jamais remplacé": [
            ("match", result, place / "besoin.toml", "--out", result / "opportunites.csv"),
            ("match", result, place / "besoin.toml", "--out", place / "besoin.toml"),
            ("sheets", result, "--top", "0", "--out", result),
        ],
        "foncier run": [("sheets", place / "autre", "--top", "0", "--out", result)],
        "autre appel": [("run", "--out", place / "ailleurs", "-q")],
    }
    shutil.copytree(result, place / "autre")
    elsewhere = place / "ailleurs" / "manifest.json"  # the result of another commune
    shutil.copytree(result, elsewhere.parent)
    text = elsewhere.read_text(encoding="utf-8").replace('"80021"', '"63148"')
    elsewhere.write_text(text, encoding="utf-8")
    (elsewhere.parent / ".foncier.json").unlink()
    for words, calls in refused.items():
        for call in calls:
            done = foncier(*call)
            assert done.returncode == 2, call
            assert words in done.stderr, (call, done.stderr)
    after = {path.name: path.read_bytes() for path in result.iterdir() if path.is_file()}
    assert after == before


def test_a_second_scenario_does_not_replace_the_first(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    study = place / "etude"
    shutil.copy(study / "autre.geojson", study / "variante.geojson")
    for name in ("autre", "variante"):
        done = foncier("what-if", study, "--loop", study / f"{name}.geojson")
        assert done.returncode == 0, done.stderr
        assert (place / "maps" / "etude-scenarios" / name / "scenarios.csv").is_file()
    (place / "v2").mkdir()
    shutil.copy(study / "autre.geojson", place / "v2")
    same_name = ("what-if", study, "--loop", place / "v2" / "autre.geojson")
    refused = foncier(*same_name)
    assert refused.returncode == 2
    assert "autre appel de « foncier what-if »" in refused.stderr.replace("\u00a0", " ")
    assert foncier(*same_name, "--replace").returncode == 0


def test_a_second_comparison_does_not_replace_the_first(place: Path, demo_folder: Path) -> None:
    result = place / "resultat"
    for name in ("avant", "plus-tot"):
        shutil.copytree(demo_folder, place / name)
        done = foncier("diff", place / name, result)
        assert done.returncode == 0, done.stderr
    written = sorted(path.parent.name for path in result.rglob("differences.csv"))
    assert written == ["avant", "plus-tot"]


def test_visits_that_somebody_filled_in_are_kept(place: Path) -> None:
    plan = ("validate", place / "resultat", "--plan", "3", "--out", place / "visites")
    assert foncier(*plan).returncode == 0
    filled = place / "visites" / "visites.csv"
    filled.write_text("trois jours de terrain", encoding="utf-8")
    done = foncier(*plan)
    assert done.returncode == 0, done.stderr
    [kept] = (place / "visites").glob("visites-modifie-*.csv")
    assert kept.read_text(encoding="utf-8") == "trois jours de terrain"
    assert kept.name in done.stdout
    # The list that was filled in may be the ground truth too: the new list holds its verdicts.
    form = pd.read_csv(filled, sep=";", encoding="utf-8-sig", dtype=str)
    site = str(form["opportunity_id"].iloc[0])
    form.loc[0, "verdict"] = "occupe"
    form.to_csv(filled, sep=";", encoding="utf-8-sig", index=False)
    as_truth = foncier(*plan, "--truth", filled)
    assert as_truth.returncode == 0, as_truth.stderr
    again = pd.read_csv(filled, sep=";", encoding="utf-8-sig", index_col="opportunity_id")
    assert again.loc[site, "verdict"] == "occupe"
