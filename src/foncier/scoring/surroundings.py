"""What surrounds a site: partners and companies within a walk, perimeters of public policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.schemas.results import NAF_SECTIONS, PARTNERS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

WALK_M = 750.0  # ten minutes at 4.5 km/h, where there is no street to follow
NEAREST = 5  # partners listed of each category; `number` counts all of them
NEAR_QPV_M = 300.0  # from a priority district, some aids hold as within it
LEAST_SHARE = 0.1  # of a site, within a perimeter: less is a contact of two outlines
SHORT_NAMES = {"qpv": "QPV", "acv": "ACV", "ort": "ORT", "zac": "ZAC", "npnru": "NPNRU"}
# First and last division of each section of the NAF rev. 2 (INSEE).
DIVISIONS = {
    "A": (1, 3),
    "B": (5, 9),
    "C": (10, 33),
    "D": (35, 35),
    "E": (36, 39),
    "F": (41, 43),
    "G": (45, 47),
    "H": (49, 53),
    "I": (55, 56),
    "J": (58, 63),
    "K": (64, 66),
    "L": (68, 68),
    "M": (69, 75),
    "N": (77, 82),
    "O": (84, 84),
    "P": (85, 85),
    "Q": (86, 88),
    "R": (90, 93),
    "S": (94, 96),
    "T": (97, 98),
    "U": (99, 99),
}


def naf_section(codes: pd.Series[Any]) -> pd.Series[Any]:
    """Section of each activity code, ``naf_C``; missing where the code has no division.

    Examples
    --------
    >>> naf_section(pd.Series(["NAF 62.01Z", "1071C", "NAF nan", None])).tolist()
    ['naf_J', 'naf_C', nan, nan]
    """
    of_division = {
        division: f"naf_{letter}"
        for letter, (first, last) in DIVISIONS.items()
        for division in range(first, last + 1)
    }
    digits = codes.astype("str").str.extract(r"^(?:NAF\s+)?(\d\d)", expand=False)
    return pd.to_numeric(digits, errors="coerce").map(of_division)


def around(
    candidates: gpd.GeoDataFrame,
    actors: gpd.GeoDataFrame,
    walks: pd.DataFrame | None,
    on_network: NDArray[np.bool_],
) -> pd.DataFrame:
    """List the partners of each site within a walk, and count its companies by section.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``, legal metric CRS.
    actors
        ``category`` (of `PARTNERS` or `NAF_SECTIONS`), ``name`` (None for companies: no name of a
        company or a person is kept), ``source`` and a point, same CRS.
    walks
        ``opportunity_id``, ``point`` (row of ``actors``) and ``minutes`` along the streets; None
        without streets.
    on_network
        Whether each candidate has an entrance on the streets. Of the others, actors within
        `WALK_M` in a straight line are taken, and their minutes are unknown.

    Returns
    -------
    Table of the schema ``AROUND``. Places of one name count once. ``number`` is that of the
    category within the walk, of which the five nearest partners have a row, and the nearest
    company of each section, without a name.
    """
    pairs = _pairs(candidates, actors, walks, on_network)
    if pairs.empty:
        nothing: pd.DataFrame = schemas.AROUND.empty()
        return nothing
    rank = {category: n for n, category in enumerate((*PARTNERS, *NAF_SECTIONS))}
    company = pairs["category"].isin(NAF_SECTIONS)
    # A place without a name is one of its own; so is each establishment.
    alone = pairs["name"].isna() | company
    place = pairs["name"].where(~alone, "\0" + pairs["point"].astype("str"))
    pairs = pairs.assign(rank=pairs["category"].map(rank), place=place)
    by = ["site", "rank", "minutes", "distance_m", "place"]
    pairs = pairs.sort_values(by, na_position="last", kind="stable")
    pairs = pairs.drop_duplicates(["site", "rank", "place"])
    groups = pairs.groupby(["site", "rank"], sort=False)
    pairs = pairs.assign(number=groups["place"].transform("size"), nth=groups.cumcount())
    kept = pairs[pairs["nth"] < np.where(pairs["category"].isin(NAF_SECTIONS), 1, NEAREST)]
    kept = kept.assign(
        order=kept.groupby("site", sort=False).cumcount() + 1,
        opportunity_id=candidates["opportunity_id"].to_numpy()[kept["site"]],
        name=kept["name"].where(~kept["category"].isin(NAF_SECTIONS)),
    )
    table: pd.DataFrame = schemas.AROUND.conform(kept.sort_values(["opportunity_id", "order"]))
    return table


def _pairs(
    candidates: gpd.GeoDataFrame,
    actors: gpd.GeoDataFrame,
    walks: pd.DataFrame | None,
    on_network: NDArray[np.bool_],
) -> pd.DataFrame:
    """Sites (row number) and actors within the walk, with minutes and straight distance."""
    shapes, points = candidates.geometry.to_numpy(), actors.geometry.to_numpy()
    site, point = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    minutes = np.empty(0)
    if walks is not None and len(walks):
        row = pd.Index(candidates["opportunity_id"]).get_indexer(pd.Index(walks["opportunity_id"]))
        site, point = row[row >= 0], walks["point"].to_numpy()[row >= 0]
        minutes = walks["minutes"].to_numpy()[row >= 0]
    off = np.flatnonzero(~on_network) if walks is not None else np.arange(len(candidates))
    if len(off) and len(points):
        near, hit = shapely.STRtree(points).query(shapes[off], predicate="dwithin", distance=WALK_M)
        site, point = np.concatenate([site, off[near]]), np.concatenate([point, hit])
        minutes = np.concatenate([minutes, np.full(len(hit), np.nan)])
    found: pd.DataFrame = actors[["category", "name", "source"]].iloc[point].reset_index(drop=True)
    distance = shapely.distance(shapes[site], points[point])
    return found.assign(site=site, point=point, minutes=minutes, distance_m=distance)


def in_perimeters(
    candidates: gpd.GeoDataFrame, perimeters: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Add the perimeters of public policies that each site lies in, and its nearest QPV.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``, legal metric CRS.
    perimeters
        Table of the schema ``PERIMETERS``, same CRS; None when the study has none.

    Returns
    -------
    The candidates with ``qpv_distance_m`` (to the nearest priority district, 0 within it),
    ``qpv`` (its name, within 300 m) and ``in_perimeters`` (``ZAC Gare la Vallée|ACV Centre``: at
    least a tenth of the site lies there). Missing without the layer; the first two also where it
    has no priority district.
    """
    if perimeters is None or not len(candidates):
        return candidates
    shapes = candidates.geometry.to_numpy()
    short = perimeters["kind"].map(SHORT_NAMES).fillna("")
    name = perimeters["name"].fillna(perimeters["perimeter_id"]).astype("str")
    starts = np.array([n.upper().startswith(s) for n, s in zip(name, short, strict=True)], bool)
    tags = np.where(starts, name, (short + " " + name).str.strip())
    site, area = shapely.STRtree(perimeters.geometry.to_numpy()).query(shapes, "intersects")
    shared = shapely.area(shapely.intersection(shapes[site], perimeters.geometry.to_numpy()[area]))
    inside = shared >= LEAST_SHARE * shapely.area(shapes)[site]
    pairs = pd.DataFrame({"site": site[inside], "tag": tags[area[inside]]}).drop_duplicates()
    lists = pairs.sort_values(["site", "tag"]).groupby("site")["tag"].agg("|".join)
    found = candidates.assign(in_perimeters=lists.reindex(range(len(candidates))).to_numpy())
    qpv = perimeters[(perimeters["kind"] == "qpv").to_numpy()].sort_values("perimeter_id")
    if len(qpv):
        (row, nearest), metres = shapely.STRtree(qpv.geometry.to_numpy()).query_nearest(
            shapes, return_distance=True
        )
        first = np.unique(row, return_index=True)[1]  # of two at one distance, the first by id
        names = name.loc[qpv.index].to_numpy()[nearest[first]]
        near = np.where(metres[first] <= NEAR_QPV_M, names, None)
        found = found.assign(qpv=near, qpv_distance_m=metres[first])
    conformed: gpd.GeoDataFrame = schemas.CANDIDATES.conform(found)
    return conformed
