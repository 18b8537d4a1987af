"""Read the layers of a study once, and keep them in a form that is read a hundred times faster."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier import __version__, sources, store, tables
from foncier.errors import ExportError, FoncierError, FormatError
from foncier.pipeline.layers import (
    RELIEF,
    Layers,
    each_layer,
    layer_file,
    layer_files,
    read_file,
    read_layers,
)
from foncier.places import answered, is_remote, is_there, published, refusals
from foncier.records import LayerReport, Note, Relief, Text

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.geometry import Floats
    from foncier.study.model import Layer, Study

FOLDER = "convertis"
INDEX = "couches.json"
HEIGHTS = "heights.npy"
FORM = 1  # of the folder; another one is converted again
CONTRACTS = {table.name: table for table in tables.INPUTS}


def converted_folder(plan: Study, work: Path | None = None) -> Path:
    """Where a study keeps its converted layers, or where a folder for the work does."""
    return (plan.folder if work is None else work) / FOLDER


def fingerprint(plan: Study) -> str:
    """Mark of all that the layers of a study are read from, in hexadecimal.

    It changes with any byte of any file, and with what the study says of how to read it.
    """
    files = [
        (file.shown, sources.fingerprint(file))
        for layer, specs in plan.layers.items()
        for spec in specs
        for file in [layer_file(plan, layer, spec)]
    ]
    said = plan.model_dump(mode="json", include={"study": {"communes", "date"}, "layers": True})
    text = json.dumps([__version__, files, said], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def convert(plan: Study, folder: Path) -> tuple[LayerReport, ...]:
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
    mark = fingerprint(plan)
    try:
        with answered(folder, ExportError), published(folder, last=INDEX) as new:
            return _write_all(plan, mark, new)
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


def _write_all(plan: Study, mark: str, folder: Path) -> tuple[LayerReport, ...]:
    def given(layer: Layer) -> list[tuple[Any, LayerReport]]:
        files = layer_files(plan, layer)
        # Read again where they are asked for: the parcels are the heaviest that others wait for.
        by_parcels = any(file.format in sources.AFTER_PARCELS for file in files)
        known = by_parcels and "parcels" in layers
        parcels = read_layer(folder, "parcels") if known else None
        return [read_file(plan, file, parcels) for file in files]

    layers: dict[Layer, None] = {}
    reports: list[LayerReport] = []
    for layer, table, told in each_layer(plan, given):
        _write(layer, table, folder)
        layers[layer] = None
        reports += told
        del table  # before the next one is read
    index = {
        "form": FORM,
        "fingerprint": mark,
        "layers": list(layers),
        "files": {file.name: store.fingerprint(file) for file in sorted(folder.iterdir())},
        "reports": [dataclasses.asdict(report) for report in reports],
    }
    text = json.dumps(index, ensure_ascii=False, indent=1, default=str)
    (folder / INDEX).write_text(text, encoding="utf-8")
    return tuple(reports)


def _write(layer: Layer, table: Any, folder: Path) -> None:
    if layer != RELIEF:
        store.write_table(table, folder / f"{layer}.parquet")
        return
    np.save(folder / HEIGHTS, table.heights_m)
    place = {name: getattr(table, name) for name in ("west_m", "north_m", "cell_m")}
    (folder / f"{RELIEF}.json").write_text(json.dumps(place), encoding="utf-8")


def read_study(
    plan: Study, work: Path | None = None, *, workers: int = 1
) -> tuple[Layers, Path | None]:
    """Layers of a study, and the folder of the converted ones that they were read from.

    Those that the study keeps are taken while they are fresh. Else, with a folder for the work,
    they are converted there; without one they are read from their sources. Where the work is on an
    object store only its own are taken: workers may not see the study.
    """
    with answered(work or plan.folder):
        return _read_study(plan, work, workers)


def _read_study(plan: Study, work: Path | None, workers: int) -> tuple[Layers, Path | None]:
    folders = [] if is_remote(work or plan.folder) else [converted_folder(plan)]
    folders += [] if work is None else [work / FOLDER]
    kept = [folder for folder in folders if is_there(folder / INDEX)]
    mark = fingerprint(plan) if kept else ""
    for folder in kept:
        layers = converted(folder, mark)
        if layers is not None:
            return layers, folder
    if work is None:
        return read_layers(plan, workers=workers), None
    convert(plan, work / FOLDER)
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
    except refusals(folder):
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
        if not store.is_still(folder / name, print_):
            raise FormatError(
                f"{folder / name} : ce n'est plus ce que foncier a écrit. Supprimez le dossier "
                f"{folder.name} et relancez : il sera refait."
            )
    frames = {layer: read_layer(folder, layer) for layer in said["layers"]}
    return Layers(frames, tuple(_report(report) for report in said["reports"]))


def read_layer(folder: Path, layer: Layer, boxes: Floats | None = None) -> Any:
    """One converted layer, or the part of it that meets some boxes; heights stay on the disk."""
    if layer != RELIEF:
        return store.read_table(folder / f"{layer}.parquet", CONTRACTS[layer], boxes)
    place = json.loads((folder / f"{RELIEF}.json").read_text(encoding="utf-8"))
    heights = folder / HEIGHTS
    if is_remote(heights):
        return Relief(np.load(io.BytesIO(heights.read_bytes())), **place)
    return Relief(np.load(heights, mmap_mode="r"), **place)


def _report(said: dict[str, Any]) -> LayerReport:
    notes = tuple(Note(n["effect"], n["count"], Text(**n["text"])) for n in said["notes"])
    vintage = date.fromisoformat(said["vintage"]) if said["vintage"] else None
    return LayerReport(**{**said, "notes": notes, "vintage": vintage})
