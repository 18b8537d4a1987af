"""Criteria: the measures of each opportunity, and the value functions that score them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from foncier.model import Criterion

RADIUS_M = 500.0
# What composes the rank with the score and the confidence.
RANKING = ("availability", "availability_class", "family")
BUILDING = "batiment_non_affecte"
PART = "piece"  # a part of a parcel that the rest of it may be built on
APPROXIMATE = ("emprise_approximative", "point_seul")


def measures(
    candidates: gpd.GeoDataFrame,
    access: pd.DataFrame,
    population: gpd.GeoDataFrame | None = None,
    prices: pd.DataFrame | None = None,
    *,
    radius_m: float = RADIUS_M,
    constraints_known: bool = True,
) -> pd.DataFrame:
    """Build the table of measures, one row an opportunity.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``.
    access
        Table of the schema ``ACCESS``.
    population
        Table of the schema ``POPULATION``: cell centres with their residents.
    prices
        Table of the schema ``PRICES``.
    constraints_known
        Whether the study has a layer of constraints; without it, no warning means unknown.
    radius_m
        Cells whose centre is within this distance of the plot count, in metres.

    Returns
    -------
    One row an opportunity, sorted by id: ``opportunity_id``, ``kind``, ``area_m2``,
    ``confidence``, ``axis_distance_m``, those of `RANKING`, ``residents_around`` (missing without
    a population table, and outside the hull of its cells), ``compactness`` (missing for an
    estimated outline), ``offered_m2`` (the usable area of a plot where known),
    ``open_ground_m2``, ``existing_m2``, ``zoning`` (1 U, 0.5 AU, 0 A or N), ``warning_count``,
    ``price_eur_m2`` of its commune, ``departures_per_hour`` as the candidates have it, then
    ``<destination>_m`` and ``<destination>_min`` for each destination of the access table.
    Missing stays missing.
    """
    sites = candidates.sort_values("opportunity_id", ignore_index=True)
    table = pd.DataFrame(
        sites[["opportunity_id", "kind", "area_m2", "confidence", "axis_distance_m"]]
    )
    table["residents_around"] = _residents_around(sites.geometry.to_numpy(), population, radius_m)
    table = table.assign(**{name: sites[name] for name in RANKING})
    table = table.assign(
        **_plot_measures(sites, constraints_known=constraints_known),
        price_eur_m2=_price(sites, prices),
        departures_per_hour=sites["departures_per_hour"],
    )
    if access.empty:
        return table
    wide = access.pivot_table(
        index="opportunity_id",
        columns="target",
        values=["distance_m", "time_min"],
        aggfunc="first",
        dropna=False,
    )
    for destination in sorted(access["target"].unique()):
        for suffix, column in (("m", "distance_m"), ("min", "time_min")):
            values = wide[(column, destination)].reindex(table["opportunity_id"])
            table[f"{destination}_{suffix}"] = values.to_numpy(dtype=np.float64)
    return table


def _plot_measures(
    sites: gpd.GeoDataFrame, *, constraints_known: bool
) -> dict[str, NDArray[np.float64]]:
    """Measures of the plot: shape, open and built area, zone, warnings."""
    area = sites["area_m2"].to_numpy(dtype=np.float64)
    usable = sites["usable_area_m2"].to_numpy(dtype=np.float64)
    built = np.where(sites["kind"] == BUILDING, 1.0, sites["built_share"].to_numpy(np.float64))
    built = np.where(sites["perimeter"] == PART, 0.0, built)  # the buildings stand on the rest
    plots = sites.geometry.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = 4 * np.pi * shapely.area(plots) / shapely.length(plots) ** 2
    zone = sites["zone"].astype("str").str.upper()
    zoning = np.select(
        [zone == "U", zone.str.contains("AU", na=False), zone.isin(["A", "N"])],
        [1.0, 0.5, 0.0],
        np.nan,
    )
    counts = sites["warnings"].astype("str").str.count(r"\|").to_numpy(dtype=np.float64) + 1
    missing = 0.0 if constraints_known else np.nan
    return {
        "compactness": np.where(np.isin(sites["perimeter"], APPROXIMATE), np.nan, shape),
        "offered_m2": np.where(np.isnan(usable), area, usable),
        "open_ground_m2": area * (1 - built),
        "existing_m2": area * built,
        "zoning": np.asarray(zoning, dtype=np.float64),
        "warning_count": np.where(np.isnan(counts), missing, counts),
    }


def _price(sites: gpd.GeoDataFrame, prices: pd.DataFrame | None) -> NDArray[np.float64]:
    if prices is None:
        return np.full(len(sites), np.nan)
    known = prices.set_index("commune")["price_eur_m2"]
    return np.asarray(sites["commune"].map(known), dtype=np.float64)


def unmeasured_criteria(table: pd.DataFrame, criteria: Sequence[Criterion]) -> tuple[str, ...]:
    """List the criteria whose measure is missing for all sites.

    Examples
    --------
    >>> from foncier.i18n import Localized
    >>> from foncier.model import Criterion
    >>> name = Localized("Gare", "Station")
    >>> gare = Criterion("gare", "station_min", name, "min", 20, 3, 1, "METHODS")
    >>> unmeasured_criteria(pd.DataFrame({"opportunity_id": ["a"]}), [gare])
    ('gare',)
    """
    return tuple(
        c.name for c in criteria if c.measure not in table or bool(table[c.measure].isna().all())
    )


def _residents_around(
    plots: NDArray[np.object_], population: gpd.GeoDataFrame | None, radius_m: float
) -> NDArray[np.float64]:
    """Residents of the cells around each plot; NaN outside the grid."""
    if population is None or population.empty or not len(plots):
        return np.full(len(plots), np.nan)
    cells = population.geometry.to_numpy()
    plot, cell = shapely.STRtree(cells).query(plots, predicate="dwithin", distance=radius_m)
    counts = population["residents"].to_numpy(dtype=np.float64)[cell]
    total = np.bincount(plot, weights=counts, minlength=len(plots))
    # The grid omits uninhabited cells: without a cell, 0 inside its hull, unknown outside.
    covered = shapely.intersects(shapely.convex_hull(shapely.multipoints(cells)), plots)
    has_cell = np.bincount(plot, minlength=len(plots)) > 0
    return np.where(has_cell | covered, total, np.nan)


def value_function(values: ArrayLike, *, worst: float, best: float) -> NDArray[np.float64]:
    """Linear value function: 0 at ``worst``, 1 at ``best``, clipped outside.

    The bounds are parameters, never read from the data: the score of a site must not change when
    another is added (METHODS §7).

    Parameters
    ----------
    values
        Measures, in the unit of the bounds. Missing (NaN) stays missing.
    worst, best
        Values that score 0 and 1; ``best`` may be the smaller.

    Raises
    ------
    ConfigError
        Both bounds are equal, or one is not finite.

    Examples
    --------
    >>> value_function([3.0, 11.5, 40.0, float("nan")], worst=20, best=3)
    array([1. , 0.5, 0. , nan])
    """
    if worst == best or not np.isfinite([worst, best]).all():
        raise ConfigError("scoring.criteria.bounds_not_distinct", worst=worst, best=best)
    known = np.asarray(values, dtype=np.float64)
    # Adding 0.0 turns -0.0 into 0.0, so that equal scores are equal bytes.
    return np.clip((known - worst) / (best - worst), 0.0, 1.0) + 0.0
