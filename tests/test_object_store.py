"""A study on an object store: a real S3 server, spoken to over HTTP."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster import free_port
from tests.hamlet import hamlet
from tests.test_cli import foncier

from foncier import places
from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DELIVERED = ("opportunites.gpkg", "opportunites.parquet", "opportunites.csv", "opportunites.html")
KEYS = {"AWS_ACCESS_KEY_ID": "essai", "AWS_SECRET_ACCESS_KEY": "essai", "AWS_REGION": "eu-west-3"}


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket of a server that is a process of its own."""
    s3fs: Any = pytest.importorskip("s3fs")
    port = free_port()
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}).items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (tmp_path / "server.txt").open("wb") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        for _ in range(100):
            if "Running on" in (tmp_path / "server.txt").read_text(encoding="utf-8"):
                break
            time.sleep(0.1)
        store = s3fs.S3FileSystem(use_listings_cache=False)
        store.mkdir("foncier")
        yield store
    finally:
        server.kill()
        server.wait()


def test_a_study_on_an_object_store_delivers_the_same_bytes_and_resumes(
    bucket: Any, tmp_path: Path
) -> None:
    study, out, work = hamlet(tmp_path / "hameau"), tmp_path / "maps", "s3://foncier/hameau"
    assert foncier("run", study, "--out", out / "whole", "-q").returncode == 0
    told = foncier("convert", study, "--to", work)
    assert told.returncode == 0, told.stderr
    assert not (study / "convertis").exists()
    assert bucket.isfile("foncier/hameau/convertis/couches.json")
    cut = ("run", study, "--tiles", "3", "--work", work, "-q")
    told = foncier(*cut, "--out", out / "cut", "--workers", "2")  # two processes
    assert told.returncode == 0, told.stderr
    assert not list(out.glob("*.travail"))
    made = {path: bucket.info(path)["LastModified"] for path in bucket.find("foncier")}
    marks = sorted(path for path in made if path.endswith("tuile.json"))
    assert len(marks) == 3
    # One tile was stopped before its mark, one was spoilt: both are made again, the third is not.
    bucket.rm(marks[0])
    bucket.pipe(marks[1].replace("tuile.json", "tests.parquet"), b"PAR1")
    told = foncier(*cut, "--out", out / "again", "--scheduler", "serial")
    assert told.returncode == 0, told.stderr
    after = {path: bucket.info(path)["LastModified"] for path in bucket.find("foncier")}
    assert after.keys() == made.keys()
    again = {path for path in after if after[path] != made[path]}
    assert {path.rsplit("/", 1)[0] for path in again} == {m.rsplit("/", 1)[0] for m in marks[:2]}
    for name in DELIVERED:
        whole = (out / "whole" / name).read_bytes()
        assert (out / "cut" / name).read_bytes() == whole, name
        assert (out / "again" / name).read_bytes() == whole, name
    bucket.pipe("foncier/hameau/convertis/parcels.parquet", b"PAR1")
    told = foncier(*cut, "--out", out / "spoilt")
    assert told.returncode == 3
    assert "ce n'est plus ce que foncier a écrit" in told.stderr
    told = foncier("convert", study, "--to", "s3://nulle-part/hameau")
    assert told.returncode == 5, told.stderr
    assert "écriture impossible" in told.stderr


def test_a_store_that_is_not_there_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs")
    with pytest.raises(ConfigError, match="stockage inconnu"):
        places.place("nulle://part/hameau")
    with pytest.raises(ConfigError, match=r"manque un paquet.*foncier\[objects\]"):
        places.place("gs://foncier/hameau")
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="injoignable"):
        places.place("s3://foncier/hameau")
