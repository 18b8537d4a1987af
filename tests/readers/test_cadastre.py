"""Parcels by unité foncière: ids that are row numbers, no commune in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

X, Y = 650_000.0, 6_977_000.0
UNITS: dict[str, Any] = {"columns": {"parcel_id": "id_uf"}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([1.0, 2.0, 30.0], ["1", "2", "30"]),
        ([1.5, 2.0, 30.0], ["1.5", "2.0", "30.0"]),
        ([7, 8, 9], ["7", "8", "9"]),
        ([1e15, 2.0, 3.0], ["1000000000000000", "2", "3"]),
    ],
)
def test_whole_number_ids_have_no_decimals(
    given: list[float], expected: list[str], write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    """One missing cell makes a column of whole numbers a column of decimals."""
    plots = [shapely.box(X + 30 * i, Y, X + 30 * i + 20, Y + 30) for i in range(4)]
    path = write([{"id_uf": value} for value in [*given, None]], plots)
    table, report = read("parcels", "vector", path, **UNITS)
    assert sorted(table["parcel_id"]) == sorted(expected)
    assert [(n.effect, n.count) for n in report.notes] == [("dropped", 1), ("kept", 3)]


def test_units_of_unknown_commune_are_kept_with_a_note(
    write: Callable[..., Path], read: Callable[..., Any]
) -> None:
    path = write([{"id_uf": 1}], [shapely.box(X, Y, X + 20, Y + 30)])
    table, report = read("parcels", "vector", path, communes=("80021",), **UNITS)
    assert (table["parcel_id"].tolist(), table["commune"].isna().all()) == (["1"], True)
    assert "unité dont la commune est inconnue" in report.notes[-1].text.fr
