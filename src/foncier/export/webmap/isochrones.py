"""Accessibility of the sites: travel times, street access, routes, isochrones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import numbers, pool, texts

if TYPE_CHECKING:
    from foncier.model import ResultTables

WALK_DIGITS = {"distance_m": 1, "time_min": 2, "detour_index": 3, "bike_m": 0, "bike_min": 1}
ROUTE_TOLERANCE_M = 1.0
ISOCHRONE_TOLERANCE_M = 3.0  # not visible: a walk of five minutes is 375 m


def known_sites(table: Any, ids: pd.Series[Any]) -> tuple[Any, list[int]]:
    """Rows of sites that are on the map, and the position of their site."""
    owner = ids.index.get_indexer(table["opportunity_id"])
    if (owner >= 0).all():
        return table, owner.tolist()
    return table[owner >= 0], owner[owner >= 0].tolist()


def access(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Walking and cycling access to each destination, one value per site, None where unknown."""
    table = result.access
    return {
        name: _to_destination(table[table["target"] == name], ids)
        for name in table["target"].drop_duplicates()
    }


def _to_destination(rows: pd.DataFrame, ids: pd.Series[Any]) -> dict[str, Any]:
    owner = ids.index.get_indexer(pd.Index(rows["opportunity_id"]))
    place = np.full(len(ids), len(rows))  # beyond the last row: unknown
    place[owner[owner >= 0]] = np.flatnonzero(owner >= 0)
    wide = rows.reset_index(drop=True).reindex(place)
    return {
        **{name: pool(wide[name]) for name in ("place", "barrier", "barrier_name")},
        **{name: numbers(wide[name], digits) for name, digits in WALK_DIGITS.items()},
    }


def entries(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Street access of each site."""
    rows, owner = known_sites(result.access_points, ids)
    return {
        "site": owner,
        "street": texts(rows["street_name"]),
        "frontage_m": numbers(rows["frontage_m"], 1),
        "at": encode_geometry.encode_points(rows["geometry"], result.access_points.crs),
    }


def routes(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Walking routes from the sites to their destinations, for the sites that have one."""
    if result.routes is None or not len(result.routes):
        return {"site": [], "target": pool(pd.Series([], dtype="str")), **_no_shapes()}
    rows, owner = known_sites(result.routes, ids)
    lines = shapely.simplify(np.asarray(rows["geometry"], dtype=object), ROUTE_TOLERANCE_M)
    return {
        "site": owner,
        "target": pool(rows["target"]),
        "shapes": encode_geometry.encode_lines(lines, result.routes.crs),
    }


def isochrones(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Walking isochrones of the sites, the longest time first so that it is drawn below."""
    table = result.isochrones
    if table is None or not len(table):
        return {"site": [], "minutes": [], "area_m2": [], "residents": [], **_no_shapes()}
    rows, owner = known_sites(table, ids)
    order = np.lexsort((-rows["minutes"].to_numpy(dtype=np.float64), owner))
    rows = rows.iloc[order]
    lines = shapely.simplify(np.asarray(rows["geometry"], dtype=object), ISOCHRONE_TOLERANCE_M)
    return {
        "site": [owner[i] for i in order],
        "minutes": numbers(rows["minutes"], 1),
        "area_m2": numbers(rows["area_m2"], 0),
        "residents": numbers(rows["residents"], 0),
        "shapes": encode_geometry.encode_polygons(lines, table.crs),
    }


def _no_shapes() -> dict[str, encode_geometry.Packed]:
    return {"shapes": {"parts": [], "corners": [], "steps": []}}
