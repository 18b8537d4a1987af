"""``foncier convert``: pieces of any size give the same bytes, and one layer is held at a time."""

from __future__ import annotations

import gc
import gzip
import json
import weakref
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from tests.hamlet import X, Y, degrees, feature, hamlet, parcels, write
from tests.timetable import feed, write_zip

from foncier.errors import CrsError, FormatError
from foncier.pipeline import convert as convert_step
from foncier.pipeline.convert import convert
from foncier.pipeline.layers import read_file, read_layers
from foncier.readers import (
    chunked,
    geoparquet,
    ids,
    shapes,
)
from foncier.study import read_study

if TYPE_CHECKING:
    from pathlib import Path

ZONES = """
[layers.zones]
path = "zones.geojson"
format = "vector"

[layers.places]
path = "lieux.gpkg"
format = "vector"

[layers.observations]
path = "indices.geojson"
format = "vector"

[[layers.constraints]]
path = "contraintes.shp"
format = "vector"

[[layers.constraints]]
path = "eau.fgb"
format = "vector"

[layers.transit]
path = "gtfs.zip"
format = "gtfs"

[layers.elevation]
path = "relief.tif"
format = "geotiff"
"""


def square(n: int, side: float = 9.0) -> shapely.Geometry:
    return shapely.box(X + 30 * n, Y, X + 30 * n + side, Y + side)


def bow_tie(n: int) -> shapely.Geometry:
    x = X + 30 * n
    return shapely.Polygon([(x, Y), (x + 9, Y + 9), (x + 9, Y), (x, Y + 9)])


def damaged(folder: Path) -> Path:
    """The hamlet with every fault that a reader repairs, drops or counts, near and far apart."""
    hamlet(folder)
    rows = parcels()
    deep = shapely.force_3d(degrees(square(20)), 12.0)
    bent = feature(degrees(bow_tie(21)), id="80021000AB0021", commune="80021")
    high = feature(deep, id="80021000AB0020", commune="80021")
    gone = feature(None, id="80021000AB0030", commune="80021")
    far = feature(shapely.box(-60, 10, -59, 11), id="80021000AB0031", commune="80021")
    line = feature(shapely.LineString([(2.3, 49.9), (2.4, 49.9)]), id="80021000AB0032")
    foreign = feature(degrees(square(22)), id="80001000AB0022", commune="80001")
    # The first one comes once more at the end, and the last but one among the first.
    rows = [gone, rows[-1], *rows, bent, line, high, far, foreign, parcels()[0], gone]
    write(folder / "parcelles.json.gz", rows)
    spot = degrees(square(3))
    houses = [feature(degrees(square(n)), type=f"0{n % 3}") for n in range(8)]
    same = [feature(spot, type="01"), feature(degrees(square(3, 9.01)), type=None)]
    write(folder / "batiments.json.gz", [*same, *houses, *same, feature(degrees(bow_tie(3)))])
    write(folder / "zones.geojson", [])
    marks = [(None, "2024-05-01"), (7.0, "2023-01-01"), (8.5, None)]
    signs = [
        feature(
            degrees(square(n)),
            signal="osm_vacant",
            subject="building",
            detail=detail,
            observed_on=day and f"{day}T10:00:00Z",
            odd=["a"],
        )
        for n, (detail, day) in enumerate(marks * 2)
    ]
    write(folder / "indices.geojson", signs)
    names = ["Gare", None, "Ã‰cole", "ÃŽle", "Halle"]
    spots = [shapely.Point(X + n, Y) for n in range(5)]
    stops = {"id": [3, None, 1, 7, 9], "category": ["gare", None, "Ã©cole", "autre", "autre"]}
    gpd.GeoDataFrame({**stops, "nom": names}, geometry=spots, crs=2154).to_file(
        folder / "lieux.gpkg"
    )
    for n, name in enumerate(("contraintes.shp", "eau.fgb")):
        kinds = {"kind": ["water", "park", "water"], "gid": [1, 2, 3]}
        grounds = [square(40 + 4 * n + k) for k in range(3)]
        gpd.GeoDataFrame(kinds, geometry=grounds, crs=2154).to_file(folder / name)
    write_zip(folder / "gtfs.zip", feed())
    slope = np.add.outer(np.arange(30.0), np.arange(60.0)).astype("float32")
    place = rasterio.transform.from_origin(X - 500, Y + 400, 25, 25)
    with rasterio.open(
        folder / "relief.tif",
        "w",
        driver="GTiff",
        width=60,
        height=30,
        count=1,
        dtype="float32",
        crs=2154,
        transform=place,
    ) as tile:
        tile.write(slope, 1)
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(ZONES)
    return folder


def cut(patch: pytest.MonkeyPatch, rows: int) -> None:
    for module in (shapes, ids):
        patch.setattr(module, "CHUNK_ROWS", rows)


