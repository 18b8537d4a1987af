"""``new``, ``fetch``, ``check`` and ``run`` where codes, references and coordinates are not usual.

A commune nouvelle, Corsica, La Réunion: each with a small made-up cadastre, over the services as
they redirect in 2026.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from foncier.cli import app

from .conftest import ARCHIVE, LOVAC, OWNERS, PERMIT_FILES, PERMITS, attachments
from .conftest import packed as zipped
from .replay import OVERPASS, RNB, Replay
from .test_from_an_empty_folder import cadastre, features, mirror, overpass, packed

if TYPE_CHECKING:
    from collections.abc import Iterator

run = CliRunner().invoke
ONLY = "cadastre,osm,zonage,lovac,permis,proprietaires,dvf,rnb,servitudes,prescriptions"


@dataclass(frozen=True)
class Place:
    """A commune, and how registers write it.

    ``prefix``: of its parcels, that of a former commune. ``former``: its code before.
    """

    name: str
    code: str
    x: float
    y: float
    epsg: int = 2154
    prefix: str = "000"
    former: str = ""
    department: str = ""

    @property
    def folder(self) -> str:
        """Folder of its département in the addresses of the cadastre and of DVF."""
        return self.department or self.code[:2]

    @property
    def owned(self) -> tuple[str, str]:
        """Code of its département in the name of the owners' file, and of the commune in it."""
        return self.folder, self.code[2:]


PLACES = {
    "commune nouvelle": Place(
        "Valserhône", "01033", 909_000, 6_560_000, prefix="205", former="01205"
    ),
    "Corse": Place("Ajaccio", "2A004", 1_178_000, 6_110_000),
    "La Réunion": Place("Saint-Denis", "97411", 338_000, 7_690_000, 2975, department="974"),
}


