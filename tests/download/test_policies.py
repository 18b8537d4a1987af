"""Policies of the services: hosts and redirections, waits, the words of a refusal, who asks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from foncier import download as services
from foncier.download.client import user_agent
from foncier.download.policies import Service
from foncier.errors import ConfigError, OfflineError, SourceError
from foncier.pipeline import fetch
from foncier.study import read_bare_study

from .conftest import DVF, PARCELS, TODAY, fetched, web
from .replay import OVERPASS, RNB

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import Replay

CADASTRE_STORE = "cadastre.s3.rbx.io.cloud.ovh.net:443"
DVF_STORE = "geo-dvf.s3.sbg.io.cloud.ovh.net:443"


def redirect(service: Replay, path: str, to: str) -> None:
    """Serve a file at another address, to which its own redirects."""
    service.files[to] = service.files.pop(path)
    service.fail(path, times=999, status=302, headers={"Location": f"https:/{to}"})


@pytest.mark.parametrize(
    ("name", "path", "store"),
    [
        ("parcelles", PARCELS, f"/{CADASTRE_STORE}/etalab-cadastre/2026-06-01/p.json.gz"),
        ("parcelles", PARCELS, "/cadastre.s3.rbx.io.cloud.ovh.net/etalab-cadastre/p.json.gz"),
        ("dvf", DVF.format(2024), f"/{DVF_STORE}/latest/csv/2024/communes/80/80021.csv"),
    ],
)
def test_services_may_redirect_to_their_own_storage(
    service: Replay, study: Path, name: str, path: str, store: str
) -> None:
    redirect(service, path, store)
    only = tuple(dict.fromkeys(("parcelles", name)))
    found = fetched(service, study, only=only)[name]
    assert found.state == "new", found.error


@pytest.mark.parametrize(
    ("host", "written", "followed"),
    [
        ("stock.example", (), False),
        ("stock.example", ("stock.example",), True),
        ("stock.example:443", ("stock.example",), True),
        ("stock.example:8443", ("stock.example",), False),
        ("stock.example:8443", ("stock.example:8443",), True),
        ("stock.example.evil.example", ("stock.example",), False),
        ("cadastre.data.gouv.fr@evil.example", ("stock.example",), False),
    ],
)
def test_a_study_may_add_hosts(
    service: Replay, study: Path, host: str, written: tuple[str, ...], followed: bool
) -> None:
    redirect(service, PARCELS, f"/{host}/p.json.gz")
    with (study / "study.toml").open("a", encoding="utf-8") as toml:
        toml.write(f"hosts = {list(written)}\n".replace("'", '"'))
    plan = read_bare_study(study)
    client = fetch.web_of(plan, cache=False)
    [found] = fetch.fetch(plan, today=TODAY, only=("parcelles",), web=client)
    if followed:
        assert found.state == "new", found.error
    else:
        assert isinstance(found.error, SourceError)
        assert "[fetch] hosts = [" in str(found.error)


@pytest.mark.parametrize("host", ["https://stock.example", "*.example", "stock.example/x", ""])
def test_a_host_is_a_name(study: Path, host: str) -> None:
    with (study / "study.toml").open("a", encoding="utf-8") as toml:
        toml.write(f'hosts = ["{host}"]\n')
    with pytest.raises(ConfigError, match="hosts"):
        read_bare_study(study)


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (
            400,
            b'{"status": ["a,b is not a valid choice."]}',
            '«\u00a0"status": "a,b is not a valid',
        ),
        (
            403,
            "<html><h1>Accès refusé</h1>".encode(),
            "HTTP 403)\u00a0: «\u00a0Accès refusé\u00a0»",
        ),
        (404, b"\x1b[31mgone\r\n for good", "«\u00a031mgone for good\u00a0»"),
        (410, b"x" * 100_000, "x" * 200 + "…"),
        (422, b"", "HTTP 422). "),
        (451, b"\xff\xfe\x00", "HTTP 451). "),
    ],
)
def test_the_words_of_a_refusal_are_shown(
    service: Replay, study: Path, status: int, body: bytes, says: str
) -> None:
    service.fail(RNB, times=9, status=status, body=body, headers={"Content-Type": "text/html"})
    error = fetched(service, study, only=("rnb",))["rnb"].error
    assert says in str(error)
    assert not any(ord(letter) < 32 for letter in str(error))


def test_who_asks_is_said_in_ascii(service: Replay, study: Path) -> None:
    fetched(service, study, only=("parcelles",))
    [agent] = {headers["User-Agent"] for _, headers in service.asked}
    assert agent == user_agent()
    assert agent.isascii()
    assert "https://" in agent
    with (study / "study.toml").open("a", encoding="utf-8") as toml:
        toml.write('contact = "sig@agence.example"\n')
    assert fetch.web_of(read_bare_study(study)).contact == "sig@agence.example"
    web(service, contact="sig@agence.example").get(
        f"https:/{PARCELS}", study / "x", max_bytes=10**6
    )
    assert "sig@agence.example" in service.asked[-1][1]["User-Agent"]


def test_every_query_ends_before_the_client_gives_up() -> None:
    for one in services.all_services():
        assert one.read_s > one.query_s > 0, one
    overpass = services.service_of(f"https:/{OVERPASS}", services.all_services())
    assert (overpass.busy_s, overpass.query_s) == (30, 180)


def test_each_host_has_one_policy() -> None:
    hosts = [(host, one.path) for one in services.all_services() for host in one.hosts]
    assert sorted(hosts) == sorted(set(hosts))
    for source in services.sources():
        assert services.service_of(source.address, services.all_services()).name, source.name


@pytest.mark.parametrize("status", [429, 504])
@pytest.mark.parametrize(
    ("headers", "wait_s"), [({}, 0.4), ({"Retry-After": "0"}, 0.4), ({"Retry-After": "1"}, 1.0)]
)
def test_the_shortest_wait_of_a_busy_service_is_kept(
    service: Replay, tmp_path: Path, headers: dict[str, str], wait_s: float, status: int
) -> None:
    service.fail(PARCELS, status=status, headers=headers)
    policy = Service("cadastre", frozenset({"cadastre.data.gouv.fr"}), busy_s=0.4)
    client = web(service, retries=None, timeout_s=None, services=(policy,))
    start = time.monotonic()
    client.get(f"https:/{PARCELS}", tmp_path / "x", max_bytes=10**6)
    assert time.monotonic() - start >= wait_s


@pytest.mark.parametrize(
    "what", [{"status": 504}, {"status": 429, "headers": {"Retry-After": "999"}}]
)
def test_the_second_server_is_asked(service: Replay, study: Path, what: dict[str, Any]) -> None:
    second = OVERPASS.replace("overpass-api.de", "overpass.private.coffee")
    service.files[second] = service.files[OVERPASS]
    service.fail(OVERPASS, times=99, **what)
    found = fetched(service, study, only=("parcelles", "osm"))["osm"]
    assert found.provenance is not None, found.error
    assert found.provenance.address == f"https:/{second}"
    service.fail(second, times=99, **what)
    found = fetched(service, study, only=("osm",), refresh=True)["osm"]
    assert isinstance(found.error, OfflineError)
