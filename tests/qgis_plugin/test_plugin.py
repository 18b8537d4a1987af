"""The plugin of QGIS: its six algorithms in headless QGIS, on the installed command."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.hamlet import hamlet

QGIS = Path("/usr/bin/python3")
SCRIPT = Path(__file__).with_name("processing_script.py")
PLUGIN = ROOT / "qgis" / "foncier_processing"
COMMANDS = ["check", "explain", "export", "fetch", "run", "validate"]


def call(*arguments: str, profile: str = "") -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [str(QGIS), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
        env={**clean, "QT_QPA_PLATFORM": "offscreen", "QGIS_CUSTOM_CONFIG_PATH": profile},
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the six algorithms gave, in one QGIS."""
    if not QGIS.is_file() or call("-c", "import qgis.core").returncode:
        pytest.skip("QGIS is not installed (Debian package python3-qgis)")
    folder = tmp_path_factory.mktemp("plugin") / "Été d'Amiens (essais)"
    folder.mkdir()
    study = hamlet(folder / "hameau")
    (folder / "foncier").write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT / 'src'))} "
        f'exec {shlex.quote(sys.executable)} -m foncier "$@"\n'
    )
    (folder / "foncier").chmod(0o755)
    (folder / "sorties").mkdir()
    given = (str(folder / "foncier"), str(study), str(folder / "sorties"))
    done = call(str(SCRIPT), *given, profile=str(folder / "profil"))  # not the settings of a person
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "folder": folder / "sorties"}


def test_one_algorithm_a_command(seen: dict[str, Any]) -> None:
    assert seen["names"] == COMMANDS
    assert len(set(seen["titles"].values())) == len(COMMANDS)


def test_missing_command_says_how_to_install_it(seen: dict[str, Any]) -> None:
    assert "pipx install foncier" in seen["missing"]["error"]


def test_a_failing_command_gives_its_message(seen: dict[str, Any]) -> None:
    assert "study.toml" in seen["failing"]["error"]
    assert "Traceback" not in seen["failing"]["error"]


def test_stopped_run_writes_nothing(seen: dict[str, Any]) -> None:
    assert "error" in seen["cancelled"]
    assert not [name for name in seen["left"] if name != "page.html"]


@pytest.mark.parametrize("name", COMMANDS)
def test_algorithm_succeeds(seen: dict[str, Any], name: str) -> None:
    assert "outputs" in seen[name], seen[name]


def test_fetch_shows_addresses(seen: dict[str, Any]) -> None:
    assert "cadastre.data.gouv.fr" in seen["fetch"]["log"]


def test_run_shows_its_progress_and_loads_its_project(seen: dict[str, Any]) -> None:
    assert seen["run"]["progress"] > 80
    assert (Path(seen["folder"]) / "resultat" / "opportunites.gpkg").is_file()
    assert len(seen["loaded"]) > 10
    assert seen["invalid"] == []
    assert "outputs" in seen["again"], seen["again"]
    assert seen["twice"], "the layers of a second run are added beside those that are there"


def test_files_of_explain_and_export(seen: dict[str, Any]) -> None:
    folder = Path(seen["folder"])
    assert "80021000AB0011" in (folder / "page.html").read_text("utf-8")
    assert sorted(path.name for path in (folder / "autres").iterdir()) == [
        ".foncier.json",
        "geojson",
        "opportunites.xlsx",
    ]


def test_provider_goes_with_the_plugin(seen: dict[str, Any]) -> None:
    assert seen["unloaded"]


def test_both_languages_have_the_same_words() -> None:
    words = json.loads((PLUGIN / "words.json").read_text("utf-8"))
    assert words["fr"].keys() == words["en"].keys()
    code = " ".join(path.read_text("utf-8") for path in PLUGIN.glob("*.py"))
    used = {name for name in words["fr"] if f'"{name}"' in code}
    indirect = {*COMMANDS, *(f"{name}_help" for name in COMMANDS)}
    assert used | indirect == set(words["fr"])


def test_metadata_names_what_qgis_asks_for() -> None:
    read = configparser.ConfigParser()
    read.read(PLUGIN / "metadata.txt", encoding="utf-8")
    general = read["general"]
    for name in ("name", "qgisMinimumVersion", "description", "about", "version", "author"):
        assert general[name]
    assert general["hasProcessingProvider"] == "yes"
    assert (PLUGIN / general["icon"]).is_file()
