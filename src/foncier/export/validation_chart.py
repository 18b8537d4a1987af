"""Chart of a validation: calibration, then precision and recall by band and by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.export.validation_report import ALL, NO_CONFIDENCE, band_label
from foncier.export.words import KIND_COLOURS
from foncier.i18n import Lang, localize
from foncier.model import KIND_LABELS
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from foncier.i18n import Lang
    from foncier.model import Validation

INK, GREY, RECALL = "#1A1A1A", "#767676", "#56B4E9"
SIZE_IN, DPI = (15.0, 5.6), 130


def write_picture(validation: Validation, path: Path, *, lang: Lang) -> None:
    """Draw the three panels as a PNG; the same validation gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.0, 1.1, 1.1])
    _reliability(left, validation, lang)
    _by_band(middle, validation, lang)
    _by_kind(right, validation, lang)
    fictional = f"  –  {FICTIONAL[lang]}" if validation.fictional else ""
    figure.suptitle(validation.title.replace("$", r"\$") + fictional, fontsize=13, color=INK)
    figure.supxlabel(localize("export.chart.bars", lang), fontsize=9, color=GREY)
    figure.savefig(path, format="png", metadata={"Software": None})


def _reliability(axes: Any, validation: Validation, lang: Lang) -> None:
    table = validation.calibration
    axes.plot([0, 100], [0, 100], color=GREY, linestyle="--", linewidth=1)
    axes.annotate(
        localize("export.chart.same", lang),
        (5, 2),
        color=GREY,
        fontsize=9,
        rotation=45,
        ha="left",
        va="top",
        rotation_mode="anchor",
    )
    if len(table):
        x, y = table["told"].to_numpy() * 100, table["seen"].to_numpy() * 100
        gap = np.abs(np.stack([table["seen_low"], table["seen_high"]]) * 100 - y)
        axes.errorbar(x, y, yerr=gap, fmt="o", color=INK, ecolor=INK, capsize=4, markersize=7)
        for a, b, n in zip(x, y, table["judged"], strict=True):
            axes.annotate(
                f"{n}",
                (a, b),
                xytext=(8, 0),
                textcoords="offset points",
                fontsize=9,
                color=INK,
                ha="left",
                va="center",
            )
    else:
        _write_no_confidence(axes, lang)
    axes.set(xlim=(0, 102), ylim=(-2, 109))
    axes.set_xlabel(localize("export.chart.predicted_axis", lang))
    axes.set_ylabel(localize("export.chart.observed_axis", lang))
    axes.set_title(localize("export.chart.reliability_title", lang), loc="left")
    _style(axes)


def _by_band(axes: Any, validation: Validation, lang: Lang) -> None:
    table = validation.by_band.loc[validation.by_band["kind"] == "ensemble"]
    labels = [
        f"{band_label(b, lang)}\n{n} / {m}"
        for b, n, m in zip(table["band"], table["judged"], table["found"], strict=True)
    ]
    _shares(axes, table, labels, [INK] * len(table), lang)
    axes.set_xlabel(localize("export.chart.band_axis", lang))
    axes.set_title(localize("export.chart.band_title", lang), loc="left")


def _by_kind(axes: Any, validation: Validation, lang: Lang) -> None:
    table = validation.by_kind
    labels = [
        KIND_LABELS.get(kind, ALL)[lang].replace(" ", "\n") + f"\n{judged} / {found}"
        for kind, judged, found in zip(table["kind"], table["judged"], table["found"], strict=True)
    ]
    _shares(axes, table, labels, [KIND_COLOURS.get(str(k), INK) for k in table["kind"]], lang)
    axes.set_xlabel(localize("export.chart.kind_axis", lang))
    axes.set_title(localize("export.chart.kind_title", lang), loc="left")


def _shares(
    axes: Any, table: pd.DataFrame, labels: list[str], colours: list[str], lang: Lang
) -> None:
    """Draw precision (filled) and recall (open) with their intervals, side by side."""
    position = np.arange(len(table), dtype=np.float64)
    for name, shift, marker in (("precision", -0.12, "o"), ("recall", 0.12, "s")):
        share = table[name].to_numpy(dtype=np.float64) * 100
        known = np.isfinite(share)
        low, high = (table[f"{name}_{s}"].to_numpy(dtype=np.float64) * 100 for s in ("low", "high"))
        for n in np.flatnonzero(known):
            tone = colours[n] if name == "precision" else GREY
            gap = [[share[n] - low[n]], [high[n] - share[n]]]
            face = tone if name == "precision" else "white"
            axes.errorbar(
                position[n] + shift,
                share[n],
                yerr=gap,
                fmt=marker,
                color=tone,
                capsize=4,
                markersize=7,
                markerfacecolor=face,
            )
    if not len(table):
        _write_no_confidence(axes, lang)
    axes.set_xticks(position, labels, fontsize=9)
    axes.set(xlim=(-0.6, max(len(table), 1) - 0.4), ylim=(-2, 109))
    axes.set_ylabel("%")
    axes.plot([], [], "o", color=INK, label=localize("export.chart.precision", lang))
    recall = localize("export.chart.recall", lang)
    axes.plot([], [], "s", color=GREY, markerfacecolor="white", label=recall)
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    _style(axes)


def _write_no_confidence(axes: Any, lang: Lang) -> None:
    axes.text(
        0.5,
        0.5,
        NO_CONFIDENCE[lang],
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=GREY,
    )


def _style(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
