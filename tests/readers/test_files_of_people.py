"""Files as people send them: zips of a Mac, tables of a spreadsheet, broken Shapefiles."""

from __future__ import annotations

import gzip
import json
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyproj
import pytest
import shapely

from foncier import readers
from foncier.errors import ConfigError, CrsError, FormatError
from foncier.model import LayerFile
from foncier.readers import csv_text, zips
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Any]

CRS = pyproj.CRS.from_epsg(2154)
X, Y = 650_000.0, 6_977_000.0
IDS = [f"80021000AB{n:04d}" for n in (1, 2, 3)]
PREMISES = "nom;locaux;occupes;date;parcelles;code_insee\nHôtel;4;2;01/02/2024;AB 1;80021\n"


def layer(path: Path, **cells: Any) -> Path:
    shapes = [shapely.box(X + 20 * n, Y, X + 20 * n + 20, Y + 30) for n in range(3)]
    gpd.GeoDataFrame({"idu": IDS, **cells}, geometry=shapes, crs=2154).to_file(path)
    return path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def parts(shp: Path, stem: str) -> dict[str, bytes]:
    ends = ("shp", "shx", "dbf", "prj")
    return {f"{stem}.{end}": shp.with_suffix(f".{end}").read_bytes() for end in ends}


@pytest.fixture
def shp(tmp_path: Path) -> Path:
    return layer(tmp_path / "parcelles.shp")


def notes(report: Any, effect: str) -> list[str]:
    return [note.text.fr for note in report.notes if note.effect == effect]


def test_what_macos_adds_to_a_zip_is_no_layer(shp: Path, tmp_path: Path, read: Read) -> None:
    second = {f"__MACOSX/a/._{name}": b"\0\5\x16\7" for name in parts(shp, "p")}
    hidden = {"a/.DS_Store": b"x", "a/._p.shp": b"x"}
    path = zipped(tmp_path / "a.zip", {**parts(shp, "a/p"), **second, **hidden})
    assert len(read("parcels", "vector", path)[0]) == 3


@pytest.mark.parametrize("name", ["b", "B", "b.shp", "dossier/b.shp"])
def test_one_of_several_layers_in_a_zip(name: str, shp: Path, tmp_path: Path, read: Read) -> None:
    two = {**parts(shp, "dossier/a"), **parts(shp, "dossier/b")}
    path = zipped(tmp_path / "a.zip", two)
    with pytest.raises(ConfigError, match=r"a, b.*layer = "):
        read("parcels", "vector", path)
    with pytest.raises(ConfigError, match="la couche"):
        read("parcels", "vector", path, sublayer="c")
    assert len(read("parcels", "vector", path, sublayer=name)[0]) == 3


TEXTS: dict[str, bytes] = {
    "a.csv": PREMISES.encode(),
    "a.CSV": PREMISES.encode(),
    "a.txt": PREMISES.encode(),
    "a.tsv": PREMISES.replace(";", "\t").encode(),
    "a.txt.gz": gzip.compress(PREMISES.encode()),
    "a.tsv.gz": gzip.compress(PREMISES.replace(";", "\t").encode()),
}


def premises(path: Path, parcels: Any, **given: Any) -> tuple[Any, Any]:
    file = LayerFile("observations", path, path.name, "premises", **given)
    return readers.read(file, crs=CRS, communes=("80021",), parcels=parcels)


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = layer(tmp_path_factory.mktemp("cadastre") / "p.gpkg")
    file = LayerFile("parcels", path, path.name, "vector")
    return readers.read(file, crs=CRS, communes=("80021",))[0]


@pytest.mark.parametrize("name", TEXTS)
def test_a_table_by_its_name(name: str, tmp_path: Path, parcels: Any) -> None:
    path = tmp_path / name
    path.write_bytes(TEXTS[name])
    assert zips.is_table(path)
    assert list(premises(path, parcels)[0]["parcel_ids"]) == [IDS[0]]


def test_a_table_in_a_zip(tmp_path: Path, parcels: Any) -> None:
    text = PREMISES.encode()
    one = zipped(tmp_path / "a.zip", {"x/t.csv": text, "__MACOSX/x/._t.csv": b"x", "a.pdf": b"x"})
    assert list(premises(one, parcels)[0]["share"]) == [0.5]
    two = zipped(tmp_path / "b.zip", {"80.csv": text, "63.csv": b"nom;locaux;occupes\n"})
    with pytest.raises(ConfigError, match="80, 63"):
        premises(two, parcels)
    assert len(premises(two, parcels, sublayer="80")[0]) == 1


