"""The benches: each gives the rows of what it measures, contestants in turn, foncier first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.bench.jobs.degenerate import COPIES, VERTICES, folder_of
from tests.bench.measuring import REAL, Asked, Step, beside, command, job
from tests.bench.rows import OURS, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STEPS = {
    "layers from their sources": "city:sources",
    "layers from converted files": "city:converted",
    "streets and loop": "city:streets",
    "plots": "city:plots",
    "plots and assemblies": "city:assemblies",
    "friches": "city:friches",
    "buildings": "city:buildings",
    "access": "city:access",
    "scores": "city:scores",
    "GeoParquet written": "city:parquet",
    "GeoPackage written": "city:geopackage",
    "map written": "city:page",
}
BARE_TO = 30_000  # the hard case costs four times as much
MOST_COPIES, MOST_VERTICES = 10_000, 100_000  # of a degenerate layer: N, 2N and 4N
TILED_FROM = 300_000  # a smaller city is best not cut, and `make bench` has ten minutes


def run(asked: Asked) -> Iterator[Row]:
    """The whole run of a city and each of its steps, every one in a process of its own."""
    where = asked.folder / "city-{}"
    _drawn("city:draw", asked.sizes, asked)
    words = {OURS: command(lambda size: [str(where).format(size)], asked)}
    yield from beside(
        Step("run", "foncier run, all deliverables", "parcels", words), asked.sizes, asked
    )
    whole = {OURS: job("city:whole", asked)}
    yield from beside(Step("run", "all tables, in one call", "parcels", whole), asked.sizes, asked)
    for step, name in STEPS.items():
        ours = {OURS: job(name, asked)}
        yield from beside(Step("run", step, "parcels", ours), asked.sizes, asked)
    hard = {OURS: job("city:bare", asked)}
    sizes = [size for size in asked.sizes if size <= BARE_TO]
    _drawn("towns:draw", sizes, asked)
    yield from beside(Step("run", "plots, a third of them bare", "parcels", hard), sizes, asked)


def _drawn(name: str, sizes: Sequence[int], asked: Asked) -> None:
    """Draw what is measured on, so that no measured process does."""
    for size in sizes:
        job(name, asked)(size)


def tiles(asked: Asked) -> Iterator[Row]:
    """All tables of a city in one call, and cut into four tiles: the same values to the bit."""
    sizes = [size for size in asked.sizes if size >= TILED_FROM]
    _drawn("city:draw", sizes, asked)
    how = {
        OURS: job("city:whole", asked),
        "4 tiles, serial": job("city:serial", asked),
        "4 tiles, two processes": job("city:processes", asked),
        "4 tiles, two dask workers": job("city:dask", asked),
    }
    yield from beside(Step("tiles", "all tables", "parcels", how), sizes, asked)


def built(asked: Asked) -> Iterator[Row]:
    """Built area of each parcel, from geometries in memory."""
    _drawn("towns:draw", asked.sizes, asked)
    how = {
        OURS: job("built:ours", asked),
        "geopandas overlay": job("built:overlay", asked),
        "geopandas sjoin + intersection": job("built:sjoin", asked),
        "DuckDB spatial": job("built:duckdb", asked),
        "SedonaDB": job("built:sedonadb", asked),
    }
    yield from beside(
        Step("built", "built area of each parcel", "parcels", how), asked.sizes, asked
    )


def access(asked: Asked) -> Iterator[Row]:
    """Ways on foot over the streets of a drawn town."""
    sides: dict[str, dict[str, str]] = {
        "graph from lines": {OURS: "ways:graph"},
        "20 nearest-target fields": {
            OURS: "ways:ours",
            "plain scipy, distances alone": "ways:plain",
            "networkx, distances alone": "ways:by_networkx",
            "igraph, distances alone": "ways:by_igraph",
            "pandana, within 5 km": "ways:by_pandana",
            "pandana, its hierarchy before": "ways:pandana_built",
        },
        "500 routes to the loop": {
            OURS: "ways:routes",
            "networkx, from node to node": "ways:routes_by_networkx",
        },
        "isochrones of 20 sites": {
            OURS: "ways:isochrones",
            "networkx, whole edges only": "ways:isochrones_by_networkx",
        },
    }
    for step, names in sides.items():
        how = {by: job(name, asked) for by, name in names.items()}
        yield from beside(Step("access", step, "edges", how), asked.sizes, asked)


def page(asked: Asked) -> Iterator[Row]:
    """The map of a tenth as many sites as parcels: written, then opened in Chromium."""
    sizes = [size // 10 for size in asked.sizes]
    how = {OURS: job("maps:ours", asked), "folium alone": job("maps:by_folium", asked)}
    yield from beside(Step("map", "written", "sites", how), sizes, asked)
    opened = {
        "answers in Chromium": "maps:ready",
        "ranked again": "maps:reranked",
        "ranked again, on the screen": "maps:shown",
    }
    for step, name in opened.items():
        ours = {OURS: job(name, asked)}
        ends = sorted({sizes[0], sizes[-1]})
        yield from beside(Step("map", step, "sites", ours), ends, asked)


def signs(asked: Asked) -> Iterator[Row]:
    """Signs weighed on buildings and sites, five layers of them."""
    for step, name in (("friches", "signs:friches"), ("buildings", "signs:buildings")):
        ours = {OURS: job(name, asked)}
        yield from beside(Step("signs", step, "buildings", ours), asked.sizes, asked)


def sheets(asked: Asked) -> Iterator[Row]:
    """Sheets of the demonstration as PDF, all of them in one file, and the leaflet."""
    sizes = [size for size in (10, 50) if size <= max(asked.sizes)]
    how = {
        "foncier, one thread": job("sheets:one", asked),
        "foncier, two threads": job("sheets:two", asked),
    }
    yield from beside(Step("sheets", "PDF", "sheets", how), sizes, asked)


def real(asked: Asked) -> Iterator[Row]:
    """Whole runs of real communes, and one rule as a user would write it."""
    if not REAL.is_dir():
        yield Row("real", "real communes", OURS, 0, "parcels", note="no real data here")
        return
    for step, study, unit, size in (
        ("Ennezat, foncier run", "tests/studies/ennezat", "parcels", 2_243),
        ("Amiens, foncier run", "tests/studies/amiens", "run", 1),
    ):
        words = {OURS: command(partial(_named, study), asked)}
        yield from beside(Step("real", step, unit, words), [size], asked)
    how = {
        OURS: job("ennezat:ours", asked),
        "geopandas, parcel by parcel, no reasons": job("ennezat:geopandas", asked),
    }
    yield from beside(Step("real", "Ennezat, dents creuses", "parcels", how), [2_243], asked)


def _named(study: str, _: int) -> list[str]:
    """Words of a run that has one size."""
    return [study]


def country(asked: Asked) -> Iterator[Row]:
    """What grows with the country beside the work: only among large sizes."""
    if max(asked.sizes) <= 100_000:
        return
    for step, name, unit, sizes in (
        ("empty jobs over two dask workers", "country:carried", "jobs", (460, 1_840, 7_360)),
        ("tiles seen to be done", "country:resumed", "tiles", (460, 1_840)),
        ("parcels cut into tiles", "country:listed", "parcels", (650_000, 2_600_000)),
    ):
        ours = {OURS: job(name, asked)}
        yield from beside(Step("country", step, unit, ours), sizes, asked)


def degenerate(asked: Asked) -> Iterator[Row]:
    """Whole runs of a hamlet with one layer that is drawn thousands of times at one place."""
    for kinds, unit, most in (
        (COPIES, "copies", MOST_COPIES),
        (VERTICES, "vertices", MOST_VERTICES),
    ):
        top = min(most, max(asked.sizes))
        sizes = [top // 4, top // 2, top]
        _drawn(f"degenerate:draw_{unit}", sizes, asked)
        for kind in kinds:
            words = {OURS: command(partial(_hamlet, kind, asked), asked)}
            yield from beside(Step("degenerate", kind, unit, words), sizes, asked)


def _hamlet(kind: str, asked: Asked, size: int) -> list[str]:
    """Words of a run on the study of a kind."""
    return [str(folder_of(kind, size, asked.folder))]


BENCHES: dict[str, Callable[[Asked], Iterator[Row]]] = {
    "run": run,
    "tiles": tiles,
    "built": built,
    "access": access,
    "map": page,
    "signs": signs,
    "sheets": sheets,
    "real": real,
    "country": country,
    "degenerate": degenerate,
}
