"""Quarters by which the potential is summed up: IRIS, QPV, any polygons with an id or a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.sources import keys, reading
from foncier.sources.columns import Field

if TYPE_CHECKING:
    from foncier.records import LayerFile
    from foncier.sources.journal import Journal
    from foncier.sources.reading import Draft, Target

FIELDS = (
    Field("quarter_id", ("code_iris", "code_qp", "code_qpv", "dcomiris", "id", "gid", "fid")),
    Field("name", ("nom", "nom_iris", "nom_qp", "nom_qpv", "lib_iris", "lib_qp", "libelle")),
)


def vector(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read quarters of any vector file; a quarter without an id gets one from its place."""
    draft = reading.layer(file, target, journal, fields=FIELDS, shape="polygon")
    frame = keys.keyed(draft.frame, "quarter_id", journal=journal)
    return reading.Draft(frame, draft.rows_read, draft.crs)
