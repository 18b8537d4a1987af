"""Residents, prices and vacancy of districts, beside the sites that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.scoring.by_district import OUTSIDE_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd


def add_facts(
    districts: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    communes: Sequence[str],
    *,
    population: gpd.GeoDataFrame | None = None,
    prices: pd.DataFrame | None = None,
    vacancy_rates: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Add residents, median price and vacancy to each district, the same on each of its rows.

    Parameters
    ----------
    districts
        Table of the schema ``DISTRICTS``, legal metric CRS.
    candidates
        Table of the schema ``CANDIDATES``: they say in which commune a district lies.
    communes
        INSEE codes of the study.
    population, prices, vacancy_rates
        Tables of their schemas; None when the study has none.

    Returns
    -------
    The districts with ``residents`` (cells of the grid whose point lies in the outline),
    ``price_eur_m2`` and ``vacancy_share``, which are those of the commune of the district: open
    data give them by commune. Missing where the layer is, or where no site says the commune; what
    lies outside all districts has none of the three.
    """
    one = districts.drop_duplicates("quarter_id")
    shapes = one.geometry.to_numpy()
    inside = (one["quarter_id"] != OUTSIDE_ID).to_numpy(dtype=bool)
    facts = pd.DataFrame(index=pd.Index(one["quarter_id"]))
    facts["residents"] = np.nan
    if population is not None and len(population):
        cell, district = shapely.STRtree(shapes).query(
            population.geometry.to_numpy(), predicate="intersects"
        )
        people = population["residents"].to_numpy(dtype=np.float64)[cell]
        facts["residents"] = np.bincount(district, people, len(shapes))
    commune = _communes(shapes, candidates, communes)
    facts["price_eur_m2"] = _by_commune(commune, prices, "price_eur_m2")
    facts["vacancy_share"] = _by_commune(commune, vacancy_rates, "rate_share")
    facts[~inside] = np.nan
    columns = {str(name): districts["quarter_id"].map(facts[name]) for name in facts}
    found = districts.assign(**columns)
    conformed: gpd.GeoDataFrame = schemas.DISTRICTS.conform(found)
    return conformed


def _communes(
    shapes: np.ndarray[tuple[int], np.dtype[np.object_]],
    candidates: gpd.GeoDataFrame,
    communes: Sequence[str],
) -> pd.Series[str]:
    """Commune of each district: that of the study, else that of most sites in it."""
    if len(communes) == 1:
        return pd.Series([communes[0]] * len(shapes), dtype="str")
    points = candidates.geometry.representative_point().to_numpy()
    site, district = shapely.STRtree(shapes).query(points, predicate="within")
    pairs = pd.DataFrame({"district": district, "commune": candidates["commune"].to_numpy()[site]})
    counts = pairs.dropna().value_counts().reset_index(name="n")
    counts = counts.sort_values(["district", "n", "commune"], ascending=[True, False, True])
    most = counts.drop_duplicates("district").set_index("district")["commune"]
    found: pd.Series[str] = most.reindex(range(len(shapes))).astype("str")
    return found


def _by_commune(
    commune: pd.Series[str], table: pd.DataFrame | None, column: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if table is None:
        return np.full(len(commune), np.nan)
    known = table.set_index("commune")[column]
    return commune.map(known).to_numpy(dtype=np.float64)
