"""A delivered result, read back whole from its folder: the sheets need no study."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio

from foncier import schemas
from foncier._util.atomic_write import MANIFEST
from foncier.errors import FormatError
from foncier.export.pictures import COPIES, pictures
from foncier.export.words import VALUES
from foncier.model import Localized
from foncier.results.dates import layer_dates
from foncier.results.explain_reader import SEVERAL
from foncier.results.manifest import mixed
from foncier.results.parts import (
    GEOPACKAGE,
    NAMES,
    geopackages,
    layer_names,
    read_layer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

AT_ONCE = 500  # parcels asked for in one query
LAYERS = {
    "evidence": "preuves",
    "access": "acces_detail",
    "entries": "acces",
    "axis": "axe",
    "loop": "boucle",
    "stops": "etapes",
    "places": "lieux",
}
# Layers that a result may have or not, with the columns that are read of them.
MAY_LACK = {
    "streets": ("voies", ("name", "street_class")),
    "uses": ("contraintes", ("kind", "label")),
    "ways": ("chemins", ("opportunity_id", "target")),
    "quarters": ("quartiers", ("quarter_id", "name", "kind", "number", "area_m2")),
    "mutability": (
        "mutabilite",
        ("opportunity_id", "use", "index", "index_low", "index_high", "band", "rank"),
    ),
}


@dataclass(frozen=True)
class Delivered:
    """What a result folder holds, in the tables that the sheets read.

    ``sites`` are the opportunities in the order of their rank, those without a rank last.
    ``streets``, ``uses``, ``ways``, ``districts`` and ``mutability`` are empty where the result
    has no such layer.
    ``images`` gives the file beside the result of each picture, as the study writes it.
    """

    folder: Path
    manifest: Mapping[str, Any]
    sites: gpd.GeoDataFrame
    evidence: pd.DataFrame
    access: pd.DataFrame
    entries: gpd.GeoDataFrame
    axis: gpd.GeoDataFrame
    loop: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    uses: gpd.GeoDataFrame
    ways: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    mutability: pd.DataFrame
    images: Mapping[str, Path]

    @property
    def edition(self) -> date | None:
        """Date that the deliverables carry; None when undated."""
        written = self.manifest.get("edition")
        return date.fromisoformat(written) if written else None

    @cached_property
    def layer_dates(self) -> Mapping[str, str]:
        """Date of the layer that each source of the evidence names, where it is known."""
        layers = [(one["source"], one["vintage"]) for one in self.manifest.get("inputs", ())]
        return layer_dates(self.evidence["source"].drop_duplicates(), layers)

    @property
    def leaflet(self) -> Mapping[str, Any]:
        """The study's ``[leaflet]`` table, empty when it has none."""
        given: Mapping[str, Any] = self.manifest["configuration"].get("leaflet") or {}
        return given

    @property
    def destinations(self) -> dict[str, Localized]:
        """Words of the destinations that the accesses name, in the order of the study."""
        told = self.manifest.get("targets") or {}
        words = {name: Localized(pair["fr"], pair["en"]) for name, pair in told.items()}
        found = self.access["target"].drop_duplicates().tolist()
        ordered = [*(n for n in words if n in found), *(n for n in found if n not in words)]
        return {
            name: words.get(name) or VALUES.get(name) or Localized(name, name) for name in ordered
        }


def read_delivered(folder: Path) -> Delivered:
    """Read a result folder, once for all its sheets.

    Raises
    ------
    ConfigError
        There is no result there.
    FormatError
        The folder mixes two results, or a file of it cannot be read.
    """
    paths = geopackages(folder)
    strangers = [
        n for n in mixed(folder) if n == MANIFEST or NAMES.fullmatch(n) or n.startswith(COPIES)
    ]
    if strangers:
        raise FormatError(
            f"{folder.name}\u00a0: {', '.join(strangers)}\u00a0: absent, modifié ou d'un autre "
            "calcul que le manifeste. Une fiche ne doit pas mêler deux résultats\u00a0: relancez "
            "«\u00a0foncier run\u00a0» dans ce dossier."
        )
    try:
        return _read_all(folder, paths)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, KeyError) as reason:
        raise FormatError(
            f"{folder.name}\u00a0: résultat illisible ou d'une autre version ({reason}). "
            "Relancez «\u00a0foncier run\u00a0»."
        ) from reason


def _read_all(folder: Path, paths: Sequence[Path]) -> Delivered:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    sites = read_layer(paths, "opportunites")
    lost = sites.loc[sites.geometry.isna() | sites.is_empty, "opportunity_id"].head(3).tolist()
    if lost:
        raise FormatError(
            f"{GEOPACKAGE}\u00a0: couche opportunites\u00a0: {', '.join(lost)}\u00a0: aucun "
            "contour. Relancez «\u00a0foncier run\u00a0»."
        )
    sites = sites.sort_values(["rank", "opportunity_id"], na_position="last", kind="stable")
    there = layer_names(paths)
    read = {name: read_layer(paths, layer) for name, layer in LAYERS.items()}
    may = {
        name: read_layer(paths, layer)
        if layer in there
        else gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=sites.crs)
        for name, (layer, columns) in MAY_LACK.items()
    }
    named = pictures(manifest["configuration"].get("leaflet"))
    return Delivered(
        folder=folder,
        manifest=manifest,
        sites=sites.reset_index(drop=True),
        images={written: folder / name for written, name in named.items()},
        **{
            **read,
            **may,
            "evidence": schemas.EVIDENCE.conform(read["evidence"]),
            "access": schemas.ACCESS.conform(read["access"]),
            "stops": read["stops"].sort_values("order", kind="stable"),
        },
    )


def parcels_of(row: Mapping[str, Any]) -> list[str]:
    """Parcels of a site, in the order of the result; empty when none is known."""
    held = row["parcel_ids"]
    return [p for p in held.split(SEVERAL) if p] if isinstance(held, str) else []


def read_tests(folder: Path, parcels: Sequence[str]) -> pd.DataFrame:
    """Tests of these parcels, by kind, parcel and step."""
    paths, found = geopackages(folder), [schemas.TESTS.empty()]
    for start in range(0, len(parcels), AT_ONCE):
        some = ", ".join("'" + p.replace("'", "''") + "'" for p in parcels[start : start + AT_ONCE])
        found.append(read_layer(paths, "essais", where=f"parcel_id IN ({some})"))
    known = [table for table in found if len(table)]
    both = pd.concat(known, ignore_index=True) if known else found[0]
    tests: pd.DataFrame = schemas.TESTS.conform(both)
    return tests.sort_values(["kind", "parcel_id", "step"], kind="stable", ignore_index=True)


def read_near(
    folder: Path, layer: str, box: tuple[float, float, float, float], columns: list[str]
) -> gpd.GeoDataFrame:
    """Rows of a layer that meet a box in metres, by its spatial index."""
    near: gpd.GeoDataFrame = read_layer(geopackages(folder), layer, bbox=box, columns=columns)
    return near
