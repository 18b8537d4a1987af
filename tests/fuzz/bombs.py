"""Small files made to exhaust: they swell, nest, repeat or announce what no real file does."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import re
import sqlite3
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from . import formats
from .formats import every
from .inputs import CNIG, OSM, TOML, bare, features, filed, hill, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEEP = 100_000
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


def _blanks(megabytes: int, head: bytes = b"") -> bytes:
    """So many MB of blanks as gzip, at a thousandth of the size: members one after the other."""
    block = gzip.compress(b" " * 2**24, mtime=0)
    return gzip.compress(head, mtime=0) + block * (megabytes // 16)


def _laughs(encoding: str) -> bytes:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE osm [<!ENTITY a0 "ha">{LAUGHS}]>'
        '<osm version="0.6"><node id="1" lat="49" lon="2"><tag k="shop" v="&a11;"/></node>'
        "</osm>"
    )
    return text.encode(encoding)


def _swollen(member: str) -> bytes:
    stream, info = io.BytesIO(), zipfile.ZipInfo(member)
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(stream, "w") as archive, archive.open(info, "w") as opened:
        opened.write(b'{"type": "FeatureCollection", "features": [')
        for _ in range(32):
            opened.write(b" " * 2**24)
        opened.write(b"]}")
    return stream.getvalue()


def _wide(side: int) -> bytes:
    """The relief with a width and a height that its data cannot fill."""
    found = bytearray(hill())
    begin = struct.unpack_from("<I", found, 4)[0]
    for entry in range(begin + 2, begin + 2 + 24, 12):
        struct.pack_into("<HHII", found, entry, *struct.unpack_from("<H", found, entry), 4, 1, side)
    return bytes(found)


def _ring(count: int) -> bytes:
    corners = [[2.3 + (n % 1000) * 1e-5, 49.89 + (n // 1000) * 1e-5] for n in range(count)]
    return features({"typezone": "U"}, shape={"type": "Polygon", "coordinates": [corners]})


def _repeated() -> bytes:
    """A Parquet of 0.2 MB with one text of 5 MB in 200 000 rows."""
    rows = 200_000
    indices = pa.array([0] * rows, pa.int32())
    return _parquet(parcel_id=pa.DictionaryArray.from_arrays(indices, ["x" * 5_000_000]))


def _nested_wkb() -> bytes:
    """A Parquet with a collection in a collection, 100 000 deep."""
    whole = pq.read_table(io.BytesIO(filed(".parquet")))
    deep = bytes.fromhex("010700000001000000") * DEEP + whole["geometry"][0].as_py()
    place = whole.schema.get_field_index("geometry")
    shapes = pa.array([deep] * len(whole), pa.binary())
    stream = io.BytesIO()
    pq.write_table(whole.set_column(place, "geometry", shapes), stream)
    return stream.getvalue()


def _numbers() -> bytes:
    """A Parquet of the same number in 4 million rows."""
    return _parquet(**{f"n{n}": pa.repeat(1.0, 4_000_000) for n in range(4)})


def _parquet(**columns: pa.Array) -> bytes:
    stream = io.BytesIO()
    whole = pq.read_table(io.BytesIO(filed(".parquet")))
    shapes = pa.repeat(whole["geometry"][0], len(next(iter(columns.values()))))
    table = pa.table({**columns, "geometry": shapes})
    metadata = {b"geo": whole.schema.metadata[b"geo"]}
    pq.write_table(table.replace_schema_metadata(metadata), stream)
    return stream.getvalue()


def _packed_osm(size: int) -> bytes:
    """A PBF whose only block is that of so many bytes, all the same."""
    raw = zlib.compress(bytes(size), 9)
    blob = b"\x10" + _varint(size) + b"\x1a" + _varint(len(raw)) + raw
    head = b"\x0a\x09OSMHeader\x18" + _varint(len(blob))
    return struct.pack(">I", len(head)) + head + blob


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _zip_of_zips(depth: int) -> bytes:
    data = every()["x.shp.zip"].whole
    for _ in range(depth):
        data = zipped({"x.shp.zip": data})
    return data


def _members(count: int) -> bytes:
    return zipped({f"{n}.txt": b"" for n in range(count)})


def _large_table(suffix: str, at: int, form: str, number: int) -> bytes:
    """A file of the MapInfo table whose head states another number."""
    found = bytearray(formats.table("MapInfo File", ".tab")[suffix])
    struct.pack_into(form, found, at, number)
    return bytes(found)


def _view(body: str) -> bytes:
    """The GeoPackage with a view in place of its table."""
    base = sqlite3.connect(":memory:")
    base.deserialize(filed(".gpkg"))
    base.execute("ALTER TABLE x RENAME TO kept")
    for listed in ("gpkg_contents", "gpkg_geometry_columns"):
        base.execute(f"UPDATE {listed} SET table_name = 'x'")  # noqa: S608 (two names)
    base.execute(f"CREATE VIEW x AS {body}")
    base.commit()
    return bytes(base.serialize())


# By name: the input whose readers read it, and the file.
BOMBS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "gzip of 3 GB": ("p.json.gz", lambda: _blanks(3072, b"{")),
    "gzip of 3 GB, OSM": ("o.osm.gz", lambda: _blanks(3072, b"<osm>")),
    "bzip2 of 640 MB": ("edigeo-25354000AB01.tar.bz2", lambda: bz2.compress(bytes(2**24)) * 40),
    "zip of 512 MB": ("x.shp.zip", lambda: _swollen("x.geojson")),
    "zip of 512 MB, timetable": ("gtfs.zip", lambda: _swollen("stop_times.txt")),
    "a billion laughs": ("o.osm", lambda: _laughs("utf-8")),
    "a billion laughs in UTF-16": ("o.osm", lambda: _laughs("utf-16")),
    "a billion laughs in KML": ("x.kml", lambda: _laughs("utf-8")),
    "nested lists": ("z.geojson", lambda: b'{"features": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "nested lists, JSON": ("velam.json", lambda: b"[" * DEEP + b"]" * DEEP),
    "nested properties": (
        "z.geojson",
        lambda: (
            b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null,'
            b' "properties": {"a": ' + b'{"a": ' * DEEP + b"1" + b"}" * DEEP + b"}}]}"
        ),
    ),
    "nested elements": ("o.osm", lambda: b"<osm>" + b"<a>" * DEEP + b"</a>" * DEEP + b"</osm>"),
    "nested TOML": ("study.toml", lambda: TOML + b"a = " + b"[" * DEEP + b"]" * DEEP),
    "nested tables": ("study.toml", lambda: TOML + b"a = " + b"{b = " * 5000 + b"}" * 5000),
    "dotted key": ("study.toml", lambda: TOML + b".".join([b"a"] * 20_000) + b" = 1"),
    "long number": ("study.toml", lambda: TOML + b"a = " + b"9" * 10_000),
    "nested TOML, needs": ("besoins.toml", lambda: b"a = " + b"[" * DEEP),
    "100 000 columns": ("f.csv", lambda: CNIG.replace(b"\n", b";x" * DEEP + b"\n")),
    "an open quote": ("f.csv", lambda: CNIG + b'"' + b"x" * 2**24),
    "lines without end": ("f.csv", lambda: CNIG + b"\n" * 2**22),
    "huge number": ("velam.json", lambda: b'[{"name": "x", "latitude": ' + b"9" * 10_000 + b"}]"),
    "a relief of 2^31 by 2^31": ("relief.tif", lambda: _wide(2**31 - 1)),
    "a relief of 100 000 by 100 000": ("relief.tif", lambda: _wide(100_000)),
    "a ring that crosses itself": ("z.geojson", lambda: _ring(20_000)),
    "a relation of itself": ("o.osm", lambda: OSM.replace(b'ref="8" role', b'ref="9" role')),
    "collection in collection": (
        "z.geojson",
        lambda: features(
            {"typezone": "U"},
            shape={
                "type": "GeometryCollection",
                "geometries": [{"type": "GeometryCollection", "geometries": []}] * 1000,
            },
        ),
    ),
    "a text repeated by a dictionary": ("x.parquet", _repeated),
    "a number repeated": ("x.parquet", _numbers),
    "a view without end": (
        "x.gpkg",
        lambda: _view(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT n.i AS fid, kept.geom, kept.parcel_id FROM n, kept"
        ),
    ),
    "a view with a cell of 900 MB": (
        "x.gpkg",
        lambda: _view("SELECT fid, geom, printf('%.*c', 900000000, 'x') AS parcel_id FROM kept"),
    ),
    "zip in zip": ("x.shp.zip", lambda: zipped({"x.shp": every()["x.shp.zip"].whole})),
    "one property of 50 MB": ("z.geojson", lambda: features({"typezone": "U" * 50_000_000})),
    "lone surrogates": (
        "velam.json",
        lambda: json.dumps(
            [{"name": "\ud800", "category": "stop", "latitude": 49.89, "longitude": 2.3}]
        ).encode(),
    ),
    "lone surrogates in GeoJSON": (
        "z.geojson",
        lambda: features({"typezone": "U", "libelle": "@"}).replace(b"@", b"\\ud800"),
    ),
    "a billion laughs in GML": ("x.gml", lambda: _laughs("utf-8")),
    "nested elements, GML": (
        "x.gml",
        lambda: formats.gml().replace(b"<ogr:typezone>", b"<ogr:typezone>" + b"<a>" * DEEP, 1),
    ),
    "a text of 50 MB in GML": ("x.gml", lambda: formats.gml().replace(b"AUc", b"U" * 50_000_000)),
    "2 million corners in GML": (
        "x.gml",
        lambda: formats.gml().replace(b"<gml:posList>", b"<gml:posList>" + b"1 1 " * 2_000_000),
    ),
    "rings in rings, GML": (
        "x.gml",
        lambda: formats.gml().replace(b"<gml:MultiSurface", b"<gml:MultiGeometry>" * DEEP, 1),
    ),
    "a line of 50 MB": ("x.geojsonl", lambda: formats.lines().replace(b"AUc", b"U" * 50_000_000)),
    "nested lists in a line": (
        "x.geojsonl",
        lambda: formats.lines() + b'{"type": "Feature", "properties": {"a": ' + b"[" * DEEP,
    ),
    "lines of an empty object": ("x.geojsonl", lambda: b"{}\n" * 200_000),
    "nested collections of WKT": (
        "wkt.csv",
        lambda: formats.wkt().replace(b"POLYGON", b"GEOMETRYCOLLECTION (" * DEEP, 1),
    ),
    "a WKT of 2 million corners": (
        "wkt.csv",
        lambda: formats.wkt().replace(b"((", b"((" + b"1 1, " * 2_000_000, 1),
    ),
    "numbers of WKT that overflow": (
        "wkt.csv",
        lambda: formats.wkt().replace(b"650030", b"9" * 400),
    ),
    "a MIF of two billion corners": (
        "mif.mif",
        lambda: re.sub(
            rb"(?m)^  5$", b"  2000000000", formats.table("MapInfo File", ".mif")[".mif"]
        ),
    ),
    "a MIF of two billion regions": (
        "mif.mif",
        lambda: formats.table("MapInfo File", ".mif")[".mif"].replace(
            b"Region 1", b"Region 2000000000"
        ),
    ),
    "two billion rows in a DAT": ("tab.dat", lambda: _large_table(".dat", 4, "<I", 2**31 - 1)),
    "rows of 64 kB in a DAT": ("tab.dat", lambda: _large_table(".dat", 10, "<H", 65535)),
    "blocks of 32 kB in a MAP": ("tab.map", lambda: _large_table(".map", 0x104, "<h", 32767)),
    "a PBF block of 30 MB of zeros": ("o.osm.pbf", lambda: _packed_osm(30 * 2**20)),
    "a PBF block of 1 GB": ("o.osm.pbf", lambda: _packed_osm(2**30)),
    "a PBF head of 4 GB": ("o.osm.pbf", lambda: b"\xff\xff\xff\xff" + bytes(2**20)),
    "zips nine deep": ("x.shp.zip", lambda: _zip_of_zips(9)),
    "a zip of 60 000 members": ("gtfs.zip", lambda: _members(60_000)),
    "one owner of 50 MB": ("pm.csv", lambda: every()["pm.csv"].whole + b"x" * 50_000_000),
    "100 000 columns of permits": (
        "permits.csv",
        lambda: every()["permits.csv"].whole.replace(b"\n", b";x" * DEEP + b"\n"),
    ),
    "a parcel of 50 million digits": (
        "permits.csv",
        lambda: every()["permits.csv"].whole.replace(b";160;", b";" + b"1" * 5 * 10**7 + b";"),
    ),
    "a year of 10 000 digits": (
        "artif.geojson",
        lambda: every()["artif.geojson"].whole.replace(b"2021", b"2" * 10_000),
    ),
    "nested collections of WKT in a register": (
        "rnb.csv",
        lambda: every()["rnb.csv"].whole.replace(b"POLYGON", b"GEOMETRYCOLLECTION (" * DEEP, 1),
    ),
    "nested collections of WKB": ("x.parquet", _nested_wkb),
    "nothing but zeros": ("x.gpkg", lambda: b"SQLite format 3\x00" + bytes(2**20)),
    "parcels of nothing": ("z.geojson", lambda: bare({"x": b'{"type": "FeatureCollection"}'})),
}
