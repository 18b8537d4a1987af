"""What hides a street from a plot and what does not: slivers, undrawn streets, private drives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.context import shapes
from foncier.detect.measures.parcel import built_m2, road_share
from foncier.detect.visibility import Openings
from foncier.geometry import Floats, mean_width_m, pairs_within, query_tree
from foncier.i18n import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.measures.parcel import Params

SLENDER = 5.0  # a strip is so many times longer than wide
LANE_M = 3.0  # a driveway of Parcel Manager
LANE_LENGTHS = 20.0  # a street is so many times longer than wide, a lot is not
MEETS_M = 20.0  # from the centre line of the street that it opens on
NODE_M = 0.1  # grid of the ends of lines: those of one cell are one node
ROUNDS = 4  # lines of one drive, end to end
BUILT_M2 = 25.0
COUNTED = {"least_m2": BUILT_M2, "wall_m": 1.0}


def openings_of(context: SpatialContext, params: Params) -> Openings:
    """Plots that hide a street less than others do, by the parameters of a rule.

    ``through_m``: strips no wider on average, five times as long as wide, hide nothing where the
    line of sight crosses no more than that (verges, alignment strips). ``drives``: a line that
    ends on a built plot is a private drive, and no street for the others. ``lane_m``: undrawn
    streets (see `undrawn_streets`) hide nothing.
    """
    through_m, drives = float(params.get("through_m", 0.0)), bool(params.get("drives"))
    lane_m = float(params.get("lane_m", 0.0))

    def work() -> Openings:
        lanes = undrawn_streets(context, lane_m) if lane_m else None
        thin = _thin(context, through_m) if through_m else None
        cache = context.openings_cache
        private = cache.get("private", lambda: _private(context)) if drives else None
        return Openings(lanes, thin, through_m, private, len(context.ways.lines))

    return context.openings_cache.get(f"openings {through_m} {drives} {lane_m}", work)


def undrawn_streets(context: SpatialContext, lane_m: float) -> NDArray[np.bool_]:
    """Tell which parcels are streets by their shape: unbuilt, long and thin, and met by a street.

    Their mean width is between 3 m and ``lane_m``, their length twenty times that or more: a lot
    that deep is not cut. The layer of streets may draw no line on them.
    """

    def work() -> NDArray[np.bool_]:
        plots = context.plots
        mean = mean_width_m(plots)
        long = shapely.length(plots) / 2 >= LANE_LENGTHS * mean
        lanes = np.asarray(long & (mean >= LANE_M) & (mean <= lane_m), dtype=np.bool_)
        some = np.flatnonzero(lanes)
        lanes[some[built_m2(context, some, COUNTED) >= BUILT_M2]] = False
        some = np.flatnonzero(lanes)
        lanes[:] = False
        if len(context.ways.lines) and len(some):
            near = pairs_within(plots[some], context.ways.tree, MEETS_M)[0]
            lanes[some[np.unique(near)]] = True
        return lanes

    lanes: NDArray[np.bool_] = context.openings_cache.get(f"lanes {lane_m}", work)
    return lanes


UNDRAWN = Message("detect.details.undrawn_street")


def street_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_]]:
    """Share of the parcel under streets: within a distance of their centre lines.

    With ``params["lane_m"]``, an undrawn street (`undrawn_streets`) is one as a whole, and the
    detail says so.
    """
    share, detail = road_share(context, rows, params)[0], np.full(len(rows), None, dtype=object)
    if params.get("lane_m"):
        lane = undrawn_streets(context, float(params["lane_m"]))[rows] & ~(share >= 0.5)
        share, detail[lane] = np.where(lane, 1.0, share), UNDRAWN
    return share, detail


def _thin(context: SpatialContext, width_m: float) -> NDArray[np.bool_]:
    """Tell which parcels are strips no wider than that."""
    mean = mean_width_m(context.plots)
    half = shapely.length(context.plots) / 2
    return np.asarray((mean <= width_m) & (half >= (SLENDER + 1) * mean), dtype=np.bool_)


def _private(context: SpatialContext) -> NDArray[np.int64]:
    """Codes of the pairs (built plot, line of street) of lines that end on the plot."""
    lines = context.ways.lines
    none = np.array([], dtype=np.int64)
    if not len(lines):
        return none
    pieces, line = shapely.get_parts(lines, return_index=True)  # a street may be of several
    pieces, line = pieces[~shapely.is_empty(pieces)], line[~shapely.is_empty(pieces)]
    ends = np.concatenate([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)])
    node = _nodes(shapely.get_coordinates(ends))
    of = np.tile(line, 2)
    end, plot = query_tree(context.plots_tree, ends, "within")
    if not len(plot):
        return none
    some, back = np.unique(plot, return_inverse=True)
    built = (built_m2(context, some, COUNTED) >= BUILT_M2)[back]
    end, plot = end[built], plot[built]
    private = np.zeros(len(lines), dtype=bool)
    pairs = none
    for _ in range(ROUNDS):
        degree = np.bincount(node[~private[of]], minlength=node.max() + 1)
        loose = (degree[node[end]] <= 1) & ~private[of[end]]
        if not loose.any():
            break
        codes = plot[loose].astype(np.int64) * len(lines) + of[end[loose]]
        pairs = np.concatenate([pairs, codes])
        private[of[end[loose]]] = True
    return np.unique(pairs)


def _nodes(xy: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number of the node of each end of a line: ends of one network share their coordinates."""
    codes = np.round(xy / NODE_M).astype(np.int64)
    return np.asarray(np.unique(codes, axis=0, return_inverse=True)[1].ravel(), dtype=np.intp)


def barriers(context: SpatialContext) -> shapely.STRtree:
    """Index of the excluding uses that give no access: all but roads."""

    def work() -> shapely.STRtree:
        rows = context.constraints
        if rows is None:
            return shapely.STRtree([])
        shut = (rows["effect"] == "exclude") & (rows["kind"] != "road")
        outlines = shapes(rows[shut.to_numpy(dtype=bool)])
        return shapely.STRtree(outlines[shapely.get_dimensions(outlines) == 2])

    return context.layer_cache.get("barriers", work)
