"""Differences between two results: a table, a layer, and a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.geopackage import single_layer
from foncier.export.qgis.styles import form_style
from foncier.export.tables import write_frame
from foncier.i18n import label
from foncier.results.labels import VALUES
from foncier.results.layers import Layer
from foncier.schemas import Column
from foncier.schemas.base import POLYGON, Table
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang

# What became of a site, each with a colour (Okabe and Ito); grey for what did not change.
COLOURS = {
    "apparu": "#009E73",
    "disparu": "#D55E00",
    "modifie": "#E69F00",
    "renomme": "#0072B2",
    "inchange": "#BDBDBD",
}
FATES = {fate: label(f"export.diff.{fate}") for fate in COLOURS}
LAYER = "differences"
INK, SIZE_IN, DPI = "#1A1A1A", (11.0, 8.0), 130
BUFFER_M = 150.0  # of surroundings on the map
LABELLED, LABELS = ("apparu", "disparu", "renomme"), 25
MIN_RADIUS_M = 12.0  # a smaller site is drawn as a disc of this radius, to be visible on a page

DIFFERENCES = Table(
    LAYER,
    (),
    (
        Column("opportunity_id", "text"),
        Column("fate", "text", values=tuple(COLOURS)),
        Column("kind", "text", values=KINDS),
        Column("old_id", "text", optional=True),
        Column("name", "text", optional=True),
        Column("common_share", "number", "0–1", optional=True, low=0, high=1),
        Column("old_area_m2", "number", "m²", optional=True),
        Column("new_area_m2", "number", "m²", optional=True),
        Column("old_score", "number", optional=True),
        Column("new_score", "number", optional=True),
        Column("old_rank", "number", optional=True),
        Column("new_rank", "number", optional=True),
        Column("old_confidence", "number", optional=True),
        Column("new_confidence", "number", optional=True),
        Column("gained", "text", optional=True),
        Column("lost", "text", optional=True),
        Column("changed", "text", optional=True),
        Column("reason_fr", "text", optional=True),
        Column("reason_en", "text", optional=True),
    ),
    POLYGON,
)


def write_table(rows: gpd.GeoDataFrame, path: Path, *, lang: Lang) -> None:
    """Write what became of each site as a CSV file (see `DIFFERENCES`)."""
    table = DIFFERENCES.conform(rows)
    write_frame(pd.DataFrame(table.drop(columns="geometry")), path, lang=lang)


def write_layer(
    rows: gpd.GeoDataFrame, path: Path, *, title: str, day: date | None, lang: Lang
) -> None:
    """Write what became of each site as a GeoPackage whose layer is coloured by fate.

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """
    table = DIFFERENCES.conform(rows)
    layer = Layer(LAYER, DIFFERENCES.label, DIFFERENCES.columns, "MultiPolygon", table)
    classes = [
        {"value": fate, "label": text[lang], "colour": COLOURS[fate]}
        for fate, text in FATES.items()
    ]
    values = {value: text[lang] for value, text in {**VALUES, **FATES}.items()}
    style = form_style(layer, classes=classes, values=values, editable=(), lang=lang)
    single_layer.write_single_layer(layer, path, crs=table.crs, style=style, title=title, day=day)


def write_map(
    rows: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, path: Path, *, title: str, lang: Lang
) -> None:
    """Draw a PNG map to scale of the sites that appeared, disappeared or changed.

    The sites that appeared, disappeared or were renamed are labelled.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _paint(axes, _near(buildings, rows), facecolor="#EDEDED", edgecolor="#E0E0E0", linewidth=0.3)
    handles = [
        _draw(axes, rows.loc[(rows["fate"] == fate).to_numpy(dtype=bool)], fate, lang)
        for fate in reversed(FATES)
    ]
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.set_axis_off()
    # Beside the map, so that it hides no site.
    figure.legend(
        handles=[h for h in handles[::-1] if h is not None],
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=11,
    )
    figure.suptitle(
        f"{DIFFERENCES.label[lang]} – {title}".replace("$", r"\$"), fontsize=13, color=INK
    )
    if len(rows):
        _label(axes, rows)
        _scale(axes, rows)
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw(axes: Any, sites: gpd.GeoDataFrame, fate: str, lang: Lang) -> Any:
    """Draw the sites of one fate; return the patch for the legend, None without sites."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    if sites.empty:
        return None
    plots = sites.geometry.to_numpy()
    if fate != "inchange":
        small = shapely.area(plots) < MIN_RADIUS_M**2
        plots = np.where(small, shapely.buffer(shapely.centroid(plots), MIN_RADIUS_M), plots)
    _paint(axes, plots, facecolor=COLOURS[fate], edgecolor=COLOURS[fate], linewidth=1.2, alpha=0.9)
    return Patch(facecolor=COLOURS[fate], label=f"{FATES[fate][lang]} ({len(sites)})")


def _near(buildings: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> Any:
    """Buildings inside the bounds of the sites, buffered."""
    plots = buildings.geometry.to_numpy()
    if rows.empty:
        return plots[:0]
    frame = shapely.buffer(shapely.box(*rows.total_bounds), BUFFER_M)
    return plots[shapely.intersects(plots, frame)]


def _paint(axes: Any, plots: Any, **look: Any) -> None:
    from matplotlib.collections import PathCollection  # noqa: PLC0415

    outlines = [_outline(part) for part in shapely.get_parts(plots)]
    axes.add_collection(PathCollection(outlines, **look))


def _label(axes: Any, rows: gpd.GeoDataFrame) -> None:
    """Label the first sites that appeared, disappeared or were renamed."""
    sites = rows.loc[rows["fate"].isin(LABELLED).to_numpy(dtype=bool)].head(LABELS)
    labels = sites["name"].astype("str").fillna(sites["opportunity_id"].astype("str"))
    boxes = shapely.bounds(sites.geometry.to_numpy())
    for text, (west, _, east, north) in zip(labels, boxes, strict=True):
        axes.annotate(
            text.replace("$", r"\$"),
            ((west + east) / 2, north),
            xytext=(0, 4),
            ha="center",
            textcoords="offset points",
            fontsize=8.5,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
        )


def _outline(polygon: shapely.Polygon) -> Any:
    from matplotlib.path import Path as Outline  # noqa: PLC0415

    rings = [polygon.exterior, *polygon.interiors]
    return Outline.make_compound_path(*(Outline(shapely.get_coordinates(r)) for r in rings))


def _scale(axes: Any, rows: gpd.GeoDataFrame) -> None:
    """Draw a scale bar of a round length, about a fifth of the map."""
    west, south, east, _ = rows.total_bounds
    wanted = max(east - west, 10.0) / 5
    power = 10 ** np.floor(np.log10(wanted))
    length = float(power * max(s for s in (1, 2, 5) if s * power <= wanted))
    axes.plot([west, west + length], [south, south], color=INK, linewidth=3, solid_capstyle="butt")
    axes.annotate(
        f"{length:.0f} m",
        (west + length / 2, south),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        fontsize=10,
        color=INK,
    )
