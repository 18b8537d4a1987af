"""Thresholds that depend on the plot: by fabric class, and by size within the class."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

from foncier.detect.rule_engine import by_fabric, class_words, gravelius_by_fabric

ALL = np.arange(4)
WORDS = ["tissu dense", "tissu groupé", "tissu diffus", "bâti isolé"]


def context(kinds: list[int], areas_m2: list[float]) -> Any:
    plots = np.array([shapely.box(0, 0, 10, area / 10) for area in areas_m2])
    classes = np.array(kinds)
    return SimpleNamespace(plots=plots, fabric_of=lambda rows: classes[rows])


def test_each_fabric_class_has_its_own_threshold_and_is_named() -> None:
    figures = {"isolee": 4, "dense": 1, "diffuse": 3, "groupee": 2}
    town = context([0, 1, 2, 3], [100] * 4)
    limit, words = by_fabric(town, ALL, figures)
    assert limit.tolist() == [1, 2, 3, 4]
    assert words.tolist() == WORDS
    limit, words = by_fabric(town, np.array([3, 1]), figures)
    assert (limit.tolist(), words.tolist()) == ([4, 2], [WORDS[3], WORDS[1]])


def test_a_class_is_worded_by_its_position() -> None:
    assert class_words(np.array([3, 0, 0])).tolist() == [WORDS[3], WORDS[0], WORDS[0]]


BANDS = [[1.5, 1.2], [4.0, 1.6], [2.0, 1.4]]  # up to so many times the least area, limit


@pytest.mark.parametrize(
    ("area_m2", "limit"),
    [(100, 1.2), (300, 1.2), (310, 1.4), (400, 1.4), (410, 1.6), (800, 1.6), (810, np.nan)],
)
def test_the_larger_a_plot_the_looser_its_limit_and_none_beyond_the_last_band(
    area_m2: float, limit: float
) -> None:
    """Of a class whose least area is 200 m²; the bands come in any order."""
    figures = {name: [[9.0, 9.0]] for name in ("dense", "diffuse", "isolee")}
    figures["groupee"] = BANDS
    least = {"dense": 1.0, "groupee": 200.0, "diffuse": 1.0, "isolee": 1.0}
    found, words = gravelius_by_fabric(
        context([1], [area_m2]), np.array([0]), {**figures, "least_m2": least}
    )
    assert np.array_equal(found, [limit], equal_nan=True)
    assert words.tolist() == [WORDS[1]]


def test_the_bands_of_a_plot_are_those_of_its_own_class_and_least_area() -> None:
    """300 m² are once the least area of the isolated class, and thrice that of the dense one."""
    figures = {
        "dense": [[3.0, 1.1]],
        "groupee": [[3.0, 1.2]],
        "diffuse": [[3.0, 1.3]],
        "isolee": [[1.0, 1.4]],
        "least_m2": {"dense": 100.0, "groupee": 99.0, "diffuse": 150.0, "isolee": 300.0},
    }
    town = context([0, 1, 2, 3], [300] * 4)
    assert np.array_equal(
        gravelius_by_fabric(town, ALL, figures)[0], [1.1, np.nan, 1.3, 1.4], equal_nan=True
    )
    found, words = gravelius_by_fabric(town, np.array([3, 0]), figures)
    assert (found.tolist(), words.tolist()) == ([1.4, 1.1], [WORDS[3], WORDS[0]])
