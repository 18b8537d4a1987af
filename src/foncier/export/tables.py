"""Tables as files: opportunities as GeoParquet, any table as CSV for spreadsheets."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.errors import ExportError
from foncier.i18n import localized
from foncier.results.labels import VALUES
from foncier.schemas import Column

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.model import ResultTables

SEPARATORS = {"fr": ";", "en": ","}
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


def write_measures(measures: pd.DataFrame, path: Path) -> None:
    """Write what the criteria read of each opportunity, as Parquet (zstd), to the last bit.

    Parameters
    ----------
    measures
        As `foncier.scoring.measures` gives it; unknown is null.
    path
        The file to write.
    """
    measures.to_parquet(path, index=False, compression="zstd", row_group_size=ROWS)


def write_csv(result: ResultTables, path: Path, *, lang: Lang = "fr") -> None:
    """Write the opportunities as a CSV file, with the columns of the GeoPackage.

    ``lon`` and ``lat`` (WGS 84 degrees, a point inside the outline) are added. Format:
    `write_frame`.

    Parameters
    ----------
    result
        The whole result of a run.
    path
        The file to write.
    lang
        ``fr`` or ``en``: separators and booleans only.
    """
    sites = opportunities(result)
    inside = sites.geometry.representative_point().to_crs(DEGREES)
    table = pd.DataFrame(sites.drop(columns="geometry")).assign(
        lon=np.round(shapely.get_x(inside.array), DECIMALS),
        lat=np.round(shapely.get_y(inside.array), DECIMALS),
    )
    write_frame(table, path, lang=lang)


def write_mutability(result: ResultTables, path: Path, *, lang: Lang = "fr") -> None:
    """Write the friches by use as CSV: index, interval, reliability, rank, cost, land hardness."""
    names = result.candidates[["opportunity_id", "name"]]
    table = pd.DataFrame(result.mutability).merge(names, on="opportunity_id", how="left")
    if result.effort is not None:
        table = table.merge(result.effort, on="opportunity_id", how="left")
    write_frame(table, path, lang=lang)


def write_frame(table: pd.DataFrame, path: Path, *, lang: Lang) -> None:
    """Write a table as a CSV file that a spreadsheet opens with a double click.

    In French, ``;`` between cells and a decimal comma, as a French Excel expects; in English,
    ``,`` and a decimal point. UTF-8 with a byte order mark, CR LF, ISO dates, booleans as oui/non
    or yes/no. Unknown is an empty cell. A text that a spreadsheet would run as a formula gets an
    apostrophe in front.

    Read it back with ``pandas.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig",
    dtype={"commune": str})``.
    """
    cells = pd.DataFrame(
        {name: _cells(table[name], lang) for name in table.columns}, columns=table.columns
    )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=SEPARATORS[lang], lineterminator="\r\n")
        writer.writerow(cells.columns)
        writer.writerows(cells.itertuples(index=False, name=None))


def _cells(values: pd.Series[Any], lang: Lang) -> pd.Series[str]:
    if pd.api.types.is_datetime64_any_dtype(values):
        days: pd.Series[str] = values.dt.strftime("%Y-%m-%d").astype("str").fillna("")
        return days
    if pd.api.types.is_float_dtype(values):
        return _numbers(values, lang)
    if values.dtype == "boolean":
        words = {True: VALUES["yes"][lang].lower(), False: VALUES["no"][lang].lower()}
        return values.astype(object).map(words).fillna("").astype("str")
    return values.astype("str").str.replace(FORMULA, "'", regex=True).fillna("")


def _numbers(values: pd.Series[float], lang: Lang) -> pd.Series[str]:
    """Shortest text of each number that reads back as the same number; empty where unknown."""
    numbers = values.to_numpy(dtype=np.float64)
    texts = pd.Series([repr(value) for value in numbers.tolist()], values.index, dtype="str")
    texts = texts.str.replace(r"\.0$", "", regex=True)
    texts = texts.str.replace(".", ",", regex=False) if lang == "fr" else texts
    return texts.where(np.isfinite(numbers), "")


DEMO = Column("donnees", "text")


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
    """Columns of the layer of opportunities in order, with labels and units, without geometry.

    Those of ``candidates`` and ``scores``, one ``criterion_<name>`` per criterion (in [0, 1]),
    three per destination, and ``donnees`` when the data are fictional.

    Raises
    ------
    ExportError
        Two columns have the same name: SQL ignores case.
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
    repeated = names[names.duplicated()].unique().tolist()
    if repeated:
        raise ExportError("export.tables.repeated_columns", columns=repeated, count=len(repeated))
    return every


def access_wide(result: ResultTables, ids: pd.Series[str]) -> dict[str, pd.Series[float]]:
    """Walking and cycling to each destination, in the columns of `access_columns`."""
    wide: dict[str, pd.Series[float]] = {}
    for name in result.destinations:
        rows = result.access[result.access["target"] == name].set_index("opportunity_id")
        wide[f"{name}_min"] = ids.map(rows["time_min"]).astype("float64")
        wide[f"{name}_m"] = ids.map(rows["distance_m"]).astype("float64")
        wide[f"{name}_bike_min"] = ids.map(rows["bike_min"]).astype("float64")
    return wide


def by_rank(sites: Any) -> Any:
    """Sites in the order of their rank, then by id; of a family first the one named by ``line``."""
    follows = sites["line"].notna() & (sites["line"] != sites["opportunity_id"])
    names = ["overall_rank", "_follows", "opportunity_id"]
    ordered = sites.assign(_follows=follows).sort_values(names, na_position="last", kind="stable")
    return ordered.drop(columns="_follows").reset_index(drop=True)


def opportunities(result: ResultTables) -> gpd.GeoDataFrame:
    """Candidates with their scores and their access, one row per opportunity.

    Parameters
    ----------
    result
        The whole result of a run.

    Returns
    -------
    The columns of `columns` and the geometry in the legal metric CRS (metres), in the order of
    `by_rank`; an opportunity without a rank comes last. Unknown is NaN, never 0.
    """
    named = columns(result)
    criteria = {c.name: f"criterion_{c.name}" for c in result.criteria}
    scores = result.scores.reindex(columns=[*schemas.SCORES.names, *criteria])
    table = result.candidates.merge(
        scores.rename(columns=criteria), on="opportunity_id", how="left"
    )
    table = table.assign(**access_wide(result, table["opportunity_id"]))
    if result.demo:
        table[DEMO.name] = pd.Series("FICTIVES", index=table.index, dtype="str")
    numbers = [c.name for c in named if c.kind == "number"]
    table[numbers] = table[numbers].astype(np.float64)
    ordered = by_rank(table)
    return ordered.reset_index(drop=True)[[c.name for c in named] + ["geometry"]]
