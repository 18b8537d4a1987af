"""Each script runs on the demonstration, as a planner would start it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .hamlet import hamlet

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


def script(name: str, *words: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"{name}.py", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONIOENCODING": "utf-8", "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_prepare_layers_writes_each_layer(tmp_path: Path) -> None:
    told = script("prepare_layers", "--out", tmp_path)
    assert "parcels:" in told
    assert {"parcels.parquet", "buildings.parquet", "inventory.parquet"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_find_opportunities_lists_a_kind_with_its_evidence(tmp_path: Path) -> None:
    """Friches of the demonstration, and dents creuses of another study."""
    other = hamlet(tmp_path / "h")
    for prefix, least, words in (("FR-", 10, ()), ("DC-", 0, (other, "--kind", "dent_creuse"))):
        told = script("find_opportunities", *words)
        heads = [line for line in told.splitlines() if line and not line.startswith(" ")]
        assert len(heads) > least
        assert all(line.startswith(prefix) for line in heads)
        assert len(told.splitlines()) >= 2 * len(heads)


def test_score_opportunities_shows_who_gains_with_other_weights() -> None:
    told = script("score_opportunities", "--weight", "station=9", "--weight", "loop=0").splitlines()
    assert len(told) >= 20
    assert any(line.split()[0] != line.split("was")[1].split(")")[0].strip() for line in told)


def test_export_opportunities_writes_every_deliverable(tmp_path: Path) -> None:
    told = script("export_opportunities", "--out", tmp_path, "--lang", "en")
    assert "opportunites.html" in told
    assert {path.name for path in tmp_path.iterdir()} == {
        "acces.tif",
        "friches-cnig.csv",
        "manifest.json",
        "mutabilite.csv",
        "opportunites.csv",
        "opportunites.gpkg",
        "opportunites.html",
        "opportunites.parquet",
    }


def test_scripts_stay_thin() -> None:
    for path in SCRIPTS.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 60, path.name
