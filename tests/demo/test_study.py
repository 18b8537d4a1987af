"""The embedded study: small, in the real formats, and drawn by the generator that stands beside."""

from __future__ import annotations

import csv
import gzip
import json
import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from tests.demo_city.writing import study_files, write

from foncier.demo import study_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.demo_city.city import City


def content(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def collection(name: str) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(content(study_folder() / name))["features"]
    return features


def test_the_embedded_files_are_what_the_generator_draws(city: City, tmp_path: Path) -> None:
    write(city, tmp_path)
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == sorted(path.name for path in study_folder().iterdir())
    for name in drawn:
        assert content(tmp_path / name) == content(study_folder() / name), name


def test_the_same_city_gives_the_same_bytes(city: City) -> None:
    assert study_files(city) == study_files(city)


def test_the_study_is_small() -> None:
    assert sum(path.stat().st_size for path in study_folder().iterdir()) < 4_000_000


def test_the_zipped_files_say_nothing_of_when_they_were_made() -> None:
    for path in study_folder().glob("*.gz"):
        head = path.read_bytes()[:10]
        assert head[3] == 0, path.name  # no name
        assert head[4:8] == bytes(4), path.name  # no date


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("parcelles.json.gz", ["id", "commune", "prefixe", "section", "numero", "contenance"]),
        ("batiments.json.gz", ["type", "nom", "commune"]),
        ("voies.geojson.gz", ["id", "class", "name", "structure", "walk", "bike", "drive"]),
        ("occupation.geojson.gz", ["id", "kind", "label", "effect"]),
        ("lieux.geojson", ["id", "category", "name"]),
        ("zonage.geojson", ["typezone", "libelle"]),
        ("indices.geojson", ["id", "signal", "subject", "name", "detail", "observed_on", "source"]),
        ("population.geojson", ["id", "residents"]),
    ],
)
def test_each_layer_has_the_columns_of_its_source(name: str, columns: list[str]) -> None:
    features = collection(name)
    assert list(features[0]["properties"]) == columns
    coordinates = shapely.get_coordinates(
        shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
    )
    assert np.all((coordinates > [2.2, 49.85]) & (coordinates < [2.4, 49.95]))
    assert np.array_equal(coordinates.round(7), coordinates)


def test_the_inventory_has_the_columns_of_a_real_one(real_data: Path) -> None:
    real = (real_data / "amiens" / "friches-cartofriches-80021.csv").open(encoding="utf-8")
    with real, (study_folder() / "friches.csv").open(encoding="utf-8") as ours:
        assert next(csv.reader(ours, delimiter=";")) == next(csv.reader(real, delimiter=";"))


def test_lovac_comes_as_the_open_table_does(real_data: Path) -> None:
    real = (real_data / "amiens" / "lovac-communes-2021.csv").read_bytes().split(b"\r\n")[0]
    ours = (study_folder() / "lovac.csv").read_bytes()
    assert ours.split(b"\n")[0] == real.split(b"\n")[0]
    assert "12\xa0480;4,2" in ours.decode("latin-1")


def test_the_study_names_every_layer_and_says_that_it_is_fictional() -> None:
    study = tomllib.loads((study_folder() / "study.toml").read_text(encoding="utf-8"))
    assert study["study"]["demo"] is True
    for given in study["layers"].values():
        for layer in given if isinstance(given, list) else [given]:
            assert (study_folder() / layer["path"]).is_file()
            assert "fictives" in layer["source"]
    assert study["axis"]["waypoints"][0] == {"name": "Hôpital Nord", "lat": 49.90718, "lon": 2.2902}
    assert study["loop"]["status"] == "tracé d'étude"


def test_streets_still_meet_after_rounding() -> None:
    """Junctions share their coordinates to the last decimal, so that the graph holds together."""
    ends: dict[tuple[float, float], int] = {}
    for feature in collection("voies.geojson.gz"):
        line = feature["geometry"]["coordinates"]
        for end in (line[0], line[-1]):
            ends[tuple(end)] = ends.get(tuple(end), 0) + 1
    xy = shapely.points(np.array(sorted(ends)))
    pairs = shapely.STRtree(xy).query(xy, predicate="dwithin", distance=3e-7)
    assert pairs.shape[1] == len(xy)  # no two ends that nearly meet
