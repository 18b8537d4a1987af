"""What was planted holds to the rules, told again here, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

if TYPE_CHECKING:
    from tests.demo_city.city import City

FOUND = {"dent_creuse": 25, "terrain_divisible": 20, "friche": 20, "batiment_non_affecte": 20}


def listed(city: City, **where: str) -> set[str]:
    rows = city.truth
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return {parcel for ids in rows["parcel_ids"] for parcel in ids.split("|")}


@pytest.fixture(scope="module")
def measured(city: City) -> pd.DataFrame:
    """Measures of foncier-api on every parcel of zone U that is not put to another use."""
    shapes = shapely.make_valid(city.parcels.geometry.to_numpy())
    urban = city.zones[city.zones["zone_type"] == "U"].union_all()
    used = city.constraints[city.constraints["effect"] == "exclude"].union_all()
    shapely.prepare(urban)
    area = shapely.area(shapes)
    houses = city.buildings.geometry.to_numpy()
    plot, house = shapely.STRtree(houses).query(shapes, predicate="intersects")
    built = np.zeros(len(shapes))
    np.add.at(built, plot, shapely.area(shapely.intersection(shapes[plot], houses[house])))
    table = pd.DataFrame({"shape": shapes, "area": area, "ces": built / area})
    table.index = pd.Index(city.parcels["parcel_id"])
    table = table[(area >= 400) & (built < 0.5 * area)]  # the rest of the rules is slow to measure
    shapes, area = table["shape"].to_numpy(), table["area"].to_numpy()
    keep = shapely.contains(urban, shapely.centroid(shapes))
    keep &= shapely.area(shapely.intersection(shapes, used)) < 0.5 * area
    roads = shapely.union_all(shapely.buffer(city.streets.geometry.to_numpy(), 5.0))
    keep &= shapely.area(shapely.intersection(shapes, roads)) < 0.4 * area
    kept: pd.DataFrame = table[keep]
    return kept


def opened(shape: shapely.Geometry) -> float:
    return float(shape.buffer(-10).buffer(10).area)


def test_planted_bare_plots_hold_to_the_rule_and_no_other_plot_does(
    city: City, measured: pd.DataFrame
) -> None:
    bare = measured[(measured["ces"] < 0.005) & (measured["area"] >= 400)]
    holds = {i for i, shape in bare["shape"].items() if opened(shape) >= 400}
    planted = listed(city, kind="dent_creuse")
    assert planted <= holds
    other = holds - planted
    friches = listed(city, kind="friche")
    flagged = listed(city, kind="trap", expected="flagged")
    # A plot that the local plan protects is bare: its prescription alone rejects it.
    protected = listed(city, kind="trap", trap="protected")
    assert protected
    assert other <= friches | flagged | protected, other - friches - flagged - protected
    assert holds.isdisjoint(listed(city, kind="trap", expected="rejected") - protected)


def test_planted_gardens_can_be_divided_and_no_large_plot_looks_so(
    city: City, measured: pd.DataFrame
) -> None:
    """A lot of 300 m², 4 m away from the buildings and 10 m wide, on 600 m² or more."""
    mid = measured[measured["ces"].between(0.005, 0.5, inclusive="left")]
    mid = mid[mid["area"] >= 600]
    houses = city.buildings.geometry.to_numpy()
    tree = shapely.STRtree(houses)
    holds = set()
    for parcel, shape in mid["shape"].items():
        near = houses[tree.query(shape, predicate="intersects")]
        parts = shapely.intersection(near, shape)
        parts = parts[shapely.area(parts) > 10]
        rest = shape.difference(shapely.union_all(parts.copy()).buffer(4.0))
        cores = shapely.get_parts(rest.buffer(-5.0))
        # Corners that a round opening cuts: more of a triangle than of a rectangle.
        if max((core.buffer(5.0).area for core in cores), default=0.0) >= 250:
            holds.add(parcel)
    planted = listed(city, kind="terrain_divisible")
    known = planted | listed(city, kind="friche")
    for trap in ("courtyard", "service_yard", "no_passage"):
        known |= listed(city, trap=trap)
    assert planted <= holds
    large = holds & set(mid.index[mid["area"] >= 1200])
    assert large <= known, large - known


def test_everything_was_planted(city: City) -> None:
    counts = city.truth.groupby("kind").size()
    for kind, least in FOUND.items():
        assert counts[kind] >= least, kind
    assert set(city.truth.loc[city.truth["kind"] == "trap", "trap"]) == {
        "park",
        "cemetery",
        "school",
        "sports",
        "allotments",
        "parking",
        "street_in_cadastre",
        "sliver",
        "landlocked",
        "overlap",
        "invalid_geometry",
        "outside_zone",
        "water",
        "demolished_tag",
        "reconverted_friche",
        "old_tag",
        "courtyard",
        "monument",
        "reopened",
        "half_vacant",
        "no_passage",
        "service_yard",
        "protected",
    }
    assert (city.truth.loc[city.truth["kind"] != "trap", "expected"] == "found").all()


def test_the_truth_speaks_of_parcels_that_are_there(city: City) -> None:
    ids = set(city.parcels["parcel_id"])
    assert {i for row in city.truth["parcel_ids"] for i in row.split("|")} <= ids
    sites = city.truth[city.truth["subject"] == "site"]
    assert set(sites["id"]) <= set(city.inventory["site_id"])
    parcels = city.truth[city.truth["subject"] == "parcel"]
    assert (parcels["id"] == parcels["parcel_ids"]).all()


def test_truths_of_buildings_lie_on_buildings_with_their_signs(city: City) -> None:
    rows = city.truth[city.truth["subject"] == "building"]
    hit = gpd.sjoin(rows, city.buildings[city.buildings["kind"] == "hard"], predicate="within")
    assert len(hit) == len(rows)
    signs = np.concatenate([city.observations.geometry, city.premises.geometry])
    houses = city.buildings.geometry.loc[hit["index_right"]].to_numpy()
    assert np.all([shapely.intersects(house, signs).any() for house in houses])


def test_landlocked_plots_touch_no_street(city: City) -> None:
    inner = city.parcels[city.parcels["parcel_id"].isin(listed(city, trap="landlocked"))]
    away = shapely.distance(inner.geometry.to_numpy()[:, None], city.streets.geometry.to_numpy())
    assert away.min() > 10


def test_bare_plots_open_on_a_street(city: City) -> None:
    bare = city.parcels[city.parcels["parcel_id"].isin(listed(city, kind="dent_creuse"))]
    away = shapely.distance(bare.geometry.to_numpy()[:, None], city.streets.geometry.to_numpy())
    assert away.min(axis=1).max() < 40


def test_the_inventory_has_doubles_and_a_family(city: City) -> None:
    lists = city.inventory["unite_fonciere_refcad"].str.split("|").map(frozenset)
    assert lists.duplicated().sum() >= 2
    gas = set(lists[city.inventory["site_nom"] == "Ancienne usine à gaz"].iloc[0])
    plateau = set(lists[city.inventory["site_nom"].str.startswith("Plateau")].iloc[0])
    assert gas & plateau
    assert gas - plateau
    assert plateau - gas
    assert (city.inventory["site_statut"] == "friche reconvertie").sum() == 1
