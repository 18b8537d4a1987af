"""Map of the agreement of rule sets: one panel per kind, plots coloured by number of rule sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely

from foncier.errors import ExportError
from foncier.export.geopackage.single_layer import write_layers
from foncier.i18n import format_value, localize
from foncier.model import KIND_PLURALS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from foncier.i18n import Lang

# From few to all: light to dark, distinct in grey and with any colour vision (cividis).
SHADES = ("#F4DE7A", "#B9A668", "#6E7074", "#00204D")
KINDS = ("dent_creuse", "terrain_divisible")
MARGIN_M = 60.0
BARS_M = (50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)
DPI = 130
SHEET = (14.0, 8.7)  # inches
MAP = (0.475, 0.73)  # share of the sheet
INK, PAPER = "#1A1A1A", "#FFFFFF"


@dataclass(frozen=True)
class Scene:
    """Background, title and credits of the map.

    ``sources`` credit the layers; ``day`` is the date of the study, None when undated. Layers of
    the study that it does not have are None; the map of agreement shows no zones or constraints.
    """

    title: str
    parcels: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame | None
    sources: tuple[str, ...]
    day: date | None
    zones: gpd.GeoDataFrame | None = None
    constraints: gpd.GeoDataFrame | None = None


def draw_agreement(
    agreement: gpd.GeoDataFrame,
    summary: pd.DataFrame,
    scene: Scene,
    path: Path,
    *,
    lang: Lang = "fr",
) -> None:
    """Write a PNG with a map per kind; the same tables give the same bytes.

    Parameters
    ----------
    agreement
        One row per kind and parcel: ``kind``, ``found_by`` (1 to the number of rule sets).
    summary
        One row per rule set: ``profile``, and one count per kind.
    scene
        Background, title and credits.
    path
        The file to write.

    Raises
    ------
    ExportError
        It cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SHEET, facecolor=PAPER)
    FigureCanvasAgg(figure)
    figure.text(0.02, 0.955, escape_text(scene.title), fontsize=17, weight="bold", color=INK)
    subtitle = localize("export.agreement.subtitle", lang, count=len(summary))
    figure.text(0.02, 0.918, subtitle, fontsize=12, color=INK)
    bounds = _bounds(agreement, scene)
    for n, kind in enumerate(KINDS):
        axes = figure.add_axes((0.02 + 0.485 * n, 0.13, *MAP))
        _draw_map(axes, agreement[agreement["kind"] == kind], scene, bounds)
        axes.set_title(KIND_PLURALS[kind][lang], fontsize=13, loc="left", color=INK)
        _legend(axes, agreement, summary, kind, lang)
        draw_north_arrow(axes)
        draw_scale_bar(axes, bounds)
    _credits(figure, scene, lang)
    try:
        figure.savefig(path, dpi=DPI, format="png", metadata={"Software": None})
    except OSError as error:
        raise ExportError("export.not_written", file=path.name, why=error) from error


def escape_text(text: str) -> str:
    """Escape what matplotlib would read as mathematics."""
    return text.replace("$", r"\$")


def _bounds(agreement: gpd.GeoDataFrame, scene: Scene) -> Any:
    """Bounds of the maps: those of the plots, else of the parcels, in the ratio of the panel."""
    shown = agreement if len(agreement) else scene.parcels
    if not len(shown):
        return np.array([0.0, 0.0, 1.0, 1.0])
    bounds = np.array(shown.total_bounds) + np.array([-1, -1, 1, 1]) * MARGIN_M
    middle, half = (bounds[:2] + bounds[2:]) / 2, (bounds[2:] - bounds[:2]) / 2
    panel = np.array(MAP) * np.array(SHEET)
    half = panel * (half / panel).max()
    return np.concatenate([middle - half, middle + half])


def _draw_map(axes: Any, plots: gpd.GeoDataFrame, scene: Scene, bounds: Any) -> None:
    """Background in grey, then plots by shade, those of fewest rule sets first."""
    window = shapely.box(*bounds)
    for layer, look in (
        (scene.parcels, {"facecolor": "none", "edgecolor": "#D9D9D9", "linewidth": 0.25}),
        (scene.buildings, {"facecolor": "#C4C4C4", "edgecolor": "none"}),
    ):
        near = layer[shapely.intersects(layer.geometry.to_numpy(), window)]
        if len(near):
            near.plot(ax=axes, aspect=None, **look)
    if scene.streets is not None:
        near = scene.streets[shapely.intersects(scene.streets.geometry.to_numpy(), window)]
        if len(near):
            near.plot(ax=axes, aspect=None, color="#9A9A9A", linewidth=0.6)
    for count in sorted(plots["found_by"].unique()):
        look = {"facecolor": _shade(int(count)), "edgecolor": INK, "linewidth": 0.3}
        plots[plots["found_by"] == count].plot(ax=axes, aspect=None, **look)
    axes.set_xlim(bounds[0], bounds[2])
    axes.set_ylim(bounds[1], bounds[3])
    axes.set_aspect("equal")
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor("#7F7F7F")


