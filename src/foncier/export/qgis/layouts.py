"""The A3 print layouts of the project, one a theme: extent, scale, texts, legend and table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier.export.qgis.environment import render, words_in
from foncier.i18n import format_value
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from foncier.i18n import Lang
    from foncier.model import LayerReport, ResultTables

Bounds = tuple[float, float, float, float]
MAP_MM = (296.0, 255.0)  # width and height of the map of layout_a3.qpt
SCALES = tuple(m * 10**e for e in range(2, 6) for m in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5))
SEGMENTS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
SEGMENT_MM = 30.0  # longest segment of the scale bar
# Side panel of layout_a3.qpt, in millimetres of the page.
PANEL_TOP, PANEL_BOTTOM, PANEL_CHARACTERS = 26.0, 264.0, 78
LEGEND_TITLE, LEGEND_LINE = 8.0, 5.6
SOURCE_LINE, MOST_LINES = 2.9, 18
TABLE_TITLE, TABLE_LINE = 11.0, 4.65
FEWEST_ROWS, MOST_ROWS = 3, 60
LONG_TITLE = 85  # characters of 17 points in the width of the map
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


def frame(bounds: Bounds, size_mm: tuple[float, float] = MAP_MM) -> Frame:
    """Extent of the map around bounds in metres, at the largest round scale that contains them.

    Examples
    --------
    >>> frame((0, 0, 1000, 1000)).scale, frame((0, 0, 1000, 1000)).segment_m
    (5000.0, 100)
    """
    west, south, east, north = bounds
    width, height = size_mm
    needed = max((east - west) * MARGIN / width, (north - south) * MARGIN / height) * 1000
    scale = float(next((s for s in SCALES if s >= needed), needed))
    half_x, half_y = width * scale / 2000, height * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    fitting = [s for s in SEGMENTS if s * 1000 / scale <= SEGMENT_MM]
    return Frame((x - half_x, y - half_y, x + half_x, y + half_y), scale, (fitting or [1])[-1])


def theme_layout(
    result: ResultTables,
    theme: Mapping[str, Any],
    shown: Frame,
    *,
    legend: Sequence[Mapping[str, Any]],
    table: Mapping[str, Any] | None,
    lang: Lang,
) -> Markup:
    """Print layout of a theme as XML.

    The legend is not linked to the map: before QGIS 3.40, a legend linked to a map that follows a
    theme with styles empties the relations of the forms.

    Parameters
    ----------
    result
        Title, date, sources, and whether the data are fictional.
    theme
        Theme of ``project.toml`` that the map follows.
    shown
        Extent and scale, from `frame`.
    legend
        Layers of the legend: id, title, source, provider and positions of the classes shown.
    table
        Table under the legend, from `foncier.export.qgis.print_tables`; it takes the space that is
        left.
    lang
        ``fr`` or ``en``.
    """
    words = words_in(lang)
    sources = credits_of(result, lang)
    sources_y = PANEL_BOTTOM - min(lines(sources, PANEL_CHARACTERS), MOST_LINES) * SOURCE_LINE
    return render(
        "layout_a3.qpt",
        name=f"A3 – {theme[lang]}",
        words=words,
        title=plain(result.title),
        title_size=17 if len(result.title) < LONG_TITLE else 12,
        subtitle=plain(f"{theme[lang]}   ·   {subtitle(result, lang, shown)}"),
        sources=plain(sources),
        sources_y=round(sources_y, 1),
        fictional=FICTIONAL[lang] if result.demo else "",
        legend=legend,
        table=_fitted(table, _legend_bottom(legend), sources_y - 8),
        theme=theme[lang],
        extent=shown.corners,
        segment_m=shown.segment_m,
    )


def lines(text: str, characters: int) -> int:
    """Lines of a text that is wrapped at a number of characters."""
    return sum(max(1, -(-len(line) // characters)) for line in text.split("\n"))


def _legend_bottom(legend: Sequence[Mapping[str, Any]]) -> float:
    """Lower edge of a legend, in millimetres of the page: a line a symbol, and one a heading."""
    symbols = [len(one["classes"]) + 1 if one["classes"] is not None else 1 for one in legend]
    return PANEL_TOP + LEGEND_TITLE + LEGEND_LINE * sum(symbols)


def _fitted(table: Mapping[str, Any] | None, top: float, bottom: float) -> dict[str, Any] | None:
    """Table between two edges of the page, with as many rows as there is space for."""
    if table is None:
        return None
    y = top + TABLE_TITLE
    rows, left = 0, bottom - y - TABLE_LINE
    for deep in table.get("lines", [1] * MOST_ROWS):
        left -= TABLE_LINE + (deep - 1) * SOURCE_LINE
        if left < 0:
            break
        rows += 1
    if rows < FEWEST_ROWS:
        return None
    return {**table, "y": round(y, 1), "height": round(bottom - y, 1), "rows": rows}


def credits_of(result: ResultTables, lang: Lang) -> str:
    """Sources with their licence and their date, each once, then the credits."""
    lines = dict.fromkeys(filter(None, (_credit(report, lang) for report in result.reports)))
    return "\n".join([*lines, *(credit for credit in result.credits if credit not in lines)])


def _credit(report: LayerReport, lang: Lang) -> str:
    known = [report.licence, format_value(report.vintage, "day", lang) if report.vintage else ""]
    details = ", ".join(filter(None, known))
    return f"{report.source} – {details}" if report.source and details else report.source


def subtitle(result: ResultTables, lang: Lang, shown: Frame | None = None) -> str:
    """Edition, scale of a map, and coordinate reference system."""
    words = words_in(lang)
    date = format_value(result.edition, "day", lang) if result.edition else words["undated"]
    parts = [f"{words['edition']} {date}"]
    if shown is not None:
        scale = f"1:{shown.scale:,.0f}".replace(",", words["thousands"])
        parts.append(f"{scale} (A3)")
    return "   ·   ".join([*parts, result.candidates.crs.name])


def plain(text: str) -> str:
    """Text of a label: QGIS evaluates what stands between [% and %]."""
    return text.replace("[%", "[\u200b%")
