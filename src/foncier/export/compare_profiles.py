"""Picture of where rule sets agree: one map a kind, plots coloured by how many found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely

from foncier.errors import ExportError
from foncier.export.geopackage.single_layer import write_layers
from foncier.i18n.format import NARROW
from foncier.model import KIND_PLURALS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

# From few to all: light to dark, told apart in grey and with any colour vision (cividis).
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
    """What stands behind the plots, and what is written under the map.

    ``sources`` credit the layers; ``day`` is the date of the study, None when undated.
    """

    title: str
    parcels: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame | None
    sources: tuple[str, ...]
    day: date | None


def draw_agreement(
    agreement: gpd.GeoDataFrame, summary: pd.DataFrame, scene: Scene, path: Path
) -> None:
    """Write a PNG with a map of each kind; the same tables give the same bytes.

    Parameters
    ----------
    agreement
        One row a kind and parcel found: ``kind``, ``found_by`` (1 to the number of rule sets).
    summary
        One row a rule set: ``profile``, and one count a kind.
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
    figure.text(0.02, 0.955, _plain(scene.title), fontsize=17, weight="bold", color=INK)
    figure.text(
        0.02,
        0.918,
        f"Accord de {len(summary)} jeux de règles sur les mêmes parcelles",
        fontsize=12,
        color=INK,
    )
    frame = _frame(agreement, scene)
    for n, kind in enumerate(KINDS):
        axes = figure.add_axes((0.02 + 0.485 * n, 0.13, *MAP))
        _map(axes, agreement[agreement["kind"] == kind], scene, frame, kind)
        _legend(axes, agreement, summary, kind)
        _north(axes)
        _bar(axes, frame)
    _credits(figure, scene)
    try:
        figure.savefig(path, dpi=DPI, format="png", metadata={"Software": None})
    except OSError as reason:
        raise ExportError(
            f"{path.name}\u00a0: la carte d'accord n'a pas pu être écrite ({reason}). Vérifiez la "
            "place sur le disque et le droit d'écrire dans ce dossier."
        ) from reason


def _plain(text: str) -> str:
    """Text of a study with nothing that matplotlib would take for mathematics."""
    return text.replace("$", r"\$")


def _frame(agreement: gpd.GeoDataFrame, scene: Scene) -> Any:
    """Bounds of the maps: of the plots found, else of the parcels, as wide as the paper."""
    shown = agreement if len(agreement) else scene.parcels
    if not len(shown):
        return np.array([0.0, 0.0, 1.0, 1.0])
    bounds = np.array(shown.total_bounds) + np.array([-1, -1, 1, 1]) * MARGIN_M
    middle, half = (bounds[:2] + bounds[2:]) / 2, (bounds[2:] - bounds[:2]) / 2
    paper = np.array(MAP) * np.array(SHEET)
    half = paper * (half / paper).max()
    return np.concatenate([middle - half, middle + half])


def _map(axes: Any, found: gpd.GeoDataFrame, scene: Scene, frame: Any, kind: str) -> None:
    """Ground in greys, plots by shade, the rarest drawn first."""
    window = shapely.box(*frame)
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
    for many in sorted(found["found_by"].unique()):
        own = found[found["found_by"] == many]
        look = {"facecolor": _shade(int(many)), "edgecolor": INK, "linewidth": 0.3}
        own.plot(ax=axes, aspect=None, **look)
    axes.set_xlim(frame[0], frame[2])
    axes.set_ylim(frame[1], frame[3])
    axes.set_aspect("equal")
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor("#7F7F7F")
    axes.set_title(KIND_PLURALS[kind].fr, fontsize=13, loc="left", color=INK)


def _shade(many: int) -> str:
    return SHADES[min(many, len(SHADES)) - 1]


def _legend(axes: Any, agreement: gpd.GeoDataFrame, summary: pd.DataFrame, kind: str) -> None:
    """How many plots were found by how many rule sets, and by each of them."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    counts = agreement.loc[agreement["kind"] == kind, "found_by"].value_counts()
    every = len(summary)
    marks = [
        Patch(
            facecolor=_shade(many),
            edgecolor=INK,
            linewidth=0.5,
            label=f"{_by(many, every)}\u00a0: {_number(int(counts.get(many, 0)))}",
        )
        for many in range(every, 0, -1)
    ]
    each = "   ".join(
        f"{name} {_number(int(count))}"
        for name, count in zip(summary["profile"], summary[kind], strict=True)
    )
    axes.legend(
        handles=marks,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.01),
        ncols=len(marks),
        frameon=False,
        fontsize=9.5,
        handlelength=1.4,
        columnspacing=1.2,
    )
    axes.text(
        0.5,
        -0.075,
        f"Par jeu de règles\u00a0: {each}",
        transform=axes.transAxes,
        ha="center",
        fontsize=9.5,
        color=INK,
    )


def _by(many: int, every: int) -> str:
    if many == every:
        return f"les {every} jeux"
    return "1 seul jeu" if many == 1 else f"{many} jeux"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", NARROW)


def _north(axes: Any) -> None:
    """Arrow to the north of the grid."""
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


def _bar(axes: Any, frame: Any) -> None:
    """Scale bar: the longest round length under a quarter of the map."""
    wide = max(frame[2] - frame[0], 1.0)
    length = max((b for b in BARS_M if b <= wide / 4), default=BARS_M[0])
    x, y = frame[0] + 0.03 * wide, frame[1] + 0.03 * wide
    axes.plot([x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt")
    words = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.text(
        x + length / 2,
        y + 0.012 * wide,
        words,
        ha="center",
        fontsize=9,
        color=INK,
        bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
    )


def _credits(figure: Any, scene: Scene) -> None:
    when = f" {scene.day.day}/{scene.day.month}/{scene.day.year}." if scene.day else ""
    sources = " ; ".join(dict.fromkeys(s for s in scene.sources if s)) or "non précisées"
    figure.text(
        0.02,
        0.02,
        f"Sources : {_plain(sources)}.{when} Carte : foncier. "
        "Un terrain trouvé n'est ni libre ni à vendre : à vérifier sur place et au PLU.",
        fontsize=8.5,
        color="#404040",
        wrap=True,
    )


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
        A file that is not there yet.
    day
        Date that the file carries (1 January 2000 when None).

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
