"""Make docs/benchmarks.md and its pictures from the JSON of the version that is installed.

python -m tests.bench.page
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from tests.bench.measuring import ROOT
from tests.bench.pictures import drawn
from tests.bench.rows import OURS, Kept, Row, former, slope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

DOCS = ROOT / "docs"
HEAD = """# Benchmarks

Made by `python -m tests.bench.page` from `benchmarks/{version}.json`; a test holds the two
together. `make bench` measures 10 000, 30 000 and 100 000 parcels again, `make bench-large`
300 000 and 1 000 000.

- Every figure is that of a process of its own; foncier and the others take turns in one run.
- A cell: seconds on the clock (seconds of the processor), medians. ×2.0: this one takes twice as
  long as the first line of its step. On a shared machine ratios hold better than seconds.
- Slope: least squares of log(time) over log(size), on the clock / of the processor. 1 is a
  straight line, 2 a square; below 1, a fixed cost still counts.
- Peak: greatest memory of the largest process, its libraries and inputs with it (in brackets, what
  it held before the work).
"""
TITLES = {
    "run": "The whole run and its steps",
    "tiles": "Tile by tile",
    "built": "Built area of parcels",
    "access": "Ways on foot",
    "map": "The map",
    "signs": "Signs of vacancy",
    "sheets": "Sheets",
    "real": "Real communes",
    "country": "What grows with the country",
}
WORDS = {
    "run": """The demonstration's city laid side by side. `foncier run` counts its start and all
deliverables, from converted layers; steps count their work alone.""",
    "tiles": "The digests of all tables were equal.",
    "built": """From geometries in memory to one array; all found the same. DuckDB and SedonaDB are
handed WKB in Arrow and run the same query on all cores. The extension of DuckDB comes as a wheel
of a third party (`duckdb-extension-spatial`, signed by DuckDB): it is fetched from a server
otherwise.""",
    "access": """A drawn town, a street an edge. Distances of foncier, scipy, networkx and igraph
were the same. foncier's fields know the way back too, its routes and isochrones follow parts of
edges. pandana (AGPL) is installed for this page only.""",
    "map": """A page of foncier holds all it needs, filters, weights and cards; folium's shapes and
tooltips alone, and it asks servers for its scripts. Chromium has no network here and measures
itself.""",
    "signs": """Five layers of signs, five signs for four buildings, and an inventory of one site in