TABLES: dict[str, tuple[str, list[list[str]], int]] = {
    "a title": ("Liste au 1er janvier 2024;;\n;;\na;b;c\n1;2;3\n", [["1", "2", "3"]], 1),
    "a title without separators": ("Liste 2024\na;b;c\n1;2;3\n", [["1", "2", "3"]], 1),
    "two titles": ("Liste\nMairie\n\na;b;c\n1;2;3\n", [["1", "2", "3"]], 1),
    "blank cells before the header": (";;\n;;\na;b;c\n1;2;3\n", [["1", "2", "3"]], 0),
    "no title": ("a;b;c\n1;;\n", [["1", "", ""]], 0),
    "one column": ("a\n1\n2\n", [["1"], ["2"]], 0),
    "two columns have no title": ("a\nb;c\n", [], 0),
    "text kept from Excel": ('a;b;c\n="01";"=""02""";3\n', [["01", "02", "3"]], 0),
    "marks in the middle": ("a;b;c\n\ufeff1;2;3\n", [["1", "2", "3"]], 0),
    "a line break in a name": ('"a\nx";b;c\n1;2;3\n', [["1", "2", "3"]], 0),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_a_spreadsheet(name: str) -> None:
    text, cells, noted = TABLES[name]
    journal = Journal()
    try:
        rows = csv_text.table(text, "a.csv", journal).to_numpy().tolist()
    except FormatError:
        rows = []
    assert rows == cells
    assert len(journal.notes) == noted


def test_lines_of_another_encoding_than_the_rest() -> None:
    journal = Journal()
    text = "été\nà côté\n".encode() + "Hôtel\n".encode("cp1252") + "château".encode()
    assert csv_text.decode(text, "a.csv", journal) == "été\nà côté\nHôtel\nchâteau"
    assert [note.count for note in journal.notes] == [1]


def test_a_geojson_in_another_encoding(tmp_path: Path, read: Read) -> None:
    feature = {
        "type": "Feature",
        "properties": {"nom": "Collège été", "categorie": "école"},
        "geometry": {"type": "Point", "coordinates": [2.3, 49.9]},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
    path = tmp_path / "lieux.geojson"
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        path.write_bytes(text.encode(encoding))
        table, report = read("places", "vector", path)
        assert list(table["name"]) == ["Collège été"]
        assert len(notes(report, "assumed")) == (not encoding.startswith("utf-8"))


def test_shapes_without_a_row_are_listed(shp: Path, read: Read) -> None:
    dbf = shp.with_suffix(".dbf")
    whole = dbf.read_bytes()
    start, width = (int.from_bytes(whole[n : n + 2], "little") for n in (8, 10))
    stated = whole[:4] + (2).to_bytes(4, "little") + whole[8 : start + 2 * width] + b"\x1a"
    for cut in (stated, whole[: start + 2 * width + 3]):
        dbf.write_bytes(cut)
        table, report = read("parcels", "vector", shp)
        assert (len(table), notes(report, "dropped")[0][:28]) == (2, "objet du Shapefile sans lign")
    shp.with_suffix(".shx").unlink()
    with pytest.raises(FormatError, match=r"parcelles\.shx"):
        read("parcels", "vector", shp)


def test_windows_1252_that_is_stated_as_latin_1(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "lieux.shp"
    rows = {"categorie": ["école"], "nom": ["Sacré-Cœur"]}
    gpd.GeoDataFrame(rows, geometry=[shapely.Point(X, Y)], crs=2154).to_file(
        path, encoding="cp1252"
    )
    path.with_suffix(".cpg").write_text("ISO 88591", encoding="ascii")
    assert list(read("places", "vector", path)[0]["name"]) == ["Sacré-Cœur"]


@pytest.mark.parametrize("name", ["REFERENCE", "nationalCadastralReference", "Identifiant", "x"])
def test_a_column_of_ids_of_any_name(name: str, tmp_path: Path, read: Read) -> None:
    path = layer(tmp_path / "p.gpkg")
    frame = gpd.read_file(path).rename(columns={"idu": name}).assign(autre=["a", "b", "c"])
    frame.to_file(tmp_path / "q.gpkg")
    assert list(read("parcels", "vector", tmp_path / "q.gpkg")[0]["parcel_id"]) == IDS
    few = frame.assign(**{name: [IDS[0], "maison", "jardin"]})
    few.to_file(tmp_path / "r.gpkg")
    with pytest.raises(FormatError):
        read("parcels", "vector", tmp_path / "r.gpkg")


def test_ids_that_excel_destroyed_are_the_reason(tmp_path: Path, read: Read) -> None:
    path = layer(tmp_path / "p.gpkg")
    gpd.read_file(path).assign(idu="8,0021E+13").to_file(tmp_path / "q.gpkg")
    with pytest.raises(FormatError, match="Excel"):
        read("parcels", "vector", tmp_path / "q.gpkg")


@pytest.mark.parametrize("code", [2154, 3950, 4326, 27572])
def test_a_missing_crs_is_suggested(code: int, shp: Path, read: Read) -> None:
    gpd.read_file(shp).to_crs(code).to_file(shp)
    shp.with_suffix(".prj").unlink()
    with pytest.raises(CrsError, match=f'crs = "EPSG:{code}"'):
        read("parcels", "vector", shp)
    assert len(read("parcels", "vector", shp, crs=f"EPSG:{code}")[0]) == 3
