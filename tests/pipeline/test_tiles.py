"""Tiles: the same table to the bit, however the map is cut, in whatever order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import shapely
from tests.hamlet import hamlet
from tests.pipeline.cities import AREA, LAYERS, SOURCE, City, drawn, found, same

from foncier import detect
from foncier.errors import ConfigError, ExportError, FormatError
from foncier.geometry import parallel
from foncier.parallel import executors
from foncier.pipeline import convert as convert_step
from foncier.pipeline import tiles
from foncier.pipeline.convert import convert, converted_folder
from foncier.pipeline.run import run as pipeline_run
from foncier.study import published, read_study

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """30 000 parcels."""
    return drawn(30_000, tmp_path_factory.mktemp("city"))


class Backwards:
    """An engine that takes the last job first."""

    def run(self, work: Any, jobs: Sequence[Any]) -> Generator[tuple[int, Any]]:
        for n in reversed(range(len(jobs))):
            for _, made in executors.serial().run(work, [jobs[n]]):
                yield n, made


def test_thirty_thousand_parcels_in_tiles_on_two_processes_change_no_bit(
    city: City, tmp_path: Path
) -> None:
    assert len(city.whole.candidates) > 300
    assert len(city.whole.assemblies) > 50
    same(found(city.layers, tiles.Tiling("5", executors.processes(2), tmp_path)), city.whole)


@pytest.mark.parametrize("by", ["3", "commune"])
def test_the_order_of_the_tiles_changes_no_bit(town: City, tmp_path: Path, by: str) -> None:
    same(found(town.layers, tiles.Tiling(by, Backwards(), tmp_path)), town.whole)


def test_tiles_know_the_communes_that_a_layer_does_not_cover(town: City, tmp_path: Path) -> None:
    gone = {"zones": frozenset({"80016"}), "streets": frozenset({"80016"})}
    frames = {layer: convert_step.read_layer(town.layers, layer) for layer in LAYERS}
    ground = detect.SpatialContext(**frames, uncovered=gone)
    whole = detect.find_plots(ground, published("foncier"), AREA, source=SOURCE)
    cut = tiles.Tiling("3", executors.serial(), tmp_path)
    same(found(town.layers, cut, lacking=gone), whole)
    same(found(town.layers, cut), town.whole)  # other marks: made again
    assert set(town.whole.rejections["parcel_id"]) != set(whole.rejections["parcel_id"])


def test_what_cannot_be_cut_is_one_error(town: City, tmp_path: Path) -> None:
    for by in ("0", "-3", "quartier"):
        with pytest.raises(ConfigError, match="attendu auto, commune ou un nombre"):
            found(town.layers, tiles.Tiling(by, executors.serial(), tmp_path))
    assert [tile.rows for tile in tiles.tiles(town.layers, "auto")] == [(0, 6_500)]
    assert [tile.commune for tile in tiles.tiles(town.layers, "commune")] == ["80016", "80021"]


def test_a_study_converted_once_gives_the_same_result_until_a_file_changes(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "hameau")
    study = read_study(folder)
    before = pipeline_run(study)
    kept = converted_folder(study)
    convert(study, kept)
    (kept / "parcels.parquet").touch()
    layers, used = convert_step.read_study_layers(study)
    assert used == kept
    assert layers.reports == before.reports
    after = pipeline_run(study)
    pd.testing.assert_frame_equal(after.tests, before.tests, check_exact=True)
    pd.testing.assert_frame_equal(after.scores, before.scores, check_exact=True)
    # A file of the study changes: its converted form is left aside.
    streets = folder / "voies.geojson"
    streets.write_text(streets.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert convert_step.read_study_layers(study)[1] is None
    convert(study, kept)
    (kept / "parcels.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatError, match=r"parcels\.parquet.*Supprimez le dossier convertis"):
        convert_step.read_study_layers(study)
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    study = read_study(hamlet(tmp_path / "hameau"))
    (tmp_path / "pris").write_text("", encoding="utf-8")
    with pytest.raises(ExportError, match="écriture impossible"):
        convert(study, tmp_path / "pris" / "convertis")


def test_other_rules_in_the_same_folder_of_work_are_not_answered_by_what_lies_there(
    town: City, tmp_path: Path
) -> None:
    cut = tiles.Tiling("1", executors.serial(), tmp_path)
    rules = [published(name) for name in ("foncier-api", "parcel-manager")]
    first, other = (found(town.layers, cut, each) for each in rules)
    assert len(first.candidates) != len(other.candidates)
    again = tiles.Tiling("1", executors.serial(), tmp_path / "fresh")
    same(other, found(town.layers, again, rules[1]))
    (mark,) = tmp_path.glob("tuiles/*/tuile.json")
    mark.write_bytes(b"PAR1")  # spoilt
    same(other, found(town.layers, cut, rules[1]))


def test_tiles_without_buildings_find_nothing_as_the_whole_does(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "hameau")
    file = folder / "study.toml"
    before, rest = file.read_text(encoding="utf-8").split("[layers.buildings]")
    file.write_text(before + rest[rest.index("[layers.streets]") :], encoding="utf-8")
    study = read_study(folder)
    cut = pipeline_run(study, tiling=tiles.Tiling("2", executors.serial(), tmp_path / "work"))
    whole = pipeline_run(study)
    assert cut.candidates.empty
    assert whole.candidates.empty
    assert cut.assemblies is not None
    assert whole.assemblies is not None
    assert cut.assemblies.crs == whole.assemblies.crs


# They know nothing of what is prepared.
PLAIN = (shapely.difference, shapely.intersection, shapely.distance)


def test_no_prepared_shape_is_asked_in_two_threads(
    town: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each, asked = parallel._each, list[int]()

    def watched(work: Any, *arrays: list[Any]) -> list[Any]:
        stretches = [
            {id(shape) for shape in stretch[shapely.is_prepared(stretch)]}
            for stretch in arrays[0]
            if stretch.dtype == object
        ]
        if work not in PLAIN:
            asked.append(sum(map(len, stretches)))
            assert len(set[int]().union(*stretches)) == asked[-1], work
        return each(work, *arrays)

    monkeypatch.setattr(parallel, "_each", watched)
    monkeypatch.setattr(parallel, "THREAD_FROM", 2)
    same(found(town.layers, tiles.Tiling("1", executors.serial(), tmp_path)), town.whole)
    assert max(asked) > 1000