fifty buildings.""",
    "sheets": "Of the demonstration: one file a site, one of all, and the leaflet.",
    "real": "Ennezat: the rule of foncier-api, beside the same rule as its text reads.",
    "country": "No geometry: jobs, folders and lists.",
}


def page(kept: Kept, before: Kept | None) -> str:
    """Whole page as Markdown."""
    parts = [HEAD.format(version=kept.version), _runs(kept)]
    for bench, title in TITLES.items():
        rows = [row for row in kept.rows if row.bench == bench]
        if rows:
            parts.append(f"## {title}\n\n{WORDS[bench]}\n")
            if _pictured(rows):
                told = f"{title}: seconds and memory by size"
                parts.append(f"![{told}](pictures/bench-{bench}.svg)\n")
            for unit in dict.fromkeys(row.unit for row in rows):
                parts += _tables([row for row in rows if row.unit == unit])
    parts.append(_differences(kept, before))
    return "\n".join(parts)


def _runs(kept: Kept) -> str:
    lines = ["## Runs\n"]
    for name, told in kept.runs.items():
        libraries = ", ".join(f"{lib} {version}" for lib, version in told["libraries"].items())
        sizes = ", ".join(_count(size) for size in told["sizes"])
        lines.append(
            f"{name}. {told['date']}, commit {told['commit']}, sizes {sizes}, "
            f"{told['minutes']} min: "
            f"{told['cores']} cores, {told['ram_gb']} GB, {told['system']}, "
            f"Python {told['python']}; "
            f"load {told['load_before']} before, {told['load_after']} after "
            "(the benches' own in it); "
            f"{libraries}."
        )
    return "\n".join(lines) + "\n"


def _lines(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Rows of each step and contestant, in the order of their first."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.step, row.by), []).append(row)
    return {key: sorted(line, key=lambda row: row.size) for key, line in found.items()}


def _pictured(rows: Iterable[Row]) -> bool:
    return any(len([r for r in line if r.wall_s]) > 1 for line in _lines(rows).values())


def _tables(rows: list[Row]) -> list[str]:
    """Times, then memory and bytes, a line a contestant and a column a size."""
    steps = list(dict.fromkeys(row.step for row in rows))
    lines = dict(sorted(_lines(rows).items(), key=lambda line: steps.index(line[0][0])))
    sizes, unit = sorted({row.size for row in rows}), rows[0].unit
    times = [["step", "by", *(f"{_count(size)} {unit}" for size in sizes), "slope"]]
    spaces = [["step", "by", *(f"peak at {_count(size)}" for size in sizes), "slope", "written"]]
    for (step, by), line in lines.items():
        at = {row.size: row for row in line}
        pair = (_slope(line, "wall_s"), _slope(line, "cpu_s"))
        times.append(
            [
                step,
                by,
                *(_time(at.get(size)) for size in sizes),
                " / ".join(pair) if pair != ("–", "–") else "–",
            ]
        )
        if any(row.peak_mb for row in line):
            cells = [_space(at.get(size)) for size in sizes]
            spaces.append([step, by, *cells, _slope(line, "peak_mb"), _written(line)])
    return [_table(table) for table in (times, spaces) if len(table) > 1]


def _table(lines: Sequence[Sequence[str]]) -> str:
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|" + "---|" * len(lines[0]), *body]) + "\n"


def _time(row: Row | None) -> str:
    if row is None or row.wall_s is None:
        return row.note if row is not None else "–"
    worked = f" ({_seconds(row.cpu_s)})" if row.cpu_s is not None else ""
    return _seconds(row.wall_s) + worked + (f" {_times(row.ratio)}" if row.ratio else "")


def _times(ratio: float) -> str:
    """A ratio with two or three digits, never in powers of ten.

    Examples
    --------
    >>> _times(1.234), _times(197.0)
    ('×1.2', '×197')
    """
    return f"×{ratio:.{2 if ratio < 100 else 3}g}"


def _seconds(value: float) -> str:
    """Three digits, milliseconds below a tenth of a second.

    Examples
    --------
    >>> _seconds(0.0123), _seconds(1.5), _seconds(1234.0)
    ('12.3 ms', '1.5 s', '1234 s')
    """
    return f"{value * 1000:.3g} ms" if value < 0.1 else f"{value:.{3 if value < 1000 else 4}g} s"


def _space(row: Row | None) -> str:
    if row is None or row.peak_mb is None:
        return "–"
    held = f" ({row.before_mb:.0f})" if row.before_mb is not None else ""
    return f"{row.peak_mb:.0f}{held} MB"


def _written(line: list[Row]) -> str:
    return (
        " · ".join(
            f"{row.written / 1e6:.{3 if row.written < 1e9 else 4}g} MB"
            for row in line
            if row.written
        )
        or "–"
    )


def _slope(line: list[Row], name: str) -> str:
    known = [(row.size, getattr(row, name)) for row in line if getattr(row, name)]
    found = slope([size for size, _ in known], [value for _, value in known])
    return "–" if found is None else f"{found:.2f}"


def _count(size: int) -> str:
    return f"{size:,}".replace(",", " ")


def _differences(kept: Kept, before: Kept | None) -> str:
    """Lines of foncier that a former version has too; ratios to others hold between machines."""
    if before is None:
        return "## Since the version before\n\nNo former version was measured by this suite.\n"
    old = {row.key: row for row in before.rows}
    lines = [
        ["step", "by", "size", f"{before.version} → {kept.version}", "change", "ratio", "peak"]
    ]
    for row in kept.rows:
        was = old.get(row.key)
        if was is None or row.wall_s is None or was.wall_s is None:
            continue
        if row.by == OURS or row.ratio:
            peak = _arrow(was.peak_mb, row.peak_mb, "{:.0f} MB".format)
            ratio = _arrow(was.ratio, row.ratio, _times)
            lines.append(
                [
                    f"{row.bench}: {row.step}",
                    row.by,
                    _count(row.size),
                    f"{_seconds(was.wall_s)} → {_seconds(row.wall_s)}",
                    f"{100 * (row.wall_s / was.wall_s - 1):+.0f} %",
                    ratio,
                    peak,
                ]
            )
    return (
        f"## Since {before.version}\n\nOf other machines or loads only ratios compare.\n\n"
        f"{_table(lines)}"
    )


def _arrow(was: float | None, now: float | None, form: Callable[[float], str]) -> str:
    return "–" if was is None or now is None else f"{form(was)} → {form(now)}"


def files(source: Path) -> dict[str, str]:
    """Page and pictures of a JSON file, by their path under docs/."""
    kept = Kept.load(source)
    made = {"benchmarks.md": page(kept, former(source))}
    for bench, title in TITLES.items():
        rows = [row for row in kept.rows if row.bench == bench]
        if _pictured(rows):
            made[f"pictures/bench-{bench}.svg"] = drawn(title, _lines(rows))
    return made


def source() -> Path:
    """JSON of the version that is installed."""
    return DOCS / "benchmarks" / f"{importlib.metadata.version('foncier')}.json"


if __name__ == "__main__":
    for name, text in files(source()).items():
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
