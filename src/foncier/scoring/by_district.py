"""What each quarter holds: number, area, dwellings, mean score and confidence by kind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.geometry import polygons_only, unions_by
from foncier.i18n import label
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

OUTSIDE_ID = "hors_quartiers"
MIN_AREA_M2 = 1e-3  # a contact of two outlines is no area
ADDITIVE = ("yield_low", "yield_high")
MEANS = {"score": "mean_score", "confidence": "mean_confidence"}


def by_district(
    candidates: gpd.GeoDataFrame, scores: pd.DataFrame, districts: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Sum up the opportunities of each quarter, by kind and all kinds together.

    A site astride two quarters counts in each by the share of its area that lies there: so the
    number and the dwellings of a row may have decimals, and the sums over the quarters and what
    is outside of them give the total. Where two quarters overlap, the ground goes to the first
    by id. An area borne by several sites is counted once.

    Parameters
    ----------
    candidates
        Table of the contract ``CANDIDATES``, legal metric CRS.
    scores
        Table of the contract ``SCORES``.
    districts
        Table of the contract ``QUARTER_OUTLINES``, same CRS.

    Returns
    -------
    Table of the contract ``QUARTERS``: each quarter has a row of all kinds, and one for each kind
    that it holds; what lies in no quarter stands under ``hors_quartiers``. Dwellings are the sum
    of the known ones, means are weighted by the share; missing where nothing is known.
    """
    outlines = districts.sort_values("quarter_id", ignore_index=True)
    ground = _without_overlaps(outlines.geometry.to_numpy())
    sites = candidates.merge(scores[["opportunity_id", "score"]], on="opportunity_id", how="left")
    parts = _site_parts(sites, ground)
    rows = pd.concat([parts.assign(kind=schemas.ALL_KINDS), parts], ignore_index=True)
    keys: Any = rows.groupby(["place", "kind"], sort=True)
    with ThreadPoolExecutor() as pool:  # GEOS lets go of Python's lock
        unions = list(pool.map(shapely.union_all, [own["shape"].to_numpy() for _, own in keys]))
    held = dict(zip((key for key, _ in keys), unions, strict=True))
    summed = [
        {"place": place, "kind": kind, "area_m2": shapely.area(held[place, kind]), **_summary(own)}
        for (place, kind), own in keys
    ]
    empty = [
        {"place": place, "kind": schemas.ALL_KINDS, "number": 0.0, "area_m2": 0.0}
        for place in sorted(set(range(len(ground))) - set(parts["place"]))
    ]
    outside = held.get((-1, schemas.ALL_KINDS), shapely.union_all([]))
    return _table([*summed, *empty], outlines, ground, outside, candidates.crs)


