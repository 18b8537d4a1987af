"""Dry run of the whole country: the jobs and the files of 92 million parcels, without a geometry.

    python tests/bench/france.py

What is tried is what grows with the country beside the work itself: jobs handed to the scheduler,
the folders that a resumed run looks through, and the list of parcels that is cut into tiles.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foncier import store
from foncier.cluster import Dask
from foncier.pipeline import tiling
from foncier.study import published

PARCELS = 92_000_000
DEPARTEMENTS = 96
LARGEST = 2_600_000  # parcels of the largest départements, so the size of one run
TABLES = ("candidates", "evidence", "tests", "rejections", "assemblies")


def nothing(job: tiling.Job) -> str:
    """Stand for the work of a tile: only the job and its answer travel."""
    return job.tile.name


def jobs(folder: Path, cut: list[tiling.Tile]) -> list[tiling.Job]:
    """Jobs as a run would hand them out, with the rules that each carries."""
    rules = published("foncier")
    return [
        tiling.Job(
            tile, folder, (), folder / "tuiles", rules, b"\x01" * 200, "Cadastre", f"{n:064}"
        )
        for n, tile in enumerate(cut)
    ]


def numbered(count: int) -> list[tiling.Tile]:
    """So many tiles."""
    return [
        tiling.Tile(f"hilbert-{n:05}", rows=(n * 50_000, (n + 1) * 50_000)) for n in range(count)
    ]


def marked(job: tiling.Job, folder: Path) -> None:
    """Write the marks of what lies in the folder of a tile."""
    marks = {file.name: store.fingerprint(file) for file in folder.iterdir()}
    text = json.dumps({"mark": job.mark, "files": marks})
    (folder / tiling.DONE).write_text(text, encoding="utf-8")


def carried(count: int, folder: Path) -> tuple[float, float]:
    """Seconds to carry so many empty jobs over two dask workers, and megabytes they took here."""
    before = _mb()
    began = time.perf_counter()
    ended = sum(1 for _ in Dask(None, 2).run(nothing, jobs(folder, numbered(count))))
    assert ended == count
    return time.perf_counter() - began, _mb() - before


def resumed(count: int, folder: Path) -> float:
    """Seconds to see that so many tiles are done, each with its five files."""
    every = jobs(folder, numbered(count))
    pq.write_table(pa.table({"parcel_id": ["80021000AB0001"] * 100}), folder / "one.parquet")
    content = (folder / "one.parquet").read_bytes()
    for job in every:
        own = folder / "tuiles" / job.tile.name
        own.mkdir(parents=True)
        for name in TABLES:
            (own / f"{name}.parquet").write_bytes(content)
        marked(job, own)
    began = time.perf_counter()
    assert all(tiling.done(job) for job in every)
    return time.perf_counter() - began


def listed(parcels: int, folder: Path) -> tuple[float, float]:
    """Seconds to cut so many parcels into tiles, and the size of what is read for it, in MB."""
    ids = pa.array(np.char.mod("%014d", np.arange(parcels)))
    edge = pa.array(np.zeros(parcels, dtype=np.float32))
    boxes = pa.StructArray.from_arrays([edge] * 4, names=["xmin", "ymin", "xmax", "ymax"])
    communes = pa.array(np.char.mod("%05d", np.arange(parcels) // 2_500))
    table = pa.table({"parcel_id": ids, "commune": communes, "bbox": boxes})
    pq.write_table(table, folder / "parcels.parquet", compression="zstd")
    size = (folder / "parcels.parquet").stat().st_size / 1e6
    began = time.perf_counter()
    assert len(tiling.tiles(folder, "auto")) == -(-parcels // tiling.AUTO_PARCELS)
    return time.perf_counter() - began, size


def _mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    whole = -(-PARCELS // tiling.AUTO_PARCELS)
    print("| what | how many | seconds | |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for count in (whole, 35_000):
            seconds, memory = carried(count, Path(name))
            print(f"| empty jobs over two dask workers | {count} | {seconds:.1f} "
                  f"| scheduler and client +{memory:.0f} MB |")  # fmt: skip
    for count in (whole, 35_000):
        with tempfile.TemporaryDirectory() as name:
            seconds = resumed(count, Path(name))
        print(f"| tiles seen to be done, five files each | {count} | {seconds:.1f} | |")
    with tempfile.TemporaryDirectory() as name:
        seconds, size = listed(LARGEST, Path(name))
        print(f"| parcels of the largest département cut into tiles | {LARGEST} | {seconds:.1f} "
              f"| {size:.0f} MB of ids |")  # fmt: skip
