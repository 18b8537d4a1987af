"""GML, MapInfo, GeoJSON by lines and CSV of WKT: read as the same rows in a GeoPackage are."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from foncier import readers
from foncier.crs import legal_crs
from foncier.errors import ConfigError, CrsError, FoncierError, FormatError
from foncier.model import LayerFile

from .test_confined import SECRET, Listener, listener, secrets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["listener", "secrets"]
CRS = legal_crs("80021")
X, Y = 650_000.0, 6_977_000.0
ROWS = gpd.GeoDataFrame(
    {"typezone": ["U", "AUc", "N"], "libelle": ["Été", "AU", "N"]},
    geometry=[shapely.box(X + 100 * n, Y, X + 100 * n + 50, Y + 50) for n in range(3)],
    crs=2154,
)


def read(path: Path, layer: str = "zones", **more: Any) -> Any:
    file = LayerFile(layer, path, path.name, "vector", **more)
    return readers.read(file, crs=CRS, communes=("80021",))[0]


def by_gdal(driver: str, name: str, **options: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        rows = ROWS if driver != "GeoJSONSeq" else ROWS.to_crs(4326)
        pyogrio.write_dataframe(rows, folder / name, driver=driver, **options)
        return folder / name

    return write


def csv(name: str, *, srid: str = "", separator: str = ";") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        lines = [separator.join(("typezone", "libelle", "WKT"))]
        lines += [
            separator.join((row.typezone, row.libelle, f'"{srid}{row.geometry.wkt}"'))
            for row in ROWS.itertuples()
        ]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
        return folder / name

    return write


def zipped(write: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def pack(folder: Path) -> Path:
        path = write(folder)
        packed = path.with_name(f"{path.name}.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        return packed

    return pack


def upper(folder: Path) -> Path:
    """A MapInfo table as Windows names it."""
    by_gdal("MapInfo File", "z.tab")(folder)
    for part in list(folder.iterdir()):
        part.rename(folder / part.name.upper())
    return folder / "Z.TAB"


def records(folder: Path) -> Path:
    """GeoJSON text sequence: a record separator before each feature (RFC 8142)."""
    path = by_gdal("GeoJSONSeq", "z.geojsonl")(folder)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"".join(b"\x1e" + line + b"\n" for line in lines))
    return path


FILES = {
    "GML 3.2": (by_gdal("GML", "z.gml", FORMAT="GML3.2"), {}),
    "GML 2": (by_gdal("GML", "z.gml", FORMAT="GML2"), {}),
    "GML, compressed": (zipped(by_gdal("GML", "z.gml")), {}),
    "MapInfo table": (by_gdal("MapInfo File", "z.tab"), {}),
    "MapInfo table, in capitals": (upper, {}),
    "MapInfo exchange": (by_gdal("MapInfo File", "z.mif"), {}),
    "lines": (by_gdal("GeoJSONSeq", "z.geojsonl"), {}),
    "lines, ndjson": (by_gdal("GeoJSONSeq", "z.geojsonl"), {}),
    "records": (records, {}),
    "CSV, CRS of the study": (csv("z.csv"), {"crs": "EPSG:2154"}),
    "CSV, CRS in the cells": (csv("z.csv", srid="SRID=2154;"), {}),
    "CSV, compressed": (zipped(csv("z.csv", separator="\t")), {"crs": "EPSG:2154"}),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_same_rows_as_a_geopackage(kind: str, tmp_path: Path) -> None:
    write, more = FILES[kind]
    ROWS.to_file(tmp_path / "z.gpkg")
    expected = read(tmp_path / "z.gpkg").sort_values("label", ignore_index=True)
    folder = tmp_path / "there"
    folder.mkdir()
    path = write(folder)
    before = sorted(one.name for one in folder.iterdir())
    found = read(path, **more).sort_values("label", ignore_index=True)
    assert found[["zone_type", "label"]].equals(expected[["zone_type", "label"]])
    gap = shapely.hausdorff_distance(found.geometry.to_numpy(), expected.geometry.to_numpy())
    assert gap.max() < 0.05
    assert sorted(one.name for one in folder.iterdir()) == before  # GDAL wrote nothing there


def test_a_gml_of_two_layers_wants_a_choice(tmp_path: Path) -> None:
    path = by_gdal("GML", "z.gml", layer="haut")(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("ogr:haut", "ogr:bas", 2), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"2 couches"):
        read(path)
    assert len(read(path, sublayer="haut")) == 2


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "CSV without shapes": ("a.csv", b"typezone;libelle\nU;x\n", "colonne de géométrie"),
    "lines that are none": ("a.ndjson", b"[1]\n", "n'est pas celui d'un fichier"),
    "GML that is none": ("a.gml", b"<html></html>", "n'est pas celui d'un fichier"),
    "seamless table": (
        "a.tab",
        b'!table\nDefinition Table\n Type NATIVE Charset "x"\n Fields 1\n T Char(9);\n'
        b'begin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata\n',
        "MapInfo",
    ),
    "linked table": ("a.tab", b'!table\nDefinition Table\n  Type LINKED Charset "x"\n', "MapInfo"),
    "view": ("a.tab", b"!table\nOpen Table x\nCreate View a As Select * From x\n", "MapInfo"),
    "MapInfo, compressed": ("a.tab.gz", gzip.compress(b"!table"), "plusieurs fichiers"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_says_why(kind: str, tmp_path: Path) -> None:
    name, data, words = REFUSED[kind]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FormatError, match=words):
        read(tmp_path / name)


def test_a_geodatabase_says_what_to_do(tmp_path: Path) -> None:
    pyogrio.write_dataframe(ROWS, tmp_path / "a.gdb", driver="OpenFileGDB")
    with pytest.raises(FormatError, match="ogr2ogr"):
        read(tmp_path / "a.gdb")


def gml(head: str = "", attributes: str = "", part: str = "", srs: str = "EPSG:2154") -> bytes:
    box = f"{X},{Y} {X + 50},{Y} {X + 50},{Y + 50} {X},{Y}"
    shape = part or (
        f'<gml:Polygon srsName="{srs}"><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>'
        f"{box}</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon>"
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<ogr:FeatureCollection '
        'xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {attributes}><gml:featureMember>'
        f'<ogr:a fid="a.0"><ogr:geometryProperty>{shape}</ogr:geometryProperty>'
        "<ogr:typezone>U</ogr:typezone><ogr:libelle>x</ogr:libelle></ogr:a>"
        "</gml:featureMember></ogr:FeatureCollection>"
    ).encode()


# What refers to another place: the file, and whether its own rows are still read.
POLYGLOTS: dict[str, tuple[str, Callable[[str, str], bytes], bool]] = {
    "schema of an address": (
        "a.gml",
        lambda url, path: gml(attributes=f'xsi:schemaLocation="http://x {url}/s.xsd"'),
        True,
    ),
    "schema of a file": (
        "a.gml",
        lambda url, path: gml(attributes=f'xsi:noNamespaceSchemaLocation="{path}"'),
        True,
    ),
    "schema by another prefix": (
        "a.gml",
        lambda url, path: gml(
            attributes='xmlns:q="http://www.w3.org/2001/XMLSchema-instance" '
            f"q:schemaLocation='http://x file://{path}'"
        ),
        True,
    ),
    "part of an address": (
        "a.gml",
        lambda url, path: gml(part=f'<gml:Polygon xlink:href="{url}/part.gml#p"/>'),
        False,
    ),
    "entity of a file": (
        "a.gml",
        lambda url, path: gml(head=f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{path}">]>'),
        False,
    ),
    "document type of an address": (
        "a.gml",
        lambda url, path: gml(head=f'<!DOCTYPE a SYSTEM "{url}/a.dtd">'),
        False,
    ),
    "CRS of an address": ("a.gml", lambda url, path: gml(srs=f"{url}/crs"), False),
    "CRS of a file": ("a.gml", lambda url, path: gml(srs=path), False),
    "UTF-16": ("a.gml", lambda url, path: gml().decode().encode("utf-16"), False),
    "another encoding": (
        "a.gml",
        lambda url, path: gml().replace(b'encoding="utf-8"', b'encoding="utf-7"'),
        False,
    ),
    "GML under the name of a KML": ("a.kml", lambda url, path: gml(), False),
    "seamless table of a file": (
        "a.tab",
        lambda url, path: (
            b'!table\nDefinition Table\n  Type NATIVE Charset "Neutral"\n  Fields 1\n    Table '
            b'Char (254) ;\nbegin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata\n'
        ),
        False,
    ),
    "lines that hold a pipeline": (
        "a.ndjson",
        lambda url, path: json.dumps(
            {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {path}"}
        ).encode(),
        False,
    ),
    "lines with the CRS of an address": (
        "a.ndjson",
        lambda url, path: (
            f'{{"type":"Feature","crs":{{"type":"link","properties":{{"href":"{url}/c"}}}},'
            '"properties":{},"geometry":null}'
        ).encode(),
        False,
    ),
}


@pytest.mark.parametrize("kind", POLYGLOTS)
def test_a_polyglot_opens_nothing_else(
    kind: str, tmp_path: Path, listener: Listener, secrets: dict[str, Path]
) -> None:
    name, make, is_read = POLYGLOTS[kind]
    path = tmp_path / "study" / name
    path.parent.mkdir()
    path.write_bytes(make(listener.url, str(secrets["secret.geojson"])))
    said = ""
    try:
        found = read(path)
        said = found.to_json()
        assert len(found) == is_read
    except FoncierError as fault:
        said = str(fault)
        assert not is_read, said
        assert name in said
    assert listener.asked == []
    assert SECRET not in said
    assert [one.name for one in path.parent.iterdir()] == [name]


def test_columns_of_one_name_are_numbered(tmp_path: Path) -> None:
    """A damaged MapInfo table; the first one is that of the name, the shapes are the shapes."""
    path = by_gdal("MapInfo File", "x.mif")(tmp_path)
    text = path.read_bytes().replace(b"libelle", b"typezone")
    path.write_bytes(text)
    assert text.count(b"typezone") == 2
    assert sorted(read(path)["zone_type"]) == ["AUc", "N", "U"]
    path.write_bytes(text.replace(b"typezone", b"geometry", 1))
    assert len(read(path)) == 3


def test_a_crs_without_a_transformation_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = by_gdal("MapInfo File", "x.mif")(tmp_path)
    text = path.read_text(encoding="latin-1")
    damaged = re.sub(
        r"(?m)^CoordSys.*$", 'CoordSys Earth Projection 3, 33, "m", nan, 46.5, 4, 49, 0, 0', text
    )
    path.write_text(damaged, encoding="latin-1")
    # GDAL may say it when the file is opened, PROJ when the shapes are moved.
    with pytest.raises((CrsError, FormatError), match=r"x\.mif"):
        read(path)
