"""Sources of other packages: entry points, and tests with intact and corrupted answers."""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier.download import Source, catalog, select_sources
from foncier.errors import ConfigError
from foncier.pipeline import fetch
from foncier.study import read_bare_study
from foncier.testing import check_source

from .hamlet import X, Y, degrees, feature, parcels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADDRESS = "https://data.metropole.example/locaux?insee={commune}"
OURS = Source(
    name="observatoire",
    group="observatoire",
    label="Observatoire des locaux",
    form="pages",
    address=ADDRESS,
    file="observatoire-{commune}.csv",
    attribution="Métropole",
    licence="Licence Ouverte 2.0",
    fresh="tous les mois",
    most_bytes=1_000_000,
    layers=(("observations", "dpe"),),
    options={
        "rows": "lignes",
        "total": "nombre",
        "next": "suite",
        "columns": {
            "numero_dpe": "id",
            "date_etablissement_dpe": "jour",
            "code_insee_ban": "commune",
            "_geopoint": "lieu",
        },
    },
)
MODULE = """
from pathlib import Path
from foncier.download import Source
ONE = Source(
    name="observatoire", group="observatoire", label="Observatoire", form="file",
    address="https://data.metropole.example/{commune}.csv", file="observatoire-{commune}.csv",
    attribution="Métropole", licence="Licence Ouverte 2.0", fresh="tous les mois",
    most_bytes=1_000_000, layers=(("observations", "dpe"),),
)
TWICE = Source(**{**vars(ONE), "name": "parcelles"})
OUTSIDE = Source(**{**vars(ONE), "file": "../../etude.toml"})
FILE = Path(__file__).with_name("metropole.toml")
BROKEN = Path(__file__).with_name("absent.toml")
NUMBER = 3
"""
TOML = """
[[source]]
name = "observatoire"
group = "observatoire"
fr = "Observatoire"
form = "file"
address = "https://data.metropole.example/{commune}.csv"
file = "observatoire-{commune}.csv"
attribution = "Métropole"
licence = "Licence Ouverte 2.0"
fresh = "tous les mois"
most_mb = 1
layers = [{ layer = "observations", format = "dpe" }]
[hosts]
also = ["fichiers.metropole.example"]
"""


def rows(count: int) -> list[dict[str, Any]]:
    lon, lat = shapely.get_coordinates(degrees(shapely.Point(X + 70, Y + 20)))[0]
    return [
        {"id": f"L{n}", "jour": "2025-05-06", "commune": "80021", "lieu": f"{lat:.6f},{lon:.6f}"}
        for n in range(count)
    ]


def paged(every: list[dict[str, Any]], size: int = 3) -> Callable[[str], bytes | None]:
    """A paged service, as its author would replay it."""

    def answer(address: str) -> bytes | None:
        if not address.startswith("https://data.metropole.example/locaux?insee=80021"):
            return None
        start = int(address.partition("&de=")[2] or 0)
        result: dict[str, Any] = {"lignes": every[start : start + size], "nombre": len(every)}
        if start + size < len(every):
            result["suite"] = f"{ADDRESS.format(commune='80021')}&de={start + size}"
        return json.dumps(result).encode()

    return answer


def test_a_correct_source_passes() -> None:
    result = check_source(OURS, paged(rows(8)))
    assert result.rows == {"observations": 8}
    assert result.address == ADDRESS.format(commune="80021")


def test_answers_by_address() -> None:
    whole = paged(rows(2))(ADDRESS.format(commune="80021")) or b""
    for address in (ADDRESS.format(commune="80021"), ADDRESS.split("?", maxsplit=1)[0]):
        assert check_source(OURS, {address: whole}).rows == {"observations": 2}


def test_sources_of_the_catalogue_pass() -> None:
    [parcelles] = select_sources(("parcelles",))
    whole = json.dumps({"type": "FeatureCollection", "features": parcels()}).encode()
    address = parcelles.address.format(commune="80021", dep="80")
    result = check_source(parcelles, {address: gzip.compress(whole, mtime=0)})
    assert result.rows == {"parcels": 12}
    [zonage] = select_sources(("zonage",))
    zones = [
        {
            **feature(degrees(shapely.box(X + n, Y, X + n + 1, Y + 1)), typezone="U", libelle="U"),
            "id": f"zone_urba.{n}",
        }
        for n in range(4)
    ]
    page = {"type": "FeatureCollection", "features": zones, "numberMatched": 4}
    answers = {zonage.address: json.dumps(page).encode()}
    assert check_source(zonage, answers, bounds=(2.3, 49.8, 2.4, 49.9)).rows == {"zones": 4}


