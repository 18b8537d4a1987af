"""How sure a place is: what geocoders and registers say of it, in every reader that has points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely

from foncier import readers
from foncier.model import LayerFile
from foncier.readers import geocoding

if TYPE_CHECKING:
    from pathlib import Path

CRS = pyproj.CRS.from_epsg(2154)
X, Y = 650_000.0, 6_977_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)
NAMES = list("abcdef")

# What the file says of the place of each row, and the level of it.
LEVELS: dict[str, tuple[list[str], list[str | None]]] = {
    "result_type": (
        ["housenumber", "street", "locality", "municipality", "city", ""],
        [None, "street", "street", "commune", "commune", None],
    ),
    "geo_type": (
        ["housenumber", "street", "locality.housenumber", "municipality", "village", ""],
        [None, "street", None, "commune", "commune", None],
    ),
    "qualite_xy": (
        ["11", "12.0", "21", "22", "33", "31"],
        [None, "street", None, "street", "commune", None],
    ),
    "statut_geocodage": (
        [
            "adresse géocodée ban à l'adresse",
            "adresse géocodée ban à la voie",
            "adresse non géocodée ban car aucune correspondance trouvée",
            "adresse géocodée ban à la commune",
            "Adresse brute",
            "",
        ],
        [None, "street", "commune", "commune", None, None],
    ),
    "Précision": (
        ["numéro dans la rue", "rue", "centroïde commune", "Parcelle", "code postal", "adresse"],
        [None, "street", "commune", None, "commune", None],
    ),
    "Addr_type": (
        ["PointAddress", "StreetAddress", "StreetName", "Postal", "POI", ""],
        [None, None, "street", "commune", None, None],
    ),
    "matchType": (
        ["Street number", "Street", "City", "Street enhanced", "None", ""],
        [None, "street", "commune", "street", None, None],
    ),
    "addresstype": (
        ["building", "road", "city", "village", "house_number", ""],
        [None, "street", "commune", "commune", None, None],
    ),
    "geocode_precision": (
        ["adresse exacte", "centroïde de rue", "centroïde de commune", "mairie", "bâtiment", ""],
        [None, "street", "commune", "commune", None, None],
    ),
    "location_type": (
        ["ROOFTOP", "RANGE_INTERPOLATED", "GEOMETRIC_CENTER", "APPROXIMATE", "", "ROOFTOP"],
        [None, None, "street", "commune", None, None],
    ),
    "result_status": (
        ["ok", "not-found", "skipped", "error", "", "ok"],
        [None, "commune", "commune", "commune", None, None],
    ),
    "result_score": (
        ["0.9", "0.49", "0,3", "1", "", "non"],
        [None, "commune", "commune", None, None, None],
    ),
    "geo_score": (
        ["95", "30", "100", "49", "50", ""],
        [None, "commune", None, "commune", None, None],
    ),
}
ROWS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sirene": ("observations", "observation_id", {"etatAdministratifEtablissement": "A"}),
    "dpe": ("observations", "observation_id", {"date_etablissement_dpe": "2023-01-01"}),
    "dvf": (
        "observations",
        "observation_id",
        {"date_mutation": "2023-01-01", "nature_mutation": "Vente", "type_local": "Maison"},
    ),
    "icpe": ("observations", "observation_id", {"etat_activite": "En exploitation"}),
    "premises": ("observations", "name", {"locaux": 4, "occupes": 2}),
    "survey": ("observations", "name", {"etat": "vacant"}),
    "casias": ("inventory", "site_id", {"etat_occupation": "friche"}),
}
IDS = {"sirene": "siret", "dpe": "numero_dpe", "dvf": "id_mutation", "icpe": "code_aiot"}
IDS |= {"premises": "nom", "survey": "nom", "casias": "identifiant_casias"}


def table(format_: str, **quality: list[str]) -> pd.DataFrame:
    cells = {IDS[format_]: NAMES, **ROWS[format_][2], **quality}
    points = [TO_DEGREES.transform(X + 20 * n, Y) for n in range(6)]
    frame = pd.DataFrame(cells)
    if format_ == "dpe":
        return frame.assign(_geopoint=[f"{lat},{lon}" for lon, lat in points])
    lon, lat = zip(*points, strict=True)
    return frame.assign(longitude=lon, latitude=lat)


def read(path: Path, layer: str, format_: str) -> tuple[Any, Any]:
    file = LayerFile(layer, path, path.name, format_)
    return readers.read(file, crs=CRS, communes=())


def places(frame: Any) -> list[float]:
    return sorted(((frame.geometry.x - X) / 20).round().tolist())


@pytest.mark.parametrize("column", LEVELS)
@pytest.mark.parametrize("format_", ROWS)
def test_a_point_of_a_street_or_a_commune_is_no_evidence(
    format_: str, column: str, tmp_path: Path
) -> None:
    words, levels = LEVELS[column]
    sure = [float(n) for n, level in enumerate(levels) if level is None]
    frame, path = table(format_, **{column: words}), tmp_path / "a.csv"
    if format_ == "casias" and column in ("result_status", "statut_geocodage"):
        pytest.skip("of its own geocoding, tested with its notes")
    frame.to_csv(path, sep=";", index=False)
    found, report = read(path, ROWS[format_][0], format_)
    assert places(found) == sure
    assert any("rue ou à la commune" in note.text.fr for note in report.notes)
    shapes = [shapely.Point(X + 20 * n, Y) for n in range(6)]
    drawn = gpd.GeoDataFrame(frame, geometry=shapes, crs=2154).drop(
        columns=["longitude", "latitude", "_geopoint"], errors="ignore"
    )
    drawn.to_file(tmp_path / "a.gpkg")
    assert places(read(tmp_path / "a.gpkg", ROWS[format_][0], format_)[0]) == sure


@pytest.mark.parametrize("column", LEVELS)
def test_places_of_a_street_stay_places_of_a_commune_do_not(column: str, tmp_path: Path) -> None:
    words, levels = LEVELS[column]
    rows = {"categorie": "école", "nom": NAMES, column: words}
    shapes = [shapely.Point(X + 20 * n, Y) for n in range(6)]
    gpd.GeoDataFrame(rows, geometry=shapes, crs=2154).to_file(tmp_path / "a.gpkg")
    found, _ = read(tmp_path / "a.gpkg", "places", "vector")
    assert places(found) == [float(n) for n, one in enumerate(levels) if one != "commune"]


def test_a_file_without_qualities_is_sure() -> None:
    assert geocoding.levels(pd.DataFrame({"lon": ["2.3"]})).isna().all()


def test_the_worst_of_several_qualities_counts() -> None:
    rows = pd.DataFrame(
        {
            "accuracy": ["housenumber", "housenumber", "street", None],
            "geocoded": ["ok", "not-found", "ok", "ok"],
            "score": ["0.9", "0.9", "0.2", "0.9"],
        }
    )
    assert geocoding.levels(rows).fillna("").tolist() == ["", "commune", "commune", ""]


def test_metres_in_columns_of_degrees(tmp_path: Path) -> None:
    rows = {"siret": ["1", "2"], "etat_administratif": "A", "x": [X, X + 20], "y": Y, "epsg": 2154}
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    found, report = read(tmp_path / "a.csv", "observations", "sirene")
    assert places(found) == [0.0, 1.0]
    assert "mètres" in report.notes[0].text.fr
