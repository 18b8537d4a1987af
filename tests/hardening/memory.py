"""A tile that needs more memory than its worker may take, on a real dask worker and its nanny.

    python -m tests.hardening.memory [megabytes]

The city has a commune of 300 parcels and one of the other 29 700. The nanny kills the worker each
time that it takes more than 95 % of its limit. The run has to find the small commune, to name the
large one with what to do, and to end; with a worker that may take more, the next run only makes
what is missing, and all tables are those of one call, to the bit.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from tests.cluster import Cluster, kill
from tests.pipeline.cities import drawn, found, same

from foncier import schemas
from foncier.errors import TilesError
from foncier.parallel import executors
from foncier.pipeline import tiles
from foncier.readers import geoparquet

LIMIT_MB = 600


def main(limit_mb: int) -> None:
    """Print what each run said, and how long it took."""
    with tempfile.TemporaryDirectory(prefix="foncier-memory-") as name:
        folder = Path(name)
        drawn(30_000, folder)
        path = folder / "parcels.parquet"
        parcels = geoparquet.read_table(path, schemas.PARCELS)
        few = np.isin(np.arange(len(parcels)), geoparquet.read_bounds_slice(path, 0, 300)[0])
        communes = pd.array(np.where(few, "80016", "80021"), dtype=parcels["commune"].dtype)
        geoparquet.write_table(parcels.assign(commune=communes), path)
        whole = found(folder, tiles.Tiling("1", executors.serial(), folder / "whole"))
        cluster = Cluster(folder)
        try:
            cluster.scheduler()
            small = cluster.worker("--memory-limit", f"{limit_mb}MB")
            engine = executors.get_executor(cluster.address, workers=1)
            cut = tiles.Tiling("commune", engine, folder / "work")
            began = time.monotonic()
            try:
                found(folder, cut)
            except TilesError as fault:
                print(
                    json.dumps(
                        {
                            "limit_mb": limit_mb,
                            "s": round(time.monotonic() - began),
                            "said": str(fault),
                        },
                        ensure_ascii=False,
                    ),
                    flush=True,
                )
            else:
                raise AssertionError("there was room enough: give fewer megabytes")
            made = [f.parent.name for f in folder.glob("work/tuiles/*/tuile.json")]
            assert made == ["commune-80016"], made
            kill(small)
            cluster.worker("--memory-limit", "4GB")
            began = time.monotonic()
            same(found(folder, cut), whole)
            print(
                json.dumps(
                    {
                        "limit_mb": 4000,
                        "s": round(time.monotonic() - began),
                        "said": "the same bits",
                    }
                )
            )
        finally:
            cluster.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LIMIT_MB)
