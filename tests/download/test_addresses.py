"""Layers of a study that are addresses: a file over https, a WFS, a PostGIS table."""

# ruff: noqa: S608 (the statements make the tables of the tests)

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pyogrio
import pytest
import shapely
from tests.export.test_postgis import base, server
from typer.testing import CliRunner

from foncier import readers
from foncier.cli import app
from foncier.crs import legal_crs
from foncier.errors import ConfigError, FoncierError
from foncier.pipeline.layers import layer_file
from foncier.study import read_bare_study

from ..hamlet import X, Y, degrees, feature
from .conftest import fetched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .replay import Replay

__all__ = ["base", "server"]
run = CliRunner().invoke
SECRET = "mot-de-passe-planté"  # noqa: S105 (looked for in every file)
HOST = "/sig.agence.example"
OWN = "https://sig.agence.example"


def zones(count: int = 7) -> list[dict[str, Any]]:
    rows = [
        feature(degrees(shapely.box(X + 30 * n, Y, X + 30 * n + 30, Y + 40)), typezone="U", n=n)
        for n in range(count)
    ]
    return [{**row, "id": f"plu.{n}"} for n, row in enumerate(rows)]


def declare(study: Path, path: str, **more: str) -> Path:
    lines = [f'{key} = "{value}"' for key, value in {"path": path, **more}.items()]
    with (study / "study.toml").open("a", encoding="utf-8") as file:
        file.write("\n[layers.zones]\n" + "\n".join(lines) + "\n")
    return study


def read(study: Path) -> Any:
    checked = read_bare_study(study)
    [spec] = checked.layers["zones"]
    file = layer_file(checked, "zones", spec)
    return readers.read(file, crs=legal_crs("80021"), communes=("80021",))[0]


def texts(folder: Path) -> str:
    """All that is in the files of a folder but the study itself."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "study.toml"]
    return "".join(p.read_bytes().decode("utf-8", "replace") for p in files)


def collection(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": rows}).encode()


def test_a_file_of_a_server(service: Replay, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variable is a secret: neither echoed nor stored; hash and date are."""
    monkeypatch.setenv("JETON", SECRET)
    declare(study, f"{OWN}/plu.geojson?token=${{JETON}}", source="Agence", licence="interne")
    service.files[f"{HOST}/plu.geojson"] = collection(zones())
    before = run(app, ["check", str(study)])
    assert before.exit_code
    assert "foncier fetch" in before.output
    asked = run(app, ["fetch", str(study), "--dry-run", "--only", "zones"])
    assert f"{OWN}/plu.geojson" in asked.output
    found = run(app, ["fetch", str(study), "--only", "zones"])
    assert found.exit_code == 0, found.output
    assert "7" in found.output
    assert len(read(study)) == 7
    [stored] = (study / "fetched").glob("adresse-zones-*.provenance.json")
    known = json.loads(stored.read_text(encoding="utf-8"))
    assert re.fullmatch(r"[0-9a-f]{64}", known["sha256"])
    assert known["fetched_on"]
    assert (known["attribution"], known["licence"]) == ("Agence", "interne")
    for said in (before.output, asked.output, found.output, texts(study)):
        assert SECRET not in said
    # Once there, it is not asked again; a study names it still by its address.
    count = len(service.asked)
    assert run(app, ["fetch", str(study), "--only", "zones"]).exit_code == 0
    assert len(service.asked) == count


