"""Pictures of the benches: seconds and memory over sizes on logarithmic scales, as SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from tests.bench.rows import OURS, slope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bench.rows import Row

COLOURS = ("#1b6ca8", "#c8553d", "#2e8b57", "#8e5aa8", "#b8860b", "#444444", "#d46a9f")
MARKERS = "os^Dv<>"
SAME_BYTES: Any = {"svg.hashsalt": "foncier", "svg.fonttype": "none", "path.simplify": False}


def drawn(title: str, lines: Mapping[tuple[str, str], Sequence[Row]]) -> str:
    """Two panels, time and memory, a line a contestant with its slope; the same bytes each time."""
    kept = {key: line for key, line in lines.items() if len(_known(line, "wall_s")) > 1}
    with mpl.rc_context(SAME_BYTES):
        figure = Figure(figsize=(11, max(4.2, 0.27 * len(kept) + 1.2)), layout="constrained")
        FigureCanvasSVG(figure)
        figure.suptitle(title, fontsize=11)
        unit = next(iter(kept.values()))[0].unit
        labels = []
        for axes, (name, words) in zip(
            figure.subplots(1, 2),
            (("wall_s", "seconds on the clock"), ("peak_mb", "peak memory, MB")),
            strict=True,
        ):
            labels = _panel(axes, kept, name)
            axes.set(xscale="log", yscale="log", xlabel=unit, ylabel=words)
            sizes = sorted({row.size for line in kept.values() for row in line})
            axes.set_xticks(sizes, [f"{size:,}".replace(",", " ") for size in sizes])
            axes.set_xticks([], minor=True)
            axes.grid(visible=True, which="major", color="#dddddd")
        figure.legend(handles=labels, loc="outside right upper", fontsize=7, frameon=False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _panel(axes: Any, lines: Mapping[tuple[str, str], Sequence[Row]], name: str) -> list[Line2D]:
    labels = []
    for n, ((step, by), line) in enumerate(lines.items()):
        style: dict[str, Any] = {
            "color": COLOURS[n % len(COLOURS)],
            "marker": MARKERS[n % len(MARKERS)],
            "linestyle": ("-", "--", ":")[n // len(COLOURS) % 3],
            "markersize": 4,
            "linewidth": 1.2,
        }
        known = _known(line, name)
        axes.plot([size for size, _ in known], [value for _, value in known], **style)
        told = _known(line, "wall_s")
        steep = slope([size for size, _ in told], [value for _, value in told])
        words = step if by == OURS else f"{step}, {by}"
        labels.append(Line2D([], [], label=f"{words} ({steep:.2f})", **style))
    return labels


def _known(line: Sequence[Row], name: str) -> list[tuple[int, float]]:
    return [(row.size, getattr(row, name)) for row in line if getattr(row, name)]
