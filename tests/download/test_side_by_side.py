"""Services asked side by side: slots, a service that is down, no network, interruption."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from tests.hardening.ending import with_default_signals
from typer.testing import CliRunner

from foncier import download as services
from foncier.cli import app
from foncier.download import network
from foncier.errors import ConfigError, OfflineError
from foncier.pipeline import fetch
from foncier.study import read_bare_study

from .conftest import BUILDINGS, DVF, PARCELS, QUICK, SITES, TODAY, fetched, fetched_bytes, web
from .replay import CASIAS, DPE, OVERPASS, RNB, WFS

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import Replay

run = CliRunner().invoke
HTML = {"body": b"<html>", "headers": {"Content-Type": "text/html"}}


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """Largest number of spans that overlap."""
    edges = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    count = most = 0
    for _, change in edges:
        count += change
        most = max(most, count)
    return most


def test_each_service_is_asked_politely_and_all_at_once(service: Replay, study: Path) -> None:
    service.wait_s = 0.3
    found = fetched(service, study, web_more={"timeout_s": (5.0, 5.0)})
    assert {one.state for one in found.values()} == {"new"}, [o.error for o in found.values()]
    by_service: dict[str, list[tuple[float, float]]] = {}
    for host, start, end in service.spans:
        one = services.service_of(f"https://{host}/", services.all_services())
        by_service.setdefault(one.name, []).append((start, end))
    slots = {one.name: one.slots for one in services.all_services()}
    for name, spans in by_service.items():
        assert most_at_once(spans) <= slots.get(name, 2), name
    assert most_at_once([span for spans in by_service.values() for span in spans]) >= 6


def test_sources_by_bounds_follow_the_parcels(service: Replay, study: Path) -> None:
    service.fail(PARCELS, wait_s=0.4)
    found = fetched(service, study, only=("cadastre", "zonage", "dpe"))
    assert list(found) == ["parcelles", "batiments", "zonage", "dpe"]  # that of the catalogue
    ended = [host for host, _, _ in service.spans]
    assert ended.index("data.ademe.fr") < ended.index("data.geopf.fr")
    assert found["zonage"].provenance is not None


def test_without_parcels_the_others_arrive(service: Replay, study: Path) -> None:
    service.fail(PARCELS, times=99, status=503)
    found = fetched(service, study, only=("cadastre", "zonage", "osm", "dpe", "friches"))
    states = {name: one.state for name, one in found.items()}
    assert states == {
        "parcelles": "failed",
        "batiments": "new",
        "osm": "failed",
        "zonage": "failed",
        "friches": "new",
        "dpe": "new",
    }
    assert "sans --only" not in str(found["osm"].error)
    assert "[layers.parcels]" in str(found["osm"].error)


FAULTS: dict[str, dict[str, Any]] = {
    "down": {"status": 503},
    "slow": {"wait_s": 0.6},
    "429": {"status": 429},
    "403": {"status": 403, "body": b"Forbidden"},
    "HTML": HTML,
    "short": {"status": 200, "headers": {"Content-Length": "99999"}},
    "empty": {"body": b""},
    "other columns": {"body": b'{"a": 1}'},
}
PATHS = {
    "parcelles": PARCELS,
    "batiments": BUILDINGS,
    "osm": OVERPASS,
    "zonage": WFS,
    "friches": SITES,
    "dvf": DVF.format(2024),
    "dpe": DPE,
    "rnb": RNB,
    "casias": CASIAS,
}


@pytest.mark.parametrize("kind", FAULTS)
def test_one_service_at_fault_leaves_the_others(service: Replay, study: Path, kind: str) -> None:
    """Each service in turn: the others arrive, one line says it, the former file stays."""
    fetched(service, study, only=tuple(PATHS))
    before = fetched_bytes(study)
    for name, path in PATHS.items():
        service.faults.clear()
        service.fail(path, times=99, **FAULTS[kind])
        found = fetched(
            service,
            study,
            only=tuple(PATHS),
            refresh=True,
            web_more={"retries": QUICK.new(total=1), "timeout_s": (2.0, 0.3)},
        )
        failed = {one.source.name: str(one.error) for one in found.values() if one.error}
        assert set(failed) == {name}, failed
        assert "\n" not in failed[name]
        assert found[name].provenance is not None
    assert fetched_bytes(study) == before


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def silence(*_: object, **__: object) -> None:
    time.sleep(2)
    raise socket.gaierror(-3, "Temporary failure in name resolution")


@pytest.mark.parametrize("how", ["proxy", "mirror", "names"])
def test_no_network_is_one_line_for_all(
    study: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = study / "study.toml"
    text = toml.read_text("utf-8").split("[fetch]")[0]
    nobody = f"http://127.0.0.1:{free_port()}"
    if how == "mirror":
        text += f'[fetch]\nmirror = "{nobody}"\ninsecure = true\n'
    elif how == "proxy":
        monkeypatch.setenv("HTTPS_PROXY", nobody)
    else:  # a name server that never answers
        monkeypatch.setattr(socket, "getaddrinfo", silence)
        monkeypatch.setattr(network, "WAIT_S", 0.3)
    toml.write_text(text, encoding="utf-8")
    result = run(app, ["fetch", str(study)])
    assert result.exit_code == OfflineError.exit_code
    assert result.output.count("\n") == 1
    assert "Pas de réseau" in result.output
    assert "HTTPS_PROXY" in result.output


def test_no_network_leaves_what_is_there(service: Replay, study: Path) -> None:
    fetched(service, study, only=("cadastre", "dpe"))
    before = fetched_bytes(study)
    client = web(service, mirror=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(OfflineError, match="Pas de réseau"):
        list(fetch.fetch(read_bare_study(study), today=TODAY, refresh=True, web=client))
    assert fetched_bytes(study) == before
    found = fetch.fetch(read_bare_study(study), today=TODAY, only=("dpe", "cadastre"), web=client)
    assert {one.state for one in found} == {"current"}  # nothing is asked


def test_an_interrupted_fetch_ends_at_once_and_is_resumed(service: Replay, study: Path) -> None:
    only = ("cadastre", "dpe", "rnb", "casias")
    service.fail(RNB, wait_s=30)
    command = [sys.executable, "-m", "foncier", "fetch", str(study), "--only", ",".join(only)]
    # A run of the tests in the background of a shell ignores SIGINT: the command shall not.
    command = with_default_signals(command)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wanted = [study / f"fetched/{name}-80021.csv" for name in ("dpe", "casias")]
    wanted += [
        study / f"fetched/cadastre-80021-{name}.json.gz" for name in ("parcelles", "batiments")
    ]
    end = time.monotonic() + 20
    while time.monotonic() < end and not all(file.exists() for file in wanted):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    service.faults.clear()
    found = fetched(service, study, only=only)
    assert {name: one.state for name, one in found.items()} == {
        "parcelles": "current",
        "batiments": "current",
        "dpe": "current",
        "rnb": "new",
        "casias": "current",
    }


def test_an_error_of_the_disk_ends_the_run(service: Replay, study: Path) -> None:
    (study / "fetched").write_text("a file", encoding="utf-8")
    result = run(app, ["fetch", str(study)])
    assert result.exit_code == 5
    assert not service.asked


def test_dry_run_prints_the_addresses(service: Replay, study: Path) -> None:
    result = run(app, ["fetch", str(study), "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "{" not in result.output.replace("{insee", "")
    assert "l'emprise demandée sera celle des parcelles" in result.output
    fetched(service, study, only=("cadastre",))
    asked = len(service.asked)
    result = run(app, ["fetch", str(study), "--dry-run"])
    assert "l'emprise demandée" not in result.output
    for words in ("BBOX=", "bbox=", "interpreter?data=", "status=notUsable", "status=demolished"):
        assert words in result.output, words
    assert len(service.asked) == asked
    assert os.linesep.join(result.output.splitlines()).count("https://") >= 16


def test_what_is_not_fetched_is_named(service: Replay, study: Path) -> None:
    """OCS GE: the zone of the département and the address, unless the study has the layer."""
    listed = run(app, ["fetch", str(study), "--dry-run"]).output
    assert "artificial_land" in listed
    assert "D080" in listed
    assert "telechargement/resource/OCSGE-ARTIFICIALISATION" in listed
    assert (
        "artificial_land"
        not in run(app, ["fetch", str(study), "--dry-run", "--only", "osm"]).output
    )
    with (study / "study.toml").open("a", encoding="utf-8") as file:
        file.write('\n[layers.artificial_land]\npath = "a.gpkg"\nformat = "ocs-ge"\n')
    assert "OCSGE" not in run(app, ["fetch", str(study), "--dry-run"]).output


def test_unknown_names_are_refused_before_any_request(service: Replay, study: Path) -> None:
    assert run(app, ["fetch", str(study), "--only", "x"]).exit_code == ConfigError.exit_code
    assert not service.asked


def test_memory_does_not_grow_with_the_answer(service: Replay, tmp_path: Path) -> None:
    """For 1 GB: ``python -m tests.hardening.large_answer``."""
    service.files[PARCELS] = bytes(40_000_000)
    client = web(service, timeout_s=(5.0, 5.0))
    tracemalloc.start()
    try:
        got = client.get(f"https:/{PARCELS}", tmp_path / "x", max_bytes=10**9)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert got.path.stat().st_size == 40_000_000


def test_a_page_that_is_too_large_is_refused(
    service: Replay, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foncier.download.paged_json.MAX_PAGE_BYTES", 500)
    found = fetched(service, study, only=("dpe",))["dpe"]
    assert "ce n'est pas le fichier attendu" in str(found.error)
