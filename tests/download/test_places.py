"""Sources selected by bounds or clipped from larger files, and their errors."""

from __future__ import annotations

import gzip
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import rasterio
from typer.testing import CliRunner

from foncier.cli import app
from foncier.errors import (
    CrsError,
    FoncierError,
    FormatError,
    SourceError,
)
from foncier.pipeline import fetch
from foncier.study import read_bare_study, read_study

from ..hamlet import X, Y
from ..timetable import feed, write_zip
from .conftest import (
    COMMUNE,
    FEED,
    GRID,
    PRICES,
    QPV,
    SIRENE,
    TODAY,
    districts,
    easement,
    fetched_bytes,
    firms,
    grid,
    network,
    packed,
    prices,
    web,
)
from .replay import NETWORKS, RELIEF, WFS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier import download as services

    from .replay import Replay

NONE = np.float32(-99_999)


def fetched(service: Replay, study: Path, *only: str, **more: Any) -> services.Outcome:
    """Outcome of the last requested source; the parcels come first."""
    plan = read_bare_study(study)
    asked = web(service)
    return list(fetch.fetch(plan, today=TODAY, web=asked, only=("parcelles", *only), **more))[-1]


def named(study: Path, line: str) -> None:
    toml = study / "study.toml"
    toml.write_text(toml.read_text("utf-8") + line, encoding="utf-8")


