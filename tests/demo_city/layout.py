"""From the plan to the ground: water, railway, fort, streets, and the blocks between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from tests.demo_city import plan
from tests.demo_city.shapes import (
    GRID_M,
    Geometries,
    cut_line,
    frame,
    largest,
    ribbon,
    smooth,
    split,
    turned,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

REACH_M = 480.0  # the city is drawn this far from its heart
BEYOND_M = 450.0  # and its greens and its rivers go on a little
GREEN = ("park", "allotment")  # they fill the hollows of the outline
SLACK = 1.45  # a block may be longer than its style by this factor
Road = tuple[str, str, float, shapely.Geometry]  # name, class, width, line


@dataclass(frozen=True)
class Block:
    """Land between streets: its shape, the style of its district, its use when it is kept whole."""

    shape: shapely.Geometry
    style: str
    use: str = ""
    label: str = ""


@dataclass
class Layout:
    """The ground plan, in metres from the origin of the plan."""

    axis: shapely.Geometry
    heart: shapely.Geometry
    water: list[tuple[str, shapely.Geometry]]
    rail: shapely.Geometry
    fort: shapely.Geometry
    moat: shapely.Geometry
    roads: list[Road] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    # Ground of the streets and of the water: what a plot can open on.
    open_sides: shapely.STRtree = field(default_factory=lambda: shapely.STRtree([]))


def axis_line() -> shapely.LineString:
    """Draw the true axis, in metres from the origin of the plan."""
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True)
    _names, lat, lon = zip(*plan.WAYPOINTS, strict=True)
    east, north = to_metres.transform(lon, lat)
    return shapely.LineString(np.column_stack([east, north]) - np.array(plan.ORIGIN))


def draw(rng: np.random.Generator) -> Layout:
    """Draw the whole ground plan."""
    axis = axis_line()
    heart = heart_of(axis)
    hull = heart.buffer(REACH_M + BEYOND_M)
    layout = Layout(axis, heart, _water(hull), _rail(hull), *_fort())
    layout.roads = [
        (line.name, line.kind, line.width_m, smooth(line.points).intersection(hull))
        for line in (*plan.AVENUES, *plan.PATHS)
    ]
    leaves: list[Block] = []
    sites = list(plan.SITES)
    near = heart.buffer(REACH_M + 60)
    for face in _faces(layout, hull):
        _divide(face, near, leaves, roads=layout.roads, sites=sites, rng=rng)
    layout.blocks = _blocks(leaves, layout, hull.boundary)
    layout.blocks += [Block(layout.fort, "citadel", "citadel", "Campus de la Citadelle")]
    streets = pave([road for road in layout.roads if road[1] != "canal"])
    layout.open_sides = shapely.STRtree([*streets, *(shape for _, shape in layout.water)])
    return layout


def heart_of(axis: shapely.Geometry) -> shapely.Geometry:
    """Draw the axis 50 m wide on each side, with the hollows of its bends filled."""
    return axis.buffer(1500).buffer(-1450)


def _water(hull: shapely.Geometry) -> list[tuple[str, shapely.Geometry]]:
    beds = [(bed.name, ribbon(bed.points).intersection(hull)) for bed in plan.WATER]
    ponds = [(name, shapely.Polygon(smooth((*p, p[0])).coords).buffer(0)) for name, p in plan.PONDS]
    return beds + ponds


def _rail(hull: shapely.Geometry) -> shapely.Geometry:
    return shapely.union_all([ribbon(track.points) for track in plan.RAIL]).intersection(hull)


def _fort() -> tuple[shapely.Geometry, shapely.Geometry]:
    """Draw the fort, five bastions joined by curtain walls, and the ditch around it."""
    (x, y), tip, curtain, first = plan.FORT
    corners = []
    for angle in first + 72.0 * np.arange(5):
        for turn, radius in (
            (-17, curtain),
            (-15, 0.84 * tip),
            (0, tip),
            (15, 0.84 * tip),
            (17, curtain),
        ):
            a = np.radians(angle + turn)
            corners.append((x + radius * np.cos(a), y + radius * np.sin(a)))
    fort = shapely.Polygon(corners)
    return fort, fort.buffer(14, join_style="mitre").difference(fort)


def _faces(layout: Layout, hull: shapely.Geometry) -> list[shapely.Geometry]:
    solid = shapely.union_all(
        [shape for _, shape in layout.water] + [layout.rail.buffer(4), layout.fort, layout.moat]
    )
    avenues = [line for _, kind, _, line in layout.roads if kind not in ("footway", "cycleway")]
    lines = shapely.union_all([hull.boundary, solid.boundary, *avenues], grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    keep = ~shapely.intersects(solid, shapely.point_on_surface(faces))
    faces = faces[keep & (shapely.area(faces) > 90)]
    order = np.lexsort(shapely.bounds(faces).T[:2])
    return list(faces[order])


def districts() -> list[tuple[str, shapely.Geometry]]:
    """Shapes of the districts: the first that holds a point gives its style."""
    (x, y), tip, *_ = plan.FORT
    fort = shapely.Point(x, y).buffer(tip * 1.12, quad_segs=6)
    return [("park", fort), *((name, shapely.Polygon(p)) for name, p in plan.DISTRICTS)]


def styles_at(points: Geometries) -> Geometries:
    """Style of the district around each point (row houses where nothing is said)."""
    styles: Geometries = np.full(len(points), "row", dtype=object)
    for name, shape in reversed(districts()):
        styles[shapely.contains(shape, points)] = name
    return styles


def _divide(
    face: shapely.Geometry,
    near: shapely.Geometry,
    leaves: list[Block],
    *,
    roads: list[Road],
    sites: list[plan.Site],
    rng: np.random.Generator,
) -> None:
    """Cut a face by new streets until its pieces are blocks; add the blocks and the streets."""
    stack = [(face, 0)]
    while stack:
        piece, depth = stack.pop()
        name = str(styles_at(np.array([piece.centroid]))[0])
        style = plan.STYLES[name]
        if name not in GREEN and not near.intersects(piece):
            continue  # beyond the map: no use to cut it
        inside = [s for s in sites if piece.contains(shapely.Point(s.x, s.y))]
        if inside and (piece.area < 1.6 * inside[0].area_m2 or depth > 9):
            leaves.append(Block(piece, name, inside[0].use, inside[0].label))
            sites.remove(inside[0])
            continue
        cut = _cut(piece, style, rng, force=bool(inside))
        if cut is None:
            leaves.append(Block(piece, name, *[(s.use, s.label) for s in inside[:1]] or ("", "")))
            continue
        line, pieces = cut
        width = style.street_m * rng.uniform(0.85, 1.1) + (2.0 if depth == 0 else 0.0)
        roads.append(("", style.street, width, line))
        stack += [(part, depth + 1) for part in pieces]


def _cut(
    piece: shapely.Geometry, style: plan.Style, rng: np.random.Generator, *, force: bool
) -> tuple[shapely.Geometry, list[shapely.Geometry]] | None:
    """Find the street that cuts a piece well, or None when the piece is a block."""
    centre, axis, length, width = frame(piece)
    across = length / style.length >= width / style.width
    size = max(length / style.length, width / style.width)
    too_small = piece.area < 0.6 * style.length * style.width
    if not force and (size < SLACK or too_small):
        return None
    if force and size < SLACK:
        across = True
    side = np.array([-axis[1], axis[0]])
    way, along, extent = (side, axis, length) if across else (axis, side, width)
    # An even number of blocks fits better than halves that are then cut in unequal parts.
    count = max(2, round(extent / (style.length if across else style.width)))
    share = (count // 2) / count if not force else 0.5
    for attempt in range(6):
        calm = 1.0 if attempt < 4 else 0.0
        at = centre + along * extent * (share - 0.5 + calm * rng.normal(0, 0.035))
        turn = calm * rng.normal(0, style.turn)
        bend = calm * rng.normal(0, style.bend)
        line = cut_line(at, turned(way, turn), (width if across else length) * 0.75, bend=bend)
        pieces = split(piece, line)
        if len(pieces) > 1 and min(p.area for p in pieces) > (0.16, 0.04)[attempt > 2] * piece.area:
            return line.intersection(piece), pieces
    return None


def pave(roads: Iterable[Road]) -> Geometries:
    """Ground of the streets (and of the small canals): each line at its width."""
    return np.array(
        [line.buffer(width / 2, quad_segs=2, join_style="mitre") for _, _, width, line in roads],
        dtype=object,
    )


def _blocks(leaves: list[Block], layout: Layout, edge: shapely.Geometry) -> list[Block]:
    """Take the streets away from the leaves, drop what is left over and what is too far."""
    ground = pave(layout.roads)
    tree = shapely.STRtree(ground)
    near = layout.heart.buffer(REACH_M)
    blocks = []
    for leaf in (leaf for leaf in leaves if leaf.use != "square"):
        wanted = leaf.style in GREEN or near.contains(leaf.shape.centroid)
        if not wanted or leaf.shape.distance(edge) < 1:
            continue
        hits = sorted(tree.query(leaf.shape, predicate="intersects"))
        rest = leaf.shape.difference(shapely.union_all(ground[hits]))
        rest = rest.buffer(-1.6, join_style="mitre", mitre_limit=2)
        rest = rest.buffer(1.6, join_style="mitre", mitre_limit=2)
        parts = [p for p in shapely.get_parts(rest) if p.area > 70]
        whole = largest(rest)
        for part in sorted(parts, key=lambda p: tuple(p.bounds)):
            use = leaf.use if part is whole or part.equals(whole) else ""
            clean = part.simplify(0.15)
            blocks.append(
                Block(
                    clean,
                    leaf.style,
                    use or ("park" if leaf.style == "park" else ""),
                    leaf.label if use else "",
                )
            )
    return blocks
