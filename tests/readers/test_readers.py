"""Each format of each layer: tables, and notes on repaired, dropped and assumed rows."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from foncier import readers, schemas
from foncier.crs import legal_crs
from foncier.model import LayerFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import LayerReport

X, Y = 650_000.0, 6_977_000.0
LAMBERT_93 = legal_crs("80021")


def plot(i: int = 0, width: float = 20) -> shapely.Geometry:
    return shapely.box(X + 50 * i, Y, X + 50 * i + width, Y + 30)


def street(*spots: tuple[float, float]) -> shapely.Geometry:
    return shapely.LineString([(X + x, Y + y) for x, y in spots])


def notes(report: LayerReport) -> dict[str, int]:
    return {note.text.en: note.count for note in report.notes}


def idu(i: int) -> str:
    return f"80021000AR{i:04d}"


def test_every_format_of_every_layer_is_in_the_table() -> None:
    assert set(readers.FORMATS) == {table.name for table in schemas.INPUTS}
    assert readers.FORMATS["observations"][:4] == ("vector", "osm-xml", "osm-pbf", "survey")
    every = {format_ for formats in readers.FORMATS.values() for format_ in formats}
    assert set(readers.AFTER_PARCELS) <= every


def test_parcels_keep_their_id_and_are_measured(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    path = write([{"id": idu(2)}, {"id": idu(1)}], [plot(1), plot(0)])
    table, report = read("parcels", "vector", path, source="DGFiP", licence="LO")
    assert list(table["parcel_id"]) == [idu(1), idu(2)]
    assert list(table["commune"]) == ["80021", "80021"]
    assert list(table["area_m2"]) == [600.0, 600.0]
    assert (report.rows_read, report.rows_kept, report.crs) == (2, 2, "EPSG:2154")
    assert (report.source, report.licence, report.path) == ("DGFiP", "LO", "layer.gpkg")
    assert len(report.sha256) == 64
    assert report.vintage is None
    assert report.notes == ()


@pytest.mark.parametrize(
    "name", ["a.gpkg", "a.geojson", "a.geojson.gz", "a.fgb", "a.shp", "a.zip", "a.parquet"]
)
def test_every_container_gives_the_same_parcels(
    name: str, tmp_path: Path, read: Callable[..., Any]
) -> None:
    frame = gpd.GeoDataFrame({"id": [idu(1), idu(2)]}, geometry=[plot(0), plot(1)], crs=2154)
    path = tmp_path / name
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".zip":
        frame.to_file(tmp_path / "inside.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("inside.*"):
                archive.write(part, f"folder/{part.name}")
    elif path.suffix == ".gz":
        frame.to_file(tmp_path / "a.geojson")
        path.write_bytes(gzip.compress((tmp_path / "a.geojson").read_bytes()))
    else:
        frame.to_file(path)
    table, report = read("parcels", "vector", path)
    assert table["parcel_id"].tolist() == [idu(1), idu(2)]
    assert table["area_m2"].tolist() == pytest.approx([600, 600])
    assert (report.crs, report.notes) == ("EPSG:2154", ())


def test_osmnx_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, foncier.readers; sys.exit('osmnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_parcel_ids_are_made_of_their_parts(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    rows = [
        {"insee": "1004", "sec": "A", "numero": "7", "prefixe": None},
        {"insee": "1004", "sec": "zb", "numero": "123", "prefixe": "42"},
    ]
    path = write(rows, [plot(0), plot(1)])
    table, _ = read("parcels", "vector", path, columns={"section": "sec"})
    assert list(table["parcel_id"]) == ["010040000A0007", "01004042ZB0123"]
    assert set(table["commune"]) == {"01004"}


def test_a_crs_that_the_study_corrects(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    right = gpd.GeoSeries([plot()], crs=2154).to_crs(4326)[0]
    path = write([{"id": idu(1)}], [right], crs="EPSG:2154")
    table, report = read("parcels", "vector", path, crs="EPSG:4326")
    assert table["area_m2"][0] == pytest.approx(600, abs=0.01)
    assert report.crs == "EPSG:4326"


def test_faulty_geometries_are_repaired_or_dropped_and_counted(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    bow_tie = shapely.Polygon([(X, Y), (X + 20, Y + 20), (X + 20, Y), (X, Y + 20)])
    flat = shapely.Polygon([(X, Y), (X + 20, Y), (X, Y), (X, Y)])
    far = shapely.box(0, 0, 10, 10)
    shapes = [bow_tie, flat, None, shapely.Polygon(), far, plot(1), plot(2), plot(3), plot(4)]
    path = write([{"id": idu(i)} for i in range(9)], shapes)
    table, report = read("parcels", "vector", path)
    assert list(table["parcel_id"]) == [idu(i) for i in (0, 5, 6, 7, 8)]
    assert table["area_m2"][0] == pytest.approx(200)
    assert table.is_valid.all()
    assert report.rows_read == 9
    assert notes(report) == {
        "features without geometry, empty or with infinite coordinates dropped": 2,
        "feature outside the territory of RGF93 v1 / Lambert-93 dropped": 1,
        "invalid polygon repaired": 1,
        "geometry of another type dropped (polygons expected)": 1,
    }


def test_duplicates_and_other_communes_are_dropped(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    rows = [{"id": idu(1)}, {"id": idu(1)}, {"id": "63148000AA0001"}]
    path = write(rows, [plot(0), plot(0), plot(1)])
    table, report = read("parcels", "vector", path, communes=("80021",))
    assert list(table["parcel_id"]) == [idu(1)]
    assert notes(report) == {
        "row of a commune outside the study dropped": 1,
        "exactly identical duplicate row dropped": 1,
    }


@pytest.mark.parametrize(
    ("layer", "format_"),
    [
        ("parcels", "vector"),
        ("streets", "lines"),
        ("zones", "vector"),
        ("places", "vector"),
        ("constraints", "vector"),
        ("observations", "vector"),
        ("population", "vector"),
    ],
)
def test_a_file_without_a_row_gives_the_empty_contract(
    layer: str, format_: str, tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = tmp_path / "none.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    table, report = read(layer, format_, path, communes=("80021",))
    contract = next(t for t in schemas.INPUTS if t.name == layer)
    assert_frame_equal(table, contract.empty(LAMBERT_93), check_column_type=False)
    assert table.crs == LAMBERT_93
    assert (report.rows_read, report.rows_kept) == (0, 0)


def test_key_of_buildings_without_id_is_their_position(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    frame = gpd.GeoDataFrame(
        {"type": ["01", "02", "01", "9"]}, geometry=[plot(0), plot(1), plot(0), plot(2)], crs=2154
    )
    path = tmp_path / "batiments.json.gz"
    path.write_bytes(gzip.compress(frame.to_crs(4326).to_json().encode()))
    table, report = read("buildings", "etalab-cadastre", path)
    assert list(table["building_id"]) == [
        "6500100-69770150",
        "6500600-69770150",
        "6501100-69770150",
    ]
    assert list(table["kind"]) == ["hard", "light", "unknown"]
    assert notes(report) == {
        "building of an unexpected kind (“9”): kind unknown": 1,
        "feature of the same shape as another one, merged with it": 1,
    }


def test_modes_of_streets_by_class(write: Callable[..., Path], read: Callable[..., Any]) -> None:
    rows = [
        {"roadClass": "minor", "structure": "normal", "name": "Rue Basse"},
        {"roadClass": "highway", "structure": "bridge", "name": ""},
        {"roadClass": "odd", "structure": "tunnel", "name": "AllÃ©e"},
    ]
    lines = [street((0, 0), (10, 0)), street((10, 0), (20, 0)), street((0, 5), (9, 5))]
    table, report = read("streets", "lines", write(rows, lines))
    table = table.set_index("street_class")
    assert table.loc["minor", ["level", "walk", "bike", "drive"]].tolist() == [0, True, True, True]
    assert table.loc["highway", ["level", "walk", "drive"]].tolist() == [1, False, True]
    assert table.loc["odd", ["level", "walk"]].tolist() == [-1, True]
    assert table["name"].isna().tolist() == [False, False, True]
    assert table.loc["odd", "name"] == "Allée"
    counted = notes(report)
    assert counted["street of unknown class (“odd”), taken as open to all"] == 1
    assert counted["text with garbled accents (UTF-8 read as Windows-1252) restored"] == 1
    assert any("without any footway" in text for text in counted)


def test_modes_of_streets_by_columns(write: Callable[..., Path], read: Callable[..., Any]) -> None:
    rows = [{"highway": "footway", "walk": "oui", "bike": "non", "drive": None, "niveau": 2}]
    table, report = read("streets", "lines", write(rows, [street((0, 0), (10, 0))]))
    assert table.loc[0, ["walk", "bike", "drive", "level"]].tolist() == [True, False, False, 2]
    assert report.notes == ()


@given(
    st.lists(
        st.tuples(st.floats(2.2, 2.4), st.floats(49.8, 50.0)), min_size=3, max_size=6, unique=True
    )
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_streets_that_shared_a_vertex_still_share_it(
    write: Callable[..., Path], read: Callable[..., Any], spots: list[tuple[float, float]]
) -> None:
    # The graph joins streets at vertices that are equal to the last bit.
    hub, *ends = spots
    path = write(
        [{"id": str(i), "highway": "footway"} for i in range(len(ends))],
        [shapely.LineString([hub, end] if i % 2 else [end, hub]) for i, end in enumerate(ends)],
        name="streets.geojson",
        crs="EPSG:4326",
    )
    table, _ = read("streets", "lines", path)
    # A street that the digits of GeoJSON make a point is left out.
    ends_of = [{line.coords[0], line.coords[-1]} for line in table.geometry]
    assert set.intersection(*ends_of)


def test_zones_constraints_and_their_effects(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    path = write([{"TYPEZONE": "U", "LIBELLE": "UA", "IDZONE": None}], [plot()])
    zones, _ = read("zones", "vector", path)
    assert zones.loc[0, ["zone_type", "label"]].tolist() == ["U", "UA"]
    kinds = [{"kind": "Eau"}, {"kind": "parking"}, {"kind": "other"}]
    path = write(kinds, [plot(0), street((0, 0), (9, 9)), shapely.Point(X, Y)], name="c.gpkg")
    table, _ = read("constraints", "vector", path)
    effects = dict(zip(table["kind"], table["effect"], strict=True))
    assert effects == {"water": "exclude", "parking": "flag", "other": "context"}
    path = write([{"nom": "La Somme"}], [plot(0)], name="w.gpkg")
    table, _ = read("constraints", "vector", path, constants={"kind": "water", "effect": "flag"})
    assert table.loc[0, ["kind", "label", "effect"]].tolist() == ["water", "La Somme", "flag"]


def test_every_kind_of_constraint_has_its_effect() -> None:
    from foncier.readers.planning import DEFAULT_EFFECTS

    kind = next(c for c in schemas.CONSTRAINTS.columns if c.name == "kind")
    assert set(DEFAULT_EFFECTS) == set(kind.values)


def test_destinations_of_any_geometry_and_of_a_json_list(
    write: Callable[..., Path], read: Callable[..., Any], tmp_path: Path
) -> None:
    rows = [{"id": "a", "category": "Gare", "nom": "Gare"}, {"id": "b", "category": None}]
    table, report = read("places", "vector", write(rows, [shapely.Point(X, Y), plot(1)]))
    assert table["category"].tolist() == ["station", "other"]
    assert set(table.geom_type) == {"Point"}
    assert sum(notes(report).values()) == 2
    path = tmp_path / "stations.json"
    stations = [{"name": "x", "latitude": 49.89, "longitude": 2.3}, {"name": "y"}]
    path.write_text(json.dumps(stations), encoding="utf-8")
    table, report = read("places", "latlon-json", path, constants={"category": "stop"})
    assert table["name"].tolist() == ["x"]
    assert (report.rows_read, report.rows_kept) == (2, 1)


def test_axis_waypoints_and_study_area(write: Callable[..., Path]) -> None:
    lines = [street((0, 0), (50, 0)), street((90, 9), (50, 0))]
    path = write([{"id": 1}, {"id": 2}], lines, name="axis.gpkg")
    axis = readers.read_line(path, crs=LAMBERT_93, shown="axis.gpkg")
    assert axis.geom_type == "LineString"
    assert axis.length == pytest.approx(sum(line.length for line in lines))
    loop = readers.read_line(write([{"id": 1}], [plot()]), crs=LAMBERT_93, shown="loop")
    assert loop.length == 100
    crossing = street((0, 0), (10, 10), (10, 0), (0, 10))
    path = write([{"id": 1}], [crossing], name="cross.gpkg")
    assert readers.read_line(path, crs=LAMBERT_93, shown="x").equals_exact(crossing)
    area = readers.read_area(
        write([{"id": 1}, {"id": 2}], [plot(0, 50), plot(1)]), crs=LAMBERT_93, shown="area"
    )
    assert (area.geom_type, area.area) == ("Polygon", 70 * 30)


def test_waypoints_keep_their_order(write: Callable[..., Path]) -> None:
    spots = [shapely.Point(X + i, Y) for i in range(3)]
    path = write([{"nom": "Gare"}, {"nom": None}, {"nom": "Citadelle"}], spots)
    stops = readers.read_waypoints(path, crs=LAMBERT_93, shown="stops")
    assert stops["order"].tolist() == [1, 2, 3]
    assert stops["name"].fillna("?").tolist() == ["Gare", "?", "Citadelle"]
    path = write([{"ordre": 3}, {"ordre": 1}, {"ordre": 2}], spots, name="s.gpkg")
    stops = readers.read_waypoints(path, crs=LAMBERT_93, shown="stops")
    assert stops.geometry.x.tolist() == [X + 1, X + 2, X]


@given(order=st.permutations(range(6)))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_order_of_the_rows_changes_nothing(order: list[int], tmp_path: Path) -> None:
    # Two are exactly alike, two lie at the same place: their keys must not depend on who is first.
    shapes = [plot(0), plot(1), plot(1), plot(2), plot(2, 20.001), plot(3)]
    types = ["01", "02", "02", "01", "01", None]
    frame = gpd.GeoDataFrame({"type": types}, geometry=shapes, crs=2154)
    read = []
    for name, rows in (("a.gpkg", frame), ("b.gpkg", frame.iloc[order])):
        rows.to_file(tmp_path / name)
        file = LayerFile("buildings", tmp_path / name, name, "etalab-cadastre")
        read.append(readers.read(file, crs=LAMBERT_93, communes=())[0])
    assert_frame_equal(*read)


def test_the_same_file_gives_the_same_report(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    path = write([{"id": idu(1)}], [plot()])
    before = path.read_bytes()
    first, second = read("parcels", "vector", path), read("parcels", "vector", path)
    assert_frame_equal(first[0], second[0])
    assert first[1] == second[1]
    assert path.read_bytes() == before
