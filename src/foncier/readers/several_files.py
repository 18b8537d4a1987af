"""One table of the several files of a layer: what two files have is there once.

The files count in the order of the study: what two of them say differently is said by the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.geometry import polygons_only, unions_by
from foncier.readers import ids, repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from foncier.readers.report import Journal

# Layers whose ids number the rows of one file: the next file may use them again.
NUMBERED = (
    "buildings",
    "streets",
    "zones",
    "constraints",
    "places",
    "observations",
    "population",
    "envelope",
    "districts",
    "transit",
    "prescriptions",
    "perimeters",
    "artificial_land",
)
BOTH_SHARE = 0.5  # of each of two outlines of one building
COVERED_SHARE = 0.8  # of a building that stands on those of an earlier file
SLIVER_M2 = 10.0  # of an overlap of zones that neighbours have at their edges
SOURCES = " | "  # between the files that have a building


def stack(layer: str, parts: Sequence[Any], names: Sequence[str], journal: Journal) -> Any:
    """One table of the files of a layer, with notes on what two of them have.

    A building of which a later file has an outline that agrees is one; zones of a later file end
    where those of an earlier one begin; other objects of the same shape, and rows with the same
    key, are those of the first file. Ids that two files use get the number of their file.

    Parameters
    ----------
    layer
        Name of a layer.
    parts
        Tables of its files, in the order of the study.
    names
        Name of each file, for the column ``source`` of the layers that have one.

    Returns
    -------
    The table in its schema (`foncier.schemas.INPUTS`).
    """
    table = next(one for one in schemas.INPUTS if one.name == layer)
    key = table.key[0]
    if "source" in table.names and layer in BY_FILE:
        parts = [part.assign(source=name) for part, name in zip(parts, names, strict=True)]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(file=np.repeat(np.arange(len(parts)), [len(part) for part in parts]))
    if layer in RULES:
        rows = RULES[layer](rows, journal)
    elif layer in NUMBERED and isinstance(rows, gpd.GeoDataFrame):
        rows = _once(rows, [name for name in table.names if name not in (key, "geometry")], journal)
    rows = _keyed(rows, layer, key, journal)
    return table.conform(rows.sort_values(key, kind="stable"))


def _keyed(rows: Any, layer: str, key: str, journal: Journal) -> Any:
    """Rows whose keys are unique."""
    twice = rows[key].isin(rows.loc[rows[key].duplicated(), key])
    if not twice.any():
        return rows
    if layer in NUMBERED:
        numbered = (rows["file"] + 1).astype("str") + "-" + rows[key]
        return rows.assign(**{key: rows[key].where(~twice, numbered)})
    if layer == "inventory":
        return repeated.unique_rows(rows.drop(columns="file"), layer, key, journal=journal)
    later = rows[key].duplicated()
    listed = sorted(rows.loc[later, key].astype("str").unique())
    journal.add("dropped", int(later.sum()), "readers.several_files.first_kept", names=listed)
    return rows[~later]


def _once(rows: gpd.GeoDataFrame, same: list[str], journal: Journal) -> gpd.GeoDataFrame:
    """Objects of the same shape and cells once, those of the first file."""
    ordered = rows.assign(order=rows["file"].map("{:04d}".format))
    kept = ids.merge_equal_shapes(ordered, prefer=["order"], same=same, journal=journal)
    return kept.drop(columns="order")


def _streets(rows: gpd.GeoDataFrame, journal: Journal) -> gpd.GeoDataFrame:
    return _once(rows, ["level"], journal)


def _population(rows: gpd.GeoDataFrame, journal: Journal) -> gpd.GeoDataFrame:
    """Cells of the grid once: two files of it have the same people."""
    return _once(rows, [], journal)


def _zones(rows: gpd.GeoDataFrame, journal: Journal) -> gpd.GeoDataFrame:
    """Zones of each file outside those of the files before it, with a note on the common ground."""
    shapes = np.array(rows.geometry.to_numpy(), dtype=object)
    file = rows["file"].to_numpy()
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = file[earlier] < file[later]
    later, earlier = later[pairs], earlier[pairs]
    common = shapely.area(shapely.intersection(shapes[later], shapes[earlier]))
    wide = common > SLIVER_M2
    if not wide.any():
        return rows
    zone, taken = unions_by(later[wide].astype(np.intp), shapes[earlier[wide]])
    shapes[zone] = polygons_only(shapely.difference(shapes[zone], np.asarray(taken, dtype=object)))
    kept = ~shapely.is_missing(shapes)
    journal.add(
        "repaired",
        len(zone),
        "readers.several_files.zones_overlap",
        area_ha=float(common[wide].sum()) / 10_000,
    )
    cut = rows.set_geometry(gpd.GeoSeries(shapes, rows.index, crs=rows.crs))
    whole: gpd.GeoDataFrame = cut[kept]
    return whole


def _buildings(rows: gpd.GeoDataFrame, journal: Journal) -> gpd.GeoDataFrame:
    """Buildings of all files, each once; ``source`` names the files that have it.

    A building of a later file is that of an earlier one if each outline covers half of the other,
    or if earlier ones cover four fifths of it. The outline is that of the earlier file, and so is
    the kind where it is known.
    """
    shapes = np.array(rows.geometry.to_numpy(), dtype=object)
    file, size = rows["file"].to_numpy(), shapely.area(shapes)
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = file[earlier] < file[later]
    later, earlier = later[pairs], earlier[pairs]
    common = shapely.area(shapely.intersection(shapes[later], shapes[earlier]))
    of_later, of_earlier = common / size[later], common / size[earlier]
    covered = np.bincount(later, of_later, minlength=len(rows)) >= COVERED_SHARE
    agree = (of_later >= BOTH_SHARE) & (of_earlier >= BOTH_SHARE)
    again = np.zeros(len(rows), dtype=bool)
    again[later[agree]] = True
    again |= covered
    confirmed = (agree | (of_earlier >= BOTH_SHARE)) & again[later] & ~again[earlier]
    rows = _confirmed(rows, earlier[confirmed], later[confirmed])
    journal.add("dropped", int(again.sum()), "readers.several_files.buildings_again")
    alone = ~again & (file > 0)
    journal.add("kept", int(alone.sum()), "readers.several_files.buildings_alone")
    kept: gpd.GeoDataFrame = rows[~again]
    return kept


def _confirmed(
    rows: gpd.GeoDataFrame, earlier: NDArray[np.intp], later: NDArray[np.intp]
) -> gpd.GeoDataFrame:
    """Rows with the sources of those that confirm them, and the kind that only these know."""
    if not len(earlier):
        return rows
    pairs = pd.DataFrame(
        {
            "row": earlier,
            "source": rows["source"].to_numpy()[later],
            "kind": rows["kind"].to_numpy()[later],
            "file": rows["file"].to_numpy()[later],
        }
    ).sort_values(["row", "file", "kind"], kind="stable")
    more = pairs.drop_duplicates(["row", "source"]).groupby("row")["source"].agg(SOURCES.join)
    known = pairs[pairs["kind"] != "unknown"].groupby("row")["kind"].first()
    source = rows["source"].astype(object).to_numpy().copy()
    source[more.index] = source[more.index] + SOURCES + more.to_numpy(dtype=object)
    kind = rows["kind"].astype(object).to_numpy().copy()
    unknown = known.index[kind[known.index] == "unknown"]
    kind[unknown] = known.loc[unknown].to_numpy()
    return rows.assign(source=source, kind=kind)


# Layers whose rows name the file that they come from, where there are several.
BY_FILE = ("buildings", "zones", "streets")
if TYPE_CHECKING:
    Rule = Callable[[gpd.GeoDataFrame, Journal], gpd.GeoDataFrame]
RULES: dict[str, Rule] = {
    "buildings": _buildings,
    "population": _population,
    "streets": _streets,
    "zones": _zones,
}
