"""OpenStreetMap, XML or PBF: streets, constraints, places and observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj

from foncier.errors import FormatError
from foncier.readers import (
    base,
    cadastre,
    columns,
    files,
    osm_barriers,
    osm_evidence,
    osm_files,
    osm_objects,
    osm_opening,
    osm_tags,
)
from foncier.readers.osm_objects import VACANT_VALUES, is_past, is_set
from foncier.readers.osm_tags import TagRule
from foncier.readers.planning import default_effect
from foncier.readers.streets import thinned

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal


def _read(
    file: LayerFile,
    target: Target,
    rules: Iterable[TagRule],
    extra_tags: tuple[str, ...],
    journal: Journal,
) -> gpd.GeoDataFrame:
    columns.pick(pd.DataFrame(), (), file, journal)  # columns and constants are an error
    packed = file.format == "osm-pbf"
    _check_format(file, packed=packed)
    return osm_files.read(
        file.path,
        file.shown,
        keys=sorted({rule.key for rule in rules}),
        extra_tags=extra_tags,
        box=_box_around(target, journal) if packed else None,
        journal=journal,
    )


def _check_format(file: LayerFile, *, packed: bool) -> None:
    """Raise an error where the format of the file is not that of the study."""
    files.check(file.path, file.shown)
    is_pbf = osm_opening.is_pbf(file.path)
    if packed and not is_pbf:
        raise FormatError("readers.osm.not_pbf", path=file.shown)
    if not packed and (is_pbf or file.path.name.lower().endswith(".pbf")):
        raise FormatError("readers.osm.pbf_as_xml", path=file.shown)


def _box_around(target: Target, journal: Journal) -> osm_files.Box | None:
    """Return the box around the parcels in degrees, to clip an extract; None without parcels."""
    if target.parcels is None or target.parcels.empty:
        return None
    west, south, east, north = target.parcels.total_bounds
    edge = osm_files.MARGIN_M
    journal.add(
        "assumed",
        1,
        "readers.osm.clipped",
        distance_m=edge,
    )
    degrees = pyproj.Transformer.from_crs(target.crs, osm_files.DEGREES, always_xy=True)
    box = degrees.transform_bounds(west - edge, south - edge, east + edge, north + edge)
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def classify(tags: pd.DataFrame, rules: Iterable[TagRule]) -> pd.Series[Any]:
    """Classify each object by the first rule that fits; missing where none does.

    Examples
    --------
    >>> import pandas as pd
    >>> tags = pd.DataFrame({"shop": ["bakery", None], "leisure": [None, "pitch"]})
    >>> list(classify(tags, [TagRule("shop", (), "shop")]).fillna("?"))
    ['shop', '?']
    """
    kinds: pd.Series[Any] = pd.Series(None, tags.index, dtype="str")
    for rule in rules:
        fits = tags[rule.key].isin(rule.any_of) if rule.any_of else is_set(tags[rule.key])
        kinds = kinds.mask(kinds.isna() & fits, rule.meaning)
    return kinds


def streets(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read streets: one row per way; modes are those of its tags.

    Pedestrian areas are replaced by their outline. A way is cut at the barriers on its nodes that
    are closed to a mode (`foncier.readers.osm_barriers`).
    """
    rule = TagRule("highway", tuple(osm_tags.HIGHWAYS), "street")
    tags = ("name", *osm_tags.STREET_TAGS, *osm_tags.NODE_TAGS, *osm_tags.NODE_OTHERS)
    read = _read(file, target, [rule, *osm_tags.NODE_RULES], tags, journal)
    nodes = read[read.geom_type == "Point"]
    rows = read[read["highway"].isin(osm_tags.HIGHWAYS)]
    rows = rows[~rows.geom_type.isin(["Point", "MultiPoint"])]
    outlines = rows.geom_type.isin(["Polygon", "MultiPolygon"])
    journal.add(
        "assumed",
        int(outlines.sum()),
        "readers.osm.pedestrian_areas",
    )
    shapes = rows.geometry.where(~outlines, rows.boundary)
    draft = base.placed(rows.set_geometry(shapes), file, target, journal, shape="line")
    frame: Any = draft.frame.rename(columns={"osm_id": "street_id", "highway": "street_class"})
    closed = osm_barriers.closed_nodes(nodes, target.crs)
    frame = thinned(osm_barriers.cut_at(with_modes(frame), closed, journal), journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


def with_modes(ways: Any) -> Any:
    """Add the level of ways, the modes that may use them and the direction of cyclists.

    ``ways`` have ``street_class`` (a class of `osm_tags.HIGHWAYS`) and `osm_tags.STREET_CARRIED`.
    """
    return ways.assign(level=_street_levels(ways), bike_way=bike_way(ways), **_street_modes(ways))


def _street_levels(tags: pd.DataFrame) -> pd.Series[Any]:
    """Return the level of each way: its layer, else 1 on a bridge and −1 in a tunnel.

    A passage through a building is at street level.
    """
    layer = pd.to_numeric(tags["layer"], errors="coerce").round()
    below = is_set(tags["tunnel"]) & (tags["tunnel"] != "building_passage")
    guess = pd.Series(np.where(is_set(tags["bridge"]), 1.0, np.where(below, -1.0, 0.0)), tags.index)
    return layer.fillna(guess).astype("int64")


def _street_modes(tags: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    by_class = pd.DataFrame(
        [osm_tags.HIGHWAYS[name] for name in tags["street_class"]],
        tags.index,
        list(osm_tags.ACCESS_KEYS),
    )
    modes = {}
    for mode in osm_tags.ACCESS_KEYS:
        open_to = by_class[mode].astype(bool)
        if mode != "drive":
            open_to &= tags["motorroad"] != "yes"
        modes[mode] = osm_barriers.with_access(open_to, tags, mode).astype("boolean")
    return modes


def bike_way(tags: pd.DataFrame) -> pd.Series[Any]:
    """Return the direction of cyclists: ``both``, ``forward``, ``backward`` or unknown.

    ``oneway:bicycle`` takes precedence over a contraflow cycleway, and this over ``oneway``;
    roundabouts and motorways are one-way by default.
    """
    way: pd.Series[Any] = tags["oneway"].map(osm_tags.ONE_WAY)
    implied = tags["junction"].isin(osm_tags.ROUNDABOUTS) | tags["street_class"].str.startswith(
        "motorway"
    )
    unknown = way.isna() & ~tags["oneway"].isin(osm_tags.ALTERNATING)
    way = way.mask(unknown & implied, "forward").mask(unknown & ~implied, "both")
    against = pd.Series(False, tags.index)
    for key in osm_tags.CYCLEWAYS:
        against |= tags[key].isin(osm_tags.CONTRAFLOW)
        if key != "cycleway":
            against |= tags[f"{key}:oneway"].isin(("-1", "no")) & is_set(tags[key])
    way = way.mask(against, "both")
    bicycle_way: pd.Series[Any] = tags["oneway:bicycle"].map(osm_tags.ONE_WAY)
    return bicycle_way.fillna(way).astype("str")


def constraints(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read land in use: water, parks, cemeteries, sports, schools, railways, car parks.

    What lies under the ground (a tunnel, a culvert, an underground car park) takes none of it, and
    a private garden or pool is the land of a house.
    """
    tags = ("name", *osm_tags.LAND_TAGS, *osm_objects.LIFECYCLES)
    rows = _read(file, target, osm_tags.CONSTRAINTS, tags, journal)
    kind = classify(rows, osm_tags.CONSTRAINTS)
    below = kind.notna() & osm_tags.is_underground(rows)
    journal.add("dropped", int(below.sum()), "readers.osm.underground")
    private = kind.notna() & ~below & osm_tags.is_private_garden(rows)
    journal.add("dropped", int(private.sum()), "readers.osm.private_gardens")
    kind = kind.mask(below | private)
    # A disused petrol station is no longer land in use; a disused basin is still water.
    kind = kind.mask(is_past(rows) & ~kind.isin(osm_tags.REMAINS))
    # A point has no area: it is no constraint.
    rows = rows.assign(kind=kind)[kind.notna() & ~rows.geom_type.isin(["Point", "MultiPoint"])]
    draft = base.placed(rows, file, target, journal, shape="any")
    frame = draft.frame.rename(columns={"osm_id": "constraint_id", "name": "label"})
    frame = frame.assign(effect=default_effect(frame["kind"]))
    return base.Draft(frame, draft.rows_read, draft.crs)


def buildings(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read buildings: outlines with ``building``, but those that are not or no longer built.

    ``kind`` is light for greenhouses, sheds, roofs and buildings without walls, hard for a stated
    use, unknown for ``building=yes``.
    """
    tags = ("wall", "location")
    rows = _read(file, target, [TagRule("building", (), "building")], tags, journal)
    built = is_set(rows["building"]) & ~rows["building"].isin(osm_tags.NOT_BUILT)
    built &= rows["location"] != "underground"
    rows = rows[built & rows.geom_type.isin(["Polygon", "MultiPolygon"])]
    light = rows["building"].isin(osm_tags.LIGHT_BUILDINGS) | (rows["wall"] == "no")
    kind = pd.Series("hard", rows.index, dtype="str").mask(rows["building"] == "yes")
    rows = rows.assign(kind=kind.mask(light, "light"))
    draft = base.placed(rows, file, target, journal, shape="polygon")
    frame: Any = draft.frame.rename(columns={"osm_id": "building_id"})
    return cadastre.complete_buildings(base.Draft(frame, draft.rows_read, draft.crs), journal)


def places(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read destinations as points, with the category of the first rule that fits."""
    rows = _read(file, target, osm_tags.PLACES, ("name", *osm_objects.LIFECYCLES), journal)
    rows["shop"] = rows["shop"].mask(rows["shop"].isin(["no", *VACANT_VALUES]))
    category = classify(rows, osm_tags.PLACES).mask(is_past(rows))
    rows = rows.assign(category=category)[category.notna()]
    draft = base.placed(rows, file, target, journal, shape="point")
    frame = draft.frame.rename(columns={"osm_id": "place_id"})
    return base.Draft(frame, draft.rows_read, draft.crs)


def observations(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read evidence of vacancy and of use; see `foncier.readers.osm_evidence`."""
    selecting = [TagRule(key, (), "") for key in osm_objects.EVIDENCE_KEYS]
    rows = _read(file, target, selecting, osm_objects.EVIDENCE_TAGS, journal)
    return osm_evidence.observations(rows, file, target, journal)
