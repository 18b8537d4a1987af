"""The ground of every map of a run: prepared once, then asked for what a window shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier.export.sheets.canvas import Canvas, bar_m
from foncier.export.sheets.markers import INK, LOOP
from foncier.export.sheets.typography import printable, width_mm
from foncier.i18n import figure

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

PAPER = "#efece6"
# Colours of the web map (static/basemap.js).
USES = {
    "water": "#bcd8ea",
    "park": "#d3e5c4",
    "cemetery": "#d8e0cb",
    "sports": "#d9ead0",
    "school": "#efe6d3",
    "allotments": "#dde8c6",
    "railway": "#e3e1e4",
    "parking": "#ebe9e6",
}
# Width of a street by its grade: metres on the ground, least millimetres, fill, edge.
STREETS = (
    (2.5, 0.10, "#ffffff", "#dcd6cb"),
    (7.0, 0.18, "#ffffff", "#d3ccc0"),
    (11.0, 0.42, "#fffdf5", "#c6bba5"),
    (15.0, 0.60, "#fdf3dc", "#b9a887"),
)
# Grade of a street by its class in OpenStreetMap or in a road extract; any other is 1.
GRADES = {
    **dict.fromkeys(("motorway", "trunk", "highway", "motorway_link", "trunk_link"), 3),
    **dict.fromkeys(
        (
            "primary",
            "secondary",
            "tertiary",
            "major",
            "primary_link",
            "secondary_link",
            "tertiary_link",
        ),
        2,
    ),
    **dict.fromkeys(
        ("footway", "path", "steps", "pedestrian", "cycleway", "track", "corridor", "bridleway"), 0
    ),
}
MINOR_UP_TO, SPECK_MM = 100_000, 0.4  # scale to which all streets and uses are drawn
PATHS_UP_TO = 12_000  # scale beyond which paths are not drawn
BUILDINGS_UP_TO = 30_000
CASING_UP_TO = 60_000
NAME_SIZES = (4.6, 5.2, 5.8, 6.0)  # points, by grade
STRAIGHT = 0.985  # chord over length: a name is written on a stretch that hardly bends


@dataclass(frozen=True)
class IndexedShapes:
    """Shapes with their words, and the tree that finds those of a window."""

    shapes: NDArray[np.object_]
    kind: NDArray[np.object_]
    name: NDArray[np.object_]
    tree: shapely.STRtree

    def near(self, bounds: tuple[float, float, float, float]) -> NDArray[np.int64]:
        """Rows that meet a box in metres, in their own order."""
        found = self.tree.query(shapely.box(*bounds))
        return np.sort(np.asarray(found, dtype=np.int64))


def index_shapes(table: gpd.GeoDataFrame, kind: str = "", name: str = "") -> IndexedShapes:
    """Prepare a table: the columns of its kinds and of its names, an empty word for none."""
    nothing = np.full(len(table), None, dtype=object)
    words = [table[c].astype(object).to_numpy() if c else nothing for c in (kind, name)]
    shapes = np.asarray(table.geometry.array, dtype=object)
    return IndexedShapes(shapes, words[0], words[1], shapely.STRtree(shapes))


@dataclass(frozen=True)
class Basemap:
    """All that lies under the sites: streets, uses of the ground, buildings, parcels, lines."""

    streets: IndexedShapes
    uses: IndexedShapes
    buildings: IndexedShapes
    parcels: IndexedShapes
    loop: NDArray[np.object_]
    axis: NDArray[np.object_]
    area: NDArray[np.object_]


def prepare(given: SheetTables, buildings: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> Basemap:
    """Gather the ground of a result, the widest uses first, so that a pond shows on its park."""
    uses = given.uses[given.uses["kind"].isin(list(USES))]  # hazards are no ground to draw
    uses = uses.iloc[np.argsort(-shapely.area(np.asarray(uses.geometry.array)), kind="stable")]
    grades = given.streets["street_class"].map(GRADES).fillna(1).astype("int64")
    return Basemap(
        streets=index_shapes(given.streets.assign(grade=grades), "grade", "name"),
        uses=index_shapes(uses, "kind", "label"),
        buildings=index_shapes(buildings),
        parcels=index_shapes(parcels, name="parcel_id"),
        loop=np.asarray(given.loop.geometry.array, dtype=object),
        axis=np.asarray(given.axis.geometry.array, dtype=object),
        area=_area(given),
    )


def _area(given: SheetTables) -> NDArray[np.object_]:
    """Study area, where the study seeks along its axis; else none is drawn."""
    said = given.manifest["configuration"]
    around, axis = (said.get("area") or {}).get("around"), said.get("axis")
    if axis is None or around not in (None, "axis") or not len(given.axis):
        return np.array([], dtype=object)
    line = shapely.union_all(np.asarray(given.axis.geometry.array))
    return np.array([shapely.buffer(line, axis["half_width_m"])], dtype=object)


def draw_ground(canvas: Canvas, ground: Basemap, *, close: bool = False) -> None:
    """Draw paper, uses and streets; on a map of a site, ``close``, parcels and buildings too.

    Parcels and buildings are known around the sites only: a map of the sector would show patches.
    """
    frame = canvas.frame
    canvas.raw(f'<rect width="{frame.width_mm}" height="{frame.height_mm}" fill="{PAPER}"/>')
    _draw_uses(canvas, ground.uses)
    if close:
        near = ground.parcels.near(frame.bounds)
        canvas.fill(ground.parcels.shapes[near], "none", edge="#a89f91", width=0.07)
    _draw_streets(canvas, ground.streets)
    if close and frame.scale <= BUILDINGS_UP_TO:
        near = ground.buildings.near(frame.bounds)
        canvas.fill(ground.buildings.shapes[near], "#d3c8b8", edge="#b3a794", width=0.06)


def _draw_uses(canvas: Canvas, uses: IndexedShapes) -> None:
    near = uses.near(canvas.frame.bounds)
    if canvas.frame.scale > MINOR_UP_TO:  # a page of a département has thousands of specks
        box = shapely.bounds(uses.shapes[near])
        size = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        near = near[size >= SPECK_MM * canvas.frame.m_per_mm]
    kinds, shapes = uses.kind[near], uses.shapes[near]
    flat = shapely.get_dimensions(shapes) == 2
    areas, of = shapes[flat], kinds[flat].astype(str)
    # One path a run of the same kind: the order by size stays, the file stays small.
    starts = np.flatnonzero(of[1:] != of[:-1]) + 1
    for run in np.split(np.arange(len(of)), starts):
        if len(run):
            canvas.fill(areas[run], USES.get(of[run[0]], PAPER))
    lines = shapely.get_dimensions(shapes) == 1
    water, rails = lines & (kinds == "water"), lines & (kinds == "railway")
    canvas.stroke(shapes[water], USES["water"], max(0.2, 4 / canvas.frame.m_per_mm))
    rail = max(0.3, 2.5 / canvas.frame.m_per_mm)
    canvas.stroke(shapes[rails], "#8f8b91", rail, cap="butt")
    canvas.stroke(shapes[rails], "#f2f0f2", rail * 0.55, dash="1.2 1.2", cap="butt")


def _draw_streets(canvas: Canvas, streets: IndexedShapes) -> None:
    near = streets.near(canvas.frame.bounds)
    shapes, grades = streets.shapes[near], streets.kind[near]
    scale = canvas.frame.scale
    shown_from = 0 if scale <= PATHS_UP_TO else 1 if scale <= MINOR_UP_TO else 2
    widths = [max(least, metres / canvas.frame.m_per_mm) for metres, least, _, _ in STREETS]
    for cased in (True, False):
        if cased and canvas.frame.scale > CASING_UP_TO:
            continue
        for grade in range(shown_from, len(STREETS)):
            _, _, fill, edge = STREETS[grade]
            own = shapes[grades == grade]
            wide = widths[grade] + (0.18 if cased else 0.0)
            canvas.stroke(own, edge if cased else fill, wide)


def draw_loop(canvas: Canvas, ground: Basemap, *, width: float = 0.7) -> None:
    """Draw the loop, dashed on white, as on the web map."""
    canvas.stroke(ground.loop, "#ffffff", width * 1.9, opacity=0.85)
    canvas.stroke(ground.loop, LOOP, width, dash=f"{width * 3:.2f} {width * 1.7:.2f}", cap="butt")


def name_streets(canvas: Canvas, ground: Basemap, lang: Lang, *, least_grade: int = 0) -> None:
    """Write the names of the streets along them, the main ones first, where there is room."""
    frame = canvas.frame
    near = ground.streets.near(frame.bounds)
    grades, names = ground.streets.kind[near], ground.streets.name[near]
    rows: dict[str, list[int]] = {}
    for row, (grade, name) in enumerate(zip(grades, names, strict=True)):
        if isinstance(name, str) and name.strip() and grade >= least_grade:
            rows.setdefault(name, []).append(row)
    ordered = sorted(rows.items(), key=lambda one: (-max(grades[i] for i in one[1]), one[0]))
    half_x, half_y = frame.width_mm / 2 * frame.m_per_mm, frame.height_mm / 2 * frame.m_per_mm
    paper = (frame.x - half_x, frame.y - half_y, frame.x + half_x, frame.y + half_y)
    for name, own in ordered:
        size = NAME_SIZES[max(grades[i] for i in own)]
        whole = shapely.union_all(ground.streets.shapes[near[own]])
        visible = shapely.line_merge(shapely.clip_by_rect(whole, *paper))
        _name_along(canvas, visible, printable(name, lang=lang, limit=60), size)


def _name_along(canvas: Canvas, line: Any, text: str, size: float) -> None:
    """Write a name on a straight stretch of the longest piece of a street."""
    pieces = shapely.get_parts(line)
    pieces = pieces[shapely.get_type_id(pieces) == 1]
    wide_m = width_mm(text, size) * canvas.frame.m_per_mm
    pieces = pieces[shapely.length(pieces) >= wide_m * 1.04]
    for piece in pieces[np.argsort(-shapely.length(pieces), kind="stable")][:3]:
        long = shapely.length(piece)
        for middle in (0.5, 0.3, 0.7, 0.15, 0.85):
            at = np.clip(long * middle, wide_m / 2, long - wide_m / 2)
            ends = shapely.get_coordinates(
                shapely.line_interpolate_point(piece, [at - wide_m / 2, at + wide_m / 2])
            )
            along = ends[1] - ends[0]
            if np.hypot(*along) < wide_m * STRAIGHT:
                continue
            turn = float(np.degrees(np.arctan2(-along[1], along[0])))
            turn = turn - 180 if turn > 90 else turn + 180 if turn <= -90 else turn
            x, y = canvas.place(shapely.Point(ends.mean(axis=0)))
            if canvas.try_write(text, x, y, size=size, turn=turn, colour="#4f4a42"):
                return


def name_waters(canvas: Canvas, ground: Basemap, lang: Lang, *, size: float = 5.6) -> None:
    """Write the names of waters and greens inside what shows of them."""
    frame = canvas.frame
    near = ground.uses.near(frame.bounds)
    done = set()
    for row in near:
        name, kind = ground.uses.name[row], ground.uses.kind[row]
        if not isinstance(name, str) or not name.strip() or (kind, name) in done:
            continue
        seen = shapely.clip_by_rect(ground.uses.shapes[row], *frame.bounds)
        if shapely.is_empty(seen) or (kind != "water" and shapely.get_dimensions(seen) < 2):
            continue
        x, y = canvas.place(shapely.point_on_surface(seen))
        text = printable(name, lang=lang, limit=40)
        colour = "#2f648a" if kind == "water" else "#44683a"
        west, south, east, north = shapely.bounds(seen)
        room = np.hypot(east - west, north - south) / frame.m_per_mm
        if room > width_mm(text, size) and canvas.try_write(
            text, x, y, size=size, colour=colour, italic=kind == "water"
        ):
            done.add((kind, name))


def draw_scale(canvas: Canvas, lang: Lang, *, most_mm: float = 40.0) -> None:
    """Draw the scale bar in the lower left corner and the north in the upper right one."""
    frame = canvas.frame
    metres = bar_m(frame, most_mm)
    long = metres / frame.m_per_mm
    high, y = frame.height_mm, frame.height_mm - 2.6
    text = figure(metres / 1000, "km", lang) if metres >= 1000 else figure(metres, "m", lang)
    wide = long + width_mm(text, 6) + 5.2
    canvas.raw(
        f'<rect x="1" y="{high - 5.2:.2f}" width="{wide:.2f}" height="4.2" fill="#ffffff" '
        f'fill-opacity="0.88"/><rect x="2.2" y="{y - 0.55:.2f}" width="{long:.2f}" height="1.1" '
        f'fill="#ffffff" stroke="{INK}" stroke-width="0.2"/><rect x="2.2" y="{y - 0.55:.2f}" '
        f'width="{long / 2:.2f}" height="1.1" fill="{INK}"/>'
    )
    canvas.write(text, 2.2 + long + 1.2, y, size=6, anchor="start", halo="")
    x = frame.width_mm - 4.2
    canvas.raw(
        f'<circle cx="{x}" cy="5.6" r="3.9" fill="#ffffff" fill-opacity="0.88"/>'
        f'<path d="M{x} 2.4L{x + 1.5} 6.2L{x} 5.4L{x - 1.5} 6.2Z" fill="{INK}"/>'
    )
    canvas.write("N", x, 7.7, size=5.6, bold=True, halo="")


def reserve_corners(canvas: Canvas) -> None:
    """Keep the corners of the scale and of the north free of names."""
    frame = canvas.frame
    canvas.taken.append(
        shapely.box(0, frame.height_mm - 5.6, min(52, frame.width_mm), frame.height_mm)
    )
    canvas.taken.append(shapely.box(frame.width_mm - 8.6, 0, frame.width_mm, 10))
