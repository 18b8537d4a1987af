"""Residents, prices and vacancy of districts; supply by class of availability."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import schemas
from foncier.scoring import add_facts, by_district
from foncier.scoring.by_district import OUTSIDE_ID

from .test_by_district import CRS, cell, districts, scores, sites

WEST, EAST = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)
CLASSES: list[object] = ["pret", "a_confirmer", "pris"]


def people(*xy: tuple[float, float]) -> gpd.GeoDataFrame:
    rows = {"cell_id": [str(n) for n in range(len(xy))], "residents": 10.0}
    frame = gpd.GeoDataFrame(rows, geometry=[shapely.Point(at) for at in xy], crs=CRS)
    return schemas.POPULATION.conform(frame)


def by_commune(**column: Any) -> pd.DataFrame:
    return pd.DataFrame({"commune": ["80021", "80001"], **column})


def table(found: gpd.GeoDataFrame, communes: tuple[str, ...] = ("80021",), **layers: Any) -> Any:
    known = by_district(found, scores(found), districts([WEST, EAST]))
    return add_facts(known, found, communes, **layers)


def test_supply_by_class_sums_to_the_number() -> None:
    boxes = [shapely.box(10 * n, 0, 10 * n + 5, 5) for n in range(3)]
    row = cell(table(sites(boxes, availability_class=CLASSES)), "Q0")
    numbers = [row[f"{name}_number"] for name in ("ready", "to_confirm", "taken")]
    assert numbers == [1, 1, 1]
    assert sum(numbers) == row["number"]
    unknown = cell(table(sites(boxes)), "Q0")
    assert np.isnan(unknown["ready_number"])


def test_residents_lie_in_the_outline_and_outside_has_none() -> None:
    found = sites([shapely.box(0, 0, 5, 5), shapely.box(500, 0, 505, 5)])
    facts = table(found, population=people((10, 10), (20, 20), (150, 50), (900, 900)))
    assert [cell(facts, q)["residents"] for q in ("Q0", "Q1")] == [20, 10]
    assert np.isnan(cell(facts, OUTSIDE_ID)["residents"])
    assert cell(facts, "Q0", found["kind"][0])["residents"] == 20


@pytest.mark.parametrize(
    ("communes", "west"),
    [(("80021",), 1500.0), (("80021", "80001"), 900.0)],  # of the commune of the sites in it
)
def test_price_and_vacancy_are_those_of_the_commune(communes: tuple[str, ...], west: float) -> None:
    found = sites([shapely.box(0, 0, 5, 5)], commune=["80001"])
    facts = table(
        found,
        communes,
        prices=by_commune(price_eur_m2=[1500.0, 900.0]),
        vacancy_rates=by_commune(rate_share=[0.04, 0.02]),
    )
    assert cell(facts, "Q0")["price_eur_m2"] == west
    east = cell(facts, "Q1")["price_eur_m2"]
    assert east == 1500 if len(communes) == 1 else np.isnan(east)  # no site there: unknown


def test_without_layers_nothing_is_known() -> None:
    facts = table(sites([shapely.box(0, 0, 5, 5)]))
    assert facts[["residents", "price_eur_m2", "vacancy_share"]].isna().all(axis=None)
