"""Files that are two things at once: none opens a connection, or another file of the planner."""

# ruff: noqa: S608 (the statements make the hostile files)

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import sqlite3
import threading
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import rasterio
import shapely

from foncier import readers
from foncier._util import gdal, geopackage
from foncier.crs import legal_crs
from foncier.errors import FoncierError, FormatError
from foncier.model import LayerFile
from foncier.readers import crs_references
from foncier.readers.dem import read_dem

from ..fuzz.formats import every
from ..fuzz.inputs import OSM, hill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "planted-in-a-file-of-the-planner"  # noqa: S105 (looked for in what is read)
CRS = legal_crs("80021")
POINT = {"type": "Point", "coordinates": [2.3, 49.89]}
FEATURE = {"type": "Feature", "properties": {"category": "stop", "name": "x"}, "geometry": POINT}


class Listener:
    """A socket on this machine that counts who connects."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.asked: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.0 404 no\r\n\r\n")


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    # A proxy would stand between: this machine is asked directly.
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
    made = Listener()
    yield made
    made.socket.close()


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, Path]:
    """Files of the planner that no study names."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret.csv").write_text(f"category,name,x,y\nstop,{SECRET},2.3,49.89\n")
    feature = {**FEATURE, "properties": {"category": "stop", "name": SECRET}}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (home / "secret.geojson").write_text(json.dumps(collection))
    (home / ".pgpass").write_text(f"host:5432:base:moi:{SECRET}\n")
    (home / "secret.tif").write_bytes(hill())
    return {path.name: path for path in home.iterdir()}


def collection(**more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", **more, "features": [FEATURE]}).encode()


def pipeline(command: str) -> bytes:
    return json.dumps({"type": "gdal_streamed_alg", "command_line": command}).encode()


def vrt(source: object) -> str:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource>'
        "<GeometryType>wkbPoint</GeometryType><LayerSRS>EPSG:4326</LayerSRS><GeometryField "
        'encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>'
    )


def gml(url: str) -> bytes:
    return (
        '<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" '
        'xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://ogr.maptools.org/ {url}/schema.xsd"><gml:featureMember>'
        f'<ogr:a fid="a.0"><ogr:geometryProperty xlink:href="{url}/part.gml"/></ogr:a>'
        "</gml:featureMember></ogr:FeatureCollection>"
    ).encode()


def kml(url: str) -> bytes:
    return (
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://www.opengis.net/kml/2.2 {url}/kml.xsd"><Document><Folder>'
        f"<NetworkLink><Link><href>{url}/more.kml</href></Link></NetworkLink><name>a</name>"
        f"<Placemark><styleUrl>{url}/s.kml#s</styleUrl><name>x</name><ExtendedData>"
        '<Data name="category"><value>stop</value></Data></ExtendedData>'
        "<Point><coordinates>2.3,49.89</coordinates></Point></Placemark></Folder></Document></kml>"
    ).encode()


def entity(path: object) -> bytes:
    head = f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY e SYSTEM "file://{path}">]>'
    return (
        kml("http://127.0.0.1:9")
        .replace(b'<?xml version="1.0"?>', head.encode())
        .replace(b"<value>stop", b"<value>&e;")
    )


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def table(tmp: Path, change: Callable[[sqlite3.Connection], object]) -> bytes:
    """A GeoPackage of one place, with some changes."""
    path = tmp / "made.gpkg"
    frame = gpd.GeoDataFrame(
        {"category": ["stop"], "name": ["x"]}, geometry=[shapely.Point(2.3, 49.89)], crs=4326
    )
    pyogrio.write_dataframe(frame, path, layer="t", SPATIAL_INDEX="NO")
    with closing(sqlite3.connect(path)) as base:
        change(base)
        base.commit()
    return path.read_bytes()


def view(body: str) -> Callable[[sqlite3.Connection], object]:
    """The table becomes a view."""

    def change(base: sqlite3.Connection) -> None:
        base.execute("ALTER TABLE t RENAME TO kept")
        for listed in ("gpkg_contents", "gpkg_geometry_columns"):
            base.execute(f"UPDATE {listed} SET table_name = 't'")
        base.execute(f"CREATE VIEW t AS {body}")

    return change


