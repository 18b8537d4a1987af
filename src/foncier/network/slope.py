"""Effect of slope on the walking time along each street."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry import heights_m
from foncier.network.graph import expand_ranges

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.model import Dem
    from foncier.network.graph import Floats, Graph, Integers

STEP_M = 25.0
# Tobler (1993), v = 6·exp(−3.5·|s + 0.05|) km/h: METHODS §6 scales it to the speed on the flat.
STEEPNESS, EASIEST_SLOPE = 3.5, 0.05


def hiking_effort(slope: Floats) -> Floats:
    """Equivalent length on the flat of one metre at a slope (rise over run, up > 0).

    Tobler's hiking function, scaled to 1 on the flat; minimum 0.84 at 5 % downhill.

    Examples
    --------
    >>> import numpy as np
    >>> hiking_effort(np.array([0.0, 0.1, -0.1, -0.05])).round(2)
    array([1.  , 1.42, 1.  , 0.84])
    """
    return np.asarray(np.exp(STEEPNESS * (np.abs(slope + EASIEST_SLOPE) - EASIEST_SLOPE)))


def apply_slope(
    graph: Graph, streets: gpd.GeoDataFrame, dem: Dem, *, step_m: float = STEP_M
) -> tuple[Graph, float]:
    """Compute the effort of each edge in both directions from a DEM.

    Heights are read every ``step_m`` or closer along each edge; on a bridge and in a tunnel only
    at both ends, as the DEM describes the ground. A segment with an unknown height at one end
    counts as flat.

    Parameters
    ----------
    graph
        The network of walkers, built from ``streets``.
    streets
        Table of the schema ``STREETS``.
    dem
        Elevation of the ground, in the CRS of the streets.
    step_m
        Longest segment of one slope, in metres.

    Returns
    -------
    The graph with its efforts, and the share of its length whose slope is unknown (NaN without a
    street).
    """
    if not len(graph.lines):
        return graph, float("nan")
    level = streets["level"].to_numpy(dtype=np.int64)[graph.street]
    count = np.where(level == 0, np.ceil(graph.length_m / step_m), 1).astype(np.int64)
    height = _heights(graph, dem, count)
    last = np.cumsum(count + 1) - 1
    is_segment = np.ones(len(height) - 1, dtype=bool)
    is_segment[last[:-1]] = False
    rise = np.diff(height)[is_segment]
    edge = np.repeat(np.arange(len(count)), count)
    run = (graph.length_m / count)[edge]
    known = np.isfinite(rise)
    slope = np.where(known, rise, 0.0) / run
    up, down = (
        np.bincount(edge, weights=run * (hiking_effort(direction) - 1.0), minlength=len(count))
        for direction in (slope, -slope)
    )
    sloped = replace(
        graph,
        forward_m=np.where(np.isinf(graph.forward_m), np.inf, graph.length_m + up),
        backward_m=np.where(np.isinf(graph.backward_m), np.inf, graph.length_m + down),
    )
    return sloped, float(run[~known].sum() / run.sum())


def _heights(graph: Graph, dem: Dem, count: Integers) -> Floats:
    """Heights at the ends of the segments of each edge, edge by edge."""
    edge, turn = expand_ranges(np.zeros(len(count), dtype=np.int64), count + 1)
    points = shapely.line_interpolate_point(graph.lines[edge], turn / count[edge], normalized=True)
    return heights_m(dem, shapely.get_x(points), shapely.get_y(points))
