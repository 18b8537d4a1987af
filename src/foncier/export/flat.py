"""The table of opportunities as one flat file: GeoParquet for machines, CSV for spreadsheets."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.export import wide

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from foncier.records import Result

# A spreadsheet runs a cell that begins so (OWASP, "CSV injection").
FORMULA = r"^(?=[=+\-@\t\r\n])"
DEGREES = 4326
ROWS = 65_536  # in a group of Parquet: what a reader takes at once
DECIMALS = 6  # of a degree: about 10 cm


def write_parquet(result: Result, path: Path) -> None:
    """Write the opportunities as GeoParquet 1.1 (zstd, covering box of each row).

    Parameters
    ----------
    result
        The whole result of a run.
    path
        The file to write. Columns are those of `foncier.export.wide.columns`, then the geometry
        as WKB in the legal metric CRS and its box; what is unknown is null.
    """
    wide.opportunities(result).to_parquet(
        path, index=False, compression="zstd", geometry_encoding="WKB", schema_version="1.1.0",
        write_covering_bbox=True, row_group_size=ROWS,
    )  # fmt: skip


def write_csv(result: Result, path: Path, *, lang: str = "fr") -> None:
    """Write the opportunities as a CSV that a spreadsheet opens by a double click.

    In French, ``;`` between cells and a decimal comma, as a French Excel wants them; in English,
    ``,`` and a decimal point. UTF-8 with its mark, lines ended by CR LF, column names of the
    GeoPackage, then ``lon`` and ``lat`` (WGS 84 degrees, a point inside the outline). Unknown is
    an empty cell. A text that a spreadsheet would run as a formula is led by an apostrophe.

    Read it back with ``pandas.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig",
    dtype={"commune": str})``.

    Parameters
    ----------
    result
        The whole result of a run.
    path
        The file to write.
    lang
        ``fr`` or ``en``: the separators only.
    """
    french = lang == "fr"
    table = _plain(wide.opportunities(result), comma=french)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";" if french else ",", lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows(table.itertuples(index=False, name=None))


def _plain(table: gpd.GeoDataFrame, *, comma: bool) -> pd.DataFrame:
    """Every cell as text: shortest exact number, guarded text, nothing where unknown."""
    inside = table.geometry.representative_point().to_crs(DEGREES)
    flat = pd.DataFrame(table.drop(columns="geometry")).assign(
        lon=np.round(shapely.get_x(inside.array), DECIMALS),
        lat=np.round(shapely.get_y(inside.array), DECIMALS),
    )
    return plain(flat, comma=comma)


def plain(flat: pd.DataFrame, *, comma: bool) -> pd.DataFrame:
    """Cells of a plain table as text, ready for `csv`; booleans as oui/non or yes/no."""
    return pd.DataFrame(
        {
            name: _numbers(values, comma=comma) if values.dtype == np.float64
            else _answers(values, french=comma) if values.dtype == "boolean"
            else _texts(values)
            for name, values in flat.items()
        },
        columns=flat.columns,
    )  # fmt: skip


def _answers(values: pd.Series[bool], *, french: bool) -> pd.Series[str]:
    words = {True: "oui", False: "non"} if french else {True: "yes", False: "no"}
    return values.astype(object).map(words).fillna("").astype("str")


def _numbers(values: pd.Series[float], *, comma: bool) -> pd.Series[str]:
    texts = pd.Series([repr(value) for value in values.tolist()], index=values.index, dtype="str")
    texts = texts.str.replace(r"\.0$", "", regex=True)
    texts = texts.str.replace(".", ",", regex=False) if comma else texts
    return texts.where(values.notna(), "")


def _texts(values: pd.Series[str]) -> pd.Series[str]:
    return values.astype("str").str.replace(FORMULA, "'", regex=True).fillna("")
