"""OpenStreetMap, XML or PBF: streets, constraints, places and observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from foncier.errors import FormatError
from foncier.readers import base, columns, files, osm_files, osm_opening, osm_tags, parse
from foncier.readers.osm_tags import TagRule
from foncier.readers.planning import default_effect
from foncier.readers.streets import thinned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

LINE, MULTILINE = 1, 5  # GEOS type ids
# A line of evidence covers the width of a single track with its ballast, about 4 m.
TRACK_HALF_WIDTH_M = 2.0
SOURCE = "OpenStreetMap"


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
        fits = tags[rule.key].isin(rule.any_of) if rule.any_of else _is_set(tags[rule.key])
        kinds = kinds.mask(kinds.isna() & fits, rule.meaning)
    return kinds


def _is_set(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.notna() & (values != "no")


def streets(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read streets: one row per way; modes are those of its tags.

    Pedestrian areas are replaced by their outline.
    """
    rule = TagRule("highway", tuple(osm_tags.HIGHWAYS), "street")
    rows = _read(file, target, [rule], ("name", *osm_tags.STREET_TAGS), journal)
    rows = rows[rows["highway"].isin(osm_tags.HIGHWAYS)]
    rows = rows[~rows.geom_type.isin(["Point", "MultiPoint"])]
    outlines = rows.geom_type.isin(["Polygon", "MultiPolygon"])
    journal.add(
        "assumed",
        int(outlines.sum()),
        "readers.osm.pedestrian_areas",
    )
    shapes = rows.geometry.where(~outlines, rows.boundary)
    draft = base.placed(rows.set_geometry(shapes), file, target, journal, shape="line")
    frame: Any = thinned(draft.frame, journal)
    frame = frame.rename(columns={"osm_id": "street_id", "highway": "street_class"})
    return base.Draft(with_modes(frame), draft.rows_read, draft.crs)


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
    below = _is_set(tags["tunnel"]) & (tags["tunnel"] != "building_passage")
    guess = pd.Series(
        np.where(_is_set(tags["bridge"]), 1.0, np.where(below, -1.0, 0.0)), tags.index
    )
    return layer.fillna(guess).astype("int64")