def _without_overlaps(shapes: Geometries) -> Geometries:
    """Outlines that share no ground: each less those before it."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    earlier = second < first
    own: Geometries = shapes.copy()
    for i in np.unique(first[earlier]):
        before = shapes[second[earlier & (first == i)]]
        own[i] = polygons_only([shapely.difference(shapes[i], shapely.union_all(before))])[0]
    return own


def _site_parts(sites: pd.DataFrame, ground: Geometries) -> pd.DataFrame:
    """One row for each site and place: the part of the site there, its share; -1 is outside."""
    shapes = np.asarray(sites["geometry"], dtype=object)
    known = ~(shapely.is_empty(ground) | shapely.is_missing(ground))
    places = np.flatnonzero(known)
    row, hit = shapely.STRtree(ground[known]).query(shapes, predicate="intersects")
    place = places[hit]
    held = shapely.covers(ground[place], shapes[row])  # most sites lie within one quarter
    inside = shapes[row].copy()
    inside[~held] = shapely.intersection(shapes[row[~held]], ground[place[~held]])
    rest = shapes.copy()
    rest[row[held]] = None
    astride, met = unions_by(row[~held], ground[place[~held]])
    rest[astride] = shapely.difference(rest[astride], met)
    rows = np.concatenate([row, np.arange(len(shapes))])
    where = np.concatenate([place, np.full(len(shapes), -1)])
    cut = polygons_only(np.concatenate([inside, rest]))
    area = shapely.area(cut)
    kept = area > MIN_AREA_M2
    columns = ["kind", *ADDITIVE, *MEANS]
    found: pd.DataFrame = sites[columns].iloc[rows[kept]].reset_index(drop=True)
    share = area[kept] / shapely.area(shapes)[rows[kept]]
    return found.assign(place=where[kept], share=share, shape=cut[kept])


def _summary(rows: pd.DataFrame) -> dict[str, Any]:
    share = rows["share"]
    sums = {name: (rows[name] * share).sum(min_count=1) for name in ADDITIVE}
    means = {}
    for name, called in MEANS.items():
        known = rows[name].notna()
        weight = share[known].sum()
        mean = (rows[name] * share)[known].sum() / weight if weight > 0 else np.nan
        means[called] = min(mean, 1.0) if known.any() else np.nan
    return {"number": share.sum(), **sums, **means}


def _table(
    rows: list[dict[str, Any]],
    outlines: gpd.GeoDataFrame,
    ground: Geometries,
    outside: shapely.Geometry,
    crs: Any,
) -> gpd.GeoDataFrame:
    # A quarter wholly under earlier ones has no ground of its own: it keeps its outline.
    whole = outlines.geometry.to_numpy()
    drawn = np.append(np.where(shapely.area(ground) > 0, ground, whole), outside)  # last: of -1
    ids = [*outlines["quarter_id"], OUTSIDE_ID]
    names = [*outlines["name"], label("scoring.districts.outside").fr]
    if not rows:
        nothing: gpd.GeoDataFrame = schemas.DISTRICTS.empty(crs)
        return nothing
    table = pd.DataFrame(rows)
    place = table["place"].to_numpy()
    table = table.assign(quarter_id=[ids[i] for i in place], name=[names[i] for i in place])
    made = gpd.GeoDataFrame(table, geometry=polygons_only(drawn[place]), crs=crs)
    order = {kind: i for i, kind in enumerate((schemas.ALL_KINDS, *KINDS))}
    made = made.assign(step=made["kind"].map(order), last=place == -1)
    ordered = made.sort_values(["last", "quarter_id", "step"])
    summary: gpd.GeoDataFrame = schemas.DISTRICTS.conform(ordered)
    return summary


SECTION_M = 500.0
SAMPLING_M = 10.0  # between the points of the axis whose surroundings are joined


def axis_sections(
    axis: shapely.Geometry,
    area: shapely.Geometry,
    stops: Mapping[str, shapely.Point],
    *,
    crs: object,
    step_m: float = SECTION_M,
) -> gpd.GeoDataFrame:
    """Cut a study area into what lies nearest to each stretch of its axis.

    Parameters
    ----------
    axis
        A line in the legal metric CRS; of several lines the longest is followed.
    area
        The study area.
    stops
        Named points of the axis, which name its stretches; may be empty.
    crs
        The legal metric CRS.
    step_m
        Length of a stretch in metres; the last one may be shorter.

    Returns
    -------
    Table of the contract ``QUARTER_OUTLINES``, in the order of the axis. The outlines share no
    ground and together cover the area.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (900, 0)])
    >>> found = axis_sections(line, shapely.box(0, -100, 900, 100), {"Gare": shapely.Point(700, 5)},
    ...                   crs=2154)
    >>> list(found["name"]), found.area.round().tolist()
    (['0–500 m', '500–900 m (Gare)'], [100000.0, 80000.0])
    """
    merged = shapely.get_parts(shapely.line_merge(axis))
    line = merged[np.argmax(shapely.length(merged))]
    length = shapely.length(line)
    many = max(int(np.ceil(length / step_m - 1e-9)), 1)
    along = np.linspace(0, length, max(int(length / SAMPLING_M), many) + 1)
    along = (along[:-1] + along[1:]) / 2  # no point on the limit of two stretches
    points = shapely.line_interpolate_point(line, along)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=area, ordered=True)
    )
    owner = np.minimum((along / step_m).astype(int), many - 1)
    shapes = [shapely.intersection(shapely.union_all(cells[owner == i]), area) for i in range(many)]
    at = {name: float(shapely.line_locate_point(line, point)) for name, point in stops.items()}
    rows = [
        {"quarter_id": f"axe-{i + 1:02d}", "name": _section_name(i, step_m, length, at)}
        for i in range(many)
    ]
    frame = gpd.GeoDataFrame(rows, geometry=polygons_only(shapes), crs=crs)
    held = frame[shapely.area(frame.geometry.to_numpy()) > 0]
    outlines: gpd.GeoDataFrame = schemas.DISTRICT_OUTLINES.conform(held)
    return outlines


def _section_name(i: int, step_m: float, length: float, at: Mapping[str, float]) -> str:
    start, end = i * step_m, min((i + 1) * step_m, length)
    last = end >= length
    held = [name for name, where in at.items() if start <= where < end or (last and where == end)]
    return f"{start:.0f}–{end:.0f} m" + (f" ({', '.join(held)})" if held else "")
