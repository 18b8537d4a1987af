"""Residents by grid cell of INSEE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.readers import base, ids, parse
from foncier.readers.columns import Field

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

POPULATION_FIELDS = (
    Field("cell_id", ("id", "idcar_200m", "idinspire", "idcar")),
    Field("residents", ("ind", "population", "habitants"), required=True),
)


def population(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read residents by grid cell; a square is replaced by a point in it.

    Raises
    ------
    FormatError
        The number of residents holds text.
    """
    draft = base.layer(file, target, journal, fields=POPULATION_FIELDS, shape="point")
    frame: Any = draft.frame
    residents = parse.numbers(
        frame["residents"], column="residents", shown=file.shown, journal=journal
    )
    frame = frame.assign(residents=residents)
    journal.add(
        "dropped",
        int(residents.isna().sum()),
        "readers.insee.unknown_population",
    )
    frame = ids.fill_keys(frame[residents.notna()], "cell_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)
