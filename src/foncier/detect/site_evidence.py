"""Signs that lie on a site, and speak of all of it or of a part: carried, shared, told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.detect.context import shapes, texts
from foncier.detect.evidence import neutral
from foncier.detect.occupancy import establishments

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.deduplicate import Outlines
    from foncier.geometry import Geometries

# A sign on one building or of one establishment tells of a part of the site that it stands on.
PART_OF_A_SITE = 0.4
NEAR_M = 200.0  # NAFU: BASIAS, BASOL or Cartofriches within 200 m give a point each
BASIAS_BASOL = ("casias", "ademe")  # how the signals of these records begin
MEASURED_POINTS = 7  # of 11: 4 on vacancy and activity, 3 on what is near; 1 more with a zoning


def assign_to_site(
    rows: gpd.GeoDataFrame, outline: Outlines, group: NDArray[np.intp], register: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Group of each row, records of registers now in the group of the site that holds them.

    A record (CASIAS, ADEME, tax data) is a sign, not a perimeter: where its place lies in the
    outline of a listed site, or all its parcels are the site's, it belongs to the smallest such
    site. A record of no site stays its own.

    Parameters
    ----------
    rows
        INVENTORY rows and observed sites.
    group
        Groups of `foncier.detect.deduplicate.same_sites`.
    register
        True for rows that are records of a register, shape (n,).
    """
    alone = ~np.isin(group, group[~register])
    loose = np.flatnonzero(register & alone)
    sites = np.flatnonzero(~register & outline.drawn)
    moved = group.copy()
    if len(loose) and len(sites):
        order = np.argsort(-shapely.area(outline.shapes[sites]), kind="stable")
        sites = sites[order]  # the smallest comes last, and wins
        spots = shapely.point_on_surface(outline.shapes[loose])
        row, hit = shapely.STRtree(outline.shapes[sites]).query(spots, predicate="intersects")
        ordered = np.argsort(hit, kind="stable")
        moved[loose[row[ordered]]] = group[sites[hit[ordered]]]
    return _by_parcels(rows, group, moved, loose, register)


def _by_parcels(
    rows: gpd.GeoDataFrame,
    group: NDArray[np.intp],
    moved: NDArray[np.intp],
    loose: NDArray[np.intp],
    register: NDArray[np.bool_],
) -> NDArray[np.intp]:
    lists = texts(rows["parcel_ids"])
    holders: dict[str, list[int]] = {}
    for site in np.flatnonzero(~register):
        for parcel in (lists[site] or "").split("|"):
            holders.setdefault(parcel, []).append(int(site))
    for row in loose:
        own = (lists[row] or "").split("|") if lists[row] else []
        every = [set(holders.get(parcel, [])) for parcel in own]
        common = set.intersection(*every) if every else set()
        if common:
            best = min(common, key=lambda n: (len(lists[n]), str(rows["site_id"].iloc[n])))
            moved[row] = group[best]
    return moved


def evidence_on_sites(
    context: SpatialContext, sites: gpd.GeoDataFrame, drawn: NDArray[np.bool_]
) -> pd.DataFrame:
    """Signs on buildings and plots that lie on a site, in the columns of `weighed`.

    Only drawn outlines hold signs. What tells of a building or an establishment counts for a part
    (0.4); what tells of parcels counts for the share of the site that they cover, added up.
    """
    columns = [
        "opportunity_id",
        "signal",
        "detail",
        "source",
        "observed_on",
        "distance_m",
        "share",
        "part",
        "active",
        "known",
    ]
    if context.observations is None or not drawn.any():
        return pd.DataFrame(columns=columns)
    seen = context.observations
    point = shapely.get_dimensions(shapes(seen)) == 0
    # An outline is a site of its own; what bears the id of a site is said of that one alone.
    named = seen["opportunity_id"].notna().to_numpy(dtype=bool)
    own_site = (seen["subject"] == "site").to_numpy(dtype=bool) & (~point | named)
    seen = seen.loc[~own_site].reset_index(drop=True)
    if seen.empty:
        return pd.DataFrame(columns=columns)
    held_by = np.flatnonzero(drawn)
    plots = shapes(sites)[held_by]
    row, hit = shapely.STRtree(plots).query(
        shapely.point_on_surface(shapes(seen)), predicate="intersects"
    )
    order = np.lexsort((hit, row))
    row, hit = row[order], hit[order]
    told = pd.DataFrame(seen[["signal", "detail", "source", "observed_on", "subject"]])
    told = told.iloc[row].reset_index(drop=True)
    covered = _covered(shapes(seen)[row], plots[hit])
    by_plot = (told["subject"] == "parcel").to_numpy(dtype=bool)
    told = told.assign(
        opportunity_id=sites["opportunity_id"].to_numpy()[held_by[hit]],
        distance_m=0.0,
        share=np.where(by_plot, covered, np.nan),
        part=np.where(by_plot, covered, PART_OF_A_SITE),
    )
    told = told.loc[(told["subject"] != "site") | (told["part"] > 0)]
    whole = (told["subject"] == "site").to_numpy(dtype=bool)
    told = told.assign(part=told["part"].mask(whole, 1.0))
    return establishments(_added(told))[columns]


