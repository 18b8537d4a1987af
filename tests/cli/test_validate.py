"""``foncier validate`` and ``foncier diff`` as a user types them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.test_cli import foncier

from foncier import demo

if TYPE_CHECKING:
    from pathlib import Path

TRUTH = demo.study_folder() / "verite.csv"


@pytest.fixture
def result(demo_folder: Path, tmp_path: Path) -> Path:
    """A plan adds its visits to the result: a copy of the demonstration's."""
    folder = tmp_path / "resultat"
    shutil.copytree(demo_folder, folder)
    return folder


def test_validate_tells_what_the_list_is_worth(result: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = foncier("validate", result, "--truth", TRUTH, "--plan", "5", "--out", out)
    assert done.returncode == 0, done.stderr
    told = done.stdout.replace("\u00a0", " ")
    truths = len(TRUTH.read_text(encoding="utf-8").splitlines()) - 1
    for words in (
        f"{truths} observations de terrain lues",
        "Précision",
        "Rappel",
        "5 sites à visiter",
        "rapport.md",
    ):
        assert words in told, words
    files = [
        ".foncier.json",
        "fiabilite.png",
        "rapport.md",
        "sites.csv",
        "validation.json",
        "visites.csv",
        "visites.gpkg",
    ]
    assert sorted(p.name for p in out.iterdir()) == files


def test_a_truth_of_somebody_else_is_read_within_limits(demo_folder: Path, tmp_path: Path) -> None:
    text, truth = TRUTH.read_text(encoding="utf-8"), tmp_path / "verite.csv"
    truth.write_text(text, encoding="utf-8")
    read = ("validate", demo_folder, "--truth", truth, "--untrusted")
    done = foncier(*read, "--out", tmp_path / "bon")
    assert done.returncode == 0, done.stderr
    plain = foncier(*read[:-1], "--out", tmp_path / "sans")
    assert plain.returncode == 0, plain.stderr
    for name in ("validation.json", "sites.csv"):
        assert (tmp_path / "bon" / name).read_bytes() == (tmp_path / "sans" / name).read_bytes()
    rows = text.splitlines()
    column = rows[0].split(";").index("note")
    cells = rows[1].split(";")
    cells[column] = "x" * 200_000
    truth.write_text("\n".join([rows[0], ";".join(cells), *rows[2:]]), encoding="utf-8")
    refused = foncier(*read, "--out", tmp_path / "long")
    assert refused.returncode == 3
    assert "verite.csv" in refused.stderr
    assert not (tmp_path / "long").exists()


def test_a_plan_alone_in_english(result: Path, tmp_path: Path) -> None:
    done = foncier("validate", result, "--plan", "1", "--out", tmp_path / "out", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "1 sites to visit" not in done.stdout
    assert "1 site to visit" in done.stdout
    assert "Random sample" in (tmp_path / "out" / "visites.csv").read_text(encoding="utf-8-sig")


def test_complete_ground_truth_makes_other_sites_false(demo_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("verdict,kind,lon,lat\nvrai,friche,2.3017,49.8998\n", encoding="utf-8")
    done = foncier("validate", demo_folder, "--truth", path, "--complete", "--out", tmp_path / "o")
    assert done.returncode == 0, done.stderr
    assert "sont déclarées complètes" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--plan", "0"], 2, ""),
        ([], 2, "--truth"),
        (["--truth", "nulle-part.csv"], 3, "nulle-part.csv"),
        (["--truth", "mots.csv"], 3, "bof"),
    ],
)
def test_what_is_wrong_is_one_line(
    demo_folder: Path, tmp_path: Path, words: list[str], code: int, told: str
) -> None:
    (tmp_path / "mots.csv").write_text("opportunity_id,verdict\nFR-1,bof\n", encoding="utf-8")
    given = [str(tmp_path / w) if w.endswith(".csv") else w for w in words]
    done = foncier("validate", demo_folder, *given, "--out", tmp_path / "out")
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_without_result_is_refused(tmp_path: Path) -> None:
    done = foncier("validate", tmp_path, "--plan", "3")
    assert done.returncode == 2
    assert "aucun résultat" in done.stderr
    assert foncier("diff", tmp_path, tmp_path).returncode == 2


def test_diff_of_a_result_with_itself(demo_folder: Path, tmp_path: Path) -> None:
    done = foncier("diff", demo_folder, demo_folder, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Inchangé" in done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".foncier.json",
        "differences.csv",
        "differences.gpkg",
        "differences.png",
    ]
