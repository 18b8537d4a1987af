"""Zips of one layer or one table, or of several of which the study names one."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from foncier.errors import ConfigError, FormatError
from foncier.readers import archives

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LAYERS = (".shp", ".gpkg", ".geojson", ".json", ".fgb")
TEXTS = (".csv", ".tsv", ".txt")
TABLES = (*TEXTS, *(f"{end}.gz" for end in TEXTS))  # files that are read as tables by their name
MACOS = "__MACOSX"  # folder of the second half that macOS adds to each file


def is_table(path: Path) -> bool:
    """Tell whether a file is a table by its name, or a zip of tables without any layer."""
    name = path.name.lower()
    if not name.endswith(".zip"):
        return name.endswith(TABLES)
    if not path.is_file():
        return False
    names = members(path, path.name)
    return bool(of_kind(names, TEXTS)) and not of_kind(names, LAYERS)


def members(path: Path, shown: str) -> tuple[str, ...]:
    """Names of the files in a zip that people put there; raises as `archives.zip_members`."""
    return tuple(
        name
        for name in archives.zip_members(path, shown)
        if MACOS not in PurePosixPath(name).parts and not PurePosixPath(name).name.startswith(".")
    )


def of_kind(names: Iterable[str], endings: tuple[str, ...]) -> list[str]:
    """Names with one of the endings, in any case."""
    return [name for name in names if name.lower().endswith(endings)]


def chosen(path: Path, shown: str, endings: tuple[str, ...], sublayer: str | None) -> str:
    """Name of the only file with one of the endings, or of that which the study names.

    Parameters
    ----------
    sublayer
        ``layer`` of the study: the name of a file in the zip, with or without folder and ending.

    Raises
    ------
    FormatError
        No such file.
    ConfigError
        Several and none named, or none of that name.

    Examples
    --------
    >>> _is_called("a/Parcelles.shp", "parcelles"), _is_called("a/b.shp", "a/b.shp")
    (True, True)
    """
    found = of_kind(members(path, shown), endings)
    named = [name for name in found if sublayer is not None and _is_called(name, sublayer)]
    if len(named) == 1:
        return named[0]
    if not found:
        raise FormatError("readers.files.nothing_in_zip", path=shown, formats=endings)
    if len(found) > 1 or (sublayer is not None and not found[0].lower().endswith(".gpkg")):
        stems = [PurePosixPath(name).stem for name in found]
        names = found if len(set(stems)) < len(stems) else stems
        missing = sublayer is not None and not named
        message = "readers.files.no_such_sublayer" if missing else "readers.files.several_layers"
        raise ConfigError(message, path=shown, sublayer=sublayer, names=names, layers=len(names))
    return found[0]


def _is_called(name: str, wanted: str) -> bool:
    place = PurePosixPath(name.lower())
    return wanted.lower() in (place.as_posix(), place.name, place.stem)


def table(path: Path, shown: str, sublayer: str | None) -> bytes:
    """Content of the table in a zip; raises as `chosen`."""
    return archives.zip_member(path, chosen(path, shown, TEXTS, sublayer))[0]
