"""What a good detector must not take for land: the known false positives, one of each or more."""

from __future__ import annotations

import numpy as np
import shapely
from tests.demo_city import plan
from tests.demo_city.ground import Ground, Truth, gather
from tests.demo_city.plots import fronts
from tests.demo_city.shapes import (
    GRID_M,
    boxes,
    frame,
    ribbon,
    smooth,
)

NAMED_USES = {
    "park": "parc ou square",
    "cemetery": "cimetière",
    "sports": "terrain de sport",
    "school": "cour d'école",
}


def plant_traps(ground: Ground, rng: np.random.Generator) -> None:
    """Plant every trap that changes the plots (those of observations come with the buildings)."""
    _landlocked(ground, rng)
    _beyond_the_zone(ground)
    _overlapping(ground)
    _bow_tie(ground, rng)
    _streets(ground)
    _slivers(ground)
    _in_water(ground)
    _uses(ground)


def _landlocked(ground: Ground, rng: np.random.Generator) -> None:
    """Cut a bare plot out of the gardens in the heart of three blocks: no street touches it."""
    done = 0
    rows = gather(ground.plots.style, ("row", "villa"))
    for index in rng.permutation(rows[ground.near[rows] < 430]):
        if done == 3:
            break
        if not ground.free(int(index)):
            continue
        block = np.flatnonzero((ground.plots.block == ground.plots.block[index]) & ground.alive)
        outline = shapely.union_all(ground.plots.shape[block])
        centre, axis, length, width = frame(outline)
        if width < 62 or length < 70 or outline.geom_type != "Polygon":
            continue
        side = np.array([-axis[1], axis[0]])
        at = centre + axis * length * rng.uniform(-0.2, 0.2)
        core = boxes(at[None], axis[None], side[None], (-13.0, 13.0, -12.0, 12.0))[0]
        if outline.boundary.distance(core) < 14 or not all(ground.free(int(k)) for k in block):
            continue
        plot = _carve(ground, core, block)
        ground.truth.append(
            Truth(
                "trap",
                "flagged",
                "terrain nu en cœur d'îlot, sans accès à une voie",
                (plot,),
                "landlocked",
                "access",
            )
        )
        done += 1


def _carve(ground: Ground, core: shapely.Geometry, block: np.ndarray) -> int:
    """Take a shape out of the plots of a block, corners shared exactly; return the new plot."""
    core = shapely.set_precision(core, GRID_M)
    rest = shapely.difference(ground.plots.shape[block], core)
    ground.alive[block[shapely.is_empty(rest)]] = False
    lines = shapely.union_all([*shapely.boundary(rest), core.boundary], grid_size=GRID_M)
    faces = np.asarray(shapely.get_parts(shapely.polygonize([lines])), dtype=object)
    inner = shapely.point_on_surface(faces)
    heart = None
    for face, point in zip(faces, inner, strict=True):
        if core.contains(point):
            heart = face
            continue
        owner = block[shapely.contains(rest, point)]
        if len(owner):
            ground.plots.shape[owner[0]] = face
    ground.plots.front[block] = fronts(ground.plots.shape[block], ground.layout)
    return ground.add(heart, style="row", use="empty", beside=int(block[0]))


def _beyond_the_zone(ground: Ground) -> None:
    """Leave bare plots among the allotments, in zone N."""
    done = 0
    for index in gather(ground.plots.style, ("allotment",)):
        if ground.near[index] > 420 or not ground.free(int(index)):
            continue
        taken = ground.row_from(int(index), 600.0, 5)
        if taken:
            plot = ground.melt(taken, "empty")
            ground.truth.append(
                Truth("trap", "rejected", "terrain nu en zone N", (plot,), "outside_zone", "zone")
            )
            done += 1
        if done == 2:
            return


def _overlapping(ground: Ground) -> None:
    """Lay an old plot over two planted bare ones, as a badly updated cadastre does."""
    bare = [t.plots[0] for t in ground.truth if t.kind == "dent_creuse"]
    for plot in sorted(bare, key=lambda k: float(ground.near[k]))[1:3]:
        shape = ground.plots.shape[plot]
        centre, axis, length, _ = frame(shape)
        box = boxes(
            centre[None],
            axis[None],
            np.array([[-axis[1], axis[0]]]),
            (-0.5 * length, 0.35 * length, -99.0, 99.0),
        )[0]
        old = shapely.set_precision(shape.intersection(box), GRID_M)
        extra = ground.add(old, style=ground.plots.style[plot], use="empty", beside=plot)
        ground.truth.append(
            Truth(
                "trap", "flagged", "recouvre une parcelle voisine", (extra,), "overlap", "overlap"
            )
        )


