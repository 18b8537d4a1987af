"""Registers as files by year and as pages of JSON, and their errors."""

from __future__ import annotations

import csv
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import shapely

from foncier.download.catalog import Query, address_of, select_sources
from foncier.download.paged_json import table
from foncier.errors import FormatError, OfflineError, SourceError
from foncier.pipeline import fetch
from foncier.study import read_bare_study

from ..hamlet import X, Y, degrees
from .conftest import DVF, building, certificate, fetched, fetched_bytes, sales, works
from .replay import CASIAS, DPE, GEOCODER, RNB, WFS

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import Replay


def lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_all_pages_are_read(service: Replay, study: Path) -> None:
    service.lists = {
        DPE: [certificate(n) for n in range(1, 12)],
        RNB: [building(n) for n in range(1, 12)],
        CASIAS: [works(n) for n in range(1, 10)],
    }
    for cap in (1000, 11, 5, 3, 1):  # 11 and 3: the last page is a full one
        service.cap = cap
        found = fetched(service, study, only=("dpe", "rnb", "casias"), refresh=True)
        assert [one.error for one in found.values()] == [None] * 3
        # The same rows make the same bytes, however the service cuts its pages.
        assert {one.state for one in found.values()} == {"new" if cap == 1000 else "current"}
    rows = {name: len(lines(one.file)) for name, one in found.items()}
    assert rows == {"dpe": 11, "rnb": 11, "casias": 9}


def test_documented_addresses_are_requested(service: Replay, study: Path) -> None:
    found = fetched(service, study, only=("dvf", "dpe", "rnb", "casias"))
    result = {name: one.provenance.address for name, one in found.items() if one.provenance}
    assert result["dvf"] == f"https:/{DVF.format(2024)}"
    assert result["dpe"].endswith("&qs=code_insee_ban%3A%2280021%22")
    assert result["rnb"].endswith("?insee_code=80021&status={status}&limit=100")
    head = (study / "fetched/casias-80021.csv").read_text("utf-8").splitlines()[0]
    assert "nom" not in head


@pytest.mark.parametrize(
    ("day", "year"), [("2026-01-15", 2024), ("2026-04-30", 2024), ("2026-05-01", 2025)]
)
def test_year_of_the_last_complete_sales(day: str, year: int) -> None:
    [dvf] = select_sources(("dvf",))
    asked = address_of(dvf, Query(("80021",), asked_on=date.fromisoformat(day)))
    assert asked == f"https:/{DVF.format(year)}"


def test_sources_that_do_not_cover_a_departement(study: Path) -> None:
    toml = (study / "study.toml").read_text("utf-8")
    for commune, gone in (("67482", {"dvf"}), ("97411", {"dpe"}), ("80021", set[str]())):
        (study / "study.toml").write_text(toml.replace("80021", commune), encoding="utf-8")
        asked = fetch.wanted(read_bare_study(study), ("dvf", "dpe", "rnb"))
        assert {one.source.name for one in asked} == {"dvf", "dpe", "rnb"} - gone


def test_which_sources_may_be_empty(service: Replay, study: Path) -> None:
    service.lists = {DPE: [], RNB: [], CASIAS: []}
    found = fetched(service, study, only=("dpe", "rnb", "casias"))
    assert "--accept vide" in str(found["dpe"].error)
    assert [found[name].error for name in ("rnb", "casias")] == [None, None]
    useless = answer(results=[building(1, "constructed")])  # rows, and none of them of use
    service.fail(RNB, times=2, body=useless)
    found = fetched(service, study, only=("rnb",), refresh=True)
    assert "--accept vide" in str(found["rnb"].error)


def without(key: str, row: dict[str, Any]) -> dict[str, Any]:
    return {(f"{name}_bis" if name == key else name): value for name, value in row.items()}


def answer(**more: Any) -> bytes:
    return json.dumps(more).encode()


