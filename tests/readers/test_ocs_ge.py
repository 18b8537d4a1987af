"""Artificialised land of IGN: its product, its siblings, and the share of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from foncier import detect
from foncier.crs import legal_crs
from foncier.errors import FormatError
from foncier.model import LayerFile
from foncier.pipeline.run import run
from foncier.readers.registry import read
from foncier.study import read_study

from ..hamlet import hamlet

if TYPE_CHECKING:
    from pathlib import Path

X, Y = 650_000.0, 6_977_000.0


def strip(left: float, right: float, *, down: float = 0.0) -> Any:
    return shapely.box(X + left, Y + down, X + right, Y + down + 100)


def product(folder: Path, rows: dict[str, Any], shapes: list[Any], name: str = "a.gpkg") -> Any:
    path = folder / name
    gpd.GeoDataFrame(rows, geometry=shapes, crs=2154).to_file(path, layer="artif_2021_80")
    return LayerFile("artificial_land", path, path.name, "ocs-ge")


def parcels(shape: Any, crs: int = 2154) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"parcel_id": ["80021000AB0001"]}, geometry=[shape], crs=crs)


def table(file: LayerFile, near: Any = None) -> tuple[Any, Any]:
    return read(file, crs=legal_crs("80021"), communes=("80021",), parcels=near)


def test_the_state_of_each_area(tmp_path: Path) -> None:
    rows = {"artif": ["artif", "non artif", " Artif ", "?"], "millesime": [2021, 2021, 2021, 2021]}
    shapes = [strip(0, 10), strip(10, 30), strip(30, 40), strip(40, 50)]
    found, report = table(product(tmp_path, rows, shapes))
    by_place = found.assign(x=found.geometry.bounds["minx"] - X).sort_values("x")
    assert by_place["artificialised"].tolist() == [True, False, True]
    assert set(by_place["year"]) == {2021}
    assert [note.count for note in report.notes] == [1]


def test_a_departement_is_read_around_the_parcels(tmp_path: Path) -> None:
    rows = {"artif": ["artif"] * 3}
    shapes = [strip(0, 10), strip(10, 20), strip(30_000, 30_010)]
    file = product(tmp_path, rows, shapes)
    found, report = table(file, parcels(strip(0, 15)))
    assert (len(found), report.rows_read) == (2, 2)
    assert len(table(file)[0]) == 3


def test_a_departement_overseas_is_read_around_its_parcels(tmp_path: Path) -> None:
    ground = shapely.box(338_000, 7_690_000, 338_100, 7_690_100)
    far = shapely.affinity.translate(ground, 20_000)
    path = tmp_path / "974.gpkg"
    gpd.GeoDataFrame({"artif": ["artif", "artif"]}, geometry=[ground, far], crs=2975).to_file(path)
    file = LayerFile("artificial_land", path, path.name, "ocs-ge")
    near = parcels(ground, crs=2975)
    found, _ = read(file, crs=legal_crs("97411"), communes=("97411",), parcels=near)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"code_cs": ["CS1.1.1.1"], "code_us": ["US5"]}, "ARTIFICIALISATION"),
        ({"artificialisation": [1], "cs_2018": ["CS2.2.1"]}, "ARTIFICIALISATION"),
        ({"artif": ["1"]}, "non artif"),
        ({"nom": ["x"]}, "artificialised"),
    ],
    ids=["raw cover", "differences", "other words", "another file"],
)
def test_another_product_is_refused_with_the_right_one(
    rows: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match=words):
        table(product(tmp_path, rows, [strip(0, 10)]))


def land(parts: list[tuple[float, float, bool]]) -> gpd.GeoDataFrame:
    rows = {
        "part_id": [str(n) for n in range(len(parts))],
        "artificialised": pd.array([state for *_, state in parts], dtype=bool),
    }
    return gpd.GeoDataFrame(rows, geometry=[strip(a, b) for a, b, _ in parts], crs=2154)


def share(parts: list[tuple[float, float, bool]] | None) -> float:
    sites = gpd.GeoDataFrame({"opportunity_id": ["a"]}, geometry=[strip(0, 100)], crs=2154)
    found = detect.artificialised_share(sites, None if parts is None else land(parts))
    return float(found.get("artificialised_share", pd.Series([np.nan])).iloc[0])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(0, 30, True), (30, 100, False)], 0.3),
        ([(-50, 200, True)], 1.0),
        ([(-50, 200, False)], 0.0),
        ([(0, 60, True), (40, 100, True)], 1.0),  # what overlaps counts once
        ([(0, 30, True)], np.nan),  # the rest is beyond the file: unknown, not natural
        ([(500, 600, True)], np.nan),
        (None, np.nan),
    ],
)
def test_the_share_of_a_site(
    parts: list[tuple[float, float, bool]] | None, expected: float
) -> None:
    assert share(parts) == pytest.approx(expected, nan_ok=True)


@given(cut=st.floats(1, 99))
def test_the_two_states_add_up(cut: float) -> None:
    one = share([(0, cut, True), (cut, 100, False)])
    other = share([(0, cut, False), (cut, 100, True)])
    assert one + other == pytest.approx(1)
    assert one == pytest.approx(cut / 100)


def test_the_share_reaches_the_result(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "etude")
    with (folder / "study.toml").open("a", encoding="utf-8") as study:
        study.write('\n[layers.artificial_land]\npath = "artif.gpkg"\nformat = "ocs-ge"\n')
    without = run(read_study(hamlet(tmp_path / "sans")))
    plots = without.candidates.geometry
    west, south, east, north = plots.total_bounds
    middle = (south + north) / 2
    halves = [
        shapely.box(west - 99, south - 99, east + 99, middle),
        shapely.box(west - 99, middle, east + 99, north + 99),
    ]
    rows = {"artif": ["artif", "non artif"], "millesime": [2024, 2024]}
    gpd.GeoDataFrame(rows, geometry=halves, crs=2154).to_file(folder / "artif.gpkg")
    found = run(read_study(folder))
    expected = plots.intersection(halves[0]).area / plots.area
    share = found.candidates["artificialised_share"]
    assert share.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)
    assert without.candidates["artificialised_share"].isna().all()
    others = [name for name in found.candidates if name not in ("artificialised_share", "geometry")]
    assert found.candidates[others].equals(without.candidates[others])  # nothing else changes
