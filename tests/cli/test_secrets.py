"""Secrets planted in every place of a study and of its services: no output shows one."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pyarrow.parquet as pq
import pytest
import shapely
from pypdf import PdfReader
from tests.hamlet import X, Y, degrees, feature, hamlet, write
from tests.test_cli import Done, foncier

import foncier as fo
from foncier.errors import ConfigError, FoncierError, OfflineError
from foncier.i18n import hide_in_error, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VALUE = "S3CR3T-VALEUR"  # of the environment variable
FOLDER = "S3CR3T-DOSSIER"  # of the variable of a path: only in a path that is opened
PASSWORD, TOKEN = "S3CR3T-MDP", "S3CR3T-JETON"
SECRETS = (VALUE, FOLDER, PASSWORD, TOKEN)
ADDRESS = f"https://moi:{PASSWORD}@donnees.example/wfs?service=WFS&token={TOKEN}&x=1"
PLANT = f"${{FONCIER_SECRET}} {ADDRESS}"

TOML = """
[study]
title = "Hameau @"
communes = ["80021"]
date = 2026-01-15
contact = { organisation = "Service @" }

[axis]
name = "Axe @"
status = "@"
half_width_m = 900
file = "${FONCIER_FOLDER}/axe.geojson"

[loop]
name = "Boucle @"
status = "@"
waypoints_file = "${FONCIER_FOLDER}/etapes.geojson"

[[crossings]]
name = "Passerelle @"
waypoints = [ { name = "rive @", lat = LAT1, lon = LON1 }, { name = "@", lat = LAT2, lon = LON2 } ]

[layers.parcels]
path = "${FONCIER_FOLDER}/parcelles.json.gz"
format = "etalab-cadastre"
source = "Cadastre @"
licence = "Licence @"

[layers.buildings]
path = "${FONCIER_FOLDER}/batiments.json.gz"
format = "etalab-cadastre"
source = "@"
licence = "@"

[layers.streets]
path = "${FONCIER_FOLDER}/voies.geojson"
format = "lines"
source = "@"
licence = "@"

[layers.inventory]
path = "${FONCIER_FOLDER}/friches-cnig.csv"
format = "cnig"
source = "@"
licence = "@"

[[layers.zones]]
path = "${FONCIER_FOLDER}/zones.geojson"
source = "@"
licence = "@"
constants = { label = "Zone @", zone_type = "U" }

[[rules.add]]
kind = "dent_creuse"
name = "ma_regle"
measure = "area_m2"
fr = "Ma règle @"
en = "My rule @"
source = "@"
failed_fr = "échoue @"
failed_en = "fails @"
at_least = 10

[[criteria]]
name = "mon_critere"
measure = "area_m2"
worst = 0
best = 1000
fr = "Mon critère @"
en = "My criterion @"
source = "@"

[signals.inventaire]
weight = 1.0
source = "@"

[leaflet]
intro = "Bonjour @"
contacts = [ { name = "Contact @", lines = ["@"] } ]
changes = [ { when = "@", text = "@" } ]

