"""OpenStreetMap: evidence of vacancy and of use, by what each object was and is today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.readers import base, osm_objects, parse
from foncier.readers.osm_objects import (
    ACTIVITY_KEYS,
    CHECK_DATE_KEYS,
    LIFECYCLES,
    ROOTS,
    VACANT_VALUES,
    is_set,
)

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

SOURCE = "OpenStreetMap"
IN_USE = "osm_in_use"
PART = "disused_part"  # one of the premises of a house, or a part of a building
HOUSED = ("railway", "military", "man_made", "power")  # land that may be a building itself
CONDITIONS = ("poor", "very_poor")
COLUMNS = ("row", "signal", "subject", "detail")


def observations(
    rows: gpd.GeoDataFrame, file: LayerFile, target: Target, journal: Journal
) -> Draft:
    """Return the evidence of objects in degrees, with the tags `EVIDENCE_KEYS` and `EVIDENCE_TAGS`.

    A stage of life (``disused:shop``, ``shop=disused``, ``disused=yes``) is evidence on what is
    under a roof or is land (`foncier.readers.osm_objects`), where the object has no present use.
    Networks and street furniture are none; nor is a line, which is no site. The date is that of a
    survey by a mapper; the date of an edit is not used.
    """
    past = pd.concat([_of_life(rows, life) for life in LIFECYCLES], ignore_index=True)
    past = pd.concat([past, _of_land(rows), _of_condition(rows)], ignore_index=True)
    past = _parts(rows, _without_present(rows, _of_nature(rows, past, journal), journal), journal)
    evidence = pd.concat([past[list(COLUMNS)], _uses(rows)], ignore_index=True)
    # The old and the new tag of one fact on one object count once.
    evidence = evidence.drop_duplicates(["row", "signal"]).sort_values(["row", "signal"])
    features = rows.loc[evidence["row"]].reset_index(drop=True)
    evidence = evidence.reset_index(drop=True)
    features = features.assign(**evidence[["signal", "subject", "detail"]])
    features["observation_id"] = features["osm_id"] + "/" + features["signal"]
    checked = features[list(CHECK_DATE_KEYS)].bfill(axis=1).iloc[:, 0]
    features["observed_on"] = parse.dates(checked, column="check_date", journal=journal)
    features["source"] = SOURCE
    features = features.set_geometry(_fill_rings(features.geometry))
    draft = base.placed(features, file, target, journal, shape="any")
    return base.Draft(_without_lines(draft.frame, journal), len(rows), draft.crs)


def _facts(rows: pd.DataFrame, at: pd.Series[Any], **cells: Any) -> pd.DataFrame:
    """Return one row per object that ``at`` selects; the cells are aligned with ``rows``."""
    picked = {
        name: value[at].to_numpy() if isinstance(value, pd.Series) else value
        for name, value in cells.items()
    }
    return pd.DataFrame({"row": rows.index[at], **picked})


def _of_life(rows: pd.DataFrame, life: str) -> pd.DataFrame:
    """Return what was: of ``disused:shop=x``, of ``disused=yes`` with ``shop=x``, ``shop=disused``.

    Columns ``row, key, former, signal, detail``.
    """
    facts = []
    stages = [value for value, stage in VACANT_VALUES.items() if stage == life]
    for root in ROOTS:
        new, old = rows[f"{life}:{root}"], rows[root]
        worded = old.isin(stages)
        prefixed, flagged = is_set(new), (rows[life] == "yes") & is_set(old)
        former = new.where(prefixed, old.mask(worded, "yes"))
        detail = (f"{life}:{root}=" + new).where(prefixed, f"{life}=yes")
        detail = detail.mask(worded & ~prefixed & ~flagged, f"{root}=" + old)
        signal = pd.Series(f"{life}:{root}", rows.index)
        if root == "shop":
            signal = signal.mask(old.eq("vacant") & ~prefixed & ~flagged, "shop=vacant")
        at = prefixed | flagged | worded
        facts.append(_facts(rows, at, key=root, former=former, signal=signal, detail=detail))
    return pd.concat(facts, ignore_index=True)


def _of_land(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the land that is mapped as brownfield."""
    words = {"signal": "landuse=brownfield", "detail": "landuse=brownfield"}
    return _facts(
        rows, rows["landuse"] == "brownfield", key="landuse", former="brownfield", **words
    )


