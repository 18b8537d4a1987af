"""Base map of the page, from the layers of the study: no tile server is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import pool
from foncier.export.words import MINOR_GRADE, STREET_GRADES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.model import ResultTables

MARGIN_M = 400.0  # what is shown around the study area
BUILDING_TOLERANCE_M = 0.3
LINE_TOLERANCE_M = 0.6
PLACE_ROOM_M = 20_000.0  # a place has its name at every zoom
LONGEST_PLACE = 40  # letters; a longer name is on the sign only
NAME_HALF_LENGTH_M = 40.0  # half of the street section whose direction the name follows
NAMED = ("water", "park", "cemetery", "sports", "school", "allotments")
LAND_USE = ("water", "park", "cemetery", "sports", "school", "allotments", "railway", "parking")
LINE_KIND = ("railway", "water")
POLYGON_TYPE, LINE_TYPE = 3, 1
# Places that have their name on the map, the most telling first.
MAIN_PLACES = ("station", "hospital", "university", "research", "innovation", "public_service")

Label = tuple[str, str, Any, float]  # text, class, ends of its section, room in metres


def view_box(result: ResultTables) -> tuple[float, float, float, float] | None:
    """Extent of the sites, lines, rejections and study area, in the metric CRS; None for none."""
    known = [
        table.total_bounds
        for table in (result.candidates, result.lines, result.rejections)
        if len(table)
    ]
    if result.area is not None and not shapely.is_empty(result.area):
        known.append(np.asarray(shapely.bounds(result.area)))
    if not known:
        return None
    bounds = np.array(known)
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def base_map(result: ResultTables) -> dict[str, Any]:
    """Land use, buildings, streets and names around the study, clipped and encoded.

    Hazards and heritage are not drawn: the cards list them as warnings.
    """
    extent = view_box(result)
    frame = shapely.box(*extent).buffer(MARGIN_M, join_style="mitre") if extent else None
    background = result.background
    land_use, rails = _land_use(_near(background.constraints, frame))
    streets = _clipped(_near(background.streets, frame), frame)
    buildings = _near(background.buildings, frame)
    simple = shapely.simplify(np.asarray(buildings.geometry.array), BUILDING_TOLERANCE_M)
    crs = result.candidates.crs
    return {
        "land_use": {
            **pool(land_use["kind"]),
            "shapes": encode_geometry.encode_polygons(land_use["geometry"], crs),
        },
        "rails": {
            **pool(rails["kind"]),
            "shapes": encode_geometry.encode_lines(rails["geometry"], crs),
        },
        "streets": {
            "codes": _grades(streets).tolist(),
            "shapes": encode_geometry.encode_lines(streets["geometry"], crs),
        },
        "buildings": {"shapes": encode_geometry.encode_polygons(simple, crs)},
        "names": _names(_place_names(result), streets, land_use, crs),
    }


def _near(layer: gpd.GeoDataFrame, frame: shapely.Geometry | None) -> gpd.GeoDataFrame:
    """Rows that touch the frame."""
    if frame is None or not len(layer):
        return layer.iloc[:0]
    west, south, east, north = frame.bounds
    box = shapely.bounds(np.asarray(layer.geometry.array))
    near = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
    return layer[near].reset_index(drop=True)


def _clipped(layer: gpd.GeoDataFrame, frame: shapely.Geometry | None) -> pd.DataFrame:
    """Lines cut at the frame, one row a piece."""
    columns = pd.DataFrame(layer.drop(columns="geometry"))
    if frame is None or not len(layer):
        return columns.iloc[:0].assign(geometry=np.array([], dtype=object))
    cut = shapely.clip_by_rect(np.asarray(layer.geometry.array), *frame.bounds)
    pieces, row = shapely.get_parts(cut, return_index=True)
    lines = shapely.get_type_id(pieces) == LINE_TYPE
    table = pd.DataFrame(columns.iloc[row[lines]].reset_index(drop=True))
    table["geometry"] = shapely.simplify(pieces[lines], LINE_TOLERANCE_M)
    return table


def _land_use(layer: gpd.GeoDataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split land use into polygons, largest first, and lines (railway, streams)."""
    pieces, row = shapely.get_parts(np.asarray(layer.geometry.array), return_index=True)
    table = pd.DataFrame(layer[["kind", "label"]]).iloc[row].reset_index(drop=True)
    table = table.assign(geometry=shapely.simplify(pieces, LINE_TOLERANCE_M))
    types = shapely.get_type_id(pieces)
    areas = table[(types == POLYGON_TYPE) & table["kind"].isin(LAND_USE).to_numpy()]
    size = shapely.area(np.asarray(areas["geometry"], dtype=object))
    order = np.argsort(-size, kind="stable")  # a pond in a park is drawn after the park
    lines = table[(types == LINE_TYPE) & table["kind"].isin(LINE_KIND).to_numpy()]
    return areas.iloc[order].reset_index(drop=True), lines.reset_index(drop=True)