def _bow_tie(ground: Ground, rng: np.random.Generator) -> None:
    """Give two small bare plots a ring that crosses itself."""
    done = 0
    for index in rng.permutation(gather(ground.plots.style, ("villa", "row"))):
        shape = ground.plots.shape[index]
        ring = shapely.get_coordinates(shape.simplify(0.3))
        small = 170 < shape.area < 380
        if len(ring) != 5 or not small or ground.near[index] > 400 or not ground.free(int(index)):
            continue
        a, b, c, d = ring[:4]
        ground.plots.shape[index] = shapely.Polygon([a, b, d, c])
        ground.plots.use[index] = "empty"
        ground.planted.append(shape.centroid)
        ground.truth.append(
            Truth(
                "trap",
                "rejected",
                "contour croisé (géométrie invalide)",
                (int(index),),
                "invalid_geometry",
                "area",
            )
        )
        done += 1
        if done == 2:
            return


def _streets(ground: Ground) -> None:
    """Number a stretch of a boulevard and one of a quiet street in the cadastre."""
    for name, start, end, width in (
        ("Boulevard de Beauvillé", (455, -230), (540, -46), 23.2),
        ("Rue Dejean", (1090, -905), (1150, -943), 12.0),
        ("Rue Legrand-d'Aussy", (470, -671), (530, -679), 13.0),
    ):
        avenue = next(line for line in plan.AVENUES if line.name == name)
        line = smooth(avenue.points)
        ends = sorted(line.project(shapely.Point(p)) for p in (start, end))
        part = shapely.ops.substring(line, *ends).buffer(width / 2, cap_style="flat")
        shape = shapely.set_precision(part, GRID_M)
        beside = int(np.argmin(shapely.distance(ground.plots.shape, shape)))
        plot = ground.add(shape, style="row", use="street", beside=beside)
        ground.truth.append(
            Truth(
                "trap",
                "rejected",
                f"voie cadastrée : {name}",
                (plot,),
                "street_in_cadastre",
                "road" if width > 20 else "opened_area",
            )
        )


def _slivers(ground: Ground) -> None:
    """Leave long thin strips along the railway: one of 3 m, and none that a house could fill."""
    rail = ribbon(plan.RAIL[0].points)
    lane = rail.buffer(3.4).difference(rail.buffer(0.6))
    for x, y in ((640.0, -930.0), (980.0, -1010.0), (1260.0, -1085.0)):
        centre = shapely.ops.nearest_points(rail.boundary, shapely.Point(x, y))[0]
        strip = shapely.set_precision(lane.intersection(centre.buffer(42)), GRID_M)
        strip = max(shapely.get_parts(strip), key=lambda part: part.area)
        beside = int(np.argmin(shapely.distance(ground.plots.shape, strip)))
        plot = ground.add(strip.simplify(0.05), style="industry", use="empty", beside=beside)
        ground.truth.append(
            Truth("trap", "rejected", "délaissé de 3 m de large", (plot,), "sliver", "area")
        )


def _in_water(ground: Ground) -> None:
    """Number a piece of the river bed."""
    river = ribbon(plan.WATER[0].points)
    bed = shapely.set_precision(
        river.buffer(-1).intersection(shapely.Point(238, -369).buffer(26)), GRID_M
    )
    beside = int(np.argmin(shapely.distance(ground.plots.shape, bed)))
    plot = ground.add(bed.simplify(0.2), style="centre", use="river", beside=beside)
    ground.truth.append(
        Truth("trap", "rejected", "parcelle dans le lit de la Somme", (plot,), "water", "exclusion")
    )


def _uses(ground: Ground) -> None:
    """Note the parks, cemeteries, sports grounds, schoolyards, allotments and car parks."""
    plots = ground.plots
    for use, words in NAMED_USES.items():
        at = np.flatnonzero((plots.use == use) & ground.alive & (shapely.area(plots.shape) > 900))
        for index in at[: 1 if use == "cemetery" else 4]:
            ground.truth.append(
                Truth(
                    "trap", "rejected", plots.label[index] or words, (int(index),), use, "exclusion"
                )
            )
    for index in np.flatnonzero((plots.use == "parking") & ground.alive):
        ground.truth.append(
            Truth("trap", "flagged", plots.label[index], (int(index),), "parking", "flag")
        )
    gardens = gather(plots.style, ("allotment",))
    gardens = gardens[
        (plots.use[gardens] == "")
        & (shapely.area(plots.shape[gardens]) > 600)
        & ground.alive[gardens]
        & (ground.near[gardens] < 440)
    ]
    for index in gardens[:: max(1, len(gardens) // 4)][:4]:
        ground.truth.append(
            Truth(
                "trap",
                "rejected",
                "jardins des Hortillonnages",
                (int(index),),
                "allotments",
                "zone",
            )
        )
