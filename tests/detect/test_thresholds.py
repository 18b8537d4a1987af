"""Thresholds that depend on the plot: by fabric class, and by area within the class."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

from foncier.detect.rule_engine import by_fabric, gravelius_by_fabric
from foncier.i18n.arrays import word_values

ALL = np.arange(4)
WORDS = ["tissu dense", "tissu groupé", "tissu diffus", "bâti isolé"]
WORDS_EN = ["dense fabric", "grouped fabric", "scattered fabric", "isolated buildings"]


def words(details: Any) -> list[str | None]:
    return list(word_values(details, "fr"))


def context(kinds: list[int], areas_m2: list[float]) -> Any:
    plots = np.array([shapely.box(0, 0, 10, area / 10) for area in areas_m2])
    classes = np.array(kinds)
    return SimpleNamespace(plots=plots, fabric_of=lambda rows: classes[rows])


def test_each_fabric_class_has_its_own_threshold_and_is_named() -> None:
    params = {"isolee": 4, "dense": 1, "diffuse": 3, "groupee": 2}
    plots = context([0, 1, 2, 3], [100] * 4)
    threshold, details = by_fabric(plots, ALL, params)
    assert threshold.tolist() == [1, 2, 3, 4]
    assert words(details) == WORDS
    assert word_values(details, "en").tolist() == WORDS_EN
    threshold, details = by_fabric(plots, np.array([3, 1]), params)
    assert (threshold.tolist(), words(details)) == ([4, 2], [WORDS[3], WORDS[1]])


BANDS = [[1.5, 1.2], [4.0, 1.6], [2.0, 1.4]]  # multiple of the least area, threshold


@pytest.mark.parametrize(
    ("area_m2", "threshold"),
    [(100, 1.2), (300, 1.2), (310, 1.4), (400, 1.4), (410, 1.6), (800, 1.6), (810, np.nan)],
)
def test_the_threshold_is_looser_for_larger_plots_and_absent_beyond_the_last_band(
    area_m2: float, threshold: float
) -> None:
    """Of a class whose least area is 200 m²; the bands come in any order."""
    params = {name: [[9.0, 9.0]] for name in ("dense", "diffuse", "isolee")}
    params["groupee"] = BANDS
    least = {"dense": 1.0, "groupee": 200.0, "diffuse": 1.0, "isolee": 1.0}
    found, details = gravelius_by_fabric(
        context([1], [area_m2]), np.array([0]), {**params, "least_m2": least}
    )
    assert np.array_equal(found, [threshold], equal_nan=True)
    assert words(details) == [WORDS[1]]


def test_the_bands_of_a_plot_are_those_of_its_own_class_and_least_area() -> None:
    """300 m² are the least area of the isolated class, and three times that of the dense one."""
    params = {
        "dense": [[3.0, 1.1]],
        "groupee": [[3.0, 1.2]],
        "diffuse": [[3.0, 1.3]],
        "isolee": [[1.0, 1.4]],
        "least_m2": {"dense": 100.0, "groupee": 99.0, "diffuse": 150.0, "isolee": 300.0},
    }
    plots = context([0, 1, 2, 3], [300] * 4)
    assert np.array_equal(
        gravelius_by_fabric(plots, ALL, params)[0], [1.1, np.nan, 1.3, 1.4], equal_nan=True
    )
    found, details = gravelius_by_fabric(plots, np.array([3, 0]), params)
    assert (found.tolist(), words(details)) == ([1.4, 1.1], [WORDS[3], WORDS[0]])
