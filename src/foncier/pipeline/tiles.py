"""Find plots tile by tile: the same result, in bounded memory, on any number of workers.

A tile owns some parcels and reads the layers around them as far as rules look. Its result is a
folder with a fingerprint of its inputs: a tile that is up to date is not computed again.
"""

from __future__ import annotations

import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
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
from foncier._util.scratch import swept
from foncier._util.storage import atomic_folder, explain_store_errors, is_remote
from foncier.errors import (
    ClusterError,
    ConfigError,
    SourceError,
    StoreError,
)
from foncier.pipeline.convert import read_index, read_layer
from foncier.pipeline.tile_bounds import halo
from foncier.pipeline.tile_errors import (
    failed_tiles,
    no_study,
    not_shared,
    other_version,
    stopped,
)
from foncier.readers import geoparquet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.geometry import Floats
    from foncier.model import Profile
    from foncier.parallel import executors
    from foncier.study.config import Layer

AUTO_PARCELS = 50_000  # parcels of a tile: about 700 MB for its worker
TRIES = 3  # the last attempt runs each tile alone, so that a crash affects no other
FOLDER, INDEX = "tuiles", "tuile.json"
UNKNOWN = "inconnue"  # in the name of the tile of parcels without a commune
CODE = ("detect/**/*.py", "geometry/*.py", "model/*.py", "i18n/*.py", "i18n/*.toml", "schemas/*.py")
LAYERS: tuple[Layer, ...] = (
    "parcels",
    "buildings",
    "zones",
    "constraints",
    "streets",
    "elevation",
    "envelope",
    "land_units",
    "prescriptions",
)


@dataclass(frozen=True)
class Tile:
    """Parcels of one job: a range of rows of their file, or those of a commune."""

    name: str
    rows: tuple[int, int] | None = None
    commune: str | None = None


@dataclass(frozen=True)
class Search:
    """Inputs that all tiles of a run share; every worker sees the paths.

    ``code`` is the fingerprint of the detectors of the machine that starts the run.
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
        """Job of a tile; ``fingerprint`` is that of the layers."""
        lacking = {layer: tuple(sorted(self.lacking[layer])) for layer in sorted(self.lacking)}
        inputs = (self.code, fingerprint, self.profile, self.area.hex(), self.source, lacking)
        return Job(tile, self, hashlib.sha256(repr((tile, inputs)).encode()).hexdigest())


@dataclass(frozen=True)
class Job:
    """Inputs of a worker that finds the plots of a tile, with their fingerprint."""

    tile: Tile
    search: Search
    fingerprint: str

    @property
    def folder(self) -> Path:
        """Folder of the result."""
        return self.search.out / self.tile.name


def no_tile_progress(_done: int, _total: int) -> None:
    """No-op progress callback."""


@dataclass(frozen=True)
class Tiling:
    """How a study is cut into tiles, and what computes them.

    ``by`` is ``auto``, ``commune`` or a number of tiles; ``work`` is the folder of the results of
    tiles, and of converted layers if the study folder has none; ``progress`` is called with the
    number of finished tiles and of all tiles.
    """

    by: str
    executor: executors.JobExecutor
    work: Path
    progress: Callable[[int, int], None] = no_tile_progress

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
            Communes not covered by a layer (`foncier.detect.uncovered_communes`): a tile does not
            see enough to know.

        Raises
        ------
        TilesError
            Some tiles failed `TRIES` times, or workers wrote them elsewhere; the next run uses the
            others.
        StoreError
            The object store of the working folder does not answer.
        """
        with explain_store_errors(self.work):
            index = read_index(layers)
            known = tuple(layer for layer in LAYERS if layer in index["layers"])
            if not {"parcels", "buildings"} <= set(known) or not (cut := tiles(layers, self.by)):
                parcels = read_layer(layers, "parcels") if "parcels" in known else None
                return detect.find_plots(
                    detect.SpatialContext(parcels), profile, area, source=source
                )
            # Workers have other working directories.
            layers, out = layers.absolute(), (self.work / FOLDER).absolute()
            search = Search(
                layers,
                known,
                out,
                profile,
                shapely.to_wkb(area),
                source,
                dict(lacking),
                code_fingerprint(),
            )
            jobs = [search.job(tile, index["fingerprint"]) for tile in cut]
            with nullcontext() if is_remote(out) else swept(out):
                _Execution(self, jobs).run()
            return _read_tiles(jobs)


