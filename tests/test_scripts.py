"""Each script does on the demonstration what its first line claims."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

import foncier as fo

from .hamlet import hamlet

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
NAMES = sorted(path.name for path in SCRIPTS.glob("*.py"))


def call(name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPTS / f"{name}.py", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONIOENCODING": "utf-8", "PATH": "", "PYTHONPATH": ":".join(sys.path)},
    )


def script(name: str, *words: str | Path) -> str:
    done = call(name, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_prepare_layers_writes_each_layer_in_the_legal_system(tmp_path: Path) -> None:
    told = script("prepare_layers", "--out", tmp_path)
    assert "parcels: 6500 / 6500" in told
    layers = set(fo.read_study(fo.demo_study()).layers)
    assert {path.stem for path in tmp_path.iterdir()} == layers | {"land_units"}  # from the owners
    assert gpd.read_parquet(tmp_path / "parcels.parquet").crs.to_epsg() == 2154


def test_find_opportunities_lists_every_site_of_a_kind_with_its_evidence(
    tmp_path: Path, public_result: fo.Result
) -> None:
    friches = public_result.opportunities.query("kind == 'friche'")
    told = script("find_opportunities")
    heads = [line.split()[0] for line in told.splitlines() if not line.startswith(" ")]
    assert heads == friches["opportunity_id"].tolist()
    evidence = public_result.evidence
    count = evidence["opportunity_id"].isin(friches["opportunity_id"]).sum()
    assert len(told.splitlines()) == len(heads) + count
    # Plots without a name or an address are named by their parcel, never "nan".
    other = script("find_opportunities", hamlet(tmp_path / "h"), "--kind", "dent_creuse")
    named = [line.split("m²", 1)[1].strip() for line in other.splitlines() if line[:3] == "DC-"]
    assert named
    assert all(name.startswith("80021") for name in named)


def ranks(told: str) -> list[tuple[float, float, str]]:
    lines = [line.replace("(was", "").replace(")", "").split() for line in told.splitlines()]
    return [(float(new), float(was), ident) for new, was, _, ident, *_ in lines]


def test_score_opportunities_without_weight_changes_no_rank(public_result: fo.Result) -> None:
    """No criterion is lost on the way: the former script lost the residents."""
    found = ranks(script("score_opportunities"))
    assert len(found) == public_result.opportunities["overall_rank"].notna().sum()
    assert all(new == was for new, was, _ in found)


def test_score_opportunities_ranks_by_the_weights_given(public_result: fo.Result) -> None:
    """With the station alone, sites alike in all else are in the order of the minutes to it."""
    every = dict.fromkeys(public_result.layers["criteria"]["name"], 0)
    asked = [f"{name}={weight}" for name, weight in {**every, "station": 1}.items()]
    words = [word for one in asked for word in ("--weight", one)]
    found = ranks(script("score_opportunities", *words))
    sites = public_result.opportunities.set_index("opportunity_id")
    # Sites that are as sure and as available as each other: the score alone orders them.
    alike = sites.groupby(["kind", "availability_low"])["station_min"]
    minutes = max((group for _, group in alike), key=len)
    reached = [minutes[i] for new, _, i in found if i in minutes.index and 5 < minutes[i] < 30]
    assert len(reached) > 20
    assert reached == sorted(reached)
    assert any(new != was for new, was, _ in found)


@pytest.mark.parametrize(("weight", "word"), [("servces=5", "services"), ("station=-1", "station")])
def test_score_opportunities_refuses_a_wrong_weight(weight: str, word: str) -> None:
    done = call("score_opportunities", "--weight", weight)
    assert done.returncode != 0
    assert word in done.stderr
    assert done.stdout == ""


def test_export_opportunities_writes_every_deliverable(tmp_path: Path) -> None:
    told = script("export_opportunities", "--out", tmp_path, "--lang", "en")
    files = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert {Path(line).name for line in told.splitlines()} == files
    assert files == {
        "acces.tif",
        "friches-cnig.csv",
        "manifest.json",
        "mesures.parquet",
        "metadonnees.xml",
        "mutabilite.csv",
        "opportunites.csv",
        "opportunites.gpkg",
        "opportunites.html",
        "opportunites.parquet",
        "saisies.gpkg",
        "stac.json",
    }
    assert 'lang="en"' in (tmp_path / "opportunites.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_script_is_thin_and_uses_the_public_names_alone(name: str) -> None:
    text = (SCRIPTS / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert not str(node.module).startswith("foncier")
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("foncier.") for alias in node.names)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.value.id != "fo" or node.attr in fo.__all__
