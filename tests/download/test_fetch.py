"""Fetch from services that work, and from services that fail in every way."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pyogrio
import pytest
import trustme
from typer.testing import CliRunner
from urllib3.exceptions import MaxRetryError

from foncier import download as services
from foncier.cli import app
from foncier.download.client import NoDataError
from foncier.errors import (
    ConfigError,
    CrsError,
    FormatError,
    OfflineError,
    SourceError,
)
from foncier.pipeline import fetch
from foncier.pipeline.run import run as pipeline_run
from foncier.study import read_bare_study, read_study
from foncier.study.config import LAYERS

from .conftest import (
    BUILDINGS,
    FRICHES,
    LOVAC,
    PARCELS,
    SITES,
    TODAY,
    bare_site,
    fetched,
    fetched_bytes,
    sites,
    web,
    zone,
)
from .replay import OVERPASS, WFS

if TYPE_CHECKING:
    from .replay import Replay

run = CliRunner().invoke

# Layers that no public service has.
NOT_FETCHED = {"envelope", "land_units", "artificial_land"}


def test_new_fetch_run_from_an_empty_folder(
    service: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(app, ["new", "hameau", "--commune", "80021"]).exit_code == 0
    toml = Path("layers/hameau/study.toml")
    asked = f'\n[fetch]\nmirror = "{service.address}"\ninsecure = true\n'
    toml.write_text(toml.read_text(encoding="utf-8") + asked, encoding="utf-8")
    result = run(app, ["fetch", "layers/hameau"])
    assert result.exit_code == 0, result.output
    result = run(app, ["run", "layers/hameau", "-q"])
    assert result.exit_code == 0, result.output
    made = json.loads(Path("maps/hameau/manifest.json").read_text(encoding="utf-8"))
    read = {one["layer"]: one["rows_kept"] for one in made["inputs"]}
    assert set(read) == set(LAYERS) - NOT_FETCHED
    assert {layer: read[layer] for layer in ("districts", "prices", "transit", "population")} == {
        "districts": 1,
        "prices": 1,
        "transit": 3,
        "population": 2,
    }
    result = run(app, ["check", "layers/hameau"])
    assert result.exit_code == 0, result.output
    assert "relief.tif" in result.output
    # Several files make one layer: each is read, and a former workshop is an opportunity.
    kept = {
        one["format"]: one["rows_kept"]
        for one in made["inputs"]
        if one["layer"] in {"observations", "inventory"}
    }
    assert kept == {
        "osm-xml": 0,
        "dvf": 2,
        "dpe": 7,
        "rnb": 3,
        "icpe": 2,
        "sirene": 2,
        "cnig": 1,
        "casias": 3,
    }
    evidence = pyogrio.read_dataframe("maps/hameau/opportunites.gpkg", layer="indices")
    assert "casias_closed" in set(evidence["signal"])
    sites = pyogrio.read_dataframe("maps/hameau/opportunites.gpkg", layer="opportunites")
    assert set(sites["price_eur_m2"]) == {2200}
    assert sites["residents_10min"].max() == 25
    assert sites["departures_per_hour"].max() == pytest.approx(3 / 12)
    flags = " ".join(sites["warnings"].dropna())
    assert "PPRi de la Somme" in flags
    assert "Aérodrome" not in flags
    found = Path("maps/hameau/friches-cnig.csv").read_text(encoding="utf-8")
    assert "80021_SSP4005;" in found
    assert "SSP4006" not in found
    assert b"Untel" not in Path("maps/hameau/opportunites.gpkg").read_bytes()
    assert Path("maps/hameau/opportunites.html").stat().st_size > 10_000


def test_each_file_has_a_provenance(service: Replay, study: Path) -> None:
    found = fetched(service, study)
    assert {one.state for one in found.values()} == {"new"}, [o.error for o in found.values()]
    result = json.loads((study / "fetched/zonage.geojson.provenance.json").read_text("utf-8"))
    assert result["fetched_on"] == "2026-01-15"
    assert result["rows"] == {"zones": 7}
    assert result["licence"] == "Licence Ouverte 2.0"
    assert "127.0.0.1" not in json.dumps(result)
    assert not (study / "fetched/.en-cours").exists()


def test_existing_files_are_requested_only_with_refresh(service: Replay, study: Path) -> None:
    fetched(service, study)
    before, count = fetched_bytes(study), len(service.asked)
    assert {one.state for one in fetched(service, study).values()} == {"current"}
    assert len(service.asked) == count
    assert {one.state for one in fetched(service, study, refresh=True).values()} == {"current"}
    assert "If-None-Match" in dict(service.asked)[PARCELS]
    assert fetched_bytes(study) == before


def test_layers_of_the_study_have_priority(service: Replay, study: Path) -> None:
    fetched(service, study)
    with (study / "study.toml").open("a", encoding="utf-8") as toml:
        toml.write('[layers.zones]\npath = "miennes.geojson"\n')
    layers = read_study(study).layers
    assert [spec.path for spec in layers["zones"]] == ["miennes.geojson"]
    assert layers["parcels"][0].path == "fetched/cadastre-80021-parcelles.json.gz"


def test_all_wfs_pages_are_read_whatever_their_size(service: Replay, study: Path) -> None:
    service.features = [zone(n) for n in range(23)]  # exact copies would be merged
    service.cap = 5
    for announce in (True, False):
        service.announce = announce
        found = fetched(service, study, only=("cadastre", "zonage"), refresh=True)["zonage"]
        assert found.provenance is not None, found.error
        assert found.provenance.rows == {"zones": 23}


@pytest.mark.parametrize(
    ("name", "path", "what"),
    [
        ("cadastre", PARCELS, {"times": 3, "cut_at": 300}),
        ("cadastre", PARCELS, {"status": 429, "headers": {"Retry-After": "1"}}),
        ("cadastre", PARCELS, {"status": 500, "times": 2}),
        ("cadastre", PARCELS, {"wait_s": 1.0}),  # longer than the client waits
        ("cadastre", PARCELS, {"headers": {"Content-Length": "5000"}}),  # more than what comes
        ("osm", OVERPASS, {"status": 504, "times": 2}),
        ("zonage", WFS, {"status": 503}),
        ("friches", SITES, {"cut_at": 40}),
    ],
)
def test_transient_errors_are_retried(
    service: Replay, study: Path, name: str, path: str, what: dict[str, Any]
) -> None:
    service.fail(path, **what)
    found = fetched(service, study, only=("parcelles", name))
    assert {one.state for one in found.values()} == {"new"}, [o.error for o in found.values()]
    ours = (study / "fetched/cadastre-80021-parcelles.json.gz").read_bytes()
    assert ours == service.files[PARCELS]


def test_interrupted_downloads_are_resumed(service: Replay, tmp_path: Path) -> None:
    service.files[PARCELS] = bytes(range(256)) * 1024
    service.fail(PARCELS, cut_at=65_536, times=3)
    came = web(service).get(f"https:/{PARCELS}", tmp_path / "x", max_bytes=10**6)
    assert came.path.read_bytes() == service.files[PARCELS]
    ranges = [headers.get("Range") for _, headers in service.asked]
    assert ranges == [None, "bytes=65536-", "bytes=131072-", "bytes=196608-"]


def test_a_retried_post_has_its_fields(service: Replay, tmp_path: Path) -> None:
    service.fail(OVERPASS, status=504, times=2)
    asked = web(service)
    asked.get(f"https:/{OVERPASS}", tmp_path / "x", max_bytes=10**6, fields={"data": "out;"})
    assert service.asked == [(OVERPASS, {"form": "data=out%3B"})] * 3


def test_one_retry_without_a_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = services.HttpClient(services.hosts(), mirror=nobody, insecure=True, pause_s=0.0)
    start = time.monotonic()
    with pytest.raises(OfflineError, match=r"ne répond pas \(ConnectionError\)") as caught:
        client.get(f"https:/{PARCELS}", tmp_path / "x", max_bytes=100)
    assert time.monotonic() - start < 3
    (raised,) = caught.value.__cause__.args if caught.value.__cause__ else ()
    assert isinstance(raised, MaxRetryError)


def test_retries_end_after_the_time_limit(
    service: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foncier.download.retries.MAX_RETRY_S", 0.3)
    service.fail(PARCELS, status=503, times=999)
    retries = services.RETRIES.new(total=500, backoff_factor=0.05, backoff_max=0.05)
    with pytest.raises(OfflineError, match="HTTP 503"):
        web(service, retries=retries).get(f"https:/{PARCELS}", tmp_path / "x", max_bytes=100)
    assert 1 < len(service.asked) < 20


def test_a_changed_file_is_not_resumed(service: Replay, tmp_path: Path) -> None:
    service.files[PARCELS] = b"a" * 200_000
    service.fail(PARCELS, cut_at=65_536)
    service.fail(PARCELS, body=b"b" * 200_000)
    came = web(service).get(f"https:/{PARCELS}", tmp_path / "x", max_bytes=10**6)
    assert set(came.path.read_bytes()) == {ord("b")}


BAD_GZIP = gzip.compress(b'{"type": "FeatureCollection", "features": []}' * 99, mtime=0)
FAILURES: list[tuple[str, str, dict[str, Any], type[SourceError], str]] = [
    ("parcelles", PARCELS, {"status": 500}, OfflineError, "ne répond pas"),
    ("parcelles", PARCELS, {"wait_s": 0.8}, OfflineError, "ne répond pas"),
    ("parcelles", PARCELS, {"cut_at": 9, "body": b"changed data"}, OfflineError, "ne répond pas"),
    (
        "parcelles",
        PARCELS,
        {"status": 429, "headers": {"Retry-After": "3600"}},
        OfflineError,
        "attendre 3\u202f600",
    ),
    ("parcelles", PARCELS, {"status": 404}, SourceError, "rien à cette adresse"),
    ("parcelles", PARCELS, {"body": BAD_GZIP[:60]}, FormatError, "tronqué"),
    (
        "parcelles",
        PARCELS,
        {"body": b"<html>", "headers": {"Content-Type": "text/html"}},
        FormatError,
        "page HTML",
    ),
    ("parcelles", PARCELS, {"body": gzip.compress(b"<html>maintenance</html>")}, FormatError, ""),
    ("parcelles", PARCELS, {"body": gzip.compress(bytes(200_000_000))}, SourceError, "démesurée"),
    (
        "parcelles",
        PARCELS,
        {"status": 302, "headers": {"Location": "https://ailleurs.example/"}},
        SourceError,
        "ailleurs.example",
    ),
    (
        "parcelles",
        PARCELS,
        {"status": 302, "headers": {"Location": "http://static.data.gouv.fr/"}},
        SourceError,
        "sans chiffrement",
    ),
    (
        "parcelles",
        PARCELS,
        {"status": 302, "headers": {"Location": "https://[x"}},
        SourceError,
        "adresse mal formée",
    ),
    ("zonage", WFS, {"body": b"<ExceptionReport/>"}, FormatError, "illisible"),
    (
        "zonage",
        WFS,
        {"body": b'{"type": "FeatureCollection", "features": [], "numberMatched": 9}'},
        FormatError,
        "0 objet différent",
    ),
    (
        "zonage",
        WFS,
        {"body": b'{"type": "FeatureCollection", "features": [], "numberMatched": 0}'},
        NoDataError,
        "rien déposé",
    ),
    (
        "osm",
        OVERPASS,
        {"body": b"<osm><remark>runtime error: Query timed out</remark></osm>"},
        SourceError,
        "Query timed out",
    ),
    ("osm", OVERPASS, {"body": b'<osm version="0.6"><node id="1"'}, FormatError, "tronquée"),
    (
        "osm",
        OVERPASS,
        {
            "body": b'<!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
            b'<osm><way id="1"><tag k="highway" v="&b;"/></way></osm>'
        },
        FormatError,
        "entité",
    ),
    ("friches", SITES, {"body": b'{"features": 3}'}, FormatError, "GeoJSON"),
    ("friches", SITES, {"body": b"[1, 2"}, FormatError, "illisible"),
    ("friches", SITES, {"body": b'{"features": []}'}, NoDataError, "Cartofriches"),
    ("friches", SITES, {"body": sites(bare_site())}, FormatError, "contour"),
]


@pytest.mark.parametrize("case", FAILURES, ids=lambda case: case[0])
def test_an_error_leaves_the_former_file(
    service: Replay, study: Path, case: tuple[str, str, dict[str, Any], type[SourceError], str]
) -> None:
    name, path, what, error, says = case
    fetched(service, study, only=("parcelles", name))
    before = fetched_bytes(study)
    service.fail(path, times=99, **what)
    found = fetched(service, study, only=(name,), refresh=True)[name]
    assert type(found.error) is error, found.error
    assert says in str(found.error)
    assert "\n" not in str(found.error)
    assert fetched_bytes(study) == before


def swapped(row: Any) -> Any:
    rings = [[[y, x] for x, y in ring] for ring in row["geometry"]["coordinates"]]
    return row | {"geometry": {"type": "Polygon", "coordinates": rings}}


def test_swapped_axes_and_missing_columns_are_refused(service: Replay, study: Path) -> None:
    fetched(service, study, only=("parcelles", "zonage"))
    before, good = fetched_bytes(study), service.features
    service.features = [swapped(row) for row in good]
    found = fetched(service, study, only=("zonage",), refresh=True)["zonage"]
    assert isinstance(found.error, CrsError), found.error
    service.features = [row | {"properties": {"type_de_zone": "U"}} for row in good]
    found = fetched(service, study, only=("zonage",), refresh=True)["zonage"]
    assert isinstance(found.error, FormatError | ConfigError), found.error
    assert fetched_bytes(study) == before


def test_an_accepted_quality_issue_is_recorded(service: Replay, study: Path) -> None:
    fetched(service, study, only=("parcelles", "zonage"))
    service.features = service.features[:2]
    found = fetched(service, study, only=("zonage",), refresh=True)["zonage"]
    assert "zones\u00a0: 2 lignes au lieu de 7" in str(found.error)
    assert "--accept moins" in str(found.error)
    found = fetched(service, study, only=("zonage",), refresh=True, accepted=("moins",))["zonage"]
    assert found.provenance is not None
    assert found.provenance.accepted == ["moins"]
    assert read_study(study).layers["zones"][0].accepted == ("moins",)


def test_a_missing_column_is_named(service: Replay, study: Path) -> None:
    service.features = [
        row | {"properties": {**row["properties"], "idurba": "80021_PLU"}}
        for row in service.features
    ]
    fetched(service, study, only=("parcelles", "zonage"))
    service.features = [zone(n) for n in range(7)]
    found = fetched(service, study, only=("zonage",), refresh=True)["zonage"]
    assert "«\u00a0idurba\u00a0» disparue" in str(found.error)


def test_errors_are_in_the_language_of_the_user(service: Replay, study: Path) -> None:
    fetched(service, study, only=("parcelles", "zonage"))
    service.features = service.features[:2]
    error = fetched(service, study, only=("zonage",), refresh=True)["zonage"].error
    assert error is not None
    assert error.message("en").startswith(
        "zonage.geojson: suspect file (zones: 2 rows instead of 7). That of 2026-01-15 is kept."
    )


def test_a_damaged_provenance_is_ignored(service: Replay, study: Path) -> None:
    file = fetched(service, study, only=("parcelles",))["parcelles"].file
    beside = file.with_name(f"{file.name}.provenance.json")
    text = beside.read_text("utf-8")
    assert services.read_provenance(file) is not None
    for damaged in (text[:40], "[]", "{}", text.replace("2026-01-15", "15 janvier")):
        beside.write_text(damaged, encoding="utf-8")
        assert services.read_provenance(file) is None


def test_sources_have_titles_in_both_languages() -> None:
    for source in services.sources():
        for words in (source.title, source.frequency):
            assert words.en != words.fr, source.name


def test_an_unencrypted_mirror_needs_insecure(service: Replay, study: Path) -> None:
    asked = web(service, insecure=False)
    plan = read_bare_study(study)
    found = list(fetch.fetch(plan, today=TODAY, only=("parcelles",), web=asked))
    assert isinstance(found[0].error, ConfigError)
    assert "insecure = true" in str(found[0].error)


def test_more_bytes_than_allowed_are_refused(service: Replay, tmp_path: Path) -> None:
    address = f"https:/{PARCELS}"
    for headers in ({}, {"Transfer-Encoding": "identity"}):
        service.fail(PARCELS, headers=headers)
        with pytest.raises(SourceError, match="plus de 0\u00a0Mo"):
            web(service).get(address, tmp_path / "x", max_bytes=100)


def test_dry_run_and_offline_send_no_request(service: Replay, study: Path) -> None:
    result = run(app, ["fetch", str(study), "--dry-run"])
    assert result.exit_code == 0
    assert "cadastre.data.gouv.fr" in result.output
    result = run(app, ["fetch", str(study), "--offline"])
    assert result.exit_code == OfflineError.exit_code
    result = run(app, ["fetch", str(study), "--only", "cadaster"])
    assert result.exit_code == ConfigError.exit_code
    assert not service.asked


def test_a_study_without_layers_names_the_command(study: Path) -> None:
    result = run(app, ["run", str(study)])
    assert result.exit_code == ConfigError.exit_code
    assert "foncier fetch" in result.output


@pytest.mark.parametrize("delay_s", [1.2, 3.0])
def test_a_killed_fetch_is_resumed_with_the_same_bytes(
    service: Replay, study: Path, tmp_path: Path, delay_s: float
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "study.toml").write_bytes((study / "study.toml").read_bytes())
    only = ("cadastre", "osm", "zonage", "relief", "carreaux", "gtfs")
    today = datetime.now(UTC).date()  # that of the command: what it had ended keeps its date
    fetched(service, whole, only=only, today=today)
    for path in (PARCELS, BUILDINGS, WFS, OVERPASS):
        service.fail(path, wait_s=0.2)
    command = [sys.executable, "-m", "foncier", "fetch", str(study), "--only", ",".join(only)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ)
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    service.faults.clear()
    fetched(service, study, only=only, today=today)
    assert fetched_bytes(study) == fetched_bytes(whole)


def test_an_expired_certificate_is_refused(service: Replay, tmp_path: Path) -> None:
    authority = trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=yesterday).configure_cert(context)
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    service.server.socket = context.wrap_socket(service.server.socket, server_side=True)
    asked = web(service, mirror=service.address.replace("http:", "https:"))
    asked.session.verify = str(trusted)
    with pytest.raises(OfflineError, match="certificat"):
        asked.get(f"https:/{PARCELS}", tmp_path / "x", max_bytes=10**6)


@pytest.mark.real
def test_fetched_ennezat_has_the_rows_of_the_real_files(
    service: Replay, tmp_path: Path, real_data: Path
) -> None:
    """Real files of a commune through the server: the tables have the expected rows."""
    there = "/cadastre.data.gouv.fr/data/etalab-cadastre/latest/geojson/communes/63/63148/"
    for kind in ("parcelles", "batiments"):
        name = f"cadastre-63148-{kind}.json.gz"
        service.files[there + name] = (real_data / "ennezat" / name).read_bytes()
    lovac = (real_data / "amiens/lovac-communes-2021.csv").read_bytes()
    service.dataset(LOVAC, "lovac-communes.csv", lovac)
    friches = (real_data / "amiens/friches-cartofriches-80.csv").read_bytes()
    service.dataset(FRICHES, "cartofriches-standard.csv", friches)
    zones = geopandas.read_file(real_data / "ennezat/zone-urba-u.geojson").to_crs(4326)
    zones = zones[["LIBELLE", "TYPEZONE", "geometry"]].rename(columns=str.lower)
    service.features = [
        row | {"id": f"zone_urba.{n}"} for n, row in enumerate(zones.iterfeatures())
    ]
    service.cap = 3
    (tmp_path / "study.toml").write_text(
        '[study]\ntitle = "Ennezat"\ncommunes = ["63148"]\n', encoding="utf-8"
    )
    found = fetched(service, tmp_path, only=("cadastre", "zonage", "friches", "lovac"))
    assert all(one.error is None for one in found.values()), [o.error for o in found.values()]
    rows = {
        k: v for one in found.values() if one.provenance for k, v in one.provenance.rows.items()
    }
    assert rows == {
        "parcels": 2243,
        "buildings": 2299,  # two exact copies are merged
        "zones": 16,
        "inventory": 0,
        "vacancy_rates": 1,
    }
    assert pipeline_run(read_study(tmp_path)).candidates["kind"].nunique() == 2
