"""What changed between two results: a table, a layer, and a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export import words
from foncier.export.geopackage import single_layer
from foncier.export.qgis.styles import form_style
from foncier.export.validation_report import write_cells
from foncier.i18n import Localized
from foncier.results.layers import Layer
from foncier.schemas import Column
from foncier.schemas.base import POLYGON, Table
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang

FATES = {
    "apparu": Localized("Apparu", "Appeared"),
    "disparu": Localized("Disparu", "Went"),
    "modifie": Localized("Modifié", "Changed"),
    "renomme": Localized("Renommé, même terrain", "Renamed, same land"),
    "inchange": Localized("Inchangé", "Unchanged"),
}
# Okabe and Ito; what did not change steps back.
COLOURS = {
    "apparu": "#009E73",
    "disparu": "#D55E00",
    "modifie": "#E69F00",
    "renomme": "#0072B2",
    "inchange": "#BDBDBD",
}
LAYER, TITLE = "differences", Localized("Différences", "Differences")
INK, SIZE_IN, DPI = "#1A1A1A", (11.0, 8.0), 130
AROUND_M = 150.0  # of the town is shown around the sites
NAMED, LABELS = ("apparu", "disparu", "renomme"), 25
SEEN_M = 12.0  # a smaller site is drawn larger: it would not be seen on a page

DIFFERENCES = Table(
    LAYER,
    TITLE.fr,
    TITLE.en,
    (),
    (
        Column("opportunity_id", "text", "Opportunité", "Opportunity"),
        Column("fate", "text", "Ce qu'elle devient", "What became of it", values=tuple(FATES)),
        Column("kind", "text", "Nature", "Kind", values=KINDS),
        Column("old_id", "text", "Ancien identifiant", "Former id", optional=True),
        Column("name", "text", "Nom", "Name", optional=True),
        Column(
            "common_share",
            "number",
            "Part commune des contours",
            "Common share of outlines",
            "0–1",
            optional=True,
            low=0,
            high=1,
        ),
        Column("old_area_m2", "number", "Surface avant", "Area before", "m²", optional=True),
        Column("new_area_m2", "number", "Surface après", "Area after", "m²", optional=True),
        Column("old_score", "number", "Score avant", "Score before", optional=True),
        Column("new_score", "number", "Score après", "Score after", optional=True),
        Column("old_rank", "number", "Rang avant", "Rank before", optional=True),
        Column("new_rank", "number", "Rang après", "Rank after", optional=True),
        Column("old_confidence", "number", "Confiance avant", "Confidence before", optional=True),
        Column("new_confidence", "number", "Confiance après", "Confidence after", optional=True),
        Column("gained", "text", "Preuves gagnées", "Evidence gained", optional=True),
        Column("lost", "text", "Preuves perdues", "Evidence lost", optional=True),
        Column("changed", "text", "Colonnes changées", "Columns changed", optional=True),
        Column("reason_fr", "text", "Motif", "Reason (French)", optional=True),
        Column("reason_en", "text", "Motif (anglais)", "Reason", optional=True),
    ),
    POLYGON,
)


def write_table(rows: gpd.GeoDataFrame, path: Path, *, lang: Lang) -> None:
    """Write what became of each site as a CSV (see `DIFFERENCES`)."""
    table = DIFFERENCES.conform(rows)
    write_cells(pd.DataFrame(table.drop(columns="geometry")), path, lang=lang)


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
    layer = Layer(LAYER, TITLE, DIFFERENCES.columns, "MultiPolygon", table)
    classes = [
        {"value": fate, "label": text[lang], "colour": COLOURS[fate]}
        for fate, text in FATES.items()
    ]
    named = {value: text[lang] for value, text in (FATES | words.VALUES).items()}
    style = form_style(layer, classes=classes, values=named, editable=(), lang=lang)
    single_layer.write_single_layer(layer, path, crs=table.crs, style=style, title=title, day=day)


def write_map(
    rows: gpd.GeoDataFrame, ground: gpd.GeoDataFrame, path: Path, *, title: str, lang: Lang
) -> None:
    """Draw where the sites are that appeared, went or changed, as a PNG to scale.

    ``ground`` are the buildings around; those that appeared, went or were renamed are named.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _paint(axes, _near(ground, rows), facecolor="#EDEDED", edgecolor="#E0E0E0", linewidth=0.3)
    handles = [
        _draw(axes, rows.loc[(rows["fate"] == fate).to_numpy(dtype=bool)], fate, lang)
        for fate in reversed(FATES)
    ]
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.set_axis_off()
    # Beside the map, never on it.
    figure.legend(
        handles=[h for h in handles[::-1] if h is not None],
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=11,
    )
    figure.suptitle(f"{TITLE[lang]} – {title}".replace("$", r"\$"), fontsize=13, color=INK)
    if len(rows):
        _label(axes, rows)
        _scale(axes, rows)
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw(axes: Any, own: gpd.GeoDataFrame, fate: str, lang: Lang) -> Any:
    """Draw the sites of one fate; its patch for the legend, None when there is none."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    if own.empty:
        return None
    plots = own.geometry.to_numpy()
    if fate != "inchange":
        small = shapely.area(plots) < SEEN_M**2
        plots = np.where(small, shapely.buffer(shapely.centroid(plots), SEEN_M), plots)
    _paint(axes, plots, facecolor=COLOURS[fate], edgecolor=COLOURS[fate], linewidth=1.2, alpha=0.9)
    return Patch(facecolor=COLOURS[fate], label=f"{FATES[fate][lang]} ({len(own)})")


def _near(ground: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> Any:
    """Buildings of the frame that the sites make."""
    plots = ground.geometry.to_numpy()
    if rows.empty:
        return plots[:0]
    frame = shapely.buffer(shapely.box(*rows.total_bounds), AROUND_M)
    return plots[shapely.intersects(plots, frame)]


def _paint(axes: Any, plots: Any, **look: Any) -> None:
    from matplotlib.collections import PathCollection  # noqa: PLC0415

    outlines = [_outline(part) for part in shapely.get_parts(plots)]
    axes.add_collection(PathCollection(outlines, **look))


def _label(axes: Any, rows: gpd.GeoDataFrame) -> None:
    """Name the sites that appeared, went or were renamed, where they are few enough to read."""
    own = rows.loc[rows["fate"].isin(NAMED).to_numpy(dtype=bool)].head(LABELS)
    named = own["name"].astype("str").fillna(own["opportunity_id"].astype("str"))
    tops = shapely.bounds(own.geometry.to_numpy())
    for text, (west, _, east, north) in zip(named, tops, strict=True):
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
