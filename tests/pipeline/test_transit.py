"""A study with a timetable: run, delivered, scored by it when asked, and what if."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import pytest
import shapely

from foncier.errors import FormatError
from foncier.pipeline import check
from foncier.pipeline.run import run
from foncier.pipeline.what_if import run_what_if
from foncier.pipeline.write_results import write_results
from foncier.study import read_study

from ..hamlet import X, Y, degrees, feature, hamlet, write
from ..timetable import at, feed, write_zip

if TYPE_CHECKING:
    from pathlib import Path

LAYER = '\n[layers.transit]\npath = "gtfs.zip"\nformat = "gtfs"\nsource = "Réseau"\n'
ASKED = "\n[weights]\ntransit = 2\n"


def add(folder: Path, text: str) -> Path:
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(text)
    return folder


def line(*course: tuple[float, float]) -> shapely.Geometry:
    return degrees(shapely.LineString([(X + x, Y + y) for x, y in course]))


def timed(tmp_path: Path, more: str = "") -> Path:
    folder = hamlet(tmp_path / "h")
    write_zip(folder / "gtfs.zip", feed())
    return add(folder, LAYER + more)


def test_a_timetable_shows_in_the_csv_the_geopackage_and_the_score(tmp_path: Path) -> None:
    study = read_study(timed(tmp_path, ASKED))
    found = run(study)
    assert len(found.candidates)
    # Three runs in twelve hours, though two of them call at two stops within the walk.
    assert found.candidates["departures_per_hour"].tolist() == pytest.approx(
        [3 / 12] * len(found.candidates)
    )
    assert found.scores["transit"].to_numpy() == pytest.approx(3 / 12 / 24)
    stop = found.access[found.access["target"] == "stop"]
    assert stop["time_min"].notna().all()
    assert set(stop["place"]) <= {"Mairie", "École"}
    assert set(found.background.places["place_id"]) == {"gtfs-S1", "gtfs-S2"}
    assert not {"transit", "places"} & {gap.what for gap in found.missing}
    (report,) = [r for r in found.reports if r.layer == "transit"]
    assert (report.rows_read, report.source) == (3, "Réseau")
    out = tmp_path / "out"
    out.mkdir()
    write_results(found, study, out, lang="fr", timings={})
    (csv,) = out.rglob("opportunites.csv")
    table = pd.read_csv(csv, sep=";", decimal=",", encoding="utf-8-sig")
    assert table["departures_per_hour"].tolist() == pytest.approx([0.25] * len(table))
    assert {"stop_min", "criterion_transit"} <= set(table.columns)
    (gpkg,) = out.rglob("opportunites.gpkg")
    rows = pyogrio.read_dataframe(gpkg, layer="opportunites")
    assert rows["departures_per_hour"].tolist() == pytest.approx([0.25] * len(table))


def test_without_a_timetable_departures_are_unknown_and_missed_only_when_asked(
    tmp_path: Path,
) -> None:
    folder = hamlet(tmp_path / "h")
    found = run(read_study(folder))
    assert found.candidates["departures_per_hour"].isna().all()
    assert "transit" not in {gap.what for gap in found.missing}
    asked = run(read_study(add(folder, ASKED)))
    assert "transit" in {gap.what for gap in asked.missing}
    seen = {s.layer: s for s in check.check_layers(read_study(folder))}
    assert "Départs de transport" in seen["transit"].describe("fr")[1][0]


def test_two_feeds_are_one_layer_and_the_same_feed_twice_counts_once(tmp_path: Path) -> None:
    folder = timed(tmp_path).parent / "h"
    text = (folder / "study.toml").read_text(encoding="utf-8")
    twice = text.replace("[layers.transit]", "[[layers.transit]]") + LAYER.replace(
        "[layers.transit]", "[[layers.transit]]"
    )
    (folder / "study.toml").write_text(twice, encoding="utf-8")
    found = run(read_study(folder))
    assert found.candidates["departures_per_hour"].tolist() == pytest.approx(
        [3 / 12] * len(found.candidates)
    )
    assert len(found.background.places) == 2


def test_a_feed_of_elsewhere_stops_the_run_and_check_reads_it(tmp_path: Path) -> None:
    folder = timed(tmp_path)
    write_zip(folder / "gtfs.zip", {**feed(), "stops": ["S1,Nice,43.7,7.26,,"]})
    with pytest.raises(FormatError, match="à moins de 5 km"):
        run(read_study(folder))


def test_a_new_crossing_brings_departures(tmp_path: Path) -> None:
    folder = timed(tmp_path, ASKED)
    banks = {
        "Rue du Hameau": [(-1000, -5), (400, -5)],
        "Quai": [(-1000, -60), (400, -60)],
        "Pont": [(-1000, -5), (-1000, -60)],
    }
    write(
        folder / "voies.geojson",
        [feature(line(*course), name=name, roadClass="minor") for name, course in banks.items()],
    )
    across = [f"S{n},Quai,{at(east, -62)},," for n, east in ((1, 200), (2, 300))]
    write_zip(folder / "gtfs.zip", {**feed(), "stops": [*across, feed()["stops"][2]]})
    bridge = tmp_path / "passerelle.geojson"
    write(bridge, [feature(line((250, -5), (250, -60)), name="Passerelle")])
    trial = run_what_if(read_study(folder), crossings=bridge)
    assert (trial.result.candidates["departures_per_hour"] == 0).all()
    assert (trial.gains["score_after"] > trial.gains["score_before"]).all()