def _of_condition(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the buildings in a poor condition."""
    condition = rows["building:condition"]
    detail = "building:condition=" + condition
    at, signal = condition.isin(CONDITIONS), "building:condition"
    return _facts(rows, at, key="building", former="yes", signal=signal, detail=detail)


def _of_nature(rows: pd.DataFrame, past: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Add ``subject`` and leave out networks and furniture, with notes.

    A station, a works or a barracks that is drawn as a building is one.
    """
    natures = pd.Series(None, past.index, dtype=object)
    for key, of_key in past.groupby("key"):
        natures.loc[of_key.index] = osm_objects.natures(str(key), of_key["former"])
    subject = natures.map({"roof": "building", "land": "site"})
    building = is_set(rows["building"]).loc[past["row"]].to_numpy(dtype=bool)
    subject = subject.mask((natures == "land") & building & past["key"].isin(HOUSED), "building")
    with_evidence = past.loc[subject.notna(), "row"].unique()
    for name in ("network", "furniture"):
        none = np.setdiff1d(past.loc[natures == name, "row"].unique(), with_evidence)
        journal.add("dropped", len(none), f"readers.osm_evidence.{name}")
    return past.assign(subject=subject)[subject.notna()]


def _without_present(rows: pd.DataFrame, past: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Leave out the past of objects that have a present use, with a note."""
    used = pd.Series(False, past.index)
    for key, of_key in past.groupby("key"):
        objects = rows.loc[of_key["row"]].set_axis(of_key.index)
        used.loc[of_key.index] = osm_objects.present_use(objects, str(key), of_key["former"])
    journal.add("dropped", past.loc[used, "row"].nunique(), "readers.osm_evidence.present_use")
    return past[~used]


def _parts(rows: gpd.GeoDataFrame, past: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Set the signal of what says something of a part of a building only.

    A closed shop in a house that is lived in (tagged on the house, or a point in it), and a part of
    a building.
    """
    objects = rows.loc[past["row"]].set_axis(past.index)
    building_part = is_set(objects["building:part"]) & ~is_set(objects["building"])
    part = building_part | (past["key"] == "building:part")
    inside = osm_objects.is_dwelling(objects) | past["row"].isin(_points_in_dwellings(rows, past))
    part |= past["key"].isin(ACTIVITY_KEYS) & inside
    part &= past["subject"] == "building"
    journal.add("assumed", past.loc[part, "row"].nunique(), "readers.osm_evidence.part")
    return past.assign(signal=past["signal"].mask(part, PART))


def _points_in_dwellings(rows: gpd.GeoDataFrame, past: pd.DataFrame) -> Any:
    """Return the rows that are points in a building that is lived in."""
    shapes = np.asarray(rows.geometry.to_numpy(), dtype=object)
    dwelling = osm_objects.is_dwelling(rows).to_numpy(dtype=bool)
    houses = shapes[dwelling & (shapely.get_dimensions(shapes) == 2)]
    concerned = rows.index.isin(past["row"]) & (shapely.get_dimensions(shapes) == 0)
    at = np.flatnonzero(concerned)
    inside = shapely.STRtree(houses).query(shapes[at], predicate="intersects")[0]
    return rows.index[at[np.unique(inside)]]


def _uses(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the present activities under a roof."""
    uses = []
    for key in ACTIVITY_KEYS:
        detail = f"{key}=" + rows[key]
        fits = osm_objects.in_use(rows, key)
        uses.append(_facts(rows, fits, signal=IN_USE, subject="building", detail=detail))
    return pd.concat(uses, ignore_index=True)


def _fill_rings(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Turn closed lines into polygons: lifecycle prefixes do not imply an area."""
    shapes = np.array(geometry.to_numpy(), dtype=object)
    lines = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    rings = shapely.is_closed(shapes) & lines & (shapely.get_num_coordinates(shapes) > 3)
    xy, ring = shapely.get_coordinates(shapes[rings], return_index=True)
    shapes[rings] = shapely.polygons(shapely.linearrings(xy, indices=ring))
    return gpd.GeoSeries(shapes, index=geometry.index, crs=geometry.crs)


def _without_lines(frame: Any, journal: Journal) -> Any:
    """Leave out lines: a centre line is neither a building nor a plot."""
    lines = shapely.get_dimensions(frame.geometry.to_numpy()) == 1
    journal.add("dropped", int(lines.sum()), "readers.osm_evidence.line")
    return frame[~lines]