def _street_modes(tags: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    by_class = pd.DataFrame(
        [osm_tags.HIGHWAYS[name] for name in tags["street_class"]],
        tags.index,
        list(osm_tags.ACCESS_KEYS),
    )
    modes = {}
    for mode, keys in osm_tags.ACCESS_KEYS.items():
        open_to = by_class[mode].astype(bool)
        if mode != "drive":
            open_to &= tags["motorroad"] != "yes"
        for key in keys:
            # `access=yes` does not add modes to those of the class, `foot=yes` does.
            if key != "access":
                open_to |= tags[key].isin(osm_tags.ACCESS_YES)
            open_to &= ~tags[key].isin(osm_tags.ACCESS_NO)
        modes[mode] = open_to.astype("boolean")
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
            against |= tags[f"{key}:oneway"].isin(("-1", "no")) & _is_set(tags[key])
    way = way.mask(against, "both")
    bicycle_way: pd.Series[Any] = tags["oneway:bicycle"].map(osm_tags.ONE_WAY)
    return bicycle_way.fillna(way).astype("str")


def constraints(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read land in use: water, parks, cemeteries, sports, schools, railways, car parks."""
    rows = _read(file, target, osm_tags.CONSTRAINTS, ("name",), journal)
    kind = classify(rows, osm_tags.CONSTRAINTS)
    # A point has no area: it is no constraint.
    rows = rows.assign(kind=kind)[kind.notna() & ~rows.geom_type.isin(["Point", "MultiPoint"])]
    draft = base.placed(rows, file, target, journal, shape="any")
    frame = draft.frame.rename(columns={"osm_id": "constraint_id", "name": "label"})
    frame = frame.assign(effect=default_effect(frame["kind"]))
    return base.Draft(frame, draft.rows_read, draft.crs)


def places(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read destinations as points, with the category of the first rule that fits."""
    rows = _read(file, target, osm_tags.PLACES, ("name",), journal)
    rows["shop"] = rows["shop"].mask(rows["shop"].isin(osm_tags.NO_SHOP))
    category = classify(rows, osm_tags.PLACES)
    rows = rows.assign(category=category)[category.notna()]
    draft = base.placed(rows, file, target, journal, shape="point")
    frame = draft.frame.rename(columns={"osm_id": "place_id"})
    return base.Draft(frame, draft.rows_read, draft.crs)


def observations(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read evidence of vacancy and of use: lifecycle tags, decay, activities in buildings.

    Signals are ``disused:building`` and the like (prefix, then former object), ``shop=vacant``,
    ``landuse=brownfield``, ``building:condition`` and ``osm_in_use``. The date is that of a survey
    by a mapper; the date of an edit is not used.
    """
    roots = osm_tags.BUILDING_KEYS + osm_tags.SITE_KEYS
    selecting = [TagRule(key, (), "") for key in osm_tags.OBSERVATION_KEYS]
    extra_tags = ("name", *osm_tags.LIFECYCLES, *osm_tags.CHECK_DATE_KEYS)
    rows = _read(file, target, selecting, extra_tags, journal)
    evidence = pd.concat([_lifecycle_evidence(rows, roots), _tag_evidence(rows)], ignore_index=True)
    # The old and the new tag of one fact on one object count once.
    evidence = evidence.drop_duplicates(["row", "fact"]).sort_values(["row", "signal"])
    features = rows.loc[evidence["row"]].reset_index(drop=True)
    evidence = evidence.reset_index(drop=True)
    features = features.assign(
        signal=evidence["signal"], subject=evidence["subject"], detail=evidence["detail"]
    )
    features["observation_id"] = features["osm_id"] + "/" + features["signal"]
    checked = features[list(osm_tags.CHECK_DATE_KEYS)].bfill(axis=1).iloc[:, 0]
    features["observed_on"] = parse.dates(checked, column="check_date", journal=journal)
    features["source"] = SOURCE
    features = features.set_geometry(_fill_rings(features))
    draft = _widen_lines(base.placed(features, file, target, journal, shape="any"), journal)
    return base.Draft(draft.frame, len(rows), draft.crs)


def _lifecycle_evidence(rows: pd.DataFrame, roots: tuple[str, ...]) -> pd.DataFrame:
    """Return the evidence of ``disused:shop=*`` and of the older ``disused=yes`` tag."""
    evidence = []
    for life in osm_tags.LIFECYCLES:
        for root in roots:
            new = _is_set(rows[f"{life}:{root}"])
            old = (rows[life] == "yes") & _is_set(rows[root])
            detail = (f"{life}:{root}=" + rows[f"{life}:{root}"]).where(new, f"{life}=yes")
            evidence.append(_evidence_rows(rows, new | old, f"{life}:{root}", root, detail))
    return pd.concat(evidence, ignore_index=True)


def _tag_evidence(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence of single tags; a vacant or disused object is not in use."""
    evidence = []
    for rule in (*osm_tags.DECAY, *osm_tags.IN_USE):
        values = rows[rule.key]
        fits = values.isin(rule.any_of) if rule.any_of else _is_set(values)
        if rule.meaning == "osm_in_use":
            fits &= ~values.isin(osm_tags.NO_SHOP) & rows[list(osm_tags.LIFECYCLES)].isna().all(
                axis=1
            )
        evidence.append(_evidence_rows(rows, fits, rule.meaning, rule.key, f"{rule.key}=" + values))
    return pd.concat(evidence, ignore_index=True)


def _evidence_rows(
    rows: pd.DataFrame, fits: pd.Series[Any], signal: str, key: str, detail: pd.Series[Any]
) -> pd.DataFrame:
    root = key.split(":", maxsplit=1)[0]
    fact = "use" if signal == "osm_in_use" else signal
    subject = "building" if root in osm_tags.BUILDING_KEYS else "site"
    return pd.DataFrame(
        {
            "row": rows.index[fits],
            "fact": fact,
            "signal": signal,
            "subject": subject,
            "detail": detail[fits].to_numpy(),
        }
    )


def _fill_rings(evidence: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Turn closed lines into polygons: lifecycle prefixes do not imply an area."""
    geometries = np.array(evidence.geometry.to_numpy(), dtype=object)
    rings = shapely.is_closed(geometries) & (shapely.get_type_id(geometries) == LINE)
    rings &= ~evidence["signal"].str.endswith(":railway").to_numpy(dtype=bool)
    geometries[rings] = [shapely.Polygon(ring) for ring in geometries[rings]]
    return gpd.GeoSeries(geometries, index=evidence.index, crs=evidence.crs)


def _widen_lines(draft: Draft, journal: Journal) -> Draft:
    """Buffer lines (tracks) to their width on the ground."""
    frame: Any = draft.frame
    lines = np.isin(shapely.get_type_id(frame.geometry.to_numpy()), (LINE, MULTILINE))
    journal.add(
        "assumed",
        int(lines.sum()),
        "readers.osm.widened_lines",
        width_m=2 * TRACK_HALF_WIDTH_M,
    )
    wide = frame.geometry.where(~lines, frame.geometry.buffer(TRACK_HALF_WIDTH_M))
    return base.Draft(frame.set_geometry(wide), draft.rows_read, draft.crs)