def test_dem_does_not_depend_on_tiles(
    service: Replay, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.heights = lambda x, y: np.where(x > X + 1000, NONE, 25 + (x - X) / 100 - (y - Y) / 50)
    found = fetched(service, study, "relief")
    assert found.error is None
    with rasterio.open(found.file) as whole:
        assert (whole.res, whole.crs.to_epsg(), whole.nodata) == ((5, 5), 2154, NONE)
        [(here,), (east,)] = whole.sample([(X + 2.5, Y + 102.5), (X + 1402.5, Y)])
        assert here == pytest.approx(25 + 0.025 - 2.05, abs=1e-3)
        assert east == NONE
        assert whole.bounds.left <= X + 30 - 1500
        assert whole.bounds.right >= X + 390 + 1500
        one = whole.read(1)
    assert found.provenance is not None
    assert 0 < found.provenance.rows["elevation"] < one.size
    monkeypatch.setattr("foncier.download.dem.TILE_CELLS", 250)
    asked = len(service.asked)
    again = fetched(service, study, "relief", refresh=True)
    assert len(service.asked) > asked + 8
    with rasterio.open(again.file) as tiles:
        assert (tiles.read(1) == one).all()
    monkeypatch.setattr("foncier.download.dem.MAX_CELLS", one.size // 3)
    coarser = fetched(service, study, "relief", refresh=True, accepted=("moins",))
    with rasterio.open(coarser.file) as whole:
        assert whole.res == (10, 10)


def test_gtfs_of_the_network_that_covers_the_commune(service: Replay, study: Path) -> None:
    found = fetched(service, study, "gtfs")
    assert found.provenance is not None, found.error
    assert found.file.read_bytes() == service.files[FEED]
    assert found.provenance.licence == "ODbL"
    assert found.provenance.address == f"https:/{FEED}"
    assert "Amiens Métropole" in (study / "fetched/couches.toml").read_text("utf-8")
    assert found.provenance.rows == {"transit": 3}
    by_commune = network("ametis", insee="80021", kind="commune")
    service.networks(network("ter", insee="32", kind="region"), by_commune)
    assert fetched(service, study, "gtfs", refresh=True).state == "current"


def test_gtfs_without_one_clear_network(service: Replay, study: Path) -> None:
    service.networks(network("ter", insee="32", kind="region"))
    found = fetched(service, study, "gtfs")
    assert (found.state, found.provenance) == ("absent", None)
    assert "[fetch] gtfs" in str(found.error)
    assert not list((study / "fetched").glob("gtfs*"))
    service.networks(network("ametis"), network("scolaire"))
    found = fetched(service, study, "gtfs")
    assert found.state == "failed"
    assert "ametis" in str(found.error)
    assert "scolaire" in str(found.error)
    named(study, 'gtfs = "ametis"\n')
    assert fetched(service, study, "gtfs").state == "new"


def test_only_rows_of_the_place_are_kept(service: Replay, study: Path) -> None:
    cells = pyogrio.read_dataframe(fetched(service, study, "carreaux").file)
    assert set(cells.columns) == {"idcar_200m", "ind", "geometry"}
    moved = cells.to_crs(2154).geometry
    assert len(moved) == 2
    assert moved.distance(moved.iloc[0]).max() == pytest.approx(200, abs=2)
    assert min(abs(moved.x - X - 200)) < 200
    assert min(abs(moved.y - Y)) < 200
    found = fetched(service, study, "qpv")
    assert pyogrio.read_dataframe(found.file)["code_qp"].tolist() == ["QN08001M"]
    rows = fetched(service, study, "sirene").file.read_text("utf-8")
    assert rows.count("\n") == 3
    assert "Untel" not in rows
    assert "80002" not in rows
    # Communes share the file, which is asked once.
    toml = study / "study.toml"
    more = toml.read_text("utf-8").replace('["80021"]', '["80021", "80002"]')
    toml.write_text(more, encoding="utf-8")
    service.asked.clear()
    plan = read_bare_study(study)
    [found] = fetch.fetch(plan, today=TODAY, web=web(service), only=("sirene",), refresh=True)
    assert found.provenance is not None, found.error
    assert len(found.file.read_text("utf-8").splitlines()) == 4
    assert sum(path == SIRENE for path, _ in service.asked) == 1


# Source, path, fault, error, words.
FAILURES: list[tuple[str, str, dict[str, Any], type[FoncierError], str]] = [
    (
        "relief",
        RELIEF,
        {
            "body": b"<ServiceExceptionReport><ServiceException>\nLayer unknown"
            b"</ServiceException></ServiceExceptionReport>"
        },
        SourceError,
        "Layer unknown",
    ),
    ("relief", RELIEF, {"body": bytes(4000)}, FormatError, "incomplète"),
    (
        "relief",
        RELIEF,
        {"body": b"<html>", "headers": {"Content-Type": "text/html"}},
        FormatError,
        "page HTML",
    ),
    ("gtfs", NETWORKS, {"body": b"{}"}, FormatError, "pas de liste"),
    ("gtfs", NETWORKS, {"body": b"[{"}, FormatError, "tronquée"),
    (
        "gtfs",
        NETWORKS,
        {"body": json.dumps([network("a") | {"covered_area": {}}]).encode()},
        FormatError,
        "covered_area",
    ),
    (
        "gtfs",
        NETWORKS,
        {"body": json.dumps([network("ter", kind="region")]).encode()},
        SourceError,
        "aucun réseau",
    ),
    ("gtfs", f"{NETWORKS}/id-ametis", {"body": b'{"resources": []}'}, FormatError, "history"),
    (
        "gtfs",
        f"{NETWORKS}/id-ametis",
        {
            "body": json.dumps(
                network("ametis")
                | {
                    "history": [
                        {
                            "payload": {
                                "format": "GTFS",
                                "permanent_url": "https://x.example/5/1.zip",
                            }
                        }
                    ]
                }
            ).encode()
        },
        SourceError,
        "aucune copie",
    ),
    (
        "gtfs",
        f"{NETWORKS}/id-ametis",
        {
            "body": json.dumps(
                network("ametis")
                | {
                    "history": [
                        {
                            "payload": {
                                "format": "GTFS",
                                "permanent_url": "https://x.example/82192/1.zip",
                            }
                        }
                    ]
                }
            ).encode()
        },
        SourceError,
        "x.example",
    ),
    ("gtfs", COMMUNE, {"status": 404}, SourceError, "rien à cette adresse"),
    ("gtfs", FEED, {"body": b"PK\x03\x04"}, FormatError, "zip"),
    (
        "servitudes",
        WFS,
        {
            "body": json.dumps(
                {
                    "type": "FeatureCollection",
                    "numberMatched": 1,
                    "features": [easement(1, "pm1", "P") | {"properties": {"type": "pm1"}}],
                }
            ).encode()
        },
        FormatError,
        "suptype",
    ),
    (
        "servitudes",
        WFS,
        {
            "body": json.dumps(
                {
                    "type": "FeatureCollection",
                    "numberMatched": 1,
                    "features": [easement(1, "t5", "A")],
                }
            ).encode()
        },
        SourceError,
        "1 objet d'un autre type",
    ),
    ("servitudes", WFS, {"body": b"<ows:ExceptionReport/>"}, FormatError, "illisible"),
    ("carreaux", GRID, {"body": packed(**{"lisez-moi.txt": "rien"})}, FormatError, "lisez-moi"),
    ("carreaux", GRID, {"body": packed(**{"carreaux_200m_met.7z": "7z"})}, FormatError, ".7z"),
    (
        "carreaux",
        GRID,
        {"body": packed(**{"a/carreaux_200m_met.csv": grid(), "b/carreaux_200m_met.csv": grid()})},
        FormatError,
        "b/carreaux",
    ),
    (
        "carreaux",
        GRID,
        {"body": packed(**{"carreaux_200m_met.csv": grid().replace("ind", "i")})},
        FormatError,
        "«\u00a0ind\u00a0»",
    ),
    (
        "carreaux",
        GRID,
        {"body": packed(**{"carreaux_200m_met.csv": grid().replace("CRS", "X")})},
        FormatError,
        "identifiants",
    ),
    (
        "carreaux",
        GRID,
        {"body": packed(**{"carreaux_200m_met.csv": grid("n.c.")})},
        FormatError,
        "n.c.",
    ),
    (
        "carreaux",
        GRID,
        {"body": packed(**{"carreaux_200m_met.csv": grid()})[:-30]},
        FormatError,
        "tronqué",
    ),
    (
        "carreaux",
        GRID,
        {"body": packed(**{"carreaux_200m_met.csv": grid() + "\n" * 40_000_000})},
        FormatError,
        "démesurée",
    ),
    (
        "qpv",
        QPV,
        {"body": packed(**{"Outre_Mer_WGS84.geojson": districts().replace("code_qp", "code")})},
        FormatError,
        "code_qp",
    ),
    ("qpv", QPV, {"body": packed(**{"Outre_Mer_WGS84.geojson": "[]"})}, FormatError, "GeoJSON"),
    ("sirene", SIRENE, {"body": firms()[:-9]}, FormatError, "tronqué"),
    ("sirene", SIRENE, {"body": gzip.compress(b"siren,siret\n1,2\n")}, FormatError, "absentes"),
    ("sirene", SIRENE, {"body": gzip.compress(firms() + bytes(60_000_000))}, FormatError, ""),
    (
        "sirene",
        SIRENE,
        {"body": firms((",80021,", ",9,"))},
        SourceError,
        "rien à cet endroit",
    ),
    ("prix", PRICES, {"body": prices(meta={"page": 1})}, FormatError, "meta.total"),
    ("prix", PRICES, {"body": prices(data=[], meta={"total": 0})}, SourceError, "rien à cet"),
    ("prix", PRICES, {"body": prices(meta={"total": 2})}, FormatError, "1 ligne reçue sur 2"),
]


@pytest.mark.parametrize("case", FAILURES, ids=lambda case: f"{case[0]}: {case[4]}"[:40])
def test_an_error_leaves_the_former_file(
    service: Replay, study: Path, case: tuple[str, str, dict[str, Any], type[FoncierError], str]
) -> None:
    name, path, what, error, says = case
    assert fetched(service, study, name).error is None
    before = fetched_bytes(study)
    service.fail(path, times=99, **what)
    found = fetched(service, study, name, refresh=True)
    assert found.state == "failed"
    assert isinstance(found.error, error), found.error
    assert says in str(found.error)
    assert "\n" not in str(found.error)
    assert fetched_bytes(study) == before
    assert not [p for p in (study / "fetched").rglob("*") if "whole" in p.name]


@pytest.mark.parametrize(
    ("heights", "says"),
    [
        (lambda x, y: NONE + 0 * (x + y), "aucune altitude connue"),
        (lambda x, y: 100 * (25 + (x - X) / 50) + 0 * y, "pente médiane"),
        (lambda x, y: (25 + (x - X) / 99 + 0 * y).astype("<f4").byteswap(), "pas des mètres"),
        (lambda x, y: 25_000 + 0 * (x + y), "pas des mètres"),
    ],
    ids=["no height", "centimetres", "bytes the other way round", "millimetres"],
)
def test_impossible_heights_are_refused(
    service: Replay, study: Path, heights: Any, says: str
) -> None:
    service.heights = heights
    found = fetched(service, study, "relief")
    assert isinstance(found.error, FormatError)
    assert says in str(found.error)


def test_unsafe_gtfs_is_refused(service: Replay, study: Path, tmp_path: Path) -> None:
    climbs, bomb = tmp_path / "climbs.zip", tmp_path / "bomb.zip"
    with zipfile.ZipFile(write_zip(climbs, feed()), "a") as archive:
        archive.writestr("../stops.txt", "stop_id")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stops.txt", bytes(60_000_000))
    away = {**feed(), "stops": ["S1,Vieux-Port,43.2951,5.3740,0,"]}
    for file, says in (
        (climbs, "sortirait"),
        (bomb, "démesuré"),
        (write_zip(tmp_path / "a.zip", away), "5 km"),
    ):
        service.files[FEED] = file.read_bytes()
        found = fetched(service, study, "gtfs")
        assert isinstance(found.error, FormatError)
        assert says in str(found.error)
    assert not list((study / "fetched").glob("gtfs*"))


def test_swapped_axes_are_an_error(service: Replay, study: Path) -> None:
    turned = json.loads(districts())
    for row in turned["features"]:
        rings = row["geometry"]["coordinates"]
        row["geometry"]["coordinates"] = [[[y, x] for x, y in ring] for ring in rings]
    metric = json.loads(districts())
    metric["features"][0]["geometry"] = {"type": "Point", "coordinates": [X, Y]}
    for corrupted, says in ((turned, "inversées"), (metric, "pas des degrés")):
        service.files[QPV] = packed(**{"Outre_Mer_WGS84.geojson": json.dumps(corrupted)})
        found = fetched(service, study, "qpv")
        assert isinstance(found.error, CrsError)
        assert says in str(found.error)
    easy: Any = easement(1, "pm1", "PPRi")
    rings = easy["geometry"]["coordinates"]
    easy["geometry"]["coordinates"] = [[[y, x] for x, y in ring] for ring in rings]
    service.easements = [easy]
    assert isinstance(fetched(service, study, "servitudes").error, CrsError)


def test_no_data_leaves_the_layer_absent(service: Replay, study: Path) -> None:
    service.easements, service.cap = [easement(n, "t5", "Aérodrome") for n in range(7)], 3
    found = fetched(service, study, "servitudes")
    assert (found.state, found.provenance) == ("absent", None)
    assert "7 objets d'autres types" in str(found.error)
    service.files[PRICES] = prices(data=[], meta={"total": 0})
    assert fetched(service, study, "prix").state == "absent"
    result = CliRunner().invoke(app, ["fetch", str(study), "--only", "servitudes,prix"])
    assert (result.exit_code, result.output.count("–  ")) == (0, 2)
    listed = (study / "fetched/couches.toml").read_text("utf-8")
    assert "constraints" not in listed
    assert "prices" not in listed


def test_bounds_of_the_parcels_of_the_study(service: Replay, study: Path) -> None:
    fetched(service, study)
    own = study / "miennes.json.gz"
    (study / "fetched/cadastre-80021-parcelles.json.gz").rename(own)
    (study / "fetched/couches.toml").unlink()
    named(study, '[layers.parcels]\npath = "miennes.json.gz"\nformat = "etalab-cadastre"\n')
    plan = read_bare_study(study)
    [found] = fetch.fetch(plan, today=TODAY, web=web(service), only=("qpv",))
    assert found.state == "new"


@pytest.mark.real
def test_edigeo_replaces_the_cadastre(service: Replay, study: Path, real_data: Path) -> None:
    """Three real sheets of Luxiol through the server; after an error the former ones stay."""
    toml = study / "study.toml"
    toml.write_text(toml.read_text("utf-8").replace("80021", "25354"), encoding="utf-8")
    there = "/cadastre.data.gouv.fr/data/dgfip-pci-vecteur/latest/edigeo/feuilles/25/25354/"
    listing = (
        "/cadastre.data.gouv.fr/data/etalab-cadastre/latest/geojson/communes/25/25354/"
        "cadastre-25354-feuilles.json.gz"
    )
    files = sorted((real_data / "edigeo-25354").iterdir(), key=lambda p: p.stat().st_size)[:3]
    service.files |= {there + file.name: file.read_bytes() for file in files}
    numbers = [file.name.split("-")[1].split(".")[0] for file in files]

    def list_of(*ids: str) -> None:
        rows = [{"type": "Feature", "id": one, "properties": {}} for one in ids]
        service.files[listing] = gzip.compress(json.dumps({"features": rows}).encode(), mtime=0)

    list_of(*numbers)
    plan = read_bare_study(study)
    assert "edigeo" not in {one.source.name for one in fetch.wanted(plan, ())}
    asked: dict[str, Any] = {"today": TODAY, "only": ("edigeo",), "web": web(service)}
    [found] = fetch.fetch(plan, **asked)
    assert found.provenance is not None, found.error
    assert found.provenance.rows["parcels"] > 0
    before = {p.name: p.read_bytes() for p in found.file.iterdir()}
    assert before == {file.name: file.read_bytes() for file in files}
    names = {one.source.name for one in fetch.wanted(plan, ())}
    assert "edigeo" in names
    assert not names & {"parcelles", "batiments"}
    assert {s.path for s in read_study(study).layers["parcels"]} == {"fetched/edigeo-25354"}
    [again] = fetch.fetch(plan, refresh=True, **asked)
    assert again.state == "current"
    # One sheet less is a new cadastre; a sheet cut short, absent or of a strange name is none.
    list_of(*numbers[1:])
    [fewer] = fetch.fetch(plan, refresh=True, **asked)
    assert fewer.state == "new"
    assert len(list(found.file.iterdir())) == 2
    corruptions: list[tuple[Callable[[], object], str]] = [
        (lambda: service.fail(there + files[1].name, body=files[1].read_bytes()[:999]), "tronqué"),
        (lambda: list_of(*numbers[1:], "25354000ZZ01"), "rien à cette adresse"),
        (lambda: list_of("../../../etc"), "numéros de feuilles"),
        (list_of, "nombre inattendu"),
        (lambda: service.files.update({listing: b"\x1f\x8b"}), "illisible"),
    ]
    for corrupt, says in corruptions:
        corrupt()
        [bad] = fetch.fetch(plan, refresh=True, **asked)
        assert bad.state == "failed"
        assert says in str(bad.error)
        assert len(list(found.file.iterdir())) == 2
