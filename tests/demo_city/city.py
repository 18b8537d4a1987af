"""The demonstration city as tables: drawn, planted, built, numbered, cut to size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from tests.demo_city import (
    courts,
    inventory,
    land,
    layout,
    planted,
    plots,
    registers,
    traps,
)
from tests.demo_city import surroundings as around
from tests.demo_city.buildings import Houses, build
from tests.demo_city.ground import Ground, Truth
from tests.demo_city.numbering import numbered
from tests.demo_city.plan import ORIGIN
from tests.demo_city.sites import PLATEAU_OF
from tests.demo_city.streets import network
from tests.demo_city.vacancy import observe

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.demo_city.shapes import Geometries

CRS = pyproj.CRS.from_epsg(2154)
COMMUNE = "80021"
PARCELS = 6_500
SEED = 80_021
# No row of it is a real figure.
LOVAC = (
    ("80021", "Amiens (fictif)", 12_480.0, 4.2),
    ("80001", "Commune voisine A (fictive)", 1_210.0, 2.9),
    ("80002", "Commune voisine B (fictive)", 640.0, np.nan),
)


@dataclass(frozen=True)
class City:
    """The fictional city, every layer in EPSG:2154 (Lambert-93).

    ``parcels`` and ``buildings`` keep their contracts of `foncier.schemas` and carry the columns of
    the cadastre besides; ``inventory`` has the columns of the CNIG layout; ``truth`` says what was
    planted and what a good detector does with it (`tests.demo_city.ground.Truth`).
    """

    parcels: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    constraints: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    inventory: gpd.GeoDataFrame
    observations: gpd.GeoDataFrame
    population: gpd.GeoDataFrame
    vacancy_rates: pd.DataFrame
    truth: gpd.GeoDataFrame
    establishments: gpd.GeoDataFrame
    tax: pd.DataFrame
    premises: gpd.GeoDataFrame

    def constraint(self, *kinds: str) -> gpd.GeoDataFrame:
        """Constraints of some kinds: ``water``, ``railway``, ``park``…."""
        return self.constraints[self.constraints["kind"].isin(kinds)]


def draw(*, parcels: int, seed: int) -> City:
    """Draw the city once, with at most as many parcels as its ground holds.

    The parcels farthest from the axis are left out first, block by block, until ``parcels`` are
    left.
    """
    rng = np.random.default_rng(seed)
    plan = layout.draw(rng)
    ground = Ground.of(plan, plots.join(plots.divide(plan.blocks, rng), plan))
    friches = planted.plant_friches(ground)
    planted.plant_bare(ground, rng)
    planted.plant_divisible(ground, rng)
    traps.plant_traps(ground, rng)
    houses = courts.with_garages(ground, build(ground.plots, rng))
    taxed = registers.plant_tax_sites(ground)
    seen = observe(ground, houses, rng)
    own = np.random.default_rng([seed, 1])  # what was drawn before stays as it was
    firms = registers.establishments(ground, houses, seen.states, own)
    to_let = registers.premises(houses, seen.to_let)
    taxes = registers.tax(ground, friches, taxed, houses.plot[seen.vacant], own)
    streets = network(plan)
    courts.note(ground, houses, shapely.union_all(streets.geometry.to_numpy()))
    friches |= _plateau(ground, friches)
    ids = numbered(ground, parcels)
    houses = _left(ids["plot"].to_numpy(), plan, ground, houses)
    streets = network(plan)  # of the blocks that are left
    return City(
        parcels=_parcels(ground.plots.shape, ids),
        buildings=_buildings(houses),
        streets=_placed(streets),
        constraints=_numbered(_placed(around.constraints(ground, houses)), "constraint_id", "C"),
        places=_numbered(_placed(around.places(plan, streets, rng)), "place_id", "L"),
        zones=_numbered(_placed(around.zones(plan)), "zone_id", "Z"),
        inventory=_inventory(ground, friches, ids),
        observations=_placed(_over(seen.table, houses)),
        population=_placed(around.population(ground, houses)),
        vacancy_rates=_rates(),
        truth=land.protected(_truth(ground, ids)),
        establishments=_placed(_over(firms, houses)),
        tax=_taxed(taxes, ids),
        premises=_placed(_over(to_let, houses)),
    )


def _left(kept: NDArray[np.intp], plan: layout.Layout, ground: Ground, houses: Houses) -> Houses:
    """Houses on the plots that are kept; the plan and the ground are cut down to these plots."""
    built = np.isin(houses.plot, kept)
    alive = np.zeros(len(ground.alive), dtype=bool)
    alive[kept] = True
    ground.alive = alive
    plan.blocks = [plan.blocks[k] for k in np.unique(ground.plots.block[kept])]
    return Houses(houses.shape[built], houses.plot[built], houses.light[built])


def _placed(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Move a table from the origin of the plan to Lambert-93."""
    moved = shapely.transform(table.geometry.to_numpy(), lambda xy: np.round(xy + ORIGIN, 2))
    return gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=moved, crs=CRS)


def _numbered(table: gpd.GeoDataFrame, key: str, letter: str) -> gpd.GeoDataFrame:
    table.insert(0, key, [f"{letter}{n:04d}" for n in range(1, len(table) + 1)])
    return table


