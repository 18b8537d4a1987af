"""Time foncier beside what a user would take instead, in the same run.

    make bench        # or: python tests/bench/run.py [--runs 5] [--out docs/benchmarks.md]

Figures of one machine mean little; the ratio to the alternative, taken in turn with ours, holds.
Whole runs are timed as processes, with their peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import alternatives
import numpy as np
import shapely

from foncier import detect, geometry, network, pipeline, study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("FONCIER_REAL_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Line:
    """One line of the page: ours in seconds, the alternative's, and what else was measured."""

    what: str
    ours_s: list[float]
    other: str = ""
    other_s: tuple[float, ...] = ()
    more: str = ""

    def row(self) -> str:
        """Write the Markdown row: medians, and the median of the ratios pair by pair."""
        mine = f"{statistics.median(self.ours_s):.3g} s"
        if not self.other_s:
            return f"| {self.what} | {mine} | – | – | {self.more} |"
        ratio = statistics.median(b / a for a, b in zip(self.ours_s, self.other_s, strict=True))
        theirs = f"{statistics.median(self.other_s):.3g} s"
        return f"| {self.what} | {mine} | {self.other} {theirs} | ×{ratio:.1f} | {self.more} |"


def paired(
    what: str, ours: Callable[[], Any], name: str, other: Callable[[], Any], *, runs: int
) -> Line:
    """Run ours and the other in turn, after one run of each that does not count."""
    ours(), other()
    mine, theirs = [], []
    for _ in range(runs):
        mine.append(_seconds(ours))
        theirs.append(_seconds(other))
    return Line(what, mine, name, tuple(theirs))


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def whole_run(what: str, words: list[str], *, runs: int) -> Line:
    """Time ``foncier run`` as a process, and its peak memory."""
    seconds, peak = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "foncier", "run", *words, "--out", folder, "-q"]
        for _ in range(runs):
            began = time.perf_counter()
            process = subprocess.Popen(command, env={**os.environ, "FONCIER_REAL_DATA": str(REAL)})
            _, status, used = os.wait4(process.pid, 0)
            seconds.append(time.perf_counter() - began)
            if status:
                raise SystemExit(f"{what}: exit {status}")
            peak = max(peak, used.ru_maxrss / 1024)
        size = sum(f.stat().st_size for f in Path(folder).iterdir()) / 1e6
    return Line(what, seconds, more=f"peak {peak:.0f} MB, {size:.1f} MB written")


def lines(runs: int) -> Iterator[Line]:
    """Every benchmark in turn; those on real data are left out where there is none."""
    yield whole_run("Demonstration, whole run", [], runs=runs)
    yield from coverage(runs)
    yield from funnel(runs)
    if REAL.is_dir():
        yield whole_run("Ennezat, whole run", [str(ROOT / "tests/studies/ennezat")], runs=runs)
        yield whole_run("Amiens, whole run", [str(ROOT / "tests/studies/amiens")], runs=runs)
        yield ennezat(runs)
        yield streets(runs)


def coverage(runs: int) -> Iterator[Line]:
    """Built area of 30 000 plots under 41 000 buildings."""
    plots, houses = alternatives.town(30_000, 41_000)
    for name, other in (
        ("geopandas overlay", alternatives.overlay_area),
        ("geopandas sjoin + intersection", alternatives.sjoin_area),
    ):
        assert np.allclose(geometry.covered_area_m2(plots, houses), other(plots, houses))
        yield paired(
            "Built area, 30 000 plots, 41 000 buildings",
            lambda: geometry.covered_area_m2(plots, houses),
            name,
            partial(other, plots, houses),
            runs=runs,
        )


def funnel(runs: int) -> Iterator[Line]:
    """Whole funnel of the default rules, evidence and rejections told, as a process a size."""
    for which, count in (("city", 10_000), ("city", 30_000), ("city", 100_000), ("town", 10_000)):
        command = [sys.executable, str(ROOT / "tests/bench/funnel.py"), str(count), which]
        told = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(min(runs, 3) if count < 100_000 else 1)
        ]
        seconds = [one["alone_s"] for one in told]
        whole = statistics.median(one["assembled_s"] for one in told)
        more = f"{1e6 * statistics.median(seconds) / count:.0f} ms a thousand plots, " \
               f"peak {max(one['alone_mb'] for one in told):.0f} MB; " \
               f"with the search for assemblies {whole:.1f} s"  # fmt: skip
        hard = "" if which == "city" else ", a third of them bare"
        yield Line(f"Whole funnel, rules foncier, {count} plots{hard}", seconds, more=more)


