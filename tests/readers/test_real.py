"""The readers on the real open data, with the traps that are really in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier import readers
from foncier.crs import legal_crs
from foncier.readers import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.real
LAMBERT_93 = legal_crs("80021")


def dropped(report: Any) -> int:
    return sum(note.count for note in report.notes if note.effect == "dropped")


def test_the_cadastre_of_a_whole_commune(real_data: Path, read: Callable[..., Any]) -> None:
    folder = real_data / "ennezat"
    parcels, report = read(
        "parcels",
        "etalab-cadastre",
        folder / "cadastre-63148-parcelles.json.gz",
        communes=("63148",),
    )
    assert (len(parcels), report.notes, report.crs) == (2243, (), "EPSG:4326")
    assert parcels["parcel_id"].str.fullmatch("63148000[A-Z0-9]{2}[0-9]{4}").all()
    buildings, report = read(
        "buildings", "etalab-cadastre", folder / "cadastre-63148-batiments.json.gz"
    )
    # 2 301 rows, of which two are exact copies of another one and merged.
    assert len(buildings) == buildings["building_id"].nunique() == 2299
    assert set(buildings["kind"]) == {"hard", "light"}
    assert dropped(report) == 2


def test_zones_announced_in_metres_inside_a_geojson(
    real_data: Path, read: Callable[..., Any]
) -> None:
    zones, report = read("zones", "vector", real_data / "ennezat" / "zone-urba-u.geojson")
    assert (len(zones), report.crs, set(zones["zone_type"])) == (16, "EPSG:2154", {"U"})


def test_garbled_accents_of_a_geopackage(real_data: Path, read: Callable[..., Any]) -> None:
    path = real_data / "ennezat" / "ennezat.gpkg"
    streets, _ = read("streets", "lines", path, sublayer="axe_voirie")
    assert len(streets) == 226
    assert "Allée des Peupliers" in set(streets["name"])
    assert not streets["name"].str.contains("Ã").any()


@pytest.mark.parametrize(("name", "count"), [("80021", 66), ("80", 632)])
def test_cartofriches(name: str, count: int, real_data: Path, read: Callable[..., Any]) -> None:
    path = real_data / "amiens" / f"friches-cartofriches-{name}.csv"
    table, _ = read("inventory", "cnig", path)
    assert len(table) == count
    # One producer of the file is a person's name: only the organisations come through.
    assert set(table["producer"].dropna()) <= {
        "ADUGA",
        "Ademe",
        "DDT 80",
        "Cerema",
        "Appel à projet Fonds Friches",
        "Contribution utilisateur",
        "Friche étude Ademe 2021",
    }
    assert {"ADUGA", "DDT 80", "Cerema"} <= set(table["producer"].dropna())
    assert not table.isin(["NA", "inconnu"]).any().any()
    assert table["activity"].str.len().max() <= 250


def test_the_sites_of_amiens_within_the_department(
    real_data: Path, read: Callable[..., Any]
) -> None:
    folder = real_data / "amiens"
    whole, _ = read(
        "inventory", "cnig", folder / "friches-cartofriches-80.csv", communes=("80021",)
    )
    alone, _ = read("inventory", "cnig", folder / "friches-cartofriches-80021.csv")
    assert whole["site_id"].tolist() == alone["site_id"].tolist()
    assert alone["site_type"].isna().sum() == 45


def test_streets_of_amiens(real_data: Path, read: Callable[..., Any]) -> None:
    streets, report = read("streets", "lines", real_data / "amiens" / "voirie-osm.geojson.gz")
    assert len(streets) == streets["street_id"].nunique() == 15513
    assert not (streets["name"] == "").any()
    assert set(streets["level"]) == {-1, 0, 1}
    assert any("without any footway" in note.text.en for note in report.notes)
    raw = files.vector(real_data / "amiens" / "voirie-osm.geojson.gz", shown="x")
    before, after = (
        len({tuple(xy) for xy in shapely.get_coordinates(f.geometry.to_numpy()).tolist()})
        for f in (raw, streets)
    )
    assert before == after  # no two points fell together, no shared vertex came apart


def test_waters_stations_residents_and_vacancy(real_data: Path, read: Callable[..., Any]) -> None:
    folder = real_data / "amiens"
    waters, _ = read(
        "constraints",
        "vector",
        folder / "eau-osm.geojson",
        constants={"kind": "water", "effect": "exclude"},
    )
    assert (len(waters), set(waters["effect"])) == (279, {"exclude"})
    velam, _ = read(
        "places", "latlon-json", folder / "velam-stations.json", constants={"category": "stop"}
    )
    assert (len(velam), set(velam["category"])) == (21, {"stop"})
    cells, _ = read("population", "vector", folder / "population-200m.geojson")
    assert len(cells) == 797
    lovac, _ = read(
        "vacancy_rates", "lovac", folder / "lovac-communes-2021.csv", communes=("80021",)
    )
    assert lovac.loc[0, ["commune", "dwellings", "rate_share"]].tolist() == ["80021", 56248, 0.03]


def test_openstreetmap_around_redon(real_data: Path, read: Callable[..., Any]) -> None:
    path = real_data / "osm-redon" / "redon.osm.gz"
    streets, _ = read("streets", "osm-xml", path)
    assert len(streets) > 350
    assert (streets["street_class"] == "footway").sum() > 100
    constraints, _ = read("constraints", "osm-xml", path)
    assert {"water", "railway", "parking", "school"} <= set(constraints["kind"])
    places, _ = read("places", "osm-xml", path)
    assert {"station", "stop", "shop", "public_service"} <= set(places["category"])
    signs, report = read("observations", "osm-xml", path)
    counts = signs["signal"].value_counts()
    assert (counts["disused:shop"], counts["shop=vacant"]) == (8, 1)
    assert counts["osm_in_use"] > 200
    assert dropped(report) > 0  # the file is cut at a box


def test_the_area_of_the_commune(real_data: Path) -> None:
    path = real_data / "amiens" / "commune-80021.geojson"
    area = readers.read_area(path, crs=LAMBERT_93, shown="commune")
    assert area.area == pytest.approx(50.4e6, rel=0.01)
