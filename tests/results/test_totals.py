"""Area on offer: one definition, the same figure in every deliverable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as some

from foncier import detect, schemas
from foncier.geometry import counted_once_m2
from foncier.results.totals import sought_kinds, totals

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

boxes = some.lists(
    some.tuples(*[some.integers(0, 40)] * 2, *[some.integers(2, 25)] * 2), min_size=1, max_size=9
)


@settings(max_examples=60, deadline=None)
@given(boxes)
def test_counted_areas_sum_to_the_land_covered(drawn: list[tuple[int, int, int, int]]) -> None:
    shapes = shapely.box(*np.array([[x, y, x + w, y + h] for x, y, w, h in drawn]).T * 3.0)
    counted = counted_once_m2(shapes)
    assert counted.sum() == pytest.approx(shapely.area(shapely.union_all(shapes)))
    assert (counted >= 0).all()
    assert (counted <= shapely.area(shapes) + 1e-9).all()


def sites(
    shapes: list[shapely.Geometry], perimeter: str, area_m2: float | None
) -> gpd.GeoDataFrame:
    names = [f"FR-{n}" for n in range(len(shapes))]
    columns = {"opportunity_id": names, "kind": "friche", "perimeter": perimeter, "sources": "x"}
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=2154)
    frame["area_m2"] = shapely.area(frame.geometry) if area_m2 is None else area_m2
    return schemas.CANDIDATES.conform(frame)


def test_discs_have_no_ground_in_common() -> None:
    discs = [shapely.Point(65 * n, 0).buffer(56.4) for n in range(3)]
    guessed = detect.count_land_once(sites(discs, "emprise_approximative", 10_000.0))
    assert guessed["counted_area_m2"].tolist() == [10_000.0] * 3
    drawn = detect.count_land_once(sites(discs, "trace", None))
    assert drawn["counted_area_m2"].sum() == pytest.approx(shapely.union_all(discs).area)


def test_unknown_area_is_counted_apart() -> None:
    table = sites([shapely.box(0, 0, 1, 1)] * 2, "point_seul", 100.0)
    table.loc[1, "area_m2"] = np.nan
    found = totals(detect.count_land_once(table))
    assert found.to_dict("index") == {"friche": {"sites": 2, "area_m2": 100.0, "unknown": 1}}


def test_every_deliverable_gives_the_same_total(
    demo_folder: Path, demo_result: ResultTables
) -> None:
    offered = totals(demo_result.candidates)
    total = float(offered["area_m2"].sum())
    assert int(offered["sites"].sum()) == len(demo_result.candidates)
    stored = pyogrio.read_dataframe(demo_folder / "opportunites.gpkg", layer="opportunites")
    assert stored["counted_area_m2"].sum() == pytest.approx(total)
    table = pd.read_csv(demo_folder / "opportunites.csv", sep=";", decimal=",")
    assert table["counted_area_m2"].sum() == pytest.approx(total, abs=1.0)
    assert shapely.union_all(demo_result.candidates.geometry.to_numpy()).area == pytest.approx(
        total, rel=0.01
    )


@pytest.mark.parametrize(
    ("layers", "sought"),
    [
        (["inventory"], {"friche"}),
        (["observations"], {"friche"}),
        (["parcels"], set()),
        (["parcels", "buildings"], {"dent_creuse", "terrain_divisible"}),
        (["buildings", "observations"], {"friche", "batiment_non_affecte"}),
    ],
)
def test_kinds_that_are_sought(layers: list[str], sought: set[str]) -> None:
    assert set(sought_kinds(layers)) == sought
