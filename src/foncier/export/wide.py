"""The one wide table of opportunities: GeoPackage, Parquet and CSV all write this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier import tables
from foncier.errors import ExportError
from foncier.tables import Column

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.records import Result

DEMO = Column("donnees", "text", "Données", "Data")
NBSP = "\u00a0"


def access_columns(result: Result) -> tuple[Column, ...]:
    """Three columns a target; missing is unknown.

    ``<target>_min`` and ``<target>_m`` are walking, ``<target>_bike_min`` is cycling.
    """
    return tuple(
        Column(f"{name}_{end}", "number", f"{text.fr}{NBSP}: {fr}", f"{text.en}: {en}", unit,
               optional=True)
        for name, text in result.targets.items()
        for end, unit, fr, en in (("min", "min", "temps à pied", "walking time"),
                                  ("m", "m", "distance à pied", "walking distance"),
                                  ("bike_min", "min", "temps à vélo", "cycling time"))
    )  # fmt: skip


def columns(result: Result) -> tuple[Column, ...]:
    """Columns of the wide table in order, with their words and units, without the geometry.

    Those of ``candidates``, of ``scores``, one ``criterion_<name>`` a criterion (in [0, 1]), three
    for each target of access, and ``donnees`` when the data are fictional.

    Raises
    ------
    ExportError
        Two columns would bear the same name: SQL does not tell upper from lower case.
    """
    criteria = tuple(
        Column(f"criterion_{c.name}", "number", f"Note{NBSP}: {c.label.fr}",
               f"Mark: {c.label.en}", "0–1", optional=True, low=0, high=1)
        for c in result.criteria
    )  # fmt: skip
    every = (
        *tables.CANDIDATES.columns, *tables.SCORES.columns[1:], *criteria,
        *access_columns(result), *(DEMO,) * result.demo,
    )  # fmt: skip
    names = pd.Series([column.name.lower() for column in every])
    twice = names[names.duplicated()].unique().tolist()
    if twice:
        raise ExportError(
            f"table des opportunités{NBSP}: colonne(s) {', '.join(twice)} en double. "
            "Renommez la destination ou le critère qui porte ce nom dans study.toml."
        )
    return every


def access_wide(result: Result, ids: pd.Series[str]) -> dict[str, pd.Series[float]]:
    """Walk and ride to each target for these opportunities, as `access_columns` names them."""
    wide: dict[str, pd.Series[float]] = {}
    for name in result.targets:
        rows = result.access[result.access["target"] == name].set_index("opportunity_id")
        wide[f"{name}_min"] = ids.map(rows["time_min"]).astype("float64")
        wide[f"{name}_m"] = ids.map(rows["distance_m"]).astype("float64")
        wide[f"{name}_bike_min"] = ids.map(rows["bike_min"]).astype("float64")
    return wide


def opportunities(result: Result) -> gpd.GeoDataFrame:
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
    scores = result.scores.reindex(columns=[*tables.SCORES.names, *marks])
    table = result.candidates.merge(scores.rename(columns=marks), on="opportunity_id", how="left")
    table = table.assign(**access_wide(result, table["opportunity_id"]))
    if result.demo:
        table[DEMO.name] = pd.Series("FICTIVES", index=table.index, dtype="str")
    numbers = [c.name for c in named if c.kind == "number"]
    table[numbers] = table[numbers].astype(np.float64)
    ordered = table.sort_values(["rank", "opportunity_id"], na_position="last", kind="stable")
    return ordered.reset_index(drop=True)[[c.name for c in named] + ["geometry"]]
