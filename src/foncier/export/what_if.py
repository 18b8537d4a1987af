"""Effect of planned lines on the scores: in words, as a CSV file, and as a map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier import schemas
from foncier._util.atomic_write import write_atomically
from foncier.export.tables import write_frame
from foncier.i18n import Lang, Message, label, localize
from foncier.results.labels import FICTIONAL, VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from foncier._util.destination import Owner
    from foncier.i18n import Lang
    from foncier.model import ResultTables

NAMES = TABLE, MAP = "scenarios.csv", "scenarios.png"
MOST = 10  # sites described for one scenario, and labelled on the map
LAST = 3  # sites described that lose most
MIN_GAIN = 0.005  # half a point of score out of 100
HALF_MIN = 0.5
LABEL_SPACING = 0.04  # of the width of the map: two labels that are closer would overlap
COLOURS = {"loop": "#1f5fa8", "other_loop": "#c2571a", "crossing": "#7a1fa8"}


def describe_scenarios(
    gains: pd.DataFrame, names: pd.Series[str], lang: Lang
) -> Iterator[tuple[str, list[str]]]:
    """Word each scenario: how many sites gain and lose, then the sites that gain most.

    Parameters
    ----------
    gains
        Table of the schema ``WHAT_IF``, the sites that gain most first.
    names
        Name of each site by its id; missing where it has none.
    """
    for scenario, sites in gains.groupby("scenario", sort=False):
        gain = sites["score_after"] - sites["score_before"]
        nearer = sites["minutes_gained"] >= HALF_MIN
        down = int((gain < -MIN_GAIN).sum())
        title = localize(
            "export.what_if.scenario",
            lang,
            scenario=scenario,
            up=int((gain > MIN_GAIN).sum()),
            down=down,
            nearer=int(nearer.sum()),
            unlocked=int(sites["unlocked"].sum()),
        )
        changed = (gain.abs() > MIN_GAIN) | nearer | sites["unlocked"]
        rows = sites.assign(gain=gain)[changed].to_dict("records")
        last = rows[-LAST:] if down and len(rows) > MOST else []
        yield title, [_site(row, names, lang) for row in [*rows[:MOST], *last]]


def _site(row: dict[Any, Any], names: pd.Series[str], lang: Lang) -> str:
    name = names.get(row["opportunity_id"])
    site = f"{row['opportunity_id']} {name}" if isinstance(name, str) else row["opportunity_id"]
    changes = list(_changes(row))
    return localize("export.what_if.site", lang, site=site, changes=changes)


def _changes(row: dict[Any, Any]) -> Iterator[Message]:
    if row["gain"] == row["gain"]:
        yield Message("export.what_if.score", points=row["gain"] * 100)
    before, after = row["rank_before"], row["rank_after"]
    if before < after or before > after:  # False where one is unknown
        yield Message("export.what_if.rank", before=before, after=after)
    before, after = row["loop_m_before"], row["loop_m_after"]
    if abs(before - after) >= 1:
        yield Message("export.what_if.loop", before=before, after=after)
    if row["unlocked"]:
        yield Message("export.what_if.unlocked")
    towards = row["towards"]
    if isinstance(towards, str) and towards != "loop":
        yield Message(
            "export.what_if.time",
            minutes=row["minutes_gained"],
            destination=VALUES.get(towards, towards),
        )


def write_what_if(
    result: ResultTables,
    gains: pd.DataFrame,
    lines: gpd.GeoDataFrame,
    folder: Path,
    *,
    lang: Lang,
    owner: Owner | None = None,
) -> dict[str, Path]:
    """Write the table and the map of the scenarios, both or none.

    Raises
    ------
    ConfigError
        A file there may not be replaced (`foncier._util.destination`).
    ExportError
        They cannot be written; the former ones are intact.
    """
    names = result.candidates.set_index("opportunity_id")["name"]
    table = gains.assign(name=gains["opportunity_id"].map(names))
    write_atomically(
        folder,
        {
            TABLE: partial(write_frame, table, lang=lang),
            MAP: partial(_write_map, result, gains, lines, lang),
        },
        owner=owner,
    )
    return {"table": folder / TABLE, "map": folder / MAP}


def _write_map(
    result: ResultTables, gains: pd.DataFrame, lines: gpd.GeoDataFrame, lang: Lang, path: Path
) -> None:
    """Draw streets, lines, and sites coloured by their largest gain over the scenarios."""
    # Slow to import, and only this command draws.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(11, 8.5), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal")
    for part in shapely.get_parts(result.background.streets.geometry.to_numpy()):
        axes.plot(*shapely.get_coordinates(part).T, color="#d9d9d4", lw=0.5, zorder=1)
    _draw_lines(axes, lines, lang)
    sites = _draw_sites(axes, result, gains)
    figure.colorbar(sites, ax=axes, shrink=0.5, label=label("export.what_if.gain")[lang])
    _label(axes, result, gains)
    west, south, east, north = shapely.bounds(
        shapely.buffer(shapely.union_all([*lines.geometry, result.area]), 100)
    )
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    fictional = f" – {FICTIONAL[lang]}" if result.demo else ""
    title = f"{schemas.WHAT_IF.label[lang]}{fictional}\n{result.title}"
    axes.set_title(title.replace("$", r"\$"), loc="left", fontsize=11)
    axes.legend(loc="lower left", fontsize=8, framealpha=0.95)
    sources = " | ".join(sorted({r.source for r in result.reports if r.layer == "streets"}))
    figure.text(0.01, 0.005, sources.replace("$", r"\$"), fontsize=6, color="#555555")
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw_lines(axes: Any, lines: gpd.GeoDataFrame, lang: Lang) -> None:
    for row in lines.itertuples(index=False):
        is_loop = row.role == "loop"
        words = localize(
            f"export.what_if.role_{row.role}", lang, name=row.name, length=float(row.length_m)
        )
        for part in shapely.get_parts(np.array([row.geometry], dtype=object)):
            axes.plot(
                *shapely.get_coordinates(part).T,
                color=COLOURS[row.role],
                zorder=3,
                lw=2 if is_loop else 3,
                ls="--" if is_loop else "-",
                label=words.replace("$", r"\$"),
            )


def _draw_sites(axes: Any, result: ResultTables, gains: pd.DataFrame) -> Any:
    x, y, gain = _points(result, gains).T
    return axes.scatter(
        x,
        y,
        c=gain,
        s=42,
        cmap="PiYG",
        vmin=-10,
        vmax=10,
        zorder=4,
        edgecolors="#333333",
        linewidths=0.5,
    )


def _points(result: ResultTables, gains: pd.DataFrame) -> np.ndarray:
    """Centroid of each site and its largest change of score in points (0 without change).

    Shape (n, 3).
    """
    gain = (gains["score_after"] - gains["score_before"]) * 100
    largest = gain.abs().groupby(gains["opportunity_id"]).idxmax().dropna().astype(int)
    by_id = gain.loc[largest].set_axis(largest.index)
    middle = shapely.centroid(result.candidates.geometry.to_numpy())
    change = result.candidates["opportunity_id"].map(by_id).fillna(0.0).to_numpy(float)
    return np.column_stack([shapely.get_x(middle), shapely.get_y(middle), change])


def _label(axes: Any, result: ResultTables, gains: pd.DataFrame) -> None:
    """Label the sites that gain most."""
    table = gains.assign(gain=gains["score_after"] - gains["score_before"])
    best = table[table["gain"] > MIN_GAIN].sort_values("gain", ascending=False)
    ids = best["opportunity_id"].drop_duplicates().head(MOST)
    sites = result.candidates.set_index("opportunity_id").loc[ids]
    middle = shapely.centroid(sites.geometry.to_numpy())
    west, _, east, _ = result.candidates.total_bounds
    placed = shapely.MultiPoint()
    for site, name, point in zip(sites.index, sites["name"], middle, strict=True):
        if shapely.distance(placed, point) < LABEL_SPACING * (east - west):
            continue
        placed = shapely.union(placed, point)
        text = (name if isinstance(name, str) else str(site))[:32]
        axes.annotate(
            text.replace("$", r"\$"),
            shapely.get_coordinates(point)[0],
            fontsize=6.5,
            xytext=(5, 5),
            textcoords="offset points",
            zorder=5,
            bbox={"fc": "white", "ec": "none", "alpha": 0.7, "pad": 0.5},
        )
