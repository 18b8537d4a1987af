"""A study on an object store: an S3 server over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster import free_port
from tests.hamlet import hamlet
from tests.test_cli import foncier

from foncier._util import storage
from foncier.errors import (
    ClusterError,
    ConfigError,
    StoreError,
    TilesError,
)
from foncier.parallel import executors
from foncier.pipeline.run import run
from foncier.pipeline.tiles import Tiling
from foncier.study import read_study

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIVERED = ("opportunites.gpkg", "opportunites.parquet", "opportunites.csv", "opportunites.html")
KEYS = {"AWS_ACCESS_KEY_ID": "essai", "AWS_SECRET_ACCESS_KEY": "essai", "AWS_REGION": "eu-west-3"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """Server in its own process."""
    s3fs: Any = pytest.importorskip("s3fs")
    s3fs.S3FileSystem.clear_instance_cache()  # those of a server before
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
        yield server
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def bucket(server: subprocess.Popen[bytes]) -> Any:
    """An empty bucket of the server."""
    s3fs: Any = pytest.importorskip("s3fs")
    store = s3fs.S3FileSystem(use_listings_cache=False)
    store.mkdir("foncier")
    return store


def test_object_store_gives_the_same_bytes_and_resumes(bucket: Any, tmp_path: Path) -> None:
    study, out, work = hamlet(tmp_path / "hameau"), tmp_path / "maps", "s3://foncier/hameau"
    assert foncier("run", study, "--out", out / "whole", "-q").returncode == 0
    result = foncier("convert", study, "--to", work)
    assert result.returncode == 0, result.stderr
    assert not (study / "convertis").exists()
    assert bucket.isfile("foncier/hameau/convertis/couches.json")
    cut = ("run", study, "--tiles", "3", "--work", work, "-q")
    result = foncier(*cut, "--out", out / "cut", "--workers", "2")  # two processes
    assert result.returncode == 0, result.stderr
    assert not list(out.glob("*.travail"))
    made = {path: bucket.info(path)["LastModified"] for path in bucket.find("foncier")}
    marks = sorted(path for path in made if path.endswith("tuile.json"))
    assert len(marks) == 3
    # One tile was stopped before its mark, one was spoilt: both are made again, the third is not.
    bucket.rm(marks[0])
    bucket.pipe(marks[1].replace("tuile.json", "tests.parquet"), b"PAR1")
    result = foncier(*cut, "--out", out / "again", "--scheduler", "serial")
    assert result.returncode == 0, result.stderr
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
    assert "n'est plus celui que foncier a écrit" in told.stderr
    told = foncier("convert", study, "--to", "s3://nulle-part/hameau")
    assert told.returncode == 5, told.stderr
    assert "écriture impossible (aucun seau" in told.stderr


def test_a_lost_store_ends_the_run(
    server: subprocess.Popen[bytes],
    bucket: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def stop(done: int, _of: int) -> None:
        if done == 1:
            server.kill()
            server.wait()

    plan, work = read_study(hamlet(tmp_path / "hameau")), storage.to_path("s3://foncier/hameau")
    cut = Tiling("12", executors.processes(2), work, stop)
    with pytest.raises(TilesError, match="le stockage ne répond pas") as caught:
        run(plan, tiling=cut)
    assert isinstance(caught.value.__cause__, StoreError)
    assert re.search(r"(9|10|11) tuiles sur 12 restent à faire.: hilbert-", str(caught.value))
    with pytest.raises(StoreError, match="le stockage ne répond pas"):
        run(plan, tiling=cut)


def test_errors_of_store_clients_are_converted() -> None:
    upath: Any = pytest.importorskip("upath")
    aiohttp: Any = pytest.importorskip("aiohttp")
    folder = upath.UPath("memory://foncier/hameau")

    def raised(where: Any, fault: Exception, cause: Exception | None = None) -> None:
        with storage.explain_store_errors(where):
            raise fault from cause

    gone = aiohttp.ServerDisconnectedError("Server disconnected\nRequestId: 1")
    for fault, cause in ((gone, None), (RuntimeError("Failed to remove"), gone)):
        with pytest.raises(
            StoreError, match=r"hameau\u00a0: .*\(ServerDisconnectedError : [\w ]+\)"
        ):
            raised(folder, fault, cause)
    for where, other in (
        (folder, RuntimeError("a fault of ours")),
        (folder, ClusterError("gone")),
        (Path("hameau"), PermissionError("a folder of the disk")),
    ):
        with pytest.raises(type(other)) as caught:
            raised(where, other)
        assert caught.value is other


def test_unknown_and_unreachable_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs")
    with pytest.raises(ConfigError, match="stockage inconnu"):
        storage.to_path("nulle://part/hameau")
    with pytest.raises(ConfigError, match=r"manque un paquet.*foncier\[objects\]"):
        storage.to_path("gs://foncier/hameau")
    with pytest.raises(ConfigError, match=r"foncier\[objects\]' adlfs"):
        storage.to_path("az://foncier/hameau")
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="injoignable"):
        storage.to_path("s3://foncier/hameau")
