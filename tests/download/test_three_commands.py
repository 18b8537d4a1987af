"""``new``, ``fetch``, ``run`` from an empty folder, over services that redirect as in 2026."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
from typer.testing import CliRunner

from foncier.cli import app

from .conftest import BUILDINGS, FRICHES, LOVAC, PARCELS, osm
from .replay import OVERPASS

if TYPE_CHECKING:
    from .replay import Replay

run = CliRunner().invoke
CADASTRE = "/cadastre.data.gouv.fr/data/etalab-cadastre/latest/geojson/communes/"
STORE = "/cadastre.s3.rbx.io.cloud.ovh.net:443/etalab-cadastre/2026-06-01/geojson/communes/"


def put_cadastre(service: Replay, commune: str, parcels: bytes, buildings: bytes) -> None:
    """Cadastre of a commune in the storage of the service, to which its own site redirects."""
    for kind, body in (("parcelles", parcels), ("batiments", buildings)):
        name = f"{commune[:2]}/{commune}/cadastre-{commune}-{kind}.json.gz"
        service.files[STORE + name] = body
        where = {"Location": f"https:/{STORE}{name}"}
        service.fail(CADASTRE + name, times=999, status=302, headers=where)


def three_commands(service: Replay, commune: str, only: str) -> dict[str, dict[str, Any]]:
    """Run the three commands; layers of the manifest by name."""
    result = run(app, ["new", "ici", "--commune", commune])
    assert result.exit_code == 0, result.output
    toml = Path("layers/ici/study.toml")
    asked = f'\n[fetch]\nmirror = "{service.address}"\ninsecure = true\n'
    toml.write_text(toml.read_text(encoding="utf-8") + asked, encoding="utf-8")
    result = run(app, ["fetch", "layers/ici", "--only", only])
    assert result.exit_code == 0, result.output
    result = run(app, ["run", "layers/ici", "-q"])
    assert result.exit_code == 0, result.output
    made = json.loads(Path("maps/ici/manifest.json").read_text(encoding="utf-8"))
    return {one["layer"]: one for one in made["inputs"]}


def streets_of(lines: geopandas.GeoDataFrame) -> bytes:
    """Street lines, as Overpass writes them."""
    parts = lines.to_crs(4326).geometry.explode().reset_index(drop=True)
    nodes: list[str] = []
    ways: list[str] = []
    ids: dict[tuple[float, float], int] = {}
    for number, line in enumerate(parts, start=1):
        for x, y in line.coords:
            if (x, y) not in ids:
                ids[x, y] = len(ids) + 1
                nodes.append(f'<node id="{ids[x, y]}" lat="{y}" lon="{x}"/>')
        refs = "".join(f'<nd ref="{ids[xy]}"/>' for xy in line.coords)
        ways.append(f'<way id="{number}">{refs}<tag k="highway" v="residential"/></way>')
    return f'<osm version="0.6">{"".join(nodes + ways)}</osm>\n'.encode()


@pytest.mark.real
def test_ennezat(
    service: Replay, tmp_path: Path, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real files of a commune."""
    monkeypatch.chdir(tmp_path)
    there = real_data / "ennezat"
    bodies = (
        (there / f"cadastre-63148-{k}.json.gz").read_bytes() for k in ("parcelles", "batiments")
    )
    put_cadastre(service, "63148", *bodies)
    streets = geopandas.read_file(there / "ennezat.gpkg", layer="axe_voirie")
    service.files[OVERPASS] = streets_of(streets)
    zones = geopandas.read_file(there / "zone-urba-u.geojson").to_crs(4326)
    zones = zones[["LIBELLE", "TYPEZONE", "geometry"]].rename(columns=str.lower)
    service.features = [
        row | {"id": f"zone_urba.{n}"} for n, row in enumerate(zones.iterfeatures())
    ]
    amiens = real_data / "amiens"
    service.dataset(LOVAC, "lovac-communes.csv", (amiens / "lovac-communes-2021.csv").read_bytes())
    friches = (amiens / "friches-cartofriches-80.csv").read_bytes()
    service.dataset(FRICHES, "cartofriches-standard.csv", friches)
    read = three_commands(service, "63148", "cadastre,osm,zonage,lovac,friches")
    assert {layer: one["rows_kept"] for layer, one in read.items() if one["rows_kept"]} == {
        "parcels": 2243,
        "buildings": 2299,  # two exact copies are merged
        "streets": len(streets.explode()),
        "zones": 16,
        "vacancy_rates": 1,
    }
    assert read["parcels"]["vintage"] == "2026-06-01"
    assert Path("maps/ici/opportunites.html").stat().st_size > 100_000


def moved(text: str, commune: str) -> str:
    """The hamlet of Amiens at Lyon: its coordinates in degrees, and the code of its commune."""

    def shift(found: re.Match[str]) -> str:
        x, y = float(found[1]), float(found[2])
        return f"{x + 2.55:.7f}, {y - 4.14:.7f}"

    text = re.sub(r"(2\.[23]\d+), (49\.\d+)", shift, text)
    return text.replace("80021", commune)


def test_an_arrondissement_of_lyon(
    service: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A made-up cadastre: that of a district is by arrondissement."""
    monkeypatch.chdir(tmp_path)
    bodies = (
        gzip.compress(
            moved(gzip.decompress(service.files[path]).decode(), "69383").encode(), mtime=0
        )
        for path in (PARCELS, BUILDINGS)
    )
    put_cadastre(service, "69383", *bodies)

    def shift(found: re.Match[str]) -> str:
        return f'lat="{float(found[1]) - 4.14:.7f}" lon="{float(found[2]) + 2.55:.7f}"'

    streets = re.sub(r'lat="([\d.]+)" lon="([\d.]+)"', shift, osm().decode())
    service.files[OVERPASS] = streets.encode()
    read = three_commands(service, "69383", "cadastre,osm")
    assert read["parcels"]["rows_kept"] == 12
    assert read["buildings"]["rows_kept"] > 0
    assert read["streets"]["rows_kept"] == 1
    assert "Lyon" in Path("maps/ici/opportunites.html").read_text(encoding="utf-8")
