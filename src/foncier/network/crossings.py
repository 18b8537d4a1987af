"""New ways over a river or a railway: candidate lines joined to the streets at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import ContractError
from foncier.tables import STREETS

if TYPE_CHECKING:
    from foncier.network.cutting import Geometries

REACH_M = 80.0  # an end farther than this from any street joins nothing
CLASS = "footway"


def with_crossing(
    streets: gpd.GeoDataFrame, line: shapely.Geometry, *, name: str, reach_m: float = REACH_M
) -> gpd.GeoDataFrame:
    """Add a footbridge to the streets: its two ends are brought to the nearest streets.

    The streets that it joins get a vertex there and keep their id and their course, so that what
    opens on them still does.

    Parameters
    ----------
    streets
        Table of the contract ``STREETS``.
    line
        The crossing, in the CRS of the streets.
    name
        What it is called.
    reach_m
        How far an end may lie from the street that it joins, in metres.

    Returns
    -------
    Table of the contract ``STREETS`` with one street more.

    Raises
    ------
    ContractError
        An end is far from any street open to walkers, or both join at the same place.
    """
    lines: Geometries = np.array(streets.geometry.to_numpy(), dtype=object)
    walked = np.flatnonzero(streets["walk"].fillna(False).to_numpy(dtype=bool))
    course = shapely.get_coordinates(line)
    ends = []
    tips = zip(("sa première", "sa dernière"), shapely.points(course[[0, -1]]), strict=True)
    for which, point in tips:
        far = shapely.distance(lines[walked], point)
        nearest = np.nanmin(far, initial=np.inf)
        if nearest > reach_m:
            raise ContractError(
                f"franchissement « {name} » : {which} extrémité est à {nearest:.0f} m de la rue la "
                f"plus proche, il faut {reach_m:.0f} m au plus. Prolongez la ligne jusqu'à une rue."
            )
        row = int(walked[np.nanargmin(far)])
        along = shapely.line_locate_point(lines[row], point)
        joint = shapely.line_interpolate_point(lines[row], along)
        lines[row] = _with_vertex(lines[row], joint, float(along))
        ends.append(shapely.get_coordinates(joint)[0])
    if np.hypot(*(ends[0] - ends[1])) < 1.0:
        raise ContractError(
            f"franchissement « {name} » : ses deux extrémités rejoignent la même rue au même "
            "endroit. Tracez-le d'une rive à l'autre."
        )
    bridge = shapely.LineString([ends[0], *course[1:-1], ends[1]])
    row_of = {"street_id": f"+{name}", "name": name, "street_class": CLASS, "level": 1,
              "walk": True, "bike": True, "drive": False}  # fmt: skip
    more = gpd.GeoDataFrame([row_of], geometry=[bridge], crs=streets.crs)
    both = pd.concat([streets.set_geometry(lines, crs=streets.crs), more], ignore_index=True)
    found: gpd.GeoDataFrame = STREETS.conform(both)
    return found


def _with_vertex(line: shapely.Geometry, joint: shapely.Geometry, along: float) -> shapely.Geometry:
    """Put a vertex on a line, at a measure along it; a line of several parts on the nearest one."""
    parts = shapely.get_parts(line)
    nearest = int(np.argmin(shapely.distance(parts, joint)))
    before = float(shapely.length(parts[:nearest]).sum())
    xy = shapely.get_coordinates(parts[nearest])
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    at = int(np.searchsorted(steps, np.clip(along - before, 0.0, steps[-1])))
    parts[nearest] = shapely.LineString(
        np.insert(xy, np.clip(at, 1, len(xy) - 1), shapely.get_coordinates(joint), axis=0)
    )
    return parts[0] if len(parts) == 1 else shapely.multilinestrings(parts)
