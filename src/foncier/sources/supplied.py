"""Outlines that a study supplies: its urban envelope, its unités foncières."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.sources import keys, reading
from foncier.sources.columns import Field

if TYPE_CHECKING:
    from foncier.records import LayerFile
    from foncier.sources.journal import Journal
    from foncier.sources.reading import Draft, Target

ENVELOPE = (Field("part_id", ("id", "gid", "fid")),)
UNITS = (Field("unit_id", ("id_uf", "iduf", "id", "gid", "fid")),)


def envelope(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the parts of an urban envelope (tache urbaine, enveloppe urbaine)."""
    return _outlines(file, target, journal, ENVELOPE)


def land_units(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read unités foncières: the ground that adjoins and is said to be in one hand."""
    return _outlines(file, target, journal, UNITS)


def _outlines(
    file: LayerFile, target: Target, journal: Journal, fields: tuple[Field, ...]
) -> Draft:
    draft = reading.layer(file, target, journal, fields=fields, shape="polygon")
    frame: Any = keys.keyed(draft.frame, fields[0].name, journal=journal)
    return reading.Draft(frame, draft.rows_read, draft.crs)
