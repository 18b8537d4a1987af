"""Blind plan sheets: one page a place, with what a reader needs to judge it and no verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import ExportError
from foncier.export.compare_profiles import (
    INK,
    PAPER,
    Scene,
    draw_north_arrow,
    draw_scale_bar,
    escape_text,
)
from foncier.i18n import format_value, localize
from foncier.model import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from foncier.i18n import Lang

    Box = tuple[float, float, float, float]

SHEET, DPI = (11.7, 8.27), 110  # A4 landscape, inches
LEAST_HALF_M, ROUND_HALF_M, MARGIN = 45.0, 220.0, 1.7
EDGE_M, MAX_EDGES = 6.0, 14  # shorter edges get no length
SUBJECT, LIGHT, STREET = "#C8102E", "#F2B65A", "#2B6CB0"
ZONES = {"U": "#FBE9E7", "AU": "#FFF3D6", "A": "#FFFBE0", "N": "#E4F2E1"}
USES = {"water": "#BCD8EA", "park": "#CFE6BD", "cemetery": "#D8E0CB", "road": "#DADADA"}
OTHER_USE = "#E3DDEE"
ORTHOPHOTO = (
    "https://www.geoportail.gouv.fr/carte?c={lon:.6f},{lat:.6f}&z=19"
    "&l0=ORTHOIMAGERY.ORTHOPHOTOS::GEOPORTAIL:OGC:WMTS(1)&permalink=yes"
)


@dataclass(frozen=True)
class PlanSheets:
    """Places to judge: ``place_id``, ``parcel_ids`` (missing where unknown) and a polygon each.

    ``verdicts`` are the codes among which the reader chooses.
    """

    scene: Scene
    places: gpd.GeoDataFrame
    verdicts: tuple[str, ...]


def write_pdf(sheets: PlanSheets, path: Path, *, lang: Lang) -> None:
    """Write a page a place; the same places give the same bytes.

    Raises
    ------
    ExportError
        It cannot be written.
    """
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415 (slow to import)

    try:
        with PdfPages(path, metadata={"CreationDate": None}) as pages:
            for figure in _figures(sheets, lang):
                pages.savefig(figure)
    except OSError as error:
        raise ExportError("export.not_written", file=path.name, why=error) from error


def write_png(sheets: PlanSheets, row: int, path: Path, *, lang: Lang) -> None:
    """Write the page of one place as a picture.

    Raises
    ------
    ExportError
        It cannot be written.
    """
    one = replace(sheets, places=sheets.places.iloc[[row]])
    number, total = row + 1, len(sheets.places)
    try:
        for figure in _figures(one, lang, first=number, total=total):
            figure.savefig(path, dpi=DPI, format="png", metadata={"Software": None})
    except OSError as error:
        raise ExportError("export.not_written", file=path.name, why=error) from error


def _figures(
    sheets: PlanSheets, lang: Lang, *, first: int = 1, total: int | None = None
) -> Iterator[Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    places = sheets.places.to_crs(4326)
    middles = shapely.point_on_surface(places.geometry.to_numpy())
    for n, place in enumerate(sheets.places.itertuples(index=False)):
        figure = Figure(figsize=SHEET, facecolor=PAPER)
        FigureCanvasAgg(figure)
        shape = place.geometry
        close = figure.add_axes((0.02, 0.07, 0.60, 0.85))
        _draw(close, sheets.scene, shape, _window(shape, LEAST_HALF_M, 0.60 / 0.85), close=True)
        wide = figure.add_axes((0.64, 0.47, 0.34, 0.45))
        _draw(wide, sheets.scene, shape, _window(shape, ROUND_HALF_M, 0.34 / 0.45), close=False)
        title = localize(
            "export.plan_sheets.title",
            lang,
            number=first + n,
            total=total or len(sheets.places),
            place=str(place.place_id),
        )
        figure.text(0.02, 0.945, escape_text(title), fontsize=15, weight="bold", color=INK)
        lon, lat = (float(v) for v in (shapely.get_x(middles[n]), shapely.get_y(middles[n])))
        _facts(figure, sheets, place, (lon, lat), lang)
        yield figure


def _window(shape: shapely.Geometry, least: float, ratio: float) -> Box:
    """Bounds of a map around a shape, in the ratio (width / height in inches) of its panel."""
    west, south, east, north = (float(v) for v in shapely.bounds(shape))
    ratio *= SHEET[0] / SHEET[1]
    half = max((east - west) / 2 * MARGIN / ratio, (north - south) / 2 * MARGIN, least)
    x, y = (west + east) / 2, (south + north) / 2
    return x - half * ratio, y - half, x + half * ratio, y + half


def _near(layer: gpd.GeoDataFrame | None, bounds: Box) -> gpd.GeoDataFrame:
    """Rows of a layer that intersect bounds; an empty table for a missing layer."""
    if layer is None:
        return gpd.GeoDataFrame(geometry=[])
    return layer.iloc[np.sort(layer.sindex.query(shapely.box(*bounds), predicate="intersects"))]


def _draw(axes: Any, scene: Scene, shape: shapely.Geometry, bounds: Box, *, close: bool) -> None:
    """Draw zones, uses, parcels, buildings, streets, then the outline of the place."""
    for zone, rows in _grouped(_near(scene.zones, bounds), "zone_type"):
        fill = ZONES.get(zone.rstrip("abcdefghijklmnopqrstuvwxyz0123456789"), PAPER)
        rows.plot(ax=axes, aspect=None, facecolor=fill, edgecolor="#B9A2A2", linewidth=0.8)
    for use, rows in _grouped(_near(scene.constraints, bounds), "kind"):
        rows.plot(ax=axes, aspect=None, color=USES.get(use, OTHER_USE), alpha=0.8)
    parcels = _near(scene.parcels, bounds)
    if len(parcels):
        look = {"facecolor": "none", "edgecolor": "#8A8A8A", "linewidth": 0.7 if close else 0.35}
        parcels.plot(ax=axes, aspect=None, **look)
    for kind, rows in _grouped(_near(scene.buildings, bounds), "kind"):
        fill = LIGHT if kind == "light" else "#5A5A5A"
        rows.plot(ax=axes, aspect=None, facecolor=fill, edgecolor="#333333", linewidth=0.3)
    streets = _near(scene.streets, bounds)
    if len(streets):
        streets.plot(ax=axes, aspect=None, color=STREET, linewidth=1.6 if close else 0.8)
    subject = gpd.GeoSeries([shape])
    subject.boundary.plot(ax=axes, aspect=None, color=SUBJECT, linewidth=2.4 if close else 1.6)
    if close:
        _lengths(axes, shape)
        _numbers(axes, parcels, bounds)
        _names(axes, streets, bounds)
    _frame(axes, bounds)


def _grouped(rows: gpd.GeoDataFrame, column: str) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    if len(rows):
        for value in sorted(rows[column].astype("str").unique()):
            yield value, rows.loc[(rows[column] == value).to_numpy(dtype=bool)]


def _lengths(axes: Any, shape: shapely.Geometry) -> None:
    """Write the length of the longest edges of a place, in metres."""
    rings = shapely.get_exterior_ring(shapely.get_parts(shapely.simplify(shape, 0.5)))
    points = [shapely.get_coordinates(ring) for ring in rings]
    starts, ends = (np.vstack([p[a:b] for p in points]) for a, b in ((0, -1), (1, None)))
    length = np.hypot(*(ends - starts).T)
    for n in np.argsort(-length, kind="stable")[:MAX_EDGES]:
        if length[n] >= EDGE_M:
            _write(axes, (starts[n] + ends[n]) / 2, f"{length[n]:.0f}", SUBJECT, 8)


def _numbers(axes: Any, parcels: gpd.GeoDataFrame, bounds: Box) -> None:
    """Write section and number of the parcels of the map."""
    if not len(parcels):
        return
    middles = shapely.get_coordinates(shapely.point_on_surface(parcels.geometry.to_numpy()))
    for point, parcel in zip(middles, parcels["parcel_id"], strict=True):
        if _is_inside(point, bounds):
            _write(axes, point, str(parcel)[8:].lstrip("0"), "#4A4A4A", 6)


def _names(axes: Any, streets: gpd.GeoDataFrame, bounds: Box) -> None:
    """Write the name of each street once, at the middle of its longest part of the map."""
    if not len(streets) or not streets["name"].notna().any():
        return
    lines = shapely.intersection(streets.geometry.to_numpy(), shapely.box(*bounds))
    rows = pd.DataFrame({"name": streets["name"].to_numpy(), "m": shapely.length(lines)})
    rows = rows.dropna().sort_values("m", ascending=False, kind="stable").drop_duplicates("name")
    for n, name in zip(rows.index, rows["name"], strict=True):
        middle = shapely.line_interpolate_point(_longest(lines[n]), 0.5, normalized=True)
        _write(axes, shapely.get_coordinates(middle)[0], str(name), STREET, 7)


def _longest(line: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(line)
    return parts[int(np.argmax(shapely.length(parts)))]


def _is_inside(point: NDArray[np.float64], bounds: Box) -> bool:
    west, south, east, north = bounds
    return bool(west < point[0] < east and south < point[1] < north)


def _write(axes: Any, point: Any, words: str, colour: str, size: float) -> None:
    box = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
    x, y = (float(v) for v in point)
    middle = {"ha": "center", "va": "center", "clip_on": True}
    axes.text(x, y, escape_text(words), color=colour, fontsize=size, bbox=box, **middle)


def _frame(axes: Any, bounds: Box) -> None:
    axes.set_xlim(bounds[0], bounds[2])
    axes.set_ylim(bounds[1], bounds[3])
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("")
    axes.set_ylabel("")
    draw_north_arrow(axes)
    draw_scale_bar(axes, np.array(bounds))


def _facts(
    figure: Any, sheets: PlanSheets, place: Any, where: tuple[float, float], lang: Lang
) -> None:
    """Write what is measured, the choices of the reader, and the link to the orthophoto."""
    shape, scene = place.geometry, sheets.scene
    buildings = _near(scene.buildings, shapely.bounds(shape))
    kinds = buildings["kind"].to_numpy() if len(buildings) else np.array([], dtype=object)
    built = shapely.area(shapely.intersection(buildings.geometry.to_numpy(), shape))
    light = kinds == "light"
    zones = _near(scene.zones, shapely.bounds(shape))
    shares = shapely.area(shapely.intersection(zones.geometry.to_numpy(), shape)) / shape.area
    parts = [
        localize(
            "export.plan_sheets.zone", lang, zone=_zone_name(zone), share=float(min(share, 1.0))
        )
        for zone, share in zip(zones.to_dict("records"), shares, strict=True)
        if share > 0.01
    ]
    lines = [
        localize("export.plan_sheets.parcels", lang, parcels=_parcels(place)),
        localize("export.plan_sheets.area", lang, area=shape.area),
        localize(
            "export.plan_sheets.built",
            lang,
            hard=float(built[~light].sum()),
            light=float(built[light].sum()),
        ),
        localize("export.plan_sheets.zones", lang, zones=parts)
        if parts
        else localize("export.plan_sheets.no_zone", lang),
        "",
        *(f"☐ {VERDICTS[name].text[lang]}" for name in sheets.verdicts),
        localize("export.plan_sheets.why", lang),
    ]
    y = 0.425
    for line in lines:
        figure.text(0.64, y, escape_text(line), fontsize=10, color=INK, family="DejaVu Sans")
        y -= 0.028
    link = ORTHOPHOTO.format(lon=where[0], lat=where[1])
    words = localize("export.plan_sheets.orthophoto", lang, lon=where[0], lat=where[1])
    figure.text(0.64, 0.085, words, fontsize=8.5, color=STREET, url=link)
    credits_ = list(dict.fromkeys(escape_text(s) for s in scene.sources if s))
    day = [format_value(scene.day, "day", lang)] if scene.day else []
    legend = localize("export.plan_sheets.legend", lang)
    figure.text(0.02, 0.045, legend, fontsize=8, color="#404040")
    figure.text(0.02, 0.02, " · ".join([*credits_, *day]), fontsize=7, color="#404040")


def _zone_name(zone: Any) -> str:
    name = zone["label"]
    return str(name) if isinstance(name, str) and name else str(zone["zone_type"])


def _parcels(place: Any) -> list[str]:
    ids = place.parcel_ids
    return str(ids).split("|") if isinstance(ids, str) else []
