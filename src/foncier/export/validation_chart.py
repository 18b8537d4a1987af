"""A validation as one picture: confidence told and seen, precision and recall by kind and band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.export.validation_report import ALL, NO_CONFIDENCE, band_words
from foncier.export.words import FICTIONAL, KINDS
from foncier.model import KIND_LABELS

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from foncier.i18n import Lang
    from foncier.model import Validation

INK, GREY, RECALL = "#1A1A1A", "#767676", "#56B4E9"
SIZE_IN, DPI = (15.0, 5.6), 130


def write_picture(told: Validation, path: Path, *, lang: Lang) -> None:
    """Draw the three panels as a PNG; the same validation gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.0, 1.1, 1.1])
    _reliability(left, told, lang)
    _by_band(middle, told, lang)
    _by_kind(right, told, lang)
    mark = f"  –  {FICTIONAL[lang]}" if told.fictional else ""
    figure.suptitle(told.title.replace("$", r"\$") + mark, fontsize=13, color=INK)
    figure.supxlabel(
        "Barres : intervalle de Wilson à 95 %" if lang == "fr" else "Bars: Wilson interval, 95%",
        fontsize=9,
        color=GREY,
    )
    figure.savefig(path, format="png", metadata={"Software": None})


def _reliability(axes: Any, told: Validation, lang: Lang) -> None:
    fr, table = lang == "fr", told.calibration
    axes.plot([0, 100], [0, 100], color=GREY, linestyle="--", linewidth=1)
    axes.annotate(
        "annoncé = observé" if fr else "told = seen",
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
        _silent(axes, lang)
    axes.set(xlim=(0, 102), ylim=(-2, 109))
    axes.set_xlabel(
        "Confiance annoncée (%) – à côté : sites jugés"
        if fr
        else "Confidence told (%) – beside: sites judged"
    )
    axes.set_ylabel("Part de sites vrais observée (%)" if fr else "Share of true sites seen (%)")
    axes.set_title(
        "Fiabilité de la confiance" if fr else "Reliability of the confidence", loc="left"
    )
    _bare(axes)


def _by_band(axes: Any, told: Validation, lang: Lang) -> None:
    table = told.by_band.loc[told.by_band["kind"] == "ensemble"]
    labels = [
        f"{band_words(b, lang)}\n{n} / {m}"
        for b, n, m in zip(table["band"], table["judged"], table["found"], strict=True)
    ]
    _shares(axes, table, labels, [INK] * len(table), lang)
    fr = lang == "fr"
    axes.set_xlabel(
        "Classe de confiance (sites jugés / listés)"
        if fr
        else "Band of confidence (sites judged / listed)"
    )
    axes.set_title("Par classe de confiance" if fr else "By band of confidence", loc="left")


def _by_kind(axes: Any, told: Validation, lang: Lang) -> None:
    table = told.by_kind
    labels = [
        KIND_LABELS.get(str(kind), ALL)[lang].replace(" ", "\n") + f"\n{judged} / {found}"
        for kind, judged, found in zip(table["kind"], table["judged"], table["found"], strict=True)
    ]
    _shares(axes, table, labels, [KINDS.get(str(k), INK) for k in table["kind"]], lang)
    fr = lang == "fr"
    axes.set_xlabel("Nature (sites jugés / listés)" if fr else "Kind (sites judged / listed)")
    axes.set_title("Par nature" if fr else "By kind", loc="left")


def _shares(
    axes: Any, table: pd.DataFrame, labels: list[str], colours: list[str], lang: Lang
) -> None:
    """Draw precision (filled) and recall (open) with their intervals, side by side."""
    fr, place = lang == "fr", np.arange(len(table), dtype=np.float64)
    for name, shift, marker in (("precision", -0.12, "o"), ("recall", 0.12, "s")):
        share = table[name].to_numpy(dtype=np.float64) * 100
        known = np.isfinite(share)
        low, high = (table[f"{name}_{s}"].to_numpy(dtype=np.float64) * 100 for s in ("low", "high"))
        for n in np.flatnonzero(known):
            tone = colours[n] if name == "precision" else GREY
            gap = [[share[n] - low[n]], [high[n] - share[n]]]
            face = tone if name == "precision" else "white"
            axes.errorbar(
                place[n] + shift,
                share[n],
                yerr=gap,
                fmt=marker,
                color=tone,
                capsize=4,
                markersize=7,
                markerfacecolor=face,
            )
    if not len(table):
        _silent(axes, lang)
    axes.set_xticks(place, labels, fontsize=9)
    axes.set(xlim=(-0.6, max(len(table), 1) - 0.4), ylim=(-2, 109))
    axes.set_ylabel("%")
    axes.plot([], [], "o", color=INK, label="Précision" if fr else "Precision")
    axes.plot([], [], "s", color=GREY, markerfacecolor="white", label="Rappel" if fr else "Recall")
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    _bare(axes)


def _silent(axes: Any, lang: Lang) -> None:
    axes.text(
        0.5,
        0.5,
        NO_CONFIDENCE[lang],
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=GREY,
    )


def _bare(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
