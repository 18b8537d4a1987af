"""Tiles: the same table to the bit, however the map is cut, whoever works and whoever dies."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.hamlet import hamlet

from foncier import demo, detect, engines, geometry, pipeline, store, study, tables
from foncier.errors import ConfigError, ExportError, FormatError, TilesError
from foncier.pipeline import converting, tiling
from foncier.records import Fabric

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

AREA = shapely.box(-1e7, -1e7, 1e8, 1e8)
SOURCE = "Cadastre"
LAYERS = ("parcels", "buildings", "zones", "constraints", "streets")


@dataclass(frozen=True)
class City:
    """A city of two communes as converted layers, and what one call finds in it."""

    layers: Path
    whole: detect.Plots


def drawn(parcels: int, folder: Path) -> City:
    """Draw a city, convert it and find its plots in one call."""
    city = demo.generate(parcels=parcels)
    plots = city.parcels.set_geometry(geometry.polygons_only(city.parcels.geometry))
    plots["commune"] = np.where(np.arange(parcels) < parcels * 2 // 3, "80021", "80016")
    contracts = {table.name: table for table in tables.INPUTS}
    every = {name: getattr(city, name) for name in LAYERS} | {"parcels": plots}
    frames = {name: contracts[name].conform(frame) for name, frame in every.items()}
    for name, frame in frames.items():
        store.write_table(frame, folder / f"{name}.parquet")
    index = {"fingerprint": "city", "layers": LAYERS, "reports": []}
    (folder / converting.INDEX).write_text(json.dumps(index), encoding="utf-8")
    rules = study.published("foncier")
    return City(folder, detect.find_plots(detect.Ground(**frames), rules, AREA, source=SOURCE))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """30 000 parcels."""
    return drawn(30_000, tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    """6 500 parcels, in groups of rows so small that a damaged one spoils a few tiles only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "GROUP_ROWS", 100)
        return drawn(6_500, tmp_path_factory.mktemp("town"))


def same(one: detect.Plots, other: detect.Plots) -> None:
    """Check every value of every table, geometries byte by byte."""
    for field in fields(detect.Plots):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, gpd.GeoDataFrame):
            assert (left.geometry.to_wkb() == right.geometry.to_wkb()).all(), field.name
            left, right = left.drop(columns="geometry"), right.drop(columns="geometry")
        pd.testing.assert_frame_equal(
            pd.DataFrame(left), pd.DataFrame(right), check_exact=True, obj=field.name
        )


def found(layers: Path, cut: tiling.Tiling, profile: str = "foncier") -> detect.Plots:
    return cut.find(layers, study.published(profile), AREA, source=SOURCE)


def found_near(layers: Path, cut: tiling.Tiling) -> detect.Plots:
    """By rules that look no farther than the next plot, and a fabric told by the next house."""
    close = Fabric(near_m=1.0, middle_m=1.0, far_m=1.0, few=1, many=1)
    rules = replace(study.published("foncier-api"), fabric=close)
    return cut.find(layers, rules, AREA, source=SOURCE)


