"""What a good detector must find: bare plots, plots to divide, friches. All planted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from tests.demo_city.buildings import end_houses
from tests.demo_city.ground import Ground, Truth, gather
from tests.demo_city.plots import fronts
from tests.demo_city.shapes import free_piece_m2, opened
from tests.demo_city.sites import FRICHES, RECONVERTED, Friche

if TYPE_CHECKING:
    from collections.abc import Iterator

# Buildable area in one piece (20 m wide) that each planted bare plot must hold, by style.
BARE = (
    *[("row", m2) for m2 in (420, 430, 450, 480, 520, 560, 620, 700, 820)],
    *[("villa", m2) for m2 in (440, 470, 520, 600, 700, 900, 1100)],
    *[("centre", m2) for m2 in (430, 480, 560)],
    *[("medieval", m2) for m2 in (420, 450)],
    *[("industry", m2) for m2 in (1500, 2200, 3000)],
    *[("slab", m2) for m2 in (1800, 2600)],
)
TO_DIVIDE = (
    *[("row", m2) for m2 in (900, 950, 1000, 1100)],
    *[("villa", m2) for m2 in (900, 950, 1000, 1050, 1100, 1200, 1300, 1400, 1500, 1600, 1800)],
)
WITHIN_M = 430.0  # everything is planted this near the axis


def plant_bare(ground: Ground, rng: np.random.Generator) -> None:
    """Melt neighbours into bare plots of the wanted size, served by a street."""
    for style, wanted in BARE:
        for index in _shuffled(ground, style, rng):
            taken = ground.row_from(index, wanted, 1 if style in ("industry", "slab") else 9)
            if taken is None or not _fits(ground, taken, wanted, front_m=12):
                continue
            plot = ground.melt(taken, "empty")
            note = f"terrain nu d'environ {round(ground.plots.shape[plot].area)} m²"
            ground.truth.append(Truth("dent_creuse", "found", note, (plot,)))
            break


def plant_divisible(ground: Ground, rng: np.random.Generator) -> None:
    """Melt neighbours into large gardens with one house at their end."""
    for style, wanted in TO_DIVIDE:
        for index in _shuffled(ground, style, rng):
            taken = ground.row_from(index, wanted, 12)
            if taken is None or not _fits(ground, taken, wanted, front_m=30):
                continue
            if not _room_beside_a_house(ground, taken):
                continue
            plot = ground.melt(taken, "garden")
            note = "grand jardin avec une seule maison à son extrémité"
            ground.truth.append(Truth("terrain_divisible", "found", note, (plot,)))
            break


def _room_beside_a_house(ground: Ground, taken: list[int]) -> bool:
    """Large enough to be divided, and enough room left 8 m away from the house to come."""
    whole = shapely.union_all(ground.plots.shape[taken])
    front = fronts(np.array([whole]), ground.layout)[0]
    if whole.area < 1080 or front.geom_type != "LineString":
        return False
    behind = np.array([ground.plots.style[taken[0]] == "villa"])
    house = end_houses(np.array([whole]), np.array([front]), behind)[0]
    return bool(house.area > 60 and free_piece_m2(whole, np.array([house])) > 430)


def _shuffled(ground: Ground, style: str, rng: np.random.Generator) -> Iterator[int]:
    at = gather(ground.plots.style, (style,))
    at = at[ground.near[at] < WITHIN_M]
    return (int(i) for i in rng.permutation(at) if ground.free(int(i)))


def _fits(ground: Ground, taken: list[int], wanted: float, *, front_m: float) -> bool:
    """Not far larger than wanted, and with a straight length of street before it."""
    whole = shapely.union_all(ground.plots.shape[taken])
    front = sum(ground.plots.front[k].length for k in taken)
    room = opened(np.array([whole]), 10.0)[0].area
    return bool(room <= wanted * 1.9 and front >= front_m and all(map(ground.free, taken)))


def plant_friches(ground: Ground) -> dict[int, tuple[int, ...]]:
    """Choose the plots of each friche near its place; return them by number of the site."""
    chosen: dict[int, tuple[int, ...]] = {}
    for site in (*FRICHES, RECONVERTED):
        plots = _land_of(ground, site)
        if not plots:
            continue
        chosen[site.number] = plots
        done = site is RECONVERTED
        if done:
            ground.plots.use[list(plots)] = "reconverted"
        ground.truth.append(
            Truth(
                "trap" if done else "friche",
                "rejected" if done else "found",
                site.name,
                plots,
                "reconverted_friche" if done else "",
                "reconverted" if done else "",
                site_id(site.number),
            )
        )
    return chosen


def site_id(number: int) -> str:
    """Id of a site in the inventory, in the form of the CNIG layout."""
    return f"80021_9{number:04d}"


def _land_of(ground: Ground, site: Friche) -> tuple[int, ...]:
    large = ("industry", "hospital", "slab")
    styles = large if site.count <= 3 else ("row", "villa", "medieval", "centre")
    at = gather(ground.plots.style, styles)
    at = at[shapely.distance(shapely.Point(site.x, site.y), ground.plots.shape[at]) < 260]
    away = shapely.distance(shapely.Point(site.x, site.y), ground.plots.shape[at])
    for index in at[np.argsort(away, kind="stable")]:
        if not ground.free(int(index)):
            continue
        if site.count > 3:  # an old works among houses: their plots were one, and stay so
            taken = ground.row_from(int(index), 500.0 + 60.0 * site.count, site.count + 2)
            if taken is None:
                continue
            return (ground.melt(taken, "works"),)
        row = _neighbours(ground, int(index), site.count)
        if len(row) < site.count:
            continue
        for plot in row:
            ground.plots.use[plot] = "waste" if site.bare else "works"
            ground.planted.append(ground.plots.shape[plot].centroid)
        return tuple(row)
    return ()


def _neighbours(ground: Ground, index: int, count: int) -> list[int]:
    """Plots that touch one another in the same block, starting from one."""
    same = np.flatnonzero((ground.plots.block == ground.plots.block[index]) & ground.alive)
    found = [index]
    while len(found) < count:
        land = shapely.union_all(ground.plots.shape[found])
        shared = shapely.length(shapely.intersection(land, ground.plots.shape[same]))
        new = [
            int(k)
            for k, m in zip(same, shared, strict=True)
            if m > 8 and k not in found and ground.free(int(k))
        ]
        if not new:
            break
        found.append(new[0])
    return found
