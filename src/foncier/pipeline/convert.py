"""Read the layers of a study once, and keep them in a form that is read a hundred times faster."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier import __version__, readers, schemas
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

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.geometry import Floats
    from foncier.study.config import Layer, Study

FOLDER = "convertis"
INDEX = "couches.json"
HEIGHTS = "heights.npy"
FORM = 1  # of the folder; another one is converted again
CONTRACTS = {table.name: table for table in schemas.INPUTS}


def converted_folder(study: Study, work: Path | None = None) -> Path:
    """Where a study keeps its converted layers, or where a folder for the work does."""
    return (study.folder if work is None else work) / FOLDER


def fingerprint(study: Study) -> str:
    """Mark of all that the layers of a study are read from, in hexadecimal.

    It changes with any byte of any file, and with what the study says of how to read it.
    """
    files = [
        (file.shown, readers.fingerprint(file))
        for layer, specs in study.layers.items()
        for spec in specs
        for file in [layer_file(study, layer, spec)]
    ]
    said = study.model_dump(mode="json", include={"study": {"communes", "date"}, "layers": True})
    text = json.dumps([__version__, files, said], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def convert(study: Study, folder: Path) -> tuple[LayerReport, ...]:
    """Read the layers of a study and keep them in a folder, all or nothing.

    One layer is in memory at a time. ``folder`` then holds one GeoParquet a layer and
    ``couches.json``.

    Returns
    -------
    What was read of each file.

    Raises
    ------
    FoncierError
        As the readers raise it; `ExportError` where the folder cannot be written.
    """
    mark = fingerprint(study)
    try:
        with explain_store_errors(folder, ExportError), atomic_folder(folder, last=INDEX) as new:
            return _write_all(study, mark, new)
    except FoncierError:
        raise
    except OSError as reason:
        if is_remote(folder) and isinstance(reason, FileNotFoundError):
            raise ExportError(
                f"{folder} : écriture impossible (aucun seau ni conteneur de ce nom). Créez-le, ou "
                "corrigez l'adresse."
            ) from reason
        raise ExportError(
            f"{folder} : écriture impossible ({reason.strerror or reason}). Libérez de la place ou "
            "choisissez un autre dossier."
        ) from reason


def _write_all(study: Study, mark: str, folder: Path) -> tuple[LayerReport, ...]:
    def given(layer: Layer) -> list[tuple[Any, LayerReport]]:
        files = layer_files(study, layer)
        # Read again where they are asked for: the parcels are the heaviest that others wait for.
        by_parcels = any(file.format in readers.AFTER_PARCELS for file in files)
        known = by_parcels and "parcels" in layers
        parcels = read_layer(folder, "parcels") if known else None
        return [read_file(study, file, parcels) for file in files]

    layers: dict[Layer, None] = {}
    reports: list[LayerReport] = []
    for layer, table, told in each_layer(study, given):
        _write(layer, table, folder)
        layers[layer] = None
        reports += told
        del table  # before the next one is read
    index = {
        "form": FORM,
        "fingerprint": mark,
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
    """Layers of a study, and the folder of the converted ones that they were read from.

    Those that the study keeps are taken while they are fresh. Else, with a folder for the work,
    they are converted there; without one they are read from their sources. Where the work is on an
    object store only its own are taken: workers may not see the study.
    """
    with explain_store_errors(work or study.folder):
        return _read_study(study, work, workers)


def _read_study(study: Study, work: Path | None, workers: int) -> tuple[Layers, Path | None]:
    folders = [] if is_remote(work or study.folder) else [converted_folder(study)]
    folders += [] if work is None else [work / FOLDER]
    kept = [folder for folder in folders if exists(folder / INDEX)]
    mark = fingerprint(study) if kept else ""
    for folder in kept:
        layers = converted(folder, mark)
        if layers is not None:
            return layers, folder
    if work is None:
        return read_layers(study, workers=workers), None
    convert(study, work / FOLDER)
    return _layers(work / FOLDER, read_index(work / FOLDER)), work / FOLDER


def read_index(folder: Path) -> dict[str, Any]:
    """What `convert` wrote of a folder: mark, layers, files and reports.

    Raises
    ------
    FormatError
        It is damaged.
    """
    try:
        said: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except storage_errors(folder):
        raise
    except (OSError, ValueError) as reason:
        raise FormatError(
            f"{folder / INDEX} : illisible. Supprimez le dossier {folder.name} et relancez."
        ) from reason
    return said


def converted(folder: Path, mark: str) -> Layers | None:
    """Layers as `convert` left them; None where they were read from other than ``mark`` says.

    Raises
    ------
    FormatError
        A converted file has gone or is damaged.
    """
    said = read_index(folder)
    if said.get("form") != FORM or said["fingerprint"] != mark:
        return None
    return _layers(folder, said)


def _layers(folder: Path, said: dict[str, Any]) -> Layers:
    """Layers of a folder, once each file is seen to be what its index says."""
    for name, print_ in said["files"].items():
        if not geoparquet.is_unchanged(folder / name, print_):
            raise FormatError(
                f"{folder / name} : ce n'est plus ce que foncier a écrit. Supprimez le dossier "
                f"{folder.name} et relancez : il sera refait."
            )
    frames = {layer: read_layer(folder, layer) for layer in said["layers"]}
    return Layers(frames, tuple(_report(report) for report in said["reports"]))


def read_layer(folder: Path, layer: Layer, boxes: Floats | None = None) -> Any:
    """One converted layer, or the part of it that meets some boxes; heights stay on the disk."""
    if layer != RELIEF:
        return geoparquet.read_table(folder / f"{layer}.parquet", CONTRACTS[layer], boxes)
    place = json.loads((folder / f"{RELIEF}.json").read_text(encoding="utf-8"))
    heights = folder / HEIGHTS
    if is_remote(heights):
        return Dem(np.load(io.BytesIO(heights.read_bytes())), **place)
    return Dem(np.load(heights, mmap_mode="r"), **place)


def _report(said: dict[str, Any]) -> LayerReport:
    notes = tuple(Note(n["effect"], n["count"], Localized(**n["text"])) for n in said["notes"])
    vintage = date.fromisoformat(said["vintage"]) if said["vintage"] else None
    return LayerReport(**{**said, "notes": notes, "vintage": vintage})