D, R, C = certificate(1), building(1), works(1)
ELSEWHERE = "https://ailleurs.example/?page=2"
HTML = {"body": b"<html>", "headers": {"Content-Type": "text/html"}}
FAILURES: list[tuple[str, str, dict[str, Any], type[SourceError], str]] = [
    ("dpe", DPE, {"body": answer(total=9, results=[D])}, FormatError, "1 ligne reçue sur 9"),
    ("dpe", DPE, {"body": answer(total=9, results=[])}, FormatError, "0 ligne reçue sur 9"),
    ("dpe", DPE, {"body": answer(total=9, results=[D, D])}, FormatError, "répète ses pages"),
    ("dpe", DPE, {"body": answer(results=[D])}, FormatError, "«\u00a0total\u00a0» n'est plus"),
    ("dpe", DPE, {"body": answer(total=1, lignes=[D])}, FormatError, "pas de liste"),
    ("dpe", DPE, {"body": answer(total=1, results=["D"])}, FormatError, "pas de liste"),
    ("dpe", DPE, {"body": answer(total=1, results=[D])[:60]}, FormatError, "tronquée"),
    ("dpe", DPE, {"body": b"[]"}, FormatError, "pas un objet"),
    ("dpe", DPE, HTML, FormatError, "page HTML"),
    ("dpe", DPE, {"body": b"<html>"}, FormatError, "illisible"),
    (
        "dpe",
        DPE,
        {"body": answer(total=1, results=[without("code_insee_ban", D)])},
        FormatError,
        "«\u00a0code_insee_ban\u00a0» absente",
    ),
    (
        "dpe",
        DPE,
        {"body": answer(total=2, results=[D], next=ELSEWHERE)},
        SourceError,
        "ailleurs.example",
    ),
    (
        "dpe",
        DPE,
        {"status": 429, "headers": {"Retry-After": "3600"}},
        OfflineError,
        "3\u202f600\u00a0s",
    ),
    (
        "rnb",
        RNB,
        {"body": answer(results=[R], next=f"https:/{RNB}?cursor=0&limit=1")},
        FormatError,
        "répète ses pages",
    ),
    ("rnb", RNB, {"body": answer(results=[], next=None)}, SourceError, "--accept moins"),
    ("rnb", RNB, {"body": answer(results=[without("shape", R)])}, FormatError, "shape"),
    (
        "rnb",
        RNB,
        {"body": answer(results=[R | {"shape": {"type": "Carré"}}])},
        FormatError,
        "géométrie illisible",
    ),
    ("rnb", RNB, {"status": 503}, OfflineError, "ne répond pas"),
    ("casias", CASIAS, {"body": answer(results=5, data=[C])}, FormatError, "répète ses pages"),
    (
        "casias",
        CASIAS,
        {"body": answer(results=1, data=[without("statut", C)])},
        FormatError,
        "«\u00a0statut\u00a0» absente",
    ),
    ("casias", CASIAS, {"body": answer(results="1", data=[C])}, FormatError, "plus annoncé"),
    ("dvf", DVF.format(2024), {"status": 404}, SourceError, "rien à cette adresse"),
    (
        "dvf",
        DVF.format(2024),
        {"body": b"<html>maintenance</html>"},
        SourceError,
        "--accept vide,moins,colonnes",
    ),
    (
        "dvf",
        DVF.format(2024),
        {"body": sales(2024).split(b"\n", 1)[0] + b"\n"},
        SourceError,
        "--accept vide,moins",
    ),
    (
        "dvf",
        DVF.format(2024),
        {"body": sales(2024).replace(b"type_local", b"local")},
        SourceError,
        "type_local",
    ),
]


@pytest.mark.parametrize("case", FAILURES, ids=lambda case: f"{case[0]}: {case[4]}"[:40])
def test_an_error_leaves_the_former_file(
    service: Replay, study: Path, case: tuple[str, str, dict[str, Any], type[SourceError], str]
) -> None:
    name, path, what, error, says = case
    assert fetched(service, study, only=(name,))[name].error is None
    before = fetched_bytes(study)
    service.fail(path, times=99, **what)
    found = fetched(service, study, only=(name,), refresh=True)[name]
    assert type(found.error) is error, found.error
    assert says in str(found.error)
    assert "\n" not in str(found.error)
    assert fetched_bytes(study) == before


def test_circular_links_and_empty_pages(service: Replay, study: Path) -> None:
    first = select_sources(("rnb",))[0].address.format(commune="80021", status="notUsable")
    for body, says in (
        (answer(results=[building(8)], next=first), "tournent en rond"),
        (answer(results=[building(9)], next=f"https:/{RNB}?cursor=9&limit=1"), "page vide"),
    ):
        service.fail(RNB, body=body)
        found = fetched(service, study, only=("rnb",))["rnb"]
        assert isinstance(found.error, FormatError)
        assert says in str(found.error)


def test_a_repeated_first_page_is_an_error(service: Replay, study: Path) -> None:
    service.cap, service.stuck = 2, True
    service.lists[RNB] = [building(n) for n in range(4)]
    for one in fetched(service, study, only=("dpe", "rnb", "casias")).values():
        assert isinstance(one.error, FormatError)
        assert "répète ses pages" in str(one.error)


def test_interrupted_pages_are_retried(service: Replay, study: Path) -> None:
    service.cap = 2
    for path in (DPE, RNB, CASIAS):
        service.fail(path, cut_at=30)
        service.fail(path, status=502)
    found = fetched(service, study, only=("dpe", "rnb", "casias"))
    assert [one.error for one in found.values()] == [None] * 3
    assert len(lines(found["dpe"].file)) == 7


