"""Vintages: what the service says of its data, never the day of the download."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from foncier import download as services
from foncier.download.vintage import edition_in, newest_date
from foncier.study import read_bare_study

from .conftest import DVF, FRICHES, LOVAC, PARCELS, SIRENE, SITES, certificate, fetched, works
from .replay import CASIAS, DATASETS, DPE, OVERPASS

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import Replay

SEEN = {"Last-Modified": "Fri, 01 Nov 2019 10:00:00 GMT"}
STORE = "/cadastre.s3.rbx.io.cloud.ovh.net:443/etalab-cadastre/2025-12-01/p.json.gz"
PAGE = {"Last-Modified": "Mon, 01 Dec 2031 00:00:00 GMT"}


def vintage(found: dict[str, services.Outcome], name: str) -> str | None:
    provenance = found[name].provenance
    assert provenance is not None, found[name].error
    return provenance.vintage


@pytest.mark.parametrize(
    "case",
    [
        ("parcelles", PARCELS, SEEN, "2019-11-01"),
        ("parcelles", PARCELS, {}, None),
        ("parcelles", PARCELS, PAGE, None),  # after the day of the download
        ("parcelles", PARCELS, {"Last-Modified": "hier"}, None),
        ("sirene", SIRENE, SEEN, "2019-11-01"),
        ("dvf", DVF.format(2024), SEEN, "2024-03-04"),  # its newest sale
        ("zonage", "", {}, None),
        ("rnb", "", {}, None),
        ("relief", "", {}, None),
    ],
)
def test_the_vintage_is_what_the_service_says(
    service: Replay, study: Path, case: tuple[str, str, dict[str, str], str | None]
) -> None:
    name, path, headers, expected = case
    if path:
        service.fail(path, headers=headers)
    found = fetched(service, study, only=tuple(dict.fromkeys(("parcelles", name))))
    assert vintage(found, name) == expected
    listed = (study / "fetched/couches.toml").read_text("utf-8")
    assert (f"date = {expected}" in listed) == (expected is not None)
    assert "2026-01-15" not in listed
    specs = [one for layer in read_bare_study(study).layers.values() for one in layer]
    assert {one.date for one in specs} <= {None, date.fromisoformat(expected or "2000-01-01")}


def test_the_edition_of_a_redirection_is_kept_with_the_file(service: Replay, study: Path) -> None:
    service.files[STORE] = service.files[PARCELS]
    service.fail(PARCELS, times=99, status=302, headers={"Location": f"https:/{STORE}"})
    assert vintage(fetched(service, study, only=("parcelles",)), "parcelles") == "2025-12-01"
    # A new edition with the same bytes: the file is current, and its vintage the new one.
    service.files[STORE.replace("2025-12", "2026-01")] = service.files[PARCELS]
    service.faults.clear()
    newer = STORE.replace("2025-12", "2026-01")
    service.fail(PARCELS, times=99, status=302, headers={"Location": f"https:/{newer}"})
    found = fetched(service, study, only=("parcelles",), refresh=True)
    assert found["parcelles"].state == "current"
    assert vintage(found, "parcelles") == "2026-01-01"


def test_the_vintage_of_a_copy_from_the_cache(service: Replay, study: Path, tmp_path: Path) -> None:
    cache = services.Cache(tmp_path / "shared")
    service.fail(PARCELS, times=99, headers=SEEN)
    for _ in range(2):
        found = fetched(service, study, only=("parcelles",))
        assert vintage(found, "parcelles") == "2019-11-01"
        (study / "fetched/cadastre-80021-parcelles.json.gz").unlink()
    assert cache.size() == (0, 0)


def test_own_dates(service: Replay, study: Path) -> None:
    """Newest certificate, site or revision; a date that is mistyped does not count."""
    service.lists[DPE] = [
        certificate(1),
        certificate(2) | {"date_etablissement_dpe": "2025-11-30"},
        certificate(3) | {"date_etablissement_dpe": "2205-06-06"},
        certificate(4) | {"date_etablissement_dpe": "2025-13-45"},
    ]
    service.lists[CASIAS] = [works(5), works(6) | {"date_maj": "2020-02-29"}]
    service.features = [
        row | {"properties": {**row["properties"], "datappro": day}}
        for row, day in zip(service.features, ["20190627", "20210101"] * 4, strict=False)
    ]
    base = b'<meta osm_base="2026-01-14T21:00:00Z"/>'
    service.files[OVERPASS] = service.files[OVERPASS].replace(b"<node", base + b"<node", 1)
    found = fetched(service, study, only=("parcelles", "dpe", "casias", "zonage", "osm"))
    assert {name: vintage(found, name) for name in found if name != "parcelles"} == {
        "dpe": "2025-11-30",
        "casias": "2020-02-29",
        "zonage": "2021-01-01",
        "osm": "2026-01-14",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/20260429-124852/friches-standard-2026-04-15.csv", "2026-04-15"),
        ("/resources/x/20260625-163600/lovac-opendata-communes26.csv", "2026-06-25"),
        ("/82192/82192.20260901.115300.zip", "2026-09-01"),
        ("/fichier/8735162/Filosofi2021_carreaux_200m_csv.zip", None),
        ("/2026-02-30/p.json.gz", None),
        ("/p?on=2026-02-01", None),
        ("/geo_siret_80.csv.gz", None),
    ],
)
def test_editions_in_addresses(path: str, expected: str | None) -> None:
    day = edition_in(f"https://x.example{path}")
    assert (None if day is None else day.isoformat()) == expected


def test_data_sets_give_their_date(service: Replay, study: Path) -> None:
    del service.files[SITES]  # the file of the inventory is asked
    found = fetched(service, study, only=("parcelles", "friches", "lovac", "gtfs"))
    assert vintage(found, "lovac") == "2026-01-02"
    assert vintage(found, "friches") == "2024-02-01"  # the newest revision of its sites
    assert (
        vintage(found, "gtfs") is None
    )  # a copy of February 2026, later than the day of the study


def test_a_file_that_has_no_such_column(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a;b\n2020-01-01;2021-01-01\n", encoding="utf-8")
    today = date(2026, 1, 1)
    assert newest_date(file, ("c",), today=today) is None
    assert newest_date(file, ("a", "b"), today=today) == date(2021, 1, 1)
    assert newest_date(tmp_path / "absent.csv", ("a",), today=today) is None


SLUG = "logements-vacants-du-parc-prive-par-commune-departement-region-france"


def resources(*rows: tuple[str, str, str, str]) -> bytes:
    listed = [
        {
            "id": ident,
            "title": title,
            "format": "csv",
            "last_modified": day,
            "url": f"https://static.data.gouv.fr/resources/{SLUG}/20260625-163600/{file}",
        }
        for ident, title, file, day in rows
    ]
    return json.dumps({"resources": listed}).encode()


OURS = "2e0417b4-902d-4c60-90e7-bf5df148cb87"
SAME = "Logements vacants par commune, département, région"
COMMUNES, OTHERS = "lovac-opendata-communes26.csv", "lovac-opendata-departements26.csv"
PICKS: list[tuple[str, tuple[tuple[str, str, str, str], ...], str]] = [
    ("by id", ((OURS, "x", "a.csv", "2020"), ("2", "communes", "b.csv", "2026")), "a.csv"),
    ("by name", (("1", "communes26", COMMUNES, "2020"), ("2", "d26", OTHERS, "2026")), COMMUNES),
    ("same titles", (("1", SAME, COMMUNES, "2020"), ("2", SAME, OTHERS, "2026")), COMMUNES),
    ("newest", (("1", SAME, "communes-25.csv", "2025"), ("2", SAME, COMMUNES, "2026")), COMMUNES),
    ("alone", (("1", SAME, "lovac.csv", "2020"),), "lovac.csv"),
    ("none", (("1", "France", "lovac-france26.csv", "2026"),), ""),
]


@pytest.mark.parametrize(("_kind", "rows", "chosen"), PICKS, ids=[one[0] for one in PICKS])
def test_the_resource_of_a_data_set(
    service: Replay,
    study: Path,
    _kind: str,
    rows: tuple[tuple[str, str, str, str], ...],
    chosen: str,
) -> None:
    lovac: Any = next(body for path, body in service.files.items() if "lovac" in path)
    folder = f"/static.data.gouv.fr/resources/{SLUG}/20260625-163600/"
    for _, _, file, _ in rows:
        service.files[folder + file] = lovac
    service.files[f"{DATASETS}{LOVAC}/"] = resources(*rows)
    found = fetched(service, study, only=("lovac",))["lovac"]
    asked = [path for path, _ in service.asked if path.startswith(folder)]
    assert asked == ([folder + chosen] if chosen else []), found.error


def test_a_dictionary_beside_the_inventory_is_not_taken(service: Replay, study: Path) -> None:
    store = "https://static.data.gouv.fr/resources/sites-references-dans-cartofriches"
    path = f"{DATASETS}{FRICHES}/"
    del service.files[SITES]
    inventory = next(body for path, body in service.files.items() if path.endswith("standard.csv"))
    name = f"{store}/20260429-124852/friches-standard-2026-01-15.csv"
    service.files[name.removeprefix("https:/")] = inventory
    rows = [("friches-standard", name, "2026-01-14")]
    rows += [("Dictionnaire des variables", f"{store}/20260430-1/dictionnaire.csv", "2026-01-15")]
    listed = [{"title": t, "format": "csv", "url": u, "last_modified": d} for t, u, d in rows]
    service.files[path] = json.dumps({"resources": listed}).encode()
    found = fetched(service, study, only=("friches",))
    assert vintage(found, "friches") == "2026-01-15"
