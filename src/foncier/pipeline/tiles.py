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

from foncier import detect
from foncier._util import gc
from foncier._util.storage import atomic_folder, explain_store_errors, is_remote
from foncier.errors import (
    ClusterError,
    ConfigError,
    SourceError,
    StoreError,
    TilesError,
)
from foncier.pipeline.convert import read_index, read_layer
from foncier.pipeline.tile_bounds import halo
from foncier.pipeline.tile_errors import (
    elsewhere,
    failed_tiles,
    other_code,
    stopped,
    unseen,
)
from foncier.readers import geoparquet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.geometry import Floats
    from foncier.model import Profile
    from foncier.parallel import executors
    from foncier.study.config import Layer

AUTO_PARCELS = 50_000  # of a tile: some 700 MB for its worker
TRIES = 3  # the last one alone: what takes its process down takes no other tile with it
FOUND, DONE = "tuiles", "tuile.json"
UNKNOWN = "inconnue"
CODE = ("detect/*.py", "geometry/*.py", "wording.py", "i18n/*", "tables/*.py")
LAYERS: tuple[Layer, ...] = (
    "parcels",
    "buildings",
    "zones",
    "constraints",
    "streets",
    "elevation",
    "envelope",
    "land_units",
)


@dataclass(frozen=True)
class Tile:
    """Parcels that one job answers for: a run of rows of their file, else those of a commune."""

    name: str
    rows: tuple[int, int] | None = None
    commune: str | None = None


@dataclass(frozen=True)
class Search:
    """What all tiles of a run have in common; paths are reached by every worker.

    ``code`` marks the detectors of the machine that starts the run.
    """

    layers: Path
    known: tuple[Layer, ...]
    out: Path
    profile: Profile
    area: bytes
    source: str
    lacking: Mapping[str, frozenset[str]]
    code: str

    def job(self, tile: Tile, fingerprint: str) -> Job:
        """One tile of a study whose layers have this mark."""
        gone = {layer: tuple(sorted(self.lacking[layer])) for layer in sorted(self.lacking)}
        told = (self.code, fingerprint, self.profile, self.area.hex(), self.source, gone)
        return Job(tile, self, hashlib.sha256(repr((tile, told)).encode()).hexdigest())


@dataclass(frozen=True)
class Job:
    """All that a worker needs to find the plots of a tile; the mark is that of its inputs."""

    tile: Tile
    search: Search
    mark: str

    @property
    def folder(self) -> Path:
        """Where it leaves what it found."""
        return self.search.out / self.tile.name


def no_tile_progress(_done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Tiling:
    """How a study is cut and carried.

    ``by`` is ``auto``, ``commune`` or a number of tiles; ``work`` is the folder that holds what
    each tile found, and the converted layers of a study that keeps none; ``told`` hears how many
    tiles of how many are done.
    """

    by: str
    engine: executors.JobExecutor
    work: Path
    told: Callable[[int, int], None] = no_tile_progress

    def find(
        self,
        layers: Path,
        profile: Profile,
        area: shapely.Geometry,
        *,
        source: str,
        lacking: Mapping[str, frozenset[str]],
    ) -> detect.Plots:
        """Find the plots of a converted study (see `foncier.detect.find_plots`).

        Parameters
        ----------
        layers
            Folder that `foncier.pipeline.convert.convert` made.
        profile, area, source
            As `foncier.detect.find_plots` takes them.
        lacking
            Communes that a layer does not come to (`foncier.detect.lacking`): a tile cannot tell.

        Raises
        ------
        TilesError
            Some tiles failed `TRIES` times, or what workers wrote is not seen from here; the others
            are kept for the next run.
        StoreError
            The store of the work does not answer.
        """
        with explain_store_errors(self.work):
            read = read_index(layers)
            known = tuple(layer for layer in LAYERS if layer in read["layers"])
            if not {"parcels", "buildings"} <= set(known) or not (cut := tiles(layers, self.by)):
                parcels = read_layer(layers, "parcels") if "parcels" in known else None
                return detect.find_plots(
                    detect.SpatialContext(parcels), profile, area, source=source
                )
            # Workers stand in folders of their own.
            layers, out = layers.absolute(), (self.work / FOUND).absolute()
            search = Search(
                layers,
                known,
                out,
                profile,
                shapely.to_wkb(area),
                source,
                dict(lacking),
                code_mark(),
            )
            jobs = [search.job(tile, read["fingerprint"]) for tile in cut]
            self._carry(jobs)
            return _seen(jobs)

    def _carry(self, jobs: Sequence[Job]) -> None:
        left = [job for job in jobs if not done(job)]
        missing = dict.fromkeys(job.tile.name for job in left)
        self.told(len(jobs) - len(missing), len(jobs))
        silent = 0  # tiles in a row for which the store did not answer
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
                            silent = silent + 1 if isinstance(made, StoreError) else 0
                            if silent == TRIES:
                                raise stopped(list(missing), made, of=len(jobs)) from made
                        else:
                            silent = 0
                            del missing[made]
                            self.told(len(jobs) - len(missing), len(jobs))
                except ClusterError as gone:
                    names = [job.tile.name for job in jobs if not done(job)]
                    raise stopped(names, gone, of=len(jobs)) from gone
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
            for code in geoparquet.read_distinct(path, "commune")
        ]
    if by != "auto" and not (by.isdecimal() and int(by) > 0):
        raise ConfigError(
            f"--tiles {by} : attendu auto, commune ou un nombre de tuiles, par exemple 8."
        )
    rows = geoparquet.count_rows(path)
    count = math.ceil(rows / AUTO_PARCELS) if by == "auto" else min(int(by), rows)
    cuts = np.linspace(0, rows, count + 1).astype(int).tolist()
    return [
        Tile(f"hilbert-{n:05}-sur-{len(cuts) - 1:05}", rows=(first, last))
        for n, (first, last) in enumerate(pairwise(cuts), start=1)
    ]