def test_too_many_pages_are_refused(
    service: Replay, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foncier.download.paged_json.MAX_PAGES", 3)
    service.cap = 2
    found = fetched(service, study, only=("dpe",))["dpe"]
    assert "plus de 3 pages" in str(found.error)


def test_swapped_coordinates_are_refused(service: Replay, study: Path) -> None:
    point: Any = works(1)["geom"]
    service.lists[CASIAS] = [
        works(1) | {"geom": point | {"coordinates": point["coordinates"][::-1]}}
    ]
    assert fetched(service, study, only=("casias",))["casias"].error is not None


def test_an_empty_geometry_is_missing() -> None:
    empty = {"type": "Polygon", "coordinates": []}
    rows: list[dict[str, Any]] = [{"id": "b", "geom": empty}, {"id": "a", "geom": None}]
    assert table(rows, {"id": "id", "wkt": "geom:wkt", "x": "geom:x"}) == [
        ["id", "wkt", "x"],
        ["a", "", ""],
        ["b", "", ""],
    ]
    assert table([], {"id": "id"}) == [["id"]]


def test_rows_added_while_the_pages_are_read(service: Replay, study: Path) -> None:
    """The total grows from one page to the next: nothing is missing of what was announced first."""
    rows = [certificate(n) for n in range(1, 6)]
    link = f"https:/{DPE}?size=2&after=2"
    for announced, page, complete in (
        ((3, 4), (rows[:2], rows[2:3]), True),  # one was added, behind what is read
        ((3, 4), (rows[:2], rows[1:4]), True),  # one was added at the beginning: a row comes again
        ((4, 3), (rows[:2], rows[2:3]), True),  # one was withdrawn
        ((4, 4), (rows[:2], rows[2:3]), False),
        ((3, 3), (rows[:2], rows[1:3]), False),  # a row comes again though nothing was added
    ):
        service.faults.clear()
        service.fail(DPE, body=answer(total=announced[0], results=page[0], next=link))
        service.fail(DPE, body=answer(total=announced[1], results=page[1]))
        found = fetched(service, study, only=("dpe",), refresh=True, accepted=("moins",))["dpe"]
        assert (found.error is None) == complete, found.error
        assert "{" not in str(found.error)


def test_wfs_total_that_grows(service: Replay, study: Path) -> None:
    fetched(service, study, only=("parcelles",))
    row = service.features[0]
    for announced, complete in (((2, 3), True), ((3, 3), False)):
        pages = [
            [row | {"id": "zone.1"}, row | {"id": "zone.2"}][: 2 if n == 0 else 0] for n in (0, 1)
        ]
        for total, page in zip(announced, pages, strict=True):
            body = answer(type="FeatureCollection", features=page, numberMatched=total)
            service.fail(WFS, body=body)
        found = fetched(service, study, only=("zonage",), refresh=True)["zonage"]
        assert (found.error is None) == complete, found.error
        assert "startIndex" in str(found.error) or complete


def test_each_status_is_asked_alone(service: Replay, study: Path) -> None:
    found = fetched(service, study, only=("rnb",))["rnb"]
    assert found.error is None
    assert {row["status"] for row in lines(found.file)} == {"demolished", "notUsable"}


def test_a_year_of_bare_land_is_a_year_without_evidence(service: Replay, study: Path) -> None:
    head, *rows = sales(2024).decode().split("\n")
    land = [row for row in rows if "Maison" not in row and "Local" not in row]
    service.files[DVF.format(2024)] = "\n".join([head, *land]).encode()
    found = fetched(service, study, only=("dvf",))["dvf"]
    assert found.provenance is not None, found.error
    assert found.provenance.rows == {"observations": 0}


def lost(n: int, address: str | None) -> dict[str, object]:
    return {**works(n), "geom": None, "adresse": address}


def test_sites_without_a_point_are_placed_by_their_address(service: Replay, study: Path) -> None:
    """The score and the type are kept; what the geocoder is not sure of stays without a place."""
    service.lists[CASIAS] = [works(5), lost(6, "12 rue du Hameau"), lost(7, None), lost(8, "x")]
    point = degrees(shapely.Point(X + 195, Y + 20))
    answer = {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(point),
        "properties": {"score": 0.93, "type": "housenumber"},
    }
    service.files[GEOCODER] = json.dumps({"features": [answer]}).encode()
    found = fetched(service, study, only=("parcelles", "casias"))["casias"]
    assert found.provenance is not None, found.error
    table = pd.read_csv(found.file, dtype=str).set_index("identifiant_ssp")
    assert table.loc["SSP4006", "geocodage_score"] == "0.93"
    assert table["geocodage_etat"].fillna("").to_dict() == {
        "SSP4005": "",
        "SSP4006": "trouve",
        "SSP4007": "",
        "SSP4008": "trouve",
    }
    asked = [path for path, _ in service.asked if path == GEOCODER]
    assert len(asked) == 2
    assert found.provenance.rows == {"inventory": 3}


def test_a_geocoder_that_is_down_costs_its_rows_only(service: Replay, study: Path) -> None:
    service.lists[CASIAS] = [works(5), *(lost(n, f"{n} rue du Hameau") for n in range(6, 10))]
    service.fail(GEOCODER, times=99, status=400)
    found = fetched(service, study, only=("parcelles", "casias"))["casias"]
    assert found.provenance is not None, found.error
    assert found.provenance.rows == {"inventory": 1}
    table = pd.read_csv(found.file, dtype=str)
    assert (table["geocodage_etat"] == "sans reponse").sum() == 4
    assert sum(path == GEOCODER for path, _ in service.asked) == 1
