"""A folder for the field (QField, QGIS offline), and copies of a GeoPackage under other names."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from foncier._util.atomic_write import write_atomically
from foncier._util.geopackage import open_read_only
from foncier.errors import FormatError
from foncier.export.qgis.stored import for_the_field, read_project, rename_sources
from foncier.model.entries import ENTRIES, LAYERS, PHOTOS
from foncier.results.entries import keep_departure
from foncier.results.layers import SURFACE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier._util.destination import Owner
    from foncier.results import SavedResult


def write_qfield(result: SavedResult, folder: Path, *, owner: Owner) -> tuple[str, ...]:
    """Write a folder that QField opens offline: project, GeoPackage, entries to fill in, photos.

    The project is the one of the GeoPackage, as an agency saved it; only the entries can be edited.
    The entries remember how they left: ``foncier visits RESULT FOLDER`` merges what comes back.

    Parameters
    ----------
    result
        A result with its ``saisies.gpkg``.
    folder
        Folder to copy to the device.
    owner
        What may not be replaced. Entries that came back and were not merged are kept aside.

    Returns
    -------
    Names of the projects.

    Raises
    ------
    FormatError
        The result has no file of entries, or its project does not show it.
    ConfigError
        A file may not be replaced.
    ExportError
        The folder cannot be written.
    """
    entries = result.folder / ENTRIES
    if not entries.is_file():
        raise FormatError("export.qgis.no_entries")
    write: dict[str, Callable[[Path], None]] = {}
    for path in result.paths:
        write[path.name] = partial(copy_geopackage, path)
        write[f"{path.stem}.qgs"] = partial(_write_project, path)
    write[ENTRIES] = partial(_copy_entries, entries)
    beside = [result.folder / SURFACE, *sorted((result.folder / PHOTOS).glob("*"))]
    for file in beside:
        if file.is_file() and not file.name.startswith("."):
            write[file.relative_to(result.folder).as_posix()] = partial(_copy_file, file)
    write_atomically(folder, write, owner=owner)
    (folder / PHOTOS).mkdir(exist_ok=True)
    return tuple(name for name in write if name.endswith(".qgs"))


def write_copy(result: SavedResult, file: Path, *, owner: Owner) -> None:
    """Copy the GeoPackage of a result under another name; its projects read the copy itself.

    A file that is renamed by hand is not found by its own project: QGIS has no name for the file
    in which a project is stored.

    Raises
    ------
    FormatError
        The result has several GeoPackages.
    ConfigError
        The file may not be replaced.
    ExportError
        The file cannot be written.
    """
    if len(result.paths) != 1:
        raise FormatError("export.qfield.several", files=[path.name for path in result.paths])

    def write(path: Path) -> None:
        copy_geopackage(result.paths[0], path)
        rename_sources(path, result.paths[0].name)

    write_atomically(file.parent, {file.name: write}, owner=owner)


def copy_geopackage(source: Path, path: Path) -> None:
    """Copy a GeoPackage with what is in its ``-wal`` still, while QGIS may have it open."""
    with closing(open_read_only(source)) as former, closing(sqlite3.connect(path)) as base:
        former.backup(base)
        base.execute("PRAGMA journal_mode = DELETE")


def _copy_entries(source: Path, path: Path) -> None:
    copy_geopackage(source, path)
    with closing(sqlite3.connect(path)) as base:
        keep_departure(base)
        base.commit()


def _write_project(geopackage: Path, path: Path) -> None:
    with closing(open_read_only(geopackage)) as base:
        text = read_project(base, geopackage.name)
    path.write_bytes(for_the_field(text, LAYERS))


def _copy_file(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)
