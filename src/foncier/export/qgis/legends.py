"""Classes of a style that a layer has: the legend of a layout shows these only."""

from __future__ import annotations

import re
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMN = re.compile(r'"(\w+)"')
OTHERWISE = "ELSE"  # filter of the rule for the rows that no other rule draws


def present_classes(style: str, rows: pd.DataFrame) -> list[int] | None:
    """Positions of the classes of a style that some row falls into, in the order of the style.

    Parameters
    ----------
    style
        Content of a QGIS style, as XML: its rules or its categories are read.
    rows
        Table of the layer; missing is NULL.

    Returns
    -------
    None where the style has no classes, or where a filter is more than SQL: all are shown then.
    """
    root = ET.fromstring(f"<qgis>{style}</qgis>")  # noqa: S314  # nosec B314 (a template of ours)
    filters = [rule.get("filter", "") for rule in root.iterfind("renderer-v2/rules/rule")]
    renderer = root.find("renderer-v2")
    if renderer is not None and renderer.get("type") == "categorizedSymbol":
        values = [one.get("value", "") for one in root.iterfind("renderer-v2/categories/category")]
        filters = [f'"{renderer.get("attr")}" = {_quoted(value)}' for value in values]
    if not filters:
        return None
    try:
        return _matching(filters, rows)
    except sqlite3.Error:
        return None


def _matching(filters: list[str], rows: pd.DataFrame) -> list[int]:
    """Positions of the filters that some row satisfies."""
    columns = sorted({name for text in filters for name in COLUMN.findall(text)} & {*rows.columns})
    table = rows[columns].drop_duplicates()
    table = table.astype(object).where(table.notna(), None)
    others = " OR ".join(f"ifnull({text}, 0)" for text in filters if text != OTHERWISE) or "0"
    found = []
    with closing(sqlite3.connect(":memory:")) as base:
        names = ", ".join(f'"{name}"' for name in columns)
        base.execute(f"CREATE TABLE layer ({names})")
        places = ", ".join("?" * len(columns))
        base.executemany(
            f"INSERT INTO layer VALUES ({places})",  # noqa: S608  # nosec B608
            table.itertuples(index=False, name=None),
        )
        for position, text in enumerate(filters):
            condition = f"NOT ({others})" if text == OTHERWISE else text
            asked = f"SELECT 1 FROM layer WHERE {condition} LIMIT 1"  # noqa: S608  # nosec B608
            if base.execute(asked).fetchone():
                found.append(position)
    return found


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