[fetch]
mirror = "http://moi:MDP@127.0.0.1:PORT/${FONCIER_SECRET}"
insecure = true
contact = "@"
"""


class Mirror(BaseHTTPRequestHandler):
    """Serves the cadastre of the hamlet; everything else is not there."""

    files: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = next((b for end, b in self.files.items() if self.path.endswith(end)), None)
        self.send_response(200 if body else 404)
        for name, value in (("Content-Length", str(len(body or b""))), ("ETag", '"1"')):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


@pytest.fixture(scope="module")
def mirror() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path, mirror: int) -> Path:
    folder = tmp_path_factory.mktemp("etude") / FOLDER
    hamlet(folder)
    shutil.copy(demo_folder / "friches-cnig.csv", folder)
    line = degrees(shapely.LineString([(X, Y - 5), (X + 400, Y - 5)]))
    write(folder / "axe.geojson", [feature(line)])
    points = [degrees(shapely.Point(X + 90 * n, Y - 5)) for n in range(1, 4)]
    stops = [feature(p, order=n, name=f"Étape {n}") for n, p in enumerate(points, start=1)]
    write(folder / "etapes.geojson", stops)
    write(folder / "zones.geojson", [feature(degrees(shapely.box(X, Y - 50, X + 500, Y + 90)))])
    Mirror.files = {
        f"{kind}.json.gz": (folder / f"{kind}.json.gz").read_bytes()
        for kind in ("parcelles", "batiments")
    }
    ends = [degrees(shapely.Point(X + 350, Y + y)) for y in (-5, -60)]
    streets = [shapely.LineString([(X - 50, Y + y), (X + 400, Y + y)]) for y in (-5, -60)]
    streets.append(shapely.LineString([(X - 50, Y - 5), (X - 50, Y - 60)]))
    write(folder / "voies.geojson", [feature(degrees(one), roadClass="minor") for one in streets])
    text = TOML.replace("PORT", str(mirror)).replace("MDP", PASSWORD).replace("@127", "\0")
    for n, end in enumerate(ends, start=1):
        text = text.replace(f"LAT{n}", str(end.y)).replace(f"LON{n}", str(end.x))
    text = text.replace("@", PLANT).replace("\0", "@127")
    (folder.parent / "etude").mkdir()
    place = folder.parent / "etude"
    (place / "study.toml").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(autouse=True)
def environment(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FONCIER_SECRET", VALUE)
    monkeypatch.setenv("FONCIER_FOLDER", str(study.parent / FOLDER))
    monkeypatch.setenv("FONCIER_CACHE", str(study.parent / "cache"))


def alone(*words: str | Path) -> Done:
    """The command in a process of its own, with its logs and its traces."""
    done = subprocess.run(
        [sys.executable, "-m", "foncier", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def contents(path: Path) -> Iterator[str]:
    """Everything that a file says, packed or not."""
    data = path.read_bytes()
    yield path.name
    yield data.decode("utf-8", errors="replace")
    if path.suffix == ".gz":
        yield gzip.decompress(data).decode("utf-8", errors="replace")
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield f"{table.schema.metadata} {table.to_pylist()}"
    if path.suffix == ".pdf":
        pages = PdfReader(path)
        yield f"{pages.metadata} {[page.extract_text() for page in pages.pages]}"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield " ".join(archive.read(n).decode(errors="replace") for n in archive.namelist())
    if path.suffix == ".gpkg":
        with closing(sqlite3.connect(path)) as base:
            has = base.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'qgis_projects'"
            ).fetchone()
            stored = base.execute("SELECT content FROM qgis_projects") if has else ()
            for (content,) in stored:
                with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as project:
                    yield " ".join(project.read(n).decode() for n in project.namelist())


def shows(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_no_output_shows_a_secret(study: Path, tmp_path: Path) -> None:
    toml = (study / "study.toml").read_text(encoding="utf-8")
    assert toml.count(PLANT) + toml.count("${FONCIER_FOLDER}") + 2 >= 30, "places"
    out, exports = tmp_path / "out", tmp_path / "exports"
    calls: list[tuple[str | Path, ...]] = [
        ("run", study, "--out", out),
        ("export", out, "--to", "xlsx,geojson,flatgeobuf", "--out", exports),
        ("sheets", out, "--top", "1", "--out", tmp_path / "fiches"),
        ("what-if", study, "--out", tmp_path / "essai"),
        ("compare-profiles", study, "--out", tmp_path / "accord"),
        ("convert", study, "--to", tmp_path / "travail"),
        ("fetch", study, "--only", "cadastre,friches"),
        ("check", study),
        ("validate", out, "--plan", "2", "--out", tmp_path / "visites"),
    ]
    for call in calls:
        done = alone(*call) if call[0] == "fetch" else foncier(*call)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == (3 if call[0] == "fetch" else 0), (call, done.stderr)
        assert not shows(done.stdout + done.stderr), (call, done.stdout + done.stderr)
    assert any(VALUE in path for path in Mirror.asked), "the mirror is asked with the secret"
    kinds = set()
    for folder in (tmp_path, study / "fetched", study.parent / "cache"):
        for path in folder.rglob("*"):
            if path.is_file():
                kinds.add("".join(path.suffixes[-2:]) or path.name)
                for text in contents(path):
                    assert not shows(text), path
    assert len(kinds) >= 14, kinds
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    settings = manifest["configuration"]
    assert settings["fetch"]["mirror"].endswith("/${FONCIER_SECRET}")
    assert settings["layers"]["parcels"][0]["path"] == "${FONCIER_FOLDER}/parcelles.json.gz"
    assert settings["study"]["title"].startswith("Hameau ${FONCIER_SECRET} https://donnees.example")


# What goes wrong, with the address or the path in the cause of the error.
FAULTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "no answer": ("fetch", lambda text: text.replace("127.0.0.1:", "127.0.0.1:1")),
    "no encryption": ("fetch", lambda text: text.replace("insecure = true", "")),
    "no file": ("run", lambda text: text.replace("voies.geojson", "absente.geojson")),
    "not a layer": ("run", lambda text: text.replace("voies.geojson", "friches-cnig.csv")),
    "remote path": (
        "run",
        lambda text: text.replace('"${FONCIER_FOLDER}/voies.geojson"', f'"{ADDRESS}"'),
    ),
    "database": (
        "run",
        lambda text: text.replace(
            '"${FONCIER_FOLDER}/voies.geojson"', f'"PG:host=h user=moi password={PASSWORD}"'
        ),
    ),
    "no variable": ("run", lambda text: text.replace("${FONCIER_FOLDER}/voies", "${ABSENTE}/v")),
    "wrong key": ("run", lambda text: text.replace("half_width_m = 900", f'large = "{ADDRESS}"')),
}


TRACED = ("no answer", "wrong key")  # errors of other packages are their causes


@pytest.mark.parametrize(
    ("fault", "debug"), [*((fault, False) for fault in FAULTS), *((one, True) for one in TRACED)]
)
def test_no_message_or_trace_shows_a_secret(
    fault: str, debug: bool, study: Path, tmp_path: Path
) -> None:
    command, change = FAULTS[fault]
    text = (study / "study.toml").read_text(encoding="utf-8")
    assert change(text) != text
    (tmp_path / "study.toml").write_text(change(text), encoding="utf-8")
    more = ["--only", "cadastre", "--no-cache"] if command == "fetch" else ["--out", tmp_path / "o"]
    run = alone if debug else foncier
    done = run(command, tmp_path, *more, *(["--debug"] if debug else []))
    assert done.returncode != 0
    assert ("Traceback" in done.stderr) == debug or command == "fetch"
    assert not shows(done.stdout + done.stderr), done.stdout + done.stderr


def test_the_causes_of_an_error_of_the_api_show_none(study: Path, tmp_path: Path) -> None:
    text = (study / "study.toml").read_text(encoding="utf-8").replace("127.0.0.1:", "127.0.0.1:1")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    try:
        fetched = fo.fetch(tmp_path, only="cadastre")
    except FoncierError as fault:
        error: BaseException | None = fault
        while error is not None:
            assert not shows(f"{error!r} {error}")
            error = error.__cause__ or error.__context__
    else:
        assert not shows(fetched.to_csv())


def test_an_error_keeps_no_secret_in_its_parameters() -> None:
    fault = OfflineError(
        "download.client.no_answer", address=ADDRESS, why=f"GET {ADDRESS}", retry=""
    )
    assert not shows(repr(fault) + str(fault) + repr(fault.__reduce__()))
    assert not shows(str(ConfigError(f"a sentence about {ADDRESS}")))
    chained = ValueError(ADDRESS)
    chained.__cause__ = OSError(2, ADDRESS)
    hide_in_error(chained)
    assert not shows(f"{chained} {chained.__cause__}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://jeton@a.example/x", "https://a.example/x"),
        ("https://u:p@ss@a.example/x", "https://a.example/x"),
        ("HTTPS://u:p@a.example", "HTTPS://a.example"),
        ("s3://CLE:SECRET@seau/x", "s3://seau/x"),
        ("a?X-Amz-Signature=12ab&n=1", "a?X-Amz-Signature=***&n=1"),
        ("https://a/x?apikey=1#access_token=2", "https://a/x?apikey=***#access_token=***"),
        ("https://a/x?sv=1&sig=%2B12&se=2", "https://a/x?sv=1&sig=***&se=2"),
        ("host=h password='a b' dbname=d", "host=h password=*** dbname=d"),
        # what is no secret stays
        (
            "https://a.example/x?commune=80021&author=moi",
            "https://a.example/x?commune=80021&author=moi",
        ),
        ("contact@mairie.example", "contact@mairie.example"),
        ("https://a.example/@moi/carte", "https://a.example/@moi/carte"),
    ],
)
def test_what_is_removed_from_a_text(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert without_secrets(shown) == shown