class _Execution:
    """Attempts at the jobs of a run, until all are done or `TRIES` attempts failed."""

    def __init__(self, tiling: Tiling, jobs: Sequence[Job]) -> None:
        self.tiling, self.jobs = tiling, jobs
        self.missing = dict.fromkeys(job.tile.name for job in jobs if not done(job))
        self.faults: list[BaseException] = []
        self.unanswered = 0  # consecutive tiles for which the object store did not answer

    def run(self) -> None:
        """Compute the jobs that are not done.

        Raises
        ------
        TilesError
            Some failed at each attempt, or the cluster or the object store was gone.
        """
        left = [job for job in self.jobs if job.tile.name in self.missing]
        self._report()
        for attempt in range(TRIES):
            if not left:
                return
            # At the last attempt each tile runs alone.
            batches = [[job] for job in left] if attempt == TRIES - 1 else [left]
            self.faults = []
            left = [job for batch in batches for job in self._failures(batch)]
        if left:
            names = [job.tile.name for job in left]
            total = len(self.jobs)
            raise failed_tiles(names, self.faults, total=total, tries=TRIES) from self.faults[0]

    def _failures(self, batch: Sequence[Job]) -> list[Job]:
        """Run a batch, and return its jobs that failed."""
        failed = []
        try:
            # Closed, its workers are ended, whatever interrupts.
            with closing(self.tiling.executor.run(find_in_tile, batch)) as outcomes:
                for place, outcome in outcomes:
                    if isinstance(outcome, BaseException):
                        failed.append(batch[place])
                        self._note(outcome)
                    else:
                        self.unanswered = 0
                        del self.missing[outcome]
                        self._report()
        except ClusterError as gone:
            names = [job.tile.name for job in self.jobs if not done(job)]
            raise stopped(names, gone, total=len(self.jobs)) from gone
        return failed

    def _note(self, fault: BaseException) -> None:
        self.faults.append(fault)
        self.unanswered = self.unanswered + 1 if isinstance(fault, StoreError) else 0
        if self.unanswered == TRIES:
            raise stopped(list(self.missing), fault, total=len(self.jobs)) from fault

    def _report(self) -> None:
        self.tiling.progress(len(self.jobs) - len(self.missing), len(self.jobs))


@cache
def code_fingerprint() -> str:
    """Fingerprint of the code that finds plots, so that results of another version are not used.

    Cached: a process continues with the code that it imported if the files change.
    """
    digest, root = hashlib.sha256(), Path(detect.__file__).parents[1]
    for file in sorted(path for pattern in CODE for path in root.glob(pattern)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def tiles(layers: Path, by: str) -> list[Tile]:
    """Cut the parcels of a converted study.

    ``auto`` and a number cut the Hilbert curve of the parcels into parts of equal numbers of
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
        raise ConfigError("pipeline.tiles.wrong_tiles", tiles=by)
    rows = geoparquet.count_rows(path)
    count = math.ceil(rows / AUTO_PARCELS) if by == "auto" else min(int(by), rows)
    cuts = np.linspace(0, rows, count + 1).astype(int).tolist()
    return [
        Tile(f"hilbert-{n:05}-sur-{len(cuts) - 1:05}", rows=(first, last))
        for n, (first, last) in enumerate(pairwise(cuts), start=1)
    ]


@gc.infrequent_collection()
def find_in_tile(job: Job) -> str:
    """Find the plots of one tile and write them to its folder.

    Returns
    -------
    Name of the tile.

    Raises
    ------
    ConfigError
        The code is not that of the machine that starts the run.
    SourceError
        The worker does not see the study.
    FoncierError
        A layer is damaged, the object store does not answer, or an error of a detector.
    """
    with explain_store_errors(job.search.out):
        return _find_in_tile(job, job.search)


def _find_in_tile(job: Job, search: Search) -> str:
    layers = search.layers
    if search.code != code_fingerprint():
        raise other_version()
    if not is_remote(layers) and not layers.is_dir():
        raise no_study(layers)
    if done(job):  # a scheduler that was lost did not report it
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
    in_tile = np.isin(np.sort(geoparquet.read_bounds_near(path, around.parcels)[0]), rows)
    area = shapely.from_wkb(search.area)
    plots = detect.find_plots(context, search.profile, area, source=search.source, screened=in_tile)
    files = {}
    with atomic_folder(job.folder, last=INDEX) as new:
        for field in fields(plots):
            path = new / f"{field.name}.parquet"
            getattr(plots, field.name).to_parquet(path, index=False, compression="zstd")
            files[path.name] = geoparquet.fingerprint(path)
        text = json.dumps({"mark": job.fingerprint, "files": files}, indent=1)
        (new / INDEX).write_text(text, encoding="utf-8")
    return job.tile.name


def _owned(path: Path, tile: Tile) -> tuple[NDArray[np.intp], Floats]:
    """Row numbers of the parcels of a tile, and their bounds."""
    if tile.rows is not None:
        return geoparquet.read_bounds_slice(path, *tile.rows)
    code = pc.field("commune")
    return geoparquet.read_bounds(
        path, code.is_null() if tile.commune is None else code == tile.commune
    )


def done(job: Job) -> bool:
    """Tell if a tile was computed from the same inputs, and its files are intact."""
    folder = job.folder
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # none, or damaged
        return False
    return bool(
        index["mark"] == job.fingerprint
        and all(geoparquet.is_unchanged(folder / name, one) for name, one in index["files"].items())
    )


def _read_tiles(jobs: Sequence[Job]) -> detect.Plots:
    """Tables of all tiles (`merge_tiles`).

    Raises
    ------
    TilesError
        Workers wrote some where this machine does not see them.
    """
    try:
        return merge_tiles([job.folder for job in jobs])
    except SourceError as fault:
        absent = [job.tile.name for job in jobs if not job.folder.is_dir()]
        if not absent:
            raise
        raise not_shared(absent, jobs[0].search.out, total=len(jobs)) from fault


def merge_tiles(folders: Sequence[Path]) -> detect.Plots:
    """Tables of all tiles, in the order of a run without tiles."""

    def merged(name: str) -> Any:
        files = [folder / f"{name}.parquet" for folder in folders]
        return geoparquet.read_parts(files, detect.PLOT_TABLES[name])

    names = [field.name for field in fields(detect.Plots)]
    with ThreadPoolExecutor(2) as pool:
        return detect.Plots(*pool.map(merged, names))