class Backwards:
    """An engine that takes the last job first."""

    def run(self, work: Any, jobs: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for n in reversed(range(len(jobs))):
            for _, made in engines.serial().run(work, [jobs[n]]):
                yield n, made


def test_thirty_thousand_parcels_in_tiles_on_two_processes_change_no_bit(
    city: City, tmp_path: Path
) -> None:
    assert len(city.whole.candidates) > 300
    assert len(city.whole.assemblies) > 50
    same(found(city.layers, tiling.Tiling("5", engines.processes(2), tmp_path)), city.whole)


@pytest.mark.parametrize("by", ["3", "commune"])
def test_the_order_of_the_tiles_changes_no_bit(town: City, tmp_path: Path, by: str) -> None:
    same(found(town.layers, tiling.Tiling(by, Backwards(), tmp_path)), town.whole)


def test_workers_that_are_killed_change_no_bit(town: City, tmp_path: Path) -> None:
    told = threading.Event()
    cut = tiling.Tiling(
        "6", engines.processes(2), tmp_path, lambda done, _: told.set() if done else None
    )
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(found, town.layers, cut)
        assert told.wait(120)  # one tile is done, others are under way
        for worker in multiprocessing.active_children():
            os.kill(worker.pid or 0, signal.SIGKILL)
        same(ending.result(), town.whole)


def test_a_tile_that_fails_is_named_and_the_next_run_makes_only_that_one(
    town: City, tmp_path: Path
) -> None:
    whole = found_near(town.layers, tiling.Tiling("1", engines.serial(), tmp_path / "whole"))
    broken, work = tmp_path / converting.FOLDER, tmp_path / "work"
    cut = tiling.Tiling("6", engines.serial(), work)
    shutil.copytree(town.layers, broken)
    houses = (town.layers / "buildings.parquet").read_bytes()
    spoiled = bytearray(houses)
    spoiled[2000:4000] = bytes(2000)
    (broken / "buildings.parquet").write_bytes(spoiled)
    with pytest.raises(TilesError, match=r"tuile\(s\) sur 6 ont échoué 3 fois : hilbert-") as told:
        found_near(broken, cut)
    assert isinstance(told.value.__cause__, FormatError)
    made = {f.parent.name: f.stat().st_mtime_ns for f in work.glob("tuiles/*/tuile.json")}
    assert 0 < len(made) < 6
    (broken / "buildings.parquet").write_bytes(houses)
    same(found_near(broken, cut), whole)
    after = {f.parent.name: f.stat().st_mtime_ns for f in work.glob("tuiles/*/tuile.json")}
    assert len(after) == 6
    assert all(after[name] == when for name, when in made.items())
    # What was found is checked before it is taken again, and belongs to its rules.
    (work / "tuiles" / min(after) / "tests.parquet").write_bytes(b"PAR1")
    began = time.time_ns()
    same(found_near(broken, cut), whole)
    again = {f.parent.name for f in work.glob("tuiles/*/tuile.json")
             if f.stat().st_mtime_ns > began}  # fmt: skip
    assert again == {min(after)}
    job = tiling.Job(
        tiling.Tile(min(after)), broken, (), work / "tuiles", study.published("foncier"), b"", "",
        "another mark",
    )  # fmt: skip
    assert not tiling.done(job)


def test_what_cannot_be_cut_is_one_error(town: City, tmp_path: Path) -> None:
    for by in ("0", "-3", "quartier"):
        with pytest.raises(ConfigError, match="attendu auto, commune ou un nombre"):
            found(town.layers, tiling.Tiling(by, engines.serial(), tmp_path))
    assert [tile.rows for tile in tiling.tiles(town.layers, "auto")] == [(0, 6_500)]
    assert [tile.commune for tile in tiling.tiles(town.layers, "commune")] == ["80016", "80021"]


def test_a_study_converted_once_gives_the_same_result_until_a_file_changes(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "hameau")
    plan = study.load(folder)
    before = pipeline.run(plan)
    kept = pipeline.converted_folder(plan)
    pipeline.convert(plan, kept)
    (kept / "parcels.parquet").touch()
    layers, used = converting.read_study(plan)
    assert used == kept
    assert layers.reports == before.reports
    after = pipeline.run(plan)
    pd.testing.assert_frame_equal(after.tests, before.tests, check_exact=True)
    pd.testing.assert_frame_equal(after.scores, before.scores, check_exact=True)
    # A file of the study changes: its converted form is left aside.
    streets = folder / "voies.geojson"
    streets.write_text(streets.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert converting.read_study(plan)[1] is None
    pipeline.convert(plan, kept)
    (kept / "parcels.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatError, match=r"parcels\.parquet.*Supprimez le dossier convertis"):
        converting.read_study(plan)
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    plan = study.load(hamlet(tmp_path / "hameau"))
    (tmp_path / "pris").write_text("", encoding="utf-8")
    with pytest.raises(ExportError, match="écriture impossible"):
        pipeline.convert(plan, tmp_path / "pris" / "convertis")


def test_other_rules_in_the_same_folder_of_work_are_not_answered_by_what_lies_there(
    town: City, tmp_path: Path
) -> None:
    cut = tiling.Tiling("1", engines.serial(), tmp_path)
    first, other = found(town.layers, cut, "foncier-api"), found(town.layers, cut, "parcel-manager")
    assert len(first.candidates) != len(other.candidates)
    again = tiling.Tiling("1", engines.serial(), tmp_path / "fresh")
    same(other, found(town.layers, again, "parcel-manager"))


def test_tiles_without_buildings_find_nothing_as_the_whole_does(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "hameau")
    file = folder / "study.toml"
    before, rest = file.read_text(encoding="utf-8").split("[layers.buildings]")
    file.write_text(before + rest[rest.index("[layers.streets]") :], encoding="utf-8")
    plan = study.load(folder)
    cut = pipeline.run(plan, tiling=tiling.Tiling("2", engines.serial(), tmp_path / "work"))
    whole = pipeline.run(plan)
    assert cut.candidates.empty
    assert whole.candidates.empty
    assert cut.assemblies is not None
    assert whole.assemblies is not None
    assert cut.assemblies.crs == whole.assemblies.crs
