"""Plans of the large buildings: halls, slabs, hospital, campus, cathedral, station."""

from __future__ import annotations

import numpy as np
import shapely
from tests.demo_city import plan
from tests.demo_city.shapes import Floats, frame

Bars = list[tuple[float, float, float, float]]  # centre and half sizes in the frame of the plot


def monument(kind: str, plot: shapely.Geometry, rng: np.random.Generator) -> list[shapely.Geometry]:
    """Draw the buildings of a large plot; touching bodies are one building."""
    if kind == "cathedral":
        return [_cathedral(plot)]
    if kind == "citadel":
        return _citadel()
    inside = plot.buffer(-3.0, join_style="mitre")
    centre, axis, length, width = frame(plot)
    draw = {
        "industry": _hall,
        "works": _hall,
        "reconverted": _full,
        "innovation": _hall,
        "slab": _slabs,
        "station": _station,
    }
    bars = draw.get(kind, _comb)(length, width, rng)
    side = np.array([-axis[1], axis[0]])
    flip = rng.choice([-1.0, 1.0])
    bodies = [_bar(centre, axis, side * flip, bar).intersection(inside) for bar in bars]
    joined = shapely.union_all([body for body in bodies if body.area > 40])
    return [part for part in shapely.get_parts(joined) if part.geom_type == "Polygon"]


def _bar(
    centre: Floats, axis: Floats, side: Floats, bar: tuple[float, float, float, float]
) -> shapely.Geometry:
    x, y, half_x, half_y = bar
    at = centre + axis * x + side * y
    u, v = axis * half_x, side * half_y
    return shapely.Polygon([at - u - v, at + u - v, at + u + v, at - u + v])


def _hall(length: float, width: float, rng: np.random.Generator) -> Bars:
    """Draw one of four works: a great hall, twin halls, an L, a row of sheds."""
    long, wide = length * rng.uniform(0.7, 0.92), width * rng.uniform(0.62, 0.8)
    x, y = (length - long) / 2 * rng.uniform(-0.8, 0.8), -(width - wide) / 2 + 3
    head = (x + long / 2 - 3, y + wide * 0.2, rng.uniform(4, 7), wide * rng.uniform(0.12, 0.2))
    hut = (-length / 2 + 9, width / 2 - 8, 5.0, 4.0)
    works = rng.choice(4, p=[0.4, 0.2, 0.25, 0.15])
    if works == 1:
        half = long * 0.23
        return [(x - long * 0.26, y, half, wide / 2), (x + long * 0.26, y, half, wide * 0.42), hut]
    if works == 2:
        arm = width * rng.uniform(0.2, 0.26)
        return [
            (x, -width / 2 + arm + 3, long / 2, arm),
            (x - long / 2 + arm, 0.0, arm, width / 2 - 3),
            head,
        ]
    if works == 3:
        count = max(2, round(length / 16))
        return [
            ((k + 0.5) / count * long - long / 2, y, long / count * 0.4, wide / 2)
            for k in range(count)
        ]
    return [(x, y, long / 2 - 3, wide / 2), head]


def _full(length: float, width: float, rng: np.random.Generator) -> Bars:
    """A hall that was made over and fills its plot."""
    return [(0.0, 0.0, length * rng.uniform(0.44, 0.46), width * 0.44)]


def _slabs(length: float, width: float, rng: np.random.Generator) -> Bars:
    """Bars of flats along the plot, and one across when there is room."""
    deep = rng.uniform(11.5, 13.0)
    bars: Bars = [(0.0, -width / 2 + 9 + deep / 2, length * rng.uniform(0.33, 0.42), deep / 2)]
    if width > 58:
        bars.append(
            (
                length * rng.uniform(-0.1, 0.1),
                width / 2 - 9 - deep / 2,
                length * rng.uniform(0.22, 0.4),
                deep / 2,
            )
        )
    if width > 84:
        bars.append((-length / 2 + 10 + deep / 2, 0.0, deep / 2, width * 0.2))
    if rng.random() < 0.35:
        bars = [(0.0, 0.0, 11.0, 11.0), *bars[:1]]  # a tower instead of the second bar
    return bars


def _comb(length: float, width: float, rng: np.random.Generator) -> Bars:
    """A spine along the plot and wings at right angles: hospital, school, campus."""
    deep = float(np.clip(0.13 * min(length, width), 7.0, 17.0))
    y = width * rng.uniform(-0.22, -0.12)
    bars: Bars = [(0.0, y, length * 0.4, deep / 2)]
    count = max(2, round(length * 0.8 / (deep * 3.2)))
    end = length * 0.4 - deep / 2
    for x in np.clip(np.linspace(-0.4, 0.4, count) * length, -end, end).tolist():
        reach = width * rng.uniform(0.2, 0.4)
        bars.append((x, y + reach / 2, deep / 2, reach / 2 + deep / 2))
    if width > 90:
        bars.append((length * 0.05, y - width * 0.14, deep * 0.55, width * 0.16))
    return bars


def _station(length: float, width: float, rng: np.random.Generator) -> Bars:
    """A long passenger building with a tower and two low wings."""
    return [
        (0.0, -width * 0.1, length * 0.44, width * 0.13),
        (0.0, -width * 0.05, length * 0.14, width * 0.24),
        (length * rng.uniform(0.24, 0.3), width * 0.02, 9.0, width * 0.2),
    ]


def _cathedral(plot: shapely.Geometry) -> shapely.Geometry:
    """A cruciform church: nave, transept, choir with its apse, two towers over the square."""
    centre, axis, length, _ = frame(plot)
    side = np.array([-axis[1], axis[0]])
    centre = centre + axis * (length * 0.36 - 80)
    bars = [
        (-30.0, 0.0, 36.0, 16.0),
        (8.0, 0.0, 9.0, 31.0),
        (32.0, 0.0, 20.0, 20.0),
        (-63.0, 12.0, 8.0, 9.0),
        (-63.0, -12.0, 8.0, 9.0),
    ]
    apse = shapely.Point(*(centre + axis * 52)).buffer(19, quad_segs=4)
    return shapely.union_all([_bar(centre, axis, side, bar) for bar in bars] + [apse])


def _citadel() -> list[shapely.Geometry]:
    """Draw the campus in the fort: long bars behind the curtain walls, a hall in the middle."""
    (x, y), tip, curtain, first = plan.FORT
    bodies = []
    for angle in np.radians(first + 36.0 + 72.0 * np.arange(5)):
        axis = np.array([-np.sin(angle), np.cos(angle)])
        side = np.array([np.cos(angle), np.sin(angle)])
        at = np.array([x, y]) + side * (curtain * 0.81 - 26)
        bodies.append(_bar(at, axis, side, (0.0, 0.0, tip * 0.21, 8.0)))
    at = np.array([x, y - 14.0])
    axis, side = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    hall = [(-8.0, -14.0, 44.0, 9.0), (-43.0, 4.0, 9.0, 24.0), (26.0, 0.0, 9.0, 22.0)]
    bodies.append(shapely.union_all([_bar(at, axis, side, bar) for bar in hall]))
    return bodies
