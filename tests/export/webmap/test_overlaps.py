"""Ground that several sites cover: counted once in any choice of them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as some

from foncier.export.webmap.relations import overlaps

boxes = some.lists(
    some.tuples(*[some.integers(0, 40)] * 2, *[some.integers(2, 25)] * 2, some.booleans()),
    min_size=1,
    max_size=9,
)


def test_adjacent_sites_do_not_overlap() -> None:
    row = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 20)]
    assert overlaps(row) == {"area_m2": [], "sites": []}
    assert overlaps([]) == {"area_m2": [], "sites": []}


@settings(max_examples=60, deadline=None)
@given(boxes)
def test_area_of_any_selection_equals_that_of_its_union(
    drawn: list[tuple[int, int, int, int, bool]],
) -> None:
    sites = 3 * np.array([[x, y, x + w, y + h] for x, y, w, h, _ in drawn])
    shapes = shapely.box(*sites.T)
    chosen = [n for n, (*_, wanted) in enumerate(drawn) if wanted]
    found = overlaps(shapes)
    once = shapely.area(shapes[chosen]).sum() - sum(
        area * max(len(set(chosen) & set(covering)) - 1, 0)
        for area, covering in zip(found["area_m2"], found["sites"], strict=True)
    )
    assert once == pytest.approx(shapely.area(shapely.union_all(shapes[chosen])))
