"""Read back a whole result that was delivered: its sites, its evidence, what it turned down."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyogrio
import pyproj
import shapely

from foncier import schemas
from foncier._util.atomic_write import MANIFEST
from foncier.errors import ConfigError, FormatError
from foncier.results.manifest import mixed
from foncier.results.parts import (
    GEOPACKAGE,
    NAMES,
    geopackages,
    read_layer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

FAULTS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, KeyError)


@dataclass(frozen=True)
class Delivered:
    """A result as its folder holds it.

    ``sites`` has every column of the layer ``opportunites``; ``area`` is None when the result does
    not tell where it sought (made by an older version). ``mixed`` names the files that are not
    those of the manifest: two runs in one folder, or files changed since.
    """

    folder: Path
    title: str
    communes: tuple[str, ...]
    profile: str
    fictional: bool
    edition: dt.date | None
    crs: pyproj.CRS
    area: shapely.Geometry | None
    sites: gpd.GeoDataFrame
    evidence: pd.DataFrame
    rejections: gpd.GeoDataFrame
    mixed: tuple[str, ...]


def delivered(folder: Path) -> Delivered:
    """Read a result from its folder.

    Raises
    ------
    ConfigError
        There is no result there: no manifest, or no GeoPackage.
    FormatError
        One of them cannot be read.
    """
    if not (folder / MANIFEST).is_file():
        raise ConfigError(
            f"{folder.name}\u00a0: aucun résultat ici ({MANIFEST} n'y est pas). "
            "Lancez d'abord «\u00a0foncier run\u00a0», ou indiquez le dossier de ses résultats."
        )
    paths = geopackages(folder)
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return _read(folder, paths, told)
    except (ValueError, TypeError, *FAULTS) as reason:
        raise FormatError(
            f"{folder.name}\u00a0: résultat illisible ou d'une autre version ({reason}). "
            "Relancez «\u00a0foncier run\u00a0»."
        ) from reason


def ground(folder: Path) -> gpd.GeoDataFrame:
    """Buildings of a result, to draw a map upon.

    Raises
    ------
    FormatError
        The GeoPackage cannot be read.
    """
    try:
        frame: gpd.GeoDataFrame = read_layer(geopackages(folder), "batiments", columns=[])
    except FAULTS as reason:
        raise FormatError(f"{GEOPACKAGE}\u00a0: fichier illisible ({reason}).") from reason
    return frame


def _read(folder: Path, paths: Sequence[Path], told: dict[str, Any]) -> Delivered:
    sites: Any = read_layer(paths, "opportunites")
    rejections: Any = read_layer(paths, "parcelles_ecartees")
    proofs = read_layer(paths, "preuves")
    area, edition = told.get("study_area_wkt"), told["edition"]
    return Delivered(
        folder=folder,
        title=str(told["title"]),
        communes=tuple(told["communes"]),
        profile=str(told["profile"]["name"]),
        fictional=bool(told["fictional"]),
        edition=dt.date.fromisoformat(edition) if edition else None,
        crs=pyproj.CRS.from_user_input(told["crs"]),
        area=shapely.from_wkt(area) if area else None,
        sites=sites.sort_values("opportunity_id", ignore_index=True),
        evidence=schemas.EVIDENCE.conform(proofs),
        rejections=rejections,
        mixed=tuple(name for name in mixed(folder) if NAMES.fullmatch(name)),
    )
