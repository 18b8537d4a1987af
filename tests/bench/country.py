"""Every parcel of a country through scheduler, files and gathering: ids, bounds, curve, no shape.

    python -m tests.bench.country [millions of parcels]

96 départements of 0.14 to 2.6 million parcels each (a made-up spread that sums up to 92 million).
One after the other, as the runs would be: its parcels are laid along the Hilbert curve and written
as `foncier convert` writes them, cut by `tiling.tiles`, and each tile is a job for two dask workers
that reads the list of places, takes its own rows and leaves five files and their marks. Then every
tile has to be seen as done, and what was gathered has to hold each parcel once, in order. What the
tiles leave stays, so that the last listing is that of the country.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from geopandas.tools import hilbert_curve
from tests.bench.jobs.country import TABLES, jobs_of, marked
from tests.cluster import Cluster

from foncier._util.storage import atomic_folder
from foncier.parallel.executors import get_executor
from foncier.pipeline import tiles
from foncier.readers import geoparquet
from foncier.schemas import TESTS

PARCELS = 92_000_000
DEPARTEMENTS = 96
COMMUNE = 2_600  # parcels
SIDE_M = 90_000.0
DIGITS = 14  # of an id


def sizes(parcels: int) -> list[int]:
    """Parcels of each département; the largest has some 2.7 times the mean."""
    spread = 0.137 + 2.463 * np.linspace(0, 1, DEPARTEMENTS) ** 2
    return [int(share) for share in spread / spread.sum() * parcels]


def laid(number: int, parcels: int, folder: Path) -> None:
    """Write the list of places of a département, along the curve."""
    rng = np.random.default_rng(number)
    corner = rng.random((parcels, 2)) * SIDE_M
    bounds = np.hstack([corner, corner + 30.0])
    level, total = 16, np.array([0.0, 0.0, SIDE_M + 30, SIDE_M + 30])
    cells = hilbert_curve._continuous_to_discrete_coords(bounds, level, total)
    order = np.argsort(hilbert_curve._encode(level, *cells), kind="stable")
    plain = pa.array(order + number * 10**9).cast(pa.string())
    ids = pc.utf8_lpad(plain, width=DIGITS, padding="0")
    communes = pc.utf8_lpad(pa.array(order // COMMUNE).cast(pa.string()), width=5, padding="0")
    edges = [pa.array(bounds[order, n].astype(np.float32)) for n in range(4)]
    boxes = pa.StructArray.from_arrays(edges, names=geoparquet.BBOX_EDGES)
    table = pa.table({"parcel_id": ids, "commune": communes, geoparquet.ROW: order, "bbox": boxes})
    pq.write_table(
        table, folder / "parcels.parquet", compression="zstd", row_group_size=geoparquet.GROUP_ROWS
    )


def owned(job: tiles.Job) -> str:
    """Stand for the work of a tile: its rows are read from the list, its five files are left."""
    assert job.tile.rows is not None
    places, _ = geoparquet.read_bounds_slice(job.search.layers / "parcels.parquet", *job.tile.rows)
    plain = pa.array(np.sort(places) + int(job.search.layers.name) * 10**9).cast(pa.string())
    own = pa.table({"parcel_id": pc.utf8_lpad(plain, width=DIGITS, padding="0")})
    with atomic_folder(job.folder, last=tiles.INDEX) as new:
        for name in TABLES:
            kept = own if name == TESTS.name else own.slice(0, 100)
            pq.write_table(kept, new / f"{name}.parquet", compression="zstd")
        marked(job, new)
    return job.tile.name


@dataclass
class Told:
    """Seconds by step, over all départements; the largest graph and the most memory."""

    laid: float = 0.0
    carried: float = 0.0
    seen: float = 0.0
    gathered: float = 0.0


def departement(number: int, parcels: int, folder: Path, address: str, told: Told) -> int:
    """One run; how many tiles it had."""
    began = time.perf_counter()
    layers = folder / f"{number:02}"
    layers.mkdir()
    laid(number, parcels, layers)
    written = time.perf_counter()
    cut = tiles.tiles(layers, "auto")
    every = jobs_of(cut, layers)
    ended = [made for _, made in get_executor(address, workers=2).run(owned, every)]
    assert sorted(map(str, ended)) == [tile.name for tile in cut]
    carried = time.perf_counter()
    assert all(tiles.done(job) for job in every)
    seen = time.perf_counter()
    paths = [job.folder / f"{TESTS.name}.parquet" for job in every]
    ids = geoparquet.read_parts(paths, TESTS)["parcel_id"].astype("int64").to_numpy()
    assert np.array_equal(ids, np.arange(parcels) + number * 10**9)
    told.laid += written - began
    told.carried += carried - written
    told.seen += seen - carried
    told.gathered += time.perf_counter() - seen
    (layers / "parcels.parquet").unlink()
    return len(cut)


def peak_mb(pid: int) -> int:
    """Most memory that a process held."""
    words = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").split()
    return int(words[words.index("VmHWM:") + 1]) // 1024


def main(parcels: int) -> None:
    """Print one line a step."""
    with tempfile.TemporaryDirectory(prefix="foncier-country-") as name:
        folder, told, count = Path(name), Told(), 0
        cluster = Cluster(folder)
        try:
            scheduler = cluster.scheduler()
            cluster.worker()
            cluster.worker()
            for number, size in enumerate(sizes(parcels), start=1):
                count += departement(number, size, folder, cluster.address, told)
            most = peak_mb(scheduler.pid)
        finally:
            cluster.close()
        began = time.perf_counter()
        files = [file for file in folder.glob("*/tuiles/*/*") if file.is_file()]
        listed = time.perf_counter() - began
        size_gb = sum(file.stat().st_size for file in files) / 1e9
    whole = sum(sizes(parcels))
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("| what | how many | seconds | |\n|---|---|---|---|")
    print(f"| parcels laid along the curve and written | {whole} | {told.laid:.0f} | |")
    print(
        f"| tiles cut, handed to two workers, written | {count} | {told.carried:.0f} "
        f"| scheduler at most {most} MB |"
    )
    print(f"| seen to be done | {count} | {told.seen:.1f} | |")
    print(
        f"| gathered in order, each parcel once | {whole} | {told.gathered:.0f} "
        f"| this process at most {here} MB |"
    )
    print(f"| files of the country listed | {len(files)} | {listed:.1f} | {size_gb:.2f} GB |")


if __name__ == "__main__":
    main(round(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else PARCELS)
