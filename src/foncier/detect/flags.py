"""Points to watch on a candidate: what does not rule it out, but must be known before a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.ground import texts
from foncier.detect.measures import constraint_shapes, largest_constraint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.funnel import Passage
    from foncier.detect.ground import Ground

OVERLAP_SHARE = 0.02  # less is the slack of the drawing between two sheets


def flags(
    ground: Ground,
    rows: NDArray[np.intp],
    found: Mapping[str, NDArray[np.intp]],
    passages: Mapping[str, Sequence[Passage]],
) -> NDArray[np.object_]:
    """French words for each candidate, joined by ``|``; None where there is nothing to say.

    Parameters
    ----------
    rows
        Positions of the candidates in the parcels, kind after kind.
    found, passages
        The same by kind, and the tests they went through.
    """
    told: list[list[str]] = [[] for _ in rows]
    plots = ground.plots[rows]
    if ground.constraints is not None:
        under = largest_constraint(plots, *constraint_shapes(ground.constraints, "flag", 1.0))
        for words, constraint in zip(told, under, strict=True):
            words.extend([constraint] if constraint else [])
    for words, twice in zip(told, overlaps(ground, rows), strict=True):
        words.extend([twice] if twice else [])
    begins = 0
    for kind, own in found.items():
        for passage in passages[kind]:
            warned = passage.rows[passage.passed == 0] if passage.rule.warns else []
            for n in np.flatnonzero(np.isin(own, warned)):
                told[begins + n].append(passage.rule.failed.fr if passage.rule.failed else "")
        begins += len(own)
    return np.array([" | ".join(words) or None for words in told], dtype=object)


def overlaps(ground: Ground, rows: NDArray[np.intp]) -> NDArray[np.object_]:
    """Words for the parcel that a plot overlaps most: the cadastre holds that land twice."""
    told = np.full(len(rows), None, dtype=object)
    if ground.parcels is None or not len(rows):
        return told
    plots, ids = ground.plots[rows], texts(ground.parcels["parcel_id"])
    plot, other = ground.plots_tree.query(plots, predicate="intersects")
    apart = rows[plot] != other
    plot, other = plot[apart], other[apart]
    area = shapely.area(shapely.intersection(plots[plot], ground.plots[other]))
    enough = area >= OVERLAP_SHARE * shapely.area(plots[plot])
    plot, other, area = plot[enough], other[enough], area[enough]
    order = np.lexsort((-other, area))
    told[plot[order]] = [f"recouvre la parcelle {i}" for i in ids[other[order]]]
    return told
