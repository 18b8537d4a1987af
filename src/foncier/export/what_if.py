"""What a trial changes: in words, as a CSV, and as a map to look at."""

from __future__ import annotations

import csv
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier._util.atomic_write import write_atomically
from foncier.export.tables import plain
from foncier.i18n import figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from foncier.i18n import Lang
    from foncier.model import ResultTables

TABLE, MAP = "scenarios.csv", "scenarios.png"
FIRST = 10  # sites told of one scenario, and named on the map
NOTICED = 0.005  # half a point of score out of 100
HALF_MIN = 0.5
APART = 0.04  # of the drawing's width: nearer, two names would run into each other
COLOURS = {"loop": "#1f5fa8", "other_loop": "#c2571a", "crossing": "#7a1fa8"}
WORDS = {
    "loop": ("Boucle de l'étude", "Loop of the study"),
    "other_loop": ("Autre tracé", "Other line"),
    "crossing": ("Franchissement", "Crossing"),
}


def told(gains: pd.DataFrame, names: pd.Series[str], lang: Lang) -> Iterator[tuple[str, list[str]]]:
    """Say of each scenario how many sites gain and lose, then the sites that gain most."""
    fr = lang == "fr"
    for scenario, own in gains.groupby("scenario", sort=False):
        gain = own["score_after"] - own["score_before"]
        more, less = int((gain > NOTICED).sum()), int((gain < -NOTICED).sum())
        opened, nearer = int(own["unlocked"].sum()), int((own["minutes_gained"] >= HALF_MIN).sum())
        title = (
            f"{scenario}\u00a0: {more} scores montent, {less} baissent, {nearer} sites gagnent une "
            f"demi-minute ou plus, {opened} désenclavés"
            if fr
            else f"{scenario}: {more} scores rise, {less} fall, {nearer} sites gain half a minute "
            f"or more, {opened} unlocked"
        )
        moved = own.assign(gain=gain)
        noticed = (moved["gain"].abs() > NOTICED) | (moved["minutes_gained"] >= HALF_MIN)
        moved = moved[noticed | moved["unlocked"]]
        rows = moved.to_dict("records")
        last = rows[-3:] if less and len(rows) > FIRST else []
        yield str(title), [_site(row, names, lang) for row in [*rows[:FIRST], *last]]


def _site(row: dict[Any, Any], names: pd.Series[str], lang: Lang) -> str:
    fr = lang == "fr"
    name = names.get(row["opportunity_id"])
    who = f"{row['opportunity_id']}" + (f" {name}" if isinstance(name, str) else "")
    parts = []
    if row["gain"] == row["gain"]:
        points = f"{row['gain'] * 100:+.1f}".replace("-", "−")
        points = points.replace(".", ",") if fr else points
        parts.append(f"{points} points" + (" de score" if fr else " of score"))
    before, after = row["rank_before"], row["rank_after"]
    if before < after or before > after:  # False where one is unknown
        parts.append(f"{'rang' if fr else 'rank'} {before:.0f} → {after:.0f}")
    if abs(row["loop_m_before"] - row["loop_m_after"]) >= 1:
        was, now = (figure(float(row[f"loop_m_{n}"]), "m", lang) for n in ("before", "after"))
        parts.append(f"boucle à {was} → {now}" if fr else f"loop {was} → {now}")
    if row["unlocked"]:
        parts.append("désenclavé" if fr else "unlocked")
    if isinstance(row["towards"], str) and row["towards"] != "loop":
        gained = figure(float(row["minutes_gained"]), "min", lang)
        parts.append(
            f"{gained} gagnées vers {row['towards']}"
            if fr
            else f"{gained} saved to {row['towards']}"
        )
    return f"{who}\u00a0: {', '.join(parts)}" if fr else f"{who}: {', '.join(parts)}"


def write_trial(
    result: ResultTables, gains: pd.DataFrame, lines: gpd.GeoDataFrame, folder: Path, *, lang: Lang
) -> dict[str, Path]:
    """Write the table and the map of a trial, whole or not at all.

    Raises
    ------
    ExportError
        They cannot be written; the former ones are intact.
    """
    names = result.candidates.set_index("opportunity_id")["name"]
    table = gains.assign(name=gains["opportunity_id"].map(names))
    write_atomically(
        folder,
        {
            TABLE: partial(_write_csv, plain(table, comma=lang == "fr"), lang),
            MAP: partial(_draw, result, gains, lines, lang),
        },
    )
    return {"table": folder / TABLE, "map": folder / MAP}


