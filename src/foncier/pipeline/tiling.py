"""Find plots tile by tile: the same answer, in bounded memory, on as many workers as there are.

A tile owns some parcels and reads what lies around them as far as the rules look. What it finds is
a folder of its own, with a mark of all that it was made from: what is done is not done again.
"""

from __future__ import annotations

import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import shapely

from foncier import collecting, detect, engines, store
from foncier.errors import ClusterError, ConfigError, SourceError, TilesError
from foncier.pipeline.converting import read_index, read_layer
from foncier.pipeline.faults import elsewhere, failed_tiles, other_code, stopped, unseen
from foncier.pipeline.halo import halo
from foncier.places import REMOTE, published

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from foncier.geometry import Floats
    from foncier.records import Profile
    from foncier.study.model import Layer

AUTO_PARCELS = 50_000  # of a tile: some 700 MB for its worker
TRIES = 3  # the last one alone: what takes its process down takes no other tile with it
FOUND, DONE = "tuiles", "tuile.json"
UNKNOWN = "inconnue"
CODE = ("detect/*.py", "geometry/*.py", "wording.py", "tables/*.py")
LAYERS: tuple[Layer, ...] = (
    "parcels", "buildings", "zones", "constraints", "streets", "elevation", "envelope",
    "land_units",
)  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """Parcels that one job answers for: a run of rows of their file, else those of a commune."""

    name: str
    rows: tuple[int, int] | None = None
    commune: str | None = None


@dataclass(frozen=True)
class Job:
    """All that a worker needs to find the plots of a tile; paths are reached by every worker."""

    tile: Tile
    layers: Path
    known: tuple[Layer, ...]
    out: Path
    profile: Profile
    area: bytes
    source: str
    code: str
    mark: str


