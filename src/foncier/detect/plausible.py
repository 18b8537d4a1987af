"""What rules out a group of parcels before it is drawn: too little land, no street near any part.

Both are bounds that only leave out what the rules themselves would: the verdicts stay theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.edges import TOUCH_M
from foncier.detect.joining import GAP_M
from foncier.geometry import pairs_within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.geometry import Floats, Geometries
    from foncier.records import Rule

CLOSED_M = 2.0  # closing the gap between two drawings of a limit moves an edge less than this


def least_area_m2(rules: Iterable[Rule]) -> float:
    """Area below which a group fails, whatever its fabric class; 0 without such a rule."""
    found = [0.0]
    for rule in rules:
        if rule.measure == "area_m2" and rule.at_least is not None and not rule.warns:
            if not rule.limit:
                found.append(rule.at_least)
            elif rule.limit == "by_fabric":
                found.append(min(float(figure) for figure in rule.limits.values()))
    return max(found)


def most_area_m2(shapes: Geometries) -> Floats:
    """Area that each shape can bring to a union, with the gaps closed along its edge."""
    return np.asarray(shapely.area(shapes) + GAP_M * shapely.length(shapes), dtype=np.float64)


def near_street(shapes: Geometries, ground: Ground, rules: Iterable[Rule]) -> NDArray[np.bool_]:
    """Tell which shapes may bring a street front to a group; all where no rule asks for one."""
    reaches = [
        float(rule.given["reach_m"])
        for rule in rules
        if rule.measure == "frontage_m" and not rule.warns and (rule.at_least or 0.0) > 0
    ]
    if not reaches or ground.streets is None:
        return np.ones(len(shapes), dtype=bool)
    near = np.zeros(len(shapes), dtype=bool)
    reach = min(reaches) + CLOSED_M
    near[pairs_within(shapes, ground.ways.tree, reach)[0]] = True
    return near


def touching(shapes: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of shapes that lie no farther apart than two drawings of one limit, each once."""
    one, other = pairs_within(shapes, shapely.STRtree(shapes), TOUCH_M)
    once = one < other
    return one[once], other[once]


def within_steps(
    seeds: NDArray[np.bool_], pairs: tuple[NDArray[np.intp], NDArray[np.intp]], steps: int
) -> NDArray[np.bool_]:
    """Tell what is a seed, or comes to one in so many steps from a pair to the next.

    Examples
    --------
    >>> row = np.array([0, 1, 2]), np.array([1, 2, 3])
    >>> within_steps(np.array([True, False, False, False]), row, 2).tolist()
    [True, True, True, False]
    """
    reached = seeds
    for _ in range(steps):
        spread = reached.copy()
        for here, there in (pairs, pairs[::-1]):
            spread[there[reached[here]]] = True
        reached = spread
    return reached