def ours(**more: Any) -> Source:
    return replace(OURS, options={**OURS.options, **more})


@pytest.mark.parametrize(
    ("source", "answers", "says"),
    [
        (OURS, {}, "intact: .*rien à cette adresse"),
        (OURS, paged([]), "intact: .*vide"),
        (
            ours(columns={**OURS.options["columns"], "numero_dpe": "numero"}),
            paged(rows(3)),
            "intact: .*numero",
        ),
        (replace(OURS, form="magie"), paged(rows(3)), "intact: .*type de service magie inconnu"),
        (replace(OURS, layers=(("observations", "magie"),)), paged(rows(3)), "intact: .*magie"),
    ],
)
def test_a_source_that_does_not_fit_its_answers(source: Source, answers: Any, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_source(source, answers)


def test_a_source_that_accepts_missing_rows() -> None:
    """Without an announced total the loss of a short second page is not detected."""
    careless = replace(OURS, options={**ours(counted="page").options, "total": ""})

    def answer(address: str) -> bytes:
        page = int(address.rpartition("page=")[2])
        return json.dumps(
            {"lignes": rows(8)[:6] if page == 1 else rows(8)[6:] if page == 2 else []}
        ).encode()

    with pytest.raises(AssertionError, match=r"without rows .*page=2.*accepted"):
        check_source(careless, answer)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Install a package with an entry point, as pip does."""
    place = tmp_path / "site"

    def install(what: str) -> None:
        info = place / "metropole_foncier-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: metropole-foncier\nVersion: 1.0\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(f"[foncier.sources]\nmetropole = {what}\n", "utf-8")
        (place / "metropole_foncier.py").write_text(MODULE, encoding="utf-8")
        (place / "metropole.toml").write_text(TOML, encoding="utf-8")
        monkeypatch.syspath_prepend(place)
        importlib.invalidate_caches()
        forgotten()

    yield install
    sys.modules.pop("metropole_foncier", None)
    monkeypatch.undo()
    forgotten()


def forgotten() -> None:
    catalog.sources.cache_clear()
    catalog.hosts.cache_clear()


@pytest.mark.parametrize("what", ["ONE", "FILE"])
def test_an_installed_package_adds_its_sources(
    installed: Callable[[str], None], tmp_path: Path, what: str
) -> None:
    installed(f"metropole_foncier:{what}")
    [ours] = select_sources(("observatoire",))
    assert catalog.sources()[-1] == ours
    assert "data.metropole.example" in catalog.hosts()
    assert ("fichiers.metropole.example" in catalog.hosts()) == (what == "FILE")
    (tmp_path / "study.toml").write_text('[study]\ntitle = "T"\ncommunes = ["80021"]\n', "utf-8")
    asked = [one.source.name for one in fetch.wanted(read_bare_study(tmp_path), ())]
    assert asked[0] == "parcelles"
    assert asked[-1] == "observatoire"
    head = "numero_dpe,date_etablissement_dpe,code_insee_ban,_geopoint\n"
    body = head + "".join(",".join(f'"{v}"' for v in row.values()) + "\n" for row in rows(4))
    answers = {"https://data.metropole.example/80021.csv": body.encode()}
    assert check_source(ours, answers).rows == {"observations": 4}


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("metropole_foncier:TWICE", "déjà pris"),
        ("metropole_foncier:OUTSIDE", "dossier"),
        ("metropole_foncier:NUMBER", "ni Source, ni chemin"),
        ("metropole_foncier:ABSENT", "import impossible"),
        ("metropole_absent:ONE", "import impossible"),
        ("metropole_foncier:BROKEN", "illisible"),
    ],
)
def test_invalid_entry_points(installed: Callable[[str], None], what: str, says: str) -> None:
    installed(what)
    with pytest.raises(ConfigError, match=says):
        catalog.sources()


def test_invalid_catalogues(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    for text in ("", "[[source]]\nname = 'x'\n", "source = 3\n", "= ="):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"c\.toml"):
            catalog.read_catalog(file)
