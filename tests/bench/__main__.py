"""Measure foncier, each step at several sizes, beside what a user would take instead.

    make bench                                   # 10 000, 30 000 and 100 000 parcels
    make bench-large                             # 300 000 and 1 000 000
    python -m tests.bench --sizes 10000 --only built access

Rows go to docs/benchmarks/VERSION.json; those that only a former run measured stay.
docs/benchmarks.md and its pictures are made from that file (`python -m tests.bench.page`).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.benches import BENCHES
from tests.bench.jobs import OPTIONAL
from tests.bench.measuring import ROOT, Asked
from tests.bench.rows import Kept, Row

LIBRARIES = (
    "numpy",
    "pandas",
    "geopandas",
    "shapely",
    "pyogrio",
    "pyarrow",
    "scipy",
    "networkx",
    "folium",
    *OPTIONAL,
)


def facts(asked: Asked) -> dict[str, Any]:
    """What the figures of a run depend on: machine, versions, date, load before."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run(
        [*git, "rev-parse", "--short", "HEAD"], check=False, capture_output=True, text=True
    ).stdout.strip()
    changed = subprocess.run(
        [*git, "status", "--porcelain", "src"], check=False, capture_output=True, text=True
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit + (", src changed" if changed else ""),
        "sizes": list(asked.sizes),
        "cores": os.cpu_count(),
        "ram_gb": round(memory / 1024**3, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
        "load_before": round(os.getloadavg()[0], 2),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError:
        return ""


def measured(name: str, asked: Asked) -> list[Row]:
    """Rows of a bench, told as they come."""
    rows = []
    for row in BENCHES[name](asked):
        rows.append(row)
        what = f"{row.bench}: {row.step}, {row.size} {row.unit}, {row.by}"
        seconds = row.note or f"{row.wall_s} s, {row.cpu_s} s of processor, {row.peak_mb} MB"
        print(f"{what}: {seconds}" + (f", ×{row.ratio}" if row.ratio else ""), flush=True)
    return rows


def kept(former: Kept, asked: Asked, only: list[str], out: Path) -> None:
    """Measure and keep bench after bench: a run that is stopped leaves what it has measured."""
    told, began, rows = facts(asked), time.perf_counter(), list[Row]()
    number = 1 + max((int(name) for name in former.runs), default=0)
    for name in only:
        rows += measured(name, asked)
        told |= {
            "load_after": round(os.getloadavg()[0], 2),
            "minutes": round((time.perf_counter() - began) / 60, 1),
        }
        former.with_run(str(number), told, rows).save(out)


def main() -> None:
    """Measure, keep the rows, make the page."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    words.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES))
    words.add_argument("--turns", type=int, default=2, help="processes a measurement, at most")
    words.add_argument("--patience", type=float, default=30.0, help="seconds for an alternative")
    words.add_argument("--folder", type=Path, default=ROOT / "artefacts/bench", help="drawn cities")
    words.add_argument("--out", type=Path, help="JSON file (docs/benchmarks/VERSION.json)")
    args = words.parse_args()
    version = importlib.metadata.version("foncier")
    out = args.out or ROOT / "docs/benchmarks" / f"{version}.json"
    args.folder.mkdir(parents=True, exist_ok=True)
    former = Kept.load(out) if out.is_file() else Kept(version, {}, ())
    with tempfile.TemporaryDirectory(dir=args.folder) as scratch:
        asked = Asked(
            tuple(sorted(args.sizes)),
            args.folder.resolve(),
            Path(scratch).resolve(),
            turns=args.turns,
            patience_s=args.patience,
            known=former.known(min(args.sizes)),
        )
        kept(former, asked, args.only, out)
    if args.out is None:
        subprocess.run([sys.executable, "-m", "tests.bench.page"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
