"""Whole runs on larger and larger cities, tile by tile, each in a process of its own.

    python tests/bench/scale.py 1000000 --engine serial [--tiles auto] [--folder FOLDER]

The city is the demonstration's, laid side by side (`foncier.demo.generate`); its study looks over
all of it. Drawing and converting it are told apart from the run: detection, access and scores. Two
runs of one size have to give the same digest, whatever the tiles and the engine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from foncier import demo, engines, pipeline, study

COMPARED = ("candidates", "evidence", "tests", "rejections", "assemblies", "access", "scores")


def city(parcels: int, folder: Path) -> Path:
    """Study folder of a city of so many parcels, drawn and converted once."""
    where = folder / f"city-{parcels}"
    if not (pipeline.converted_folder(study.load(where)) if where.is_dir() else where).is_dir():
        began = time.perf_counter()
        demo.write(demo.generate(parcels=parcels), where)
        text = (where / "study.toml").read_text(encoding="utf-8")
        text = text.replace('around = "axis"', 'around = "extent"')
        (where / "study.toml").write_text(text, encoding="utf-8")
        drawn = time.perf_counter()
        plan = study.load(where)
        pipeline.convert(plan, pipeline.converted_folder(plan))
        told = {"drawn_s": drawn - began, "converted_s": time.perf_counter() - drawn}
        print(json.dumps({"parcels": parcels, **told}), file=sys.stderr)
    return where


def digest(result: Any) -> str:
    """Mark of every value of the tables that a run found."""
    mark = hashlib.sha256()
    for name in COMPARED:
        table = getattr(result, name)
        for column in table.columns:
            values = table[column]
            if column == "geometry":
                values = pd.Series(shapely.to_wkb(np.array(values, dtype=object), hex=True))
            mark.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
    return mark.hexdigest()[:16]


def main(parcels: int, *, by: str | None, engine: str, workers: int, folder: Path) -> None:
    """Print seconds by step, peak memory of this process and of its workers, and the digest."""
    plan = study.load(city(parcels, folder))
    tiling = None
    if by is not None:
        carrier = engines.engine(engine, workers=workers)
        work = folder / f"work-{parcels}-{by}-{engine.split(':', maxsplit=1)[0]}"
        tiling = pipeline.Tiling(by, carrier, work)
    steps: list[tuple[str, float]] = []
    result = pipeline.run(
        plan, step=lambda name: steps.append((name, time.perf_counter())), tiling=tiling
    )
    steps.append(("", time.perf_counter()))
    told = {name: round(after - at, 2) for (name, at), (_, after) in pairwise(steps)}
    print(
        json.dumps(
            {
                "parcels": parcels, "tiles": by, "engine": engine, "workers": workers,
                "seconds": round(steps[-1][1] - steps[0][1], 1), "steps": told,
                "peak_mb": _peak(resource.RUSAGE_SELF),
                "worker_peak_mb": _peak(resource.RUSAGE_CHILDREN),
                "candidates": len(result.candidates), "rejections": len(result.rejections),
                "tests": len(result.tests), "digest": digest(result),
            }, ensure_ascii=False,
        )
    )  # fmt: skip


def _peak(who: int) -> int:
    return round(resource.getrusage(who).ru_maxrss / 1024)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("parcels", type=int)
    words.add_argument("--tiles")
    words.add_argument("--engine", default="serial")
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--folder", type=Path, default=Path("artefacts/bench"))
    asked = words.parse_args()
    main(
        asked.parcels, by=asked.tiles, engine=asked.engine, workers=asked.workers,
        folder=asked.folder,
    )  # fmt: skip
