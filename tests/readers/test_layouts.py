"""Layouts by source and year: each edition has a sample, which is read as it says."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely

from foncier import readers
from foncier.errors import FormatError
from foncier.model import LayerFile
from foncier.readers import columns, layouts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CRS = pyproj.CRS.from_epsg(2154)
X, Y = 650_000.0, 6_977_000.0
PLOT = shapely.box(X, Y, X + 20, Y + 30)
LINE = shapely.LineString([(X, Y), (X + 20, Y)])
# Layout, layer, format; shapes of the layers that have some.
READERS = {
    "parcels": ("parcels", "vector", PLOT),
    "buildings": ("buildings", "vector", PLOT),
    "streets": ("streets", "lines", LINE),
    "dvf": ("observations", "dvf", None),
    "dpe": ("observations", "dpe", None),
    "sirene": ("observations", "sirene", None),
    "sitadel": ("permits", "sitadel", None),
    "personnes-morales": ("owners", "personnes-morales", None),
    "ocs-ge": ("artificial_land", "ocs-ge", PLOT),
    "lovac": ("vacancy_rates", "lovac", None),
}
NAMES = sorted(
    path.name.removesuffix(".toml")
    for path in files("foncier.readers").joinpath("layout_files").iterdir()
)
SAMPLES = [
    pytest.param(name, sample, id=f"{name}-{edition['since']}-{n}")
    for name in NAMES
    for edition in layouts.editions(name)
    for n, sample in enumerate(edition.get("sample", []))
]
PARCELS = gpd.GeoDataFrame(
    {"parcel_id": ["80021000AB0012", "800210000A0012"]}, geometry=[PLOT, PLOT], crs=CRS
)


def read(layer: str, format_: str, frame: Any, **given: Any) -> tuple[Any, Any]:
    file = LayerFile(layer, "", "échantillon", format_, frame=frame, **given)  # type: ignore[arg-type]
    return readers.read(file, crs=CRS, communes=(), parcels=PARCELS)


@pytest.mark.parametrize("name", NAMES)
def test_every_edition_is_dated_and_has_a_sample(name: str) -> None:
    assert name in READERS
    for edition in layouts.editions(name):
        assert edition["since"].isdigit()
        assert edition["seen"]
        assert edition["sample"]
    years = [
        edition["since"]
        for edition in layouts.editions(name)
        if "any" not in edition.get("source", "")
    ]
    assert years == sorted(years, reverse=True)


@pytest.mark.parametrize(("name", "sample"), SAMPLES)
def test_a_sample_of_each_edition(name: str, sample: dict[str, Any]) -> None:
    layer, format_, shape = READERS[name]
    frame: Any = pd.DataFrame([sample["cells"]])
    if shape is not None:
        frame = gpd.GeoDataFrame(frame, geometry=[shape], crs=CRS)
    table, _ = read(layer, format_, frame)
    found = table[list(sample["expect"])].to_dict("records")
    assert found == [pytest.approx(sample["expect"]) if name == "lovac" else sample["expect"]]


@pytest.mark.parametrize("first", [True, False])
def test_the_column_whose_cells_are_ids_wins(first: bool) -> None:
    cells = {"id": "parcelle.5001", "idu": "80021000AB0012", "parcelle": "12"}
    frame = pd.DataFrame([cells])[list(cells) if first else list(cells)[::-1]]
    table, report = read("parcels", "vector", gpd.GeoDataFrame(frame, geometry=[PLOT], crs=CRS))
    assert table["parcel_id"].tolist() == ["80021000AB0012"]
    assert report.notes == ()


@pytest.mark.parametrize("name", ["REF_CAD", "N° parcelle", "Code parcelle", "id_parcell", "cad"])
def test_an_id_under_another_name(name: str) -> None:
    frame = gpd.GeoDataFrame({"fid": [7], name: ["80021000AB0012"]}, geometry=[PLOT], crs=CRS)
    assert read("parcels", "vector", frame)[0]["parcel_id"].tolist() == ["80021000AB0012"]


def test_most_ids_win_and_the_study_decides() -> None:
    rows = {"id": ["80021000AB0012", "x", "y"], "idu": [f"80021000AC{n:04d}" for n in (1, 2, 3)]}
    shapes = [shapely.box(X + 30 * n, Y, X + 30 * n + 20, Y + 30) for n in range(3)]
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)
    assert set(read("parcels", "vector", frame)[0]["parcel_id"]) == set(rows["idu"])
    chosen, _ = read("parcels", "vector", frame, columns={"parcel_id": "id"})
    assert set(chosen["parcel_id"]) == set(rows["id"])


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"position_par_rapport_au_sol": "1"}, 1),
        ({"position_par_rapport_au_sol": "-4"}, -4),
        ({"position_p": "2"}, 2),  # the name as a Shapefile cuts it
        ({"POS_SOL": "0"}, 0),
        ({"POS_SOL": 1}, 1),
        ({"position_par_rapport_au_sol": "Gué ou radier"}, 0),
        ({"FRANCHISST": "Tunnel"}, -1),
        ({"position_par_rapport_au_sol": "zorglub"}, 0),
    ],
)
def test_levels_of_bd_topo(cells: dict[str, Any], expected: int) -> None:
    frame = gpd.GeoDataFrame([{"nature": "Sentier", **cells}], geometry=[LINE], crs=CRS)
    assert read("streets", "lines", frame)[0]["level"].tolist() == [expected]


@pytest.mark.parametrize("column", ["etat_de_l_objet", "ETAT", "etat_de_l_"])
@pytest.mark.parametrize("state", ["En projet", "En construction"])
def test_what_is_planned_is_no_street_and_no_building(column: str, state: str) -> None:
    for layer, format_, shape in (("streets", "lines", LINE), ("buildings", "vector", PLOT)):
        rows = [{"cleabs": "A", column: "En service"}, {"cleabs": "B", column: state}]
        table, report = read(
            layer, format_, gpd.GeoDataFrame(rows, geometry=[shape, shape], crs=CRS)
        )
        assert table.iloc[:, 0].tolist() == ["A"]
        assert any(note.effect == "dropped" for note in report.notes)


@pytest.mark.parametrize(
    ("cells", "modes"),
    [
        ({}, (True, True, True)),
        ({"nature": "Bac ou liaison maritime"}, (False, False, False)),
        ({"acces_pieton": "Physiquement impossible"}, (False, True, True)),
        ({"ACCES_VL": "Restreint aux ayants droit"}, (True, True, False)),
        ({"acces_vehicule_leger": "A péage"}, (True, True, True)),
    ],
)
def test_access_of_bd_topo(cells: dict[str, str], modes: tuple[bool, ...]) -> None:
    rows = [{"nature": "Route à 1 chaussée", **cells}]
    table, _ = read("streets", "lines", gpd.GeoDataFrame(rows, geometry=[LINE], crs=CRS))
    assert tuple(table[["walk", "bike", "drive"]].iloc[0]) == modes


def test_names_differ_in_accents_spaces_and_case() -> None:
    assert columns.plain_name("N° Plan (x)") == "n plan"
    frame = gpd.GeoDataFrame(
        {"Code INSEE": ["80021"], "SECTION": ["A"], "Numéro": [12.0]}, geometry=[PLOT], crs=CRS
    )
    assert read("parcels", "vector", frame)[0]["parcel_id"].tolist() == ["800210000A0012"]


def test_a_sale_without_parcel_column_is_refused(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "d.csv"
    path.write_text("id_mutation;valeur\n1;2\n", encoding="utf-8")
    with pytest.raises(FormatError, match="observed_on"):
        read("observations", "dvf", path)


CODE_PAGES = [
    ("cp1252", None),
    ("cp1252", "ANSI 1252"),
    ("cp1252", "ANSI"),
    ("cp1252", "UTF-8"),
    ("cp1252", "zorglub"),
    ("cp850", None),
    ("utf-8", "UTF-8"),
    ("utf-8", None),
    ("utf-8", "ISO-8859-1"),
    ("utf-8", "ANSI 1252"),
]


def test_a_shapefile_without_a_known_encoding(tmp_path: Path, read: Callable[..., Any]) -> None:
    """No .cpg, a wrong one, `ANSI`: accents are those of Windows-1252 or UTF-8."""
    for encoding, declared in CODE_PAGES:
        path = tmp_path / f"{encoding}-{declared}.shp"
        frame = gpd.GeoDataFrame(
            {"typezone": ["U"], "libelle": ["Zone d'équipement à Abbé"]}, geometry=[PLOT], crs=CRS
        )
        frame.to_file(path, encoding=encoding)
        path.with_suffix(".cpg").unlink(missing_ok=True)
        if declared:
            path.with_suffix(".cpg").write_text(declared, encoding="ascii")
        table, _ = read("zones", "vector", path)
        assert table["label"].tolist() == ["Zone d'équipement à Abbé"], (encoding, declared)


@pytest.mark.parametrize("state", ["construction", "proposed", "planned"])
def test_a_planned_street_of_openstreetmap_is_no_street_yet(state: str, tmp_path: Path) -> None:
    path = tmp_path / "voies.gpkg"
    ways = [shapely.LineString([(650_000, y), (650_100, y)]) for y in (6_977_000, 6_977_050)]
    cells = {"osm_id": ["1", "2"], "highway": ["service", state]}
    gpd.GeoDataFrame(cells, geometry=ways, crs=2154).to_file(path)
    file = LayerFile("streets", path, path.name, "lines")
    table, report = readers.read(file, crs=pyproj.CRS.from_epsg(2154), communes=())
    assert list(table["street_id"]) == ["1"]
    assert any(note.effect == "dropped" for note in report.notes)