def statements(*sql: str) -> Callable[[sqlite3.Connection], object]:
    return lambda base: [base.execute(one) for one in sql]


def lying(base: sqlite3.Connection) -> None:
    """The schema calls a view a table."""
    view(ENDLESS)(base)
    base.execute("PRAGMA writable_schema = 1")
    base.execute("UPDATE sqlite_master SET type = 'table' WHERE name = 't'")


NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
ENDLESS = f"{NUMBERS} SELECT n.i AS fid, geom, category, name FROM n, kept"
WIDE = "SELECT fid, geom, category, printf('%.*c', 900000000, 'x') AS name FROM kept"
GEOCODE = "SELECT fid, geom, category, ogr_geocode('amiens', 'display_name') AS name FROM kept"


def shapefile(folder: Path, **beside: bytes) -> bytes:
    """A zipped Shapefile, with other files of its name."""
    frame = gpd.GeoDataFrame(
        {"category": ["stop"], "name": ["x"]}, geometry=[shapely.Point(2.3, 49.89)], crs=4326
    )
    frame.to_file(folder / "s.shp")
    parts = {p.name: p.read_bytes() for p in folder.glob("s.*")}
    return zipped(**parts, **{f"s.{end}": data for end, data in beside.items()})


def parquet(crs: Any) -> bytes:
    stream = io.BytesIO()
    frame = gpd.GeoDataFrame(
        {"category": ["stop"], "name": ["x"]}, geometry=[shapely.Point(2.3, 49.89)], crs=4326
    )
    frame.to_parquet(stream)
    import pyarrow.parquet as pq

    whole = pq.read_table(stream)
    geo = json.loads(whole.schema.metadata[b"geo"])
    geo["columns"]["geometry"]["crs"] = crs
    out = io.BytesIO()
    pq.write_table(whole.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), out)
    return out.getvalue()


