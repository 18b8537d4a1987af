"""Artificialised land of IGN (OCS GE Artificialisation), the state's own measure of it.

IGN applies the nomenclature and thresholds of the code de l'urbanisme (R101-1) to OCS GE. They are
not applied again here: the raw land cover (``code_cs``, ``code_us``) is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.errors import FormatError
from foncier.readers import base, columns, ids, layouts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.columns import Field
    from foncier.readers.report import Journal

STATES = {"artif": True, "artificialise": True, "non artif": False, "non artificialise": False}
# Columns of the raw land cover and of the differences (1 artificialised, -1 given back).
OTHER_PRODUCTS = frozenset({"code_cs", "code_us", "artificialisation"})
FIRST_YEAR, LAST_YEAR = 1990, 2100


def artificial_land(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the artificialised and other land of a département, around the parcels of the study.

    Only the rows within `base.AROUND_M` of the parcels are read, so that a whole département may be
    supplied. A row whose state is neither ``artif`` nor ``non artif`` is dropped: that ground is
    unknown.

    Raises
    ------
    FormatError
        The file has no column ``artif``, as the raw land cover and the differences have not.
    """
    draft = base.layer(file, target, journal, fields=_fields(file), shape="polygon", near=True)
    frame: Any = draft.frame
    words = frame["artificialised"].astype("str").map(columns.plain_name, na_action="ignore")
    state = words.map(STATES).astype("boolean")
    if len(frame) and not state.notna().any():
        raise FormatError("readers.ocs_ge.no_state", path=file.shown, columns=list(draft.found))
    journal.add("dropped", int(state.isna().sum()), "readers.ocs_ge.unknown_state")
    year = pd.to_numeric(frame["year"], errors="coerce")
    frame = frame.assign(
        artificialised=state, year=year.where(year.between(FIRST_YEAR, LAST_YEAR))
    )[state.notna()]
    frame = ids.fill_keys(frame, "part_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


def _fields(file: LayerFile) -> columns.Fields:
    """Fields of the product; an error that names the product where a file is of another one."""

    def of_names(names: Iterable[str]) -> Iterable[Field]:
        given = tuple(names)
        fields = layouts.fields("ocs-ge", given, ("artificialised",))
        stated = "artificialised" in {*file.columns, *file.constants}
        others = OTHER_PRODUCTS & {name.lower() for name in given}
        if others and not stated and not any(f.aliases for f in fields if f.required):
            raise FormatError("readers.ocs_ge.other_product", path=file.shown, columns=given)
        return fields

    return of_names
