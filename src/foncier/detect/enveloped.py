"""The urban envelope: the one that the study supplies, else the one drawn from the buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect import outline
from foncier.detect.ground import shapes
from foncier.geometry import Floats, covered_area_m2
from foncier.records import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.detect.measures import Given

SUPPLIED = Text("enveloppe fournie", "envelope supplied")
Measured = tuple["Floats", "NDArray[np.object_] | None"]


def envelope_m2(ground: Ground, rows: NDArray[np.intp], given: Given) -> Measured:
    """Area of the parcel inside the urban envelope.

    That of the study where it supplies one (tache urbaine of the SCOT or the PLU: the detail says
    so), else the one drawn from the buildings by the figures of the rule (see
    `foncier.detect.outline.envelope_m2`).
    """
    if ground.envelope is None:
        return outline.envelope_m2(ground, rows, given)
    inside = covered_area_m2(ground.plots[rows], shapes(ground.envelope))
    return inside, np.full(len(rows), SUPPLIED.fr, dtype=object)


def envelope_share(ground: Ground, rows: NDArray[np.intp], given: Given) -> Measured:
    """Share of the parcel inside the urban envelope (see `envelope_m2`)."""
    if ground.envelope is None:
        return outline.envelope_share(ground, rows, given)
    inside, told = envelope_m2(ground, rows, given)
    area = shapely.area(ground.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), told
