"""Convert the layers of a study to GeoParquet, which reads a hundred times faster."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from contextlib import nullcontext
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier import __version__, readers, schemas
from foncier._util.destination import Entry, Owner, sha256
from foncier._util.scratch import PREFIX, exclusive
from foncier._util.storage import (
    atomic_folder,
    exists,
    explain_store_errors,
    is_remote,
    storage_errors,
)
from foncier.errors import ExportError, FoncierError, FormatError
from foncier.i18n import Localized
from foncier.model import Dem, LayerReport, Note
from foncier.pipeline.layers import (
    RELIEF,
    Layers,
    each_layer,
    layer_file,
    layer_files,
    read_file,
    read_layers,
)
from foncier.readers import geoparquet
from foncier.study import study_files
from foncier.study.config import LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.geometry import Floats
    from foncier.study.config import Layer, Study

FOLDER = "convertis"
INDEX = "couches.json"
HEIGHTS = "heights.npy"
FORM = 2  # version of the folder; layers of another version are converted again
# Names of a folder of converted layers.
CONVERTED = (INDEX, HEIGHTS, f"{RELIEF}.json", *(f"{layer}.parquet" for layer in LAYERS))
CONTRACTS = {table.name: table for table in schemas.INPUTS}


def converted_folder(study: Study, work: Path | None = None) -> Path:
    """Folder of the converted layers: in the study, or in a working folder."""
    return (study.folder if work is None else work) / FOLDER


def fingerprint(study: Study) -> str:
    """Fingerprint of the files of a study and of how it reads them, in hexadecimal.

    It changes with any byte of any file, and with any key of the layers.
    """
    files = [
        (file.shown, readers.fingerprint(file))
        for layer, specs in study.layers.items()
        for spec in specs
        for file in [layer_file(study, layer, spec)]
    ]
    if study.visits is not None:
        files.append((study.visits.name, sha256(study.visits)))
    keys = study.model_dump(mode="json", include={"info": {"communes", "date"}, "layers": True})
    text = json.dumps([__version__, files, keys], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def convert(study: Study, folder: Path, *, replace: bool = False) -> tuple[LayerReport, ...]:
    """Convert the layers of a study into a folder, all or none of them.

    One layer is in memory at a time. ``folder`` then has one GeoParquet file a layer and
    ``couches.json``; nothing else stays there.

    Returns
    -------
    Report of each file.

    Raises
    ------
    ConfigError
        The folder holds a file of the study, or (without ``replace``) others than converted ones.
    ExportError
        The folder cannot be written.
    FoncierError
        A layer cannot be read; see `foncier.errors`.
    """
    _check_folder(study, folder, replace=replace)
    inputs = fingerprint(study)
    alone = nullcontext() if is_remote(folder) else exclusive(folder.parent, "foncier convert")
    try:
        with (
            alone,
            explain_store_errors(folder, ExportError),
            atomic_folder(folder, last=INDEX) as new,
        ):
            return _write_all(study, inputs, new)
    except FoncierError:
        raise
    except OSError as reason:
        if is_remote(folder) and isinstance(reason, FileNotFoundError):
            raise ExportError("pipeline.convert.no_bucket", folder=folder) from reason
        why = reason.strerror or str(reason)
        raise ExportError("pipeline.convert.not_writable", folder=folder, why=why) from reason


def _check_folder(study: Study, folder: Path, *, replace: bool) -> None:
    """Check that a folder may be replaced: it has the index, and converted layers alone.

    On an object store nothing but the converted layers is replaced.
    """
    if is_remote(folder) or not folder.is_dir():
        return
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith(PREFIX))
    owner = Owner("convert", (), study_files(study), replace)
    ours = Entry(owner.command, (), ())
    known = dict.fromkeys(CONVERTED, ours) if INDEX in names else {}
    owner.check_files(folder, names, known, {})


def _write_all(study: Study, inputs: str, folder: Path) -> tuple[LayerReport, ...]:
    def read(layer: Layer) -> list[tuple[Any, LayerReport]]:
        files = layer_files(study, layer)
        # Parcels are the largest layer: they are read again rather than kept in memory.
        by_parcels = any(file.format in readers.AFTER_PARCELS for file in files)
        known = by_parcels and "parcels" in layers
        parcels = read_layer(folder, "parcels") if known else None
        return [read_file(study, file, parcels) for file in files]

    layers: dict[Layer, None] = {}
    reports: list[LayerReport] = []

    def parcels() -> Any:
        return read_layer(folder, "parcels") if "parcels" in layers else None

    for layer, table, of_layer in each_layer(study, read, parcels):
        _write(layer, table, folder)
        layers[layer] = None
        reports += of_layer
        del table  # before the next one is read
    index = {
        "form": FORM,
        "fingerprint": inputs,
        "layers": list(layers),
        "files": {file.name: geoparquet.fingerprint(file) for file in sorted(folder.iterdir())},
        "reports": [dataclasses.asdict(report) for report in reports],
    }
    text = json.dumps(index, ensure_ascii=False, indent=1, default=str)
    (folder / INDEX).write_text(text, encoding="utf-8")
    return tuple(reports)


def _write(layer: Layer, table: Any, folder: Path) -> None:
    if layer != RELIEF:
        geoparquet.write_table(table, folder / f"{layer}.parquet")
        return
    np.save(folder / HEIGHTS, table.heights_m)
    place = {name: getattr(table, name) for name in ("west_m", "north_m", "cell_m")}
    (folder / f"{RELIEF}.json").write_text(json.dumps(place), encoding="utf-8")


def read_study_layers(
    study: Study, work: Path | None = None, *, workers: int = 1
) -> tuple[Layers, Path | None]:
    """Read the layers of a study, converted ones where they are up to date.

    With a working folder, layers are converted there if no converted ones are up to date; without
    one they are read from their files. If the working folder is on an object store, converted
    layers of the study folder are not used: workers may not see that folder.

    Returns
    -------
    The layers, and the folder of the converted layers (None: read from the files).
    """
    with explain_store_errors(work or study.folder):
        return _read_study(study, work, workers)


def _read_study(study: Study, work: Path | None, workers: int) -> tuple[Layers, Path | None]:
    folders = [] if is_remote(work or study.folder) else [converted_folder(study)]
    folders += [] if work is None else [work / FOLDER]
    existing = [folder for folder in folders if exists(folder / INDEX)]
    inputs = fingerprint(study) if existing else ""
    for folder in existing:
        layers = converted(folder, inputs)
        if layers is not None:
            return layers, folder
    if work is None:
        return read_layers(study, workers=workers), None
    convert(study, work / FOLDER)
    return _layers(work / FOLDER, read_index(work / FOLDER)), work / FOLDER


def read_index(folder: Path) -> dict[str, Any]:
    """Index that `convert` wrote: fingerprint, layers, files and reports.

    Raises
    ------
    FormatError
        It is damaged.
    """
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except storage_errors(folder):
        raise
    except (OSError, ValueError) as reason:
        raise FormatError(
            "pipeline.convert.damaged_index", file=folder / INDEX, folder=folder.name
        ) from reason
    return index


def converted(folder: Path, inputs: str) -> Layers | None:
    """Converted layers of a folder; None if they are not those of the fingerprint ``inputs``.

    Raises
    ------
    FormatError
        A converted file is missing or damaged.
    """
    index = read_index(folder)
    if index.get("form") != FORM or index["fingerprint"] != inputs:
        return None
    return _layers(folder, index)


def _layers(folder: Path, index: dict[str, Any]) -> Layers:
    """Layers of a folder, after a check of each file against the index."""
    for name, written in index["files"].items():
        if not geoparquet.is_unchanged(folder / name, written):
            raise FormatError(
                "pipeline.convert.changed_file", file=folder / name, folder=folder.name
            )
    frames = {layer: read_layer(folder, layer) for layer in index["layers"]}
    return Layers(frames, tuple(_report(report) for report in index["reports"]))


def read_layer(folder: Path, layer: Layer, boxes: Floats | None = None) -> Any:
    """Read a converted layer, or its part that intersects some boxes; a DEM is memory-mapped."""
    if layer != RELIEF:
        return geoparquet.read_table(folder / f"{layer}.parquet", CONTRACTS[layer], boxes)
    place = json.loads((folder / f"{RELIEF}.json").read_text(encoding="utf-8"))
    heights = folder / HEIGHTS
    if is_remote(heights):
        return Dem(np.load(io.BytesIO(heights.read_bytes())), **place)
    return Dem(np.load(heights, mmap_mode="r"), **place)


def _report(raw: dict[str, Any]) -> LayerReport:
    notes = tuple(Note(n["effect"], n["count"], Localized(**n["text"])) for n in raw["notes"])
    vintage = date.fromisoformat(raw["vintage"]) if raw["vintage"] else None
    return LayerReport(**{**raw, "notes": notes, "vintage": vintage})
