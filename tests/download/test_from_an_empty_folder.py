"""``new``, ``fetch`` and ``run`` from an empty folder, over services that redirect as in 2026."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from foncier.cli import app

from .conftest import LOVAC, PERMIT_FILES, PERMITS
from .replay import OVERPASS, Replay

if TYPE_CHECKING:
    from collections.abc import Iterator

run = CliRunner().invoke
STORE = "cadastre.s3.rbx.io.cloud.ovh.net:443"
X, Y = 844_000.0, 6_519_000.0  # in Lyon
ONLY = "cadastre,osm,zonage,lovac,permis,dvf"


@pytest.fixture
def replay() -> Iterator[Replay]:
    """A server without any answer."""
    with Replay() as one:
        yield one


def cadastre(replay: Replay, commune: str, kind: str, body: bytes, department: str = "") -> None:
    """Serve a file of the cadastre as its site does: a redirection to its storage, by edition."""
    name = f"cadastre-{commune}-{kind}.json.gz"
    path = f"{department or commune[:2]}/{commune}/{name}"
    site = f"/cadastre.data.gouv.fr/data/etalab-cadastre/latest/geojson/communes/{path}"
    store = f"/{STORE}/etalab-cadastre/2026-06-01/geojson/communes/{path}"
    replay.files[store] = body
    replay.fail(site, times=999, status=302, headers={"Location": f"https:/{store}"})


def features(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_crs(4326).to_json())["features"]
    return rows


def packed(frame: gpd.GeoDataFrame) -> bytes:
    text = json.dumps({"type": "FeatureCollection", "features": features(frame)})
    return gzip.compress(text.encode(), mtime=0)


def overpass(streets: gpd.GeoDataFrame) -> bytes:
    """Streets as Overpass writes them."""
    lines = streets.to_crs(4326).explode().geometry
    nodes: list[str] = []
    ways = []
    for way, line in enumerate(lines, start=1):
        refs = []
        for lon, lat in shapely.get_coordinates(line):
            nodes.append(f'<node id="{len(nodes) + 1}" lat="{lat:.7f}" lon="{lon:.7f}"/>')
            refs.append(f'<nd ref="{len(nodes)}"/>')
        tags = '<tag k="highway" v="residential"/>'
        ways.append(f'<way id="{way}">{"".join(refs)}{tags}</way>')
    body = "".join([*nodes, *ways])
    return f'<?xml version="1.0"?><osm version="0.6">{body}</osm>\n'.encode()


def mirror(folder: Path, replay: Replay) -> None:
    toml = folder / "study.toml"
    asked = f'\n[fetch]\nmirror = "{replay.address}"\ninsecure = true\n'
    toml.write_text(toml.read_text(encoding="utf-8") + asked, encoding="utf-8")


def opportunities(folder: Path) -> pd.DataFrame:
    table = gpd.read_file(folder / "opportunites.gpkg", layer="opportunites")
    return pd.DataFrame(table.drop(columns="geometry"))


@pytest.mark.real
def test_the_real_files_of_ennezat(
    replay: Replay, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ennezat = real_data / "ennezat"
    for kind in ("parcelles", "batiments"):
        body = (ennezat / f"cadastre-63148-{kind}.json.gz").read_bytes()
        cadastre(replay, "63148", kind, body)
    zones = features(gpd.read_file(ennezat / "zone-urba-u.geojson"))
    replay.features = [{**row, "id": f"zone_urba.{n}"} for n, row in enumerate(zones)]
    streets = gpd.read_file(ennezat / "ennezat.gpkg", layer="axe_voirie")
    replay.files[OVERPASS] = overpass(streets)
    result = run(app, ["new", "--commune", "Ennezat"])
    assert result.exit_code == 0, result.output
    mirror(Path("layers/ennezat"), replay)
    result = run(app, ["fetch", "layers/ennezat", "--only", "cadastre,osm,zonage"])
    assert result.exit_code == 0, result.output
    result = run(app, ["run", "layers/ennezat"])
    assert result.exit_code == 0, result.output
    assert "Ennezat (63148)" in result.output
    made = json.loads(Path("maps/ennezat/manifest.json").read_text(encoding="utf-8"))
    read = {one["layer"]: one for one in made["inputs"]}
    assert (read["parcels"]["rows_kept"], read["buildings"]["rows_kept"]) == (2243, 2299)
    assert read["zones"]["rows_kept"] == 16
    # The edition is that of the storage, not the day of the download.
    assert read["parcels"]["vintage"] == "2026-06-01"
    assert (opportunities(Path("maps/ennezat"))["kind"] == "dent_creuse").sum() > 10


def arrondissement(code: str, nth: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Made-up parcels of an arrondissement, 1 to 9 built, 10 to 12 bare; and their buildings."""
    left, low = X, Y + 100 * nth
    plots = [shapely.box(left + 30 * n, low, left + 30 * n + 30, low + 40) for n in range(1, 13)]
    rows = {
        "id": [f"{code}000AB{n:04}" for n in range(1, 13)],
        "commune": code,
        "prefixe": "000",
        "section": "AB",
        "numero": [str(n) for n in range(1, 13)],
        "contenance": 1200,
    }
    houses = [
        shapely.box(left + 30 * n + 5, low + 5, left + 30 * n + 25, low + 30) for n in range(1, 10)
    ]
    built = {"type": "01", "nom": None, "commune": code}
    return (
        gpd.GeoDataFrame(rows, geometry=plots, crs=2154),
        gpd.GeoDataFrame(built, index=range(9), geometry=houses, crs=2154),
    )