def _shade(count: int) -> str:
    return SHADES[min(count, len(SHADES)) - 1]


def _legend(
    axes: Any, agreement: gpd.GeoDataFrame, summary: pd.DataFrame, kind: str, lang: Lang
) -> None:
    """Number of plots by number of rule sets, and by rule set."""
    counts = agreement.loc[agreement["kind"] == kind, "found_by"].value_counts()
    patches = _patches(counts, len(summary), lang)
    each = "   ".join(
        f"{name} {format_value(count, 'n', lang)}"
        for name, count in zip(summary["profile"], summary[kind], strict=True)
    )
    axes.legend(
        handles=patches,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.01),
        ncols=len(patches),
        frameon=False,
        fontsize=9.5,
        handlelength=1.4,
        columnspacing=1.2,
    )
    axes.text(
        0.5,
        -0.075,
        localize("export.agreement.each_set", lang, counts=each),
        transform=axes.transAxes,
        ha="center",
        fontsize=9.5,
        color=INK,
    )


def _patches(counts: pd.Series[int], total: int, lang: Lang) -> list[Any]:
    """One patch of the legend per number of rule sets, with its number of plots."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    return [
        Patch(
            facecolor=_shade(count),
            edgecolor=INK,
            linewidth=0.5,
            label=localize(
                "export.agreement.all_sets" if count == total else "export.agreement.some_sets",
                lang,
                count=count,
                plots=int(counts.get(count, 0)),
            ),
        )
        for count in range(total, 0, -1)
    ]


def draw_north_arrow(axes: Any) -> None:
    """Draw an arrow to the north in the upper right corner."""
    axes.annotate(
        "N",
        xy=(0.955, 0.965),
        xytext=(0.955, 0.885),
        xycoords="axes fraction",
        ha="center",
        fontsize=11,
        weight="bold",
        color=INK,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4},
    )


def draw_scale_bar(axes: Any, bounds: Any) -> None:
    """Draw a scale bar: the longest round length under a quarter of the map."""
    width = max(bounds[2] - bounds[0], 1.0)
    length = max((bar for bar in BARS_M if bar <= width / 4), default=BARS_M[0])
    x, y = bounds[0] + 0.03 * width, bounds[1] + 0.03 * width
    axes.plot([x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt")
    words = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.text(
        x + length / 2,
        y + 0.012 * width,
        words,
        ha="center",
        fontsize=9,
        color=INK,
        bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
    )


def _credits(figure: Any, scene: Scene, lang: Lang) -> None:
    sources = list(dict.fromkeys(escape_text(source) for source in scene.sources if source))
    sentences = [
        localize("export.agreement.sources", lang, sources=sources)
        if sources
        else localize("export.agreement.no_source", lang),
        *([f"{format_value(scene.day, 'day', lang)}."] if scene.day else []),
        localize("export.agreement.caution", lang),
    ]
    figure.text(0.02, 0.02, " ".join(sentences), fontsize=8.5, color="#404040", wrap=True)


POLYGON_TYPE = 3  # shapely's type id


def write_comparison(
    layers: Mapping[str, gpd.GeoDataFrame], path: Path, *, day: date | None
) -> None:
    """Write polygon layers to a new GeoPackage; the same layers give the same bytes.

    Parameters
    ----------
    layers
        Tables by layer name, in the legal metric CRS, in the order of the file.
    path
        A file that does not exist yet.
    day
        Date of the file (1 January 2000 when None).

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """

    def fill(draft: Path) -> None:
        for name, frame in layers.items():
            shapes = frame.geometry.to_numpy()
            single = shapely.get_type_id(shapes) == POLYGON_TYPE
            shapes[single] = shapely.multipolygons(shapes[single][:, None])
            pyogrio.write_dataframe(
                frame.set_geometry(shapes, crs=frame.crs),
                draft,
                layer=name,
                driver="GPKG",
                geometry_type="MultiPolygon",
                append=draft.exists(),
                GEOMETRY_NAME="geom",
            )

    write_layers(path, fill, day=day)