@gc.infrequent_collection()
def find_in_tile(job: Job) -> str:
    """Find the plots of one tile, and leave them in its folder; its name is returned.

    Raises
    ------
    ConfigError
        The code here is not that of the machine that starts the run.
    SourceError
        The study is not seen from here.
    FoncierError
        A layer is damaged, the store does not answer, or the detectors raised it.
    """
    with explain_store_errors(job.search.out):
        return _find_in_tile(job, job.search)


def _find_in_tile(job: Job, search: Search) -> str:
    layers = search.layers
    if search.code != code_mark():
        raise ConfigError(other_code())
    if not is_remote(layers) and not layers.is_dir():
        raise SourceError(unseen(layers))
    if done(job):  # its news went with a scheduler
        return job.tile.name
    path = layers / "parcels.parquet"
    rows, bounds = _owned(path, job.tile)
    around = halo(path, bounds, search.profile)
    boxes = dict.fromkeys(search.known, around.others)
    boxes |= {"parcels": around.parcels, "buildings": around.buildings}
    context = detect.SpatialContext(
        **{layer: read_layer(layers, layer, boxes[layer]) for layer in search.known},
        uncovered=search.lacking,
    )
    own = np.isin(np.sort(geoparquet.read_bounds_near(path, around.parcels)[0]), rows)
    area = shapely.from_wkb(search.area)
    found = detect.find_plots(context, search.profile, area, source=search.source, screened=own)
    marks = {}
    with atomic_folder(job.folder, last=DONE) as new:
        for field in fields(found):
            path = new / f"{field.name}.parquet"
            getattr(found, field.name).to_parquet(path, index=False, compression="zstd")
            marks[path.name] = geoparquet.fingerprint(path)
        text = json.dumps({"mark": job.mark, "files": marks}, indent=1)
        (new / DONE).write_text(text, encoding="utf-8")
    return job.tile.name


def _owned(path: Path, tile: Tile) -> tuple[NDArray[np.intp], Floats]:
    """Places of the parcels of a tile, and their bounds."""
    if tile.rows is not None:
        return geoparquet.read_bounds_slice(path, *tile.rows)
    code = pc.field("commune")
    return geoparquet.read_bounds(
        path, code.is_null() if tile.commune is None else code == tile.commune
    )


def done(job: Job) -> bool:
    """Tell whether a tile was found before from the very same inputs, and is still whole."""
    folder = job.folder
    try:
        told = json.loads((folder / DONE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # none, or spoilt
        return False
    return bool(
        told["mark"] == job.mark
        and all(
            geoparquet.is_unchanged(folder / name, mark) for name, mark in told["files"].items()
        )
    )


def _seen(jobs: Sequence[Job]) -> detect.Plots:
    """Tables of all tiles (`gathered`).

    Raises
    ------
    TilesError
        Workers left some where they are not seen from here.
    """
    try:
        return merge_tiles([job.folder for job in jobs])
    except SourceError as fault:
        absent = [job.tile.name for job in jobs if not job.folder.is_dir()]
        if not absent:
            raise
        raise TilesError(elsewhere(absent, jobs[0].search.out, of=len(jobs))) from fault


def merge_tiles(folders: Sequence[Path]) -> detect.Plots:
    """Tables of all tiles, each in the order in which one machine would have written it."""

    def joined(name: str) -> Any:
        files = [folder / f"{name}.parquet" for folder in folders]
        return geoparquet.read_parts(files, detect.PLOT_TABLES[name])

    names = [field.name for field in fields(detect.Plots)]
    with ThreadPoolExecutor(2) as pool:
        return detect.Plots(*pool.map(joined, names))
