"""The tables of a result that the sheets read, and the pictures beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from foncier._util.destination import MANIFEST
from foncier.errors import FormatError
from foncier.export.pictures import COPIES, pictures
from foncier.export.tables import by_rank
from foncier.export.words import VALUES
from foncier.i18n import Localized
from foncier.results import read_saved
from foncier.results.dates import layer_dates
from foncier.results.layers import GEOPACKAGE, GEOPACKAGES, SITES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from foncier.results import SavedResult

LAYERS = {
    "evidence": "indices",
    "access": "acces_detail",
    "entrances": "acces",
    "axis": "axe",
    "loop": "boucle",
    "places": "lieux",
    "streets": "voies",
    "land_use": "contraintes",
    "routes": "chemins",
    "districts": "quartiers",
    "mutability": "mutabilite",
    "around": "autour",
    "site_needs": "besoins",
}


@dataclass(frozen=True)
class SheetTables:
    """Tables of a result folder that the sheets read.

    ``sites`` are the opportunities in the order of their rank, those without a rank last.
    ``streets``, ``land_use``, ``routes``, ``districts``, ``mutability``, ``around`` and
    ``site_needs`` are empty where the result has no such layer.
    ``images`` is the path of each picture in the result folder, by its name in the study.
    """

    result: SavedResult
    sites: gpd.GeoDataFrame
    evidence: pd.DataFrame
    access: pd.DataFrame
    entrances: gpd.GeoDataFrame
    axis: gpd.GeoDataFrame
    loop: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    land_use: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    mutability: pd.DataFrame
    around: pd.DataFrame
    site_needs: pd.DataFrame
    images: Mapping[str, Path]

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Manifest of the result."""
        return self.result.manifest

    @property
    def edition(self) -> date | None:
        """Date that the deliverables carry; None when undated."""
        return self.result.edition

    @cached_property
    def layer_dates(self) -> Mapping[str, str]:
        """Date of the layer that each source of the evidence names, where it is known."""
        layers = [(one["source"], one["vintage"]) for one in self.manifest.get("inputs", ())]
        return layer_dates(self.evidence["source"].drop_duplicates(), layers)

    @property
    def leaflet(self) -> Mapping[str, Any]:
        """The study's ``[leaflet]`` table, empty when it has none."""
        settings: Mapping[str, Any] = self.manifest["configuration"].get("leaflet") or {}
        return settings

    @property
    def destinations(self) -> dict[str, Localized]:
        """Words of the destinations that the accesses name, in the order of the study."""
        labels = self.manifest.get("targets") or {}
        words = {name: Localized(pair["fr"], pair["en"]) for name, pair in labels.items()}
        present = self.access["target"].drop_duplicates().tolist()
        ordered = [*(n for n in words if n in present), *(n for n in present if n not in words)]
        return {
            name: words.get(name) or VALUES.get(name) or Localized(name, name) for name in ordered
        }


def read_sheet_tables(folder: Path) -> SheetTables:
    """Read a result folder, once for all its sheets.

    Raises
    ------
    ConfigError
        There is no result there.
    FormatError
        The folder mixes two results, or a file of it cannot be read.
    """
    result = read_saved(folder)
    mixed = [
        name
        for name in result.mixed_files
        if name == MANIFEST or GEOPACKAGES.fullmatch(name) or name.startswith(COPIES)
    ]
    if mixed:
        raise FormatError("export.sheets.mixed_result", folder=folder.name, files=mixed)
    named = pictures(result.manifest["configuration"].get("leaflet"))
    return SheetTables(
        result=result,
        sites=_sites(result),
        stops=result.table("etapes").sort_values("order", kind="stable"),
        images={written: folder / name for written, name in named.items()},
        **{name: result.table(layer) for name, layer in LAYERS.items()},
    )


def _sites(result: SavedResult) -> gpd.GeoDataFrame:
    sites = result.table(SITES)
    bare = sites.loc[sites.geometry.isna() | sites.is_empty, "opportunity_id"].head(3).tolist()
    if bare:
        raise FormatError("export.sheets.no_outline", file=GEOPACKAGE, ids=bare)
    if "line" not in sites:  # a result of a former version
        sites = sites.assign(line=None)
    ordered: gpd.GeoDataFrame = by_rank(sites)
    return ordered


def read_tests(result: SavedResult, parcels: Sequence[str]) -> pd.DataFrame:
    """Tests of these parcels, by kind, parcel and step."""
    tests: pd.DataFrame = result.table("tests", ids=parcels, key="parcel_id")
    return tests.sort_values(["kind", "parcel_id", "step"], kind="stable", ignore_index=True)
