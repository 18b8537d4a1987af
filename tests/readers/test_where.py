"""Filters and mappings of values of a layer, two files of one layer, addresses as paths."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.readers.test_osm import RING, osm, spot, way

from foncier import schemas
from foncier.errors import ConfigError, SourceError
from foncier.readers import Journal, files, stack, where

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = pd.DataFrame(
    {
        "nature": ["Maison", "Silo", None, "Serre"],
        "h": [2.5, 12.0, 3.0, None],
        "n": ["1", "02", "x", "10"],
    }
)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("nature = 'Maison'", [1, 0, 0, 0]),
        ("NATURE = Maison", [1, 0, 0, 0]),
        ("nature != 'Maison'", [0, 1, 0, 1]),
        ("nature <> 'Maison'", [0, 1, 0, 1]),
        ("h >= 3", [0, 1, 1, 0]),
        ("h < 3 or nature = 'Serre'", [1, 0, 0, 1]),
        ('h > 2 and h < 4 or nature = "Serre"', [1, 0, 1, 1]),
        ("n = 2", [0, 1, 0, 0]),
        ("n = x", [0, 0, 1, 0]),
        ("nature = 'L''eau'", [0, 0, 0, 0]),
    ],
)
def test_rows_that_fit(text: str, fits: list[int]) -> None:
    assert where.rows_that_fit(ROWS, text, "a").astype(int).tolist() == fits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nature",
        "nature = ",
        "nature = 'a' or",
        "nature = 'a' nature = 'b'",
        "= 3",
        "nature = 'a",
        "nature = 'a'; drop table x",
        "nature like '%a%'",
        "1 = 1 union select *",
        "unknown = 3",
        "nature = 'a' and " * 3000,
    ],
)
def test_what_is_no_filter_is_one_error(text: str) -> None:
    with pytest.raises(ConfigError):
        where.rows_that_fit(ROWS, text, "a")


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_one_error(text: str) -> None:
    with suppress(ConfigError):
        assert len(where.rows_that_fit(ROWS, text, "a")) == len(ROWS)


HOUSES = [shapely.box(648_000 + 20 * n, 6_977_000, 648_010 + 20 * n, 6_977_010) for n in range(4)]


def test_rows_and_values_of_a_layer(
    tmp_path: Path, read: Callable[..., Any], write: Callable[..., Path]
) -> None:
    kinds = ["Maison", "Serre", "Maison", "Silo"]
    states = ["En service", "En service", "En projet", "En service"]
    rows = [{"ETAT": s, "NATURE": k} for s, k in zip(states, kinds, strict=True)]
    path = write(rows, HOUSES)
    table, report = read(
        "buildings",
        "vector",
        path,
        columns={"kind": "NATURE"},
        replacements={"kind": {"Maison": "hard", "Serre": "light"}},
        where="etat = 'En service'",
    )
    assert sorted(table["kind"]) == ["hard", "light", "unknown"]
    assert (report.rows_read, report.rows_kept) == (4, 3)
    assert [n.count for n in report.notes if n.effect == "dropped"] == [1]


def test_a_filter_of_a_format_that_has_no_columns_is_an_error(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    (tmp_path / "a.osm").write_text('<osm version="0.6"></osm>', "utf-8")
    with pytest.raises(ConfigError, match="where"):
        read("streets", "osm-xml", tmp_path / "a.osm", where="a = 1")


@pytest.mark.parametrize(
    "path",
    [
        "postgresql://gisu:motdepasse@serveur/base",
        "PG:host=serveur user=gisu password=motdepasse",
        "WFS:https://data.example/wfs",
        "https://moi:motdepasse@data.example/a.gpkg",
        "/vsicurl/https://data.example/a.gpkg?token=motdepasse",
        "s3://seau/a.gpkg",
    ],
)
def test_a_path_that_is_an_address_is_said_to_be_one(
    path: str, read: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(SourceError) as caught:
        files.check(tmp_path / path, path)
    assert caught.value.id == "readers.files.is_address"
    for lang in ("fr", "en"):
        words = caught.value.message(lang)
        assert "motdepasse" not in words
        assert "ogr2ogr" in words


def test_osm_buildings(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = osm(
        tmp_path / "a.osm",
        way(1, RING, building="house"),
        way(2, RING, building="greenhouse"),
        way(3, RING, building="no"),
        way(4, RING, building="ruins"),
        way(5, RING, building="construction"),
        way(6, "1 2", building="yes"),
        way(7, RING, building__part="yes"),
        spot(8, building="yes"),
    )
    table, report = read("buildings", "osm-xml", path)
    found = dict(zip(table["building_id"], table["kind"], strict=True))
    assert set(found) <= {"way/1", "way/2", "way/4"}  # equal shapes are one building
    assert len(found) == 1
    assert report.rows_read >= 1


def test_ids_of_two_files_are_prefixed_where_they_collide() -> None:
    outlines = [shapely.box(9 * n, 0, 9 * n + 5, 5) for n in range(2)]
    for layer, schema, cells in (
        ("buildings", schemas.BUILDINGS, {"kind": "hard", "area_m2": 25.0}),
        ("zones", schemas.ZONES, {"zone_type": "U"}),
    ):
        rows = {schema.key[0]: ["1-1", "2-2"], **cells}
        first = schema.conform(gpd.GeoDataFrame(rows, geometry=outlines, crs=2154))
        second = first.assign(**{schema.key[0]: ["1-1", "3-3"]})
        moved = second.set_geometry(second.translate(100, 0))
        table = stack(layer, [first, moved], ["a", "b"], Journal())
        assert sorted(table[schema.key[0]]) == ["1-1-1", "2-1-1", "2-2", "3-3"]
        assert table["source"].tolist().count("b") == 2
