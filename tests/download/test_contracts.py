"""Reference answers of every service, replayed through download and reader; ``--probe``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from foncier import download as services
from foncier.cli import app
from foncier.errors import FormatError, OfflineError, SourceError
from foncier.pipeline import fetch

from .conftest import QUICK
from .contract_server import FOLDER, NAMES, Answer, ContractServer, read_contract
from .services_table import markdown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TODAY = date(2026, 11, 30)
LARGEST = 20_000
run = CliRunner().invoke


def source_of(name: str) -> services.Source:
    return next(one for one in services.sources() if one.name == name)


def client_of(server: ContractServer) -> services.HttpClient:
    return services.HttpClient(
        services.hosts(),
        mirror=server.address,
        insecure=True,
        retries=QUICK.new(total=1),
        timeout_s=(2.0, 5.0),
        pause_s=0.0,
    )


def replayed(
    name: str,
    folder: Path,
    real_data: Path,
    change: Callable[[str, int, Answer], Answer] | None = None,
) -> tuple[services.Outcome, list[str]]:
    """Outcome of the source of a contract over its exchanges, and the addresses asked."""
    contract = read_contract(name)
    server = ContractServer(contract["exchange"], folder, real_data)
    if change is not None:
        server.change = change
    bounds = tuple(contract["bounds"]) if "bounds" in contract else None
    query = services.Query((contract["commune"],), bounds)
    (folder / "fetched").mkdir(exist_ok=True)
    with server:
        outcome = services.fetch(
            client_of(server),
            source_of(contract["source"]),
            query,
            folder / "fetched",
            today=TODAY,
        )
    return outcome, server.asked


REAL = [pytest.param(name, marks=pytest.mark.real if name == "edigeo" else ()) for name in NAMES]


@pytest.mark.parametrize("name", REAL)
def test_a_reference_answer_is_read(name: str, tmp_path: Path, real_data: Path) -> None:
    """Every request of the contract is sent, its rows are read, its vintage is known."""
    contract = read_contract(name)
    found, asked = replayed(name, tmp_path, real_data)
    assert found.provenance is not None, found.error
    rows = {layer: count for layer, count in contract["rows"].items() if count}
    assert {k: v for k, v in found.provenance.rows.items() if k in rows} == rows
    assert set(found.provenance.rows) == set(contract["rows"])
    assert found.provenance.vintage == contract.get("vintage")
    requests = [one["request"] for one in contract["exchange"] if one.get("status", 200) < 400]
    assert asked == requests


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_says_where_it_comes_from(name: str) -> None:
    contract = read_contract(name)
    assert contract["kind"] in {"recorded", "composed"}
    assert (contract["kind"] == "composed") == contract["origin"].startswith("composed, not rec")
    assert contract["licence"]
    assert isinstance(contract["seen"], date)
    assert (FOLDER / f"{name}.toml").stat().st_size < LARGEST


def test_every_source_has_a_contract() -> None:
    named = {read_contract(name)["source"] for name in NAMES}
    assert named == {source.name for source in services.sources()} == set(services.contracts())


@pytest.mark.parametrize("name", REAL)
def test_the_probe_sees_no_difference_in_the_reference(
    name: str, tmp_path: Path, real_data: Path
) -> None:
    contract = read_contract(name)
    source = source_of(contract["source"])
    known = services.contracts()[source.name]
    assert known.host == contract["host"]
    if name != source.name:
        return  # a second answer of the same service
    assert known.kind == contract["kind"]
    assert (known.seen, known.commune) == (contract["seen"], contract["commune"])
    with ContractServer(contract["exchange"], tmp_path, real_data) as server:
        found = services.probe(client_of(server), source, known, today=TODAY)
    assert not found.differs, found
    assert not found.new
    assert (found.missing is None) == (name in {"osm", "relief"})


def first_only(answer: Answer) -> Callable[[str, int, Answer], Answer]:
    return lambda _address, before, good: good if before else answer


REFUSED: list[tuple[str, Answer, type[SourceError] | None, str]] = [
    ("429 once", (429, {"Retry-After": "0"}, b"slow down"), None, ""),
    ("503 once", (503, {}, b""), None, ""),
    ("another host", (302, {"Location": "https://evil.example/x"}, b""), SourceError, "evil"),
    ("another port", (301, {"Location": "https://data.geopf.fr:8443/"}, b""), SourceError, "8443"),
    ("400", (400, {}, b'{"detail": "bad parameter"}'), SourceError, "bad parameter"),
    ("403", (403, {}, b"<h1>Forbidden for you</h1>"), SourceError, "Forbidden for you"),
    ("HTML", (200, {"Content-Type": "text/html"}, b"<html>"), FormatError, "HTML"),
    ("429 long", (429, {"Retry-After": "9000"}, b""), OfflineError, "attendre"),
]


@pytest.mark.parametrize("case", REFUSED, ids=[one[0] for one in REFUSED])
def test_every_service_may_refuse(
    case: tuple[str, Answer, type[SourceError] | None, str], tmp_path: Path, real_data: Path
) -> None:
    _, answer, error, says = case
    for name in NAMES:
        if name in {"edigeo", "relief"} or "-" in name:
            continue
        (tmp_path / name).mkdir()
        found, asked = replayed(name, tmp_path / name, real_data, first_only(answer))
        if error is None:
            assert found.provenance is not None, (name, found.error)
        elif error is OfflineError and name == "osm":
            assert found.error is not None  # its second server has no exchange
            assert "private.coffee" in str(found.error)
        else:
            assert type(found.error) is error, (name, found.error)
            assert says in str(found.error)
            assert not (tmp_path / name / "fetched" / found.file.name).exists()
        assert asked


def test_several_statuses_at_once_are_refused_by_the_rnb(tmp_path: Path, real_data: Path) -> None:
    """The answer to the request that the service's documentation shows."""
    contract = read_contract("rnb")
    [request] = [one["request"] for one in contract["exchange"] if one.get("status") == 400]
    with (
        ContractServer(contract["exchange"], tmp_path) as server,
        pytest.raises(SourceError, match=r"notUsable,demolished.*is not a valid choice"),
    ):
        client_of(server).get(request, tmp_path / "x", max_bytes=10**6)


