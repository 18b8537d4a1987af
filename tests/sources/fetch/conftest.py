"""The public services of a hamlet of Amiens, on a local server, in the forms of the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely
from urllib3.util import Retry

from foncier.sources import fetch as services

from ...hamlet import X, Y, degrees, feature, hamlet
from .replay import OVERPASS, Replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CADASTRE = "/cadastre.data.gouv.fr/data/etalab-cadastre/latest/geojson/communes/80/80021/"
PARCELS = f"{CADASTRE}cadastre-80021-parcelles.json.gz"
BUILDINGS = f"{CADASTRE}cadastre-80021-batiments.json.gz"
FRICHES = "sites-references-dans-cartofriches"
LOVAC = "logements-vacants-du-parc-prive-par-anciennete-de-vacance-par-commune-et-par-epci"
HEAD = ("site_id;site_nom;site_type;comm_nom;comm_insee;site_identif_date;site_actu_date;"
        "urba_zaer;source_nom;unite_fonciere_refcad;geompoint")  # fmt: skip
QUICK = Retry(
    total=4, backoff_factor=0.01, backoff_max=0.05, status_forcelist=(429, 500, 502, 503, 504),
    respect_retry_after_header=True,
)  # fmt: skip


def osm() -> bytes:
    """A street along the hamlet, as Overpass writes it."""
    ends = shapely.get_coordinates(degrees(shapely.LineString([(X, Y - 5), (X + 400, Y - 5)])))
    nodes = "".join(f'<node id="{n}" lat="{y:.7f}" lon="{x:.7f}"/>' for n, (x, y) in
                    enumerate(ends, start=1))  # fmt: skip
    way = ('<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/>'
           '<tag k="name" v="Rue du Hameau"/></way>')  # fmt: skip
    return f'<?xml version="1.0"?><osm version="0.6">{nodes}{way}</osm>\n'.encode()


def zone(n: int, kind: str = "U") -> dict[str, object]:
    shape = degrees(shapely.box(X + 60 * n, Y - 20, X + 60 * n + 60, Y + 60))
    return {**feature(shape, typezone=kind, libelle=f"{kind}{n}"), "id": f"zone_urba.{n}"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Replay]:
    """Every service of the catalogue, as it should be."""
    there = hamlet(tmp_path / "there")
    point = degrees(shapely.Point(X + 345, Y + 20)).wkt
    row = ("80021_1;Ancien atelier;inconnu;Amiens;80021;2020-01-01;2024-02-01;inconnu;ADUGA;"
           f"80021000AB0011;{point}")  # fmt: skip
    with Replay() as replay:
        replay.files[PARCELS] = (there / "parcelles.json.gz").read_bytes()
        replay.files[BUILDINGS] = (there / "batiments.json.gz").read_bytes()
        replay.files[OVERPASS] = osm()
        replay.features = [zone(n) for n in range(7)]
        replay.dataset(FRICHES, "friches-standard.csv", f"{HEAD}\n{row}\n".encode())
        lovac = "comm_insee;NOM_COM;Nb_log_pp_2022;Prop_logvac_pp_2A_010121\n80021;Amiens;9 000;3,1"
        replay.dataset(LOVAC, "lovac-communes.csv", f"{lovac}\n".encode("latin-1"))
        yield replay


@pytest.fixture
def study(tmp_path: Path, service: Replay) -> Path:
    """A study as ``foncier new`` makes it, that asks the local server."""
    folder = tmp_path / "ici"
    folder.mkdir()
    (folder / "study.toml").write_text(
        '[study]\ntitle = "Hameau"\ncommunes = ["80021"]\ndate = 2026-01-15\n'
        f'[fetch]\nmirror = "{service.address}"\ninsecure = true\n',
        encoding="utf-8",
    )
    return folder


def web(service: Replay, **more: object) -> services.Web:
    """A client that does not wait long."""
    what = {"mirror": service.address, "insecure": True, "patience": QUICK, "pause_s": 0.0,
            "timeout_s": (2.0, 0.5), **more}  # fmt: skip
    return services.Web(services.hosts(), **what)  # type: ignore[arg-type]
