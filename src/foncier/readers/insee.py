"""INSEE and LOVAC: residents by grid cell, long-term vacancy by commune."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foncier.errors import FormatError
from foncier.readers import (
    base,
    columns,
    frames,
    ids,
)
from foncier.readers.columns import Field

if TYPE_CHECKING:
    import pandas as pd

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

POPULATION_FIELDS = (
    Field("cell_id", ("id", "idcar_200m", "idinspire", "idcar")),
    Field("residents", ("ind", "population", "habitants"), required=True),
)
# The year and the date of reference are part of the names and change with each edition.
DWELLINGS_COLUMN = re.compile(r"nb_log_pp(_\d{4})?", re.IGNORECASE)
RATE_COLUMN = re.compile(r"prop_logvac_pp_2a(_\d{6})?", re.IGNORECASE)
SECRET = ("s", "nd", "n/a", "na")


def population(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read residents by grid cell; a square is replaced by a point in it.

    Raises
    ------
    FormatError
        The number of residents holds text.
    """
    draft = base.layer(file, target, journal, fields=POPULATION_FIELDS, shape="point")
    frame: Any = draft.frame
    residents = columns.numbers(frame["residents"], column="residents", shown=file.shown)
    frame = frame.assign(residents=residents)
    journal.add(
        "dropped",
        int(residents.isna().sum()),
        "readers.insee.unknown_population",
    )
    frame = ids.fill_keys(frame[residents.notna()], "cell_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


def lovac(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the open LOVAC file: private dwellings, share vacant for over two years, by commune.

    The file has percentages with a decimal comma; the share is between 0 and 1. Values under
    statistical secrecy and rates of exactly 0 are unknown. Leading zeros of codes are restored.

    Raises
    ------
    FormatError
        A column is missing, a number is text, or a rate is above 100 %.
    """
    table = frames.rows(file, journal)
    names = [str(name) for name in table.columns]
    fields = (
        Field("commune", ("comm_insee", "codgeo", "insee_com"), required=True),
        Field("dwellings", tuple(filter(DWELLINGS_COLUMN.fullmatch, names))),
        Field("rate_share", tuple(filter(RATE_COLUMN.fullmatch, names)), required=True),
    )
    rows = columns.pick(table, fields, file, journal)
    rows = rows.assign(commune=rows["commune"].astype("str").str.zfill(5))
    rows = ids.drop_without_key(
        rows,
        "commune",
        message="readers.ids.no_commune_code",
        journal=journal,
    )
    selected = base.filter_communes(rows, target, journal)
    percent = _published_numbers(selected["rate_share"], "rate_share", file.shown, journal)
    if (percent > 100).any() or (percent < 0).any():
        raise FormatError(
            "readers.insee.not_percent", path=file.shown, low=percent.min(), high=percent.max()
        )
    journal.add(
        "kept",
        int((percent == 0).sum()),
        "readers.insee.zero_rate",
    )
    percent = percent.where(percent > 0)
    dwellings = _published_numbers(selected["dwellings"], "dwellings", file.shown, journal)
    return base.Draft(selected.assign(dwellings=dwellings, rate_share=percent / 100), len(table))


def _published_numbers(
    values: pd.Series[Any], column: str, shown: str, journal: Journal
) -> pd.Series[Any]:
    secret = values.astype("str").str.lower().isin(SECRET)
    journal.add(
        "kept",
        int(secret.sum()),
        "readers.insee.secret",
        column=column,
    )
    return columns.numbers(values.mask(secret), column=column, shown=shown)