class Wfs:
    """A WFS with pages: GeoJSON where it has it, and GML 3.2."""

    def __init__(self, folder: Path, *, json_too: bool, cap: int = 3, lose: int = 0) -> None:
        self.folder, self.json_too, self.cap, self.lose = folder, json_too, cap, lose
        self.asked: list[dict[str, str]] = []

    def __call__(self, query: str) -> bytes | None:
        words = {key.lower(): values[0] for key, values in parse_qs(query).items()}
        self.asked.append(words)
        start, count = int(words["startindex"]), min(self.cap, int(words["count"]))
        rows = zones()[: 7 - self.lose][start : start + count]
        if words["outputformat"] == "application/json":
            if not self.json_too:
                return b'<?xml version="1.0"?><ows:ExceptionReport>format</ows:ExceptionReport>'
            return json.dumps(
                {"type": "FeatureCollection", "numberMatched": 7, "features": rows}
            ).encode()
        return self.gml(rows)

    def gml(self, rows: list[dict[str, Any]]) -> bytes:
        path = self.folder / "page.gml"
        frame = gpd.GeoDataFrame.from_features(rows, crs=4326)
        frame["gml_id"] = [row["id"] for row in rows]
        pyogrio.write_dataframe(frame, path, driver="GML", layer="plu", FORMAT="GML3.2")
        text = path.read_text(encoding="utf-8")
        text = text.replace("<ogr:FeatureCollection", '<ogr:FeatureCollection numberMatched="7"', 1)
        return text.encode()


def serve(service: Replay, wfs: Callable[[str], bytes | None]) -> None:
    """Answer the requests of a WFS by a function of their query."""
    page = service.page
    service.page = lambda query: page(query) if "wfs_" in query else wfs(query)  # type: ignore[assignment,method-assign,return-value]


WFS_OF_STUDY = "WFS:https://data.geopf.fr/wfs/ows?map=plu"


@pytest.mark.parametrize("json_too", [True, False], ids=["GeoJSON", "GML"])
def test_a_layer_of_a_wfs(json_too: bool, service: Replay, study: Path, tmp_path: Path) -> None:
    wfs = Wfs(tmp_path, json_too=json_too)
    serve(service, wfs)
    declare(study, WFS_OF_STUDY, layer="agence:plu")
    found = fetched(service, study, only=("cadastre", "zones"))
    outcome = next(one for one in found.values() if one.source.group == "zones")
    assert outcome.error is None, outcome.error
    assert len(read(study)) == 7
    pages = [
        words
        for words in wfs.asked
        if words["outputformat"].startswith("application/json" if json_too else "application/gml")
    ]
    assert [words["startindex"] for words in pages] == ["0", "3", "6"]
    assert all(words["map"] == "plu" for words in pages)  # parameters of the address are kept
    assert all(words["bbox"].endswith("EPSG::4326") for words in pages)  # near the parcels
    swapped = read(study).geometry.iloc[0].bounds
    assert swapped[0] == pytest.approx(X, abs=1000)


@pytest.mark.parametrize("json_too", [True, False], ids=["GeoJSON", "GML"])
def test_a_wfs_that_loses_features_is_refused(
    json_too: bool, service: Replay, study: Path, tmp_path: Path
) -> None:
    serve(service, Wfs(tmp_path, json_too=json_too, lose=1))
    declare(study, WFS_OF_STUDY, layer="agence:plu")
    found = fetched(service, study, only=("zones",))
    [outcome] = found.values()
    assert outcome.state == "failed"
    assert not outcome.file.exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("WFS:https://sig.agence.example/wfs", "couche"),
        ("postgresql://moi@nulle-part/base", "table"),
    ],
)
def test_a_layer_has_to_be_named(path: str, words: str, service: Replay, study: Path) -> None:
    declare(study, path)
    [outcome] = fetched(service, study, only=("zones",)).values()
    assert words in str(outcome.error)


@pytest.mark.parametrize(
    "path",
    [
        "http://sig.agence.example/plu.geojson?token=mot-de-passe",
        "WFS:http://sig.agence.example/wfs",
        "MSSQL:server=x;uid=a;pwd=mot-de-passe",
        "s3://seau/a.gpkg",
        "/vsicurl/https://sig.agence.example/a.gpkg",
        "https://[sig/a.gpkg",
    ],
)
def test_other_addresses_are_refused(path: str, study: Path) -> None:
    result = run(app, ["fetch", str(declare(study, path))])
    assert result.exit_code == ConfigError.exit_code
    assert "layers.zones" in result.output
    assert "mot-de-passe" not in result.output


