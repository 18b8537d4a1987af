"""Streets as lines of any vector file; the class gives the modes that may use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.readers import base, columns, ids, layouts, parse
from foncier.readers.osm_tags import ACCESS_NO, FOOTWAYS, HIGHWAYS, ONE_WAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

# A feature id of a WFS (``troncon_de_route.5``) is that of one answer.
STREET_ID = columns.Field(
    "street_id", holds=lambda cells: float((~cells.astype("str").str.match(FEATURE_ID)).mean())
)
FEATURE_ID = r"[a-z_]+\.\d+$"
FREE_VERTICES, VERTICES_PER_M = 1000, 2
MODES = ("walk", "bike", "drive")
# Modes by class (walk, bike, drive): OpenStreetMap and other files.
CLASS_MODES: dict[str, tuple[bool, bool, bool]] = HIGHWAYS | {
    "minor": (True, True, True),
    "major": (True, True, True),
    "highway": (False, False, True),
    # BD TOPO, attribute « nature »
    "route à 1 chaussée": (True, True, True),
    "route à 2 chaussées": (True, True, True),
    "rond-point": (True, True, True),
    "route empierrée": (True, True, True),
    "type autoroutier": (False, False, True),
    "bretelle": (False, False, True),
    "bac ou liaison maritime": (False, False, False),
    "chemin": (True, True, False),
    "sentier": (True, False, False),
    "escalier": (True, False, False),
    "piste cyclable": (False, True, False),
    # ROUTE 500, attribute « vocation »
    "liaison principale": (True, True, True),
    "liaison régionale": (True, True, True),
    "liaison locale": (True, True, True),
    # Named ways of the cadastre (EDIGEO); a chemin rural is open to the public (code rural,
    # L161-1).
    "voie": (True, True, True),
    "chemin rural": (True, True, True),
    "autoroute": (False, False, True),
}
FOOTWAY_CLASSES = FOOTWAYS | {"sentier", "escalier", "chemin"}
# BD TOPO, access of cars and walkers
CLOSED = ("physiquement impossible", "restreint aux ayants droit")
STRUCTURE_LEVELS = {"gué ou radier": 0.0, "bridge": 1.0, "pont": 1.0, "tunnel": -1.0, "normal": 0.0}
BRIDGES = ("yes", "t", "viaduct")  # cells of a column `bridge` (OpenStreetMap, Geofabrik)
# OpenStreetMap, its shapefiles (B, F, T) and BD TOPO, « sens de circulation ».
ONE_WAY_WORDS = ONE_WAY | {
    "b": "both",
    "f": "forward",
    "t": "backward",
    "both": "both",
    "forward": "forward",
    "backward": "backward",
    "double": "both",
    "direct": "forward",
    "inverse": "backward",
    "double sens": "both",
    "sans objet": "both",
    "sens direct": "forward",
    "sens inverse": "backward",
}
YES_NO = {
    "yes": "yes",
    "oui": "yes",
    "true": "yes",
    "1": "yes",
    "no": "no",
    "non": "no",
    "false": "no",
    "0": "no",
}


def fields(names: Iterable[str]) -> tuple[columns.Field, ...]:
    """Columns of the layouts of streets (`foncier.readers.layouts`)."""
    return layouts.fields("streets", names, known={"street_id": STREET_ID})


def lines(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read streets; without an id in the file, the key is the position of the middle of the street.

    ``level`` is that of the file, else that of its bridges and tunnels, else 0. ``walk``, ``bike``
    and ``drive`` are those of the file, else of the class; a street of unknown class is open to
    all modes, with a note. ``bike_way`` is the one-way direction of the file; unknown means that
    cyclists may go in both directions.
    """
    draft = base.layer(file, target, journal, fields=fields, shape="line")
    return complete_streets(draft, file, journal)