# By name: the file, what makes it (address of the listener, secret files, a folder to work in), and
# whether it is refused; else the file is read and only what it refers to is not.
POLYGLOTS: dict[str, tuple[str, Callable[[str, dict[str, Path], Path], bytes], bool]] = {
    "pipeline that reads a file": (
        "a.geojson",
        lambda url, home, tmp: pipeline(f"gdal vector pipeline ! read {home['secret.geojson']}"),
        True,
    ),
    "pipeline with SQL on a text file": (
        "a.json",
        lambda url, home, tmp: pipeline(
            f'gdal vector sql --input {home[".pgpass"]} --sql="select * from pgpass" '
            "--output-format=stream --output=streamed_dataset"
        ),
        True,
    ),
    "pipeline that opens an address": (
        "a.geojson",
        lambda url, home, tmp: pipeline(f"gdal vector pipeline read {url}/a.geojson"),
        True,
    ),
    "pipeline, compressed": (
        "a.geojson.gz",
        lambda url, home, tmp: gzip.compress(
            pipeline(f"gdal vector pipeline ! read {home['secret.geojson']}")
        ),
        True,
    ),
    "virtual layer of a file": (
        "a.geojson",
        lambda url, home, tmp: f"{{{vrt(home['secret.csv'])}}}".encode(),
        True,
    ),
    "virtual layer in a text": (
        "a.json",
        lambda url, home, tmp: f'{{"x":"{vrt(home["secret.csv"])}"}}'.encode(),
        True,
    ),
    "virtual layer of an address": (
        "a.kml",
        lambda url, home, tmp: f"<?xml ?>{vrt(f'/vsicurl/{url}/a.geojson')}".encode(),
        True,
    ),
    "virtual layer in a zip": (
        "a.zip",
        lambda url, home, tmp: zipped(**{"a.geojson": f"{{{vrt(home['secret.csv'])}}}".encode()}),
        True,
    ),
    "pipeline in a zip": (
        "a.zip",
        lambda url, home, tmp: zipped(
            **{"a.shp": pipeline(f"gdal vector pipeline read {url}/a.geojson")}
        ),
        True,
    ),
    "view in a zip, under another name": (
        "a.zip",
        lambda url, home, tmp: zipped(**{"a.geojson": table(tmp, view(ENDLESS))}),
        True,
    ),
    "address for a CRS": (
        "a.geojson",
        lambda url, home, tmp: collection(
            crs={"type": "link", "properties": {"href": f"{url}/crs", "type": "proj4"}}
        ),
        True,
    ),
    "address for a CRS, escaped": (
        "a.geojson",
        lambda url, home, tmp: (
            collection(crs={"type": "link", "properties": {"href": f"{url}/crs", "type": "proj4"}})
            .replace(b'"crs"', b'"\\u0063rs"')
            .replace(b'"link"', b'"l\\u0069nk"')
        ),
        True,
    ),
    "address for the name of a CRS": (
        "a.geojson",
        lambda url, home, tmp: collection(crs={"type": "name", "properties": {"name": url}}),
        False,
    ),
    "GML with a schema": ("a.kml", lambda url, home, tmp: gml(url), True),
    "KML with links": ("a.kml", lambda url, home, tmp: kml(url), False),
    "KML with an entity": ("a.kml", lambda url, home, tmp: entity(home[".pgpass"]), True),
    "endless view": ("a.gpkg", lambda url, home, tmp: table(tmp, view(ENDLESS)), True),
    "view with a cell of 900 MB": ("a.gpkg", lambda url, home, tmp: table(tmp, view(WIDE)), True),
    "view that geocodes": ("a.gpkg", lambda url, home, tmp: table(tmp, view(GEOCODE)), True),
    "endless view in a zip": (
        "a.zip",
        lambda url, home, tmp: zipped(**{"a.gpkg": table(tmp, view(ENDLESS))}),
        True,
    ),
    "endless view, compressed": (
        "a.gpkg.gz",
        lambda url, home, tmp: gzip.compress(table(tmp, view(ENDLESS))),
        True,
    ),
    "view that says it is a table": ("a.gpkg", lambda url, home, tmp: table(tmp, lying), True),
    "index of another module": (
        "a.gpkg",
        lambda url, home, tmp: table(
            tmp,
            statements(
                "PRAGMA writable_schema = 1",
                "INSERT INTO sqlite_master VALUES ('table', 'rtree_t_geom', 'rtree_t_geom', 0, "
                f"'CREATE VIRTUAL TABLE rtree_t_geom USING VirtualText(''{home['secret.csv']}'')')",
            ),
        ),
        True,
    ),
    "zip in a zip": (
        "a.zip",
        lambda url, home, tmp: zipped(**{"b.zip": zipped(**{"a.geojson": collection()})}),
        True,
    ),
    "member outside the zip": (
        "a.zip",
        lambda url, home, tmp: zipped(
            **{f"../../{home['secret.geojson'].name}": collection()},
        ),
        True,
    ),
    "pipeline for a Parquet": (
        "a.parquet",
        lambda url, home, tmp: pipeline(f"gdal vector pipeline ! read {home['secret.geojson']}"),
        True,
    ),
    "view for the contents": (
        "a.gpkg",
        lambda url, home, tmp: table(
            tmp,
            statements(
                "ALTER TABLE gpkg_contents RENAME TO kept",
                f"CREATE VIEW gpkg_contents AS {NUMBERS} SELECT kept.* FROM n, kept",
            ),
        ),
        True,
    ),
    "computed column": (
        "a.gpkg",
        lambda url, home, tmp: table(
            tmp, statements("ALTER TABLE t ADD COLUMN big AS (printf('%.*c', 900000000, 'x'))")
        ),
        True,
    ),
    "address for a CRS in a table": (
        "a.gpkg",
        lambda url, home, tmp: table(
            tmp,
            statements(
                f"UPDATE gpkg_spatial_ref_sys SET definition = '{url}/crs', organization = 'x', "
                "organization_coordsys_id = 999999 WHERE srs_id = 4326"
            ),
        ),
        True,
    ),
    "index and other files beside a Shapefile": (
        "a.zip",
        lambda url, home, tmp: shapefile(
            tmp,
            qix=b"SQT\x01\x01\x00\x00\x00" + os.urandom(64),
            sbn=os.urandom(64),
            vrt=vrt(home["secret.csv"]).encode(),
        ),
        False,
    ),
    "address for the CRS of a Shapefile": (
        "a.zip",
        lambda url, home, tmp: zipped(
            **{
                name: url.encode() if name.endswith(".prj") else data
                for name, data in _parts(shapefile(tmp)).items()
            }
        ),
        True,
    ),
    "address for the CRS of a Parquet": (
        "a.parquet",
        lambda url, home, tmp: parquet(f"{url}/crs"),
        True,
    ),
    "file for the CRS of a Parquet": (
        "a.parquet",
        lambda url, home, tmp: parquet(f"+init={home['.pgpass']}:5432"),
        True,
    ),
}


