"""Table of opportunities as Parquet and CSV, without formulas."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from foncier import schemas
from foncier.export import opportunities, tables
from foncier.export.tables import write_csv, write_parquet

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables


def rows(path: Path, delimiter: str = ";") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_sorted_by_rank_then_id_and_the_unranked_last(small_result: ResultTables) -> None:
    turned = replace(small_result, candidates=small_result.candidates.iloc[::-1])
    table = opportunities(turned)
    assert table["opportunity_id"].tolist() == [
        "FR-80021_1",
        "DC-80021000AB0003",
        "BN-6500000-69770000",
    ]
    assert table.crs == small_result.candidates.crs


def test_unknown_stays_unknown(small_result: ResultTables) -> None:
    table = opportunities(
        replace(small_result, scores=schemas.SCORES.empty(), access=schemas.ACCESS.empty())
    )
    assert table["overall_rank"].isna().all()
    assert table["station_min"].isna().all()
    assert table["criterion_station"].isna().all()
    assert len(table) == 3


def test_parquet_reads_back_equal(small_result: ResultTables, tmp_path: Path) -> None:
    path = tmp_path / "opportunites.parquet"
    write_parquet(small_result, path)
    back, asked = gpd.read_parquet(path), opportunities(small_result)
    assert back.crs == asked.crs
    assert back.geometry.geom_equals(asked.geometry).all()
    assert_frame_equal(
        pd.DataFrame(back.drop(columns=["geometry", "bbox"], errors="ignore")),
        pd.DataFrame(asked.drop(columns="geometry")),
    )
    held = pq.ParquetFile(path)
    assert held.metadata.row_group(0).column(0).compression == "ZSTD"
    assert b'"version": "1.1.0"' in held.schema_arrow.metadata[b"geo"]
    assert b"covering" in held.schema_arrow.metadata[b"geo"]


def test_same_bytes_twice(small_result: ResultTables, tmp_path: Path) -> None:
    turned = replace(small_result, candidates=small_result.candidates.iloc[::-1])
    for write in (write_parquet, write_csv):
        write(small_result, tmp_path / "a")
        write(turned, tmp_path / "b")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_csv_for_a_french_spreadsheet(small_result: ResultTables, tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    write_csv(small_result, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfopportunity_id;kind;")
    assert path.read_bytes().count(b"\r\n") == 4
    first, second, third = rows(path)
    assert list(first)[-3:] == ["donnees", "lon", "lat"]
    assert (first["area_m2"], first["built_share"], first["overall_rank"]) == ("4000", "0,4", "1")
    assert (second["loop_min"], third["overall_rank"], third["score_low"]) == ("", "", "0")
    assert first["name"] == "Halle <Sernam> & Cie"
    assert first["donnees"] == "FICTIVES"
    assert 2.2 < float(first["lon"].replace(",", ".")) < 2.4
    assert 49.8 < float(first["lat"].replace(",", ".")) < 50
    back = pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig", dtype={"commune": str})
    asked = opportunities(small_result)
    assert (back["commune"] == "80021").all()
    for column in ("score", "coverage", "station_min", "area_m2", "loop_m"):
        assert np.array_equal(back[column], asked[column], equal_nan=True)


def test_csv_in_english(small_result: ResultTables, tmp_path: Path) -> None:
    write_csv(small_result, tmp_path / "o.csv", lang="en")
    first = rows(tmp_path / "o.csv", ",")[0]
    assert first["built_share"] == "0.4"
    assert first["address"] == "12 rue de la Vallée"


def test_empty_result(small_result: ResultTables, tmp_path: Path) -> None:
    crs = small_result.candidates.crs
    empty = replace(small_result, candidates=schemas.CANDIDATES.empty(crs), demo=False)
    write_csv(empty, tmp_path / "o.csv")
    write_parquet(empty, tmp_path / "o.parquet")
    assert rows(tmp_path / "o.csv") == []
    back = gpd.read_parquet(tmp_path / "o.parquet")
    assert (len(back), back.crs) == (0, crs)
    assert "donnees" not in back


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+33 3 22", "'+33 3 22"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("a=1", "a=1"),
        ('il dit "oui"; non\nbon', 'il dit "oui"; non\nbon'),
    ],
)
def test_text_is_never_a_formula(
    small_result: ResultTables, tmp_path: Path, text: str, cell: str
) -> None:
    candidates = small_result.candidates.assign(name=text)
    write_csv(replace(small_result, candidates=candidates), tmp_path / "o.csv")
    assert [row["name"] for row in rows(tmp_path / "o.csv")] == [cell] * 3


def test_negative_number_stays_a_number(small_result: ResultTables, tmp_path: Path) -> None:
    moved = small_result.candidates.assign(
        geometry=small_result.candidates.translate(xoff=-300_000)
    )
    write_csv(replace(small_result, candidates=moved), tmp_path / "o.csv")
    assert all(row["lon"].startswith("-1,") for row in rows(tmp_path / "o.csv"))


@given(st.lists(st.floats(allow_infinity=False), min_size=1))
def test_numbers_read_back_exactly(figures: list[float]) -> None:
    texts = tables._cells(pd.Series(figures), "fr")
    back = [float(text.replace(",", ".")) if text else float("nan") for text in texts]
    assert np.array_equal(back, figures, equal_nan=True)


@given(st.text())
def test_no_text_starts_a_formula(text: str) -> None:
    assert not tables._cells(pd.Series([text], dtype="str"), "fr")[0].startswith(
        ("=", "+", "-", "@", "\t", "\r", "\n")
    )


def test_cycling_beside_walking(small_result: ResultTables, tmp_path: Path) -> None:
    ridden = small_result.access.assign(bike_min=[1.5, float("nan"), 3.0, *[float("nan")] * 3])
    write_csv(replace(small_result, access=ridden), tmp_path / "o.csv")
    found = rows(tmp_path / "o.csv")
    assert [row["station_bike_min"] for row in found] == ["1,5", "3", ""]
    assert [row["loop_bike_min"] for row in found] == [""] * 3  # unknown, never 0
    assert [row["station_min"] for row in found] == ["6", "12", ""]