def complete_streets(draft: Draft, file: LayerFile, journal: Journal) -> Draft:
    """Add the key, the level, the modes and the direction of streets."""
    planned = base.planned(draft.frame)
    journal.add("dropped", int(planned.sum()), "readers.streets.planned")
    frame: Any = thinned(draft.frame[~planned], journal)
    level = parse.numbers(frame["level"], column="level", shown=file.shown, journal=journal)
    words = frame["structure"].astype("str").str.strip().str.lower()
    structure = words.map(STRUCTURE_LEVELS).fillna(parse.loose_numbers(words))
    structure = structure.mask(words.isin(BRIDGES), 1.0)
    street_class = frame["street_class"].astype("str").fillna("unknown")
    frame = frame.assign(
        street_class=street_class,
        level=level.fillna(structure).fillna(0.0).round().astype("int64"),
    )
    frame = _with_modes(frame, street_class.str.lower(), file.shown, journal)
    frame = frame.assign(bike_way=_bike_ways(frame, journal))
    if len(frame) and not street_class.str.lower().isin(FOOTWAY_CLASSES).any():
        journal.add(
            "assumed",
            len(frame),
            "readers.streets.no_footway",
        )
    frame = ids.fill_keys(frame.drop(columns="structure"), "street_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


def thinned(frame: gpd.GeoDataFrame, journal: Journal) -> gpd.GeoDataFrame:
    """Thin out lines that are drawn over themselves: every n-th vertex is kept, with a note.

    A strip around a line of so many vertices (`FREE_VERTICES`, and `VERTICES_PER_M` for each metre
    of its extent) would cross itself as often as their square. No street is drawn like that.

    Examples
    --------
    >>> from foncier.readers.report import Journal
    >>> across = np.linspace(0, 100, 50_000)
    >>> dense = shapely.LineString(np.column_stack([across, np.zeros(50_000)]))
    >>> rows = gpd.GeoDataFrame(geometry=[dense], crs=2154)
    >>> int(shapely.get_num_coordinates(thinned(rows, Journal()).geometry.iloc[0]))
    1200
    """
    lines: Any = np.array(frame.geometry.to_numpy(), dtype=object)
    dense = np.flatnonzero(shapely.get_num_coordinates(lines) > _most_vertices(lines))
    if not len(dense):
        return frame
    parts, owner = shapely.get_parts(lines[dense], return_index=True)
    most, count = _most_vertices(parts), shapely.get_num_coordinates(parts)
    long = np.flatnonzero(count > most)
    for n in long:
        kept = np.linspace(0, count[n] - 1, most[n]).round().astype(np.intp)
        parts[n] = shapely.linestrings(shapely.get_coordinates(parts[n])[kept])
    of = np.unique(owner[long])
    whole = shapely.multilinestrings(parts, indices=owner)
    single = shapely.get_num_geometries(whole) == 1
    whole[single] = shapely.get_geometry(whole[single], 0)
    lines[dense[of]] = whole[of]
    journal.add("repaired", len(of), "readers.streets.thinned")
    return frame.set_geometry(gpd.GeoSeries(lines, frame.index, frame.crs))


def _most_vertices(lines: Any) -> Any:
    west, south, east, north = shapely.bounds(lines).T
    extent_m = np.nan_to_num(np.hypot(east - west, north - south))
    return (FREE_VERTICES + VERTICES_PER_M * extent_m).astype(np.intp)


def _bike_ways(frame: Any, journal: Journal) -> pd.Series[Any]:
    """Return the direction of cyclists; an unknown word is a missing value."""
    words = frame["bike_way"] if "bike_way" in frame else pd.Series(None, frame.index, dtype="str")
    way = words.astype("str").str.strip().str.lower().map(ONE_WAY_WORDS)
    journal.add(
        "assumed",
        int((way.isna() & frame["bike"].fillna(False).astype(bool)).sum()),
        "readers.streets.no_one_way",
    )
    return way.astype("str")


def _access(frame: Any, mode: str) -> pd.Series[Any]:
    """Word of access of a mode: its own column, else that of all modes (`foot` beats `access`)."""
    words = pd.Series(None, frame.index, dtype="str")
    for name in (f"access_{mode}", "access"):
        if name in frame:
            cells = frame[name].astype("str").str.strip().str.lower()
            words = words.fillna(cells.mask(cells == ""))
    return words


def _with_modes(frame: Any, classes: pd.Series[Any], shown: str, journal: Journal) -> Any:
    known = classes.isin(CLASS_MODES)
    open_to = pd.DataFrame(
        [CLASS_MODES.get(name, (True, True, True)) for name in classes], frame.index, MODES
    )
    stated = frame[list(MODES)].notna().all(axis=1)
    unknown = sorted(set(classes[~known & ~stated]))
    journal.add(
        "assumed",
        int((~known & ~stated).sum()),
        "readers.streets.unknown_class",
        classes=unknown,
    )
    modes = {}
    for mode in MODES:
        closed = _access(frame, mode).isin((*CLOSED, *ACCESS_NO))
        values = columns.translate(frame[mode], YES_NO, column=mode, shown=shown, journal=journal)
        from_file = values.map({"yes": True, "no": False}).astype("boolean")
        modes[mode] = from_file.fillna(open_to[mode].where(~closed, False).astype("boolean"))
    return frame.assign(**modes)