GRID = {
    "proj": "+proj=longlat +ellps=clrk80 +nadgrids={} +type=crs",
    "quoted": '+proj=longlat +ellps=clrk80 +nadgrids="{}" +no_defs',
    "second": "+proj=longlat +ellps=clrk80 +nadgrids=@null,{} +no_defs",
    "geoid": "+proj=utm +zone=31 +geoidgrids={}",
    "pipeline": "+proj=pipeline +step +proj=hgridshift +grids={}",
    "mesh": "+proj=pipeline +step +proj=tinshift +file={}",
    "list": "+init={}:1",
    "wkt 1": 'GEOGCS["x",DATUM["x",SPHEROID["x",6378249,293]],PRIMEM["Greenwich",0],UNIT["degree",'
    '0.0174532925199433],EXTENSION["PROJ4","+proj=longlat +nadgrids={}"]]',
    "wkt 1 grids": 'GEOGCS["x",DATUM["x",SPHEROID["x",6378249,293],EXTENSION["PROJ4_GRIDS","{}"]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]',
    "wkt 2": "BOUNDCRS[SOURCECRS[{ntf}],TARGETCRS[{wgs}],ABRIDGEDTRANSFORMATION["
    '"x",METHOD["NTv2",ID["EPSG",9615]],ParameterFile["Latitude and longitude difference file"'
    ',"{}"]]]',
}


def definition(kind: str, path: object) -> str:
    """A CRS that has PROJ open a file."""
    text = GRID[kind]
    for name, code in (("{ntf}", 4275), ("{wgs}", 4326)):
        text = text.replace(name, pyproj.CRS(code).to_wkt())
    return text.replace("{}", str(path))


def srs(text: str) -> Callable[[sqlite3.Connection], object]:
    """The CRS of the places is defined by a text."""
    change = (
        "UPDATE gpkg_spatial_ref_sys SET definition = ?, organization = 'x', "
        "organization_coordsys_id = 999999 WHERE srs_id = 4326"
    )
    return lambda base: base.execute(change, (text,))


def bound(path: object) -> Any:
    """PROJJSON of a CRS with a grid."""
    return pyproj.CRS(definition("wkt 2", path)).to_json_dict()


CARRIERS: dict[str, tuple[str, Callable[[str, Path], bytes]]] = {
    "geojson": (
        "a.geojson",
        lambda text, tmp: collection(crs={"type": "name", "properties": {"name": text}}),
    ),
    "geojson, escaped": (
        "a.geojson",
        lambda text, tmp: (
            collection(crs={"type": "name", "properties": {"name": text}})
            .replace(b"grids", b"gr\\u0069ds")
            .replace(b"/", b"\\/")
        ),
    ),
    "geojson, compressed": (
        "a.geojson.gz",
        lambda text, tmp: gzip.compress(
            collection(crs={"type": "name", "properties": {"name": text}})
        ),
    ),
    "geopackage": ("a.gpkg", lambda text, tmp: table(tmp, srs(text))),
    "shapefile": (
        "a.zip",
        lambda text, tmp: zipped(
            **{
                name: text.encode() if name.endswith(".prj") else data
                for name, data in _parts(shapefile(tmp)).items()
            }
        ),
    ),
    "geopackage in a zip": ("a.zip", lambda text, tmp: zipped(**{"a.gpkg": table(tmp, srs(text))})),
    "parquet": ("a.parquet", lambda text, tmp: parquet(text)),
}