def _parcels(shapes: Geometries, ids: pd.DataFrame) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(
        ids.drop(columns="plot").assign(commune=COMMUNE),
        geometry=shapes[ids["plot"].to_numpy()],
    )
    placed = _placed(table)
    area = placed.geometry.area
    # The cadastre's own figure differs a little from what is measured on its drawing.
    drift = 1 + 0.01 * np.sin(np.arange(len(placed)))
    return placed.assign(area_m2=area, contenance=np.maximum((area * drift).round(), 1).astype(int))


def _buildings(houses: Houses) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(
        {"kind": np.where(houses.light, "light", "hard")}, geometry=houses.shape
    )
    placed = _placed(table)
    placed.insert(0, "building_id", [f"B{n:06d}" for n in range(1, len(placed) + 1)])
    return placed.assign(area_m2=placed.geometry.area)


def _over(seen: gpd.GeoDataFrame, houses: Houses) -> gpd.GeoDataFrame:
    """Leave out the observations of buildings that are not in the city."""
    tree = shapely.STRtree(houses.shape)
    hit = tree.query(shapely.centroid(seen.geometry.to_numpy()), predicate="dwithin", distance=3)
    return seen.iloc[np.unique(hit[0])].reset_index(drop=True)


def _inventory(
    ground: Ground, friches: dict[int, tuple[int, ...]], ids: pd.DataFrame
) -> gpd.GeoDataFrame:
    name = dict(zip(ids["plot"], ids["parcel_id"], strict=True))
    land = {}
    for number, own in friches.items():
        if all(k in name for k in own):
            land[number] = (ground.plots.shape[list(own)], [name[k] for k in own])
    table = inventory.table(land)
    points = table.pop("geompoint").map(shapely.from_wkt).to_numpy()
    return _placed(gpd.GeoDataFrame(table, geometry=shapely.set_precision(points, 0.01)))


def _plateau(ground: Ground, friches: dict[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    """Find the plots of the site that overlaps another in part: one of its plots, one beside it."""
    own = friches.get(PLATEAU_OF, ())
    if len(own) < 2:
        return {}
    same = np.flatnonzero((ground.plots.block == ground.plots.block[own[0]]) & ground.alive)
    same = same[~np.isin(same, own)]
    if not len(same):
        return {}
    away = shapely.distance(ground.plots.shape[own[-1]], ground.plots.shape[same])
    land = (own[-1], int(same[np.argmin(away)]))
    key = planted.site_id(PLATEAU_OF + 1)
    ground.truth.append(Truth("friche", "found", inventory.PLATEAU, land, key=key))
    return {-PLATEAU_OF: land}


def _taxed(taxes: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """Tax data of the plots that are in the city, under their parcel ids."""
    names = pd.Series(ids["parcel_id"].to_numpy(), ids["plot"].to_numpy())
    taxes = taxes.assign(plot=taxes["plot"].map(names)).dropna(subset="plot")
    return taxes.rename(columns={"plot": "idpar"}).sort_values("idpar", ignore_index=True)


def _rates() -> pd.DataFrame:
    names = ["commune", "name", "dwellings", "rate_percent"]
    return pd.DataFrame(list(LOVAC), columns=names)


def _truth(ground: Ground, ids: pd.DataFrame) -> gpd.GeoDataFrame:
    name = dict(zip(ids["plot"], ids["parcel_id"], strict=True))
    rows: list[dict[str, Any]] = []
    for told in ground.truth:
        if not all(plot in name for plot in told.plots):
            continue
        shapes = ground.plots.shape[list(told.plots)]
        point = told.point or shapely.point_on_surface(shapely.make_valid(shapes[0]))
        rows.append(
            {
                "id": told.key or name[told.plots[0]],
                "kind": told.kind,
                "trap": told.trap,
                "expected": told.expected,
                "expected_rule": told.rule,
                "note": told.note,
                "subject": "building" if told.point else "site" if told.key else "parcel",
                "parcel_ids": "|".join(name[plot] for plot in told.plots),
                "geometry": point,
            }
        )
    rows.sort(key=lambda row: (row["kind"], row["trap"], row["id"], row["note"]))
    return _placed(gpd.GeoDataFrame(rows, geometry="geometry"))


def generate(*, parcels: int = PARCELS, seed: int = SEED) -> City:
    """Draw the fictional city on the true axis of Amiens, with exactly ``parcels`` parcels.

    Up to the default number the city is drawn and cut to the parcels nearest to its axis; above,
    whole copies of it are laid side by side (`tests.demo_city.scale.grow`), for benchmarks.

    Parameters
    ----------
    parcels
        Number of parcels, from 500 up to six million.
    seed
        Seed of everything that is drawn by lot; the same seed gives the same city.

    Returns
    -------
    The layers of the city in EPSG:2154.

    Raises
    ------
    ConfigError
        A number of parcels for which there is no city.
    """
    from tests.demo_city.scale import checked, grow

    checked(parcels)
    city = draw(parcels=min(parcels, PARCELS), seed=seed)
    return city if parcels <= PARCELS else grow(city, parcels)
