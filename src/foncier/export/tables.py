"""The table of opportunities as one flat file: GeoParquet for machines, CSV for spreadsheets."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.errors import ExportError
from foncier.i18n import localized
from foncier.schemas import Column

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from foncier.model import ResultTables

# A spreadsheet runs a cell that begins so (OWASP, "CSV injection").
FORMULA = r"^(?=[=+\-@\t\r\n])"
DEGREES = 4326
ROWS = 65_536  # in a group of Parquet: what a reader takes at once
DECIMALS = 6  # of a degree: about 10 cm


def write_parquet(result: ResultTables, path: Path) -> None:
    """Write the opportunities as GeoParquet 1.1 (zstd, covering box of each row).

    Parameters
    ----------
    result
        The whole result of a run.
    path
        The file to write. Columns are those of `foncier.export.tables.columns`, then the geometry
        as WKB in the legal metric CRS and its box; what is unknown is null.
    """
    opportunities(result).to_parquet(
        path,
        index=False,
        compression="zstd",
        geometry_encoding="WKB",
        schema_version="1.1.0",
        write_covering_bbox=True,
        row_group_size=ROWS,
    )


def write_csv(result: ResultTables, path: Path, *, lang: str = "fr") -> None:
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
    table = _plain(opportunities(result), comma=french)
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
            name: _numbers(values, comma=comma)
            if values.dtype == np.float64
            else _answers(values, french=comma)
            if values.dtype == "boolean"
            else _texts(values)
            for name, values in flat.items()
        },
        columns=flat.columns,
    )


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


DEMO = Column("donnees", "text")
NBSP = "\u00a0"


def access_columns(result: ResultTables) -> tuple[Column, ...]:
    """Three columns per destination; missing is unknown.

    ``<target>_min`` and ``<target>_m`` are walking, ``<target>_bike_min`` is cycling.
    """
    return tuple(
        Column(
            f"{name}_{end}",
            "number",
            unit,
            optional=True,
            title=localized(f"export.tables.access_{end}", destination=destination),
        )
        for name, destination in result.destinations.items()
        for end, unit in (("min", "min"), ("m", "m"), ("bike_min", "min"))
    )


def columns(result: ResultTables) -> tuple[Column, ...]:
    """Columns of the wide table in order, with their words and units, without the geometry.

    Those of ``candidates``, of ``scores``, one ``criterion_<name>`` a criterion (in [0, 1]), three
    for each target of access, and ``donnees`` when the data are fictional.

    Raises
    ------
    ExportError
        Two columns would bear the same name: SQL does not tell upper from lower case.
    """
    criteria = tuple(
        Column(
            f"criterion_{c.name}",
            "number",
            "0–1",
            optional=True,
            low=0,
            high=1,
            title=localized("export.tables.criterion_score", criterion=c.label),
        )
        for c in result.criteria
    )
    every = (
        *schemas.CANDIDATES.columns,
        *schemas.SCORES.columns[1:],
        *criteria,
        *access_columns(result),
        *(DEMO,) * result.demo,
    )
    names = pd.Series([column.name.lower() for column in every])
    twice = names[names.duplicated()].unique().tolist()
    if twice:
        raise ExportError(
            f"table des opportunités{NBSP}: colonne(s) {', '.join(twice)} en double. "
            "Renommez la destination ou le critère qui porte ce nom dans study.toml."
        )
    return every


def access_wide(result: ResultTables, ids: pd.Series[str]) -> dict[str, pd.Series[float]]:
    """Walk and ride to each target for these opportunities, as `access_columns` names them."""
    wide: dict[str, pd.Series[float]] = {}
    for name in result.destinations:
        rows = result.access[result.access["target"] == name].set_index("opportunity_id")
        wide[f"{name}_min"] = ids.map(rows["time_min"]).astype("float64")
        wide[f"{name}_m"] = ids.map(rows["distance_m"]).astype("float64")
        wide[f"{name}_bike_min"] = ids.map(rows["bike_min"]).astype("float64")
    return wide


def opportunities(result: ResultTables) -> gpd.GeoDataFrame:
    """Candidates with their scores and their access, one row an opportunity.

    Parameters
    ----------
    result
        The whole result of a run.

    Returns
    -------
    The columns of `columns` and the geometry in the legal metric CRS (metres), sorted by rank,
    then by id; an opportunity without a rank comes last. What is unknown is NaN, never 0.
    """
    named = columns(result)
    marks = {c.name: f"criterion_{c.name}" for c in result.criteria}
    scores = result.scores.reindex(columns=[*schemas.SCORES.names, *marks])
    table = result.candidates.merge(scores.rename(columns=marks), on="opportunity_id", how="left")
    table = table.assign(**access_wide(result, table["opportunity_id"]))
    if result.demo:
        table[DEMO.name] = pd.Series("FICTIVES", index=table.index, dtype="str")
    numbers = [c.name for c in named if c.kind == "number"]
    table[numbers] = table[numbers].astype(np.float64)
    ordered = table.sort_values(["rank", "opportunity_id"], na_position="last", kind="stable")
    return ordered.reset_index(drop=True)[[c.name for c in named] + ["geometry"]]