def untold(_done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Tiling:
    """How a study is cut and carried.

    ``by`` is ``auto``, ``commune`` or a number of tiles; ``work`` is the folder that holds what
    each tile found, and the converted layers of a study that keeps none; ``told`` hears how many
    tiles of how many are done.
    """

    by: str
    engine: engines.Engine
    work: Path
    told: Callable[[int, int], None] = untold

    def find(
        self, layers: Path, profile: Profile, area: shapely.Geometry, *, source: str
    ) -> detect.Plots:
        """Find the plots of a converted study (see `foncier.detect.find_plots`).

        Parameters
        ----------
        layers
            Folder that `foncier.pipeline.converting.convert` made.
        profile, area, source
            As `foncier.detect.find_plots` takes them.

        Raises
        ------
        TilesError
            Some tiles failed `TRIES` times, or what workers wrote is not seen from here; the others
            are kept for the next run.
        """
        read = read_index(layers)
        known = tuple(layer for layer in LAYERS if layer in read["layers"])
        cut = tiles(layers, self.by) if {"parcels", "buildings"} <= set(known) else []
        if not cut:  # nothing is sought
            parcels = read_layer(layers, "parcels") if "parcels" in known else None
            return detect.find_plots(detect.Ground(parcels), profile, area, source=source)
        code = code_mark()
        told = (code, read["fingerprint"], profile, shapely.to_wkb(area, hex=True), source)
        # Workers stand in folders of their own.
        layers, out = layers.absolute(), (self.work / FOUND).absolute()
        jobs = [
            Job(tile, layers, known, out, profile, shapely.to_wkb(area), source, code,
                hashlib.sha256(repr((tile, told)).encode()).hexdigest())
            for tile in cut
        ]  # fmt: skip
        self._carry(jobs)
        try:
            return gathered([job.out / job.tile.name for job in jobs])
        except SourceError as fault:
            absent = [job.tile.name for job in jobs if not (job.out / job.tile.name).is_dir()]
            if not absent:
                raise
            raise TilesError(elsewhere(absent, out, of=len(jobs))) from fault

    def _carry(self, jobs: Sequence[Job]) -> None:
        left = [job for job in jobs if not done(job)]
        ended = len(jobs) - len(left)
        self.told(ended, len(jobs))
        faults: list[BaseException] = []
        for attempt in range(TRIES):
            if not left:
                return
            batches = [[job] for job in left] if attempt == TRIES - 1 else [left]
            failed, faults = [], []
            for batch in batches:
                try:
                    for place, made in self.engine.run(find_in_tile, batch):
                        if isinstance(made, BaseException):
                            failed.append(batch[place])
                            faults.append(made)
                        else:
                            ended += 1
                            self.told(ended, len(jobs))
                except ClusterError as gone:
                    missing = [job.tile.name for job in jobs if not done(job)]
                    raise stopped(missing, gone, of=len(jobs)) from gone
            left = failed
        if left:
            names = [job.tile.name for job in left]
            raise TilesError(failed_tiles(names, faults, of=len(jobs), tries=TRIES)) from faults[0]


@cache
def code_mark() -> str:
    """Mark of the code that finds plots: what another version found is not taken for this one's.

    Kept, for a process goes on with the code that it has read when the files change.
    """
    mark, root = hashlib.sha256(), Path(detect.__file__).parents[1]
    for file in sorted(p for room in CODE for p in root.glob(room)):
        mark.update(file.read_bytes())
    return mark.hexdigest()


def tiles(layers: Path, by: str) -> list[Tile]:
    """Cut the parcels of a converted study.

    ``auto`` and a number cut the Hilbert curve on which the parcels lie into runs of as many
    parcels; ``commune`` makes one tile a commune.

    Raises
    ------
    ConfigError
        ``by`` is none of these.
    """
    path = layers / "parcels.parquet"
    if by == "commune":
        return [
            Tile(f"commune-{UNKNOWN if code is None else code}", commune=code)
            for code in store.read_words(path, "commune")
        ]
    if by != "auto" and not (by.isdecimal() and int(by) > 0):
        raise ConfigError(
            f"--tiles {by} : attendu auto, commune ou un nombre de tuiles, par exemple 8."
        )
    rows = store.count_rows(path)
    count = math.ceil(rows / AUTO_PARCELS) if by == "auto" else min(int(by), rows)
    cuts = np.linspace(0, rows, count + 1).astype(int).tolist()
    return [
        Tile(f"hilbert-{n:05}-sur-{len(cuts) - 1:05}", rows=(first, last))
        for n, (first, last) in enumerate(pairwise(cuts), start=1)
    ]


@collecting.rarely()
def find_in_tile(job: Job) -> str:
    """Find the plots of one tile, and leave them in its folder; its name is returned.

    Raises
    ------
    ConfigError
        The code here is not that of the machine that starts the run.
    SourceError
        The study is not seen from here.
    FoncierError
        A layer is damaged, or the detectors raised it.
    """
    if job.code != code_mark():
        raise ConfigError(other_code())
    if REMOTE not in str(job.layers) and not job.layers.is_dir():
        raise SourceError(unseen(job.layers))
    if done(job):  # its news went with a scheduler
        return job.tile.name
    path = job.layers / "parcels.parquet"
    rows, bounds = _owned(path, job.tile)
    around = halo(path, bounds, job.profile)
    boxes = dict.fromkeys(job.known, around.others)
    boxes |= {"parcels": around.parcels, "buildings": around.buildings}
    ground = detect.Ground(
        **{layer: read_layer(job.layers, layer, boxes[layer]) for layer in job.known}
    )
    own = np.isin(np.sort(store.read_near(path, around.parcels)[0]), rows)
    area = shapely.from_wkb(job.area)
    found = detect.find_plots(ground, job.profile, area, source=job.source, own=own)
    marks = {}
    with published(job.out / job.tile.name, last=DONE) as new:
        for field in fields(found):
            path = new / f"{field.name}.parquet"
            getattr(found, field.name).to_parquet(path, index=False, compression="zstd")
            marks[path.name] = store.fingerprint(path)
        text = json.dumps({"mark": job.mark, "files": marks}, indent=1)
        (new / DONE).write_text(text, encoding="utf-8")
    return job.tile.name


def _owned(path: Path, tile: Tile) -> tuple[NDArray[np.intp], Floats]:
    """Places of the parcels of a tile, and their bounds."""
    if tile.rows is not None:
        return store.read_run(path, *tile.rows)
    code = pc.field("commune")
    return store.read_places(path, code.is_null() if tile.commune is None else code == tile.commune)


def done(job: Job) -> bool:
    """Tell whether a tile was found before from the very same inputs, and is still whole."""
    folder = job.out / job.tile.name
    said = folder / DONE
    if not said.is_file():
        return False
    told = json.loads(said.read_text(encoding="utf-8"))
    return bool(
        told["mark"] == job.mark
        and all(
            (folder / name).is_file() and store.fingerprint(folder / name) == mark
            for name, mark in told["files"].items()
        )
    )


def gathered(folders: Sequence[Path]) -> detect.Plots:
    """Tables of all tiles, each in the order in which one machine would have written it."""

    def joined(name: str) -> Any:
        files = [folder / f"{name}.parquet" for folder in folders]
        return store.read_parts(files, detect.PLOT_TABLES[name])

    names = [field.name for field in fields(detect.Plots)]
    with ThreadPoolExecutor(2) as pool:
        return detect.Plots(*pool.map(joined, names))
