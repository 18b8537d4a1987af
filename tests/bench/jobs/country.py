"""What grows with the country beside the work itself, without a geometry: jobs, folders, lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.bench.jobs import Job, Place

from foncier.parallel import executors
from foncier.pipeline import tiles
from foncier.readers import geoparquet
from foncier.study import published

if TYPE_CHECKING:
    from pathlib import Path

TABLES = ("candidates", "evidence", "tests", "rejections", "assemblies")


def nothing(job: tiles.Job) -> str:
    """Stand for the work of a tile: only the job and its answer travel."""
    return job.tile.name


def jobs_of(cut: list[tiles.Tile], folder: Path) -> list[tiles.Job]:
    """Jobs as a run would hand them out, with the rules that each carries."""
    search = tiles.Search(
        folder, (), folder / "tuiles", published("foncier"), b"\x01" * 200, "Cadastre", {}, ""
    )
    return [tiles.Job(tile, search, f"{n:064}") for n, tile in enumerate(cut)]


def marked(job: tiles.Job, folder: Path) -> None:
    """Write the marks of what lies in the folder of a tile."""
    marks = {file.name: geoparquet.fingerprint(file) for file in folder.iterdir()}
    text = json.dumps({"mark": job.fingerprint, "files": marks})
    (folder / tiles.INDEX).write_text(text, encoding="utf-8")


def _jobs(count: int, folder: Path) -> list[tiles.Job]:
    cut = [tiles.Tile(f"hilbert-{n:05}", rows=(n * 50_000, (n + 1) * 50_000)) for n in range(count)]
    return jobs_of(cut, folder)


def carried(place: Place) -> Job:
    """Carry so many empty jobs over two dask workers."""
    jobs = _jobs(place.size, place.own)

    def work() -> None:
        ended = sum(1 for _ in executors.get_executor("dask", workers=2).run(nothing, jobs))
        assert ended == place.size

    return Job(work, once=True)


def resumed(place: Place) -> Job:
    """See that so many tiles are done, each with its five files."""
    jobs = _jobs(place.size, place.own)
    table = pa.table({"parcel_id": ["80021000AB0001"] * 100})
    for job in jobs:
        own = place.own / "tuiles" / job.tile.name
        own.mkdir(parents=True)
        for name in TABLES:
            pq.write_table(table, own / f"{name}.parquet")
        marked(job, own)

    def work() -> None:
        assert all(tiles.done(job) for job in jobs)

    return Job(work)


def listed(place: Place) -> Job:
    """Cut so many parcels into tiles."""
    ids = pa.array(np.char.mod("%014d", np.arange(place.size)))
    edge = pa.array(np.zeros(place.size, dtype=np.float32))
    boxes = pa.StructArray.from_arrays([edge] * 4, names=["xmin", "ymin", "xmax", "ymax"])
    communes = pa.array(np.char.mod("%05d", np.arange(place.size) // 2_500))
    table = pa.table({"parcel_id": ids, "commune": communes, "bbox": boxes})
    pq.write_table(table, place.own / "parcels.parquet", compression="zstd")
    return Job(lambda: tiles.tiles(place.own, "auto"))
