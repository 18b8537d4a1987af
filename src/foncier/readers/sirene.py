"""Establishments of SIRENE (INSEE) as evidence of use or of closure.

Neither names nor addresses are read: many are those of sole proprietors.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.readers import geolocate, layouts, parse, registers

if TYPE_CHECKING:
    import pandas as pd

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

REQUIRED = ("observation_id", "state")
SIGNALS = {"A": "sirene_active", "F": "sirene_closed"}


def sirene(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read SIRENE establishments: A is active, F is closed since the date of the state.

    Layouts: the stock of INSEE with its Lambert coordinates (in the legal CRS of the territory),
    the geolocated files. The date of an active one is that of the layer. Other states are no
    evidence, and a location that is a street or a commune is none.

    Raises
    ------
    FormatError
        The file has no number (``siret``) or no state.
    """
    fields = partial(layouts.fields, "sirene", required=REQUIRED)
    rows, size, points = geolocate.cells(file, fields, journal)
    if points is None:
        degrees = file.crs or geolocate.DEGREES
        points = geolocate.points_of(rows, target.crs.to_string(), journal, degrees=degrees)
    rows = geolocate.in_communes(rows, target, journal, points)
    rows = rows.assign(since=parse.dates(rows["since"], column="dateDebut", journal=journal))
    rows = _present(rows, journal)
    signal = rows["state"].str.strip().str.upper().map(SIGNALS)
    vintage: Any = np.datetime64(file.vintage or "NaT", "us")
    rows = rows.assign(
        signal=signal,
        observed_on=rows["since"].where(signal == "sirene_closed", vintage),
        detail="NAF " + rows["detail"].astype("str"),
    )
    return registers.evidence(rows, points, file, target, journal, size=size, source="SIRENE")


def _present(rows: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Keep the newest period of each establishment: earlier ones are over."""
    order = rows.sort_values(["observation_id", "since", "state"], na_position="first").index
    known = rows["observation_id"].notna()
    older = rows.loc[order, "observation_id"].duplicated(keep="last").reindex(rows.index) & known
    journal.add("dropped", int(older.sum()), "readers.sirene.former_periods")
    present: pd.DataFrame = rows.loc[~older]
    return present
