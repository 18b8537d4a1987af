"""The two maps of the leaflet: where the sites are, and what they reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.export.sheets.basemap import (
    draw_ground,
    draw_loop,
    draw_scale,
    name_streets,
    name_waters,
    reserve_corners,
)
from foncier.export.sheets.canvas import Canvas, Window, window
from foncier.export.sheets.markers import (
    AREA,
    AXIS,
    INK,
    KINDS,
    PLACE_COLOUR,
    PLACES,
    kind_mark,
    place_mark,
    stop_letter,
    stop_mark,
)
from foncier.export.sheets.sitemap import beside
from foncier.export.sheets.typography import is_known, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from foncier.export.sheets.basemap import Basemap
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

SECTOR_MM = (182.0, 154.0)
SERVICES_MM = (182.0, 122.0)
NUMBERED = 40  # sites whose number shows; beyond, a map of the sector is all numbers
SIGN_MM, SMALL_MM = 4.6, 2.4
NEAR_AXIS_M = 1500.0  # sites farther from the axis do not stretch the map of the sector
MAIN_STREETS_UP_TO, ALL_STREETS_UP_TO = 30_000, 10_000


@dataclass(frozen=True)
class Sector:
    """A map of the sector: SVG, scale, and how many sites lie off it."""

    svg: str
    scale: int
    outside: int
    categories: tuple[str, ...] = ()


def sector_window(given: SheetTables, ground: Basemap, size_mm: tuple[float, float]) -> Window:
    """Window that shows axis, loop and study area, with the sites near them; else all sites."""
    shapes = np.asarray(given.sites.geometry.array, dtype=object)
    lines = np.array([*ground.axis, *ground.loop, *ground.area], dtype=object)
    if len(lines):
        near = shapely.dwithin(shapes, shapely.union_all(lines), NEAR_AXIS_M)
        shapes = np.concatenate([lines, shapes[near]]) if not len(ground.area) else lines
    if not len(shapes):
        shapes = np.asarray(given.places.geometry.array, dtype=object)
    bounds = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    return window(tuple(float(v) for v in bounds), *size_mm, least=2000, filled=0.96)  # type: ignore[arg-type]


def sector_map(given: SheetTables, ground: Basemap, lang: Lang) -> Sector:
    """Draw the sites, numbered by rank, on the axis and the loop."""
    canvas = _sector_canvas(given, ground, SECTOR_MM)
    inside = _site_shapes(canvas, given)
    ranked = [row for row in inside if is_known(given.sites["overall_rank"].iloc[row])]
    numbered = [row for row in ranked if given.sites["overall_rank"].iloc[row] <= NUMBERED]
    for row in [row for row in inside if row not in set(numbered)][::-1]:
        x, y = _middle(canvas, given, row)
        canvas.raw(kind_mark(given.sites["kind"].iloc[row], "", x, y, SMALL_MM))
        canvas.take(x, y, SMALL_MM / 2)
    stops = _stops(canvas, given)
    signs = [_numbered(canvas, given, row) for row in numbered]
    for mark in signs[::-1]:  # the best ranks on top
        canvas.raw(mark)
    for name, x, y in stops:
        beside(canvas, printable(name, lang=lang, limit=40), x, y, 1.9, size=5, colour="#8f0c2b")
    _names(canvas, ground, lang)
    draw_scale(canvas, lang)
    return Sector(canvas.svg(), canvas.frame.scale, len(given.sites) - len(inside))


def services_map(given: SheetTables, ground: Basemap, lang: Lang) -> Sector:
    """Draw the places to reach, named where there is room, and the stops of the loop."""
    canvas = _sector_canvas(given, ground, SERVICES_MM)
    inside = _site_shapes(canvas, given)
    for row in inside[::-1]:
        x, y = _middle(canvas, given, row)
        canvas.raw(kind_mark(given.sites["kind"].iloc[row], "", x, y, SMALL_MM))
    places = [*_placed(canvas, given)]
    for category, _, x, y in places:
        if category not in PLACES:
            canvas.dot(x, y, 0.65, PLACE_COLOUR)
    _stops(canvas, given)
    main = [one for one in places if one[0] in PLACES]
    for category, _, x, y in main:
        canvas.raw(place_mark(category, x, y, 1.75))
        canvas.take(x, y, 1.9)
    for _, name, x, y in sorted(main, key=lambda one: list(PLACES).index(one[0])):
        if name:
            beside(canvas, printable(name, lang=lang, limit=44), x, y, 2.1, size=5.2)
    _names(canvas, ground, lang)
    draw_scale(canvas, lang)
    categories = tuple(dict.fromkeys(category for category, *_ in places))
    return Sector(canvas.svg(), canvas.frame.scale, len(given.sites) - len(inside), categories)


def _sector_canvas(given: SheetTables, ground: Basemap, size_mm: tuple[float, float]) -> Canvas:
    canvas = Canvas(sector_window(given, ground, size_mm))
    reserve_corners(canvas)
    draw_ground(canvas, ground)
    canvas.stroke(shapely.boundary(ground.area), AREA, 0.3, dash="1.6 1.2", cap="butt")
    canvas.stroke(ground.axis, AXIS, 2.6, opacity=0.32)
    draw_loop(canvas, ground, width=0.75)
    return canvas


def _site_shapes(canvas: Canvas, given: SheetTables) -> list[int]:
    """Draw the outlines of the sites; tell which of them are on the map, in their order."""
    shapes = np.asarray(given.sites.geometry.array, dtype=object)
    kinds = given.sites["kind"].to_numpy()
    for kind, sign in KINDS.items():
        canvas.fill(shapes[kinds == kind], sign.colour, opacity=0.5)
        canvas.stroke(shapely.boundary(shapes[kinds == kind]), sign.colour, 0.15)
    places = [_middle(canvas, given, row) for row in range(len(shapes))]
    return [row for row, (x, y) in enumerate(places) if canvas.inside(x, y, 2.0)]


def _middle(canvas: Canvas, given: SheetTables, row: int) -> tuple[float, float]:
    return canvas.place(shapely.point_on_surface(given.sites.geometry.iloc[row]))


def _numbered(canvas: Canvas, given: SheetTables, row: int) -> str:
    """Sign of a site with its number, moved aside when its place is taken, tied to its place."""
    site = given.sites.iloc[row]
    x, y = _middle(canvas, given, row)
    at_x, at_y = _free_place(canvas, x, y)
    canvas.take(at_x, at_y, SIGN_MM / 2)
    mark = kind_mark(site["kind"], str(int(site["overall_rank"])), at_x, at_y, SIGN_MM)
    if np.hypot(at_x - x, at_y - y) < SIGN_MM / 3:
        return mark
    return (
        f'<path d="M{x:.2f} {y:.2f}L{at_x:.2f} {at_y:.2f}" stroke="{INK}" stroke-width="0.2"/>'
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="0.45" fill="{INK}"/>{mark}'
    )


def _free_place(canvas: Canvas, x: float, y: float) -> tuple[float, float]:
    """Nearest place to (x, y) where a sign covers no other; its own place when there is none."""
    half = SIGN_MM / 2
    for at_x, at_y in _spiral(x, y):
        if canvas.free(shapely.box(at_x - half, at_y - half, at_x + half, at_y + half)):
            return at_x, at_y
    return x, y


def _spiral(x: float, y: float) -> Iterator[tuple[float, float]]:
    yield x, y
    for radius in np.arange(2.0, 18.0, 1.5):
        turns: NDArray[np.float64] = np.arange(0, 2 * np.pi, np.pi / 8)
        for turn in turns:
            yield float(x + radius * np.cos(turn)), float(y - radius * np.sin(turn))


def _placed(canvas: Canvas, given: SheetTables) -> Iterator[tuple[str, str, float, float]]:
    """Category, name and place on the paper of the places that the map shows."""
    places = given.places
    for point, category, name in zip(
        places.geometry, places["category"], places["name"], strict=True
    ):
        x, y = canvas.place(point)
        if canvas.inside(x, y, 1.8):
            yield category, str(name) if is_known(name) else "", x, y


def _stops(canvas: Canvas, given: SheetTables) -> list[tuple[str, float, float]]:
    """Draw the stops of the loop that the map shows; tell the names and places of them."""
    drawn = []
    for index, (point, name) in enumerate(
        zip(given.stops.geometry, given.stops["name"], strict=True)
    ):
        x, y = canvas.place(point)
        if canvas.inside(x, y, 1.7):
            canvas.raw(stop_mark(stop_letter(index), x, y, 1.6))
            canvas.take(x, y, 1.7)
            drawn += [(str(name), x, y)] if is_known(name) else []
    return drawn


def _names(canvas: Canvas, ground: Basemap, lang: Lang) -> None:
    name_waters(canvas, ground, lang)
    if canvas.frame.scale <= MAIN_STREETS_UP_TO:
        least = 0 if canvas.frame.scale <= ALL_STREETS_UP_TO else 2
        name_streets(canvas, ground, lang, least_grade=least)
