"""The A3 landscape print layout of the project: its extent, scale, texts and legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier.export.qgis.environment import render, settings, words_in
from foncier.i18n import format_value
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from foncier.i18n import Lang
    from foncier.model import LayerReport, ResultTables

Bounds = tuple[float, float, float, float]
MAP_MM = (296.0, 255.0)  # width and height of the map of layout_a3.qpt
SCALES = tuple(m * 10**e for e in range(2, 6) for m in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5))
SEGMENTS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
SEGMENT_MM = 30.0  # longest segment of the scale bar
MARGIN = 1.03  # extent of the map relative to that of the study area


@dataclass(frozen=True)
class Frame:
    """Map of the layout: extent in metres, scale 1:n, metres per segment of the scale bar."""

    extent: Bounds
    scale: float
    segment_m: int

    @property
    def corners(self) -> dict[str, str]:
        """Bounds by their names in QGIS."""
        names = ("xmin", "ymin", "xmax", "ymax")
        return {name: f"{value:.3f}" for name, value in zip(names, self.extent, strict=True)}


def frame(bounds: Bounds) -> Frame:
    """Extent of the map around bounds in metres, at the largest round scale that contains them.

    Examples
    --------
    >>> frame((0, 0, 1000, 1000)).scale, frame((0, 0, 1000, 1000)).segment_m
    (5000.0, 100)
    """
    west, south, east, north = bounds
    width, height = MAP_MM
    needed = max((east - west) * MARGIN / width, (north - south) * MARGIN / height) * 1000
    scale = float(next((s for s in SCALES if s >= needed), needed))
    half_x, half_y = width * scale / 2000, height * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    fitting = [s for s in SEGMENTS if s * 1000 / scale <= SEGMENT_MM]
    return Frame((x - half_x, y - half_y, x + half_x, y + half_y), scale, (fitting or [1])[-1])


def a3_layout(
    result: ResultTables, shown: Frame, *, legend: Sequence[dict[str, Any]], lang: Lang
) -> Markup:
    """Print layout as XML.

    The legend is not linked to the map: before QGIS 3.40, a legend linked to a map that follows a
    theme with styles empties the relations of the forms.

    Parameters
    ----------
    result
        Title, date, sources, and whether the data are fictional.
    shown
        Extent and scale, from `frame`.
    legend
        Layers of the legend: id, title and source.
    lang
        ``fr`` or ``en``.
    """
    return render(
        "layout_a3.qpt",
        words=words_in(lang),
        title=_plain(result.title),
        subtitle=_plain(_subtitle(result, shown, lang)),
        sources=_plain(credits_of(result, lang)),
        fictional=FICTIONAL[lang] if result.demo else "",
        legend=legend,
        theme=settings()["themes"][0][lang],
        extent=shown.corners,
        segment_m=shown.segment_m,
    )


def credits_of(result: ResultTables, lang: Lang) -> str:
    """Sources with their licence and their date, each once, then the credits."""
    lines = dict.fromkeys(filter(None, (_credit(report, lang) for report in result.reports)))
    return "\n".join([*lines, *(credit for credit in result.credits if credit not in lines)])


def _credit(report: LayerReport, lang: Lang) -> str:
    known = [report.licence, format_value(report.vintage, "day", lang) if report.vintage else ""]
    details = ", ".join(filter(None, known))
    return f"{report.source} – {details}" if report.source and details else report.source


def _subtitle(result: ResultTables, shown: Frame, lang: Lang) -> str:
    words = words_in(lang)
    date = format_value(result.edition, "day", lang) if result.edition else words["undated"]
    scale = f"1:{shown.scale:,.0f}".replace(",", words["thousands"])
    return f"{words['edition']} {date}   ·   {scale} (A3)   ·   {result.candidates.crs.name}"


def _plain(text: str) -> str:
    """Text of a label: QGIS evaluates what stands between [% and %]."""
    return text.replace("[%", "[\u200b%")
