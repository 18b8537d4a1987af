"""Open ground that is not free: courts of flats, yards of works, and large gardens.

What is drawn follows the divisible rule of foncier-api: 0.5 to 50 % built, 1 000 m² or more, and a
free piece of 400 m², 20 m wide, 8 m away from the buildings. What is noted follows the default
rules, told again here plainly (`with_lots`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from tests.demo_city.buildings import Houses
from tests.demo_city.ground import Ground, Truth
from tests.demo_city.layout import GREEN, styles_at
from tests.demo_city.shapes import (
    GRID_M,
    best_lot,
    boxes,
    facing,
    frame,
    free_piece_m2,
    has_passage,
    largest,
    opened,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPARED = 4  # one court in four stays wide open; garages stand in the others
PUBLIC = ("station", "innovation", "research", "university", "public_service", "reconverted")
MONUMENTS = ("cathedral", "citadel")
BUILT = "terrain_divisible"
NOTED_M2 = 1000.0
LARGE = ("slab", "industry", "hospital")


def courts(ground: Ground) -> NDArray[np.int64]:
    """Plots whose open ground is the court of what stands there."""
    plots = ground.plots
    large = (plots.use == "") & np.isin(plots.style, LARGE)
    return np.flatnonzero(ground.alive & (large | np.isin(plots.use, PUBLIC)))


def with_garages(ground: Ground, houses: Houses) -> Houses:
    """Stand rows of garages in most of the courts that are wide enough to look free."""
    shapes: list[shapely.Geometry] = []
    owner: list[int] = []
    ordinary = courts(ground)
    yards = set(ordinary[ground.plots.use[ordinary] == ""].tolist())
    open_ = [i for i in divisible(ground, houses) if i in yards]
    for rank, i in enumerate(open_):
        if rank % SPARED == 0:
            continue
        plot, own = ground.plots.shape[i], list(houses.shape[houses.plot == i])
        for _ in range(8):
            row = _garages(plot, own)
            if row is None:
                break
            own.append(row)
            shapes.append(row)
            owner.append(i)
    order = np.argsort(np.r_[houses.plot, np.array(owner, dtype=int)], kind="stable")
    return Houses(
        np.concatenate([houses.shape, np.array(shapes, dtype=object)])[order],
        np.r_[houses.plot, np.array(owner, dtype=int)][order],
        np.r_[houses.light, np.ones(len(owner), dtype=bool)][order],
    )


def _garages(plot: shapely.Geometry, own: list[shapely.Geometry]) -> shapely.Geometry | None:
    """One row of garages in the middle of the largest free piece, along it."""
    rest = plot.difference(shapely.union_all(shapely.buffer(np.array(own), 8.0)))
    pieces = np.asarray(shapely.get_parts(rest), dtype=object)
    if not len(pieces) or shapely.area(opened(pieces, 10.0)).max() < 380:
        return None
    piece = largest(rest.buffer(-4).buffer(4))
    centre, axis, length, _ = frame(piece)
    if not piece.contains(shapely.Point(centre)):
        centre = shapely.get_coordinates(shapely.maximum_inscribed_circle(piece))[0]
    half = min(length * 0.42, 24.0)
    side = np.array([-axis[1], axis[0]])
    row = boxes(centre[None], axis[None], side[None], (-half, half, -2.9, 2.9))[0]
    row = largest(shapely.set_precision(row.intersection(plot.buffer(-1.5)), GRID_M))
    return row if row is not None and row.area > 25 else None


def divisible(ground: Ground, houses: Houses) -> list[int]:
    """Plots that hold to the rule, whatever stands on them or was planted."""
    area = shapely.area(ground.plots.shape)
    built = np.zeros(len(area))
    np.add.at(built, houses.plot, shapely.area(houses.shape))
    share = np.divide(built, area, out=np.zeros_like(built), where=area > 0)
    maybe = ground.alive & (area >= 1000) & (share >= 0.005) & (share < 0.5)
    return [
        int(i)
        for i in np.flatnonzero(maybe)
        if free_piece_m2(ground.plots.shape[i], houses.shape[houses.plot == i]) >= 400
    ]


def with_lots(ground: Ground, houses: Houses, streets: shapely.Geometry) -> dict[int, bool]:
    """Built plots that a lot can be cut from, by the default rules, and if a passage leads to it.

    600 m² or more, 2 to 50 % built; a lot of 300 m² (a hair more: corners are rounded to the
    centimetre). A front is within 20 m of a street and faces it; buildings of
    10 m² or less are no obstacle.
    """
    area = shapely.area(ground.plots.shape)
    large = (shapely.area(houses.shape) >= 25) & (
        ~houses.light | (shapely.area(houses.shape) >= 100)
    )
    built = np.zeros(len(area))
    np.add.at(built, houses.plot[large], shapely.area(houses.shape[large]))
    share = np.divide(built, area, out=np.zeros_like(built), where=area > 0)
    found = {}
    for i in np.flatnonzero(ground.alive & (area >= 600) & (share >= 0.02) & (share < 0.5)):
        plot, own = ground.plots.shape[i], houses.shape[houses.plot == i]
        own = own[shapely.area(own) > 10]
        lot = best_lot(plot, own)
        if lot.area >= 301:
            front = facing(ground.plots.front[i], streets)
            found[int(i)] = has_passage(plot, own, front, lot)
    return found


def note(ground: Ground, houses: Houses, streets: shapely.Geometry) -> None:
    """Note the courts that look free, the gardens that nobody planted, and those without a way."""
    yards = set(courts(ground).tolist())
    urban = ~np.isin(styles_at(shapely.centroid(ground.plots.shape)), GREEN)
    urban &= ground.plots.style != "allotment"
    planted = {i for truth in ground.truth for i in truth.plots if truth.kind == BUILT}
    for i, passage in with_lots(ground, houses, streets).items():
        told = None
        if i in yards and ground.plots.style[i] == "industry" and ground.plots.use[i] == "":
            words = "cour d'un établissement"
            told = Truth("trap", "flagged", words, (i,), "service_yard", "flag")
        elif i in yards:
            told = Truth("trap", "flagged", "cour d'un ensemble bâti", (i,), "courtyard", "flag")
        elif ground.plots.use[i] in MONUMENTS:
            told = Truth("trap", "rejected", "monument protégé", (i,), "monument", "exclusion")
        elif ground.plots.use[i] == "" and urban[i] and passage and i not in planted:
            told = Truth(BUILT, "found", "grand jardin ordinaire", (i,))
        elif ground.plots.use[i] == "" and urban[i] and ground.plots.shape[i].area >= NOTED_M2:
            words = "grand jardin derrière une maison qui tient toute la façade"
            told = Truth("trap", "rejected", words, (i,), "no_passage", "access")
        if told is not None:
            ground.truth.append(told)