def _grades(streets: pd.DataFrame) -> NDArray[np.int64]:
    grades = streets["street_class"].map(STREET_GRADES).fillna(MINOR_GRADE)
    return np.asarray(grades, dtype=np.int64)


def _names(
    places: list[Label], streets: pd.DataFrame, land_use: pd.DataFrame, crs: Any
) -> list[list[Any]]:
    """Labels: text, class, ends of the section that it follows, length available in metres.

    The first ones win where two would overlap.
    """
    rows = [*places, *_street_names(streets), *_land_use_names(land_use)]
    if not rows:
        return []
    ends = np.array([corner for row in rows for corner in row[2]])
    points = encode_geometry.encode_points(shapely.points(ends), crs)
    return [
        [text, grade, *points[4 * i : 4 * i + 4], round(room)]
        for i, (text, grade, _, room) in enumerate(rows)
    ]


def _place_names(result: ResultTables) -> list[Label]:
    """Names of the main places of the study, then of the stops of its loop, each once."""
    places = result.background.places
    main = places.loc[places["category"].isin(MAIN_PLACES)]
    rank = main["category"].map({name: n for n, name in enumerate(MAIN_PLACES)})
    ordered = main.assign(rank=rank).sort_values(["rank", "place_id"], kind="stable")
    named = pd.concat(
        [table[["name", "geometry"]] for table in (ordered, result.stops) if len(table)]
        or [places[["name", "geometry"]]]
    )
    # « Quai de l'Innovation, 93 rue du Hocquet »: the map has the address.
    short = named["name"].astype("str").str.split(",").str[0].str.strip()
    fits = short.str.len().between(1, LONGEST_PLACE).fillna(False).astype(bool)
    once = named.assign(name=short).loc[fits].drop_duplicates("name")
    points = shapely.get_coordinates(shapely.centroid(np.asarray(once["geometry"], dtype=object)))
    return [
        (str(name), "place", [point, point], PLACE_ROOM_M)
        for name, point in zip(once["name"], points, strict=True)
    ]


def _street_names(streets: pd.DataFrame) -> list[Label]:
    """One label per street: in the middle of its longest continuous section."""
    named = streets[streets["name"].notna() & (streets["name"] != "")]
    labels = []
    for name, group in named.groupby("name", sort=True):
        whole = shapely.line_merge(shapely.MultiLineString(group["geometry"].tolist()))
        parts = shapely.get_parts(whole)
        longest = parts[np.argmax(shapely.length(parts))]
        room = float(longest.length)
        middle, half = room / 2, min(NAME_HALF_LENGTH_M, room / 2)
        ends = shapely.line_interpolate_point(longest, [middle - half, middle + half])
        grade = int(_grades(group).max())
        labels.append((str(name), f"street{grade}", shapely.get_coordinates(ends), room))
    return sorted(labels, key=lambda row: (row[1], row[3]), reverse=True)


def _land_use_names(land_use: pd.DataFrame) -> list[Label]:
    """One label per name of water or green space: inside its largest piece."""
    named = land_use["kind"].isin(NAMED) & land_use["label"].notna() & (land_use["label"] != "")
    first = land_use[named].drop_duplicates(["kind", "label"])
    values = np.asarray(first["geometry"], dtype=object)
    inside = shapely.get_coordinates(shapely.point_on_surface(values))
    box = shapely.bounds(values) if len(values) else np.zeros((0, 4))
    room = box[:, 2] - box[:, 0]
    return [
        (str(label), "water" if kind == "water" else "green", [point, point], float(width))
        for label, kind, point, width in zip(
            first["label"], first["kind"], inside, room, strict=True
        )
    ]