def ennezat(runs: int) -> Line:
    """Dents creuses and divisible plots of Ennezat's 2 243 parcels, rejections told."""
    os.environ["FONCIER_REAL_DATA"] = str(REAL)
    plan = study.load(ROOT / "tests/studies/ennezat")
    layers = pipeline.read_layers(plan)
    tables = {
        "parcels": layers.frames["parcels"],
        "buildings": layers.frames["buildings"],
        "zones": layers.frames["zones"],
    }
    rules, area = study.profile(plan), shapely.box(*tables["parcels"].total_bounds)
    return paired(
        "Ennezat, both kinds, every rejection with its reason",
        lambda: detect.find_plots(detect.Ground(**tables), rules, area, source="Cadastre"),
        "the same rule, geopandas, parcel by parcel, no reasons",
        lambda: alternatives.by_the_book(**tables),
        runs=runs,
    )


def streets(runs: int) -> Line:
    """Twenty nearest-target fields over Amiens's real streets."""
    os.environ["FONCIER_REAL_DATA"] = str(REAL)
    layers = pipeline.read_layers(study.load(ROOT / "tests/studies/amiens"))
    graph = network.build_graph(layers.frames["streets"])
    sources = np.random.default_rng(1).integers(0, len(graph.x), (20, 5))
    other = alternatives.nx_graph(graph)
    line = paired(
        "20 nearest-target fields, Amiens's streets",
        lambda: alternatives.scipy_fields(graph.arcs.matrix(), sources),
        "networkx",
        lambda: alternatives.nx_fields(other, sources),
        runs=runs,
    )
    return Line(line.what, line.ours_s, line.other, line.other_s, f"{len(graph.u)} edges")


LONGEST_S = 150  # pandana may take longer to build its hierarchy; it comes last
OTHERS = (
    (
        "Network: Amiens's streets beside networkx, igraph and pandana",
        "network.py",
        ("--runs", "3"),
    ),
    ("Evidence: 1 000 000 buildings, 23 000 inventory rows, five layers", "evidence.py", ()),
    ("GeoPackage: 1 000 000 rejected parcels", "geopackage.py", ()),
    ("Sheets: 50 sites as PDF", "sheets.py", ("50",)),
    (
        "Whole run of 100 000 parcels, tile by tile, one after the other",
        "scale.py",
        ("100000", "--tiles", "4"),
    ),
    (
        "Whole run of 100 000 parcels, tile by tile, on two processes",
        "scale.py",
        ("100000", "--tiles", "4", "--engine", "processes"),
    ),
    ("Web map: from a town's sites to 50 000", "webmap.py", ("--runs", "3")),
)


def others() -> Iterator[str]:
    """Benchmarks of single rooms, each as a process of its own, as they print themselves."""
    for title, name, words in OTHERS:
        command = [sys.executable, str(ROOT / "tests/bench" / name), *words]
        try:
            told = subprocess.run(
                command, capture_output=True, check=True, timeout=LONGEST_S
            ).stdout
            end = ""
        except subprocess.TimeoutExpired as late:
            told, end = late.stdout or b"", f"\n\nStopped after {LONGEST_S} s, unfinished."
        except subprocess.CalledProcessError as fault:
            told, end = fault.stdout, f"\n\nEnded with {fault.returncode}."
        yield f"\n## {title}\n\n{told.decode().strip()}{end}"


def main() -> None:
    """Run all and write the page."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    args = words.parse_args()
    head = [
        "# Benchmarks",
        "",
        "Made by `make bench`. Medians of "
        f"{args.runs} runs, ours and the alternative in turn; the ratio is the median of the pairs "
        "(×2.0: the alternative takes twice as long).",
        "",
        f"Machine: {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, shapely {shapely.__version__}, "
        f"GEOS {shapely.geos_version_string}.",
        "",
        "| what | foncier | alternative | ratio | |",
        "|---|---|---|---|---|",
    ]
    for text in head:
        print(text)
    rows = []
    for line in lines(args.runs):
        rows.append(line.row())
        print(rows[-1], flush=True)
    for part in others():
        rows.append(part)
        print(part, flush=True)
    args.out.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
