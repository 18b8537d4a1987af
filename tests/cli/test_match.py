"""``foncier match`` as a project holder types it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.test_cli import foncier

from foncier.export.geopackage.write import write_geopackage
from foncier.parallel import confined

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

NEEDS = """
name = "Maison du vélo"
kinds = ["friche", "dent_creuse"]
[area_m2]
min = 700
[minutes]
station = 10
"""


@pytest.fixture(scope="module")
def delivered(small_original: ResultTables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("delivered") / "opportunites.gpkg"
    write_geopackage(small_original, path)
    return path


@pytest.fixture
def result(delivered: Path, tmp_path: Path) -> Path:
    shutil.copy(delivered, tmp_path)
    return tmp_path


def test_who_fits_who_nearly_does_and_what_is_short(result: Path) -> None:
    needs = result / "velo.toml"
    needs.write_text(NEEDS, encoding="utf-8")
    done = foncier("match", result, needs)
    assert done.returncode == 0, done.stderr
    assert "Convient – FR-80021_1 – Halle <Sernam> & Cie" in done.stdout
    assert "Manque de peu – DC-80021000AB0003" in done.stdout
    plain = done.stdout.replace("\u00a0", " ")
    assert "✗ Surface : 600 m², au moins 700 m², il manque 100 m²" in plain
    assert "il y a 2 min de trop" in plain
    assert "BN-6500000" not in done.stdout, "another kind is not shown"
    table = pd.read_csv(result / "besoins-velo.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert table["outcome"].tolist() == ["fits", "near_miss", "no"]
    assert table.loc[1, "area_m2_short"] == 100


def test_a_file_of_somebody_else_is_read_by_a_child(result: Path) -> None:
    needs = result / "velo.toml"
    needs.write_text(NEEDS, encoding="utf-8")
    plain = foncier("match", result, needs, "--out", result / "a.csv")
    here = os.getpid()
    if confined._child.process is not None:
        confined._child._end()
    apart = foncier("match", result, needs, "--out", result / "b.csv", "--untrusted")
    assert apart.returncode == plain.returncode == 0, apart.stderr
    assert confined._child.process is not None
    assert confined._child.process.pid != here
    assert (result / "a.csv").read_bytes() == (result / "b.csv").read_bytes()
    needs.write_text("name = ", encoding="utf-8")
    refused = foncier("match", result, needs, "--untrusted")
    assert refused.returncode == 2
    assert "TOML" in refused.stderr


def test_the_template_is_a_file_that_works(result: Path) -> None:
    shown = foncier("match", "--template")
    needs = result / "besoins.toml"
    needs.write_text(shown.stdout, encoding="utf-8")
    done = foncier("match", result, needs, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "?" in done.stdout, "no building is measured here: to be checked"


WRONG = {
    "no file": ("", "introuvable"),
    "not toml": ("name = ", "TOML"),
    "unknown key": ('name = "x"\ncouleur = "bleu"', "couleur"),
    "unknown theme": ('name = "x"\nthemes = ["sport"]', "valeur inconnue"),
    "unknown destination": ('name = "x"\n[minutes]\nplage = 5', "station"),
    "bounds": ('name = "x"\n[area_m2]\nmin = 9\nmax = 3', "plus grand"),
    "nothing asked": ('name = "x"', "aucune condition"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_requirements_are_an_error_in_french(result: Path, case: str) -> None:
    text, words = WRONG[case]
    needs = result / "besoins.toml"
    if text:
        needs.write_text(text, encoding="utf-8")
    done = foncier("match", result, needs)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
