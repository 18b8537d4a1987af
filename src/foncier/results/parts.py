"""The GeoPackages of a delivered result, one or one a département, read as if they were one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio

from foncier._util.atomic_write import MANIFEST
from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GEOPACKAGE = "opportunites.gpkg"
PART = "opportunites-{}.gpkg"
NAMES = re.compile(r"opportunites(-[0-9][0-9AB][0-9]?)?\.gpkg")
# Layers that every part holds whole: they are read once.
SHARED = ("boucle", "axe", "etapes", "lieux", "quartiers", "criteres", "couches", "manques")


def geopackages(folder: Path) -> tuple[Path, ...]:
    """GeoPackages of a result: those of its manifest, or those that are there without one.

    Raises
    ------
    ConfigError
        There is no result there, or one of its parts is gone.
    """
    names = _named(folder) or _found(folder)
    gone = [name for name in names if not (folder / name).is_file()]
    if gone or not names:
        what = ", ".join(gone) or GEOPACKAGE
        raise ConfigError(
            f"{folder.name}\u00a0: aucun résultat ici ({what} n'y est pas). "
            "Lancez d'abord «\u00a0foncier run\u00a0», ou indiquez le dossier de ses résultats."
        )
    return tuple(folder / name for name in names)


def _named(folder: Path) -> list[str]:
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["deliverables"]
        return sorted(name for name in told if NAMES.fullmatch(name))
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _found(folder: Path) -> list[str]:
    if (folder / GEOPACKAGE).is_file() or not folder.is_dir():
        return [GEOPACKAGE]
    return sorted(one.name for one in folder.iterdir() if NAMES.fullmatch(one.name))


def read_layer(paths: Sequence[Path], layer: str, **asked: Any) -> Any:
    """Read a layer of all parts, in their order; ``asked`` as `pyogrio.read_dataframe` takes it."""
    if layer in SHARED:
        paths = paths[:1]
    read = [pyogrio.read_dataframe(path, layer=layer, **asked) for path in paths]
    full = [part for part in read if len(part)]
    return pd.concat(full, ignore_index=True) if len(full) > 1 else (full or read)[0]


def layer_names(paths: Sequence[Path]) -> list[str]:
    """Names of the layers of a result: every part has the same."""
    return [str(name) for name, _ in pyogrio.list_layers(paths[0])]
