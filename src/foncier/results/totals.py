"""Number and area of the sites on offer, by kind: the same figures in every deliverable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

# Layers without which a kind is not sought: one of the sets is enough.
NEEDED = {
    "friche": ({"inventory"}, {"observations"}),
    "dent_creuse": ({"parcels", "buildings"},),
    "batiment_non_affecte": ({"buildings", "observations"},),
    "terrain_divisible": ({"parcels", "buildings"},),
}


def sought_kinds(layers: Collection[str]) -> tuple[str, ...]:
    """Kinds that a study with these layers looks for: none of another kind is not 0 of them.

    Examples
    --------
    >>> sought_kinds(["inventory", "streets"])
    ('friche',)
    """
    there = set(layers)
    return tuple(kind for kind in KINDS if any(needed <= there for needed in NEEDED[kind]))


def totals(candidates: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the sites of each kind that is present, and the land that they offer.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``.

    Returns
    -------
    One row by kind, in the order of `foncier.schemas.results.KINDS` (index ``kind``): ``sites``,
    ``area_m2`` (land counted once: the sum of ``counted_area_m2``) and ``unknown``, the sites whose
    area is not known. The sums over the rows are those of the result.
    """
    # A result of version 0.1.0 has no counted area but that of its friches.
    areas = candidates["counted_area_m2"].fillna(candidates["area_m2"])
    kinds = candidates["kind"]
    table = pd.DataFrame(
        {
            "sites": kinds.groupby(kinds).size(),
            "area_m2": areas.groupby(kinds).sum(),
            "unknown": areas.isna().groupby(kinds).sum(),
        }
    )
    present = [kind for kind in KINDS if kind in table.index]
    return table.reindex(present).rename_axis("kind")