@pytest.mark.parametrize("kind", GRID)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_crs_that_names_a_file_or_an_address_is_refused(
    carrier: str, kind: str, tmp_path: Path, listener: Listener, secrets: dict[str, Path]
) -> None:
    """A pipe in place of the file would block whoever opens it."""
    pipe = tmp_path / "tube.gsb"
    os.mkfifo(pipe)
    name, make = CARRIERS[carrier]
    for n, place in enumerate((pipe, f"{listener.url}/g.tif", "../../home/x.gsb")):
        (tmp_path / str(n)).mkdir()
        path = tmp_path / str(n) / name
        path.write_bytes(make(definition(kind, place), tmp_path / str(n)))
        with pytest.raises(FormatError, match=r"autre fichier \("):
            read(path)
    assert listener.asked == []


@pytest.mark.parametrize("kind", GRID)
def test_a_crs_of_the_study_that_names_a_file_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(collection())
    file = LayerFile("places", path, path.name, "vector", crs=definition(kind, "/etc/passwd"))
    with pytest.raises(FormatError, match=r"a\.geojson.*/etc/passwd"):
        readers.read(file, crs=CRS, communes=())


def test_a_projjson_that_names_a_file_is_refused(tmp_path: Path, secrets: dict[str, Path]) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet(bound(secrets["secret.csv"])))
    with pytest.raises(FormatError, match="autre fichier"):
        read(path)


@pytest.mark.parametrize("code", [2154, 3857, 27572, 4275, 3944])
def test_a_crs_that_names_no_path_is_read(code: int, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"category": ["stop"], "name": ["file=/x, init a/b, grids"]},
        geometry=[shapely.Point(2.3, 49.89)], crs=4326,
    ).to_crs(code)  # fmt: skip
    for name in ("a.geojson", "a.gpkg", "a.fgb", "a.parquet"):
        path = tmp_path / name
        frame.to_parquet(path) if name.endswith("parquet") else frame.to_file(path)
        assert len(read(path)[0]) == 1
    crs_references.check_texts(
        ["+proj=longlat +nadgrids=ntf_r93.gsb", "+proj=merc +nadgrids=@null", "+init=epsg:2154"]
    )


def _parts(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def read(path: Path, format_: str = "vector", layer: str = "places") -> Any:
    file = LayerFile(layer, path, path.name, format_)
    return readers.read(file, crs=CRS, communes=("80021",))


@pytest.mark.parametrize("case", POLYGLOTS)
def test_a_polyglot_opens_nothing_and_reads_nothing_else(
    case: str, tmp_path: Path, listener: Listener, secrets: dict[str, Path]
) -> None:
    name, make, refused = POLYGLOTS[case]
    path = tmp_path / "study" / name
    path.parent.mkdir()
    path.write_bytes(make(listener.url, secrets, tmp_path))
    shown = ""
    if refused:
        with pytest.raises(FoncierError) as error:
            read(path)
        shown = str(error.value)
        assert path.name in shown
        assert error.value.exit_code in (2, 3, 4)
    else:
        frame, report = read(path)
        shown = frame.to_json() + str(report)
        assert len(frame) == 1
    assert listener.asked == []
    assert SECRET not in shown


@pytest.mark.parametrize("case", ["edigeo", "pbf", "xml"])
def test_other_formats_open_nothing(
    case: str, tmp_path: Path, listener: Listener, secrets: dict[str, Path]
) -> None:
    if case == "edigeo":
        good = every()["edigeo-25354000AB01.tar.bz2"]
        parts = {n: d.replace(b"GONSA02:SE", b"GONSA06:../../x") for n, d in good.parts.items()}
        name, data, format_, layer = good.name, good.pack(parts), "edigeo", "parcels"
    elif case == "pbf":
        name, format_, layer = "a.osm.pbf", "osm-pbf", "places"
        data = vrt(secrets["secret.csv"]).encode()
    else:
        doctype = f'<!DOCTYPE osm SYSTEM "{listener.url}/osm.dtd">'.encode()
        name, format_, layer = "a.osm", "osm-xml", "places"
        data = OSM.replace(b"<osm", doctype + b"<osm", 1)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FormatError, match=name):
        read(tmp_path / name, format_, layer)
    assert listener.asked == []