def _write_csv(table: pd.DataFrame, lang: Lang, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";" if lang == "fr" else ",", lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows(table.itertuples(index=False, name=None))


def _draw(
    result: ResultTables, gains: pd.DataFrame, lines: gpd.GeoDataFrame, lang: Lang, path: Path
) -> None:
    """Draw streets, lines, and sites coloured by their best gain of score over the scenarios."""
    # Slow to import, and only this command draws.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    fr = lang == "fr"
    sheet = Figure(figsize=(11, 8.5), dpi=150, layout="constrained")
    FigureCanvasAgg(sheet)
    axes = sheet.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal")
    frame = shapely.buffer(shapely.union_all([*lines.geometry, result.area]), 100)
    for layer, colour, width in ((result.background.streets, "#d9d9d4", 0.5),):
        for part in shapely.get_parts(layer.geometry.to_numpy()):
            axes.plot(*shapely.get_coordinates(part).T, color=colour, lw=width, zorder=1)
    for row in lines.itertuples(index=False):
        for part in shapely.get_parts(np.array([row.geometry], dtype=object)):
            axes.plot(
                *shapely.get_coordinates(part).T,
                color=COLOURS[row.role],
                zorder=3,
                lw=2 if row.role == "loop" else 3,
                ls="--" if row.role == "loop" else "-",
                label=f"{WORDS[row.role][0 if fr else 1]} – {row.name}, "
                f"{figure(float(row.length_m), 'm', lang)}",
            )
    x, y, gain = _points(result, gains).T
    shown = axes.scatter(
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
    words = "Gain de score, en points sur 100" if fr else "Gain of score, points out of 100"
    sheet.colorbar(shown, ax=axes, shrink=0.5, label=words)
    _label(axes, result, gains)
    west, south, east, north = shapely.bounds(frame)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    title = "Ce que changerait un tracé" if fr else "What a line would change"
    demo = (" – DONNÉES FICTIVES" if fr else " – FICTIONAL DATA") if result.demo else ""
    axes.set_title(f"{title}{demo}\n{result.title}", loc="left", fontsize=11)
    axes.legend(loc="lower left", fontsize=8, framealpha=0.95)
    sources = " | ".join(sorted({r.source for r in result.reports if r.layer == "streets"}))
    sheet.text(0.01, 0.005, sources, fontsize=6, color="#555555")
    sheet.savefig(path, format="png", metadata={"Software": None})


def _points(result: ResultTables, gains: pd.DataFrame) -> np.ndarray:
    """Middle of each site and its largest change of score, in points; those of none grey at 0."""
    gain = (gains["score_after"] - gains["score_before"]) * 100
    largest = gain.abs().groupby(gains["opportunity_id"]).idxmax().dropna().astype(int)
    by_id = gain.loc[largest].set_axis(largest.index)
    middle = shapely.centroid(result.candidates.geometry.to_numpy())
    moved = result.candidates["opportunity_id"].map(by_id).fillna(0.0).to_numpy(float)
    return np.column_stack([shapely.get_x(middle), shapely.get_y(middle), moved])


def _label(axes: Any, result: ResultTables, gains: pd.DataFrame) -> None:
    """Name the sites that gain most."""
    table = gains.assign(gain=gains["score_after"] - gains["score_before"])
    best = table[table["gain"] > NOTICED].sort_values("gain", ascending=False)
    ids = best["opportunity_id"].drop_duplicates().head(FIRST)
    own = result.candidates.set_index("opportunity_id").loc[ids]
    middle = shapely.centroid(own.geometry.to_numpy())
    west, _, east, _ = result.candidates.total_bounds
    placed = shapely.MultiPoint()
    for site, name, point in zip(own.index, own["name"], middle, strict=True):
        if shapely.distance(placed, point) < APART * (east - west):
            continue
        placed = shapely.union(placed, point)
        text = (name if isinstance(name, str) else str(site))[:32]
        axes.annotate(
            text,
            shapely.get_coordinates(point)[0],
            fontsize=6.5,
            xytext=(5, 5),
            textcoords="offset points",
            zorder=5,
            bbox={"fc": "white", "ec": "none", "alpha": 0.7, "pad": 0.5},
        )
