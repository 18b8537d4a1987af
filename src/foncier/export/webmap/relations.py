"""Overlaps of sites, best uses and effort of friches, land assemblies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from foncier import schemas
from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import (
    numbers,
    phrases,
    pool,
    texts,
)
from foncier.export.webmap.isochrones import known_sites
from foncier.geometry import distinct

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from foncier.model import ResultTables

CROWD = 50  # outlines that overlap more others share their land evenly
SLACK_M2 = 1.0  # smaller overlaps come from two drawings of one boundary


def overlaps(shapes: Any) -> dict[str, list[Any]]:
    """Pieces that two sites or more cover, each with its area and its sites.

    The page counts overlaps once, whatever is filtered: the area of any selection of sites is the
    sum of their areas, less the area of each piece once for every site beyond the first. Where an
    outline overlaps more than `CROWD` others (registers put sites without an address on one point),
    the sites of the crowd share one piece: their area together is exact, that of some of them is
    not, and overlaps with sites outside the crowd are left out.

    Parameters
    ----------
    shapes
        Polygons of a metric CRS, in the order of the sites of the page.

    Returns
    -------
    ``area_m2`` of each piece and ``sites``, the positions of the sites that cover it.

    Examples
    --------
    >>> overlaps([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10), shapely.box(20, 0, 30, 9)])
    {'area_m2': [50.0], 'sites': [[0, 1]]}
    """
    plots = np.asarray(shapes, dtype=object)
    first, of = distinct(plots)
    outlines, crowded = plots[first], _crowded(plots[first])
    among = _overlapping(outlines, np.bincount(of, minlength=len(first)) > 1, ~crowded)
    pieces = dict(_faces(outlines, among))
    members = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])
    of_sites = {
        tuple(sorted(np.concatenate([members[n] for n in covering]).tolist())): area
        for covering, area in pieces.items()
    }
    of_sites |= _spread(plots, np.flatnonzero(crowded[of]))
    kept = {sites: area for sites, area in sorted(of_sites.items()) if len(sites) > 1}
    return {
        "area_m2": [round(area, 1) for area in kept.values()],
        "sites": [list(sites) for sites in kept],
    }


def _faces(outlines: NDArray[np.object_], among: NDArray[np.intp]) -> dict[tuple[int, ...], float]:
    """Area of the land under each set of outlines."""
    drawn = outlines[among]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(shapely.boundary(drawn))]))
    inside, outline = shapely.STRtree(drawn).query(
        shapely.point_on_surface(faces), predicate="intersects"
    )
    areas: dict[tuple[int, ...], float] = {}
    order = np.lexsort((outline, inside))
    starts = np.flatnonzero(np.diff(inside[order], prepend=-1))
    for which, face in zip(
        np.split(among[outline[order]], starts[1:]), inside[order][starts], strict=False
    ):
        covering = tuple(which.tolist())
        areas[covering] = areas.get(covering, 0.0) + float(shapely.area(faces[face]))
    return areas


def _crowded(outlines: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Outlines that overlap so many others that their pieces would be as many as their square."""
    if len(outlines) <= CROWD:
        return np.zeros(len(outlines), dtype=np.bool_)
    west, south, east, north = shapely.bounds(outlines).T
    middles = np.column_stack([west + east, south + north]) / 2
    near = cKDTree(middles).query(middles, k=CROWD + 1)[1]
    meets = (west[near] < east[:, None]) & (west[:, None] < east[near])
    meets &= (south[near] < north[:, None]) & (south[:, None] < north[near])
    return np.asarray(meets.all(axis=1), dtype=np.bool_)


def _spread(plots: NDArray[np.object_], crowd: NDArray[np.intp]) -> dict[tuple[int, ...], float]:
    """One piece for each crowd of sites: the land of all of them together is exact."""
    land = shapely.union_all(plots[crowd]) if len(crowd) else shapely.Polygon()
    parts = shapely.get_parts(land)
    site, part = shapely.STRtree(parts).query(
        shapely.point_on_surface(plots[crowd]), predicate="intersects"
    )
    pieces = {}
    for n in np.unique(part):
        sites = np.sort(crowd[site[part == n]])
        shared = float(shapely.area(plots[sites]).sum() - shapely.area(parts[n]))
        pieces[tuple(sites.tolist())] = shared / max(len(sites) - 1, 1)
    return pieces


def _overlapping(
    plots: NDArray[np.object_], repeated: NDArray[np.bool_], some: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Positions, among some, of the outlines of several sites or that overlap another, in order."""
    chosen = np.flatnonzero(some)
    first, second = shapely.STRtree(plots[chosen]).query(plots[chosen], predicate="intersects")
    first, second = chosen[first[first < second]], chosen[second[first < second]]
    common = shapely.area(shapely.intersection(plots[first], plots[second])) > SLACK_M2
    return np.unique(
        np.concatenate([first[common], second[common], np.flatnonzero(repeated & some)])
    )


BEST_USES = 3


def uses(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Best uses of each friche by Mutafriches, the best first; empty where not computed."""
    table = _or_empty(result.mutability, schemas.MUTABILITY)
    best = table.sort_values(["opportunity_id", "use_rank", "use"], kind="stable")
    best = best.groupby("opportunity_id", sort=False).head(BEST_USES)
    rows, owner = known_sites(best, ids)
    return {
        "site": owner,
        "use": pool(rows["use"]),
        "band": pool(rows["band"]),
        **{
            name: numbers(rows[name], 1)
            for name in ("index", "index_low", "index_high", "reliability")
        },
    }


def effort(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Ranges of the cost of recycling works (k€) and of the land hardness, None where unknown."""
    rows, owner = known_sites(_or_empty(result.effort, schemas.EFFORT), ids)
    return {
        "site": owner,
        "hardness": pool(rows["hardness"]),
        **{name: numbers(rows[name], 0) for name in ("works_low_keur", "works_high_keur")},
        **{name: numbers(rows[name], 1) for name in ("hardness_low", "hardness_high")},
    }


def _or_empty(table: pd.DataFrame | None, contract: schemas.Table) -> pd.DataFrame:
    return contract.empty() if table is None else table


ASSEMBLY_TEXTS = ("alone", "together", "agreement")


def assemblies(result: ResultTables) -> dict[str, Any]:
    """Outlines of the land assemblies, sorted by id, with the rules that each parcel fails alone.

    Empty where none was found or looked for. Areas in m², None where unknown.
    """
    crs = result.candidates.crs
    table = schemas.ASSEMBLIES.empty(crs) if result.assemblies is None else result.assemblies
    rows = table.sort_values("assembly_id", kind="stable")
    return {
        "id": texts(rows["assembly_id"]),
        "kind": pool(rows["kind"]),
        "parcels": texts(rows["parcel_ids"]),
        "area_m2": numbers(rows["area_m2"], 0),
        "usable_area_m2": numbers(rows["usable_area_m2"], 0),
        **{
            f"{name}_{lang}": phrases(rows[f"{name}_{lang}"])
            for name in ASSEMBLY_TEXTS
            for lang in ("fr", "en")
        },
        "shapes": encode_geometry.encode_polygons(rows.geometry.array, crs),
    }
