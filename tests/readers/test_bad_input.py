"""What planners really hand in: each case says what is wrong, where, and what to do."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier.errors import (
    ConfigError,
    CrsError,
    FormatError,
    SourceError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

X, Y = 650_000.0, 6_977_000.0
PLOT = shapely.box(X, Y, X + 20, Y + 30)
NEXT = shapely.box(X + 20, Y, X + 40, Y + 30)
DEGREES = shapely.box(2.30, 49.89, 2.31, 49.90)
LINE = shapely.LineString([(2.3, 49.9), (2.31, 49.9)])
IDU = "80021000AR0150"
PARCEL = {"parcel_id": IDU}


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def feature(geometry: shapely.Geometry | None, **properties: Any) -> dict[str, Any]:
    shape = None if geometry is None else shapely.geometry.mapping(geometry)
    return {"type": "Feature", "properties": properties, "geometry": shape}


def swapped(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(geometry, lambda xy: xy[:, ::-1])


CNIG = (
    "site_id;site_nom;site_type;site_identif_date;site_actu_date;comm_insee;source_nom;geompoint;"
    "unite_fonciere_surface\n"
)
SITE = '80021_1;Halle;inconnu;2023-01-01;2023-01-02;80021;DDT;"{}";{}\n'
OSM = '<osm version="0.6"><node id="1" lat="49.89" lon="2.30"/></osm>'

# Name of the file, its bytes, layer, format, what the study adds; error and words of the message.
FILES: dict[str, tuple[str, bytes, str, str, dict[str, Any], type[Exception], list[str]]] = {
    "empty file": (
        "a.geojson",
        b"",
        "parcels",
        "vector",
        {},
        FormatError,
        ["vide", "Téléchargez"],
    ),
    "only blanks": (
        "a.geojson.gz",
        gzip.compress(b"  \n"),
        "parcels",
        "vector",
        {},
        FormatError,
        ["vide"],
    ),
    "truncated gzip": (
        "a.json.gz",
        gzip.compress(collection(feature(DEGREES, id=IDU)))[:-20],
        "parcels",
        "etalab-cadastre",
        {},
        FormatError,
        ["tronqué", "gzip", "Téléchargez"],
    ),
    "damaged gzip": (
        "a.json.gz",
        gzip.compress(b"{}" * 50)[:-8] + b"\0" * 8,
        "parcels",
        "etalab-cadastre",
        {},
        FormatError,
        ["abîmé"],
    ),
    "truncated GeoJSON": (
        "a.geojson",
        collection(feature(DEGREES, id=IDU))[:-30],
        "parcels",
        "vector",
        {},
        FormatError,
        ["tronqué", "QGIS"],
    ),
    "an error page for a GeoJSON": (
        "a.geojson",
        b"<!DOCTYPE html><html>404</html>",
        "parcels",
        "vector",
        {},
        FormatError,
        ["page d'erreur", ".geojson"],
    ),
    "a GDAL file that opens others": (
        "a.geojson",
        b"<OGRVRTDataSource></OGRVRTDataSource>",
        "parcels",
        "vector",
        {},
        FormatError,
        ["contenu"],
    ),
    "truncated GeoPackage": (
        "a.gpkg",
        b"SQLite format 3\0" + b"\0" * 200,
        "zones",
        "vector",
        {},
        FormatError,
        ["illisible"],
    ),
    "not a zip": ("a.zip", b"PK\3\4rest", "zones", "vector", {}, FormatError, ["zip tronquée"]),
    "unknown extension": (
        "a.dwg",
        b"AC1027",
        "parcels",
        "vector",
        {},
        FormatError,
        [".dwg", ".gpkg"],
    ),
    "degrees announced as metres": (
        "a.geojson",
        collection(feature(DEGREES, id=IDU)),
        "parcels",
        "vector",
        {"crs": "EPSG:2154"},
        CrsError,
        ["comme des degrés", "EPSG:2154", 'crs = "EPSG:4326"'],
    ),
    "metres announced as degrees": (
        "a.geojson",
        collection(feature(PLOT, id=IDU)),
        "parcels",
        "vector",
        {},
        CrsError,
        ["comme des mètres", 'crs = "EPSG:2154"'],
    ),
    "swapped axes": (
        "a.geojson",
        collection(feature(swapped(DEGREES), id=IDU)),
        "parcels",
        "vector",
        {},
        CrsError,
        ["inversées", "longitude, latitude"],
    ),
    "swapped metres": (
        "a.geojson",
        collection(feature(swapped(PLOT), id=IDU)),
        "parcels",
        "vector",
        {"crs": "EPSG:2154"},
        CrsError,
        ["axes sont inversés"],
    ),
    "another territory": (
        "a.geojson",
        collection(feature(shapely.box(55.4, -21, 55.5, -20.9), id=IDU)),
        "parcels",
        "vector",
        {},
        CrsError,
        ["hors du territoire"],
    ),
    "no such CRS": (
        "a.geojson",
        collection(feature(DEGREES, id=IDU)),
        "parcels",
        "vector",
        {"crs": "Lambert"},
        ConfigError,
        ["« Lambert »".replace(" ", "\u00a0"), "EPSG:2154"],
    ),
    "no geometry at all": (
        "a.geojson",
        collection(feature(None, id=IDU)),
        "parcels",
        "vector",
        {},
        FormatError,
        ["géométrie"],
    ),
    "lines for parcels": (
        "a.geojson",
        collection(feature(LINE, id=IDU)),
        "parcels",
        "vector",
        {},
        FormatError,
        ["polygones", "LineString"],
    ),
    "no parcel id": (
        "a.geojson",
        collection(feature(DEGREES, ref="x")),
        "parcels",
        "vector",
        {},
        FormatError,
        ["identifiant de parcelle", "columns"],
    ),
    "wrong column names": (
        "a.geojson",
        collection(feature(DEGREES, zone="U")),
        "zones",
        "vector",
        {},
        FormatError,
        ["zone_type", "Colonnes du fichier", "zone", "columns = {"],
    ),
    "a mapped column that is not there": (
        "a.geojson",
        collection(feature(DEGREES, zone="U")),
        "zones",
        "vector",
        {"columns": {"zone_type": "TYPE"}},
        FormatError,
        ["absente", "TYPE"],
    ),
    "a mapping of ours that does not exist": (
        "a.geojson",
        collection(feature(DEGREES, zone="U")),
        "zones",
        "vector",
        {"columns": {"zonetype": "zone"}},
        ConfigError,
        ["zonetype", "zone_type, label"],
    ),
    "text in numbers": (
        "a.geojson",
        collection(feature(shapely.Point(2.3, 49.9), id="c1", residents="beaucoup")),
        "population",
        "vector",
        {},
        FormatError,
        ["residents", "beaucoup", "nombre"],
    ),
    "an unknown kind": (
        "a.geojson",
        collection(feature(DEGREES)),
        "constraints",
        "vector",
        {"constants": {"kind": "lava"}},
        FormatError,
        ["lava", "water"],
    ),
    "parcels of elsewhere": (
        "a.geojson",
        collection(feature(DEGREES, id="63148000AA0001")),
        "parcels",
        "vector",
        {"communes": ("80021",)},
        ConfigError,
        ["63148", "80021", "study.toml"],
    ),
    "no such format": (
        "a.geojson",
        b"{}",
        "parcels",
        "cnig",
        {},
        ConfigError,
        ["etalab-cadastre, vector"],
    ),
    "no such layer": ("a.geojson", b"{}", "trees", "vector", {}, ConfigError, ["trees", "parcels"]),
    "CNIG without its columns": (
        "a.csv",
        b"site_id;nom\n1;Halle\n",
        "inventory",
        "cnig",
        {},
        FormatError,
        ["geompoint", "Colonnes attendues"],
    ),
    "CNIG with swapped WKT": (
        "a.csv",
        (CNIG + SITE.format("POINT (49.89 2.3)", 10)).encode(),
        "inventory",
        "cnig",
        {},
        CrsError,
        ["inversées"],
    ),
    "CNIG without WKT": (
        "a.csv",
        (CNIG + SITE.format("49.89, 2.3", 10)).encode(),
        "inventory",
        "cnig",
        {},
        FormatError,
        ["POINT (2.3 49.9)"],
    ),
    "CNIG with text for an area": (
        "a.csv",
        (CNIG + SITE.format("POINT (2.3 49.89)", "1 ha")).encode(),
        "inventory",
        "cnig",
        {},
        FormatError,
        ["unite_fonciere_surface", "1 ha"],
    ),
    "ragged CSV": (
        "a.csv",
        (CNIG + "1;2;3;4;5;6;7;8;9;10;11\n").encode(),
        "inventory",
        "cnig",
        {},
        FormatError,
        ["autant de cellules"],
    ),
    "a workbook for a CSV": (
        "a.csv",
        b"PK\3\4",
        "inventory",
        "cnig",
        {},
        FormatError,
        ["classeur", "CSV"],
    ),
    "a share for a percentage": (
        "a.csv",
        b"comm_insee;Prop_logvac_pp_2A_010121\n80021;310\n",
        "vacancy_rates",
        "lovac",
        {},
        FormatError,
        ["310", "de 0 à 100"],
    ),
    "a survey with an unknown state": (
        "a.csv",
        b"lon;lat;etat\n2.3;49.9;ferme\n",
        "observations",
        "survey",
        {},
        FormatError,
        ["ferme", "vacant, partiel"],
    ),
    "a survey without place": (
        "a.csv",
        b"adresse;etat\nici;vacant\n",
        "observations",
        "survey",
        {},
        FormatError,
        ["lon et lat", "adresse"],
    ),
    "a GeoJSON for a list": (
        "a.json",
        collection(),
        "places",
        "latlon-json",
        {},
        FormatError,
        ["liste", "vector"],
    ),
    "broken JSON": ("a.json", b"[{", "places", "latlon-json", {}, FormatError, ["JSON illisible"]),
    "truncated OSM": ("a.osm", OSM[:-9].encode(), "streets", "osm-xml", {}, FormatError, ["ligne"]),
    "XML that is not OSM": (
        "a.osm",
        b"<gpx/>",
        "streets",
        "osm-xml",
        {},
        FormatError,
        ["gpx", ".osm.gz"],
    ),
    "binary OSM": ("a.osm.pbf", b"\0\0", "streets", "osm-xml", {}, FormatError, ["osm-pbf"]),
}


@pytest.mark.parametrize("case", FILES)
def test_error_of_a_bad_file_has_path_cause_and_remedy(
    case: str, tmp_path: Path, read: Callable[..., Any]
) -> None:
    name, data, layer, format_, given, error, words = FILES[case]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(error) as caught:
        read(layer, format_, path, **given)
    message = str(caught.value)
    assert message.startswith(name)
    assert [word for word in words if word not in message] == []
    assert message.endswith(".")
    assert str(tmp_path) not in message


def test_a_missing_file_and_a_folder(tmp_path: Path, read: Callable[..., Any]) -> None:
    with pytest.raises(SourceError, match="n'existe pas"):
        read("parcels", "vector", tmp_path / "none.gpkg")
    with pytest.raises(FormatError, match="dossier"):
        read("parcels", "vector", tmp_path)


def test_a_table_without_geometry(tmp_path: Path, read: Callable[..., Any]) -> None:
    import pandas as pd
    import pyogrio

    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"id": [IDU]}), path)
    with pytest.raises(FormatError, match="aucune colonne de géométrie"):
        read("parcels", "vector", path)


def test_a_layer_among_several_must_be_chosen(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    import geopandas as gpd

    path = write([PARCEL], [PLOT])
    gpd.GeoDataFrame([PARCEL], geometry=[NEXT], crs=2154).to_file(path, layer="second")
    with pytest.raises(ConfigError, match="layer, second"):
        read("parcels", "vector", path)
    with pytest.raises(ConfigError, match="third"):
        read("parcels", "vector", path, sublayer="third")
    table, _ = read("parcels", "vector", path, sublayer="second")
    assert table.geometry[0].equals(NEXT)


def test_truncated_shapefile_is_an_error_or_complete(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    plots = [shapely.box(X + 30 * i, Y, X + 30 * i + 20, Y + 30) for i in range(50)]
    rows = [{"id": f"80021000AR{i:04d}"} for i in range(50)]
    path = write(rows, plots, name="cut.shp")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(FormatError, match=r"cut\.shp"):
        read("parcels", "vector", path)
