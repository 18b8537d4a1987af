"""Every constraint of a study is drawn in QGIS: any kind of the contract, any effect, any shape."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from foncier import schemas
from foncier.export.geopackage.write import write_geopackage
from foncier.results.layers import GEOPACKAGE

from .test_qgis import HERE, qgis, run

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

__all__ = ["qgis"]  # the fixture that skips where QGIS is not installed
pytestmark = pytest.mark.qgis
EFFECTS = ("exclude", "flag", "context")
(KINDS,) = (column.values for column in schemas.CONSTRAINTS.columns if column.name == "kind")
EACH = list(product(KINDS, EFFECTS))
STEP = 100.0  # metres between two constraints


def with_constraints(
    result: ResultTables, shapes: list[shapely.Geometry], rows: list[tuple[str, str]]
) -> ResultTables:
    table = gpd.GeoDataFrame(
        [
            {"constraint_id": f"C{n}", "kind": kind, "effect": effect, "label": "EBC no 7"}
            for n, (kind, effect) in enumerate(rows)
        ],
        geometry=shapes,
        crs=result.candidates.crs,
    )
    back = replace(result.background, constraints=schemas.CONSTRAINTS.conform(table))
    return replace(result, background=back)


def drawn(path: Path, layer: str, places: list[tuple[float, float]]) -> list[bool]:
    """For each place, whether the style of the layer paints something around it."""
    script = str(HERE.parent / "qgis_drawn_script.py")
    done = run(script, str(path), layer, *(f"{x},{y}" for x, y in places))
    assert done.returncode == 0, done.stderr
    found: list[bool] = json.loads(done.stdout)
    return found


def test_every_kind_of_the_contract_and_every_effect_is_drawn(
    qgis: str, small_result: ResultTables, tmp_path: Path
) -> None:
    places = [(n * STEP, 0.0) for n in range(len(EACH))]
    shapes = [shapely.box(x - 30, -30, x + 30, 30) for x, _ in places]
    write_geopackage(with_constraints(small_result, shapes, EACH), tmp_path / GEOPACKAGE)
    seen = drawn(tmp_path / GEOPACKAGE, "contraintes", places)
    assert dict(zip(EACH, seen, strict=True)) == dict.fromkeys(EACH, True)
    nothing = [(x, 500.0) for x, _ in places[:2]]
    assert drawn(tmp_path / GEOPACKAGE, "contraintes", nothing) == [False, False]


@pytest.mark.parametrize("layer", ["contraintes_lineaires", "contraintes_ponctuelles"])
def test_lines_and_points_are_drawn_in_layers_of_their_own(
    qgis: str, small_result: ResultTables, tmp_path: Path, layer: str
) -> None:
    places = [(n * STEP, 0.0) for n in range(len(EFFECTS))]
    lines = [shapely.LineString([(x - 30, 0), (x + 30, 0)]) for x, _ in places]
    points = [shapely.Point(x, y) for x, y in places]
    rows = [("other", effect) for effect in EFFECTS]
    made: Any = with_constraints(small_result, [*lines, *points], rows * 2)
    write_geopackage(made, tmp_path / GEOPACKAGE)
    assert drawn(tmp_path / GEOPACKAGE, layer, places) == [True] * len(EFFECTS)