def _covered(spots: Geometries, plots: Geometries) -> Any:
    return np.minimum(shapely.area(shapely.intersection(spots, plots)) / shapely.area(plots), 1.0)


def _added(told: pd.DataFrame) -> pd.DataFrame:
    """Add up the parcels of one site that bear the same signal: their shares, the newest date."""
    plots = told.loc[told["subject"] == "parcel"]
    if plots.empty:
        return told
    keys = ["opportunity_id", "signal", "source", "subject"]
    sums = plots.groupby(keys, as_index=False).agg(
        detail=("detail", "first"),
        observed_on=("observed_on", "max"),
        distance_m=("distance_m", "min"),
        share=("share", "sum"),
        part=("part", "sum"),
    )
    sums = sums.assign(share=sums["share"].clip(upper=1.0), part=sums["part"].clip(upper=1.0))
    rest = told.loc[told["subject"] != "parcel"]
    return pd.concat([rest, sums], ignore_index=True) if len(rest) else sums


def nafu_score(rows: gpd.GeoDataFrame, ids: Any, zone: pd.Series[Any]) -> pd.DataFrame:
    """EVIDENCE rows that tell the NAFU score of the sites that meet its rule, where measurable.

    Of its 11 points, 4 come from the tax data (vacancy, activity), 1 from the zone, 3 from
    what lies within 200 m; urban unit, land cover and environmental zoning are not measured here.

    Parameters
    ----------
    ids
        Opportunity of each row, shape (n,).
    zone
        Zone of each opportunity, by its id; missing is unknown.
    """
    tax = np.flatnonzero((rows["signal"] == "nafu").to_numpy(dtype=bool))
    if not len(tax):
        return neutral([], "score NAFU", [], [])
    tax = tax[pd.Series(ids[tax]).drop_duplicates().index]
    spots = shapely.centroid(shapes(rows))
    signal = rows["signal"].astype("str")
    kinds = [
        signal.str.startswith(name).to_numpy(dtype=bool, na_value=False) for name in BASIAS_BASOL
    ]
    kinds.append(rows["signal"].isna().to_numpy(dtype=bool))
    near = sum(_near(spots[tax], spots[kind]) for kind in kinds)
    zones = zone.reindex(ids[tax])
    inside = zones.str.startswith("U").fillna(False).to_numpy(dtype=bool)
    of = np.where(zones.notna(), MEASURED_POINTS + 1, MEASURED_POINTS)
    points = rows["points"].fillna(0).to_numpy()[tax] + near + inside
    told = [
        (
            f"{p:.0f} points sur {n} mesurés (barème sur 11)",
            f"{p:.0f} points of {n} measured (scale of 11)",
        )
        for p, n in zip(points, of, strict=True)
    ]
    return neutral(
        ids[tax],
        "score NAFU",
        [f"Score NAFU\u00a0: {fr}" for fr, _ in told],
        [f"NAFU score: {en}" for _, en in told],
        source="NAFU (EPF de Nouvelle-Aquitaine)",
    )


def _near(spots: Geometries, others: Geometries) -> NDArray[np.intp]:
    """1 where one of the others lies within 200 m, else 0, shape (n,)."""
    row, _ = shapely.STRtree(others).query(spots, predicate="dwithin", distance=NEAR_M)
    found = np.zeros(len(spots), dtype=np.intp)
    found[row] = 1
    return found
