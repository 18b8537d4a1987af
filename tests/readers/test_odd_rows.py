"""One odd row never stops a reading: repeated keys, far sheets, tables beside layers, shapes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely

from foncier import readers
from foncier.errors import ConfigError
from foncier.readers.study_geometry import read_area, read_line, read_waypoints

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Any]
    Write = Callable[..., Path]

CRS = pyproj.CRS.from_epsg(2154)
X, Y = 650_000.0, 6_977_000.0


def box(n: float, size: float = 20.0) -> shapely.Geometry:
    return shapely.box(X + 20 * n, Y, X + 20 * n + size, Y + 30)


def notes(report: Any, effect: str | None = None) -> list[str]:
    return [note.text.fr for note in report.notes if effect in (None, note.effect)]


def test_a_parcel_in_several_rows_is_one(write: Write, read: Read) -> None:
    rows = [{"id": f"80021000AB{n:04d}"} for n in (1, 1, 2, 2, 3)]
    shapes = [box(0), box(1), box(2), box(2), box(3)]
    table, report = read("parcels", "vector", write(rows, shapes))
    assert table["area_m2"].tolist() == [1200.0, 600.0, 600.0]
    assert table["commune"].tolist() == ["80021"] * 3
    assert "80021000AB0001" in notes(report, "repaired")[0]
    assert "exactement identique" in notes(report, "dropped")[0]


def test_units_with_one_number_are_kept_apart(write: Write, read: Read) -> None:
    path = write([{"id_uf": 1}, {"id_uf": 1}, {"id_uf": 2}], [box(0), box(5), box(9)])
    table, report = read("parcels", "vector", path, columns={"parcel_id": "id_uf"})
    assert len(table) == len(set(table["parcel_id"])) == 3
    assert "2" in set(table["parcel_id"])
    assert "position" in notes(report, "repaired")[0]


KEYED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "zones": ("vector", "idzone", {"typezone": "U"}),
    "buildings": ("vector", "id_batiment", {}),
    "constraints": ("vector", "id", {"kind": "water"}),
    "districts": ("vector", "code_iris", {"nom": "Centre"}),
    "land_units": ("vector", "id_uf", {}),
    "envelope": ("vector", "gid", {}),
    "prescriptions": ("vector", "objet", {"typepsc": "01"}),
    "observations": ("vector", "id", {"signal": "s", "subject": "site"}),
    "population": ("vector", "id", {"ind": 3}),
}


@pytest.mark.parametrize("layer", KEYED)
@pytest.mark.parametrize("ids", [["0", "0", "0"], ["a", "0", "0"], [None, None, "0"]])
def test_objects_that_share_a_key_get_that_of_their_place(
    layer: str, ids: list[str | None], write: Write, read: Read
) -> None:
    format_, key, cells = KEYED[layer]
    path = write([{key: one, **cells} for one in ids], [box(0), box(5), box(9)])
    table, report = read(layer, format_, path)
    keys = table.iloc[:, 0]
    assert len(table) == keys.nunique() == 3
    listed = [text for text in notes(report) if "identifiant est répété" in text]
    assert len(listed) == (ids.count("0") > 1)
    again, _ = read(layer, format_, write([{key: i, **cells} for i in ids[::-1]], [
        box(9), box(5), box(0)
    ]))  # fmt: skip
    assert sorted(again.iloc[:, 0]) == sorted(keys)


def test_streets_with_one_id(write: Write, read: Read) -> None:
    lines = [shapely.LineString([(X, Y + n), (X + 50, Y + n)]) for n in (0, 40)]
    table, _ = read("streets", "lines", write([{"id": "7"}, {"id": "7"}], lines))
    assert table["street_id"].nunique() == 2


CNIG = (
    "site_id;site_nom;site_type;site_identif_date;site_actu_date;comm_insee;source_nom;geompoint;"
    "unite_fonciere_refcad;unite_fonciere_surface\n"
)
POINTS = {"here": "POINT (2.30 49.89)", "near": "POINT (2.301 49.89)", "far": "POINT (2.4 49.9)"}


def site(id_: str, name: str, place: str, refs: str, area: str) -> str:
    point = POINTS[place]
    return f"{id_};{name};inconnu;2022-01-01;2023-01-01;80021;DDT;{point};{refs};{area}\n"


def test_a_site_in_several_rows_is_one(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        CNIG
        + site("1", "Usine", "here", "AB 1", "500")
        + site("1", "Usine", "near", "AB 2", "500")
        + site("2", "Halle", "here", "AC 1", "100")
        + site("2", "Halle", "near", "AC 2", "200")
        + site("3", "Dépôt", "here", "AD 1", "")
        + site("3", "Autre", "here", "AD 2", "")
        + site("4", "Gare", "here", "AE 1", "")
        + site("4", "Gare", "far", "AE 2", ""),
        encoding="utf-8",
    )
    table, report = read("inventory", "cnig", path)
    rows = table.set_index("site_id")
    assert rows.loc["1", "parcel_ids"] == "80021000AB0001|80021000AB0002"
    assert rows.loc["1", "area_m2"] == 500
    assert pd.isna(rows.loc["2", "area_m2"])  # two figures: of the site or of each parcel?
    assert len(table) == 6
    assert sum(name in ("Dépôt", "Autre") for name in table["name"]) == 2
    assert sum(name == "Gare" for name in table["name"]) == 2
    assert any("1, 2" in text for text in notes(report, "repaired"))


def test_figures_that_contradict_each_other_are_unknown(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "l.csv"
    path.write_text(
        "COMM_INSEE;nb_log_pp;prop_logvac_pp_2a\n80021;10;3,1\n80021;10;5,2\n80016;5;1,0\n",
        encoding="utf-8",
    )
    table, report = read("vacancy_rates", "lovac", path)
    assert table["commune"].tolist() == ["80016"]
    assert "80021" in notes(report, "dropped")[0]


def test_the_present_period_of_an_establishment_counts(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "siret,etatAdministratifEtablissement,dateDebut,codeCommuneEtablissement,longitude,latitude\n"
        "34812345600012,A,2010-01-01,80021,2.30,49.89\n"
        "34812345600012,F,2020-05-01,80021,2.30,49.89\n"
        "34812345600012,A,2005-01-01,80021,2.30,49.89\n",
        encoding="utf-8",
    )
    table, report = read("observations", "sirene", path)
    assert table["signal"].tolist() == ["sirene_closed"]
    assert "périodes passées" in notes(report, "dropped")[0]


@pytest.mark.parametrize("off_m", [500_000.0, 210_000.0])
def test_parcels_far_from_the_others_are_left_out(off_m: float, write: Write, read: Read) -> None:
    shapes = [box(n) for n in range(9)] + [shapely.box(X, Y - off_m, X + 20, Y - off_m + 30)]
    rows = [{"id": f"80021000AB{n:04d}"} for n in range(1, 11)]
    table, report = read("parcels", "vector", write(rows, shapes))
    assert len(table) == 9
    assert "80021000AB0010" in notes(report, "dropped")[0]
    table, report = read(
        "buildings", "vector", write([{"rnb_id": str(n)} for n in range(10)], shapes)
    )
    assert len(table) == 9


def test_parcels_of_two_communes_may_be_far_apart(write: Write, read: Read) -> None:
    rows = [{"id": "80021000AB0001"}, {"id": "13201000AB0001"}]
    path = write(rows, [box(0), shapely.box(X, Y - 600_000, X + 20, Y - 599_970)])
    table, report = read("parcels", "vector", path)
    assert (len(table), report.notes) == (2, ())


STYLES = "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)"
LISTED = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
    " VALUES ('{0}', 'attributes', '{0}')"
)


def with_table(path: Path, name: str = "layer_styles") -> Path:
    """Add the table that QGIS makes where a style is saved in the file."""
    with sqlite3.connect(path) as base:
        base.execute(STYLES.replace("layer_styles", name))
        base.execute(LISTED.format(name))
    base.close()
    return path


@pytest.mark.parametrize("name", ["layer_styles", "qgis_projects", "notes"])
def test_a_table_beside_a_layer_is_no_layer(name: str, write: Write, read: Read) -> None:
    path = with_table(write([{"typezone": "U"}], [box(0)]), name)
    assert len(read("zones", "vector", path)[0]) == 1
    ring = with_table(write([{"nom": "a"}], [box(0).boundary], name="b.gpkg"), name)
    assert read_line(ring, crs=CRS, shown="b.gpkg").length == pytest.approx(100)


def test_an_empty_layer_beside_the_drawn_one(write: Write, tmp_path: Path) -> None:
    path = write([{"nom": "a"}], [box(0)], name="dessin.gpkg")
    empty = gpd.GeoDataFrame({"nom": []}, geometry=gpd.GeoSeries([], crs=CRS))
    empty.to_file(path, layer="brouillon", geometry_type="Polygon")
    assert read_area(path, crs=CRS, shown="a").area == pytest.approx(600)


def test_a_layer_of_a_drawn_file_is_chosen_by_the_study(write: Write) -> None:
    path = write([{"ordre": 1}], [shapely.Point(X, Y)], name="trace.gpkg")
    two = gpd.GeoDataFrame({"nom": ["b"]}, geometry=[box(0)], crs=CRS)
    two.to_file(path, layer="perimetre")
    with pytest.raises(ConfigError, match='layer = "…"'):
        read_area(path, crs=CRS, shown="trace.gpkg")
    assert read_area(path, crs=CRS, shown="a", sublayer="perimetre").area == pytest.approx(600)
    assert len(read_waypoints(path, crs=CRS, shown="a", sublayer="trace")) == 1
    with pytest.raises(ConfigError, match="une seule couche"):
        readers.read_lines(path, crs=CRS, shown="trace.gpkg")
    with pytest.raises(ConfigError, match="une seule couche"):
        readers.read_truth(path, crs=CRS)


def polygon_z(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.force_3d(geometry, 12.0)


ODD_SHAPES: dict[str, shapely.Geometry | None] = {
    "missing": None,
    "empty": shapely.Polygon(),
    "point": shapely.Point(X, Y),
    "line": shapely.LineString([(X, Y), (X + 9, Y)]),
    "out of the territory": shapely.box(1e8, 1e8, 1e8 + 9, 1e8 + 9),
    "flat": shapely.Polygon([(X, Y), (X + 9, Y), (X + 4, Y)]),
}


@pytest.mark.parametrize("kind", ODD_SHAPES)
def test_an_odd_shape_is_set_aside(kind: str, tmp_path: Path, read: Read) -> None:
    shapes = [*(box(n) for n in range(9)), ODD_SHAPES[kind]]
    rows = gpd.GeoDataFrame({"rnb_id": list("abcdefghij")}, geometry=shapes, crs=CRS)
    path = tmp_path / "a.parquet"
    rows.to_parquet(path)
    table, report = read("buildings", "vector", path)
    assert table["building_id"].tolist() == list("abcdefghi")
    assert notes(report, "dropped")


@pytest.mark.parametrize(
    "shape",
    [
        polygon_z(box(0)),
        shapely.MultiPolygon([box(0)]),
        shapely.GeometryCollection([box(0), shapely.Point(X, Y)]),
        shapely.Polygon([(X, Y), (X + 20, Y + 30), (X + 20, Y), (X, Y + 30)]),
    ],
)
def test_other_kinds_of_polygons_are_read(
    shape: shapely.Geometry, tmp_path: Path, read: Read
) -> None:
    path = tmp_path / "a.parquet"
    gpd.GeoDataFrame({"rnb_id": ["a"]}, geometry=[shape], crs=CRS).to_parquet(path)
    table, _ = read("buildings", "vector", path)
    assert len(table) == 1
    assert not table.has_z.any()
    assert set(table.geom_type) <= {"Polygon", "MultiPolygon"}


def curve_polygon() -> bytes:
    """A CURVEPOLYGON of one circular string in the WKB of a GeoPackage."""
    ring = [(X, Y), (X + 10, Y + 10), (X + 20, Y), (X + 10, Y - 10), (X, Y)]
    points = b"".join(struct.pack("<dd", *point) for point in ring)
    arc = struct.pack("<BII", 1, 8, len(ring)) + points
    return b"GP" + struct.pack("<BBi", 0, 1, 2154) + struct.pack("<BII", 1, 10, 1) + arc


def test_a_curved_polygon_is_read_or_set_aside(write: Write, read: Read) -> None:
    path = write([{"rnb_id": "a"}, {"rnb_id": "b"}], [box(0), box(3)])
    with sqlite3.connect(path) as base:
        for (name,) in base.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("UPDATE layer SET geom = ? WHERE rnb_id = 'b'", (curve_polygon(),))
    base.close()
    table, report = read("buildings", "vector", path)
    assert "a" in set(table["building_id"])
    assert len(table) == 2 or notes(report, "dropped")
    if len(table) == 2:
        assert table.set_index("building_id").loc["b", "area_m2"] == pytest.approx(314, rel=0.01)


def test_features_without_id_and_with_odd_cells(tmp_path: Path, read: Read) -> None:
    def feature(properties: Any, n: float) -> dict[str, Any]:
        shape = json.loads(gpd.GeoSeries([box(n)], crs=CRS).to_crs(4326).to_json())
        return {
            "type": "Feature",
            "properties": properties,
            "geometry": shape["features"][0]["geometry"],
        }

    path = tmp_path / "a.geojson"
    rows = [feature({"typezone": "U"}, 0), feature({"typezone": None}, 2), feature({}, 4)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    table, report = read("zones", "vector", path)
    assert len(table) == report.rows_read == 3
    copy = tmp_path / "b.geojson"
    shutil.copy(path, copy)
    assert read("zones", "vector", copy)[0]["zone_id"].tolist() == table["zone_id"].tolist()


@pytest.mark.parametrize("column", ["kind", "effect"])
def test_an_unexpected_word_is_set_aside(column: str, write: Write, read: Read) -> None:
    rows = [{"kind": "eau", "effect": "exclure"}, {"kind": "parc", "effect": "exclure"}]
    odd = {"kind": "parc", "effect": "exclure", column: "zorglub"}
    table, report = read("constraints", "vector", write([*rows, odd], [box(0), box(3), box(6)]))
    assert len(table) == (2 if column == "kind" else 3)
    assert any("zorglub" in text for text in notes(report))