def test_pieces_of_any_size_give_the_bytes_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(damaged(tmp_path / "hameau"))
    monkeypatch.setattr(geoparquet, "GROUP_ROWS", 2)
    seen: list[type] = []
    opened = chunked._open_stream

    def converted(name: str) -> dict[str, bytes]:
        seen.clear()
        convert(study, tmp_path / name)
        return {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}

    def streamed(*given: Any) -> Any:
        rows = opened(*given)
        seen.append(type(rows))
        return rows

    with monkeypatch.context() as patch:  # as geopandas reads a whole file, and writes one
        patch.setattr(chunked, "_open_stream", lambda *_: None)
        whole = converted("whole")
    monkeypatch.setattr(chunked, "_open_stream", streamed)
    for rows, part in ((1, 2), (2, 4), (5, 6), (1000, 8)):
        cut(monkeypatch, rows)
        monkeypatch.setattr(geoparquet, "PART_ROWS", part)
        monkeypatch.setattr(chunked, "MAX_IN_MEMORY_BYTES", 2**23 if rows > 2 else 0)
        assert converted(f"by-{rows}") == whole, rows
        # The day of an observation is a time in the file: such a file is read whole.
        assert (seen.count(chunked.StreamedRows), seen.count(type(None))) == (7, 1)
    notes = {
        (report["layer"], note["text"]["en"]): note["count"]
        for report in json.loads(whole["couches.json"])["reports"]
        for note in report["notes"]
    }
    assert notes["parcels", "exactly identical duplicate rows dropped"] == 2
    assert notes["parcels", "invalid polygon repaired"] == 1
    # Both of ``same`` come twice, and the first has the outline of a house.
    merged = "features of the same shape as others, merged with them"
    assert notes["buildings", merged] == 3
    assert geoparquet.count_rows(tmp_path / "whole" / "zones.parquet") == 0
    # The other way to read a study: all of it, on two threads.
    layers = read_layers(study, workers=2)
    found = convert_step.converted(tmp_path / "whole", convert_step.fingerprint(study))
    assert found is not None
    assert found.reports == layers.reports
    assert list(found.frames) == list(layers.frames)
    dem, heights = layers.frames.pop("elevation"), found.frames["elevation"].heights_m
    np.testing.assert_array_equal(dem.heights_m, heights)
    for layer, table in layers.frames.items():
        assert table.equals(found.frames[layer]), layer
    assert {"gtfs-S1", "7"} < set(layers.frames["places"]["place_id"])


FAULTS: dict[str, tuple[list[dict[str, Any]], type[Exception], str]] = {
    "most of them elsewhere": (
        [*parcels()[:5], *[feature(shapely.box(2, 3, 4, 5), id=f"a{n}") for n in range(6)]],
        CrsError,
        "hors du territoire",
    ),
    "metres for degrees": (
        [feature(square(n), id=f"a{n}") for n in range(9)],
        CrsError,
        "comme des mètres",
    ),
    "no shape at all": (
        [feature(None, id=f"a{n}") for n in range(9)],
        FormatError,
        "aucun des 9 objets n'a de géométrie",
    ),
    "lines and points": (
        [
            feature(degrees(shapely.Point(X, Y)), id="a"),
            *[
                feature(degrees(shapely.LineString(square(n).exterior)), id=f"b{n}")
                for n in range(3)
            ],
        ],
        FormatError,
        "aucun des 4 objets.*«.LineString.», «.Point.»",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_an_error_in_chunks_is_that_of_the_whole_and_leaves_the_former_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(hamlet(tmp_path / "hameau"))
    kept = tmp_path / "kept"
    convert(study, kept)
    before = {file.name: file.read_bytes() for file in kept.iterdir()}
    rows, kind, words = FAULTS[name]
    write(tmp_path / "hameau" / "parcelles.json.gz", rows)
    told = set()
    for size in (2, 1000):
        cut(monkeypatch, size)
        for folder in (kept, tmp_path / "new" / "below"):
            with pytest.raises(kind, match=words) as caught:
                convert(study, folder)
            told.add(str(caught.value))
    assert len(told) == 1
    assert not (tmp_path / "new").exists()
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(b'{"type": "FeatureCollection", "features": []}')[:-9], "gzip incomplète"),
        (gzip.compress(b" \n" * 9), "le fichier est vide"),
        (gzip.compress(b"<html>"), "le contenu n'est pas celui"),
        (gzip.compress(b'{"type": "FeatureCollection", "features": [{'), "fichier illisible"),
    ],
    ids=["cut", "empty", "a page", "half a collection"],  # the archives hold the time of day
)
def test_an_archive_that_is_unpacked_on_the_disk_has_the_faults_of_one_in_memory(
    data: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(hamlet(tmp_path / "hameau"))
    (tmp_path / "hameau" / "parcelles.json.gz").write_bytes(data)
    told = set()
    for most in (2**23, 0):
        monkeypatch.setattr(chunked, "MAX_IN_MEMORY_BYTES", most)
        with pytest.raises(FormatError, match=words) as caught:
            convert(study, tmp_path / "kept")
        told.add(str(caught.value))
    assert len(told) == 1


def test_a_layer_is_let_go_before_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[weakref.ref[Any]] = []
    kept = convert_step._write

    def reading(*given: Any) -> Any:
        gc.collect()
        assert [ref for ref in held if ref() is not None] == []
        return read_file(*given)

    def writing(layer: Any, table: Any, folder: Path) -> None:
        held.append(weakref.ref(table))
        kept(layer, table, folder)

    monkeypatch.setattr(convert_step, "read_file", reading)
    monkeypatch.setattr(convert_step, "_write", writing)
    reports = convert(read_study(hamlet(tmp_path / "hameau")), tmp_path / "kept")
    assert [report.layer for report in reports] == ["parcels", "buildings", "streets"]
    assert len(held) == 3
