"""Conditions in SQL on the rows of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

IDS_PER_QUERY = 500


def batches(ids: Sequence[str]) -> list[Sequence[str]]:
    """Cut a list of ids into parts that one query can hold; one empty part of no id."""
    return [ids[at : at + IDS_PER_QUERY] for at in range(0, len(ids), IDS_PER_QUERY)] or [()]


def among(column: str, values: Sequence[str]) -> str:
    r"""Condition in SQL: a column is one of some texts; no row when there is none.

    Examples
    --------
    >>> among("opportunity_id", ["a", "l'b"]), among("parcel_id", [])
    ('"opportunity_id" IN (\'a\', \'l\'\'b\')', '1 = 0')
    """
    if not values:
        return "1 = 0"
    return f'"{column}" IN ({", ".join(quoted(value) for value in values)})'


def quoted(text: str) -> str:
    """Text as a literal of SQL."""
    return "'" + text.replace("'", "''").replace("\x00", "") + "'"
