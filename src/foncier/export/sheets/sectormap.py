"""The two maps of the leaflet: the sites, and their access and services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.export.sheets.basemap import (
    draw_basemap,
    draw_loop,
    draw_scale,
    name_land_use,
    name_streets,
    reserve_corners,
)
from foncier.export.sheets.canvas import Canvas, Window, disc, window
from foncier.export.sheets.markers import (
    AREA,
    AXIS,
    INK,
    KINDS,
    PLACE_COLOUR,
    PLACES,
    kind_symbol,
    place_symbol,
    stop_letter,
    stop_symbol,
)
from foncier.export.sheets.sitemap import beside
from foncier.export.sheets.typography import is_known, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from foncier.export.sheets.basemap import Basemap
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

NUMBERED = 40  # sites whose number shows; more numbers would hide the map
SIGN_MM, SMALL_MM = 4.6, 2.4
PLACE_MM, DOT_MM = 1.9, 0.65  # half widths of the symbols of places
NEAR_AXIS_M = 1500.0  # sites farther from the axis do not stretch the map of the sector
MAIN_STREETS_UP_TO, ALL_STREETS_UP_TO = 30_000, 10_000


@dataclass(frozen=True)
class SectorMap:
    """A map of the sector: SVG, scale, and how many sites are off the map."""

    svg: str
    scale: int
    outside: int
    categories: tuple[str, ...] = ()


def sector_window(tables: SheetTables, basemap: Basemap, size_mm: tuple[float, float]) -> Window:
    """Window that shows axis, loop and study area, with the sites near them; else all sites."""
    shapes = np.asarray(tables.sites.geometry.array, dtype=object)
    lines = np.array([*basemap.axis, *basemap.loop, *basemap.area], dtype=object)
    if len(lines):
        near = shapely.dwithin(shapes, shapely.union_all(lines), NEAR_AXIS_M)
        shapes = np.concatenate([lines, shapes[near]]) if not len(basemap.area) else lines
    if not len(shapes):
        shapes = np.asarray(tables.places.geometry.array, dtype=object)
    bounds = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    return window(tuple(float(v) for v in bounds), *size_mm, least=2000, filled=0.96)  # type: ignore[arg-type]


def sector_map(
    tables: SheetTables, basemap: Basemap, lang: Lang, *, size_mm: tuple[float, float]
) -> SectorMap:
    """Draw the sites, numbered by rank, on the axis and the loop."""
    canvas = _sector_canvas(tables, basemap, size_mm)
    inside = _site_shapes(canvas, tables)
    ranked = [row for row in inside if is_known(tables.sites["overall_rank"].iloc[row])]
    numbered = [row for row in ranked if tables.sites["overall_rank"].iloc[row] <= NUMBERED]
    for row in [row for row in inside if row not in set(numbered)][::-1]:
        x, y = _middle(canvas, tables, row)
        canvas.raw(kind_symbol(tables.sites["kind"].iloc[row], "", x, y, SMALL_MM))
        canvas.reserve(x, y, SMALL_MM / 2)
    below = len(canvas.elements)
    stops = _stops(canvas, tables)
    markers = [_numbered(canvas, tables, row) for row in numbered]
    for _, symbol in markers[::-1]:  # the best ranks on top
        canvas.raw(symbol)
    canvas.elements[below:below] = [leader for leader, _ in markers]
    for name, x, y in stops:
        beside(canvas, printable(name, lang=lang, limit=40), x, y, 1.9, size=5, colour="#8f0c2b")
    _names(canvas, basemap, lang)
    draw_scale(canvas, lang)
    return SectorMap(canvas.svg(), canvas.frame.scale, len(tables.sites) - len(inside))


def services_map(
    tables: SheetTables, basemap: Basemap, lang: Lang, *, size_mm: tuple[float, float]
) -> SectorMap:
    """Draw the places, with names where there is space, and the stops of the loop."""
    canvas = _sector_canvas(tables, basemap, size_mm)
    inside = _site_shapes(canvas, tables)
    below = len(canvas.elements)
    _stops(canvas, tables)
    places = [*_placed(canvas, tables)]
    main = [
        (category, name, *_set_beside(canvas, x, y, PLACE_MM, below))
        for category, name, x, y in places
        if category in PLACES
    ]
    for category, _, x, y in main:
        canvas.raw(place_symbol(category, x, y, PLACE_MM - 0.15))
    minor = [(x, y) for category, _, x, y in places if category not in PLACES]
    canvas.elements[below:below] = [*_small_sites(canvas, tables, inside), *_dots(canvas, minor)]
    for _, name, x, y in sorted(main, key=lambda one: list(PLACES).index(one[0])):
        if name:
            beside(canvas, printable(name, lang=lang, limit=44), x, y, 2.1, size=5.2)
    _names(canvas, basemap, lang)
    draw_scale(canvas, lang)
    categories = tuple(dict.fromkeys(category for category, *_ in places))
    return SectorMap(canvas.svg(), canvas.frame.scale, len(tables.sites) - len(inside), categories)


def _small_sites(canvas: Canvas, tables: SheetTables, rows: list[int]) -> Iterator[str]:
    """Small symbols of sites, the best ranks on top; no text is written over them."""
    for row in rows[::-1]:
        x, y = _middle(canvas, tables, row)
        canvas.reserve(x, y, SMALL_MM / 2)
        yield kind_symbol(tables.sites["kind"].iloc[row], "", x, y, SMALL_MM)


def _dots(canvas: Canvas, places: list[tuple[float, float]]) -> Iterator[str]:
    for x, y in places:
        canvas.reserve(x, y, DOT_MM)
        yield disc(x, y, DOT_MM, PLACE_COLOUR)


def _set_beside(canvas: Canvas, x: float, y: float, half: float, below: int) -> tuple[float, float]:
    """Reserve the nearest free place for a symbol, with a line to its point under the symbols."""
    at_x, at_y = _free_place(canvas, x, y, half)
    canvas.reserve(at_x, at_y, half)
    if np.hypot(at_x - x, at_y - y) >= half * 2 / 3:
        canvas.elements.insert(below, _leader(x, y, at_x, at_y))
    return at_x, at_y


def _leader(x: float, y: float, at_x: float, at_y: float) -> str:
    """Line from a point to its symbol beside it."""
    return (
        f'<path d="M{x:.2f} {y:.2f}L{at_x:.2f} {at_y:.2f}" stroke="{INK}" stroke-width="0.2"/>'
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="0.45" fill="{INK}"/>'
    )


def _sector_canvas(tables: SheetTables, basemap: Basemap, size_mm: tuple[float, float]) -> Canvas:
    canvas = Canvas(sector_window(tables, basemap, size_mm))
    reserve_corners(canvas)
    draw_basemap(canvas, basemap)
    canvas.stroke(shapely.boundary(basemap.area), AREA, 0.3, dash="1.6 1.2", cap="butt")
    canvas.stroke(basemap.axis, AXIS, 2.6, opacity=0.32)
    draw_loop(canvas, basemap, width=0.75)
    return canvas


def _site_shapes(canvas: Canvas, tables: SheetTables) -> list[int]:
    """Draw the outlines of the sites; return the rows of those on the map, in their order."""
    shapes = np.asarray(tables.sites.geometry.array, dtype=object)
    kinds = tables.sites["kind"].to_numpy()
    for kind, marker in KINDS.items():
        canvas.fill(shapes[kinds == kind], marker.colour, opacity=0.5)
        canvas.stroke(shapely.boundary(shapes[kinds == kind]), marker.colour, 0.15)
    places = [_middle(canvas, tables, row) for row in range(len(shapes))]
    return [row for row, (x, y) in enumerate(places) if canvas.inside(x, y, 2.0)]


def _middle(canvas: Canvas, tables: SheetTables, row: int) -> tuple[float, float]:
    return canvas.place(shapely.point_on_surface(tables.sites.geometry.iloc[row]))


def _numbered(canvas: Canvas, tables: SheetTables, row: int) -> tuple[str, str]:
    """Line to the marker of a site that is moved where its place is occupied, and the marker."""
    site, half = tables.sites.iloc[row], SIGN_MM / 2
    x, y = _middle(canvas, tables, row)
    at_x, at_y = _free_place(canvas, x, y, half)
    canvas.reserve(at_x, at_y, half)
    moved = np.hypot(at_x - x, at_y - y) >= SIGN_MM / 3
    symbol = kind_symbol(site["kind"], str(int(site["overall_rank"])), at_x, at_y, SIGN_MM)
    return _leader(x, y, at_x, at_y) if moved else "", symbol


def _free_place(canvas: Canvas, x: float, y: float, half: float) -> tuple[float, float]:
    """Nearest free place to (x, y) for a symbol; (x, y) itself when there is none."""
    for at_x, at_y in _spiral(x, y):
        if canvas.is_free(shapely.box(at_x - half, at_y - half, at_x + half, at_y + half)):
            return at_x, at_y
    return x, y


def _spiral(x: float, y: float) -> Iterator[tuple[float, float]]:
    yield x, y
    for radius in np.arange(2.0, 18.0, 1.5):
        turns: NDArray[np.float64] = np.arange(0, 2 * np.pi, np.pi / 8)
        for turn in turns:
            yield float(x + radius * np.cos(turn)), float(y - radius * np.sin(turn))


def _placed(canvas: Canvas, tables: SheetTables) -> Iterator[tuple[str, str, float, float]]:
    """Category, name and place on the paper of the places that the map shows."""
    places = tables.places
    for point, category, name in zip(
        places.geometry, places["category"], places["name"], strict=True
    ):
        x, y = canvas.place(point)
        if canvas.inside(x, y, 1.8):
            yield category, str(name) if is_known(name) else "", x, y


def _stops(canvas: Canvas, tables: SheetTables) -> list[tuple[str, float, float]]:
    """Draw the stops of the loop that the map shows; return their names and places."""
    drawn = []
    for index, (point, name) in enumerate(
        zip(tables.stops.geometry, tables.stops["name"], strict=True)
    ):
        x, y = canvas.place(point)
        if canvas.inside(x, y, 1.7):
            canvas.raw(stop_symbol(stop_letter(index), x, y, 1.6))
            canvas.reserve(x, y, 1.7)
            drawn += [(str(name), x, y)] if is_known(name) else []
    return drawn


def _names(canvas: Canvas, basemap: Basemap, lang: Lang) -> None:
    name_land_use(canvas, basemap, lang)
    if canvas.frame.scale <= MAIN_STREETS_UP_TO:
        least = 0 if canvas.frame.scale <= ALL_STREETS_UP_TO else 2
        name_streets(canvas, basemap, lang, least_grade=least)