def ground(place: Place) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Parcels 1 to 12, of which 10 to 12 are bare, and the buildings."""
    plots = [
        shapely.box(place.x + 30 * n, place.y, place.x + 30 * n + 30, place.y + 40)
        for n in range(1, 13)
    ]
    rows = {
        "id": [f"{place.code}{place.prefix}AB{n:04}" for n in range(1, 13)],
        "commune": place.code,
        "prefixe": place.prefix,
        "section": "AB",
        "numero": [str(n) for n in range(1, 13)],
        "contenance": 1200,
    }
    parcels = gpd.GeoDataFrame(rows, geometry=plots, crs=place.epsg)
    houses = [shapely.buffer(shapely.centroid(plot), 9, cap_style="square") for plot in plots[:9]]
    built = {"type": "01", "nom": None, "commune": place.code}
    return parcels, gpd.GeoDataFrame(built, index=range(9), geometry=houses, crs=place.epsg)


def serve(replay: Replay, place: Place) -> None:
    """Everything that the services have of a place."""
    parcels, houses = ground(place)
    cadastre(replay, place.code, "parcelles", packed(parcels), department=place.folder)
    cadastre(replay, place.code, "batiments", packed(houses), department=place.folder)
    west, south, east, north = parcels.total_bounds
    street = shapely.LineString([(west, south - 5), (east, south - 5)])
    replay.files[OVERPASS] = overpass(gpd.GeoDataFrame(geometry=[street], crs=place.epsg))
    area = gpd.GeoDataFrame(
        {"typezone": ["U"]}, geometry=[shapely.box(west, south, east, north)], crs=place.epsg
    )
    replay.features = [{**features(area)[0], "id": "zone_urba.1"}]
    rates = "CODGEO_26;LIBGEO_26;pp_vacant_plus_2ans_26;ff_pp_total_25\n"
    replay.dataset(LOVAC, "lovac-communes.csv", f"{rates}{place.code};X;9;300\n".encode())
    for file in PERMIT_FILES:
        replay.files[PERMITS.format(file)] = permit(place)
    department, commune = place.owned
    replay.files[OWNERS] = attachments()
    for name in (ARCHIVE, ARCHIVE.replace("57_a_976", "01_a_56")):
        table = owner(department, commune, place)
        replay.files[name] = zipped(**{f"PM_25_NB_{department}0.csv": table})
    for year in (2024, 2025):
        path = f"/files.data.gouv.fr/geo-dvf/latest/csv/{year}/communes/{place.folder}/"
        replay.files[f"{path}{place.code}.csv"] = sale(place, year)
    point = gpd.GeoSeries([parcels.geometry.iloc[2].centroid], crs=place.epsg).to_crs(4326)[0]
    shape = {"type": "Point", "coordinates": [point.x, point.y]}
    replay.lists[RNB] = [{"rnb_id": "A1", "status": "notUsable", "point": shape, "shape": shape}]


def sale(place: Place, year: int) -> bytes:
    """A sale of the second parcel; DVF keeps the code of before the communes were merged."""
    head = "id_mutation,date_mutation,nature_mutation,code_commune,id_parcelle,type_local\n"
    code = place.former or place.code
    return f"{head}1,{year}-03-01,Vente,{code},{code}000AB0002,Maison\n".encode()


def permit(place: Place) -> bytes:
    head = "COMM;TYPE_DAU;NUM_DAU;ETAT_DAU;DATE_REELLE_AUTORISATION;SEC_CADASTRE1;NUM_CADASTRE1\n"
    return f"{head}{place.code};PC;0{place.code}25A0012;2;2025-03-01;AB;11\n".encode()


def owner(department: str, commune: str, place: Place) -> str:
    head = (
        "Département;Code Direction;Code Commune;Nom de la commune;Préfixe;Section;N° plan;SUF;"
        "Code droit - par;N° Majic - par;N° SIREN - par;Groupe personne - par;"
        "Forme juridique - par;Dénomination - par\n"
    )
    prefix = "" if place.prefix == "000" else place.prefix
    return f"{head}{department};0;{commune};X;{prefix};AB;0012;;P;PBB1;1;4 - Commune;COM;LA VILLE\n"


@pytest.fixture
def replay() -> Iterator[Replay]:
    """A server without any answer."""
    with Replay() as one:
        yield one


@pytest.mark.parametrize("kind", PLACES)
def test_four_commands(
    kind: str, replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = PLACES[kind]
    serve(replay, place)
    result = run(app, ["new", "ici", "--commune", place.code])
    assert result.exit_code == 0, result.output
    assert place.name in result.output
    mirror(Path("layers/ici"), replay)
    result = run(app, ["fetch", "layers/ici", "--only", ONLY])
    assert result.exit_code == 0, result.output
    result = run(app, ["check", "layers/ici"])
    assert result.exit_code == 0, result.output
    assert f"{place.name} ({place.code})" in result.output
    result = run(app, ["run", "layers/ici", "-q"])
    assert result.exit_code == 0, result.output
    kept: dict[str, int] = {}
    for one in json.loads(Path("maps/ici/manifest.json").read_text(encoding="utf-8"))["inputs"]:
        kept[one["layer"]] = kept.get(one["layer"], 0) + one["rows_kept"]
    expected = {"parcels": 12, "buildings": 9, "zones": 1, "vacancy_rates": 1, "owners": 1}
    assert {layer: kept[layer] for layer in expected} == expected
    assert (kept["permits"], kept["observations"]) == (1, 2)  # the sale and the unusable building
    found = gpd.read_file("maps/ici/opportunites.gpkg", layer="opportunites")
    plots = found[found["kind"] == "dent_creuse"].sort_values("parcel_ids")
    assert found.crs.to_epsg() == place.epsg
    assert plots["parcel_ids"].tolist() == [f"{place.code}{place.prefix}AB001{n}" for n in range(3)]
    assert plots["owner_types"].tolist()[2] == "commune"
    assert plots["permit_kind"].notna().tolist() == [False, True, False]
    assert plots.geometry.area.round().tolist() == [1200.0] * 3
