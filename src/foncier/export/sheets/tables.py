"""The tables of a result that the sheets read, and the pictures beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from foncier._util.atomic_write import MANIFEST
from foncier.errors import FormatError
from foncier.export.pictures import COPIES, pictures
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
    "entries": "acces",
    "axis": "axe",
    "loop": "boucle",
    "places": "lieux",
    "streets": "voies",
    "uses": "contraintes",
    "ways": "chemins",
    "districts": "quartiers",
    "mutability": "mutabilite",
}


@dataclass(frozen=True)
class SheetTables:
    """What a result folder holds, in the tables that the sheets read.

    ``sites`` are the opportunities in the order of their rank, those without a rank last.
    ``streets``, ``uses``, ``ways``, ``districts`` and ``mutability`` are empty where the result
    has no such layer.
    ``images`` gives the file beside the result of each picture, as the study writes it.
    """

    result: SavedResult
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
        raise FormatError(
            f"{folder.name}\u00a0: {', '.join(mixed)}\u00a0: absent, modifié ou d'un autre "
            "calcul que le manifeste. Une fiche ne doit pas mêler deux résultats\u00a0: relancez "
            "«\u00a0foncier run\u00a0» dans ce dossier."
        )
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
    lost = sites.loc[sites.geometry.isna() | sites.is_empty, "opportunity_id"].head(3).tolist()
    if lost:
        raise FormatError(
            f"{GEOPACKAGE}\u00a0: couche opportunites\u00a0: {', '.join(lost)}\u00a0: aucun "
            "contour. Relancez «\u00a0foncier run\u00a0»."
        )
    by = ["overall_rank", "opportunity_id"]
    ordered: gpd.GeoDataFrame = sites.sort_values(
        by, na_position="last", kind="stable", ignore_index=True
    )
    return ordered


def read_tests(result: SavedResult, parcels: Sequence[str]) -> pd.DataFrame:
    """Tests of these parcels, by kind, parcel and step."""
    tests: pd.DataFrame = result.table("tests", ids=parcels, key="parcel_id")
    return tests.sort_values(["kind", "parcel_id", "step"], kind="stable", ignore_index=True)