def all_exchanges() -> list[dict[str, Any]]:
    return [one for name in NAMES for one in read_contract(name)["exchange"]]


def test_the_table_of_the_probe(tmp_path: Path, real_data: Path) -> None:
    study = tmp_path / "study.toml"
    with ContractServer(all_exchanges(), tmp_path, real_data) as server:
        study.write_text(
            '[study]\ntitle = "T"\ncommunes = ["80021"]\n'
            f'[fetch]\nmirror = "{server.address}"\ninsecure = true\n',
            encoding="utf-8",
        )
        result = run(app, ["fetch", str(tmp_path), "--probe"])
        assert result.exit_code == 0, result.output
        assert result.output.count("✓") == len(services.contracts())
        assert "Tous les services répondent comme prévu." in result.output

        def change(address: str, _n: int, answer: Answer) -> Answer:
            if "casias" in address:
                return 200, {}, answer[2].replace(b"statut", b"etat")
            if "rnb-api" in address:
                return 400, {}, b"no"
            if "geopf" in address and "zone_urba" in address:
                return 302, {"Location": "https://static.data.gouv.fr/zones.json"}, b""
            return answer

        server.change = change
        server.exchanges.append(
            {"request": "https://static.data.gouv.fr/zones.json", "body": '{"features": [{}]}'}
        )
        result = run(app, ["fetch", str(tmp_path), "--probe", "--lang", "en"])
        assert result.exit_code == FormatError.exit_code
        for words in (
            "✗ casias",
            "missing: “statut”; new: “etat”",
            "400 (expected: 200)",
            "static.data.gouv.fr (expected: data.geopf.fr)",
            "3 services differ",
        ):
            assert words in result.output, words
    assert not (tmp_path / "fetched").exists()


def test_the_probe_needs_no_study() -> None:
    assert run(app, ["fetch"]).exit_code == 2
    result = run(app, ["fetch", "--probe", "--only", "x"])
    assert result.exit_code == 2
    assert "source inconnue" in result.output


def test_the_probe_says_what_does_not_answer(tmp_path: Path, real_data: Path) -> None:
    with ContractServer([], tmp_path) as server:
        client = client_of(server)
        found = list(fetch.probe(client, ("dvf", "lovac"), today=TODAY))
    assert [one.differs for one in found] == [True, True]
    assert found[0].error is not None  # the list of the files of the data set
    assert found[1].status == 404


def test_the_page_of_the_services_is_that_of_the_contracts() -> None:
    page = FOLDER.parents[2] / "docs/services.md"
    assert page.read_text(encoding="utf-8").endswith(f"\n\n{markdown()}")
