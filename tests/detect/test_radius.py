"""Each measure looks no farther than it declares: at parcels, buildings or streets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.detect.fabric import building_classes, plot_classes, radius_m
from foncier.detect.measures import find_measure
from foncier.model import Fabric
from foncier.study import profiles, published

from .village import parcels, village

if TYPE_CHECKING:
    from foncier.detect import SpatialContext
    from foncier.model import Rule

SLACK_M = 1.0  # limits drawn twice, and the step between points of an edge


def rules() -> list[Rule]:
    """Each measure of the rule sets with each set of figures, once."""
    every = [r for name in profiles() for kind in published(name).rules.values() for r in kind]
    once = {f"{r.measure} {sorted(r.params.items())}": r for r in every}
    return list(once.values())


def cut(context: SpatialContext, plot: shapely.Geometry, metres: float) -> SpatialContext:
    """Only what lies so near: a parcel that does comes with the buildings on it."""

    def near(frame: Any, to: Any, most: float) -> Any:
        return frame[shapely.distance(frame.geometry.to_numpy(), to) <= most].reset_index(drop=True)

    plots = near(context.parcels, plot, metres)
    whole = shapely.union_all([plot, *plots.geometry])
    return replace(
        context,
        parcels=plots,
        streets=near(context.streets, plot, metres),
        buildings=near(context.buildings, shapely.union(whole, plot.buffer(metres)), 0.0),
    )


def value(context: SpatialContext, rule: Rule, plot: str) -> float:
    assert context.parcels is not None
    row = np.flatnonzero(context.parcels["parcel_id"] == plot)
    return float(find_measure(rule.measure).take(context, row, rule.params)[0][0])


@pytest.mark.parametrize("rule", rules(), ids=lambda r: f"{r.measure}")
def test_nothing_beyond_the_radius_changes_a_measure(rule: Rule) -> None:
    whole, reach = village(), find_measure(rule.measure).radius_m(rule.params)
    by_class = any(isinstance(figure, dict) for figure in rule.params.values())
    if by_class:
        reach += radius_m(Fabric())
    for name in ("a00", "a03", "b05", "d06", "heart", "field", "large"):
        here = cut(whole, parcels()[name], reach + SLACK_M)
        assert value(here, rule, name) == pytest.approx(value(whole, rule, name), nan_ok=True)


def test_the_village_is_wider_than_most_radii() -> None:
    """Else the test above would cut nothing away."""
    whole = village()
    assert whole.parcels is not None
    assert whole.buildings is not None
    for reach in (20.0, 90.0, 150.0):
        here = cut(whole, parcels()["a00"], reach + SLACK_M)
        assert len(here.parcels) < len(whole.parcels)  # type: ignore[arg-type]
        assert len(here.buildings) < len(whole.buildings)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-90, 90), st.integers(-2, 2)), min_size=1, max_size=120, unique=True
    )
)
def test_buildings_beyond_the_radius_of_the_fabric_change_no_class(
    places: list[tuple[int, int]],
) -> None:
    figures = Fabric()
    x, y = np.array(places, dtype=np.float64).T * 33.0
    houses = np.asarray(shapely.box(x, y + 60, x + 8, y + 68), dtype=object)
    plot = np.array([shapely.box(0, 0, 20, 30)], dtype=object)
    far = shapely.distance(houses, plot[0]) > radius_m(figures)
    whole = plot_classes(plot, shapely.STRtree(houses), building_classes(houses, figures), figures)
    near = houses[~far]
    assert (
        plot_classes(plot, shapely.STRtree(near), building_classes(near, figures), figures) == whole
    )
