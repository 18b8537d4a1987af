"""The two maps of a sheet: the plot in its streets, and where it lies on the axis and the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    kind_mark,
    place_mark,
    stop_letter,
    stop_mark,
)
from foncier.export.sheets.typography import is_known, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foncier.export.sheets.basemap import Basemap
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

SITE_MM = (116.0, 74.0)
LOCATOR_MM = (62.0, 74.0)
LEAST_SCALE = 2000
NUMBERED_PARCELS = 12  # beyond, their numbers would hide the plot
ENTRY = "#11131a"


@dataclass(frozen=True)
class Drawn:
    """A map: its SVG, its scale, and what of the legend it shows."""

    svg: str
    scale: int
    shows: frozenset[str]


def site_window(geometry: shapely.Geometry) -> Window:
    """Window of the map of a site: 1:2 000, or the usual scale at which the site fits."""
    bounds = tuple(float(v) for v in shapely.bounds(geometry))
    return window(bounds, *SITE_MM, least=LEAST_SCALE, filled=0.62)  # type: ignore[arg-type]


def site_map(
    given: SheetTables, ground: Basemap, row: int, own: Sequence[str], lang: Lang
) -> Drawn:
    """Draw a site at its scale: streets, buildings, water, parcels, its way to the loop.

    Parameters
    ----------
    row
        Row of the site in ``given.sites``.
    own
        Its parcels.
    """
    site = given.sites.iloc[row]
    canvas = Canvas(site_window(site.geometry))
    reserve_corners(canvas)
    draw_ground(canvas, ground, close=True)
    shows = {"other"} if _others(canvas, given, row) else set()
    if _on_paper(canvas, ground.loop):
        shows.add("loop")
        draw_loop(canvas, ground)
    _plot(canvas, site)
    numbers = _own_parcels(canvas, ground, own)
    shows |= {"parcels"} if len(numbers) else set()
    shows |= _way(canvas, given, site["opportunity_id"])
    _number(canvas, site)
    _label_parcels(canvas, numbers, lang)
    _places(canvas, given, lang)
    name_streets(canvas, ground, lang)
    name_waters(canvas, ground, lang)
    draw_scale(canvas, lang)
    return Drawn(canvas.svg(), canvas.frame.scale, frozenset(shows))


def _on_paper(canvas: Canvas, shapes: Any) -> bool:
    return bool(len(shapes)) and bool(
        shapely.intersects(np.asarray(shapes), shapely.box(*canvas.frame.bounds)).any()
    )


def _others(canvas: Canvas, given: SheetTables, row: int) -> bool:
    """Draw the other sites around, pale, with their number."""
    shapes = np.asarray(given.sites.geometry.array, dtype=object)
    near = np.flatnonzero(shapely.intersects(shapes, shapely.box(*canvas.frame.bounds)))
    drawn = False
    for other in near[near != row]:
        one = given.sites.iloc[other]
        colour = KINDS[one["kind"]].colour
        canvas.fill([shapes[other]], colour, opacity=0.16, edge=colour, width=0.2, dash="0.9 0.6")
        drawn = True
    return drawn


def _plot(canvas: Canvas, site: Any) -> None:
    colour = KINDS[site["kind"]].colour
    rough = site["perimeter"] in ("emprise_approximative", "point_seul")
    dash = "1.6 1.1" if rough else ""
    canvas.fill([site.geometry], colour, opacity=0.22 if rough else 0.42)
    canvas.stroke(shapely.boundary([site.geometry]), "#ffffff", 1.1, opacity=0.9)
    canvas.stroke(shapely.boundary([site.geometry]), INK, 0.55, dash=dash, cap="butt")


def _own_parcels(
    canvas: Canvas, ground: Basemap, own: Sequence[str]
) -> list[tuple[str, shapely.Geometry]]:
    near = ground.parcels.near(canvas.frame.bounds)
    held = [row for row in near if ground.parcels.name[row] in set(own)]
    canvas.stroke(shapely.boundary(ground.parcels.shapes[held]), INK, 0.16)
    return [(str(ground.parcels.name[row]), ground.parcels.shapes[row]) for row in held]


def _label_parcels(canvas: Canvas, numbers: list[tuple[str, shapely.Geometry]], lang: Lang) -> None:
    if len(numbers) > NUMBERED_PARCELS:
        return
    for parcel, shape in numbers:
        x, y = canvas.place(shapely.point_on_surface(shape))
        text = printable(section(parcel), lang=lang)
        for down in (0.0, 4.2, -4.2, 6.0):
            if canvas.try_write(text, x, y + down, size=5.4, colour=INK, bold=True):
                break


def section(parcel: str) -> str:
    r"""Section and number of a parcel, as the cadastral plan writes them.

    Examples
    --------
    >>> section("80021000AB0150"), section("?")
    ('AB\xa0150', '?')
    """
    if len(parcel) != 14:
        return parcel
    return f"{parcel[8:10].lstrip('0')}\u00a0{parcel[10:].lstrip('0')}"


def _way(canvas: Canvas, given: SheetTables, site: str) -> set[str]:
    """Draw the street access and the way on foot to the loop."""
    found = set()
    own = given.ways.loc[given.ways["opportunity_id"] == site]
    ways = np.asarray(own.geometry.array, dtype=object)
    if _on_paper(canvas, ways) and shapely.length(ways).sum() > canvas.frame.m_per_mm:
        canvas.stroke(ways, "#ffffff", 1.3, opacity=0.9)
        canvas.stroke(ways, ENTRY, 0.75, dash="0.01 1.5")
        found.add("way")
    for point in given.entries.loc[given.entries["opportunity_id"] == site].geometry:
        x, y = canvas.place(point)
        if canvas.inside(x, y):
            canvas.dot(x, y, 1.1, ENTRY)
            canvas.take(x, y, 1.4)
            found.add("entry")
    return found


def _number(canvas: Canvas, site: Any) -> None:
    figure = str(int(site["overall_rank"])) if is_known(site["overall_rank"]) else ""
    x, y = canvas.place(shapely.point_on_surface(site.geometry))
    canvas.raw(kind_mark(site["kind"], figure, x, y, 6.4))
    canvas.take(x, y, 3.2)


def _places(canvas: Canvas, given: SheetTables, lang: Lang) -> None:
    """Draw the main places and the stops of the loop, named where there is room."""
    for index, (point, name) in enumerate(
        zip(given.stops.geometry, given.stops["name"], strict=True)
    ):
        x, y = canvas.place(point)
        if canvas.inside(x, y, 1.5):
            canvas.raw(stop_mark(stop_letter(index), x, y, 1.5))
            canvas.take(x, y, 1.6)
            if is_known(name):
                beside(canvas, printable(name, lang=lang, limit=40), x, y, 1.9, colour="#8f0c2b")
    main = given.places[given.places["category"].isin(PLACES_SHOWN)]
    for point, category, name in zip(main.geometry, main["category"], main["name"], strict=True):
        x, y = canvas.place(point)
        if canvas.inside(x, y, 1.6):
            canvas.raw(place_mark(category, x, y, 1.6))
            canvas.take(x, y, 1.7)
            if is_known(name):
                beside(canvas, printable(name, lang=lang, limit=44), x, y, 2.0)


PLACES_SHOWN = ("station", "university", "research", "innovation", "hospital")


def beside(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    away: float,
    *,
    colour: str = INK,
    size: float = 5.4,
    bold: bool = True,
) -> None:
    """Write a name to the right of a sign, else to its left, below or above it."""
    sides = (
        (away + 0.4, 0.0, "start"),
        (-away - 0.4, 0.0, "end"),
        (0.0, away + 1.3, "middle"),
        (0.0, -away - 1.3, "middle"),
    )
    for right, down, anchor in sides:
        if canvas.try_write(
            text, x + right, y + down, size=size, colour=colour, bold=bold, anchor=anchor
        ):
            return


def locator_window(given: SheetTables, ground: Basemap, geometry: shapely.Geometry) -> Window:
    """Window that shows the axis, the loop and the site; all sites where there is neither."""
    lines = [*ground.axis, *ground.loop] or [*given.sites.geometry]
    bounds = shapely.total_bounds(np.array([*lines, geometry], dtype=object))
    return window(tuple(float(v) for v in bounds), *LOCATOR_MM, least=5000)  # type: ignore[arg-type]


def locator(given: SheetTables, ground: Basemap, row: int, under: str, lang: Lang) -> Drawn:
    """Draw where a site lies on the axis and the loop.

    Parameters
    ----------
    under
        Marks of the same window without the site (`locator_ground`), drawn once a window.
    """
    site = given.sites.iloc[row]
    canvas = Canvas(locator_window(given, ground, site.geometry))
    reserve_corners(canvas)
    canvas.raw(under)
    x, y = canvas.place(shapely.point_on_surface(site.geometry))
    canvas.raw(
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.3" fill="none" stroke="{INK}" stroke-width="0.5"/>'
    )
    canvas.take(x, y, 4.4)
    figure = str(int(site["overall_rank"])) if is_known(site["overall_rank"]) else ""
    _name_stops(canvas, given, lang)
    canvas.raw(kind_mark(site["kind"], figure, x, y, 5.6))
    draw_scale(canvas, lang, most_mm=24)
    return Drawn(canvas.svg(), canvas.frame.scale, frozenset())


def locator_ground(frame: Window, ground: Basemap) -> str:
    """Draw what lies under the site in a locator: streets, water, axis, loop, study area."""
    canvas = Canvas(frame)
    draw_ground(canvas, ground)
    canvas.stroke(shapely.boundary(ground.area), AREA, 0.25, dash="1.2 0.9", cap="butt")
    canvas.stroke(ground.axis, AXIS, 2.0, opacity=0.35)
    draw_loop(canvas, ground, width=0.55)
    return "".join(canvas.marks)


def _name_stops(canvas: Canvas, given: SheetTables, lang: Lang) -> None:
    places = [canvas.place(point) for point in given.stops.geometry]
    for x, y in places:
        if canvas.inside(x, y, 1.0):
            canvas.dot(x, y, 0.75, "#ffffff", edge="#8f0c2b")
            canvas.take(x, y, 0.8)
    for (x, y), name in zip(places, given.stops["name"], strict=True):
        if canvas.inside(x, y, 1.0) and is_known(name):
            beside(
                canvas,
                printable(name, lang=lang, limit=30),
                x,
                y,
                0.8,
                colour="#5d0a1e",
                size=4.8,
                bold=False,
            )
