"""Inputs of the formats of other programs: GML, MapInfo, GeoJSON by lines, CSV of WKT, PBF."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import osmium
import pyogrio
import shapely

from foncier.readers import several_files
from foncier.readers.report import Journal

from .inputs import OSM, OSM_LAYERS, VECTORS, Input, bare, layer, layers_of, own

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Read = Callable[[Path], object]

X, Y = 650_000.0, 6_977_000.0


@cache
def _rows() -> gpd.GeoDataFrame:
    """Two zones, with what other layers ask of their columns."""
    boxes = [shapely.box(X + 30 * n, Y, X + 30 * n + 30, Y + 40) for n in range(2)]
    names = {"typezone": ["U", "AUc"], "libelle": ["Été", "AU"], "artif": ["artif", "non artif"]}
    return gpd.GeoDataFrame({**names, "annee": [2021, 2021]}, geometry=boxes, crs=2154)


@cache
def table(driver: str, suffix: str) -> Mapping[str, bytes]:
    """The zones as GDAL writes them: the bytes of each file by its suffix."""
    rows = _rows() if driver != "GeoJSONSeq" else _rows().to_crs(4326)
    with tempfile.TemporaryDirectory() as folder:
        pyogrio.write_dataframe(rows, Path(folder) / f"x{suffix}", driver=driver)
        return {path.suffix: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def gml() -> bytes:
    """The zones as GML."""
    return table("GML", ".gml")[".gml"]


def lines() -> bytes:
    """The zones as a line of GeoJSON each."""
    return table("GeoJSONSeq", ".geojsonl")[".geojsonl"]


def wkt() -> bytes:
    """The zones as a CSV of WKT."""
    cells = [
        f'{row.typezone};{row.libelle};{row.artif};"SRID=2154;{row.geometry.wkt}"'
        for row in _rows().itertuples()
    ]
    return "\n".join(["typezone;libelle;artif;WKT", *cells, ""]).encode()


@cache
def pbf(xml: bytes) -> bytes:
    """A file of OpenStreetMap as PBF."""
    with tempfile.TemporaryDirectory() as folder:
        source, packed = Path(folder) / "o.osm", Path(folder) / "o.osm.pbf"
        source.write_bytes(xml)
        writer = osmium.SimpleWriter(str(packed))
        for one in osmium.FileProcessor(str(source)):
            writer.add(one)
        writer.close()
        return packed.read_bytes()


def beside(read: Callable[[Path, str], object], parts: Mapping[str, bytes], main: str) -> Read:
    """Read a table of several files, of which the given file is one."""

    def read_table(path: Path) -> object:
        with tempfile.TemporaryDirectory() as folder:
            for suffix, data in parts.items():
                given = path.read_bytes() if suffix == path.suffix else data
                (Path(folder) / f"x{suffix}").write_bytes(given)
            return read(Path(folder) / f"x{main}", path.name)

    return read_table


def stacked(read: Callable[[Path], Any], layer: str, good: bytes) -> Read:
    """Read a file, and stack its table with that of the good file, in both orders."""

    def read_both(path: Path) -> object:
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / path.name
            whole.write_bytes(good)
            tables = [read(path)[0], read(whole)[0]]
        names = [path.name, f"2-{path.name}"]
        first = several_files.stack(layer, tables, names, Journal())
        return first, several_files.stack(layer, tables[::-1], names[::-1], Journal())

    return read_both


@cache
def every() -> Mapping[str, Input]:
    """All inputs by the name of their file."""
    return {**own(), **{one.name: one for one in _of_other_programs()}}


def _of_other_programs() -> list[Input]:
    """Files of other programs, tables of several files, and files of one layer together."""
    zones = layers_of(
        (("zones", "vector"), ("perimeters", "vector"), ("artificial_land", "ocs-ge"))
    )
    packed = layers_of(tuple((name, "osm-pbf") for name in OSM_LAYERS))
    tab, mif = table("MapInfo File", ".tab"), table("MapInfo File", ".mif")
    twice = stacked(layer("zones", "vector"), "zones", lines())
    houses = VECTORS["b.json.gz"][0]
    both = stacked(layer("buildings", "vector"), "buildings", houses)
    found = [
        Input("x.gml", "xml", {"x": gml()}, bare, zones),
        Input("x.geojsonl", "lines", {"x": lines()}, bare, (*zones, twice)),
        Input("wkt.csv", "csv", {"x": wkt()}, bare, zones),
        Input("o.osm.pbf", "bytes", {"x": pbf(OSM)}, bare, packed),
        Input("houses.geojson", "json", {"x": houses}, bare, (both,)),
    ]
    for parts, main in ((tab, ".tab"), (mif, ".mif")):
        found += [
            Input(
                f"{main[1:]}{suffix}",
                "lines" if suffix in {".tab", ".mif", ".mid"} else "bytes",
                {"x": data},
                bare,
                (beside(layer("zones", "vector"), parts, main),),
            )
            for suffix, data in parts.items()
        ]
    return found
