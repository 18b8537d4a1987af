"""`foncier check` refuses what `foncier run` refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from pandas.testing import assert_frame_equal
from tests.hamlet import X, Y, degrees, feature, hamlet, write
from tests.study.test_names import add

from foncier.api.study import demo_study
from foncier.errors import FoncierError, FormatError
from foncier.parallel import confined
from foncier.pipeline.check import check_layers
from foncier.pipeline.layers import read_layers
from foncier.pipeline.run import run
from foncier.pipeline.write_results import check_pictures
from foncier.study import read_study

Break = Callable[[Path], object]


def _far_waypoint(folder: Path) -> None:
    far = degrees(shapely.Point(X, Y + 5000))
    near = degrees(shapely.Point(X + 10, Y - 5))
    points = ", ".join(f'{{ name = "a", lat = {p.y}, lon = {p.x} }}' for p in (near, far))
    add(folder, f'[loop]\nname = "Boucle"\nwaypoints = [ {points} ]')


def _buildings_alone(folder: Path, extra: str) -> None:
    """Keep the buildings only: the case where no parcel gives an extent."""
    text = (folder / "study.toml").read_text(encoding="utf-8")
    head = text[: text.index("[layers.parcels]")]
    buildings = text[text.index("[layers.buildings]") : text.index("[layers.streets]")]
    (folder / "study.toml").write_text(f"{head}{extra}\n{buildings}", encoding="utf-8")


def _nothing(folder: Path) -> None:
    _buildings_alone(folder, "")
    write(folder / "batiments.json.gz", [])


BROKEN: dict[str, Break] = {
    "rule set": lambda f: _buildings_alone(f, '[rules]\nprofile = "nimporte"'),
    "area": lambda f: _buildings_alone(f, '[area]\naround = "file"\nfile = "absent.geojson"'),
    "axis": lambda f: add(f, '[axis]\nname = "Axe"\nfile = "absent.geojson"'),
    "loop": lambda f: add(f, '[loop]\nname = "Boucle"\nfile = "absent.geojson"'),
    "waypoint of the loop": _far_waypoint,
    "picture": lambda f: add(f, '[leaflet]\nlogo = { file = "absent.png" }'),
    "nothing to search": _nothing,
    "columns": lambda f: add(
        f, '[layers.zones]\npath = "voies.geojson"\ncolumns = { zone_typ = "a" }'
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_check_fails_where_run_fails(tmp_path: Path, case: str) -> None:
    folder = hamlet(tmp_path)
    BROKEN[case](folder)
    with pytest.raises(FoncierError) as caught:
        _run(folder)
    assert refusal(folder) == caught.value.id


def _run(folder: Path) -> None:
    """Do what the command `foncier run` does, but for the writing."""
    study = read_study(folder)
    check_pictures(study)
    run(study)


def refusal(folder: Path) -> str | None:
    """Id of the first error that check reports."""
    try:
        faults = [one.fault for one in check_layers(read_study(folder)) if one.fault]
    except FoncierError as fault:
        return fault.id
    return faults[0].id if faults else None


def test_check_accepts_the_study_that_runs(tmp_path: Path) -> None:
    assert refusal(hamlet(tmp_path)) is None


def test_a_former_key_is_read_and_named_once(tmp_path: Path) -> None:
    folder = hamlet(tmp_path)
    ring = degrees(shapely.box(X - 10, Y - 10, X + 400, Y + 60))
    write(folder / "iris.geojson", [feature(ring, quarter_id="q1", name="Centre")])
    study = read_study(add(folder, '[layers.quarters]\npath = "iris.geojson"'))
    assert list(study.layers)[-1] == "districts"
    checks = list(check_layers(study))
    assert all(one.fault is None for one in checks)
    (renamed,) = [one for one in checks if one.cost and "layers.quarters" in one.cost.fr]
    assert "layers.districts" in renamed.cost.fr  # type: ignore[union-attr]
    assert run(study).districts is not None


def test_sites_that_the_result_does_not_have_are_named(tmp_path: Path) -> None:
    folder = add(hamlet(tmp_path), '[mutability.80021_9]\nraccordementEau = "oui"')
    missing = {one.what: one.cost for one in run(read_study(folder)).missing}
    assert "80021_9" in missing["mutability"].fr


def test_the_files_of_a_stranger_are_read_by_one_child(tmp_path: Path) -> None:
    """With the same tables and reports, and an error for what the child refuses."""
    folder = hamlet(tmp_path / "s")
    trusted = read_layers(read_study(folder))
    study = read_study(folder, untrusted=True)
    there = read_layers(study, workers=2)
    assert confined._child.process is not None
    assert there.reports == trusted.reports
    for layer, table in trusted.frames.items():
        assert_frame_equal(there.frames[layer], table)
    text = (folder / "voies.geojson").read_text(encoding="utf-8")
    long = text.replace("Rue du Hameau", "Rue" * 100_000)
    (folder / "voies.geojson").write_text(long, encoding="utf-8")
    assert len(read_layers(read_study(folder)).frames["streets"])
    with pytest.raises(FormatError, match=r"voies\.geojson.*--untrusted"):
        read_layers(study)


def said(study: Any) -> tuple[list[tuple[Any, ...]], set[str]]:
    """Notes of each file and remarks that check gives of a study."""
    checks = list(check_layers(study))
    assert not [one.fault for one in checks if one.fault]
    reports = [one.report for one in checks if one.report]
    notes = [(one.layer, one.path, one.rows_kept, one.rows_read, one.notes) for one in reports]
    return sorted(notes, key=lambda one: one[:2]), {one.cost.fr for one in checks if one.cost}


@pytest.mark.parametrize("name", ["demo", "hamlet", "registers", "axis"])
def test_check_says_what_run_says(name: str, tmp_path: Path) -> None:
    folder = demo_study() if name == "demo" else hamlet(tmp_path)
    if name == "registers":
        tax = "idpar,nlocal,nloghvac,nactvacant\n80021000AB0001,4,2,0\nx,1,1,0\n"
        (folder / "ff.csv").write_text(tax, encoding="utf-8")
        add(folder, '[layers.observations]\npath = "ff.csv"\nformat = "fichiers-fonciers"')
    if name == "axis":
        line = degrees(shapely.LineString([(X, Y), (X + 300, Y)]))
        write(folder / "axe.geojson", [feature(line)])
        add(folder, '[axis]\nname = "Axe"\nfile = "axe.geojson"\n[area]\naround = "extent"')
    study = read_study(folder)
    layers = read_layers(study)
    notes = [
        (one.layer, one.path, one.rows_kept, one.rows_read, one.notes) for one in layers.reports
    ]
    checked, remarks = said(study)
    assert checked == sorted(notes, key=lambda one: one[:2])
    ran = run(study)
    result = {gap.cost.fr for gap in ran.missing}
    # All that check says is a warning or a note of the run; the run adds what the search found.
    noted = {f"{note.text.fr} ({note.count})" for one in ran.reports for note in one.notes}
    assert remarks <= result | noted, remarks - result - noted
    assert all("aucune mesure" in text or "site" in text for text in result - remarks), (
        result - remarks
    )
    if name == "axis":
        assert not any("Ni quartiers, ni axe" in text for text in remarks)
    if name == "registers":
        (register,) = [one for one in checked if one[0] == "observations"]
        assert register[2] == 1


def _two_files(folder: Path) -> None:
    """Declare the parcels twice: each file is right, the layer has every id twice."""
    shutil.copy(folder / "parcelles.json.gz", folder / "encore.json.gz")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    first = text[text.index("[layers.parcels]") : text.index("[layers.buildings]")]
    rest = text.replace(first, "")
    part = first.replace("[layers.parcels]", "[[layers.parcels]]")
    other = part.replace("parcelles.json.gz", "encore.json.gz")
    (folder / "study.toml").write_text(rest + part + other, encoding="utf-8")


def test_a_layer_of_two_files_is_read_by_check_as_by_run(tmp_path: Path) -> None:
    folder = hamlet(tmp_path)
    _two_files(folder)
    study = read_study(folder)
    _, remarks = said(study)
    assert any("fichier précédent" in text for text in remarks)
    notes = [note.text.fr for one in run(study).reports for note in one.notes]
    assert any("fichier précédent" in text for text in notes)
