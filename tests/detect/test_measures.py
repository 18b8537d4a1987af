"""Registry of measures, checks of rules, and details in both languages."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier import detect, schemas
from foncier.detect import measures
from foncier.detect.rule_engine import MeasureCache, build_test_table, screen
from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.model import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from foncier.geometry import Floats

CRS = "EPSG:2154"
AREA = Rule("area", "area_m2", Localized("Surface", "Area"), "m²", "METHODS", at_least=300.0)
ROAD = replace(AREA, measure="road_share", params={"radius_m": 5.0})


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A copy of the registry, for one test."""
    monkeypatch.setattr(measures, "_MEASURES", dict(measures._MEASURES))
    yield
    measures._load_entry_points.cache_clear()


def perimeter_m(
    context: detect.SpatialContext, rows: Any, params: Mapping[str, Any]
) -> tuple[Floats, None]:
    return shapely.length(context.plots[rows]) * params.get("factor", 1.0), None


def parcels() -> gpd.GeoDataFrame:
    squares = shapely.box([0, 100], 0, [10, 140], [10, 40])
    columns = {"parcel_id": ["a", "b"], "area_m2": shapely.area(squares), "commune": "80021"}
    return schemas.PARCELS.conform(gpd.GeoDataFrame(columns, geometry=squares, crs=CRS))


@pytest.mark.usefixtures("registry")
def test_a_registered_measure_is_compared_by_a_rule() -> None:
    detect.register_measure("perimeter_m", detect.Measure(perimeter_m, optional=("factor",)))
    rule = replace(AREA, measure="perimeter_m", at_least=100.0, params={"factor": 2.0})
    cache = MeasureCache(detect.SpatialContext(parcels=parcels()), 2)
    (outcome,) = screen(cache, [rule], np.arange(2))
    assert outcome.value.tolist() == [80.0, 320.0]
    assert outcome.passed.tolist() == [0.0, 1.0]


@pytest.mark.usefixtures("registry")
def test_two_measures_cannot_have_one_name() -> None:
    with pytest.raises(ConfigError) as caught:
        detect.register_measure("area_m2", detect.Measure(perimeter_m))
    assert caught.value.id == "detect.rules.duplicate_measure"


@pytest.mark.usefixtures("registry")
def test_an_installed_package_offers_a_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("free_access", "foncier.detect.measures:find_measure", "foncier.measures")
    monkeypatch.setattr(measures, "entry_points", lambda group: [point] * (group == point.group))
    measures._load_entry_points.cache_clear()
    assert "free_access" in detect.known_measures()
    loaded: Any = detect.find_measure("free_access")
    assert loaded is detect.find_measure


@pytest.mark.usefixtures("registry")
def test_a_package_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("broken", "no_such_package:measure", "foncier.measures")
    monkeypatch.setattr(measures, "entry_points", lambda group: [point] * (group == point.group))
    measures._load_entry_points.cache_clear()
    with pytest.raises(ConfigError, match="no_such_package"):
        detect.known_measures()


@pytest.mark.parametrize(
    ("rule", "message", "word"),
    [
        (replace(AREA, measure="area"), "unknown_measure", "area_m2"),
        (replace(AREA, limit="by_zone"), "unknown_threshold", "by_fabric"),
        (replace(ROAD, params={}), "missing_params", "radius_m"),
        (replace(ROAD, params={"radius_m": 5.0, "width": 1}), "unknown_params", "width"),
    ],
)
def test_a_rule_with_an_unknown_name_is_refused(rule: Rule, message: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word) as caught:
        detect.check_rule(rule)
    assert caught.value.id == f"detect.rules.{message}"


def test_every_rule_of_the_rule_sets_is_known() -> None:
    from foncier.study import rulesets

    for name in rulesets.profiles():
        for rules in rulesets.published(name).rules.values():
            for rule in rules:
                detect.check_rule(rule)


def test_former_names_of_parameters_are_accepted() -> None:
    assert detect.current_params({"reach_m": 4.0, "built_m2": 25.0}) == {
        "radius_m": 4.0,
        "built_m2": 25.0,
    }


def test_details_are_worded_in_both_languages() -> None:
    water = gpd.GeoDataFrame(
        {"constraint_id": "1", "kind": "water", "label": "Somme", "effect": "exclude"},
        geometry=[shapely.box(0, 0, 10, 10)],
        index=[0],
        crs=CRS,
    )
    context = detect.SpatialContext(parcels=parcels(), constraints=water)
    rule = replace(AREA, measure="excluded_share", unit="%", at_least=None, below=50.0)
    outcomes = {"dent_creuse": screen(MeasureCache(context, 2), [rule], np.arange(2))}
    table = build_test_table(outcomes, np.array(["a", "b"], dtype=object))
    assert table["detail"].fillna("").tolist() == ["eau «\u00a0Somme\u00a0»", ""]
    assert table["detail_en"].fillna("").tolist() == ["water “Somme”", ""]