@pytest.mark.parametrize(
    ("commune", "served"),
    [("Lyon 3e Arrondissement", ["69383"]), ("Lyon", [str(n) for n in range(69381, 69390)])],
)
def test_a_district_and_the_whole_of_lyon(
    commune: str,
    served: list[str],
    replay: Replay,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    streets = []
    for nth, code in enumerate(served):
        plots, houses = arrondissement(code, nth)
        cadastre(replay, code, "parcelles", packed(plots))
        cadastre(replay, code, "batiments", packed(houses))
        west, south, east, _ = plots.total_bounds
        streets.append(shapely.LineString([(west, south - 5), (east, south - 5)]))
        for year in (2024, 2025):
            path = f"/files.data.gouv.fr/geo-dvf/latest/csv/{year}/communes/69/{code}.csv"
            replay.files[path] = sale(code, year)
    replay.files[OVERPASS] = overpass(gpd.GeoDataFrame(geometry=streets, crs=2154))
    area = shapely.box(X, Y - 100, X + 500, Y + 1000)
    zone = features(gpd.GeoDataFrame({"typezone": ["U"]}, geometry=[area], crs=2154))[0]
    replay.features = [{**zone, "id": "zone_urba.1"}]
    rates = "CODGEO_26;LIBGEO_26;pp_vacant_plus_2ans_26;ff_pp_total_25\n69123;Lyon;9000;300000\n"
    replay.dataset(LOVAC, "lovac-communes.csv", rates.encode())
    for file in PERMIT_FILES:
        replay.files[PERMITS.format(file)] = permit()
    result = run(app, ["new", "lyon", "--commune", commune])
    assert result.exit_code == 0, result.output
    mirror(Path("layers/lyon"), replay)
    result = run(app, ["fetch", "layers/lyon", "--only", ONLY])
    assert result.exit_code == 0, result.output
    result = run(app, ["run", "layers/lyon", "-q"])
    assert result.exit_code == 0, result.output
    made = json.loads(Path("maps/lyon/manifest.json").read_text(encoding="utf-8"))
    kept: dict[str, int] = {}
    for one in made["inputs"]:
        kept[one["layer"]] = kept.get(one["layer"], 0) + one["rows_kept"]
    assert kept["parcels"] == 12 * len(served)
    assert kept["vacancy_rates"] >= 1
    # The permit of the city lies in the third arrondissement, by its number.
    assert kept["permits"] == 1
    assert kept["observations"] == len(served)
    found = opportunities(Path("maps/lyon"))
    plots_found = found.loc[found["kind"] == "dent_creuse", "commune"]
    assert set(plots_found) == set(served)


def sale(code: str, year: int) -> bytes:
    head = "id_mutation,date_mutation,nature_mutation,code_commune,id_parcelle,type_local\n"
    return f"{head}{code}-1,{year}-03-01,Vente,{code},{code}000AB0002,Maison\n".encode()


def permit() -> bytes:
    head = "COMM;TYPE_DAU;NUM_DAU;ETAT_DAU;DATE_REELLE_AUTORISATION;SEC_CADASTRE1;NUM_CADASTRE1\n"
    return f"{head}69123;PC;06938325A0012;2;2025-03-01;AB;10\n".encode()
