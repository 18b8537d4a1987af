"""Several files of a layer: what two of them have is there once, and named by its files."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from foncier import schemas
from foncier.readers import Journal, stack

TABLES = {table.name: table for table in schemas.INPUTS}


def table(layer: str, shapes: list[shapely.Geometry], **cells: Any) -> gpd.GeoDataFrame:
    keys = {TABLES[layer].key[0]: [str(n) for n in range(len(shapes))]}
    frame = gpd.GeoDataFrame(keys, geometry=shapes, crs=2154).assign(**cells)
    return TABLES[layer].conform(frame)


def buildings(*shapes: shapely.Geometry, kind: str = "unknown") -> gpd.GeoDataFrame:
    areas = shapely.area(np.array(shapes, dtype=object))
    return table("buildings", list(shapes), kind=kind, area_m2=areas)


def box(x: float, y: float = 0.0, width: float = 10.0, height: float = 10.0) -> shapely.Geometry:
    return shapely.box(x, y, x + width, y + height)


def noted(journal: Journal) -> dict[str, int]:
    return {note.text.fr.split(" (")[0]: note.count for note in journal.notes}


HOUSE = box(0)
# Outlines of a second file, and whether the house of the first is the same building.
AGAIN: dict[str, tuple[list[shapely.Geometry], list[bool]]] = {
    "the same": ([HOUSE], [True]),
    "drawn 2 m away": ([box(2, 2)], [True]),
    "drawn 4 m away": ([box(4, 4)], [False]),
    "with an extension": ([box(0, 0, 18)], [True]),
    "twice as large": ([box(0, 0, 21)], [False]),
    "in two parts": ([box(0, 0, 5), box(5, 0, 5)], [True, True]),
    "its neighbour": ([box(10)], [False]),
    "a garage in the house": ([box(1, 1, 3, 3)], [True]),
    "elsewhere": ([box(100)], [False]),
}


@pytest.mark.parametrize("case", AGAIN)
def test_a_building_of_two_files_is_one_where_the_outlines_agree(case: str) -> None:
    shapes, same = AGAIN[case]
    journal = Journal()
    first, second = buildings(HOUSE), buildings(*shapes, kind="hard")
    found = stack("buildings", [first, second], ["cadastre", "BD TOPO"], journal)
    assert len(found) == 1 + same.count(False)
    house = found[found.geometry.geom_equals(HOUSE)].iloc[0]
    whole = any(same) and case != "a garage in the house"
    assert house["source"] == ("cadastre | BD TOPO" if whole else "cadastre")
    assert house["kind"] == ("hard" if whole else "unknown")  # of the file that knows it
    others = found[found.index != house.name]
    assert set(others["source"]) <= {"BD TOPO"}
    assert sum(journal.notes[n].count for n in range(len(journal.notes))) == len(shapes)


def test_three_files_of_buildings_and_ids_that_two_use() -> None:
    parts = [buildings(box(0), box(50)), buildings(box(1), box(80)), buildings(box(0.5), box(81))]
    found = stack("buildings", parts, ["a", "b", "c"], Journal())
    by_place = dict(zip(found.geometry.bounds["minx"], found["source"], strict=True))
    assert by_place == {0.0: "a | b | c", 50.0: "a", 80.0: "b | c"}
    assert found["building_id"].is_unique


shapes = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(4, 12)), min_size=1, max_size=6
)


@given(shapes, shapes)
def test_no_ground_is_lost_and_none_of_the_first_file(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
) -> None:
    one, two = (buildings(*(box(x, y, s, s) for x, y, s in of)) for of in (first, second))
    found = stack("buildings", [one, two], ["a", "b"], Journal())
    kept = found[found["source"].str.startswith("a")]
    assert sorted(kept.geometry.to_wkb()) == sorted(one.geometry.to_wkb())
    ground = shapely.union_all(found.geometry.to_numpy())
    lost = shapely.difference(shapely.union_all(two.geometry.to_numpy()), ground)
    assert lost.area <= 0.5 * two.area.sum() + 1e-6


def test_the_first_of_two_plans_counts_on_common_ground() -> None:
    plan = table("zones", [box(0, 0, 100, 100)], zone_type="U")
    old = table("zones", [box(50, 0, 100, 100), box(0, 0, 20, 20)], zone_type=["N", "A"])
    journal = Journal()
    found = stack("zones", [plan, old], ["PLU", "POS"], journal)
    areas = dict(zip(found["zone_type"], found.area, strict=True))
    assert areas == {"U": 10_000.0, "N": 5_000.0}
    assert dict(zip(found["zone_type"], found["source"], strict=True)) == {"U": "PLU", "N": "POS"}
    assert "0,5 ha" in journal.notes[0].text.fr
    beside = table("zones", [box(100.05, 0, 10, 10)], zone_type="N")
    assert len(stack("zones", [plan, beside], ["a", "b"], Journal())) == 2


def test_streets_constraints_and_people_of_two_files_once() -> None:
    line = shapely.LineString([(0, 0), (10, 0)])
    modes = {"street_class": "minor", "walk": True, "bike": True, "drive": True}
    one = table("streets", [line], level=0, **modes)
    two = table("streets", [shapely.reverse(line), line], level=[0, 1], **modes)
    assert sorted(stack("streets", [one, two], ["a", "b"], Journal())["level"]) == [0, 1]
    park = table("constraints", [box(0)], kind="park", effect="exclude")
    pond = table("constraints", [box(0), box(0)], kind=["park", "water"], effect="exclude")
    found = stack("constraints", [park, pond], ["a", "b"], Journal())
    assert sorted(found["kind"]) == ["park", "water"]
    cell = table("population", [shapely.Point(0, 0)], residents=5)
    assert stack("population", [cell, cell], ["a", "b"], Journal())["residents"].sum() == 5


def test_a_key_of_two_files_is_that_of_the_first() -> None:
    one = table("parcels", [box(0)], parcel_id="80021000AB0001", commune="80021", area_m2=100)
    two = table(
        "parcels", [box(0, 0, 11)], parcel_id="80021000AB0001", commune="80021", area_m2=110
    )
    journal = Journal()
    found = stack("parcels", [one, two], ["2024", "2023"], journal)
    assert found["area_m2"].tolist() == [100.0]
    assert "80021000AB0001" in journal.notes[0].text.fr
    rates = pd.DataFrame({"commune": ["80021"], "dwellings": [10.0], "rate_share": [0.05]})
    rates = TABLES["vacancy_rates"].conform(rates)
    other = rates.assign(rate_share=0.07)
    found = stack("vacancy_rates", [rates, other], ["a", "b"], Journal())
    assert found["rate_share"].tolist() == [0.05]
