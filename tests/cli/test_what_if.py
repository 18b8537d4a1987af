"""``foncier what-if`` as a planner types it: another loop, a footbridge, and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely
from tests.hamlet import X, Y, degrees, feature, hamlet, write
from tests.test_cli import foncier

if TYPE_CHECKING:
    from pathlib import Path

LOOP = """
[loop]
name = "Boucle"
file = "boucle.geojson"

[weights]
area = 1
loop = 1
"""

SITE = "DC-80021000AB0010"  # the dent creuse; the two other sites are gardens to divide


def line(*course: tuple[float, float]) -> shapely.Geometry:
    return degrees(shapely.LineString([(X + x, Y + y) for x, y in course]))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The hamlet, a river to its south, a far bank with the loop on it, joined 2 km to the west."""
    folder = hamlet(tmp_path / "hameau")
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(LOOP)
    banks = {
        "Rue du Hameau": [(-1000, -5), (400, -5)],
        "Quai": [(-1000, -60), (400, -60)],
        "Pont": [(-1000, -5), (-1000, -60)],
    }
    write(
        folder / "voies.geojson",
        [feature(line(*course), name=n, roadClass="minor") for n, course in banks.items()],
    )
    write(folder / "boucle.geojson", [feature(line((-500, -60), (400, -60)))])
    return folder


def test_a_loop_nearer_and_a_footbridge(study: Path) -> None:
    write(study / "autre.geojson", [feature(line((-500, -5), (400, -5)))])
    write(
        study / "passerelle.geojson",
        [feature(line((350, -5), (350, -60)), name="Passerelle du Hameau")],
    )
    done = foncier(
        "what-if",
        study,
        "--loop",
        study / "autre.geojson",
        "--crossings",
        study / "passerelle.geojson",
        "--out",
        study / "essai",
    )
    assert done.returncode == 0, done.stderr
    assert "Passerelle du Hameau" in done.stdout
    table = pd.read_csv(
        study / "essai" / "scenarios.csv", sep=";", decimal=",", encoding="utf-8-sig"
    )
    by = {name: own.set_index("opportunity_id") for name, own in table.groupby("scenario")}
    assert len(by["autre"]) == len(by["Passerelle du Hameau"]) > 0
    assert (by["autre"]["loop_m_after"] < 30).all(), "the other loop runs before the door"
    # From the door at x = 315 west to the bridge at −1000, over 55 m, and east to the loop at −500.
    before = by["autre"]["loop_m_before"]
    assert before[SITE] == pytest.approx(5 + 1315 + 55 + 500, abs=0.1)
    crossed = by["Passerelle du Hameau"]
    assert crossed["loop_m_after"][SITE] == pytest.approx(5 + 35 + 55, abs=0.1)
    assert (crossed["minutes_gained"] > 20).all()
    assert (crossed["towards"] == "loop").all()
    assert (crossed["score_after"] > crossed["score_before"]).all()
    assert (study / "essai" / "scenarios.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_crossings_of_the_study_are_tried(study: Path) -> None:
    ends = [degrees(shapely.Point(X + 350, Y + y)) for y in (-5, -60)]
    points = ", ".join(f'{{ name = "rive", lat = {p.y}, lon = {p.x} }}' for p in ends)
    text = (study / "study.toml").read_text(encoding="utf-8")
    text += f'\n[[crossings]]\nname = "Gué"\nwaypoints = [ {points} ]\n'
    (study / "study.toml").write_text(text, encoding="utf-8")
    done = foncier("what-if", study, "--out", study / "essai", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "Gué: " in done.stdout
    assert "3 scores rise, 0 fall" in done.stdout  # of each site of the hamlet


def test_what_cannot_be_compared_is_an_error(study: Path) -> None:
    assert "rien à comparer" in foncier("what-if", study).stderr
    (study / "autre.toml").write_text("[boucle]\n", encoding="utf-8")
    assert "table [loop]" in foncier("what-if", study, "--loop", study / "autre.toml").stderr
    write(study / "loin.geojson", [feature(line((350, 900), (350, 960)), name="Loin")])
    done = foncier("what-if", study, "--crossings", study / "loin.geojson")
    assert done.returncode == 4
    assert "la rue la plus proche" in done.stderr


def test_files_of_somebody_else_are_read_within_limits(study: Path) -> None:
    name = "Passerelle" * 30_000
    write(study / "longue.geojson", [feature(line((350, -5), (350, -60)), name=name)])
    read = ("what-if", study, "--crossings", study / "longue.geojson", "--out", study / "essai")
    done = foncier(*read, "--untrusted")
    assert done.returncode == 3
    assert "longue.geojson" in done.stderr
    assert "--untrusted" in done.stderr
    (study.parent / "ailleurs.geojson").write_bytes((study / "boucle.geojson").read_bytes())
    loop = study / "autre.toml"
    for path, named in (("../ailleurs.geojson", "loop.file"), ("${HOME}/x.geojson", "variable")):
        loop.write_text(f'[loop]\nname = "B"\nfile = "{path}"\n', encoding="utf-8")
        refused = foncier("what-if", study, "--loop", loop, "--untrusted")
        assert refused.returncode == 2
        assert named in refused.stderr
    loop.write_text('[loop]\nname = "B"\nfile = "boucle.geojson"\n', encoding="utf-8")
    done = foncier("what-if", study, "--loop", loop, "--untrusted", "--out", study / "essai")
    assert done.returncode == 0, done.stderr