@pytest.mark.parametrize(
    "path", [f"{OWN}/a.gpkg", "PG:host=x", "postgresql://x/y", "WFS:https://x.example/"]
)
def test_the_study_of_a_stranger_opens_no_address(path: str, study: Path) -> None:
    (study / "study.toml").write_text('[study]\ntitle = "x"\ncommunes = ["80021"]\n')
    declare(study, path, layer="a")
    with pytest.raises(ConfigError, match=r"layers\.zones"):
        read_bare_study(study, untrusted=True)


@pytest.mark.postgis
def test_a_table_of_a_database(
    base: str, service: Replay, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    with psycopg.connect(base) as link:
        link.execute("DROP TABLE IF EXISTS plu")
        link.execute(
            "CREATE TABLE plu (gid serial PRIMARY KEY, typezone text, libelle text, "
            "surface numeric, maj timestamp, geom geometry(MultiPolygon, 2154))"
        )
        for n, far in enumerate((0, 100, 500_000)):
            box = f"ST_Multi(ST_MakeEnvelope({X + far}, {Y}, {X + far + 50}, {Y + 50}, 2154))"
            link.execute(
                "INSERT INTO plu (typezone, libelle, surface, maj, geom) "
                f"VALUES ('U', 'zone {n}', 12.5, now(), {box})"
            )
    monkeypatch.setenv("BASE", base.replace("tres-secret", SECRET))
    declare(study, "PG:${BASE}", layer="public.plu")
    found = fetched(service, study, only=("cadastre", "zones"))
    outcome = next(one for one in found.values() if one.source.group == "zones")
    assert outcome.error is None, outcome.error
    assert read(study)["label"].tolist() == ["zone 0", "zone 1"]  # those near the parcels
    assert SECRET not in texts(study)
    first = outcome.file.read_bytes()
    again = fetched(service, study, only=("zones",), refresh=True)
    assert next(iter(again.values())).state == "current"
    assert outcome.file.read_bytes() == first


@pytest.mark.postgis
@pytest.mark.parametrize(
    ("table", "words"), [("public.absente", "n'existe pas"), ("pg_catalog.pg_class", "géométrie")]
)
def test_what_a_database_does_not_have(
    table: str, words: str, base: str, service: Replay, study: Path
) -> None:
    declare(study, f"PG:{base}", layer=table)
    [outcome] = fetched(service, study, only=("zones",)).values()
    assert words in str(outcome.error)
    assert "tres-secret" not in str(outcome.error)


@pytest.mark.postgis
def test_a_database_that_refuses_says_so_without_the_password(
    base: str, service: Replay, study: Path
) -> None:
    address = re.sub(r"dbname=\w+", "dbname=absente", base)
    declare(study, f"PG:{address}", layer="public.plu")
    result = run(app, ["fetch", str(study), "--only", "zones"])
    assert result.exit_code
    assert "absente" in result.output
    assert "tres-secret" not in result.output + texts(study)


def test_the_address_of_a_wfs_is_a_browser_address(study: Path) -> None:
    declare(study, "WFS:https://sig.agence.example/wfs?service=WFS&map=a", layer="a:b")
    listed = run(app, ["fetch", str(study), "--dry-run", "--only", "zones"]).output
    [line] = [one.strip() for one in listed.splitlines() if one.strip().startswith("https://")]
    asked = parse_qs(urlsplit(line).query)
    assert asked["typeNames"] == ["a:b"]
    assert asked["service"] == ["WFS"]
    assert asked["map"] == ["a"]


def test_errors_are_errors_of_foncier(service: Replay, study: Path) -> None:
    declare(study, f"{OWN}/rien.geojson")
    [outcome] = fetched(service, study, only=("zones",)).values()
    assert isinstance(outcome.error, FoncierError)
    assert outcome.state == "failed"
