"""What lies around the plots: uses and constraints, zones of the plan, places, residents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from tests.demo_city import plan
from tests.demo_city.courts import courts
from tests.demo_city.layout import Layout, districts, pave
from tests.demo_city.shapes import GRID_M, ribbon

if TYPE_CHECKING:
    from tests.demo_city.buildings import Houses
    from tests.demo_city.ground import Ground

Row = tuple[str, str, str, shapely.Geometry]  # kind, label, effect, shape
EXCLUDED = {
    "park": "park",
    "cemetery": "cemetery",
    "sports": "sports",
    "school": "school",
    "cathedral": "heritage",
    "citadel": "heritage",
}
ZONE_OF = {
    "allotment": ("N", "Nh - Hortillonnages et milieux humides"),
    "park": ("N", "Np - Parcs et jardins publics"),
    "medieval": ("U", "UAs - Saint-Leu et abords de la cathédrale"),
    "centre": ("U", "UAa - Centre-ville"),
    "industry": ("U", "UEv - Gare la Vallée, activités et projet urbain"),
    "hospital": ("U", "UHn - Hôpital Nord"),
    "slab": ("U", "UCa - Grands ensembles d'Amiens Nord"),
    "villa": ("U", "UDa - Extensions pavillonnaires"),
}
LAND_OVER = ("U", "UBa - Faubourgs")
RESIDENTS_M2 = {"medieval": 0.030, "centre": 0.034, "row": 0.022, "villa": 0.014, "slab": 0.075}


def constraints(ground: Ground, houses: Houses) -> gpd.GeoDataFrame:
    """Uses that exclude (water, greens, schools, rails) or flag (car parks, courts, flood)."""
    layout, plots = ground.layout, ground.plots
    land = shapely.union_all([block.shape for block in layout.blocks]).buffer(80)
    rows: list[Row] = [
        ("water", name, "exclude", shape) for name, shape in layout.water if shape.intersects(land)
    ]
    rows += [("water", "Rieu des Hortillonnages", "exclude", rieu) for rieu in rieux(layout)]
    rows.append(("railway", "Voies ferrées exploitées", "exclude", layout.rail))
    rows.append(("park", "Fossés de la Citadelle", "exclude", layout.moat))
    for use, kind in EXCLUDED.items():
        rows += [
            (kind, plots.label[i] or "Espace vert", "exclude", plots.shape[i])
            for i in np.flatnonzero((plots.use == use) & ground.alive)
        ]
    rows += [
        ("parking", plots.label[i], "flag", plots.shape[i])
        for i in np.flatnonzero((plots.use == "parking") & ground.alive)
    ]
    rows += _allotments(ground) + _courts(ground, houses) + _context(layout)
    rows = [(kind, label, effect, _on_grid(shape)) for kind, label, effect, shape in rows]
    rows.sort(key=lambda row: (row[0], row[1], row[3].bounds))
    return gpd.GeoDataFrame(
        {
            "kind": [row[0] for row in rows],
            "label": [row[1] for row in rows],
            "effect": [row[2] for row in rows],
        },
        geometry=[row[3] for row in rows],
    )


def _on_grid(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.set_precision(shape.simplify(0.1), GRID_M)


def rieux(layout: Layout) -> list[shapely.Geometry]:
    """Small canals between the allotments, each stretch that serves one."""
    canals = [road for road in layout.roads if road[1] == "canal"]
    gardens = [block.shape for block in layout.blocks if block.style == "allotment"]
    if not canals or not gardens:
        return []
    ground = pave(canals)
    near = np.unique(shapely.STRtree(gardens).query(ground, predicate="dwithin", distance=0.5)[0])
    around = shapely.union_all([shape.buffer(9) for shape in gardens])
    joined = shapely.union_all(ground[near]).intersection(around)
    return [part for part in shapely.get_parts(joined) if part.area > 20]


def _allotments(ground: Ground) -> list[Row]:
    plots = ground.plots
    mine = (plots.style == "allotment") & (plots.use == "") & ground.alive
    return [
        (
            "allotments",
            "Hortillonnages",
            "exclude",
            shapely.union_all(plots.shape[mine & (plots.block == block)]),
        )
        for block in np.unique(plots.block[mine])
    ]


def _courts(ground: Ground, houses: Houses) -> list[Row]:
    """Courts of blocks of flats and yards of works in use: land that is not free, but looks so."""
    plots = ground.plots
    rows: list[Row] = []
    for i in courts(ground):
        works = plots.style[i] == "industry" and plots.use[i] in ("", "reconverted")
        around = shapely.union_all(houses.shape[houses.plot == i]).buffer(1.0)
        rest = plots.shape[i].buffer(-1.0).difference(around).buffer(-1.5).buffer(1.5)
        if not rest.is_empty:
            label = "Cour d'établissement" if plots.use[i] else "Cour de résidence"
            rows.append(
                ("parking", "Cour de service", "flag", rest)
                if works
                else ("courtyard", label, "flag", rest)
            )
    return rows


def _context(layout: Layout) -> list[Row]:
    flood = shapely.union_all([ribbon(bed.points) for bed in plan.WATER[:2]])
    around = layout.heart.buffer(700)
    flood = flood.buffer(75, quad_segs=3).buffer(-15).intersection(around).simplify(4)
    church = next(site for site in plan.SITES if site.use == "cathedral")
    return [
        ("hazard", "Zone inondable de la Somme (aléa moyen)", "flag", flood),
        (
            "heritage",
            "Abords de la cathédrale",
            "context",
            shapely.Point(church.x, church.y).buffer(250, quad_segs=6),
        ),
    ]


def zones(layout: Layout) -> gpd.GeoDataFrame:
    """Zoning of the plan: one polygon a district, the faubourgs over what is left."""
    left = layout.heart.buffer(900, quad_segs=6)
    rows: list[tuple[str, str, shapely.Geometry]] = []
    # The fort is a university campus: an urban zone within the park.
    rows.append(("U", "UFc - Citadelle", layout.fort))
    left = left.difference(layout.fort)
    for name, shape in districts():
        own = shape.intersection(left)
        left = left.difference(shape)
        rows += [(*ZONE_OF[name], part) for part in shapely.get_parts(own) if part.area > 1]
    rows += [(*LAND_OVER, part) for part in shapely.get_parts(left) if part.area > 1]
    rows = [(kind, label, _on_grid(shape)) for kind, label, shape in rows]
    rows.sort(key=lambda row: (row[1], row[2].bounds))
    return gpd.GeoDataFrame(
        {"zone_type": [r[0] for r in rows], "label": [r[1] for r in rows]},
        geometry=[r[2] for r in rows],
    )


PLACES: tuple[tuple[str, str, float, float], ...] = (
    ("station", "Gare d'Amiens", 248, -910),
    ("hospital", "Hôpital Nord, place Victor-Pauchet", -1029, 951),
    ("university", "Campus de la Citadelle", -508, 600),
    ("public_service", "Mairie de secteur Nord", -205, 880),
    ("public_service", "Maison des services de la Vallée", 700, -700),
    ("public_service", "Bureau de poste Saint-Leu", -310, -120),
    ("public_service", "Médiathèque du Port", 60, -400),
    ("third_place", "Tiers-lieu de la Citadelle", -420, 640),
    ("social_housing", "Agence de l'office HLM (fictif)", -230, 905),
    ("green", "Parc Saint-Pierre", 260, 150),
    ("green", "Hortillonnages", 700, -400),
    ("green", "Glacis de la Citadelle", -300, 500),
    ("shop", "Marché sur l'eau", 40, -370),
)


def places(layout: Layout, streets: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Places to reach: the sites of the plan, stops along the avenues, shops at the crossings."""
    kept = {"university", "innovation", "research", "school", "public_service"}
    rows: list[Any] = [(s.use, s.label, s.x, s.y) for s in plan.SITES if s.use in kept]
    rows += PLACES
    near = layout.heart.buffer(470)
    for avenue in plan.AVENUES[:14]:
        line = shapely.LineString(avenue.points)
        for at in np.arange(140.0, line.length, 330.0):
            point = line.interpolate(at)
            if near.contains(point):
                rows.append(("stop", f"Arrêt {avenue.name} {len(rows)}", point.x, point.y))
    busy = streets[streets["street_class"].isin(("tertiary", "secondary", "pedestrian"))]
    ends = shapely.get_point(busy.geometry.to_numpy(), 0)
    ends = ends[shapely.contains(near, ends)]
    words = ("Boulangerie", "Épicerie", "Pharmacie", "Supérette", "Café")
    for k, point in enumerate(ends[rng.permutation(len(ends))[:34]]):
        rows.append(("shop", words[k % len(words)], point.x, point.y))
    rows.sort()
    points = shapely.set_precision(shapely.points([(r[2], r[3]) for r in rows]), GRID_M)
    return gpd.GeoDataFrame(
        {"category": [r[0] for r in rows], "name": [r[1] for r in rows]}, geometry=points
    )


def population(ground: Ground, houses: Houses, *, cell_m: float = 200.0) -> gpd.GeoDataFrame:
    """Residents by cell of 200 m, from the ground of the houses; points in the middle."""
    style, use = ground.plots.style[houses.plot], ground.plots.use[houses.plot]
    rate = np.array([RESIDENTS_M2.get(name, 0.0) for name in style]) * (use == "") * ~houses.light
    people = shapely.area(houses.shape) * rate
    centre = shapely.get_coordinates(shapely.centroid(houses.shape)) + np.array(plan.ORIGIN)
    cells, owner = np.unique(np.floor(centre / cell_m).astype(int), axis=0, return_inverse=True)
    residents = np.round(np.bincount(owner.ravel(), weights=people)).astype(int)
    lived = residents > 0
    middle = (cells[lived] + 0.5) * cell_m - np.array(plan.ORIGIN)
    names = [f"DEMO200mN{n * 200}E{e * 200}" for e, n in cells[lived]]
    return gpd.GeoDataFrame(
        {"cell_id": names, "residents": residents[lived].astype(float)},
        geometry=shapely.points(middle),
    )