def raster_vrt(source: str) -> bytes:
    return (
        '<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="Float32" band="1">'
        f"<SimpleSource><SourceFilename>{source}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    ).encode()


@pytest.mark.parametrize("beside", ["ovr", "msk", "aux.xml"])
def test_files_beside_a_dem_are_not_opened(beside: str, tmp_path: Path, listener: Listener) -> None:
    other = raster_vrt(f"/vsicurl/{listener.url}/a.tif")
    if beside == "aux.xml":
        other = (
            '<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/'
            f"{listener.url}/o.tif</MDI></Metadata></PAMDataset>"
        ).encode()
    (tmp_path / "relief.tif").write_bytes(hill())
    (tmp_path / f"relief.tif.{beside}").write_bytes(other)
    file = LayerFile("elevation", tmp_path / "relief.tif", "relief.tif", "geotiff")
    dem, _ = read_dem(file, crs=CRS)
    assert np.isfinite(dem.heights_m).any()
    assert listener.asked == []


def test_a_dem_whose_overviews_are_elsewhere_is_refused(
    tmp_path: Path, secrets: dict[str, Path]
) -> None:
    path = tmp_path / "relief.tif"
    path.write_bytes(hill())
    with rasterio.open(path, "r+") as raster:
        raster.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(secrets["secret.tif"]))
    file = LayerFile("elevation", path, "relief.tif", "geotiff")
    with pytest.raises(FormatError, match=r"relief\.tif"):
        read_dem(file, crs=CRS)


def test_a_world_file_still_places_a_dem(tmp_path: Path) -> None:
    path = tmp_path / "relief.tif"
    path.write_bytes(hill())
    with rasterio.open(path) as raster:
        profile, heights = raster.profile, raster.read()
    transform = profile.pop("transform")
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(path, "w", **profile) as raster,
    ):
        raster.write(heights)
    a, b, c, d, e, f, *_ = transform
    lines = (a, d, b, e, c + a / 2, f + e / 2)
    path.with_suffix(".tfw").write_text("\n".join(map(str, lines)))
    (tmp_path / "relief.tif.ovr").write_bytes(raster_vrt("/nowhere.tif"))
    file = LayerFile("elevation", path, "relief.tif", "geotiff")
    dem, _ = read_dem(file, crs=CRS)
    assert (dem.west_m, dem.north_m) == (c, f)


def test_a_table_beside_a_view_is_read(tmp_path: Path) -> None:
    def change(base: sqlite3.Connection) -> None:
        base.execute(f"CREATE VIEW v AS {ENDLESS.replace('kept', 't')}")
        for listed in ("gpkg_contents", "gpkg_geometry_columns"):
            columns = [n for _, n, *_ in base.execute(f"PRAGMA table_info({listed})")]
            chosen = ["'v'" if n in ("table_name", "identifier") else n for n in columns]
            base.execute(f"INSERT INTO {listed} SELECT {', '.join(chosen)} FROM {listed}")

    path = tmp_path / "two.gpkg"
    path.write_bytes(table(tmp_path, change))
    assert geopackage.layers(path) == {"t": True, "v": False}
    file = LayerFile("places", path, path.name, "vector", sublayer="t")
    assert len(readers.read(file, crs=CRS, communes=())[0]) == 1


def test_gdal_is_as_before_once_files_are_read(tmp_path: Path) -> None:
    before = pyogrio.list_drivers()
    path = tmp_path / "a.geojson"
    path.write_bytes(collection())
    for _ in range(3):
        read(path)
    assert pyogrio.list_drivers() == before
    assert pyogrio.get_gdal_config_option("GDAL_SKIP") is None
    pd.DataFrame({"a": [1]}).to_csv(tmp_path / "a.csv")
    assert len(pyogrio.read_dataframe(tmp_path / "a.csv")) == 1


def test_nested_and_parallel_readings_stay_confined() -> None:
    drivers: list[set[str]] = []

    def nested() -> None:
        with gdal.confined(), gdal.confined():
            drivers.append(set(pyogrio.list_drivers()))

    threads = [threading.Thread(target=nested) for _ in range(8)]
    with gdal.confined():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        drivers.append(set(pyogrio.list_drivers()))
    assert len(drivers) == 9
    assert all(found <= gdal.DRIVERS for found in drivers)
