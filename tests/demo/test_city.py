"""The city keeps the contracts, its plots meet exactly, its houses stand on their streets."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tests.demo_city.city import City, generate

from foncier import schemas
from foncier.errors import ConfigError

OVERLAID = ("overlap", "invalid_geometry", "street_in_cadastre", "water", "sliver")


def parcels_of(city: City, *traps: str) -> set[str]:
    rows = city.truth[city.truth["trap"].isin(traps)]
    return set("|".join(rows["parcel_ids"]).split("|"))


@pytest.mark.parametrize(
    ("name", "contract"),
    [
        ("parcels", schemas.PARCELS),
        ("buildings", schemas.BUILDINGS),
        ("streets", schemas.STREETS),
        ("constraints", schemas.CONSTRAINTS),
        ("places", schemas.PLACES),
        ("zones", schemas.ZONES),
        ("observations", schemas.OBSERVATIONS),
        ("population", schemas.POPULATION),
    ],
)
def test_each_layer_keeps_its_contract(city: City, name: str, contract: schemas.Table) -> None:
    table = getattr(city, name)
    conform = contract.conform(table)
    assert len(conform) == len(table) > 20
    assert conform.crs.to_epsg() == 2154


def test_the_city_has_exactly_the_wanted_parcels(city: City) -> None:
    assert len(city.parcels) == 6500
    assert city.parcels["parcel_id"].str.fullmatch(r"80021000[A-Z]{2}\d{4}").all()
    assert city.parcels["parcel_id"].is_monotonic_increasing
    assert not city.parcels["numero"].str.startswith("0").any()


def test_parcels_are_valid_but_for_those_planted_invalid(city: City) -> None:
    invalid = city.parcels[~city.parcels.is_valid]
    assert set(invalid["parcel_id"]) == parcels_of(city, "invalid_geometry")
    assert city.buildings.is_valid.all()
    assert (city.buildings["area_m2"] > 4).all()


def test_parcels_do_not_overlap_but_for_those_planted_so(city: City) -> None:
    laid = parcels_of(city, *OVERLAID)
    shapes = city.parcels.geometry[~city.parcels["parcel_id"].isin(laid)].to_numpy()
    assert shapely.coverage_is_valid(shapes)


def test_houses_stand_on_their_plot(city: City) -> None:
    plots = shapely.make_valid(city.parcels.geometry.to_numpy())
    houses = city.buildings.geometry.to_numpy()
    middle = shapely.point_on_surface(houses)
    house, plot = shapely.STRtree(plots).query(middle, predicate="within")
    assert set(house) == set(range(len(houses)))
    outside = shapely.area(shapely.difference(houses[house], shapely.buffer(plots[plot], 0.05)))
    least = np.full(len(houses), np.inf)  # planted parcels lie one over the other
    np.minimum.at(least, house, outside)
    assert least.max() < 1.0


def test_old_streets_are_lined_with_houses(city: City) -> None:
    """In the terraces of the faubourgs nearly every plot has its house within 1 m of the street."""
    parcels = shapely.make_valid(city.parcels.geometry.to_numpy())
    small = parcels[(shapely.area(parcels) > 90) & (shapely.area(parcels) < 260)]
    rest = shapely.union_all(parcels).buffer(0.05).boundary  # where the land meets the street
    houses = city.buildings.geometry[city.buildings["kind"] == "hard"].to_numpy()
    facing = houses[shapely.distance(houses, rest) < 1.1]
    hit = shapely.STRtree(facing).query(shapely.buffer(small, -0.5), predicate="intersects")[0]
    assert len(np.unique(hit)) / len(small) > 0.75


def test_streets_hold_together(city: City) -> None:
    lines = city.streets.geometry.to_numpy()
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)])
    nodes, index = np.unique(ends, axis=0, return_inverse=True)
    a, b = index.reshape(2, -1)
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(nodes), len(nodes)))
    sizes = np.bincount(connected_components(graph, directed=False)[1])
    assert sizes.max() / sizes.sum() >= 0.98


def test_water_and_rails_are_crossed_by_bridges_only(city: City) -> None:
    barrier = city.constraint("railway").union_all()
    river = city.constraint("water")
    river = river[river["label"].isin(["La Somme", "Bras de la Citadelle"])].union_all()
    ground = city.streets[city.streets["level"] == 0].geometry
    assert ground.intersection(barrier.union(river).buffer(-0.5)).length.sum() < 5
    assert (city.streets["level"] == 1).sum() >= 20


def test_most_streets_have_a_name(city: City) -> None:
    assert city.streets["name"].notna().mean() > 0.85
    known = set(city.streets["name"].dropna())
    assert {"Rue Saint-Leu", "Boulevard de Beauvillé", "Rue Dejean", "Rue du Hocquet"} <= known


def test_another_seed_draws_another_city_of_the_wanted_size(city: City) -> None:
    other = generate(parcels=2000, seed=1)
    assert len(other.parcels) == 2000
    assert np.isin(other.parcels["area_m2"], city.parcels["area_m2"]).mean() < 0.1
    assert other.truth["kind"].nunique() >= 3


@pytest.mark.parametrize("parcels", [9_000, 13_000])
def test_a_larger_city_is_more_of_the_same(city: City, parcels: int) -> None:
    from tests.demo_city.scale import grow

    large = grow(city, parcels)
    assert len(large.parcels) == parcels
    assert large.parcels["parcel_id"].is_unique
    assert large.parcels["parcel_id"].str.slice(5, 8).eq(large.parcels["prefixe"]).all()
    first = large.parcels.iloc[: len(city.parcels)]
    assert first.geometry.geom_equals(city.parcels.geometry).all()
    for name, key in (("buildings", "building_id"), ("streets", "street_id")):
        assert getattr(large, name)[key].is_unique
    ids = set(large.parcels["parcel_id"])
    assert all(ids.issuperset(i.split("|")) for i in large.truth["parcel_ids"])
    if parcels == 2 * len(city.parcels):
        assert len(large.buildings) == 2 * len(city.buildings)


@pytest.mark.parametrize("parcels", [0, 499, 7_000_000])
def test_a_city_that_cannot_be_is_refused(parcels: int) -> None:
    with pytest.raises(ConfigError, match="parcels"):
        generate(parcels=parcels)


def test_every_district_is_there(city: City) -> None:
    kinds = Counter(city.constraints["kind"])
    assert {
        "water",
        "park",
        "cemetery",
        "sports",
        "school",
        "allotments",
        "railway",
        "parking",
        "courtyard",
        "hazard",
        "heritage",
    } <= set(kinds)
    categories = set(city.places["category"])
    assert {
        "station",
        "stop",
        "university",
        "research",
        "innovation",
        "hospital",
        "public_service",
        "shop",
        "school",
        "green",
    } <= categories
    assert set(city.zones["zone_type"]) == {"U", "N"}
    assert isinstance(city.parcels, gpd.GeoDataFrame)
